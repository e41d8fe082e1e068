"""The part of a worker that raises alerts as a process of its own, so that a test can kill it.

python -m tests.integration.raising_process DATABASE KAFKA FOLDER POOL LINGER
"""

from __future__ import annotations

import asyncio
import sys

import structlog

from alerts.episodes import LATE_AFTER
from domain.clock import system_clock
from storage.postgres import Database
from streams import batches
from streams.alerting import add_raise_alerts
from streams.app import Group, StreamConfig, build_app
from streams.worker import run
from tests.seeding import ONE_PERSON


async def main(url: str, kafka: str, folder: str, pool: str, linger: str) -> None:
    batches.LINGER = float(linger)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    config = StreamConfig(kafka, folder, session_timeout=3.0, commit_interval=0.2)
    async with Database(url, size=int(pool)) as db:
        app = build_app(Group.ALERTS, config)
        add_raise_alerts(app, db, system_clock, LATE_AFTER, ONE_PERSON)
        await run(app)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
