"""What the suites about lists share: a source, its states, reads, a keeper that runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from domain.entry import Entry
from domain.read import Read
from hotlists import store
from hotlists.chunks import Chunk, unpack
from hotlists.configuring import ensure_source
from hotlists.keeper import WatchKeeper
from hotlists.model import HotlistSource, RefreshResult
from hotlists.sealing import unseal
from matchers.engine import match
from matchers.watch import Match, Watch
from storage.postgres import Database
from tests.lists import AGENCY, KEY, NOW


async def new_source(
    db: Database,
    name: str = "NCIC",
    settings: Mapping[str, Any] | None = None,
    agency: str = AGENCY,
) -> HotlistSource:
    async with db.transaction() as conn:
        await conn.execute(
            "insert into agencies (ori, name, timezone) values (%s, %s, 'America/Chicago')"
            " on conflict do nothing",
            (agency, agency),
        )
        return await ensure_source(conn, agency, name, settings=settings)


async def states(db: Database, source: UUID) -> list[tuple[int, str]]:
    """Each generation's number and state, oldest first."""
    async with db.connection() as conn:
        return [(g.number, g.state) for g in reversed(await store.generations(conn, source))]


async def in_force(db: Database, source: HotlistSource) -> int:
    """The number of the generation in force, which must be whole; 0 for none."""
    async with db.connection() as conn:
        current = await store.active(conn, source.id)
        if current is None:
            return 0
        rows = sum(len(chunk) for chunk in await _chunks(db, current.id))
        dead = await store.dead_of(conn, current.id)
        assert rows - len(dead) == current.entries == len(await store.keys_of(conn, current.id))
    return current.number


async def _chunks(db: Database, generation: int) -> list[Chunk]:
    found: list[Chunk] = []
    async with db.connection() as conn:
        while (data := await store.chunk(conn, generation, len(found))) is not None:
            found.append(unpack(data))
    return found


async def rows_of(db: Database, source: UUID, number: int) -> bytes:
    """Every stored line of a generation."""
    async with db.connection() as conn:
        which = await store.number_of(conn, source, number)
    return b"".join(chunk.lines for chunk in await _chunks(db, which.id))


async def original_of(db: Database, source: HotlistSource, number: int, key: bytes = KEY) -> bytes:
    """A generation's original file, unsealed; b"" when none is kept."""
    async with db.connection() as conn:
        which = await store.number_of(conn, source.id, number)
        cursor = await conn.execute(
            "select data from generation_originals where generation = %s order by n", (which.id,)
        )
        sealed = [row["data"] for row in await cursor.fetchall()]
    return b"".join(unseal(one, key, source.id.bytes) for one in sealed)


async def leftovers(db: Database) -> dict[str, int]:
    """Rows that belong to no finished generation: there must never be any to be seen."""
    async with db.connection() as conn:
        cursor = await conn.execute(
            "select (select count(*) from generations where sha256 = '') as begun,"
            " (select count(*) from generation_chunks c where not exists"
            " (select from generations g where g.id = c.generation)) as chunks,"
            " (select count(*) from generation_originals o where not exists"
            " (select from generations g where g.id = o.generation)) as originals"
        )
        row = await cursor.fetchone()
    assert row is not None
    return {name: n for name, n in row.items() if n}


async def acts(db: Database) -> list[dict[str, Any]]:
    """Every audit row about generations and live changes, oldest first."""
    async with db.connection() as conn:
        cursor = await conn.execute(
            "select * from audit where action like 'hotlist.%%'"
            " and not action like 'hotlist.source-%%' order by at, lane, seq"
        )
        return list(await cursor.fetchall())


def balanced(result: RefreshResult) -> bool:
    """Whether each row was counted once."""
    rejected = sum(result.rejected.values())
    return result.rows == result.entries + rejected + result.prohibited + result.waiting


def read(plate: str, state: str = "KS", agency: str = AGENCY) -> Read:
    return Read(
        read_id=uuid4(), agency=agency, camera="c", seen_at=NOW, received_at=NOW,
        plate=plate, plate_raw=plate, state=state,
    )  # fmt: skip


def matched(watch: Watch | None, *plates: str) -> list[Match]:
    """What a worker makes of reads of these plates."""
    return match([read(plate) for plate in plates], watch, NOW) if watch else []


def hits(watch: Watch | None, *plates: str) -> list[str]:
    """Which of the plates match."""
    return [found.entry.plate for found in matched(watch, *plates)]


def entry_of(watch: Watch | None, plate: str) -> Entry:
    """The entry that a read of the plate matches."""
    (found,) = matched(watch, plate)
    return found.entry


@asynccontextmanager
async def keeping(db: Database, folder: Path) -> AsyncIterator[WatchKeeper]:
    """A keeper that runs as in a worker."""
    keeper = WatchKeeper(db, lambda: NOW, folder)
    task = asyncio.create_task(keeper.run())
    try:
        await asyncio.wait_for(keeper.ready(), 20)
        yield keeper
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)
