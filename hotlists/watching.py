"""Watch files for changes and refresh their lists. A half-written file is not taken.

The folders are watched (inotify and the like); and every CHECK seconds each file is looked at
anyway, for network folders that tell nobody. A changed file is taken when its size and time have
stood still for SETTLE seconds, and did not change while it was read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import structlog
from watchfiles import awatch

from domain.clock import Clock
from domain.errors import BoloError
from hotlists.importing import read_file
from hotlists.model import HotlistSource
from hotlists.refresh import refresh
from storage.postgres import AWAY, Database

log = structlog.get_logger(__name__)

SETTLE = 1.0
CHECK = 10.0

_Stamp = tuple[int, int]


async def follow(
    db: Database,
    sources: Sequence[HotlistSource],
    clock: Clock,
    stop: asyncio.Event,
    *,
    settle: float = SETTLE,
    check: float = CHECK,
) -> None:
    """Refresh each source whose `location` is a file, at the start and whenever it changes.

    Returns when `stop` is set. A file that is missing is waited for; a database that is away is
    tried again at the next look; a refresh that is refused is logged and tried when the file
    changes again.
    """
    files = [(source, Path(source.location).absolute()) for source in sources if source.location]
    done: dict[UUID, _Stamp] = {}
    async with asyncio.TaskGroup() as group:
        changed = asyncio.Event()
        changed.set()
        telling = group.create_task(_tell({path for _, path in files}, changed, stop))
        stopping = group.create_task(stop.wait())
        while not stop.is_set():
            changed.clear()
            unsettled = False
            for source, path in files:
                unsettled |= not await _look(db, source, path, clock, done, settle)
            waiting = group.create_task(changed.wait())
            await asyncio.wait(
                {waiting, stopping},
                timeout=min(check, settle) if unsettled else check,
                return_when=asyncio.FIRST_COMPLETED,
            )
            waiting.cancel()
        telling.cancel()


async def _tell(paths: set[Path], changed: asyncio.Event, stop: asyncio.Event) -> None:
    """Set `changed` whenever something happens in a folder of `paths`."""
    while not stop.is_set():
        folders = {path.parent for path in paths if path.parent.is_dir()}
        if not folders:
            return  # nothing to listen to: the regular look finds them when they come
        async for _ in awatch(*folders, stop_event=stop, recursive=False, debounce=200, step=50):
            changed.set()


async def _look(
    db: Database,
    source: HotlistSource,
    path: Path,
    clock: Clock,
    done: dict[UUID, _Stamp],
    settle: float,
) -> bool:
    """Refresh when the file is new and at rest. False when it should be looked at again soon."""
    before = _stamp(path)
    if before is None or before == done.get(source.id):
        return True
    await asyncio.sleep(settle)
    if _stamp(path) != before:
        return False
    try:
        data = await read_file(path)
        if _stamp(path) != before:
            return False
        await refresh(db, source, data, by="file watcher", now=clock())
    except AWAY as away:
        log.warning("hotlist.waiting", source=source.name, problem=type(away).__name__)
        return False
    except BoloError as refused:
        log.error("hotlist.refused", source=source.name, problem=str(refused))
    done[source.id] = before
    return True


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
