"""Tokens and cameras as the intake looks them up: remembered for seconds, so that no request
costs a query.

A revocation acts within TTL seconds. While the database is away nobody can revoke either: then
a token that was good up to GRACE seconds ago stays good, so that a restart of the database
does not stop reads that Kafka could take.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import TypeVar

from cameras import store
from cameras.registry import Camera, IntakeToken, digest, looks_like_token
from domain.errors import NotAllowed, Unavailable
from domain.place import Place
from storage.postgres import AWAY, Database

TTL = 3.0
GRACE = 300.0
PAUSE = 1.0
"""Seconds before a database that was away is asked again: requests in between need not wait."""
WAIT = 2.0
"""Seconds a request waits for the database at most."""
SIZE = 20_000

_REFUSED = "the intake token is unknown or revoked"
_DATABASE = "the database"

T = TypeVar("T")

_AWAY: tuple[type[Exception], ...] = (*AWAY, TimeoutError)


@dataclass(frozen=True)
class _Token:
    token: IntakeToken | None  # None: unknown or revoked
    at: float


@dataclass(frozen=True)
class Whereabouts:
    """What stands in for what a camera does not say. `zone` is the IANA time zone of its local
    clock: its own, or its agency's; "" only while nobody can say.
    """

    place: Place = field(default_factory=Place)
    zone: str = ""


@dataclass(frozen=True)
class _Camera:
    camera: Camera | None  # None: not registered
    zone: str
    at: float


class Directory:
    """Looks up tokens and cameras through a cache. `monotonic` counts seconds."""

    def __init__(self, db: Database, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._now = monotonic
        self._tokens: dict[bytes, _Token] = {}
        self._cameras: dict[tuple[str, str], _Camera] = {}
        self._away_until = float("-inf")

    async def token(self, presented: str) -> IntakeToken:
        """Whose token this is. Raises NotAllowed, or Unavailable when nobody can say."""
        if not looks_like_token(presented):
            raise NotAllowed(_REFUSED)
        key = digest(presented)  # the token itself is not kept in memory
        known = self._tokens.get(key)
        if known is None or self._now() - known.at > TTL:
            try:
                known = await self._ask_token(presented, key)
            except Unavailable:
                if known is None or self._now() - known.at > GRACE:
                    raise
        if known.token is None:
            raise NotAllowed(_REFUSED)
        return known.token

    async def whereabouts(self, agency: str, cameras: Collection[str]) -> dict[str, Whereabouts]:
        """For each of `cameras` its place and zone; one nobody registered has its agency's zone.

        With the database away it is what was known last, perhaps nothing: a read is worth more
        than the name of its corner.
        """
        await self._look_up(agency, cameras)
        found = {}
        for camera in cameras:
            known = self._cameras.get((agency, camera))
            if known is None:
                found[camera] = Whereabouts()
            else:
                place = Place() if known.camera is None else known.camera.place
                found[camera] = Whereabouts(place, known.zone)
        return found

    async def _look_up(self, agency: str, cameras: Collection[str]) -> None:
        now = self._now()
        old = [
            camera
            for camera in cameras
            if (known := self._cameras.get((agency, camera))) is None or now - known.at > TTL
        ]
        if old:
            with contextlib.suppress(Unavailable):
                await self._ask_cameras(agency, old)

    async def _ask_token(self, presented: str, key: bytes) -> _Token:
        async def ask() -> IntakeToken | None:
            async with self._db.connection() as conn:
                try:
                    return await store.token(conn, presented)
                except NotAllowed:
                    return None

        at = self._now()  # before the question: what changes meanwhile is asked again in time
        known = _Token(await self._ask(ask), at)
        if len(self._tokens) >= SIZE:
            self._tokens.clear()
        self._tokens[key] = known
        return known

    async def _ask_cameras(self, agency: str, ids: list[str]) -> None:
        async def ask() -> tuple[dict[str, Camera], str]:
            async with self._db.connection() as conn:
                found = await store.cameras(conn, agency, ids)
                return found, await store.agency_timezone(conn, agency)

        at = self._now()
        found, general = await self._ask(ask)
        if len(self._cameras) + len(ids) > SIZE:
            self._cameras.clear()
        for camera in ids:
            one = found.get(camera)
            zone = (one.timezone if one is not None else "") or general
            self._cameras[agency, camera] = _Camera(one, zone, at)

    async def _ask(self, ask: Callable[[], Awaitable[T]]) -> T:
        if self._now() < self._away_until:
            raise Unavailable(_DATABASE)
        try:
            async with asyncio.timeout(WAIT):
                return await ask()
        except _AWAY as away:
            self._away_until = self._now() + PAUSE
            raise Unavailable(_DATABASE) from away
