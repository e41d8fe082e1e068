"""Watch files for changes and refresh their lists. A half-written file is not taken.

The folders are watched (inotify and the like); and every CHECK seconds each file is looked at
anyway, for network folders that tell nobody. A changed file is taken when its size and time have
stood still for SETTLE seconds, and did not change while it was read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

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
    done: dict[UUID, str] = {}
    async with asyncio.TaskGroup() as group:
        changed = asyncio.Event()
        changed.set()
        telling = group.create_task(_tell([source.location for source in watched], changed, stop))
        stopping = group.create_task(stop.wait())
        while not stop.is_set():
            changed.clear()
            unsettled = False
            for source in watched:
                unsettled |= not await _look(db, source, clock, done, settle, means)
            waiting = group.create_task(changed.wait())
            await asyncio.wait(
                {waiting, stopping},
                timeout=min(check, settle) if unsettled else check,
                return_when=asyncio.FIRST_COMPLETED,
            )
            waiting.cancel()
        telling.cancel()


async def _tell(locations: Sequence[str], changed: asyncio.Event, stop: asyncio.Event) -> None:
    """Set `changed` whenever something happens in a folder of `locations`."""
    while not stop.is_set():
        found = {files.folder_of(location) for location in locations}
        folders = {folder for folder in found if folder.is_dir()}
        if not folders:
            return  # nothing to listen to: the regular look finds them when they come
        async for _ in awatch(*folders, stop_event=stop, recursive=False, debounce=200, step=50):
            changed.set()


async def _look(
    db: Database,
    source: HotlistSource,
    clock: Clock,
    done: dict[UUID, str],
    settle: float,
    means: Means,
) -> bool:
    """Refresh when the file is new and at rest. False when it should be looked at again soon."""
    before = await asyncio.to_thread(files.newest, source.location)  # a network folder may hang
    if before is None or before.etag == done.get(source.id):
        return True
    if source.id not in done and await _came_before(db, source, before):
        done[source.id] = before.etag
        return True
    await asyncio.sleep(settle)
    if await asyncio.to_thread(files.newest, source.location) != before:
        return False
    found = Arrived(files.unchanged(before), before.etag)
    try:
        await taken(db, source, found, by="file watcher", now=clock(), means=means)
    except NotArrived:
        return False
    except AWAY as away:
        log.warning("hotlist.waiting", source=source.name, problem=type(away).__name__)
        return False
    except BoloError as refused:
        await failed(db, source, str(refused), clock())
    done[source.id] = before.etag
    return True


async def _came_before(db: Database, source: HotlistSource, stamp: files.Stamp) -> bool:
    """Whether this very file was taken already, by a courier before this one."""
    with suppress(*FAILED):
        async with db.connection() as conn:
            last = await arrival_store.arrival(conn, source.id)
        return last.etag.partition(" ")[2] == stamp.etag
    return False
