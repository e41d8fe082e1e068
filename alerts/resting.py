"""Whether the open alerts still rest on something: where "take it back everywhere" begins.

An alert rests on the entries that its matches named (alerts.holders). When a list withdraws one,
no longer holds it after a refresh, or it expires, it is struck out; an alert of which nothing is
left is recalled, and everyone who was told is told. One that another list still holds stays open,
and its history says which list let it go.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from alerts.holders import HolderRow, ends_at, zone_of
from alerts.model import ENDED
from alerts.record import OPEN
from alerts.store import note, transition
from alerts.transitions import Recall
from domain.errors import NotFound
from hotlists import live_store
from hotlists.finding import held
from policy.loading import standard
from storage.postgres import Connection, Database

AT_ONCE = 5_000
"""Entries under alerts that are looked at together."""


async def recheck_source(db: Database, source: UUID, now: datetime) -> int:
    """Look at the open alerts that rest on entries of the source. How many were recalled."""
    recalled, after = 0, (UUID(int=0), UUID(int=0))
    while True:  # each look begins behind the one before, among the alerts that there are
        async with db.connection() as conn:
            rows = await _resting(
                conn, "h.source = %s and (h.alert, h.entry) > (%s, %s)", (source, *after)
            )
            held = await live_store.holds(conn, source, [row.entry for row in rows])
        recalled += await _strike(db, [row for row in rows if row.entry not in held], now)
        if len(rows) < AT_ONCE:
            return recalled
        after = (rows[-1].alert, rows[-1].entry)


async def recheck_expired(db: Database, now: datetime) -> int:
    """Look at the open alerts that rest on entries whose time is over. How many were recalled.

    An entry that has been given another end since then holds on.
    """
    async with db.connection() as conn:
        rows = await _resting(conn, "h.ends_at <= %s", (now,))
    over = []
    for row in rows:
        async with db.transaction() as conn:
            if not await _prolonged(conn, row, now):
                over.append(row)
    return await _strike(db, over, now, "the entry has expired")


async def _prolonged(conn: Connection, row: HolderRow, now: datetime) -> bool:
    """Whether the entry ends later by now; if so its new end is noted."""
    try:
        found = await held(conn, row.agency, row.entry, standard())
    except NotFound:
        return False
    ends = ends_at(found.entry, await zone_of(conn, row.agency))
    if ends is not None and ends <= now:
        return False
    await conn.execute(
        "update alert_holders set ends_at = %s where alert = %s and entry = %s",
        (ends, row.alert, row.entry),
    )
    return True


async def _resting(conn: Connection, where: str, values: tuple[object, ...]) -> list[HolderRow]:
    cursor = await conn.execute(
        "select h.* from alert_holders h join alerts a on a.id = h.alert"
        f" where {where} and h.gone_at is null and a.state in {OPEN}"
        " order by h.alert, h.entry limit %s",
        (*values, AT_ONCE),
    )
    return [HolderRow(**row) for row in await cursor.fetchall()]


async def _strike(db: Database, lost: list[HolderRow], now: datetime, because: str = "") -> int:
    """Strike entries out, one alert at a time; recall what rests on nothing."""
    recalled = 0
    for row in lost:
        async with db.transaction() as conn:
            recalled += await _strike_one(conn, row, now, because)
    return recalled


async def _strike_one(conn: Connection, row: HolderRow, now: datetime, because: str) -> bool:
    cursor = await conn.execute("select state from alerts where id = %s for update", (row.alert,))
    alert = await cursor.fetchone()
    if alert is None or alert["state"] in ENDED:
        return False
    if not because:
        # Asked again under the alert's lock: a sighting may have named it anew meanwhile.
        if row.entry in await live_store.holds(conn, row.source, [row.entry]):
            return False
        gone = await live_store.withdrawn(conn, [row.entry])
        because = await _why(conn, row) if gone else "the list no longer holds the entry"
    cursor = await conn.execute(
        "update alert_holders set gone_at = %s, gone_because = %s"
        " where alert = %s and entry = %s and gone_at is null",
        (now, because, row.alert, row.entry),
    )
    if not cursor.rowcount:
        return False
    cursor = await conn.execute(
        "select count(*) as n from alert_holders where alert = %s and gone_at is null", (row.alert,)
    )
    left = await cursor.fetchone()
    assert left is not None
    reason = f"{row.source_name}: {because}"
    if left["n"]:
        await note(conn, row.agency, row.alert, "list-let-go", {"reason": reason}, now)
        return False
    await transition(conn, row.agency, row.alert, Recall(None, reason), now, actor="lists")
    return True


async def _why(conn: Connection, row: HolderRow) -> str:
    last = await live_store.last_word(conn, row.agency, row.entry)
    what = "withdrawn" if last is not None and last.op == "withdraw" else "ended"
    return f"{what} ({last.reason})" if last is not None and last.reason else what
