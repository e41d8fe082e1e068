"""How a list arrives: one file a way. A file in this folder registers itself by being here.

Each way has `SCHEMES`, the beginnings of the locations it is for ("" is a path); `check`, which
objects when a location is configured; and `opened`, which goes and looks. Nothing is written to
disk on the way: what arrives is read once, piece by piece, by hotlists.refresh.
"""

from __future__ import annotations

import asyncio
import pkgutil
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from importlib import import_module
from typing import Any, Protocol
from urllib.parse import urlsplit

from domain.errors import BadInput, BoloError
from hotlists.pieces import LARGEST

WITHIN = timedelta(minutes=30)
"""How long one file may take to arrive."""
SILENCE = 30.0
"""Seconds without a byte after which a connection counts as cut."""


class NotArrived(BoloError):
    """It could not be had. `passing`: another try may succeed without anybody doing anything.
    The message is for a person, and never has a secret in it."""

    def __init__(self, problem: str, *, passing: bool = True) -> None:
        super().__init__(problem)
        self.passing = passing


@dataclass(frozen=True)
class Wanted:
    """What to go and look for. `secret` is the value, None when the source names none;
    `etag` is what the file was called that came last, "" for none; `remembered` is what the source
    left behind, for a way that asks only for what is new."""

    location: str
    etag: str = ""
    secret: str | None = field(default=None, repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict)
    remembered: str = field(default="", repr=False)
    largest: int = LARGEST
    within: timedelta = WITHIN
    silence: float = SILENCE


@dataclass(frozen=True)
class Arrived:
    """A file is there. `pieces` may be read once, inside the `async with`; it raises NotArrived
    when the rest does not come. `etag` is the same for as long as the file is."""

    pieces: AsyncIterator[bytes]
    etag: str


@dataclass(frozen=True)
class NotChanged:
    """The file is the one that came last. `confirms`: the sender answered that its list is still
    this one; an old file that merely lies there says nothing of the kind."""

    confirms: bool


Found = Arrived | NotChanged


class Way(Protocol):
    """What each file in this folder offers."""

    SCHEMES: tuple[str, ...]

    def check(self, location: str, settings: Mapping[str, Any]) -> None:
        """Raises BadInput for a location or settings with which it could never work."""
        ...

    def opened(self, wanted: Wanted) -> AbstractAsyncContextManager[Found]:
        """Look, and keep the door open while it is read. Raises NotArrived."""
        ...


@cache
def ways() -> dict[str, Way]:
    """Every way there is, by scheme."""
    modules = [import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
    return {scheme: module for module in modules for scheme in module.SCHEMES}


def scheme_of(location: str) -> str:
    """ "https" of https://...; "" of a path."""
    scheme, separator, _ = location.partition("://")
    return scheme.lower() if separator else ""


def way(location: str) -> Way:
    """The way of a location. Raises BadInput."""
    try:
        return ways()[scheme_of(location)]
    except KeyError:
        known = ", ".join(f"{scheme}://" for scheme in sorted(ways()) if scheme)
        problem = f"begins with none of {known}, and is not a path"
        raise BadInput("location", problem) from None


def check_location(location: str, settings: Mapping[str, Any]) -> None:
    """Raises BadInput for a location that could never work, or that holds a password."""
    if not location:
        return
    if scheme_of(location):
        try:
            parts = urlsplit(location)
            password, _ = parts.password, parts.port
        except ValueError:
            raise BadInput("location", "is not an address") from None
        if password is not None:
            problem = (
                "holds a password, which everybody who may see the list would see: leave it out,"
                " give the list the setting secret NAME, and set BOLO_SECRET_NAME"
            )
            raise BadInput("location", problem)
    way(location).check(location, settings)


async def careful(pieces: AsyncGenerator[bytes], wanted: Wanted) -> AsyncGenerator[bytes]:
    """The same pieces, within the bounds of `wanted`: its bytes, its time, its silence.

    Raises NotArrived.
    """
    size = 0
    clock = asyncio.get_running_loop().time
    end = clock() + wanted.within.total_seconds()
    async with aclosing(pieces):
        while True:
            left = end - clock()
            try:
                async with asyncio.timeout(min(left, wanted.silence)):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                return
            except TimeoutError:
                late = f"it took longer than {wanted.within.total_seconds() / 60:g} minutes"
                quiet = f"nothing came for {wanted.silence:g} s"
                problem = f"{quiet if left > wanted.silence else late}, after {size:,} bytes"
                raise NotArrived(problem) from None
            size += len(piece)
            if size > wanted.largest:
                raise too_large(wanted.largest)
            yield piece


def too_large(largest: int) -> NotArrived:
    """What is said of a file that no list can be."""
    return NotArrived(f"the file is larger than {largest:,} bytes; no list is", passing=False)
