"""How every list stands: what is in force, how old it is, what waits, when it is looked for next.

The list that people make by hand is not among them: it has no file, and so no age.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.errors import BadInput
from hotlists import local
from hotlists.arrival_store import Arrival
from hotlists.cron import Cron, cron
from hotlists.model import HotlistSource
from hotlists.staleness import AHEAD, Staleness, limit_of
from policy.model import Policy
from storage.postgres import Connection, Row

_ARRIVAL = tuple(name for name in Arrival.__dataclass_fields__ if name != "source")


@dataclass(frozen=True)
class Standing:
    """One list. `generation` None: none is in force. `quarantined` are the numbers of the
    generations that were refused since, newest first; `schedule` None: it is not looked for."""

    source: HotlistSource
    timezone: str
    generation: int | None
    entries: int
    refreshed_at: datetime | None
    staleness: Staleness
    quarantined: tuple[int, ...]
    arrival: Arrival
    schedule: Cron | None
    twins: Mapping[str, int] = field(default_factory=dict)
    """Of the generation in force: hotlists.twinning.count."""

    @property
    def next_look(self) -> datetime | None:
        """When it is looked for next by its schedule; in the past when a courier is late."""
        if self.schedule is None or not self.source.location:
            return None
        last = self.arrival.checked_at
        return None if last is None else self.schedule.after(last)

    def due(self, now: datetime) -> bool:
        """Whether it is to be looked for now: it never was, or a time has passed since."""
        if self.schedule is None or not self.source.location:
            return False
        last = self.arrival.checked_at
        if last is None or last > now + AHEAD:  # the clock was ahead then
            return True
        return self.next_look is None or self.next_look <= now


async def standings(
    conn: Connection, now: datetime, policy: Policy, agency: str = ""
) -> list[Standing]:
    """Every list of the agency ("": of all), by agency and name."""
    arrival = ", ".join(f"r.{name} as arrival_{name}" for name in _ARRIVAL)
    cursor = await conn.execute(
        "select s.id, s.agency, s.name, s.kind, s.location, s.settings, a.timezone, g.number,"
        f" g.entries, g.refreshed_at, g.twins, r.source is not null as arrived, {arrival},"
        " array(select q.number from generations q where q.source = s.id"
        " and q.state = 'quarantined' and q.number > coalesce(g.number, 0) and q.sha256 <> ''"
        " order by q.number desc limit 100) as quarantined"
        " from hotlist_sources s join agencies a on a.ori = s.agency"
        " left join generations g on g.source = s.id and g.state = 'active'"
        " left join arrivals r on r.source = s.id"
        " where %(agency)s in ('', s.agency) and s.kind <> %(local)s order by s.agency, s.name",
        {"agency": agency, "local": local.KIND},
    )
    return [_standing(row, now, policy) for row in await cursor.fetchall()]


async def limit_hours(conn: Connection, policy: Policy, source: str) -> float | None:
    """How many hours old this list (its id as text) may be. None for the list that people make by
    hand, and for one that is not known."""
    cursor = await conn.execute(
        "select settings from hotlist_sources where id::text = %s and kind <> %s",
        (source, local.KIND),
    )
    row = await cursor.fetchone()
    return limit_of(row["settings"], policy).total_seconds() / 3600 if row else None


def _standing(row: Row, now: datetime, policy: Policy) -> Standing:
    names = ("id", "agency", "name", "kind", "location", "settings")
    source = HotlistSource(**{name: row[name] for name in names})
    arrival = Arrival(source.id)
    if row["arrived"]:
        arrival = Arrival(source.id, **{name: row[f"arrival_{name}"] for name in _ARRIVAL})
    at = row["refreshed_at"]
    return Standing(
        source=source,
        timezone=row["timezone"],
        generation=row["number"],
        entries=row["entries"] or 0,
        refreshed_at=at,
        staleness=Staleness(None if at is None else now - at, limit_of(source.settings, policy)),
        quarantined=tuple(row["quarantined"]),
        arrival=arrival,
        schedule=_schedule(source, row["timezone"]),
        twins=row["twins"] or {},
    )


def _schedule(source: HotlistSource, timezone: str) -> Cron | None:
    text = source.settings.get("schedule")
    try:
        return cron(text, timezone) if text else None
    except BadInput:
        return None  # it was checked when it was set; one bad row must not hide the other lists
