"""What the console reads beside alerts and people: the agency, its lists, who read a recall.

Every function takes a connection; the ones that write must be inside a transaction.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from alerts.changes import notify
from console.models import ListAge
from console.words import zone
from hotlists.standing_store import Standing, standings
from policy.model import Policy
from storage.audit import Act, append
from storage.postgres import Connection

RECALL_READ = "alert.recall-read"


@dataclass(frozen=True)
class Agency:
    """The agency as pages name it."""

    ori: str
    name: str
    zone: ZoneInfo


async def alive(conn: Connection) -> None:
    """Return when the database answers."""
    await conn.execute("select 1")


async def agency(conn: Connection, ori: str) -> Agency:
    """The agency; one that is not in the table keeps its ORI for a name."""
    cursor = await conn.execute("select name, timezone from agencies where ori = %s", (ori,))
    row = await cursor.fetchone()
    return Agency(ori, row["name"], zone(row["timezone"])) if row else Agency(ori, ori, zone("UTC"))


async def was_verified(conn: Connection, alert: UUID) -> bool:
    """Whether anybody beyond the verifiers may have been told of the alert."""
    cursor = await conn.execute(
        "select verified_at is not null as verified from alerts where id = %s", (alert,)
    )
    row = await cursor.fetchone()
    return bool(row and row["verified"])


async def lists(conn: Connection, ori: str, now: datetime, policy: Policy) -> tuple[ListAge, ...]:
    """The agency's lists, the stalest by its own limit first; `refused` counts what was refused
    since the good one."""
    found = await standings(conn, now, policy, ori)
    return tuple(_age_of(one) for one in sorted(found, key=_stalest_first))


def _stalest_first(one: Standing) -> tuple[bool, float, str]:
    age, limit = one.staleness.age, one.staleness.limit
    return age is not None, 0.0 if age is None else -(age / limit), one.source.name


def _age_of(one: Standing) -> ListAge:
    age = one.staleness.age
    return ListAge(
        name=one.source.name,
        generation=one.generation,
        entries=one.entries,
        refreshed_at=one.refreshed_at,
        age_seconds=None if age is None else max(0, int(age.total_seconds())),
        limit_hours=one.staleness.limit.total_seconds() / 3600,
        grade=one.staleness.grade,
        refused=len(one.quarantined),
    )


async def attached_after(
    conn: Connection, ori: str, alert: UUID, moment: datetime
) -> frozenset[UUID]:
    """The reads that attached to the alert after `moment`, by the audit trail."""
    cursor = await conn.execute(
        "select detail from audit where subject = %s and agency = %s"
        " and action = 'alert.sighting' and at > %s",
        (f"alert:{alert}", ori, moment),
    )
    return frozenset(UUID(json.loads(row["detail"])["read"]) for row in await cursor.fetchall())


async def recall_read_by(conn: Connection, ori: str, alert: UUID) -> tuple[tuple[str, str], ...]:
    """Who said that they read the recall: (person id, name), in the order they did."""
    cursor = await conn.execute(
        "select u.actor, p.name from audit u join people p on p.id::text = u.actor"
        " where u.subject = %s and u.agency = %s and u.action = %s"
        " group by u.actor, p.name order by min(u.at)",
        (f"alert:{alert}", ori, RECALL_READ),
    )
    return tuple((row["actor"], row["name"]) for row in await cursor.fetchall())


async def note_recall_read(
    conn: Connection, ori: str, alert: UUID, who: UUID, now: datetime
) -> None:
    """Keep that `who` read the recall, and let the desks know. Once is enough."""
    if str(who) in {actor for actor, _ in await recall_read_by(conn, ori, alert)}:
        return
    await append(conn, now, [Act(ori, str(who), RECALL_READ, f"alert:{alert}")])
    await notify(conn, [(ori, alert, "recalled")])
