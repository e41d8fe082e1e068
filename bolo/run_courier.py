"""`bolo courier`: wires the courier and the list files it follows."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, suppress

import structlog

from alerts import budget_store
from bolo import list_care
from bolo.offsets import GroupOffsets
from bolo.ops import Check, missing
from bolo.watchdog import WATCHED, Watchdog
from bolo.wiring import begin, database, ended, means, ops, sms_channel
from domain.clock import system_clock
from hotlists import store as hotlist_store
from hotlists.model import HotlistSource
from hotlists.refresh import Means
from hotlists.watching import follow, followed
from notifiers.channels.base import Channel
from notifiers.channels.webhook import WebhookChannel, WebhookConfig
from notifiers.courier import Courier, CourierConfig
from storage.kafka import Producer
from storage.postgres import FAILED, Database

log = structlog.get_logger(__name__)

FOLLOW_AGAIN = 10.0
"""Seconds until the courier sees that a list was added whose file it should follow."""


async def courier() -> None:
    """`bolo courier`: outgoing messages, timers, and the list files it follows."""
    settings = begin("courier")
    producer = Producer(settings.kafka, client_id="bolo-courier")
    channels: dict[str, Channel] = {
        "webhook": WebhookChannel(WebhookConfig(allow_private=settings.webhook_allow_private))
    }
    sms = sms_channel(settings)
    if sms is not None:
        channels["sms"] = sms
    async with database(settings, "courier") as db, AsyncExitStack() as stack:
        await producer.start()
        stack.push_async_callback(producer.stop)
        for channel in channels.values():
            stack.push_async_callback(channel.aclose)
        stop = asyncio.Event()
        care = means(settings)
        one = Courier(
            db,
            producer,
            channels,
            system_clock,
            CourierConfig(settings.public_url),
            jobs=list_care.jobs(db, care, system_clock),
            each_minute=list_care.each_minute(db, care, system_clock),
        )
        loop = asyncio.get_running_loop()

        def told() -> None:
            one.stop()
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, told)
        checks: dict[str, Check] = {"database": db.answers, "broker": producer.ready}
        await ops(stack, settings, checks)
        offsets = await stack.enter_async_context(GroupOffsets(settings.kafka))
        watchdog = Watchdog(WATCHED, offsets.read, _say_stuck, excuse=lambda: missing(checks))
        held = budget_store.hold(db, care.policy.alert_budget)
        for work in (_follow_lists(db, stop, care), watchdog.run(), held):
            stack.push_async_callback(ended, asyncio.create_task(work))
        await one.run()


async def _follow_lists(db: Database, stop: asyncio.Event, care: Means) -> None:
    """Refresh lists whose files change; look for new such lists every FOLLOW_AGAIN seconds.

    A list that has a schedule is looked for then, and not followed.

    Whatever goes wrong with one look, the next one starts anew: lists must not go stale unseen.
    """
    sources: list[HotlistSource] = []
    again = asyncio.Event()
    following: asyncio.Task[None] | None = None
    while not stop.is_set():
        found = sources
        with suppress(*FAILED):
            async with db.connection() as conn:
                found = [s for s in await hotlist_store.sources(conn) if followed(s)]
        if following is None or following.done() or found != sources:
            await _stop_following(following, again)
            sources, again = found, asyncio.Event()
            following = asyncio.create_task(follow(db, sources, system_clock, again, means=care))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), FOLLOW_AGAIN)
    await _stop_following(following, again)


async def _stop_following(following: asyncio.Task[None] | None, again: asyncio.Event) -> None:
    again.set()
    if following is not None:
        (problem,) = await asyncio.gather(following, return_exceptions=True)
        if problem is not None:
            log.error("following list files failed", why=type(problem).__name__)


async def _say_stuck(group: str, why: str) -> None:
    """Where no supervisor of ours runs (compose), the metrics and this line tell the operator."""
    log.error("a worker group has work and commits nothing", group=group, why=why)
