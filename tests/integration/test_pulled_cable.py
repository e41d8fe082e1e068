"""A refresh that is interrupted, anywhere and by anything, leaves the last good list in force."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from domain.errors import BoloError, Unavailable
from hotlists.keeper import WatchKeeper
from hotlists.model import HotlistSource, RefreshResult
from hotlists.refresh import Means, refresh
from storage.embedded import EmbeddedPostgres
from storage.migrate import migrate
from storage.postgres import AWAY, Database
from tests.integration.list_world import (
    hits,
    in_force,
    keeping,
    leftovers,
    new_source,
    original_of,
    until,
)
from tests.lists import AGENCY, KEY, NOW, record, records, table

SIZE = 3600
GOOD = table(records(0, SIZE))
NEXT = table(records(400, SIZE + 400))
"""Large enough that a process of its own parses it."""
MEANS = Means(key=KEY)
STAYS, GOES, COMES = (record(n)["LIC"] for n in (1000, 5, SIZE + 5))
PIECE = 64 * 1024
PIECES = -(-len(NEXT) // PIECE)


class CableError(Exception):
    """What a fetcher raises when the line goes dead."""


async def arriving(
    data: bytes, until_piece: int | None = None, pause: float = 0.0
) -> AsyncIterator[bytes]:
    """The file in pieces; the line goes dead after so many of them."""
    for n, start in enumerate(range(0, len(data), PIECE)):
        if n == until_piece:
            raise CableError
        yield data[start : start + PIECE]
        await asyncio.sleep(pause)
    if until_piece is not None:
        raise CableError


async def started(db: Database, data: bytes = GOOD) -> HotlistSource:
    source = await new_source(db)
    result = await refresh(db, source, data, by="feed", now=NOW, means=MEANS)
    assert result.outcome == "active", result.sentences()
    return source


async def still_the_first(db: Database, source: HotlistSource, folder: Path) -> None:
    """Generation 1 is in force and matches, and nothing else is to be seen."""
    assert await in_force(db, source) == 1
    assert await leftovers(db) == {}
    async with db.connection() as conn:
        cursor = await conn.execute("select count(*) as n from generations")
        assert await cursor.fetchone() == {"n": 1}
    keeper = WatchKeeper(db, lambda: NOW, folder)
    await keeper.load_once()
    assert hits(keeper.watch(AGENCY), STAYS, GOES, COMES) == [STAYS, GOES]


async def again(db: Database, source: HotlistSource) -> RefreshResult:
    """The next refresh; the server may need a moment to see that the one before is gone."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await refresh(db, source, NEXT, by="feed", now=NOW, means=MEANS)
            except Unavailable:
                await asyncio.sleep(0.05)


async def goes_on(db: Database, source: HotlistSource, folder: Path) -> None:
    """The next refresh works, and workers match against it."""
    result = await again(db, source)
    assert result.outcome == "active", result.sentences()
    assert await in_force(db, source) == result.generation
    assert await original_of(db, source, result.generation) == NEXT
    keeper = WatchKeeper(db, lambda: NOW, folder)
    await keeper.load_once()
    assert hits(keeper.watch(AGENCY), STAYS, GOES, COMES) == [STAYS, COMES]


def parsers() -> list[psutil.Process]:
    """The parsing processes of this process."""
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if "hotlists.building" in _command(child)
    ]


