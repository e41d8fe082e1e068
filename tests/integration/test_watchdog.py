"""The watchdog against real brokers and a real consumer that is alive and does nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bolo.offsets import GroupOffsets
from bolo.roles import Role
from bolo.supervisor import Supervisor
from bolo.watchdog import Group, Sample, Verdict, Watchdog
from domain.errors import Unavailable
from storage.embedded import EmbeddedBroker
from tests.kafka.apache import ApacheKafka

CONSUMER = """
import asyncio, sys
from aiokafka import AIOKafkaConsumer
async def main():
    consumer = AIOKafkaConsumer(sys.argv[2], bootstrap_servers=sys.argv[1], group_id=sys.argv[3],
        auto_offset_reset="earliest", enable_auto_commit=False,
        session_timeout_ms=6000, heartbeat_interval_ms=1000)
    await consumer.start()
    async for record in consumer:
        await consumer.commit()
asyncio.run(main())
"""


async def send(bootstrap: str, topic: str, records: int) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        for number in range(records):
            await producer.send_and_wait(topic, b"x", partition=number % 2)
    finally:
        await producer.stop()


async def committed(offsets: GroupOffsets, group: Group, total: int) -> None:
    end = time.monotonic() + 40
    while True:
        sample = await offsets.read(group)
        if sum(max(0, at.committed) for at in sample.values()) == total:
            return
        assert time.monotonic() < end, sample
        await asyncio.sleep(0.1)


async def frozen_and_rescued(bootstrap: str) -> None:
    """A consumer is frozen, records wait, the watchdog starts it anew, and it catches up."""
    group = Group("watched", ("watched.reads", "watched.not_there"))
    said: list[str] = []
    role = Role(
        "worker",
        (CONSUMER, bootstrap, "watched.reads", "watched"),
        program=(sys.executable, "-c"),
        group="watched",
    )
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("watched.reads", 2, 1)])
    await admin.close()
    supervisor = Supervisor([role], say=said.append)
    async with GroupOffsets(bootstrap) as offsets:
        dog = Watchdog([group], offsets.read, supervisor.restart_group, patience=1.0, every=0.1)
        before: Sample = {}
        async with asyncio.timeout(40):
            while len(before) < 2:  # a new topic, and Kafka's first group, take their time
                with suppress(Unavailable):
                    before = await offsets.read(group)
                await asyncio.sleep(0.1)
        assert [at.lag for at in before.values()] == [0, 0]
        await supervisor.start()
        try:
            await send(bootstrap, "watched.reads", 10)
            await committed(offsets, group, 10)
            frozen = supervisor.pid("worker")
            assert frozen
            os.kill(frozen, signal.SIGSTOP)
            await send(bootstrap, "watched.reads", 10)
            sample = await offsets.read(group)
            assert sum(at.lag for at in sample.values()) == 10
            supervisor.keep(dog.run())
            async with asyncio.timeout(20):
                while dog.verdicts["watched"] is not Verdict.STUCK:
                    await asyncio.sleep(0.02)
                while supervisor.pid("worker") in (None, frozen):
                    await asyncio.sleep(0.02)
            dog._patience = 30.0  # the new one gets its time to join
            await committed(offsets, group, 20)
            assert await dog.once(group) is Verdict.HEALTHY
            assert any("nothing committed for 1 s" in line for line in said)
        finally:
            await supervisor.stop()


@pytest.mark.embedded
async def test_a_frozen_worker_is_found_and_started_anew_on_the_embedded_broker(
    own_broker: EmbeddedBroker,
) -> None:
    await frozen_and_rescued(own_broker.bootstrap)


@pytest.mark.durability
async def test_a_frozen_worker_is_found_and_started_anew_on_apache_kafka(
    apache_kafka: ApacheKafka,
) -> None:
    await frozen_and_rescued(apache_kafka.bootstrap)


@pytest.mark.embedded
async def test_a_broker_that_is_away_is_said_and_then_found_again(
    own_broker: EmbeddedBroker,
) -> None:
    group = Group("nobody", ("nothing",))
    async with GroupOffsets(own_broker.bootstrap, seconds=1) as offsets:
        assert await offsets.read(group) == {}
        own_broker.kill()
        with pytest.raises(Unavailable):
            await offsets.read(group)
        own_broker.start()
        assert await offsets.read(group) == {}
