"""How far a refresh is, for whoever waits for it: a row of its own, beside the transaction."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime
from types import TracebackType

from hotlists import arrival_store
from hotlists.model import HotlistSource
from storage.postgres import FAILED, Database

EVERY = 1.0
"""Seconds between two notes at least."""


class Progress:
    """Says that a refresh runs, how many rows it has seen, and why it ended, if it failed.

    What cannot be said is not said: a refresh does not fail because nobody could be told of it.
    """

    def __init__(self, db: Database, source: HotlistSource, by: str, now: datetime) -> None:
        self._db = db
        self._source = source
        self._by = by
        self._now = now
        self._said = float("-inf")

    async def __aenter__(self) -> Progress:
        with suppress(*FAILED):
            async with self._db.transaction() as conn:
                await arrival_store.started(conn, self._source.id, self._by, self._now)
        return self

    async def at(self, rows: int) -> None:
        """So many rows were seen so far."""
        if time.monotonic() - self._said < EVERY:
            return
        self._said = time.monotonic()
        with suppress(*FAILED):
            async with self._db.connection() as conn:
                await arrival_store.seen(conn, self._source.id, rows)

    async def __aexit__(
        self, _: type[BaseException] | None, wrong: BaseException | None, __: TracebackType | None
    ) -> None:
        problem = "" if wrong is None else f"{type(wrong).__name__}: {wrong}"[:500]
        with suppress(*FAILED):
            async with self._db.transaction() as conn:
                await arrival_store.ended(conn, self._source.id, problem)
