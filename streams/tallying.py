"""What a match worker counts of its agencies' scores and states, handed to the database now and
then.

Counting costs a read nothing but additions in memory; a task of its own adds what came together to
the database each FLUSH_SECONDS and at the end. A worker that is killed loses what it had not handed
over: counts are for thresholds and for what is learned of the traffic, and half a minute of them is
nothing. While the database is away they are kept and handed over later.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress

import structlog

from alerts import score_store
from domain.clock import Clock
from hotlists.store import zones
from matchers.tally import Tally
from storage.postgres import FAILED, Database

log = structlog.get_logger(__name__)

FLUSH_SECONDS = 30.0
LAST_FLUSH_SECONDS = 5.0
"""At the end a database that does not answer is waited for so long."""


class Tallies:
    """One `Tally` an agency. `of` and `take_over` are for the event loop's thread alone."""

    def __init__(self, db: Database, clock: Clock, every: float = FLUSH_SECONDS) -> None:
        self._db = db
        self._clock = clock
        self._every = every
        self._tallies: defaultdict[str, Tally] = defaultdict(Tally)

    def of(self, agency: str) -> Tally:
        """What was counted for the agency since the last hand-over."""
        return self._tallies[agency]

    async def run(self) -> None:
        """Hand over until cancelled, and then once more."""
        try:
            while True:
                await asyncio.sleep(self._every)
                await self._try()
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_FLUSH_SECONDS):
                    await self._try()

    async def flush(self) -> None:
        """Add everything to the database in one transaction, or keep it and raise why not."""
        taken = {agency: t.taken() for agency, t in sorted(self._tallies.items()) if t}
        if not taken:
            return
        try:
            async with self._db.transaction() as conn:
                now, known = self._clock(), await zones(conn)
                for agency, tally in taken.items():
                    if agency in known:
                        day = score_store.day_of(now, known[agency])
                        await score_store.add(conn, agency, day, tally)
        except BaseException:
            for agency, tally in taken.items():
                self._tallies[agency].merge(tally)
            raise

    async def _try(self) -> None:
        try:
            await self.flush()
        except FAILED as away:
            log.warning("scores.not_counted_yet", problem=type(away).__name__)
        except Exception as wrong:  # counting must never cost a read
            log.error("scores.not_counted", problem=type(wrong).__name__)
