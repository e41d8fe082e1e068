"""Watch files for changes and refresh their lists. A half-written file is not taken.

The folders are watched (inotify and the like); and every CHECK seconds each file is looked at
anyway, for network folders that tell nobody. A changed file is taken when its size and time have
stood still for SETTLE seconds, and did not change while it was read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog
from watchfiles import awatch

from domain.clock import Clock
from domain.errors import BoloError
from hotlists import arrival_store
from hotlists.arrivals import Arrived, NotArrived, files, scheme_of
from hotlists.fetching import failed, taken
from hotlists.model import HotlistSource
from hotlists.refresh import Means
from storage.postgres import AWAY, FAILED, Database

log = structlog.get_logger(__name__)

SETTLE = 1.0
CHECK = 10.0
TRIES = 3
"""Looks at the same unreadable file after which somebody should know."""


def followed(source: HotlistSource) -> bool:
    """Whether its file is watched: a path, and no schedule that says when to look instead."""
    here = scheme_of(source.location) in files.SCHEMES
    return bool(source.location) and here and not source.settings.get("schedule")


async def follow(
    db: Database,
    sources: Sequence[HotlistSource],
    clock: Clock,
    stop: asyncio.Event,
    *,
    means: Means | None = None,
    settle: float = SETTLE,
    check: float = CHECK,
) -> None:
    """Refresh each source whose `location` is a path, at the start and whenever its file changes.

    Of a folder or a pattern the newest file counts (hotlists.arrivals.files). A file that came
    before is not taken again, also not after a restart.

    Returns when `stop` is set. A file that is missing is waited for; a database that is away is
    tried again at the next look; a refresh that is refused is logged and tried when the file
    changes again.
    """
    means = means or Means()
    watched = [source for source in sources if source.location]
    news = [asyncio.Event() for _ in watched]
    async with asyncio.TaskGroup() as group:
        # A task each: a folder that hangs, or a huge file, holds up no other list.
        tasks = [
            group.create_task(_follow(db, source, clock, changed, settle, check, means))
            for source, changed in zip(watched, news, strict=True)
        ]
        tasks.append(group.create_task(_tell([s.location for s in watched], news, stop)))
        await stop.wait()
        for task in tasks:
            task.cancel()  # a refresh that is cancelled leaves nothing behind


async def _follow(
    db: Database,
    source: HotlistSource,
    clock: Clock,
    changed: asyncio.Event,
    settle: float,
    check: float,
    means: Means,
) -> None:
    """Look at one source again and again, until cancelled."""
    seen = _Seen()
    while True:
        changed.clear()
        at_rest = await _look(db, source, clock, seen, settle, means)
        with suppress(TimeoutError):
            async with asyncio.timeout(check if at_rest else min(check, settle)):
                await changed.wait()


@dataclass
class _Seen:
    """Of one source: the file that was taken last, and the one that could not be read."""

    taken: str | None = None
    unreadable: str | None = None
    tries: int = 0


async def _tell(
    locations: Sequence[str], news: Sequence[asyncio.Event], stop: asyncio.Event
) -> None:
    """Set every event of `news` whenever something happens in a folder of `locations`."""
    while not stop.is_set():
        found = {files.folder_of(location) for location in locations}
        folders = {folder for folder in found if folder.is_dir()}
        if not folders:
            return  # nothing to listen to: the regular look finds them when they come
        async for _ in awatch(*folders, stop_event=stop, recursive=False, debounce=200, step=50):
            for changed in news:
                changed.set()


async def _look(
    db: Database,
    source: HotlistSource,
    clock: Clock,
    seen: _Seen,
    settle: float,
    means: Means,
) -> bool:
    """Refresh when the file is new and at rest. False when it should be looked at again soon."""
    before = await asyncio.to_thread(files.newest, source.location)  # a network folder may hang
    if before is None or before.etag == seen.taken:
        return True
    if seen.taken is None and await _came_before(db, source, before):
        seen.taken = before.etag
        return True
    await asyncio.sleep(settle)
    if await asyncio.to_thread(files.newest, source.location) != before:
        return False
    found = Arrived(files.unchanged(before), before.etag)
    try:
        await taken(db, source, found, by="file watcher", now=clock(), means=means)
    except NotArrived as unread:
        seen.tries = seen.tries + 1 if seen.unreadable == before.etag else 1
        seen.unreadable = before.etag
        if seen.tries == TRIES:  # it is not just being written: said once
            await failed(db, source, str(unread), clock())
        return False
    except AWAY as away:
        log.warning("hotlist.waiting", source=source.name, problem=type(away).__name__)
        return False
    except BoloError as refused:
        await failed(db, source, str(refused), clock())
    seen.taken = before.etag
    return True


async def _came_before(db: Database, source: HotlistSource, stamp: files.Stamp) -> bool:
    """Whether this very file was taken already, by a courier before this one."""
    with suppress(*FAILED):
        async with db.connection() as conn:
            last = await arrival_store.arrival(conn, source.id)
        return last.etag.partition(" ")[2] == stamp.etag
    return False
