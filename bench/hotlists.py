"""How long a list takes from its file to the workers: parse, guard, store, index, swap.

    python -m bench.hotlists [entries ...]      1,000,000 and 5,000,000 unless said otherwise

A file of synthetic NCIC rows is refreshed into an embedded PostgreSQL while a keeper watches in a
process of its own, as in a worker; then a second file with 15 % of the entries exchanged. Printed
for each: rows a second, seconds of each step, the most memory that our processes held together
(USS), and the longest pause of the worker's event loop up to the swap. Ratios are to reading the
same file with the csv module alone, in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import multiprocessing
import random
import tempfile
import time
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from bolo import logs
from bolo.collecting import collect_seldom
from domain.clock import system_clock
from hotlists.configuring import ensure_source
from hotlists.keeper import WatchKeeper
from hotlists.model import HotlistSource
from hotlists.pieces import pieces_of
from hotlists.refresh import Means, refresh
from matchers.engine import warm_up
from storage.embedded import EmbeddedPostgres
from storage.migrate import migrate
from storage.postgres import Database

AGENCY = "KS0999900"
ORIS = 20_000
"""Agencies that have entries on the list, about as many as the United States have."""
HEADER = "LIC,LIS,LIY,LIT,VIN,VYR,VMA,VMO,VST,VCO,ORI,NIC,OCA,MKE,MNP,CAUTION\n"
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def write_list(path: Path, entries: int, *, first: int = 0) -> None:
    """A file of `entries` rows; row n is the same in every file that has it."""
    with path.open("w") as file:
        file.write(HEADER)
        file.writelines(_row(n) for n in range(first, first + entries))


def _row(n: int) -> str:
    rng = random.Random(n)
    a, b, c = rng.choices(LETTERS, k=3)
    digits = rng.randrange(1000)
    plate = f"{digits:03d}{a}{b}{c}" if n % 2 else f"{a}{b}{n % 100_000:05d}"
    make, model = rng.choice((("FORD", "F15"), ("CHEV", "MAL"), ("TOYT", "CAM"), ("HOND", "CIV")))
    state, style = rng.choice(("KS", "MO", "OK", "NB", "TX")), rng.choice(("4D", "PK", "LL"))
    color = rng.choice(("BLK", "WHI", "RED", "SIL", "BLU/WHI"))
    year, key = 1990 + n % 36, rng.choice(("EV", "EL", "EW", "EMD"))
    caution = "MAY FLEE" if n % 50 == 0 else ""
    return (
        f"{plate},{state},2027,PC,1FAJT{n:012d},{year},{make},{model},{style},{color},"
        f"KS0{n * 7919 % ORIS:06d},V{n:09d},26-{n},{key},,{caution}\n"
    )


def watch(url: str, folder: str, pipe: Connection) -> None:
    """A worker's part in a process of its own: keeps the watch, says when a generation is in use
    and how long its loop ever stood still. It is made ready first, as a worker is before it
    reads."""
    warm_up()
    collect_seldom()

    async def run() -> None:
        async with Database(url, size=2) as db:
            keeper = WatchKeeper(db, system_clock, Path(folder))
            running = asyncio.create_task(keeper.run())
            pause, known = 0.0, 0
            while not pipe.poll():
                before = time.perf_counter()
                await asyncio.sleep(0.005)
                pause = max(pause, time.perf_counter() - before - 0.005)
                watch = keeper.watch(AGENCY)
                for generation in watch.generations.values() if watch else ():
                    if generation.number != known:
                        known = generation.number
                        pipe.send((known, time.time(), pause))
                        pause = 0.0
            running.cancel()

    asyncio.run(run())


class Memory:
    """The most memory that our processes held together while it ran (USS, bytes)."""

    def __init__(self) -> None:
        self.most = 0

    async def run(self) -> None:
        """Look twice a second until cancelled."""
        while True:
            self.most = max(self.most, await asyncio.to_thread(self._held))
            await asyncio.sleep(0.5)

    def _held(self) -> int:
        me = psutil.Process()
        total = 0
        for process in (me, *me.children(recursive=True)):
            with suppress(psutil.Error):
                if "postgres" not in process.name():  # the database is no process of ours
                    total += process.memory_full_info().uss
        return total


def bare(path: Path) -> float:
    """Seconds that the csv module needs for the file."""
    started = time.perf_counter()
    with path.open(newline="") as file:
        for _ in csv.reader(file):
            pass
    return time.perf_counter() - started


async def one(db: Database, source: HotlistSource, worker: Connection, path: Path) -> None:
    """One refresh, measured, and the swap in a worker."""
    memory = Memory()
    looking = asyncio.create_task(memory.run())
    started = time.time()
    result = await refresh(
        db, source, pieces_of(path), by="bench", now=system_clock(), means=Means(key=bytes(32))
    )
    stored = time.time()
    number, swapped, pause = await asyncio.to_thread(worker.recv)
    assert number == result.generation
    looking.cancel()
    total, alone = swapped - started, await asyncio.to_thread(bare, path)
    print(
        f"| {result.entries:,} | {stored - started:.1f} s | {swapped - stored:.1f} s"
        f" | {total:.1f} s | {result.rows / total:,.0f} | {total / alone:.1f}"
        f" | {memory.most / 1e6:,.0f} MB | {pause * 1000:.0f} ms |",
        flush=True,
    )


async def bench(entries: int, folder: Path) -> None:
    """Two refreshes of a list of that size."""
    files = [folder / "today.csv", folder / "tomorrow.csv"]
    for n, path in enumerate(files):
        await asyncio.to_thread(write_list, path, entries, first=n * entries * 15 // 100)
    with EmbeddedPostgres(folder / f"data-{entries}", fast=True) as postgres:
        await asyncio.to_thread(migrate, postgres.url)
        ours, theirs = Pipe()
        spawn = multiprocessing.get_context("spawn")
        worker = spawn.Process(target=watch, args=(postgres.url, str(folder / "watch"), theirs))
        async with Database(postgres.url) as db:
            async with db.transaction() as conn:
                await conn.execute(
                    "insert into agencies (ori, name) values (%s, 'Bench')", (AGENCY,)
                )
                source = await ensure_source(conn, AGENCY, f"list of {entries:,}")
            worker.start()
            try:
                for path in files:
                    await one(db, source, ours, path)
            finally:
                ours.send("stop")
                worker.join(10)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("entries", nargs="*", type=int, default=[1_000_000, 5_000_000])
    asked = parser.parse_args()
    logs.configure(role="bench", level="warning")
    print("| entries | refresh | load and swap | both | rows/s | to csv alone | memory | pause |")
    print("|---|---|---|---|---|---|---|---|")
    for entries in asked.entries:
        with tempfile.TemporaryDirectory(prefix="bolo-bench-") as folder:
            asyncio.run(bench(entries, Path(folder)))


if __name__ == "__main__":
    main()
