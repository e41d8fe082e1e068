"""The watch of every agency, kept current in a worker.

`watch(agency)` is an attribute read. Behind it, `run()` hears of changes (LISTEN, and a question
each second for what was missed) and loads a changed generation beside the one in use: chunk by
chunk, each unpacked in a thread whose work (SHA-256, zlib, NumPy) runs outside the interpreter
lock, no entry decoded. Then one assignment swaps. While the database is away the last
watch stays in use, `stale_since` says since when, and it is tried again for ever.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

import numpy as np
import structlog

from domain.clock import Clock
from domain.errors import BoloError
from hotlists import metrics, store
from hotlists.chunks import DamagedChunk, LoadedChunk, PackedEntries, unpack
from matchers.folding import Keys
from matchers.index import Index
from matchers.watch import Generation, Watch
from storage.postgres import AWAY, Database

log = structlog.get_logger(__name__)

POLL = 1.0
"""Seconds between questions when no notification comes."""
ANSWER_WITHIN = 15.0
"""Seconds after which a database that does not answer counts as away."""
RETRY_DAMAGED = 30.0
"""Seconds before a generation that did not load is tried again."""
BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds to wait after each failure in a row; the last one for ever."""

_AWAY: tuple[type[Exception], ...] = (*AWAY, TimeoutError)


class WatchKeeper:
    """Holds the current `Watch` of every agency that has a list in force."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._watches: Mapping[str, Watch] = MappingProxyType({})
        self._held: dict[str, tuple[int, Generation]] = {}  # by source; id of its row
        self._damaged: dict[int, float] = {}  # when each was tried
        self._loaded = asyncio.Event()
        self.stale_since: datetime | None = None
        """Since when the database has not answered; None while it does."""
        self.problems: Mapping[str, str] = MappingProxyType({})
        """Lists that did not load, by source id; the last good generation of each stays."""

    def watch(self, agency: str) -> Watch | None:
        """What to match the agency's reads against; None when it has no list in force."""
        return self._watches.get(agency)

    @property
    def watches(self) -> Mapping[str, Watch]:
        """Every agency's watch, for pages and metrics."""
        return self._watches

    async def current(self) -> bool:
        """Whether every list in force is loaded, as of a second ago or so."""
        return self._loaded.is_set() and self.stale_since is None and not self.problems

    async def ready(self) -> None:
        """Return once every list in force was loaded once."""
        await self._loaded.wait()

    async def run(self) -> None:
        """Keep the watches current until cancelled."""
        failures = 0
        while True:
            try:
                async with await self._db.connect_alone() as conn:
                    await store.listen(conn)
                    while True:
                        await self.load_once()
                        failures = 0
                        async for _ in conn.notifies(timeout=POLL, stop_after=1):
                            pass
            except Exception as away:
                # Whatever it is: a keeper that ended would leave an old watch that looks current.
                if not isinstance(away, _AWAY):
                    log.exception("watch.failed")
                if self.stale_since is None:
                    self.stale_since = self._clock()
                    log.warning("watch.stale", problem=type(away).__name__)
                metrics.watching(dict(self._watches), self._clock(), self.stale_since)
                await asyncio.sleep(BACKOFF[min(failures, len(BACKOFF) - 1)])
                failures += 1

    async def load_once(self) -> None:
        """Load what has changed and swap. Raises what says that the database is away."""
        async with asyncio.timeout(ANSWER_WITHIN), self._db.connection() as conn:
            wanted = await store.in_force(conn)
        held: dict[str, tuple[int, Generation]] = {}
        problems: dict[str, str] = {}
        for active in wanted:
            last = self._held.get(active.source)
            try:
                if last is None or last[0] != active.id:
                    last = (active.id, await self._load(active))
                held[active.source] = (active.id, _stamped(last[1], active))
            except DamagedChunk as damaged:
                problems[active.source] = str(damaged)
                self._note_damage(active)
                if last is not None:
                    held[active.source] = last
        self._swap(wanted, held, problems)

    def _swap(
        self,
        wanted: list[store.ActiveGeneration],
        held: dict[str, tuple[int, Generation]],
        problems: dict[str, str],
    ) -> None:
        by_agency: dict[str, dict[str, Generation]] = {}
        for source, (_, generation) in held.items():
            by_agency.setdefault(generation.agency, {})[source] = generation
        zones = {active.agency: active.timezone for active in wanted}
        watches = {
            agency: Watch(agency, MappingProxyType(lists), timezone=zones[agency])
            for agency, lists in sorted(by_agency.items())
        }
        self._held, self._watches = held, MappingProxyType(watches)
        self.problems = MappingProxyType(problems)
        if self.stale_since is not None:
            log.info("watch.current_again")
        self.stale_since = None
        missing = [active.source for active in wanted if active.source not in held]
        if not missing:  # else reads wait in the log: matching them against nothing loses them
            self._loaded.set()
        metrics.watching(watches, self._clock(), None)

    def _note_damage(self, active: store.ActiveGeneration) -> None:
        if active.id not in self._damaged:
            metrics.LOAD_FAILURES.labels(active.agency, active.source_name).inc()
            log.error("watch.damaged", agency=active.agency, source=active.source_name)
            self._damaged[active.id] = time.monotonic()

    async def _load(self, active: store.ActiveGeneration) -> Generation:
        """The generation's entries and index. Raises DamagedChunk, and what says "away"."""
        started = time.perf_counter()
        tried = self._damaged.get(active.id)
        if tried is not None and time.monotonic() < tried + RETRY_DAMAGED:
            msg = f"generation {active.number} did not load and is tried again later"
            raise DamagedChunk(msg)
        self._damaged.pop(active.id, None)
        chunks: list[LoadedChunk] = []
        async with self._db.connection() as conn:
            while True:
                async with asyncio.timeout(ANSWER_WITHIN):
                    data = await store.chunk(conn, active.id, len(chunks))
                if data is None:
                    break
                chunks.append(await asyncio.to_thread(_unpacked, data))
        entries = PackedEntries(chunks)
        if len(entries) != active.entries:
            msg = f"generation {active.number} has {len(entries)} entries, not {active.entries}"
            raise DamagedChunk(msg)
        index = await asyncio.to_thread(_index, [chunk.keys for chunk in chunks])
        seconds = time.perf_counter() - started
        metrics.LOAD_SECONDS.labels(active.agency, active.source_name).set(seconds)
        log.info(
            "watch.loaded",
            agency=active.agency,
            source=active.source_name,
            generation=active.number,
            entries=len(entries),
            seconds=round(seconds, 3),
        )
        return Generation(
            number=active.number,
            source=active.source,
            source_name=active.source_name,
            agency=active.agency,
            refreshed_at=active.refreshed_at,
            entries=entries,
            index=index,
        )


def _unpacked(data: bytes) -> LoadedChunk:
    try:
        return unpack(data)
    except BoloError:
        raise
    except Exception as broken:  # zlib and msgspec each have errors of their own
        msg = f"a stored chunk of a hotlist cannot be read: {type(broken).__name__}"
        raise DamagedChunk(msg) from broken


def _index(keys: list[Keys]) -> Index:
    return Index.of_keys(np.concatenate(keys) if keys else np.empty(0, dtype=np.uint64))


def _stamped(generation: Generation, active: store.ActiveGeneration) -> Generation:
    """The same generation, confirmed by its source at a later time."""
    if generation.refreshed_at == active.refreshed_at:
        return generation
    return replace(generation, refreshed_at=active.refreshed_at)
