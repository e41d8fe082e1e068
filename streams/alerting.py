"""The agents behind a match: raise_alerts and fan_out."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import faust
import msgspec

from alerts.episodes import Raised
from alerts.raising import raise_alerts
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
WAITING_AT_ONCE = 5
"""Matches at a time, of OF_CONNECTIONS, whose vehicle somebody had (judgement): the lists need a
connection, too."""
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
    """One transaction for all matches that are waiting: alerts, sightings, history, audit rows.

    A match whose vehicle somebody else has right now does not hold the others up: it gets a
    transaction of its own after theirs, and waits there.
    """
    turn = asyncio.Semaphore(at_once(WAITING_AT_ONCE, db))

    async def process(rejected_topic: faust.TopicT[bytes], events: list[Event]) -> None:
        left: list[Event] = []

        async def raise_all(some: list[Event]) -> None:
            matches = [_match_of(event) for event in some]
            async with db.transaction() as conn:
                done = await raise_alerts(
                    conn, matches, clock(), late_after=late_after, policy=policy,
                    wait=len(some) == 1,  # so those of one vehicle stay in order
                )  # fmt: skip
            for event, match, one in zip(some, matches, done, strict=True):
                if one is None:
                    left.append(event)
                else:
                    _count(match, one, clock())

        async def settle(some: list[Event]) -> None:
            await rejects.settle(rejected_topic, "raise_alerts", some, raise_all)

        await settle(events)
        await _one_after_the_other(left, turn, settle)

    _add(app, topics.MATCHES, "raise_alerts", process)


def _match_of(event: Event) -> Match:
    match = _decoder.decode(event.value or b"")
    if any(match.read.agency != holder.entry.agency for holder in match.holders):
        problem = "a read of one agency matched an entry of another"
        raise BadInput("entry.agency", problem)
    return match


def _count(match: Match, raised: Raised, now: datetime) -> None:
    if raised.new_sighting:
        LATENCY.observe((now - match.read.received_at).total_seconds())
    result = (
        "withdrawn" if raised.alert is None
        else "alert" if raised.new_alert
        else "sighting" if raised.new_sighting
        else "replay"
    )  # fmt: skip
    ALERTS.labels(result).inc()


def add_fan_out(app: faust.App, db: Database, clock: Clock, policy: Policy | None = None) -> None:
    """Who is to be told of an event, as delivery rows; the courier tells them.

    Events of one alert one after the other, several alerts at a time.
    """
    turn = asyncio.Semaphore(at_once(TOLD_AT_ONCE, db))

    async def fan_out_all(events: list[Event]) -> None:
        for event in events:
            await fan_out(db, event.value or b"", clock(), policy)

    async def process(rejected_topic: faust.TopicT[bytes], events: list[Event]) -> None:
        async def settle(some: list[Event]) -> None:
            await rejects.settle(rejected_topic, "fan_out", some, fan_out_all)

        await _one_after_the_other(events, turn, settle)

    _add(app, topics.ALERTS, "fan_out", process)


async def _one_after_the_other(
    events: list[Event], turn: asyncio.Semaphore, do: Callable[[list[Event]], Awaitable[None]]
) -> None:
    """`do` for each event alone: in order for those of one key, as many keys at a time as `turn`
    lets through."""

    async def in_order(theirs: list[Event]) -> None:
        for event in theirs:
            async with turn:
                await do([event])

    by_key: defaultdict[bytes | None, list[Event]] = defaultdict(list)
    for event in events:
        by_key[event.message.key].append(event)
    async with asyncio.TaskGroup() as group:
        for theirs in by_key.values():
            group.create_task(in_order(theirs))


def at_once(most: int, db: Database) -> int:
    """How many transactions an agent may hold at a time, so that no agent has all connections."""
    return max(1, min(most, most * db.size // OF_CONNECTIONS))


def _add(
    app: faust.App,
    source: str,
    agent: str,
    work: Callable[[faust.TopicT[bytes], list[Event]], Awaitable[None]],
) -> None:
    """An agent that does `work` for each batch, given the topic for what it rejects.

    Transient causes are waited for, the rest of what goes wrong is rejected with its bytes and its
    reason. A batch is acked when all of it is done, in the order of the log: Faust commits past a
    record that was acked before the one in front of it (Consumer._new_offset lets one missing
    record pass after the last commit, and any number before the first one), and that one
    would be lost with us.
    """
    rejected_topic = topic(app, topics.REJECTS)

    async def process(stream: faust.StreamT[bytes]) -> None:
        async for events in batches(stream, RECORDS_A_BATCH):
            await work(rejected_topic, events)
            ack(events)
            RECORDS.labels(Group.ALERTS, source).inc(len(events))

    add_agent(app, source, agent, process)
