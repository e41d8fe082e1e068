"""The entries that an alert rests on, of whichever lists: noted when it is raised and sighted,
struck out when they no longer hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from domain.entry import Entry
from hotlists.store import zones
from matchers.watch import Match
from storage.postgres import Connection
from storage.texts import storable_json


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
    conn: Connection,
    matches: Sequence[tuple[UUID, Match]],
    now: datetime,
    *,
    gone: Collection[UUID] = (),
) -> None:
    """Note every entry of the matches, each with the alert it belongs to; one that was struck out
    and is matched again holds again. In one call each alert comes once."""
    timezones = await zones(conn)
    rows: dict[tuple[UUID, UUID], dict[str, Any]] = {}
    for alert, match in matches:
        for holder in match.holders:
            entry = holder.entry
            if entry.entry_id in gone or not _is_uuid(entry.source):
                continue
            # The same entry beside its list and on it is one; what was said last counts.
            before = rows.get((alert, entry.entry_id), {"generation": 0})
            rows[alert, entry.entry_id] = {
                "alert": alert,
                "entry": entry.entry_id,
                "agency": entry.agency,
                "source": UUID(entry.source),
                "source_name": holder.source_name,
                "category": entry.category,
                "priority": entry.priority,
                "generation": max(holder.generation, before["generation"]),
                "change": match.change,
                "ends_at": ends_at(entry, _zone(timezones, match.entry.agency)),
            }
    if not rows:
        return
    await conn.execute(
        "insert into alert_holders (alert, entry, agency, source, source_name, category,"
        " priority, generation, change, held_since, ends_at) select alert, entry, agency, source,"
        " source_name, category, priority, generation, change, %s, ends_at"
        " from json_to_recordset(%s) as given(alert uuid, entry uuid, agency text, source uuid,"
        " source_name text, category text, priority integer, generation integer, change bigint,"
        " ends_at timestamptz) on conflict (alert, entry) do update set"
        " generation = greatest(alert_holders.generation, excluded.generation),"
        " change = excluded.change, ends_at = excluded.ends_at,"
        " gone_at = null, gone_because = ''",
        (now, storable_json(list(rows.values()))),
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
    return _zone(await zones(conn), agency)


def _zone(timezones: dict[str, str], agency: str) -> ZoneInfo:
    return ZoneInfo(timezones.get(agency, "UTC"))


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
