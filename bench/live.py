"""How long until a live change is in force: from its commit to the watch of two worker processes.

    python -m bench.live [--changes 200] [--entries 1000000]

Adds and withdrawals at random moments, first without any list, then with a large list in force, and
then while that list is refreshed over and over. The two workers are processes of their own with
the keeper that `bolo worker` runs, sharing their folder as on one host; a change counts as in force
when a read's watch (keeper.watch) carries its number. Times are of one clock (CLOCK_MONOTONIC).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from bench import load
from bolo import logs
from domain.clock import system_clock
from domain.entry import Entry
from hotlists import live_store
from hotlists.configuring import ensure_source
from hotlists.keeper import WatchKeeper
from hotlists.model import HotlistSource
from hotlists.refresh import refresh
from people.store import create_agency
from storage.embedded import EmbeddedPostgres
from storage.migrate import migrate
from storage.postgres import Database

AGENCY = "KS0999900"
WORKERS = 2
LOOK = 0.001
"""Seconds between a worker's looks at its own watch: the resolution of what is measured."""
WAIT = 120.0


@dataclass
class Worker:
    """A worker's process, and when it had each change in force."""

    process: asyncio.subprocess.Process
    seen: list[tuple[int, float]] = field(default_factory=list)

    async def listen(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            if line[:1].isdigit():  # else it is a log line
                change, at = line.split()
                self.seen.append((int(change), float(at)))

    def had(self, change: int) -> float | None:
        return next((at for number, at in self.seen if number >= change), None)


async def watching(url: str, folder: str) -> None:
    """The worker's side: a line for each change number that its watch gets."""
    logs.configure(role="bench", level="error")
    async with Database(url, size=4) as db:
        keeper = WatchKeeper(db, system_clock, Path(folder))
        running = asyncio.create_task(keeper.run())
        last = -1
        while not running.done():
            watch = keeper.watch(AGENCY)
            number = watch.change if watch else 0
            if number != last:
                last = number
                sys.stdout.write(f"{number} {time.monotonic()}\n")
                sys.stdout.flush()
            await asyncio.sleep(LOOK)


@asynccontextmanager
async def workers(url: str, folder: Path) -> AsyncIterator[list[Worker]]:
    """Two of them, both current."""
    started = []
    async with AsyncExitStack() as ends:
        for _ in range(WORKERS):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bench.live", "--watch", url, str(folder / "watch"),
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            one = Worker(process)
            listening = asyncio.create_task(one.listen())
            ends.callback(listening.cancel)
            ends.push_async_callback(process.wait)
            ends.callback(_kill, process)
            started.append(one)
        while not all(one.seen for one in started):
            await asyncio.sleep(0.05)
        yield started


def _kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()


async def changes(
    db: Database, source: HotlistSource, started: list[Worker], count: int
) -> list[float]:
    """Seconds from commit to each worker's watch, for `count` changes at random moments."""
    chance = random.Random(7)
    standing: list[Entry] = []
    committed: list[tuple[int, float]] = []
    for _ in range(count):
        await asyncio.sleep(chance.random() * 0.1)
        now = datetime.now(UTC)
        async with db.transaction() as conn:
            if standing and chance.random() < 0.5:
                entry = standing.pop()
                until = now + timedelta(hours=72)
                number = await live_store.withdraw(
                    conn, source, entry, by="bench", reason="bench", now=now, until=until
                )
            else:
                entry = _entry(source.id)
                standing.append(entry)
                number = await live_store.add(
                    conn, source, entry, by="bench", reason="bench", now=now
                )
        committed.append((number, time.monotonic()))
    last = committed[-1][0]
    end = time.monotonic() + WAIT
    while any(one.had(last) is None for one in started):
        assert time.monotonic() < end, "a worker never had the last change"
        await asyncio.sleep(0.05)
    took = []
    for number, at in committed:
        for one in started:
            had = one.had(number)
            assert had is not None
            took.append(max(0.0, had - at))
    return took


def _entry(source: UUID) -> Entry:
    which = uuid4()
    return Entry(
        entry_id=which, agency=AGENCY, source=str(source), category="stolen-vehicle", priority=2,
        plate=f"L{which.hex[:6].upper()}", state="KS",
    )  # fmt: skip


async def refreshing(db: Database, source: HotlistSource, data: bytes) -> None:
    """The same large list with another last row, until cancelled."""
    n = 0
    while True:
        n += 1
        more = f"NEW{n:04d},KS,2027,PC,,2019,HYUN,ELA,4D,BLU,{AGENCY},VN{n:09d},CF-N{n},EV\n"
        began = time.monotonic()
        done = await refresh(db, source, data + more.encode(), by="bench", now=datetime.now(UTC))
        print(f"    refresh {n}: {done.outcome} in {time.monotonic() - began:.1f} s", flush=True)


def said(what: str, took: list[float]) -> None:
    """One line: how it was."""
    ordered = sorted(took)

    def share(part: float) -> float:
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))] * 1000

    line = (
        f"p50 {share(0.5):5.0f} ms   p99 {share(0.99):5.0f} ms   max {ordered[-1] * 1000:5.0f} ms"
    )
    print(f"{what:34}{line}   over {len(took)}", flush=True)


async def main(count: int, entries: int) -> None:
    """The three measurements, one after the other."""
    logs.configure(role="bench", level="error")
    with tempfile.TemporaryDirectory(prefix="bolo-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with EmbeddedPostgres(folder / "pg") as postgres:
            await asyncio.to_thread(migrate, postgres.url)
            async with Database(postgres.url, size=6) as db:
                async with db.transaction() as conn:
                    await create_agency(conn, AGENCY, "Bench PD", "UTC")
                    source = await ensure_source(conn, AGENCY, "NCIC")
                print(f"machine: {os.cpu_count()} cores, {platform.platform()}")
                async with workers(postgres.url, folder) as started:
                    said("no list", await changes(db, source, started, count))
                    data = load.csv_list(entries)
                    done = await refresh(db, source, data, by="bench", now=datetime.now(UTC))
                    assert done.outcome == "active", done.sentences()
                    await asyncio.sleep(10)  # both have it
                    said(f"{entries:,} in force", await changes(db, source, started, count))
                    busy = asyncio.create_task(refreshing(db, source, data))
                    took = await changes(db, source, started, count * 3)
                    busy.cancel()
                    with suppress(asyncio.CancelledError):
                        await busy
                    said(f"{entries:,} and refreshes running", took)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--watch", nargs=2, metavar=("URL", "FOLDER"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.watch:
        asyncio.run(watching(*chosen.watch))
    else:
        asyncio.run(main(chosen.changes, chosen.entries))
