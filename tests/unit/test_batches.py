"""How records that wait become batches, and how batches overlap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from streams.batches import batches, overlapped


class _Event:
    def __init__(self, size: int | None) -> None:
        self.value = None if size is None else b"." * size


class _Channel:
    def __init__(self) -> None:
        self.queue: asyncio.Queue[_Event] = asyncio.Queue()


class _Stream:
    """What `batches` uses of a stream: the queue, and events one after the other."""

    def __init__(self, sizes: list[int | None]) -> None:
        self.channel = _Channel()
        for size in sizes:
            self.channel.queue.put_nowait(_Event(size))

    async def events(self) -> AsyncIterator[_Event]:
        while not self.channel.queue.empty():
            yield self.channel.queue.get_nowait()


async def _made(sizes: list[int | None], limit: int, size: int) -> list[list[int | None]]:
    stream: Any = _Stream(sizes)
    return [
        [None if event.value is None else len(event.value) for event in batch]
        async for batch in batches(stream, limit, size)
    ]


@pytest.mark.parametrize(
    ("sizes", "made"),
    [
        ([], []),
        ([1] * 7, [[1, 1, 1], [1, 1, 1], [1]]),
        ([60, 60, 1], [[60, 60], [1]]),
        ([500, 1, 500], [[500], [1, 500]]),
        ([None, 99, None, None], [[None, 99, None], [None]]),
        ([100], [[100]]),
    ],
)
async def test_a_batch_ends_at_so_many_records_or_so_many_bytes(
    sizes: list[int | None], made: list[list[int | None]]
) -> None:
    assert await _made(sizes, 3, 100) == made


async def test_nothing_is_left_out_whatever_the_sizes() -> None:
    sizes: list[int | None] = [n * 37 % 190 for n in range(500)]
    assert [one for batch in await _made(sizes, 50, 300) for one in batch] == sizes


class _Held:
    """A record that knows when it was acked."""

    def __init__(self, number: int, acked: list[int]) -> None:
        self.number, self._acked = number, acked

    def ack(self) -> None:
        self._acked.append(self.number)


async def _each(events: list[_Held]) -> AsyncIterator[list[_Held]]:
    for event in events:
        yield [event]


async def test_batches_overlap_and_are_acked_in_order() -> None:
    acked: list[int] = []
    begun: list[int] = []
    gates = [asyncio.Event() for _ in range(5)]

    async def work(events: list[Any]) -> None:
        begun.append(events[0].number)
        await gates[events[0].number].wait()

    events: Any = [_Held(n, acked) for n in range(5)]
    task = asyncio.create_task(overlapped(_each(events), work, 3))  # type: ignore[arg-type]
    for done, (so_far, under_way) in (
        (None, ([], [0, 1, 2])),
        (2, ([], [0, 1, 2])),  # it waits for those before it, and keeps its turn
        (0, ([0], [0, 1, 2, 3])),
        (1, ([0, 1, 2], [0, 1, 2, 3, 4])),
        (4, ([0, 1, 2], [0, 1, 2, 3, 4])),
        (3, ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4])),
    ):
        if done is not None:
            gates[done].set()
        for _ in range(20):
            await asyncio.sleep(0)
        assert (acked, begun) == (so_far, under_way)
    await task


async def test_nothing_from_a_failed_batch_on_is_acked() -> None:
    acked: list[int] = []

    async def work(events: list[Any]) -> None:
        await asyncio.sleep(0)
        if events[0].number == 2:
            msg = "it cannot go on"
            raise LookupError(msg)

    events: Any = [_Held(n, acked) for n in range(9)]
    with pytest.raises(ExceptionGroup) as wrong:
        await overlapped(_each(events), work, 3)  # type: ignore[arg-type]
    assert wrong.group_contains(LookupError)
    assert acked in ([], [0], [0, 1])


async def test_a_batch_in_hand_is_not_acked_when_the_agent_is_cancelled() -> None:
    acked: list[int] = []

    async def work(events: list[Any]) -> None:
        if events[0].number:
            await asyncio.Event().wait()

    events: Any = [_Held(n, acked) for n in range(9)]
    task = asyncio.create_task(overlapped(_each(events), work, 3))  # type: ignore[arg-type]
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert acked == [0]
