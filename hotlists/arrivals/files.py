"""A file on a disk that this machine sees: a path, a folder, or a pattern such as /in/ncic-*.csv.

Of several the newest counts. It is taken when its size and time have stood still, and did not
change while it was read. It is neither moved nor deleted.
"""

from __future__ import annotations

import asyncio
import glob
import stat
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.errors import BadInput
from hotlists.arrivals import Arrived, Found, NotArrived, NotChanged, Wanted, careful
from hotlists.pieces import pieces_of

SCHEMES = ("", "file")
SETTLE = 1.0
"""Seconds for which a file must stand still."""
_MOST = 10_000
"""Files of a folder that are looked at."""


@dataclass(frozen=True)
class Stamp:
    """A file as it stood at one look."""

    path: Path
    size: int
    time: int

    @property
    def etag(self) -> str:
        """The same for as long as the file is."""
        return f"{self.path.name} {self.size} {self.time}"


def check(location: str, settings: Mapping[str, Any]) -> None:  # noqa: ARG001
    """A path must be from the root: the process that looks runs in a folder of its own."""
    if not location.removeprefix("file://").startswith("/"):
        raise BadInput("location", "must be a path from the root, such as /var/lib/bolo/in/*.csv")


def absolute(location: str) -> Path:
    """A path as a person types it, from the root."""
    return Path(location).absolute()


def folder_of(location: str) -> Path:
    """The folder in which the file appears."""
    path = Path(_path(location))
    if path.is_dir():
        return path
    whole = [part for part in path.parents if not glob.has_magic(str(part))]
    return whole[0] if whole else Path("/")


def newest(location: str) -> Stamp | None:
    """The file right now; None when there is none."""
    path = Path(_path(location))
    try:
        if glob.has_magic(str(path)) and not path.exists():
            found = [Path(name) for name in glob.glob(str(path))[:_MOST]]  # noqa: PTH207
        elif path.is_dir():
            found = [one for one in list(path.iterdir())[:_MOST] if not one.name.startswith(".")]
        else:
            found = [path]
    except OSError:
        return None
    stamps = [stamp for one in found if (stamp := _stamp(one)) is not None]
    return max(stamps, key=lambda one: (one.time, str(one.path)), default=None)


async def unchanged(stamp: Stamp) -> AsyncGenerator[bytes]:
    """The file's bytes; at their end it must still be the same file, or nothing of it counts.
    Raises NotArrived."""
    try:
        async with aclosing(pieces_of(stamp.path)) as pieces:
            async for piece in pieces:
                yield piece
    except BadInput as bad:
        raise NotArrived(bad.problem) from bad
    if _stamp(stamp.path) != stamp:
        problem = f"{stamp.path} changed while it was read"
        raise NotArrived(problem)


@asynccontextmanager
async def opened(wanted: Wanted, settle: float = SETTLE) -> AsyncIterator[Found]:
    """The newest file, at rest."""
    stamp = await asyncio.to_thread(newest, wanted.location)
    if stamp is None:
        problem = f"there is no file {_path(wanted.location)}"
        raise NotArrived(problem)
    if stamp.etag == wanted.etag:
        yield NotChanged(confirms=False)
        return
    await asyncio.sleep(settle)
    if await asyncio.to_thread(newest, wanted.location) != stamp:
        problem = f"{stamp.path} is still being written"
        raise NotArrived(problem)
    async with aclosing(careful(unchanged(stamp), wanted)) as pieces:
        yield Arrived(pieces, stamp.etag)


def _path(location: str) -> str:
    return location.removeprefix("file://")


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return Stamp(path, found.st_size, found.st_mtime_ns)
