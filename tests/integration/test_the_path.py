"""The whole path over the embedded stack: real processes, real Kafka protocol, real HTTP."""

from __future__ import annotations

import io
import json
import os
import random
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from PIL import Image

from bench.load import read_of
from bolo.visitor import Visitor
from domain import topics
from records.audit import verify
from storage.postgres import Database
from tests.integration.town import AGENCY, OTHER, Town, read_of_plate, until

T = TypeVar("T")

pytestmark = pytest.mark.embedded


def _formats() -> Path:
    """Where the third-party payloads are; they are not ours to keep in the repository."""
    here = Path(__file__).parents[2]
    return Path(os.environ.get("BOLO_FORMATS") or here.parent / "shared" / "formats")


async def test_the_real_plate_recognizer_payload_ends_acknowledged_with_its_image(
    town: Town,
) -> None:
    file = _formats() / "camera-reads" / "platerecognizer_stream.json"
    if not file.exists():
        pytest.skip("the real Plate Recognizer payload is not here: name its folder BOLO_FORMATS")
    payload = file.read_bytes()
    await town.list_of(("PL8REC", "CA"), looks="PORS,911,2D,RED")
    frame = io.BytesIO()
    Image.new("RGB", (640, 400), (90, 100, 110)).save(frame, "JPEG")
    async with httpx.AsyncClient(base_url=town.stack.console_url, timeout=20) as http:
        answer = await http.post(
            "/api/reads",
            headers={"Authorization": f"Bearer {town.token}"},
            data={"json": payload.decode()},
            files={"upload": ("frame.jpg", frame.getvalue(), "image/jpeg")},
        )
    assert answer.status_code == 202, answer.text
    async with Visitor(town.stack.console_url) as desk, Visitor(town.stack.console_url) as phone:
        await desk.log_in("alvarez", town.password)
        await phone.log_in("nguyen", town.password)

        async def hit() -> Any:
            rows = (await desk.get("/api/alerts"))["alerts"]
            return next((r for r in rows if r["plate"]["text"].replace(" ", "") == "PL8REC"), None)

        row = await until(hit)
        page = await desk.page(f"/alerts/{row['id']}")
        assert "not verified" in page.text.lower()
        pictures = [p for p in page.text.split('"') if p.startswith("/images/")]
        assert len(set(pictures)) == 2, "the crop of the plate and the vehicle"
        for picture in pictures:
            seen = await desk.page(picture)
            assert seen.status_code == 200
            assert seen.headers["content-type"] == "image/jpeg"
        assert (await phone.page(f"/a/{row['code']}")).status_code == 404, "not verified yet"
        assert (await phone.page(pictures[0])).status_code == 404
        api = f"/api/alerts/{row['id']}"
        await desk.post(f"{api}/claim")
        await desk.post(f"{api}/verify", {"source": "NCIC, live query", "reference": "KQ-1"})
        await phone.post(f"{api}/reply", {"answer": "acknowledge"})
        assert (await desk.get(api))["state"] == "acknowledged"
        assert (await phone.page(pictures[0])).status_code == 200


async def test_another_agency_sees_and_hears_nothing(town: Town) -> None:
    await town.list_of(("OWN1234", "KS"))
    await town.post(read_of_plate("OWN1234"))

    async def alert() -> Any:
        rows = await town.query(
            "select id, code from alerts where match->'entry'->>'plate' = %s", "OWN1234"
        )
        return rows and rows[0]

    row = await until(alert)
    async with Visitor(town.stack.console_url) as stranger:
        await stranger.log_in("hale", town.password)
        assert (await stranger.get("/api/alerts"))["alerts"] == []
        for path in (f"/alerts/{row['id']}", f"/api/alerts/{row['id']}", f"/a/{row['code']}"):
            assert (await stranger.page(path)).status_code == 404


async def test_a_list_matches_its_own_agencys_cameras_only(town: Town) -> None:
    await town.list_of(("THEIRS1", "KS"), agency=OTHER)
    await town.list_of(("OURS111", "KS"))
    await town.post(read_of_plate("THEIRS1"), read_of_plate("OURS111"))

    async def raised() -> Any:
        return await town.query(
            "select 1 from alerts where match->'entry'->>'plate' = %s", "OURS111"
        )

    await until(raised)
    assert not await town.query(
        "select 1 from alerts where match->'entry'->>'plate' = %s", "THEIRS1"
    )


async def test_ten_thousand_fuzzed_records_never_stop_the_worker(town: Town) -> None:
    await town.list_of(("FUZZ123", "KS"))
    before = {name: town.stack.supervisor.pid(name) for name in ("worker", "archive")}
    rejects_before = await _end(town.stack.kafka, topics.REJECTS)
    chance = random.Random(20261121)
    surely_bad = 0
    producer = AIOKafkaProducer(bootstrap_servers=town.stack.kafka, acks="all", linger_ms=5)
    await producer.start()
    try:
        pending = []
        for n in range(10_000):
            topic = topics.READS if n % 10 < 8 else topics.MATCHES if n % 10 == 8 else topics.ALERTS
            value, bad = _fuzz(chance, n)
            surely_bad += bad
            pending.append(await producer.send(topic, value))
        for future in pending:
            await future
        good = msgspec.json.encode(read_of(1, "FUZZ123", "KS", AGENCY, datetime.now(UTC)))
        await (await producer.send(topics.READS, good))
    finally:
        await producer.stop()

    async def raised() -> Any:
        return await town.query(
            "select 1 from alerts where match->'entry'->>'plate' = %s", "FUZZ123"
        )

    await until(raised, 120)

    async def reported() -> bool:
        return await _end(town.stack.kafka, topics.REJECTS) - rejects_before >= surely_bad

    await until(reported, 60)
    after = {name: town.stack.supervisor.pid(name) for name in ("worker", "archive")}
    assert after == before, "no worker was started again"
    async with Database(town.stack.database_url, size=2) as db:
        assert (await verify(db)).ok


def _fuzz(chance: random.Random, n: int) -> tuple[bytes, bool]:
    """A damaged record, and whether nothing in it can possibly be taken."""
    whole = msgspec.json.encode(
        read_of(n, f"F{n % 999:03d}XYZ"[:7], "KS", AGENCY, datetime.now(UTC))
    )
    kind = n % 7
    if kind == 0:
        return chance.randbytes(chance.randrange(0, 400)), True
    if kind == 1:
        return whole[: chance.randrange(1, len(whole) - 1)], True
    if kind == 2:
        flipped = bytearray(whole)
        for _ in range(chance.randrange(1, 8)):
            flipped[chance.randrange(len(flipped))] = chance.randrange(256)
        return bytes(flipped), False
    if kind == 3:
        return b"[" * chance.randrange(1, 5000), True
    fields = json.loads(whole)
    field = chance.choice(sorted(fields))
    fields[field] = chance.choice(
        [None, 1e308, -1, "", "\x00", "x" * 5000, [], {}, [[]], True, "2026-13-45T99:99:99Z"]
    )
    if kind == 4:
        return json.dumps(fields).encode(), False
    if kind == 5:
        return json.dumps([fields] * chance.randrange(1, 4)).encode(), False
    return chance.choice([b"", b"null", b"0", b'""', b"{}", b"\xff\xfe", b"NaN"]), True


async def _end(bootstrap: str, topic: str) -> int:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        found = consumer.partitions_for_topic(topic) or set()
        return sum((await consumer.end_offsets([TopicPartition(topic, p) for p in found])).values())
    finally:
        with suppress(Exception):
            await consumer.stop()
