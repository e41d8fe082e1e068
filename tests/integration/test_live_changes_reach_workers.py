"""An add or a withdrawal is in force in every worker, and stays so whatever is killed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from storage.embedded_postgres import EmbeddedPostgres
from storage.migrate import migrate
from storage.postgres import Database
from tests.integration.couriers import ORI, settle_town, until
from tests.integration.listed import Listed
from tests.integration.test_withdrawals import local

PLATES = ("482KTB", "7GHT219")


@dataclass
class Worker:
    """A worker's process and everything it has said."""

    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)

    async def listen(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.said.append(line.decode().strip())

    def matches(self, *plates: str) -> bool:
        """Whether it matches these right now, and none of the others."""
        return bool(self.said) and self.said[-1].split()[1:] == sorted(plates)


class Workers:
    """Starts them, and ends them all."""

    def __init__(self, url: str, folder: Path) -> None:
        self._arguments = (url, str(folder / "watch"), ORI, *PLATES)
        self._listening: list[asyncio.Task[None]] = []
        self._all: list[Worker] = []

    async def start(self) -> Worker:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.integration.watch_process", *self._arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        one = Worker(process)
        self._all.append(one)
        self._listening.append(asyncio.create_task(one.listen()))
        return one

    async def end(self) -> None:
        for one in self._all:
            with suppress(ProcessLookupError):
                one.process.kill()
            await one.process.wait()
        await asyncio.gather(*self._listening)


@pytest.fixture
async def server(data_folder: Path) -> AsyncIterator[EmbeddedPostgres]:
    one = EmbeddedPostgres(data_folder)
    await asyncio.to_thread(one.start)
    await asyncio.to_thread(migrate, one.url)
    yield one
    await asyncio.to_thread(one.stop)


async def test_live_changes_outlive_killed_workers_and_a_restart_of_the_database(
    server: EmbeddedPostgres, data_folder: Path
) -> None:
    workers = Workers(server.url, data_folder)
    async with Database(server.url, size=3) as db:
        listed = Listed(await settle_town(db, None), db)
        await listed.list_of("NCIC", "482KTB:KS")
        try:
            first, second = [await workers.start() for _ in range(2)]
            await until(lambda: first.matches("482KTB") and second.matches("482KTB"), 30)
            entry = (await listed.matched("482KTB")).entry
            await listed.withdraw(entry)
            await until(lambda: first.matches() and second.matches())
            await local(listed, "7GHT219")
            await until(lambda: first.matches("7GHT219") and second.matches("7GHT219"))

            first.process.kill()
            await first.process.wait()
            third = await workers.start()
            await until(lambda: third.matches("7GHT219"), 30)
            assert not any("482KTB" in line for line in third.said), "not even for a moment"

            await asyncio.to_thread(server.stop)
            await asyncio.sleep(0.5)
            assert second.matches("7GHT219"), "without a database the last watch stays"
            await asyncio.to_thread(server.start)
            await until(db.answers, 30)
            fourth = await workers.start()
            await until(lambda: fourth.matches("7GHT219"), 30)
            assert not any("482KTB" in line for line in fourth.said)
            await listed.lift(entry)
            await listed.withdraw((await listed.matched("7GHT219")).entry)
            for one in (second, third, fourth):
                await until(partial(one.matches, "482KTB"), 30)
            numbers = [one.said[-1].split()[0] for one in (second, third, fourth)]
            assert numbers == ["4"] * 3, "every change has its number, and none is lost"
        finally:
            await workers.end()


async def test_a_worker_that_starts_between_two_changes_has_both(
    server: EmbeddedPostgres, data_folder: Path
) -> None:
    workers = Workers(server.url, data_folder)
    async with Database(server.url, size=3) as db:
        listed = Listed(await settle_town(db, None), db)
        await listed.list_of("NCIC", "482KTB:KS", "7GHT219:KS")
        await listed.withdraw((await listed.matched("482KTB")).entry)
        try:
            one = await workers.start()
            await listed.withdraw((await listed.matched("7GHT219")).entry)
            await until(lambda: one.matches(), 30)
        finally:
            await workers.end()
        assert not any("482KTB" in line for line in one.said)
