"""`bolo courier`: wires the courier and the list files it follows."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, suppress

from bolo.wiring import begin, database, ended, ops, sms_channel
from domain.clock import system_clock
from hotlists import store as hotlist_store
from hotlists.watching import follow
from notifiers.channels.base import Channel
from notifiers.channels.webhook import WebhookChannel, WebhookConfig
from notifiers.courier import Courier, CourierConfig
from storage.kafka import Producer
from storage.postgres import AWAY, Database

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
        one = Courier(db, producer, channels, system_clock, CourierConfig(settings.public_url))
        loop = asyncio.get_running_loop()

        def told() -> None:
            one.stop()
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, told)
        await ops(stack, settings, {"database": db.answers, "broker": producer.ready})
        lists = asyncio.create_task(_follow_lists(db, stop))
        stack.push_async_callback(ended, lists)
        await one.run()


async def _follow_lists(db: Database, stop: asyncio.Event) -> None:
    """Refresh lists whose files change; look for new such lists every FOLLOW_AGAIN seconds."""
    while not stop.is_set():
        try:
            async with db.connection() as conn:
                sources = [s for s in await hotlist_store.sources(conn) if s.location]
        except AWAY:
            sources = []
        again = asyncio.Event()
        following = asyncio.create_task(follow(db, sources, system_clock, again))
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), FOLLOW_AGAIN)
            try:
                async with db.connection() as conn:
                    if [s for s in await hotlist_store.sources(conn) if s.location] != sources:
                        break
            except AWAY:
                continue
        again.set()
        await following
