"""A worker's watch as a process of its own, so that a test can kill it.

    python -m tests.integration.watch_process DATABASE FOLDER AGENCY PLATE...

Prints a line whenever the answer changes: the change number, then those of the plates that a read
would match.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from uuid import uuid4

import structlog

from domain.clock import system_clock as now
from domain.read import Read
from hotlists.keeper import WatchKeeper
from matchers.engine import match
from storage.postgres import Database


async def main(url: str, folder: str, agency: str, *plates: str) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    async with Database(url, size=2) as db:
        keeper = WatchKeeper(db, now, Path(folder))
        running = asyncio.create_task(keeper.run())
        await keeper.ready()
        last = ""
        while not running.done():
            watch = keeper.watch(agency)
            found = match(_reads(agency, plates), watch, now()) if watch else []
            matched = sorted({m.entry.plate for m in found})
            said = " ".join([str(watch.change if watch else 0), *matched])
            if said != last:
                last = said
                sys.stdout.write(f"{said}\n")
                sys.stdout.flush()
            await asyncio.sleep(0.01)


def _reads(agency: str, plates: tuple[str, ...]) -> list[Read]:
    return [
        Read(
            read_id=uuid4(), agency=agency, camera="c", seen_at=now(), received_at=now(),
            plate=plate, plate_raw=plate, state="KS",
        )
        for plate in plates
    ]  # fmt: skip


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
