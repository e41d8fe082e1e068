"""Packing: many reads into one record, because one read a record costs Faust twenty times more.

The reads of one partition wait up to `linger` seconds for others, then leave together, at most
`pack` and about PACK_BYTES in a record, in the order they came.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Protocol

import msgspec

from cameras.metrics import PACK
from domain.errors import BoloError, Unavailable

log = logging.getLogger(__name__)

PACK_BYTES = 800_000
"""Of values in a record: with headers still below Apache Kafka's own limit of 1 MiB."""

KAFKA = "Kafka"


class Sender(Protocol):
    """What the packer needs of storage.kafka.Producer."""

    async def send(
        self, topic: str, value: bytes, *, key: bytes | None = None, partition: int | None = None
    ) -> asyncio.Future[None]: ...


class Item(msgspec.Struct, frozen=True):
    """One encoded read, and where it goes."""

    partition: int
    key: bytes
    value: bytes


class _Delivery:
    """One request's reads on their way: `done` resolves when Kafka has acked the last one."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def acked(self) -> None:
        self.left -= 1
        if self.left == 0 and not self.done.done():
            self.done.set_result(None)

    def failed(self, error: BaseException) -> None:
        if not self.done.done():
            self.done.set_exception(error)
            self.done.exception()  # looked at: the request may have gone away meanwhile


class _Lane:
    """What waits for one partition."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[Item, _Delivery]] = deque()
        self.bytes = 0
        self.full = asyncio.Event()
        self.task: asyncio.Task[None] | None = None


class Packer:
    """Sends encoded reads to `topic`, packed. Nothing waits longer than `timeout` seconds."""

    def __init__(
        self,
        producer: Sender,
        topic: str,
        *,
        linger: float,
        pack: int,
        timeout: float,
        buffer_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        self._producer = producer
        self._topic = topic
        self._linger = linger
        self._pack = pack
        self._timeout = timeout
        self._limit = buffer_bytes
        self._held = 0
        self._lanes: dict[int, _Lane] = {}

    async def send(self, items: Sequence[Item]) -> None:
        """Return once Kafka has acked every item.

        Raises Unavailable when it has not in time or the buffer is full; then some of the items
        may have been written all the same, and sending them again is harmless.
        """
        if not items:
            return
        size = sum(len(item.value) for item in items)
        if self._held + size > self._limit:
            what = "Kafka (the intake's buffer is full)"
            raise Unavailable(what)
        delivery = _Delivery(len(items))
        for item in items:
            self._put(item, delivery)
        try:
            async with asyncio.timeout(self._timeout):
                await delivery.done
        except TimeoutError as late:
            raise Unavailable(KAFKA) from late
        finally:
            delivery.done.cancel()  # nobody waits any more: what has not left yet need not

    async def close(self) -> None:
        """Wait until what was taken has been handed to the producer."""
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=self._timeout)

    def _put(self, item: Item, delivery: _Delivery) -> None:
        lane = self._lanes.setdefault(item.partition, _Lane())
        lane.waiting.append((item, delivery))
        lane.bytes += len(item.value)
        self._held += len(item.value)
        if len(lane.waiting) >= self._pack or lane.bytes >= PACK_BYTES:
            lane.full.set()
        if lane.task is None:
            lane.task = asyncio.create_task(self._run(item.partition, lane))

    async def _run(self, partition: int, lane: _Lane) -> None:
        """Send what waits for one partition, pack by pack, until nothing does."""
        while lane.waiting:
            if not lane.full.is_set():
                try:
                    async with asyncio.timeout(self._linger):
                        await lane.full.wait()
                except TimeoutError:
                    pass
            pack = self._take(lane)
            if pack:
                await self._send(partition, pack)
        lane.task = None

    def _take(self, lane: _Lane) -> list[tuple[Item, _Delivery]]:
        pack: list[tuple[Item, _Delivery]] = []
        size = 0
        while lane.waiting and len(pack) < self._pack:
            item, delivery = lane.waiting[0]
            if pack and size + len(item.value) > PACK_BYTES:
                break
            lane.waiting.popleft()
            lane.bytes -= len(item.value)
            if delivery.done.done():  # failed or given up: it was answered 503 already
                self._held -= len(item.value)
                continue
            size += len(item.value)
            pack.append((item, delivery))
        if len(lane.waiting) < self._pack and lane.bytes < PACK_BYTES:
            lane.full.clear()
        return pack

    async def _send(self, partition: int, pack: list[tuple[Item, _Delivery]]) -> None:
        keys = {item.key for item, _ in pack}
        values = [item.value for item, _ in pack]
        value = values[0] if len(values) == 1 else b"[" + b",".join(values) + b"]"
        try:
            acked = await self._producer.send(
                self._topic,
                value,
                key=keys.pop() if len(keys) == 1 else None,
                partition=partition,
            )
        except Exception as error:
            if not isinstance(error, BoloError):
                log.exception("the intake could not hand a record to Kafka")
            self._failed(pack, error if isinstance(error, BoloError) else Unavailable(KAFKA))
            return
        PACK.observe(len(pack))
        acked.add_done_callback(partial(self._acked, pack))

    def _acked(self, pack: list[tuple[Item, _Delivery]], answer: asyncio.Future[None]) -> None:
        error = Unavailable(KAFKA) if answer.cancelled() else answer.exception()
        if error is not None:
            self._failed(pack, error)
            return
        for item, delivery in pack:
            self._held -= len(item.value)
            delivery.acked()

    def _failed(self, pack: list[tuple[Item, _Delivery]], error: BaseException) -> None:
        for item, delivery in pack:
            self._held -= len(item.value)
            delivery.failed(error)
