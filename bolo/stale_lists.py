"""Says once when a list has become too old, and once when it is fresh again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from uuid import UUID

from domain.clock import Clock
from hotlists import metrics
from hotlists.standing_store import Standing, standings
from policy.model import Policy
from storage.postgres import FAILED, Database

EVERY = 30.0
"""Seconds between two looks of the supervisor."""


class StaleLists:
    """Remembers which lists were stale. `say` gets one sentence at each change."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._stale: dict[UUID, str] = {}

    def look(self, lists: Iterable[Standing]) -> None:
        """What has changed since the last look; and the metric of every list."""
        now: dict[UUID, str] = {}
        metrics.LIST_STALE.clear()
        for one in lists:
            name = f"{one.source.agency} {one.source.name}"
            stale = one.staleness.stale
            metrics.LIST_STALE.labels(one.source.agency, one.source.name).set(int(stale))
            if stale:
                now[one.source.id] = name
                if one.source.id not in self._stale:
                    self._say(f"{name} is stale: {one.staleness.words}")
        for which, name in self._stale.items():
            if which not in now:
                self._say(f"{name} is fresh again")
        self._stale = now

    async def keep_looking(
        self, db: Database, policy: Policy, clock: Clock, every: float = EVERY
    ) -> None:
        """Look until cancelled. A database that is away is somebody else's news."""
        while True:
            try:
                async with db.connection() as conn:
                    self.look(await standings(conn, clock(), policy))
            except FAILED:
                pass
            await asyncio.sleep(every)
