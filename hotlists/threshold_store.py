"""The thresholds in force, for each agency and priority: read by every worker with its lists."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from hotlists.store import CHANGED
from matchers.thresholds import Thresholds
from storage.audit import Act, append
from storage.postgres import Connection

BY = "budget"
"""The actor of a change in the audit trail."""


class StoredThreshold(msgspec.Struct, frozen=True, kw_only=True):
    """One threshold: for which `budget` it was made, the day (agency's calendar) on which it was
    last computed, since when it holds, and why, as a sentence."""

    agency: str
    priority: int
    threshold: float
    budget: float
    looked_on: date
    since: datetime
    why: str


async def in_force(conn: Connection) -> dict[str, Thresholds]:
    """Of every agency that has any; the others have the standard one."""
    cursor = await conn.execute("select agency, priority, threshold from thresholds")
    found: dict[str, dict[int, float]] = {}
    for row in await cursor.fetchall():
        found.setdefault(row["agency"], {})[row["priority"]] = row["threshold"]
    return {agency: Thresholds(own) for agency, own in found.items()}


async def of_agency(conn: Connection, agency: str) -> dict[int, StoredThreshold]:
    """One agency's, by priority."""
    return {one.priority: one for one in await every(conn, agency)}


async def every(conn: Connection, agency: str = "") -> list[StoredThreshold]:
    """All, or one agency's, in order."""
    cursor = await conn.execute(
        "select * from thresholds where %(agency)s in ('', agency) order by agency, priority",
        {"agency": agency},
    )
    return [StoredThreshold(**row) for row in await cursor.fetchall()]


async def put(conn: Connection, one: StoredThreshold, *, before: float, now: datetime) -> None:
    """Save one. A change from `before` has an audit row, and workers hear of it at the commit."""
    changed = one.threshold != before
    await conn.execute(
        "insert into thresholds as t"
        " (agency, priority, threshold, budget, looked_on, since, why) values (%(agency)s,"
        " %(priority)s, %(threshold)s, %(budget)s, %(looked_on)s, %(since)s, %(why)s)"
        " on conflict (agency, priority) do update set threshold = excluded.threshold,"
        " budget = excluded.budget, looked_on = excluded.looked_on, why = excluded.why,"
        " since = case when t.threshold = excluded.threshold then t.since else excluded.since end",
        msgspec.structs.asdict(one),
    )
    if not changed:
        return
    detail = {"priority": one.priority, "from": before, "to": one.threshold, "budget": one.budget}
    subject = f"threshold:{one.agency}/{one.priority}"
    await append(conn, now, [Act(one.agency, BY, "threshold.set", subject, one.why, detail)])
    await conn.execute("select pg_notify(%s, %s)", (CHANGED, f"{one.agency} thresholds"))