def _command(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []


@pytest.mark.parametrize("large", [False, True], ids=["in a thread", "in a process"])
async def test_the_line_goes_dead_after_any_piece(
    db: Database, tmp_path: Path, large: bool
) -> None:
    source = await started(db)
    data = NEXT if large else NEXT[: 3 * PIECE]
    for pieces in range(-(-len(data) // PIECE) + 1):
        with pytest.raises(CableError):
            await refresh(db, source, arriving(data, pieces), by="feed", now=NOW, means=MEANS)
        assert parsers() == []
    await still_the_first(db, source, tmp_path)
    await goes_on(db, source, tmp_path)


@pytest.mark.parametrize("seed", range(2))
async def test_the_parsing_process_is_killed(db: Database, tmp_path: Path, seed: int) -> None:
    source = await started(db)
    task = asyncio.create_task(
        refresh(db, source, arriving(NEXT, pause=0.15), by="feed", now=NOW, means=MEANS)
    )
    await until(lambda: bool(parsers()))
    await asyncio.sleep(random.Random(seed).uniform(0, 0.25))
    for child in parsers():
        child.kill()
    with pytest.raises(BoloError, match="ended before it was done"):
        await asyncio.wait_for(task, 20)
    await still_the_first(db, source, tmp_path)
    await goes_on(db, source, tmp_path)


@pytest.mark.parametrize("seed", range(3))
async def test_the_refreshing_process_is_killed(db: Database, tmp_path: Path, seed: int) -> None:
    source = await started(db)
    file = tmp_path / "next.csv"
    file.write_bytes(NEXT)
    chance = random.Random(seed)
    async with keeping(db, tmp_path / "watch") as keeper:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.integration.refresh_process",
            db.url, AGENCY, "NCIC", str(file), "0.6",
            stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2],
            env={**os.environ, "BOLO_LOG_LEVEL": "critical"},
        )  # fmt: skip
        assert process.stdout is not None
        said = b""
        async with asyncio.timeout(30):
            while b"begun" not in said:
                said = await process.stdout.readline()
        await asyncio.sleep(chance.uniform(0, 1.2))
        children = _children_of(process.pid)
        with suppress(ProcessLookupError):  # it may have ended by itself just now
            process.kill()
        await process.wait()
        rest = await process.stdout.read()
        if b"done" in rest:
            assert b"done active" in rest
            await until(lambda: hits(keeper.watch(AGENCY), GOES, COMES) == [COMES])
            assert await in_force(db, source) == 2
            return
        await until(lambda: not any(_alive(child) for child in children))
        await _rolled_back(db)
        if await in_force(db, source) == 1:  # else it was killed between the commit and its word
            assert hits(keeper.watch(AGENCY), STAYS, GOES, COMES) == [STAYS, GOES]
            await still_the_first(db, source, tmp_path / "watch2")
            await goes_on(db, source, tmp_path / "watch2")
        await until(lambda: hits(keeper.watch(AGENCY), STAYS, GOES, COMES) == [STAYS, COMES])


def _children_of(pid: int) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def _alive(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


async def _rolled_back(db: Database) -> None:
    """Return when the server has let go of the killed process's lock."""
    async with asyncio.timeout(20):
        while True:
            async with db.connection() as conn:
                cursor = await conn.execute(
                    "select count(*) as n from pg_locks where locktype = 'advisory'"
                    " and database = (select oid from pg_database"
                    " where datname = current_database())"
                )
                row = await cursor.fetchone()
            if row == {"n": 0}:
                return
            await asyncio.sleep(0.05)


@pytest.mark.embedded
@pytest.mark.parametrize("how", ["stopped", "killed"])
async def test_the_database_goes_away_in_the_middle(
    data_folder: Path, tmp_path: Path, how: str
) -> None:
    # A killed server keeps what was committed only where it is durable.
    with EmbeddedPostgres(data_folder, fast=how == "stopped") as server:
        await asyncio.to_thread(migrate, server.url)
        async with Database(server.url, size=4) as db:
            source = await started(db)
            async with keeping(db, tmp_path / "watch") as keeper:
                for pieces in (1, PIECES - 1):
                    middle, gone = asyncio.Event(), asyncio.Event()
                    data = _told(middle, gone, pieces)
                    task = asyncio.create_task(
                        refresh(db, source, data, by="feed", now=NOW, means=MEANS)
                    )
                    await asyncio.wait_for(middle.wait(), 20)
                    if how == "killed":
                        os.kill(server.pid, signal.SIGKILL)
                    await asyncio.to_thread(server.stop)
                    gone.set()
                    assert hits(keeper.watch(AGENCY), STAYS, GOES, COMES) == [STAYS, GOES]
                    server.start()
                    with pytest.raises(AWAY):
                        await asyncio.wait_for(task, 30)
                    assert parsers() == []
                    await until(lambda: keeper.stale_since is None, 30)
                    await still_the_first(db, source, tmp_path / "other")
                await goes_on(db, source, tmp_path / "other")
                await until(lambda: hits(keeper.watch(AGENCY), GOES, COMES) == [COMES])


async def _told(middle: asyncio.Event, gone: asyncio.Event, after: int) -> AsyncIterator[bytes]:
    """NEXT in pieces; says when so many are out, and goes on when the database is gone."""
    n = 0
    async for piece in arriving(NEXT):
        yield piece
        n += 1
        if n >= after:
            middle.set()
            await gone.wait()


async def test_cancelled_at_any_moment(db: Database, tmp_path: Path) -> None:
    source = await started(db)
    chance = random.Random(11)
    for _ in range(7):
        task = asyncio.create_task(
            refresh(db, source, arriving(NEXT, pause=0.02), by="feed", now=NOW, means=MEANS)
        )
        await asyncio.sleep(chance.uniform(0, 0.5))
        if task.done():
            break
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert parsers() == []
        if await in_force(db, source) == 2:
            break
        await still_the_first(db, source, tmp_path)
    result = await again(db, source)
    assert result.outcome in ("active", "unchanged")
    assert await in_force(db, source) == 2


async def test_a_mapping_process_that_is_killed_is_started_again(
    db: Database, tmp_path: Path
) -> None:
    head = b"LIC,LIS,MKE,NIC\n"
    many = head + b"".join(b"A%05d,KS,EV,V%d\n" % (n, n) for n in range(21_000))
    source = await started(db, many)
    keeper = WatchKeeper(db, lambda: NOW, tmp_path)
    task = asyncio.create_task(keeper.run())
    try:
        killed: list[int] = []

        def one_is_killed() -> bool:
            for child in psutil.Process().children():
                if "hotlists.mapping" in _command(child):
                    child.kill()
                    killed.append(child.pid)
            return bool(killed)

        await until(one_is_killed)
        await asyncio.wait_for(keeper.ready(), 20)
        assert hits(keeper.watch(AGENCY), "A00007", "XYZ987") == ["A00007"]
        assert [path.name for path in tmp_path.glob("*.part")] == []
        assert await in_force(db, source) == 1
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
