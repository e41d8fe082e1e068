"""A real intake for tests: uvicorn on a real socket, a real broker, database and image folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from fastapi import FastAPI

from cameras import store
from cameras.directory import Directory
from cameras.intake import Intake
from cameras.rejected import Rejected
from console.routes.intake import router
from domain.clock import system_clock
from domain.read import Read
from domain.topics import READS
from storage.images import ImageStore
from storage.kafka import Producer
from storage.postgres import Database
from tests.decoding import decode_record
from tests.serving import serve

ORI = "KS0190100"
OTHER = "KS0110200"
BODY_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True)
class Served:
    """The intake's address, tokens of a gateway and of camera "gate-1", and what is behind it."""

    url: str
    gateway: str
    camera: str
    db: Database
    images: ImageStore
    folder: Path

    def client(self, token: str | None = None, **more: Any) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.gateway if token is None else token}"}
        more = {"timeout": 30, **more}
        return httpx.AsyncClient(base_url=self.url, headers=headers, **more)


@asynccontextmanager
async def served(
    db: Database,
    bootstrap: str,
    folder: Path,
    *,
    timeout: float = 5.0,
    http: Any = "auto",
    verkada_secret: str = "",
) -> AsyncIterator[Served]:
    """The intake over `bootstrap`, as the console serves it."""
    async with db.transaction() as conn:
        now = system_clock()
        for ori in (ORI, OTHER):
            await conn.execute("insert into agencies (ori, name) values (%s, %s)", (ori, ori))
        gateway = await store.create_token(conn, ORI, "gateway", None, now)
        camera = await store.create_token(conn, ORI, "gate", "gate-1", now)
        await store.register_camera(
            conn, ORI, "gate-1", name="4th & Main", latitude=37.4, longitude=-94.7, now=now
        )
    producer = Producer(bootstrap, timeout=timeout)
    await producer.start()
    images = ImageStore(folder.as_uri())
    intake = Intake(producer, images, Directory(db), system_clock, timeout=timeout + 1)
    app = FastAPI()
    app.include_router(router)
    app.state.services = SimpleNamespace(
        intake=intake,
        db=db,
        intake_body_bytes=BODY_BYTES,
        rejected=Rejected(producer),
        verkada_secret=verkada_secret,
        clock=system_clock,
    )
    try:
        async with serve(app, http=http) as url:
            yield Served(url, gateway, camera, db, images, folder)
    finally:
        await intake.close()
        await producer.stop()


async def everything(bootstrap: str) -> list[tuple[int, bytes | None, list[Read]]]:
    """Every record of bolo.reads: partition, key and reads, in the order of each partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        parts = [TopicPartition(READS, p) for p in consumer.partitions_for_topic(READS) or ()]
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        found: list[tuple[int, bytes | None, list[Read]]] = []
        while len(found) < sum(ends.values()):
            for part, records in (await consumer.getmany(timeout_ms=5000)).items():
                for record in records:
                    at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
                    reads, rejected = decode_record(record.value, received_at=at)
                    assert rejected == []
                    found.append((part.partition, record.key, reads))
        return found
    finally:
        await consumer.stop()
