"""The agents behind a match: raise_alerts and fan_out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import faust
import msgspec
import structlog

from alerts.store import raise_alert
from domain import topics
from domain.clock import Clock
from matchers.watch import Match
from notifiers.fanout import fan_out
from storage.postgres import Database
from streams import rejects
from streams.app import Group, topic
from streams.batches import ack, batches
from streams.metrics import ALERTS, LATENCY, RECORDS
from streams.patience import until_done
from streams.rejects import Reject

RECORDS_A_BATCH = 50
_decoder = msgspec.json.Decoder(Match)
log = structlog.get_logger(__name__)


def add_raise_alerts(app: faust.App, db: Database, clock: Clock, late_after: timedelta) -> None:
    """One transaction a match: alert or sighting, audit row, history."""

    async def raise_one(value: bytes) -> None:
        match = _decoder.decode(value)
        async with db.transaction() as conn:
            raised = await raise_alert(conn, match, clock(), late_after=late_after)
        if raised.new_sighting:
            LATENCY.observe((clock() - match.read.received_at).total_seconds())
        result = "alert" if raised.new_alert else "sighting" if raised.new_sighting else "replay"
        ALERTS.labels(result).inc()

    _add(app, topics.MATCHES, "raise_alerts", raise_one)


def add_fan_out(app: faust.App, db: Database, clock: Clock) -> None:
    """Who is to be told of an event, as delivery rows; the courier tells them."""

    async def fan_out_one(value: bytes) -> None:
        await fan_out(db, value, clock())

    _add(app, topics.ALERTS, "fan_out", fan_out_one)


def _add(app: faust.App, source: str, agent: str, work: Callable[[bytes], Awaitable[None]]) -> None:
    """An agent that does `work` for each record: transient causes are waited for, the rest
    of what goes wrong is rejected with its bytes and its reason."""
    rejected_topic = topic(app, topics.REJECTS)

    async def process(stream: faust.StreamT[bytes]) -> None:
        stream = stream.noack()
        async for events in batches(stream, RECORDS_A_BATCH):
            for event in events:
                value = event.value or b""
                try:
                    await until_done(agent, work, value)
                except Exception as wrong:
                    log.exception("cannot process a record", agent=agent)
                    reason = f"{agent}: {type(wrong).__name__}: {wrong}"
                    await rejects.send(rejected_topic, agent, Reject(value, reason, event))
                ack([event])
            RECORDS.labels(Group.ALERTS, source).inc(len(events))

    process.__name__ = agent
    app.agent(topic(app, source), concurrency=1, name=agent)(process)
