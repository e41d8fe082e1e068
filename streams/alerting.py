"""The agents behind a match: raise_alerts and fan_out."""

from __future__ import annotations

import asyncio
from collections import defaultdict
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
RAISED_AT_ONCE = 5
"""Matches at a time, of OF_CONNECTIONS: the lists need one, too (judgement)."""
TOLD_AT_ONCE = 2
"""Events at a time, likewise; there are as many as people verify."""
OF_CONNECTIONS = 8
"""What a process may hold by default (BOLO_DATABASE_POOL); of fewer the same part."""
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

    _add(app, topics.MATCHES, "raise_alerts", raise_one, at_once(RAISED_AT_ONCE, db))


def add_fan_out(app: faust.App, db: Database, clock: Clock, policy: Policy | None = None) -> None:
    """Who is to be told of an event, as delivery rows; the courier tells them."""

    async def fan_out_one(value: bytes) -> None:
        await fan_out(db, value, clock(), policy)

    _add(app, topics.ALERTS, "fan_out", fan_out_one, at_once(TOLD_AT_ONCE, db))


def at_once(most: int, db: Database) -> int:
    """How many transactions an agent may hold at a time, so that no agent has all connections."""
    return max(1, min(most, most * db.size // OF_CONNECTIONS))


def _add(
    app: faust.App, source: str, agent: str, work: Callable[[bytes], Awaitable[None]], many: int
) -> None:
    """An agent that does `work` for each record: transient causes are waited for, the rest
    of what goes wrong is rejected with its bytes and its reason.

    Records of one key (one vehicle, one alert) are done one after the other, `many` keys at a
    time: most of a record's time is waiting for the database to answer and to write. A batch is
    acked when all of it is done, in the order of the log: Faust commits past a record that was
    acked before the one in front of it (Consumer._new_offset lets one missing record pass after
    the last commit, and any number before the first one), and that one would be lost with us.
    """
    rejected_topic = topic(app, topics.REJECTS)
    turn = asyncio.Semaphore(many)

    async def work_all(events: list[Event]) -> None:
        for event in events:
            await work(event.value or b"")

    async def in_order(events: list[Event]) -> None:
        for event in events:
            async with turn:
                await rejects.settle(rejected_topic, agent, [event], work_all)

    async def process(stream: faust.StreamT[bytes]) -> None:
        async for events in batches(stream, RECORDS_A_BATCH):
            by_key: defaultdict[bytes | None, list[Event]] = defaultdict(list)
            for event in events:
                by_key[event.message.key].append(event)
            async with asyncio.TaskGroup() as group:
                for theirs in by_key.values():
                    group.create_task(in_order(theirs))
            ack(events)
            RECORDS.labels(Group.ALERTS, source).inc(len(events))

    add_agent(app, source, agent, process)
