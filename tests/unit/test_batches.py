"""How records that wait become batches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from streams.batches import batches


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
