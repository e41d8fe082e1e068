"""Who else may verify an alert, and which alerts nobody comes to.

Every function takes a connection.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from alerts.model import UNVERIFIED, Alert
from alerts.record import AlertRecord, record_of
from console.models import Another
from people.roles import TABLE
from storage.postgres import Connection

HERE = timedelta(minutes=10)
"""Who used the console within this is taken to be at it. (judgement)"""


async def others(conn: Connection, alert: Alert, viewer: UUID, now: datetime) -> list[Another]:
    """Who may verify it beside the viewer, those at the console first; nobody once it is settled,
    or when one person is enough."""
    if alert.state not in UNVERIFIED or alert.needed < 2:
        return []
    return await may_verify(conn, alert.agency, {viewer, *(c.by for c in alert.confirmations)}, now)


async def waiting(conn: Connection, agency: str) -> list[AlertRecord]:
    """What somebody has verified and another person must, too; the most urgent first."""
    cursor = await conn.execute(
        "select * from alerts where agency = %s and state in ('raised', 'claimed')"
        " and confirmations <> '[]' order by priority, raised_at, id",
        (agency,),
    )
    return [record_of(row, "") for row in await cursor.fetchall()]


async def may_verify(conn: Connection, agency: str, but: set[UUID], now: datetime) -> list[Another]:
    """The agency's verifiers without `but`, those at the console first."""
    cursor = await conn.execute(
        "select name, role, exists (select from sessions s where s.person = p.id"
        " and s.expires_at > %(now)s and s.seen_at > %(lately)s) as here from people p"
        " where agency = %(agency)s and active and role = any(%(roles)s) and id <> all(%(but)s)"
        " order by here desc, role, name",
        {
            "agency": agency,
            "now": now,
            "lately": now - HERE,
            "roles": sorted(TABLE["decide"]),
            "but": list(but),
        },
    )
    return [Another(**row) for row in await cursor.fetchall()]
