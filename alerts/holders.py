"""The entries that an alert rests on, of whichever lists: noted when it is raised and sighted,
struck out when they no longer hold."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from domain.entry import Entry
from matchers.watch import Match
from storage.postgres import Connection
from storage.texts import storable


class HolderRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entry under an alert. `ends_at` is when it expires by itself."""

    alert: UUID
    entry: UUID
    agency: str
    source: UUID
    source_name: str
    category: str
    priority: int
    generation: int
    change: int
    held_since: datetime
    ends_at: datetime | None = None
    gone_at: datetime | None = None
    gone_because: str = ""


async def note_holders(
    conn: Connection, alert: UUID, match: Match, now: datetime, *, gone: Collection[UUID] = ()
) -> None:
    """Note every entry of a match; one that was struck out and is matched again holds again."""
    zone = await zone_of(conn, match.entry.agency)
    for holder in match.holders:
        entry = holder.entry
        if entry.entry_id in gone or not _is_uuid(entry.source):
            continue
        await conn.execute(
            "insert into alert_holders (alert, entry, agency, source, source_name, category,"
            " priority, generation, change, held_since, ends_at) values (%(alert)s, %(entry)s,"
            " %(agency)s, %(source)s, %(name)s, %(category)s, %(priority)s, %(generation)s,"
            " %(change)s, %(now)s, %(ends)s) on conflict (alert, entry) do update set"
            " generation = greatest(alert_holders.generation, excluded.generation),"
            " change = excluded.change, ends_at = excluded.ends_at,"
            " gone_at = null, gone_because = ''",
            {
                "alert": alert,
                "entry": entry.entry_id,
                "agency": entry.agency,
                "source": UUID(entry.source),
                "name": storable(holder.source_name),
                "category": entry.category,
                "priority": entry.priority,
                "generation": holder.generation,
                "change": match.change,
                "now": now,
                "ends": ends_at(entry, zone),
            },
        )


async def holders(conn: Connection, agency: str, alert: UUID) -> list[HolderRow]:
    """What an alert rests on, the most urgent first, those that are gone last."""
    cursor = await conn.execute(
        "select * from alert_holders where agency = %s and alert = %s"
        " order by gone_at is not null, priority, source_name, entry",
        (agency, alert),
    )
    return [HolderRow(**row) for row in await cursor.fetchall()]


def ends_at(entry: Entry, zone: ZoneInfo) -> datetime | None:
    """When the entry expires: its moment, or the end of its last day by the agency's calendar,
    whichever comes first. None: it does not say."""
    ends = [entry.expires_at] if entry.expires_at is not None else []
    if entry.expires_on is not None and entry.expires_on.year < 9999:
        next_day = entry.expires_on + timedelta(days=1)
        ends.append(datetime.combine(next_day, time(), tzinfo=zone))
    return min(ends) if ends else None


async def zone_of(conn: Connection, agency: str) -> ZoneInfo:
    """The agency's time zone, by whose calendar a day ends."""
    cursor = await conn.execute("select timezone from agencies where ori = %s", (agency,))
    row = await cursor.fetchone()
    return ZoneInfo(row["timezone"] if row else "UTC")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
