"""Reading a stream so that nothing is lost: batches of events that are acked by hand.

Faust acks an event when its loop body ends in any way: by an exception, by the agent's cancellation
at a rebalance, by a stop in the middle of a wait. Each of these would commit a read that nobody
processed. So our streams never ack by themselves: whoever is done with a batch acks it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

import faust

LINGER = 0.002
"""Seconds; at one read a record it halves what a record costs (docs/performance.md)."""

BYTES = 128 * 1024
"""Of records that hold many reads: some 10 ms of matching. The agents of a process take turns, and
an alert on its way to the database needs a dozen turns."""


class Message(Protocol):
    """A record's place in the log and its key; `timestamp` in seconds."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    timestamp: float


class Event(Protocol):
    """A record as Faust hands it out."""

    value: bytes | None
    message: Message

    def ack(self) -> bool:
        """Allow the offset to be committed."""
        ...


async def batches(
    stream: faust.StreamT[bytes], limit: int, size: int = BYTES
) -> AsyncIterator[list[Event]]:
    """What is waiting right now, at least one event and at most `limit`, or until there are `size`
    bytes of it.

    Faust hands events over one by one as fast as an agent takes them, so a batch waits LINGER once
    for company: a busy stream gets batches, an idle one is LINGER later. `stream` must
    be a noack stream.
    """
    waiting: list[Event] = []
    held = 0
    lingered = False
    queue = stream.channel.queue
    async for event in stream.events():
        waiting.append(event)
        held += len(event.value or b"")
        if len(waiting) < limit and held < size and queue.empty() and not lingered:
            lingered = True
            await asyncio.sleep(LINGER)
        if len(waiting) >= limit or held >= size or queue.empty():
            done, waiting, held, lingered = waiting, [], 0, False
            yield done


async def overlapped(
    waiting: AsyncIterator[list[Event]], work: Callable[[list[Event]], Awaitable[None]], most: int
) -> None:
    """Do `work` for each batch, `most` of them at a time, begun in order. A batch is acked when it
    and all before it are done. What one raises ends all, and none of those is acked.

    For work that ends with waiting for another server: the next batch need not wait for that.
    """
    turn = asyncio.Semaphore(most)

    async def one(events: list[Event], before: asyncio.Task[None] | None) -> None:
        try:
            await work(events)
            if before is not None:
                await before
            ack(events)
        finally:
            turn.release()

    last: asyncio.Task[None] | None = None
    async with asyncio.TaskGroup() as group:
        async for events in waiting:
            await turn.acquire()
            last = group.create_task(one(events, last))
            await asyncio.sleep(0)  # it begins now; and others have the loop between two batches


def ack(events: list[Event]) -> None:
    """The effects of these events are durable: their offsets may be committed."""
    for event in events:
        event.ack()
