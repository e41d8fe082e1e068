"""The producer: acked or Unavailable, never hanging; a broker that comes later is found."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from domain import topics
from domain.errors import BadInput, Unavailable
from storage.embedded import EmbeddedBroker
from storage.kafka import Producer, ensure_topics
from tests.kafka.apache import ApacheKafka

pytestmark = pytest.mark.embedded


@asynccontextmanager
async def started(producer: Producer) -> AsyncIterator[Producer]:
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def new_topic(bootstrap: str, partitions: int = 2) -> str:
    name = f"test.{uuid4().hex[:8]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, partitions, 1)])
    await admin.close()
    return name


async def records_of(bootstrap: str, topic: str, partition: int) -> list[tuple[object, bytes]]:
    """Keys and values of a partition, from its beginning to its end."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        one = TopicPartition(topic, partition)
        consumer.assign([one])
        end = (await consumer.end_offsets([one]))[one]
        got: list[tuple[object, bytes]] = []
        while len(got) < end:
            for records in (await consumer.getmany(timeout_ms=5000)).values():
                got += [(r.key, r.value) for r in records]
        return got
    finally:
        await consumer.stop()


async def test_what_is_published_is_there_in_order(broker: str) -> None:
    topic = await new_topic(broker)
    async with started(Producer(broker)) as producer:
        assert await producer.partitions(topic) == 2
        assert await producer.ready()
        futures = [
            await producer.send(topic, b"%d" % n, key=b"k", partition=1, headers=[("why", b"x")])
            for n in range(50)
        ]
        await asyncio.gather(*futures)
        await producer.publish(topic, b"last", partition=1)
    wanted = [(b"k", b"%d" % n) for n in range(50)] + [(None, b"last")]
    assert await records_of(broker, topic, 1) == wanted


async def test_a_record_larger_than_the_broker_takes_is_bad_input_and_not_tried_for_ever(
    broker: str,
) -> None:
    topic = await new_topic(broker)
    async with started(Producer(broker, max_request_size=10_000)) as producer:
        with pytest.raises(BadInput, match="more than the broker takes"):
            await producer.publish(topic, b"x" * 20_000)


async def test_a_full_buffer_is_said_at_once(broker: str) -> None:
    topic = await new_topic(broker)
    async with started(Producer(broker, buffer_bytes=100_000, linger_ms=200)) as producer:
        first = await producer.send(topic, b"x" * 60_000, partition=0)
        with pytest.raises(Unavailable, match="buffer is full"):
            await producer.send(topic, b"x" * 60_000, partition=0)
        await first
        await producer.publish(topic, b"x" * 60_000, partition=0)  # there is room again


async def test_a_broker_that_is_away_is_said_in_time_and_found_when_it_comes(
    own_broker: EmbeddedBroker,
) -> None:
    own_broker.stop()
    producer = Producer(own_broker.bootstrap, timeout=1.0)
    began = time.monotonic()
    async with started(producer):
        assert not await producer.ready()
        with pytest.raises(Unavailable):
            await producer.publish(topics.READS, b"{}")
        with pytest.raises(Unavailable):
            await producer.partitions(topics.READS)
        assert time.monotonic() - began < 20
        own_broker.start()
        await ensure_topics(own_broker.bootstrap, 4)
        for _ in range(50):
            if await producer.ready():
                break
            await asyncio.sleep(0.1)
        await producer.publish(topics.READS, b"{}", partition=3)


async def test_a_broker_that_dies_makes_unavailable_and_coming_back_heals(
    own_broker: EmbeddedBroker,
) -> None:
    await ensure_topics(own_broker.bootstrap, 4)
    async with started(Producer(own_broker.bootstrap, timeout=1.0)) as producer:
        await producer.publish(topics.READS, b"{}", partition=3)
        own_broker.stop()
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await producer.publish(topics.READS, b"{}", partition=3)
        assert time.monotonic() - began < 20
        assert not await producer.ready()
        own_broker.start()
        await ensure_topics(own_broker.bootstrap, 4)
        for _ in range(20):
            try:
                await producer.publish(topics.READS, b"again", partition=3)
            except Unavailable:
                continue
            break
        assert (None, b"again") in await records_of(own_broker.bootstrap, topics.READS, 3)
        assert await producer.ready()


async def test_stopping_without_a_broker_comes_to_an_end(own_broker: EmbeddedBroker) -> None:
    await ensure_topics(own_broker.bootstrap, 1)
    producer = Producer(own_broker.bootstrap, timeout=1.0)
    await producer.start()
    await producer.publish(topics.READS, b"{}")
    own_broker.stop()
    waiting = await producer.send(topics.READS, b"{}", partition=0)
    began = time.monotonic()
    await producer.stop()
    assert time.monotonic() - began < 20
    with pytest.raises(Unavailable):
        await waiting


async def test_topics_are_made_once_and_left_as_they_are(own_broker: EmbeddedBroker) -> None:
    await asyncio.gather(*(ensure_topics(own_broker.bootstrap, 3) for _ in range(3)))
    await ensure_topics(own_broker.bootstrap, 5)
    async with started(Producer(own_broker.bootstrap)) as producer:
        assert [await producer.partitions(topic) for topic in topics.ALL] == [3, 3, 3, 3]


async def test_topics_wait_for_no_broker_for_ever() -> None:
    with pytest.raises(Unavailable):
        await ensure_topics("127.0.0.1:9", 1, timeout=2.0)


@pytest.mark.durability
async def test_apache_kafka_takes_the_same_topics_and_records(apache_kafka: ApacheKafka) -> None:
    async def partitions() -> list[int]:
        async with started(Producer(apache_kafka.bootstrap)) as fresh:
            return [await fresh.partitions(topic) for topic in topics.ALL]

    await ensure_topics(apache_kafka.bootstrap, 4)
    made = await partitions()  # by this test, or before it by another of the session
    await ensure_topics(apache_kafka.bootstrap, max(made) + 1)
    assert await partitions() == made
    last = made[topics.ALL.index(topics.REJECTS)] - 1
    async with started(Producer(apache_kafka.bootstrap)) as producer:
        value = b"[" + b"1," * 440_000 + b"1]"  # a full pack
        await producer.publish(topics.REJECTS, value, partition=last)
        plain = await new_topic(apache_kafka.bootstrap)  # with the broker's own limits
        with pytest.raises(BadInput, match="more than the broker takes"):
            await producer.publish(plain, b"x" * 2_000_000, partition=0)
    assert (None, value) in await records_of(apache_kafka.bootstrap, topics.REJECTS, last)
