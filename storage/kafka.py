"""Kafka as bolo writes to it: acknowledged by every replica, or an error in bounded time.

Records are sent without idempotence and transactions, because the embedded broker need not know
them: a retry inside the client may write a record twice, so every effect of a record downstream
is idempotent. The client keeps one request in flight per partition, so order is kept.

The embedded broker forgets its topics when it ends, and mixes up the offsets of records that reach
it before `ensure_topics`: whoever starts it again makes the topics at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, for_code

from domain import topics
from domain.errors import BadInput, Unavailable

log = logging.getLogger(__name__)

KAFKA = "Kafka"
BATCH_BYTES = 900_000
"""Below Apache Kafka's own limit of 1 MiB a batch (message.max.bytes)."""

_TOPIC_EXISTS = 36  # TOPIC_ALREADY_EXISTS
_RECORD_OVERHEAD = 256  # what a buffered record costs beside its value, rounded up
_AWAY = (KafkaError, OSError, TimeoutError, AssertionError)  # AssertionError: unknown partition


class Producer:
    """Sends records with acks=all.

    Every call returns or raises within about `timeout` seconds: Unavailable when the broker is
    away, does not ack in time, or more than `buffer_bytes` wait for an ack. After Unavailable the
    record may still have been written. BadInput when a record is larger than the broker takes.
    """

    def __init__(
        self,
        bootstrap: str,
        *,
        client_id: str = "bolo",
        timeout: float = 5.0,
        linger_ms: int = 2,
        max_request_size: int = 4 * 1024 * 1024,
        buffer_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        self._options: dict[str, Any] = {
            "bootstrap_servers": bootstrap,
            "client_id": client_id,
            "acks": "all",
            "linger_ms": linger_ms,
            "max_batch_size": BATCH_BYTES,
            "max_request_size": max_request_size,
            "request_timeout_ms": int(timeout * 1000),
            "retry_backoff_ms": 100,
        }
        self._timeout = timeout
        self._limit = buffer_bytes
        self._held = 0
        self._client: Any = None
        self._connecting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect. A broker that is away is tried again in the background until `stop`."""
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._connect(), name="kafka-connect")
        await asyncio.wait({self._connecting}, timeout=self._timeout)

    async def stop(self) -> None:
        """Send what is buffered, as far as the broker takes it within the timeout, and close."""
        connecting, self._connecting = self._connecting, None
        if connecting is not None:
            connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await connecting
        client, self._client = self._client, None
        if client is not None:
            await client.stop()  # bounded: what is not acked expires after request_timeout_ms

    async def _connect(self) -> None:
        pause = 0.1
        while True:
            client = AIOKafkaProducer(**self._options)
            try:
                await client.start()
            except (KafkaError, OSError, TimeoutError) as away:
                await client.stop()
                log.warning("kafka is away, trying again: %s", type(away).__name__)
            except BaseException:
                await client.stop()
                raise
            else:
                self._client = client
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)

    async def _connected(self) -> Any:
        if self._client is None:
            await self.start()
        if self._client is None:
            raise Unavailable(KAFKA)
        return self._client

    async def send(
        self,
        topic: str,
        value: bytes,
        *,
        key: bytes | None = None,
        partition: int | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> asyncio.Future[None]:
        """Put a record into the buffer. The future resolves once every replica has it.

        Calls for one partition made one after the other keep their order. The future raises
        Unavailable when no ack came in time.
        """
        size = len(value) + _RECORD_OVERHEAD
        if self._held + size > self._limit:
            what = "Kafka (the send buffer is full)"
            raise Unavailable(what)
        client = await self._connected()
        self._held += size
        try:
            async with asyncio.timeout(self._timeout):
                sent = await client.send(
                    topic, value, key=key, partition=partition, headers=list(headers)
                )
        except MessageSizeTooLargeError as large:
            self._held -= size
            raise _too_large(size) from large
        except _AWAY as away:
            self._held -= size
            raise Unavailable(KAFKA) from away
        except BaseException:
            self._held -= size
            raise
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[None] = loop.create_future()
        answer.add_done_callback(_look_at)
        timer = loop.call_later(self._timeout, _fail, answer, Unavailable(KAFKA))
        sent.add_done_callback(partial(self._settle, answer, size, timer))
        return answer

    async def publish(
        self,
        topic: str,
        value: bytes,
        *,
        key: bytes | None = None,
        partition: int | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Send one record and return once it is acked."""
        await (await self.send(topic, value, key=key, partition=partition, headers=headers))

    def _settle(
        self,
        answer: asyncio.Future[None],
        size: int,
        timer: asyncio.TimerHandle,
        sent: asyncio.Future[Any],
    ) -> None:
        self._held -= size
        timer.cancel()
        if sent.cancelled():
            _fail(answer, Unavailable(KAFKA))
        elif isinstance(error := sent.exception(), MessageSizeTooLargeError):
            _fail(answer, _too_large(size))
        elif error is not None:
            _fail(answer, Unavailable(KAFKA))
        elif not answer.done():
            answer.set_result(None)

    async def partitions(self, topic: str) -> int:
        """How many partitions the topic has. Raises Unavailable when nobody can say."""
        client = await self._connected()
        known = client.client.cluster.partitions_for_topic(topic)
        if known:
            return len(known)
        try:
            async with asyncio.timeout(self._timeout):
                return len(await client.partitions_for(topic))
        except _AWAY as away:
            raise Unavailable(KAFKA) from away

    async def ready(self) -> bool:
        """Whether a broker answers right now, asked afresh, within two seconds."""
        if self._client is None:
            return False
        try:
            async with asyncio.timeout(2):
                return bool(await self._client.client.force_metadata_update())
        except _AWAY:
            return False


def _look_at(answer: asyncio.Future[None]) -> None:
    # A sender that was cancelled leaves its answer behind; asyncio need not complain about it.
    if not answer.cancelled():
        answer.exception()


def _fail(answer: asyncio.Future[None], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)


def _too_large(size: int) -> BadInput:
    return BadInput("record", f"has {size} bytes, more than the broker takes in one record")


async def ensure_topics(
    bootstrap: str, partitions: int, *, replication: int = 1, timeout: float = 15.0
) -> None:
    """Create the topics of domain.topics that do not exist yet; those that do stay as they are.

    Returns once every topic has its leaders. Raises Unavailable when the broker is away or
    not done within `timeout` seconds, BadInput when it refuses (for example the replication).
    """
    try:
        async with asyncio.timeout(timeout):
            await _ensure(bootstrap, partitions, replication)
    except _AWAY as away:
        raise Unavailable(KAFKA) from away


# What follows from a record may be larger than it: a reject has its bytes and the reason, a match
# the read and the entry. Refused for their size, the record they come from could never be done.
_LARGER = {
    name: {"max.message.bytes": str(16 * 1024 * 1024)} for name in (topics.MATCHES, topics.REJECTS)
}


async def _ensure(bootstrap: str, partitions: int, replication: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
    try:
        await admin.start()
        # Asked for all topics, never by name: the embedded broker creates what it is asked about.
        missing = sorted(set(topics.ALL) - set(await admin.list_topics()))
        if missing:
            answer = await admin.create_topics(
                [
                    NewTopic(
                        name=name,
                        num_partitions=partitions,
                        replication_factor=replication,
                        topic_configs={
                            # acks=all means as many copies as this, not all of them
                            "min.insync.replicas": str(max(1, replication - 1)),
                            **_LARGER.get(name, {}),
                        },
                    )
                    for name in missing
                ]
            )
            for name, code, *_ in answer.topic_errors:
                if code not in (0, _TOPIC_EXISTS):
                    why = for_code(code)
                    if why.retriable:
                        raise why
                    raise BadInput(name, f"the broker does not create it: {why.__name__}")
        while not _led(await admin.describe_topics(list(topics.ALL))):
            await asyncio.sleep(0.1)
    finally:
        await admin.close()


def _led(described: list[dict[str, Any]]) -> bool:
    return all(
        topic["error_code"] == 0
        and topic["partitions"]
        and all(part["error_code"] == 0 and part["leader"] >= 0 for part in topic["partitions"])
        for topic in described
    )
