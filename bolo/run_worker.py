"""`bolo worker`: wires one Faust app with what it works on."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from datetime import timedelta

from bolo.collecting import collect_seldom
from bolo.ops import Check
from bolo.wiring import begin, database, ended, ops, policy
from domain.clock import system_clock
from hotlists.keeper import WatchKeeper
from records.archive import Archive
from streams import worker as streams_worker
from streams.app import StreamConfig
from streams.tallying import Tallies

BEHIND_ALERTS = 19
"""Nice levels that the archive's worker gives way by, the most there are: of a processor that both
want, it gets a seventieth."""


def yield_to_alerts() -> None:
    """Where the machine is short of processors, alerts come first and the archive catches up."""
    if hasattr(os, "nice"):
        os.nice(BEHIND_ALERTS)


async def worker(group: str) -> None:
    """`bolo worker`: one Faust app until SIGTERM."""
    settings = begin(f"worker-{group}")
    collect_seldom()
    folder = settings.data_dir / "faust" / group
    folder.mkdir(parents=True, exist_ok=True)
    config = StreamConfig(settings.kafka, str(folder))
    checks: dict[str, Check] = {}
    async with database(settings, group) as db, AsyncExitStack() as stack:
        if group == "archive":
            yield_to_alerts()
            app = streams_worker.archive_app(config, Archive(db), system_clock)
        else:
            watching = settings.data_dir / "watch"
            rules = policy(settings)
            keeper = WatchKeeper(db, system_clock, watching, rules)
            stack.push_async_callback(ended, asyncio.create_task(keeper.run()))
            checks["lists"] = keeper.current
            late = timedelta(minutes=settings.late_after_minutes)
            tallies = Tallies(db, system_clock)
            stack.push_async_callback(ended, asyncio.create_task(tallies.run()))
            app = streams_worker.alerts_app(config, db, keeper, system_clock, late, rules, tallies)

        async def consuming() -> bool:
            return streams_worker.assigned(app)

        checks |= {"database": db.answers, "partitions": consuming}
        await ops(stack, settings, checks)
        await streams_worker.run(app)
