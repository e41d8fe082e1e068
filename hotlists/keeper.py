"""The watch of every agency, kept current in a worker.

`watch(agency)` is an attribute read. Behind it, `run()` hears of changes (LISTEN, and a question
each second for what was missed), has a changed generation made into a mapped file by a process of
its own (hotlists.mapping), reads the live changes since the last look, and swaps by one assignment.
What a watch holds was read in one snapshot of the database: its generations and its change number
belong together. While the database is away the last watch stays in use, `stale_since` says since
when, and it is tried again for ever.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import structlog

from domain.clock import Clock
from hotlists import live_store, mapping, metrics, store, threshold_store
from hotlists.chunks import DamagedChunk
from hotlists.mapped import Opened
from hotlists.overlay import Overlay
from hotlists.remembering import Memories
from matchers.thresholds import Thresholds
from matchers.watch import Generation, Watch
from matchers.wild import Patterns
from policy.loading import standard
from policy.model import Policy
from storage.postgres import AWAY, Connection, Database

log = structlog.get_logger(__name__)

POLL = 1.0
"""Seconds between questions when no notification comes."""
MEANWHILE = 0.25
"""Seconds between questions while a generation is loaded."""
ANSWER_WITHIN = 15.0
"""Seconds after which a database that does not answer counts as away."""
RETRY_DAMAGED = 30.0
"""Seconds before a generation that did not load is tried again."""
BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds to wait after each failure in a row; the last one for ever."""

_AWAY: tuple[type[Exception], ...] = (*AWAY, TimeoutError)


class _Unusable(DamagedChunk):
    """A mapped file, not what is stored."""


