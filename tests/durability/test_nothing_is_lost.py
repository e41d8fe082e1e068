"""kill -9 everything while reads pour in: exactly as many alerts as there were wanted cars.

On Apache Kafka with 100,000 reads and 200 wanted cars, and smaller on the embedded broker.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from bench.load import STATES, innocent, read_of, wanted
from bolo.visitor import Refused, Visitor
from domain import topics
from records.audit import verify
from storage.embedded import EmbeddedBroker
from storage.kafka import ensure_topics
from storage.postgres import Database
from tests.durability.city import AGENCY, DISPATCHER, PHONE, City, city
from tests.kafka.apache import ApacheKafka

REQUEST = 500


@pytest.mark.durability
async def test_no_read_is_lost_and_no_alert_is_raised_twice_on_apache_kafka(
    apache_kafka: ApacheKafka, data_folder: Path
) -> None:
    await _storm(data_folder, apache_kafka.bootstrap, reads=100_000, hits=200, workers=2)


@pytest.mark.embedded
async def test_no_read_is_lost_and_no_alert_is_raised_twice_on_the_embedded_stack(
    own_broker: EmbeddedBroker, data_folder: Path
) -> None:
    await _storm(data_folder, own_broker.bootstrap, reads=10_000, hits=40, workers=1)


async def _storm(folder: Path, kafka: str, *, reads: int, hits: int, workers: int) -> None:
    await ensure_topics(kafka, 8)
    async with city(folder, kafka, entries=max(1000, hits), workers=workers) as at:
        progress = Progress(reads, hits)
        # One that fails ends the others: they would wait for what never comes.
        async with asyncio.timeout(240), asyncio.TaskGroup() as group:
            posting = group.create_task(_post_all(at, progress))
            group.create_task(_verify_all(at, progress))
            group.create_task(_rampage(at, progress, workers))
        ids = posting.result()
        async with Database(at.postgres.url, size=2) as db:
            await _until_still(db, at, reads, hits)
            await _count(db, at, ids, hits)
    expected = Counter(worker=3, courier=1, console=1, postgres=1)
    assert Counter(k.split("-")[0] for k in at.kills) == expected


class Progress:
    """How far posting and verifying are, for the one who decides when to kill."""

    def __init__(self, reads: int, hits: int) -> None:
        self.reads, self.hits = reads, hits
        self.posted = 0
        self.verified = 0

    async def posted_share(self, share: float) -> None:
        while self.posted < self.reads * share:
            await asyncio.sleep(0.02)

    async def verified_share(self, share: float) -> None:
        while self.verified < self.hits * share:
            await asyncio.sleep(0.02)


async def _rampage(at: City, progress: Progress, workers: int) -> None:
    """Everything that the issue names, at moments when there is work in every hand."""
    await progress.posted_share(0.10)
    await _kill_when_it_runs(at, "worker-0")
    await progress.posted_share(0.30)
    await _kill_when_it_runs(at, "console")
    await progress.posted_share(0.50)
    await at.restart_postgres()
    await _kill_when_it_runs(at, f"worker-{workers - 1}")
    await progress.verified_share(0.25)
    await _kill_when_it_runs(at, "courier")
    await progress.verified_share(0.40)
    await _kill_when_it_runs(at, "worker-0")


async def _kill_when_it_runs(at: City, role: str) -> None:
    while at.supervisor.pid(role) is None:
        await asyncio.sleep(0.05)
    at.kill(role)


def _body(start: int, count: int, every: int, base: datetime) -> list[dict[str, Any]]:
    """One camera's request; every `every`th read is of the next wanted car, exactly read."""
    found = []
    for n in range(start, start + count):
        hit = n % every == 0
        plate = wanted(n // every) if hit else innocent(n)
        found.append(
            {
                "camera": f"cam-{start // REQUEST % 16:02d}",
                "plate": plate.lower(),
                "state": STATES[n // every % len(STATES)] if hit else STATES[n % len(STATES)],
                "confidence": 0.94,
                "seen_at": (base + timedelta(microseconds=n)).isoformat(),
            }
        )
    return found


async def _post_all(at: City, progress: Progress) -> set[UUID]:
    """Post as a patient gateway does: again and again until 202. The ids that were answered."""
    base = datetime.now(UTC) - timedelta(seconds=30)
    every = progress.reads // progress.hits
    ids: set[UUID] = set()
    starts = iter(range(0, progress.reads, REQUEST))
    headers = {"Authorization": f"Bearer {at.token}"}

    async def post(http: httpx.AsyncClient) -> None:
        for start in starts:
            body = _body(start, REQUEST, every, base)
            while True:
                try:
                    answer = await http.post("/api/reads", json=body, headers=headers)
                except httpx.HTTPError:
                    await asyncio.sleep(0.2)
                    continue
                if answer.status_code == 202:
                    ids.update(UUID(i) for i in answer.json()["reads"])
                    progress.posted += len(body)
                    break
                assert answer.status_code in (500, 503), answer.text[:500]
                await asyncio.sleep(0.2)

    async with httpx.AsyncClient(base_url=at.url, timeout=20) as http:
        await asyncio.gather(*(post(http) for _ in range(4)))
    return ids


async def _verify_all(at: City, progress: Progress) -> None:
    """A dispatcher who verifies whatever is on the desk, and does not give up."""
    done: set[str] = set()
    while len(done) < progress.hits:
        try:
            async with Visitor(at.url) as dispatcher:
                await dispatcher.log_in(DISPATCHER, at.password)
                while len(done) < progress.hits:
                    queue = (await dispatcher.get("/api/alerts"))["alerts"]
                    for row in queue:
                        if row["id"] not in done and await _verify(dispatcher, row):
                            done.add(row["id"])
                            progress.verified = len(done)
                    await asyncio.sleep(0.1)
        except (Refused, httpx.HTTPError):
            await asyncio.sleep(0.5)


async def _verify(dispatcher: Visitor, row: dict[str, Any]) -> bool:
    if row["state"] in ("verified", "acknowledged"):
        return True  # an answer was lost, not the deed
    if row["waits"] or row["claim"]["kind"] == "another":
        return False
    path = f"/api/alerts/{row['id']}"
    await dispatcher.post(f"{path}/claim")
    asked = {"source": "NCIC, live query", "reference": f"REF-{row['number']}"}
    return bool((await dispatcher.post(f"{path}/verify", asked))["state"] == "verified")


async def _until_still(db: Database, at: City, reads: int, hits: int) -> None:
    """Wait until everything has arrived, or has stopped arriving for too long."""
    end = time.monotonic() + 180
    while time.monotonic() < end:
        archived = await _one(db, "select count(*) from reads")
        open_deliveries = await _one(
            db, "select count(*) from deliveries where state in ('waiting', 'sent')"
        )
        events = {h.event["subject"] for h in at.gateway.events()}
        if archived >= reads and not open_deliveries and len(events) >= hits:
            return
        await asyncio.sleep(0.5)


async def _count(db: Database, at: City, ids: set[UUID], hits: int) -> None:
    """Everything exactly once, everybody told, the chain whole."""
    assert await _one(db, "select count(*) from reads") == len(ids), "each read archived once"
    missing = await _one(
        db,
        "select count(*) from unnest(%s::uuid[]) i where i not in (select read_id from reads)",
        list(ids),
    )
    assert missing == 0
    assert await _one(db, "select count(*) from alerts") == hits
    assert await _one(db, "select count(distinct target) from alerts") == hits
    assert await _one(db, "select count(*) from sightings") == hits
    assert await _one(db, "select count(*) from alerts where state = 'verified'") == hits
    assert await _one(db, "select count(*) from deliveries") == 2 * hits
    assert await _one(db, "select count(*) from deliveries where state = 'delivered'") == 2 * hits
    hooks = Counter(h.event["subject"] for h in at.gateway.events())
    assert set(hooks.values()) == {1}, "each event is taken once by its webhook-id"
    assert len(hooks) == hits
    texts = Counter(t.body for t in at.gateway.texts(PHONE))
    assert len(texts) == hits, "each alert has its own code, so its own text"
    async with db.connection() as conn:
        cursor = await conn.execute("select match->'entry'->>'plate' p from alerts")
        plates = await cursor.fetchall()
    told = "\n".join(texts)
    assert not any(row["p"] in told for row in plates), "no SMS holds a plate"
    report = await verify(db)
    assert report.ok, report.problems
    verified = "select count(*) from audit where agency = %s and action = 'alert.verify'"
    assert await _one(db, verified, AGENCY) == hits
    twice = sum(texts.values()) - hits
    print(f"\n{len(ids)} reads, {hits} alerts, kills {at.kills}, SMS sent twice: {twice}")  # noqa: T201


async def _one(db: Database, query: str, *values: object) -> Any:
    async with db.connection() as conn:
        row = await (await conn.execute(query, values)).fetchone()
    assert row is not None
    return next(iter(row.values()))


@pytest.mark.durability
async def test_a_record_too_large_to_reject_whole_does_not_block_its_partition(
    apache_kafka: ApacheKafka, data_folder: Path
) -> None:
    kafka = apache_kafka.bootstrap
    await ensure_topics(kafka, 8)
    async with city(data_folder, kafka, entries=1000, workers=1) as at:
        garbage = secrets.token_bytes(1024) * 20_000  # 20 MB; a few hundred KB on the wire
        hit = msgspec.json.encode(read_of(1, wanted(7), STATES[7], AGENCY, datetime.now(UTC)))
        packing = AIOKafkaProducer(
            bootstrap_servers=kafka, compression_type="gzip", max_request_size=64 * 1024 * 1024
        )
        await packing.start()
        try:
            await packing.send_and_wait(topics.READS, garbage, partition=3)
            await packing.send_and_wait(topics.READS, hit, partition=3)
        finally:
            await packing.stop()
        async with Database(at.postgres.url, size=2) as db:
            for _ in range(300):
                if await _one(db, "select count(*) from alerts"):
                    break
                await asyncio.sleep(0.1)
            assert await _one(db, "select count(*) from alerts") == 1
