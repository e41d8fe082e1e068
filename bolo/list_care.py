"""What the courier does for the lists beside messages: one literal of jobs, one of the minute."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

import structlog

from alerts import learning_store, tuning
from alerts.resting import recheck_expired, recheck_source
from bolo.stale_lists import StaleLists
from domain.clock import Clock
from hotlists import live_store, local_store, store
from hotlists.rechecking import RECHECK
from hotlists.refresh import Means
from hotlists.scheduling import PAUSES, REFRESH, Fetcher, enqueue_due
from hotlists.standing_store import standings
from notifiers.courier import Handler
from storage.postgres import Database, server_now

log = structlog.get_logger(__name__)

APART = timedelta(minutes=5)
"""A courier whose clock differs by more from the database's says so each minute (judgement)."""


def jobs(
    db: Database, means: Means, clock: Clock, pauses: Sequence[timedelta] = PAUSES
) -> dict[str, Handler]:
    """The jobs that lists leave in the queue."""

    async def recheck(source: UUID) -> timedelta | None:
        await recheck_source(db, source, clock())
        return None

    return {RECHECK: recheck, REFRESH: Fetcher(db, clock, means, pauses).run}


def each_minute(
    db: Database, means: Means, clock: Clock
) -> tuple[Callable[[], Awaitable[object]], ...]:
    """What is due by the clock."""
    stale = StaleLists(lambda sentence: log.warning("hotlist.age", said=sentence))

    async def look_for_files() -> None:
        await enqueue_due(db, clock(), means.policy)

    async def end_expired_entries() -> None:
        await recheck_expired(db, clock())

    async def end_withdrawals() -> None:
        async with db.transaction() as conn:
            await live_store.lapse_withdrawals(conn, clock())

    async def end_local_entries() -> None:
        await local_store.expire(db, clock())

    async def forget_originals() -> None:
        kept = timedelta(days=means.policy.retention.originals_days)
        async with db.transaction() as conn:
            gone = await store.forget_originals(conn, clock() - kept)
        if gone:
            log.info("hotlist.originals_forgotten", generations=gone)

    async def forget_what_was_learned() -> None:
        async with db.transaction() as conn:
            gone = await learning_store.forget(conn, await server_now(conn))
        if gone:
            log.info("learning.markers_forgotten", markers=gone)

    async def tell_ages() -> None:
        async with db.connection() as conn:
            stale.look(await standings(conn, clock(), means.policy))

    async def set_thresholds() -> None:
        async with db.connection() as conn:
            now = await server_now(conn)  # one day for all couriers, whatever their clocks say
        await tuning.tune(db, means.policy.alert_budget, now)

    async def compare_clocks() -> None:
        async with db.connection() as conn:
            apart = clock() - await server_now(conn)
        if abs(apart) > APART:
            log.error(
                "courier.clock_wrong",
                seconds=round(apart.total_seconds()),
                hint="its clock and the database's differ: set both right",
            )

    return (
        compare_clocks,
        look_for_files,
        end_local_entries,
        end_withdrawals,
        end_expired_entries,
        forget_originals,
        forget_what_was_learned,
        tell_ages,
        set_thresholds,
    )