class WatchKeeper:
    """Holds the current `Watch` of every agency that has a list in force.

    `folder` is where this host's workers keep the mapped files; None: a temporary one.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        folder: Path | None = None,
        policy: Policy | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._folder = folder or Path(tempfile.mkdtemp(prefix="bolo-watch-"))
        if folder is None:
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        rules = (policy or standard()).categories
        self._priorities = {code: rule.priority for code, rule in rules.items()}
        self._watches: Mapping[str, Watch] = MappingProxyType({})
        self._held: dict[str, tuple[int, Generation]] = {}  # by source; id of its row
        self._overlays: dict[str, Overlay] = {}
        self._zones: dict[str, str] = {}
        self._thresholds: dict[str, Thresholds] = {}
        self._memories = Memories()
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
        while True:
            wanted, overlays = await self._look()
            missing = [a for a in wanted if self._needs(a)]
            if not missing:
                break
            self._swap(wanted, overlays, {})
            await self._fetch_all(missing)
        self._swap(wanted, overlays, self._problems(wanted))
        held = {active.id for active in wanted} | {number for number, _ in self._held.values()}
        await asyncio.to_thread(mapping.forget, self._folder, held)

    async def _fetch_all(self, missing: list[store.ActiveGeneration]) -> None:
        """Load generations. It takes its time, and the live changes do not wait for it."""

        async def each() -> None:
            for active in missing:
                await self._fetch(active)

        fetching = asyncio.create_task(each())
        try:
            while not (await asyncio.wait({fetching}, timeout=MEANWHILE))[0]:
                self._swap(*await self._look(), {})
            fetching.result()
        finally:
            fetching.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await fetching

    async def _look(self) -> tuple[list[store.ActiveGeneration], dict[str, Overlay]]:
        """`_asked`, within bounds. Raises what says that the database is away."""
        async with asyncio.timeout(ANSWER_WITHIN), self._db.transaction() as conn:
            return await self._asked(conn)

    async def _asked(
        self, conn: Connection
    ) -> tuple[list[store.ActiveGeneration], dict[str, Overlay]]:
        """What is in force, and what has changed since: of one snapshot."""
        await conn.execute("set transaction isolation level repeatable read, read only")
        wanted = await store.in_force(conn)
        heads = await live_store.heads(conn)
        overlays: dict[str, Overlay] = {}
        for agency, last in heads.items():
            known = self._overlays.get(agency, Overlay())
            if known.change > last:  # an older copy of the database was put back
                known = Overlay()
            if known.change != last:
                news = await live_store.changed_since(conn, agency, known.change)
                known = known.after(news, last)
            overlays[agency] = known
        self._zones = await store.zones(conn)
        self._thresholds = await threshold_store.in_force(conn)
        await self._memories.look(conn, self._clock())
        return wanted, overlays

    def _needs(self, active: store.ActiveGeneration) -> bool:
        last = self._held.get(active.source)
        if last is not None and last[0] == active.id:
            return False
        tried = self._damaged.get(active.id)
        return tried is None or time.monotonic() >= tried + RETRY_DAMAGED

    def _problems(self, wanted: list[store.ActiveGeneration]) -> dict[str, str]:
        return {
            a.source: f"generation {a.number} did not load; it is tried again"
            for a in wanted
            if a.id in self._damaged
        }

    async def _fetch(self, active: store.ActiveGeneration) -> None:
        """Load one generation beside the one in use."""
        try:
            generation = await self._load(active)
        except DamagedChunk as damaged:
            if active.id not in self._damaged:
                metrics.LOAD_FAILURES.labels(active.agency, active.source_name).inc()
                log.error(
                    "watch.damaged",
                    agency=active.agency,
                    source=active.source_name,
                    problem=str(damaged),
                )
            self._damaged[active.id] = time.monotonic()
            return
        self._damaged.pop(active.id, None)
        self._held[active.source] = (active.id, generation)

    def _swap(
        self,
        wanted: list[store.ActiveGeneration],
        overlays: dict[str, Overlay],
        problems: dict[str, str],
    ) -> None:
        by_agency: dict[str, dict[str, Generation]] = {}
        for active in wanted:
            held = self._held.get(active.source)
            if held is not None:
                current = held[1]
                if held[0] == active.id:
                    current = _stamped(current, active)
                    self._held[active.source] = (active.id, current)
                by_agency.setdefault(active.agency, {})[active.source] = current
        for source in set(self._held) - {active.source for active in wanted}:
            del self._held[source]
        behind = {a.agency for a in wanted if self._held.get(a.source, (None,))[0] != a.id}
        watches = {}
        for agency in sorted({*by_agency, *overlays}):
            lists = by_agency.get(agency, {})
            overlay = overlays.get(agency, Overlay())
            withdrawn = overlay.withdrawn
            if agency in behind:
                # A withdrawal ends when a new generation no longer holds the entry; the one before,
                # which is still in use here, does hold it.
                withdrawn |= overlay.confirmed
            watches[agency] = Watch(
                agency,
                MappingProxyType(lists),
                added=overlay.layers(agency, lists),
                withdrawn=withdrawn,
                change=overlay.change,
                timezone=self._zones.get(agency, "UTC"),
                thresholds=self._thresholds.get(agency, Thresholds()),
                memory=self._memories.of(agency),
            )
        self._watches = MappingProxyType(watches)
        self._overlays = {a: o if a in behind else o.settled() for a, o in overlays.items()}
        self.problems = MappingProxyType(problems)
        if self.stale_since is not None:
            log.info("watch.current_again")
        self.stale_since = None
        if all(active.source in self._held for active in wanted):
            # else reads wait in the log: matching them against nothing loses them
            self._loaded.set()
        metrics.watching(watches, self._clock(), None)

    async def _mapped(self, active: store.ActiveGeneration) -> Opened:
        """The generation's file, opened. Raises _Unusable when it cannot be, and deletes it."""
        path = await mapping.ensure(self._db, self._folder, active.id, active.entries)
        try:
            return await asyncio.to_thread(
                Opened, path, active.agency, active.source, self._priorities
            )
        except (DamagedChunk, OSError) as bad:
            path.unlink(missing_ok=True)
            msg = f"the file of generation {active.number} cannot be mapped: {type(bad).__name__}"
            raise _Unusable(msg) from bad

    async def _load(self, active: store.ActiveGeneration) -> Generation:
        """The generation, mapped. Raises DamagedChunk, and what says "away"."""
        started = time.perf_counter()
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        try:
            opened = await self._mapped(active)
        except _Unusable:  # by an older release, or broken: it is made again
            opened = await self._mapped(active)
        patterns = await asyncio.to_thread(
            lambda: Patterns([(at, opened.entries[at].pattern) for at in opened.wild])
        )
        seconds = time.perf_counter() - started
        metrics.LOAD_SECONDS.labels(active.agency, active.source_name).set(seconds)
        log.info(
            "watch.loaded",
            agency=active.agency,
            source=active.source_name,
            generation=active.number,
            entries=opened.live,
            seconds=round(seconds, 3),
        )
        return Generation(
            number=active.number,
            source=active.source,
            source_name=active.source_name,
            agency=active.agency,
            refreshed_at=active.refreshed_at,
            entries=opened.entries,
            index=opened.index,
            patterns=patterns,
            described=opened.described,
            live=opened.live,
        )


def _stamped(generation: Generation, active: store.ActiveGeneration) -> Generation:
    """The same generation, confirmed by its source at a later time."""
    if generation.refreshed_at == active.refreshed_at:
        return generation
    return replace(generation, refreshed_at=active.refreshed_at)
