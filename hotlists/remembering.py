"""What people and alerts taught, kept current for the watches of a worker.

Markers and cameras are read when their counter moved, and each REREAD, since a marker's time and
the age of a hit go on without anybody. What the traffic taught changes once a day and is read each
TRAFFIC_REREAD, and at once when it was reset. Sightings are read every few seconds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar
from uuid import UUID

import structlog

from domain.clock import as_utc
from hotlists import memory_store, traffic_store
from hotlists.memory_store import Head
from matchers.camera_learning import learned
from matchers.watch import Memory, Seen, Traffic
from storage.postgres import Connection

log = structlog.get_logger(__name__)
K = TypeVar("K")
V = TypeVar("V")

REREAD = 600.0
"""Seconds after which markers and cameras are read again although nothing was changed."""
TRAFFIC_REREAD = 3600.0
"""Seconds after which what the traffic taught is read again: it is made of whole days."""
SEEN_EVERY = 5.0
"""Seconds between two looks at the last sightings."""
SHARE = 20
"""Such a look may take one part in so many of a worker's time with its database."""


@dataclass(frozen=True)
class _Taught:
    """What one agency's people and traffic taught, as of which changes, and when it was read."""

    head: Head
    misreads_at: float
    misreads: Mapping[tuple[UUID, str], datetime]
    cameras_at: float
    cameras: Mapping[str, float]
    traffic_at: float
    traffic: Traffic


class Memories:
    """The memory of every agency. `look` reads, `of` is a dictionary look-up.

    While the database is away `look` raises and the last memory stays. Every mapping handed out is
    immutable and never changed afterwards.
    """

    def __init__(self) -> None:
        self._taught: dict[str, _Taught] = {}
        self._seen: Mapping[str, Mapping[UUID, Seen]] = {}
        self._seen_due = 0.0
        self._made: dict[str, Memory] = {}

    def of(self, agency: str) -> Memory:
        """What to weigh for the agency's reads; the same object until there is news."""
        return self._made.get(agency, _NOTHING)

    async def look(
        self, conn: Connection, now: datetime, within: float = traffic_store.WITHIN
    ) -> None:
        """Read what has changed since the last look. After `within` seconds no further agency's
        traffic is begun: lists are asked for in the same transaction, however many agencies."""
        heads = await memory_store.heads(conn)
        until = time.monotonic() + within
        taught = {
            agency: await _read(conn, agency, head, self._taught.get(agency), now, until)
            for agency, head in heads.items()
        }
        seen = self._seen
        if (moment := time.monotonic()) >= self._seen_due:
            found = await memory_store.seen(conn, now)
            if found is None:  # where vehicles were seen before is better than no list that is new
                log.warning("memory.sightings_took_too_long", seconds=memory_store.SEEN_WITHIN)
            else:
                seen = {a: _same(self._seen.get(a), places) for a, places in found.items()}
            done = time.monotonic()
            self._seen_due = done + max(SEEN_EVERY, SHARE * (done - moment))
        self._taught, self._seen = taught, seen
        self._made = {
            agency: self._memory(agency, taught.get(agency), seen.get(agency, _NO_PLACES))
            for agency in {*taught, *seen}
        }

    def _memory(self, agency: str, taught: _Taught | None, seen: Mapping[UUID, Seen]) -> Memory:
        misreads = taught.misreads if taught else _NOTHING.misreads
        cameras = taught.cameras if taught else _NOTHING.cameras
        traffic = taught.traffic if taught else _NOTHING.traffic
        before = self._made.get(agency)
        if (
            before is not None
            and before.misreads is misreads
            and before.cameras is cameras
            and before.traffic is traffic
            and before.seen is seen
        ):
            return before
        return Memory(misreads=misreads, cameras=cameras, seen=seen, traffic=traffic)


async def _read(
    conn: Connection,
    agency: str,
    head: Head,
    before: _Taught | None,
    now: datetime,
    until: float,
) -> _Taught:
    """What has news, or was not read for long; the rest as before. Traffic for which no time is
    left `until` (monotonic) is read at a later look."""
    moment = time.monotonic()
    made = before or _NEVER
    if head.markers != made.head.markers or moment >= made.misreads_at + REREAD:
        misreads = _same(made.misreads, await memory_store.markers(conn, agency, now))
        made = replace(made, misreads=misreads, misreads_at=moment)
    if head.cameras != made.head.cameras or moment >= made.cameras_at + REREAD:
        days = await memory_store.days(conn, agency, now)
        factors = dict(learned(days, as_utc(now).date()).factors)
        made = replace(made, cameras=_same(made.cameras, factors), cameras_at=moment)
    due = head.traffic != made.head.traffic or moment >= made.traffic_at + TRAFFIC_REREAD
    if due and time.monotonic() >= until:
        head = head._replace(traffic=made.head.traffic)
    elif due:
        said = await traffic_store.traffic(conn, agency, now)
        if said is None:  # asked again in an hour: what held until now holds
            log.warning("memory.traffic_took_too_long", agency=agency, seconds=traffic_store.WITHIN)
        elif said.traffic != made.traffic:  # else no watch is made anew for it
            made = replace(made, traffic=said.traffic)
        made = replace(made, traffic_at=moment)
    return made if made.head == head else replace(made, head=head)


def _same(before: Mapping[K, V] | None, now: dict[K, V]) -> Mapping[K, V]:
    """The mapping of before when nothing is new in it."""
    return before if before is not None and dict(before) == now else MappingProxyType(now)


_NOTHING = Memory()
_LONG_AGO = float("-inf")
_NEVER = _Taught(Head(-1, -1, -1), _LONG_AGO, {}, _LONG_AGO, {}, _LONG_AGO, _NOTHING.traffic)
_NO_PLACES: Mapping[UUID, Seen] = MappingProxyType({})
