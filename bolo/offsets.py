"""Asks a broker how far a consumer group is. Works on Apache Kafka and on the embedded broker.

The embedded broker does not answer "all partitions of the group", so they are always named.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from bolo.watchdog import Group, Offsets, Sample
from domain.errors import Unavailable


class GroupOffsets:
    """``async with GroupOffsets(bootstrap) as offsets: await offsets.read(group)``.

    `read` raises Unavailable when the broker does not answer within `seconds`; the next one
    connects anew. Topics that do not exist yet are left out.
    """

    def __init__(self, bootstrap: str, *, seconds: float = 5.0) -> None:
        self._bootstrap = bootstrap
        self._seconds = seconds
        self._clients: tuple[AIOKafkaAdminClient, AIOKafkaConsumer] | None = None

    async def read(self, group: Group) -> Sample:
        """Committed, first and next offset of every partition of the group's topics."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._read(group)
        except (KafkaError, OSError, TimeoutError) as away:
            await self.close()
            what = "the broker"
            raise Unavailable(what) from away

    async def _read(self, group: Group) -> Sample:
        admin, consumer = await self._connected()
        # Only of topics that are there: to describe another one may create it.
        known = await consumer.topics()
        asked = [topic for topic in group.topics if topic in known]
        partitions = [
            TopicPartition(topic["topic"], at["partition"])
            for topic in (await admin.describe_topics(asked) if asked else [])
            for at in topic["partitions"]
        ]
        if not partitions:
            return {}
        # The commit before the end: the other order could show work as done that is not yet there.
        committed = await admin.list_consumer_group_offsets(group.name, partitions=partitions)
        begins = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        return {
            (at.topic, at.partition): Offsets(
                committed[at].offset if at in committed else -1, begins[at], ends[at]
            )
            for at in partitions
        }

    async def _connected(self) -> tuple[AIOKafkaAdminClient, AIOKafkaConsumer]:
        if self._clients is None:
            admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
            consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap)
            self._clients = (admin, consumer)
            await admin.start()
            await consumer.start()
        return self._clients

    async def close(self) -> None:
        clients, self._clients = self._clients, None
        if clients is not None:
            with suppress(KafkaError, OSError, TimeoutError):
                await clients[0].close()
            with suppress(KafkaError, OSError, TimeoutError):
                await clients[1].stop()

    async def __aenter__(self) -> GroupOffsets:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
