"""A worker process: one Faust app of one group, run until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import faust

from alerts.episodes import LATE_AFTER
from domain.clock import Clock
from hotlists.keeper import WatchKeeper
from policy.model import Policy
from records.archive import Archive
from storage.postgres import Database
from streams.alerting import add_fan_out, add_raise_alerts
from streams.app import Group, StreamConfig, build_app
from streams.reading import add_archive_reads, add_match_reads
from streams.tallying import Tallies


def alerts_app(
    config: StreamConfig,
    db: Database,
    keeper: WatchKeeper,
    clock: Clock,
    late_after: timedelta = LATE_AFTER,
    policy: Policy | None = None,
    tallies: Tallies | None = None,
) -> faust.App:
    """Group bolo-alerts: match_reads, raise_alerts, fan_out. Scores are counted in `tallies`, which
    the caller runs."""
    app = build_app(Group.ALERTS, config)
    add_match_reads(app, keeper, clock, tallies)
    add_raise_alerts(app, db, clock, late_after, policy)
    add_fan_out(app, db, clock, policy)
    return app


def archive_app(config: StreamConfig, archive: Archive, clock: Clock) -> faust.App:
    """Group bolo-archive: archive_reads."""
    app = build_app(Group.ARCHIVE, config)
    add_archive_reads(app, archive, clock)
    return app


async def run(app: faust.App) -> None:
    """Run until SIGINT or SIGTERM, then commit and leave the group. Raises what crashed it."""
    worker = faust.Worker(
        app,
        quiet=True,
        override_logging=False,
        redirect_stdouts=False,
        loop=asyncio.get_running_loop(),
    )
    worker.spinner = None  # it writes to the terminal even when quiet
    logging.getLogger("faust.agents.actor").addFilter(_not_a_cancellation)
    # It writes whole messages into warnings, with the plates in them; we log what it raises.
    logging.getLogger("faust.topics").setLevel(logging.CRITICAL)
    try:
        await worker.start()
    finally:
        await worker.stop()
    if worker.crash_reason is not None:
        raise worker.crash_reason


def assigned(app: faust.App) -> bool:
    """Whether the group gave this worker its partitions: it really consumes."""
    return bool(app.started and app.consumer.assignment())


def _not_a_cancellation(record: logging.LogRecord) -> bool:
    """Faust logs each agent that a stop or a rebalance cancels as crashed: it is not."""
    wrong = record.exc_info[1] if record.exc_info else None
    return not isinstance(wrong, asyncio.CancelledError)
