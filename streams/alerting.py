"""The agents behind a match: raise_alerts and fan_out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import faust
import msgspec

from alerts.store import raise_alert
from domain import topics
from domain.clock import Clock
from domain.errors import BadInput
from matchers.watch import Match
from notifiers.fanout import fan_out
from policy.model import Policy
from storage.postgres import Database
from streams import rejects
from streams.app import Group, add_agent, topic
from streams.batches import Event, ack, batches
from streams.metrics import ALERTS, LATENCY, RECORDS

RECORDS_A_BATCH = 50
_decoder = msgspec.json.Decoder(Match)


def add_raise_alerts(
    app: faust.App,
    db: Database,
    clock: Clock,
    late_after: timedelta,
    policy: Policy | None = None,
) -> None:
    """One transaction a match: alert or sighting, audit row, history."""

    async def raise_one(value: bytes) -> None:
        match = _decoder.decode(value)
        if any(match.read.agency != holder.entry.agency for holder in match.holders):
            problem = "a read of one agency matched an entry of another"
            raise BadInput("entry.agency", problem)
        async with db.transaction() as conn:
            raised = await raise_alert(conn, match, clock(), late_after=late_after, policy=policy)
        if raised.new_sighting:
            LATENCY.observe((clock() - match.read.received_at).total_seconds())
        result = (
            "withdrawn" if raised.alert is None
            else "alert" if raised.new_alert
            else "sighting" if raised.new_sighting
            else "replay"
        )  # fmt: skip
        ALERTS.labels(result).inc()

    _add(app, topics.MATCHES, "raise_alerts", raise_one)


def add_fan_out(app: faust.App, db: Database, clock: Clock, policy: Policy | None = None) -> None:
    """Who is to be told of an event, as delivery rows; the courier tells them."""

    async def fan_out_one(value: bytes) -> None:
        await fan_out(db, value, clock(), policy)

    _add(app, topics.ALERTS, "fan_out", fan_out_one)


def _add(app: faust.App, source: str, agent: str, work: Callable[[bytes], Awaitable[None]]) -> None:
    """An agent that does `work` for each record: transient causes are waited for, the rest
    of what goes wrong is rejected with its bytes and its reason."""
    rejected_topic = topic(app, topics.REJECTS)

    async def work_all(events: list[Event]) -> None:
        for event in events:
            await work(event.value or b"")

    async def process(stream: faust.StreamT[bytes]) -> None:
        async for events in batches(stream, RECORDS_A_BATCH):
            for event in events:
                await rejects.settle(rejected_topic, agent, [event], work_all)
                ack([event])
            RECORDS.labels(Group.ALERTS, source).inc(len(events))

    add_agent(app, source, agent, process)
