"""The archive: every read once, in the partition of its day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from domain.clock import as_utc
from domain.errors import BadRead
from domain.read import Read
from records.store import NoPartition, days_of, find_reads, insert_reads, make_partition
from storage.postgres import Connection, Database


class Archive:
    """Stores reads; days (UTC) are made as they come. One for a process is enough."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._days: set[date] = set()

    async def store(self, reads: Sequence[Read]) -> int:
        """Store each read exactly once, all or none. How many were new: replays are 0.

        Raises BadRead for a time that is none (no offset), and what storage.postgres calls AWAY
        or CLASH: then the caller tries the same batch again.
        """
        if not reads:
            return 0
        for n, read in enumerate(reads):
            for field, moment in (("seen_at", read.seen_at), ("received_at", read.received_at)):
                try:
                    as_utc(moment)
                except ValueError as bad:
                    path = f"reads[{n}].{field}"
                    raise BadRead(path, str(bad)) from bad
        await self._make_days(reads)
        try:
            return await self._insert(reads)
        except NoPartition:  # retention dropped a day that we had seen: once more, from its making
            self._days.clear()
            await self._make_days(reads)
            return await self._insert(reads)

    async def find(
        self,
        conn: Connection,
        agency: str,
        plate: str,
        since: datetime,
        until: datetime,
        limit: int = 100,
    ) -> list[Read]:
        """The agency's reads of that very plate in [since, until), newest first."""
        bodies = await find_reads(conn, agency, plate, since, until, limit)
        return [msgspec.json.decode(body, type=Read) for body in bodies]

    async def _make_days(self, reads: Sequence[Read]) -> None:
        for day in sorted(days_of(reads) - self._days):
            await make_partition(self._db, day)
            self._days.add(day)

    async def _insert(self, reads: Sequence[Read]) -> int:
        async with self._db.connection() as conn:
            return await insert_reads(conn, reads)
