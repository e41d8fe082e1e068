"""Each vendor's post at the whole console, over a real socket into a real broker."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from prometheus_client import REGISTRY

from cameras import store
from cameras.directory import Directory
from cameras.intake import Intake
from cameras.rejected import PART, Rejected
from console.app import create_app
from console.services import Services
from domain.clock import system_clock
from domain.read import Read
from domain.topics import REJECTS
from storage.embedded import EmbeddedBroker
from storage.images import ImageStore
from storage.kafka import Producer, ensure_topics
from storage.postgres import Database
from tests.camera_samples import SAMPLES as JSON_SAMPLES
from tests.camera_samples import SECONDS, Sample
from tests.camera_samples_xml import HIKVISION_FORM, JUNCTION, VERKADA, XML_SAMPLES, alert, coded
from tests.integration.intake_server import everything
from tests.serving import serve
from tests.unit.test_camera_contract import NOW
from tests.unit.test_camera_payloads import LAUGHS, OUTSIDE

pytestmark = pytest.mark.embedded

ORI = "KS0190100"
SECRET = "shared between two"
SAMPLES = {**JSON_SAMPLES, **XML_SAMPLES}


@dataclass(frozen=True)
class Door:
    """The console's address, the tokens of a gateway and of camera gate-1, and the broker's."""

    url: str
    gateway: str
    camera: str
    bootstrap: str

    async def post(
        self, path: str, body: bytes, kind: str = "application/json", **headers: str
    ) -> httpx.Response:
        """As a camera posts: without a header of ours, unless `headers` has one."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as client:
            more = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.post(path, content=body, headers={"Content-Type": kind, **more})

    async def reads(self) -> list[Read]:
        return [read for _, _, many in await everything(self.bootstrap) for read in many]


@asynccontextmanager
async def console(
    db: Database, bootstrap: str, folder: Path, secret: str = ""
) -> AsyncIterator[Door]:
    """The console with a broker, as `bolo console` wires it."""
    async with db.transaction() as conn:
        now = system_clock()
        await conn.execute(
            "insert into agencies (ori, name) values (%s, %s) on conflict do nothing", (ORI, ORI)
        )
        gateway = await store.create_token(conn, ORI, "gateway", None, now)
        camera = await store.create_token(conn, ORI, "gate", "gate-1", now)
    producer = Producer(bootstrap, timeout=3)
    await producer.start()
    images = ImageStore(folder.as_uri())
    # By the samples' own time, so that none grows too old to be taken.
    intake = Intake(producer, images, Directory(db), lambda: NOW)
    services = Services(
        db,
        system_clock,
        "http://127.0.0.1",
        images,
        intake,
        None,
        producer.ready,
        rejected=Rejected(producer),
        verkada_secret=secret,
    )
    try:
        async with serve(create_app(services)) as url:
            yield Door(url, gateway, camera, bootstrap)
    finally:
        await intake.close()
        await producer.stop()


@pytest.fixture
async def door(db: Database, own_broker: EmbeddedBroker, tmp_path: Path) -> AsyncIterator[Door]:
    await ensure_topics(own_broker.bootstrap, 2)
    async with console(db, own_broker.bootstrap, tmp_path / "images") as it:
        yield it


async def kept(bootstrap: str) -> list[tuple[bytes, dict[str, str]]]:
    """Every record of bolo.rejects: its bytes and its headers."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        parts = [TopicPartition(REJECTS, p) for p in consumer.partitions_for_topic(REJECTS) or ()]
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        found: list[tuple[bytes, dict[str, str]]] = []
        while len(found) < sum(ends.values()):
            for records in (await consumer.getmany(timeout_ms=5000)).values():
                for one in records:
                    found.append((one.value, {k: v.decode() for k, v in one.headers}))
        return found
    finally:
        await consumer.stop()


def refused(outcome: str) -> float:
    return REGISTRY.get_sample_value("bolo_intake_unreadable_total", {"outcome": outcome}) or 0


@pytest.mark.parametrize("name", SAMPLES)
async def test_a_vendors_post_arrives_and_posted_again_it_is_the_same_read(
    name: str, door: Door
) -> None:
    for path in (f"/api/reads/{name}?token={door.gateway}", "/api/reads"):
        for sample in SAMPLES[name]:
            bearer = f"Bearer {door.camera if unnamed(sample) else door.gateway}"
            bare = "?" in path and not unnamed(sample)
            headers = {} if bare else {"Authorization": bearer}
            taken = []
            for _ in range(2):
                answer = await door.post(path, sample.body, sample.content_type, **headers)
                assert answer.status_code == 202, (sample.note, answer.text)
                assert answer.json()["accepted"] == sample.reads
                taken.append(answer.json()["reads"])
            assert taken[0] == taken[1]
    arrived = await door.reads()
    assert {str(read.read_id) for read in arrived} >= set(taken[0])
    first = next(read for read in arrived if read.camera == "gate-1")
    assert (first.agency, first.format, first.plate) == (ORI, name, "482KTB")
    assert first.seen_at.timestamp() == SECONDS


def unnamed(sample: Sample) -> bool:
    """Whether the message does not name its camera, so that a camera's own token has to."""
    return "no name" in sample.note


async def test_pictures_beside_xml_are_the_reads_pictures(door: Door) -> None:
    kind = "multipart/form-data; boundary=boundary"
    path = f"/api/reads/hikvision?token={door.gateway}"
    assert (await door.post(path, HIKVISION_FORM, kind)).status_code == 202
    (read,) = await door.reads()
    assert [image.kind for image in read.images] == ["plate", "vehicle"]
    assert len(read.character_confidences) == len(read.plate)


async def test_a_heartbeat_is_taken_and_says_that_it_was_no_read(door: Door) -> None:
    body = alert(kind="videoloss", state="inactive")
    answer = await door.post(f"/api/reads/hikvision?token={door.gateway}", body, "text/xml")
    assert answer.status_code == 202
    assert answer.json() == {"accepted": 0, "reads": [], "ignored": ["a heartbeat"]}
    no_plate = SAMPLES["genetec"][2].body
    answer = await door.post(f"/api/reads/genetec?token={door.gateway}", no_plate)
    assert answer.json() == {"accepted": 0, "reads": [], "ignored": ["1 without a plate"]}
    assert await kept(door.bootstrap) == []


async def test_the_address_holds_a_token_at_a_vendors_door_alone(door: Door) -> None:
    body = SAMPLES["genetec"][0].body
    for path in ("/api/reads", "/api/reads/"):
        answer = await door.post(f"{path}?token={door.gateway}", body)
        assert answer.status_code in (401, 307, 404)
    for name in SAMPLES:
        answer = await door.post(f"/api/reads/{name}", body)
        assert answer.status_code == 401
        answer = await door.post(f"/api/reads/{name}?token=bolo_{'x' * 43}", body)
        assert answer.status_code == 401
    assert (await door.post("/api/reads/another", body)).status_code in (303, 401, 404)


async def test_an_unknown_message_is_kept_with_a_hint(door: Door) -> None:
    body = json.dumps(VERKADA["data"]).encode()
    answer = await door.post("/api/reads", body, Authorization=f"Bearer {door.gateway}")
    assert answer.status_code == 422
    assert "looks like the data of a Verkada webhook" in answer.json()["error"]["problem"]
    ((value, headers),) = await kept(door.bootstrap)
    assert value == body
    assert headers["resembles"].startswith("looks like the data of a Verkada webhook")
    assert (headers["agency"], headers["token"]) == (ORI, "gateway")
    assert headers["content-type"] == "application/json"
    assert headers["reason"].startswith("body: is in no format")
    assert door.gateway not in str(headers)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (alert("<ANPR/>").replace(b"ANPR</eventType>", b"ANPR</eventType><x>"), "anpr.xml"),
        (coded({**JUNCTION, "RealUTC": "soon", "UTC": None}).encode(), "Events[0].RealUTC"),
        (b"\xff" * (PART + 10), "body"),
    ],
)
async def test_a_message_that_cannot_be_read_is_kept(door: Door, body: bytes, field: str) -> None:
    kind = "text/plain"
    if field == "anpr.xml":
        part = (
            b'--b\r\nContent-Disposition: form-data; name="anpr.xml"; filename="anpr.xml"\r\n\r\n'
        )
        body, kind = part + body + b"\r\n--b--\r\n", "multipart/form-data; boundary=b"
    answer = await door.post("/api/reads", body, kind, Authorization=f"Bearer {door.gateway}")
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["field"] == field
    ((value, headers),) = await kept(door.bootstrap)
    assert value == body[:PART]
    assert headers["reason"].startswith(field)
    if len(body) > PART:
        assert headers["cut-from-bytes"] == str(len(body))
        assert headers["sha256"] == hashlib.sha256(body).hexdigest()


async def test_a_misconfigured_camera_cannot_flood_the_rejects(door: Door) -> None:
    before = refused("limited")
    token = {"Authorization": f"Bearer {door.gateway}"}
    answers = [await door.post("/api/reads", b"{}", **token) for _ in range(30)]
    assert {answer.status_code for answer in answers} == {422}
    found = len(await kept(door.bootstrap))
    assert 1 <= found < 30
    assert refused("limited") - before == 30 - found


async def test_a_stranger_keeps_nothing(door: Door) -> None:
    assert (await door.post("/api/reads", b"{}")).status_code == 401
    for body, kind in ((b"x" * 17_000_000, "text/xml"), (b"{}", "image/png")):
        answer = await door.post("/api/reads", body, kind, Authorization=f"Bearer {door.gateway}")
        assert answer.status_code in (413, 415)
    assert await kept(door.bootstrap) == []


async def test_without_kafka_the_answer_is_the_same(door: Door, own_broker: EmbeddedBroker) -> None:
    before = refused("lost")
    own_broker.stop()
    answer = await door.post("/api/reads", b"{}", Authorization=f"Bearer {door.gateway}")
    assert answer.status_code == 422
    assert refused("lost") == before + 1


@pytest.mark.parametrize(
    "body", [LAUGHS, OUTSIDE, b"<a>" * 200_000, b"<a>" + b"<b/>" * 100_000 + b"</a>"]
)
async def test_hostile_xml_is_refused_and_the_door_stays_open(door: Door, body: bytes) -> None:
    path = f"/api/reads/hikvision?token={door.gateway}"
    answer = await door.post(path, body, "application/xml")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "body")
    good = SAMPLES["hikvision"][0]
    assert (await door.post(path, good.body, good.content_type)).status_code == 202


def signature(body: bytes, off: timedelta = timedelta(0), secret: str = SECRET) -> str:
    seconds = int((system_clock() + off).timestamp())
    digest = hmac.new(secret.encode(), body + f"|{seconds}".encode(), hashlib.sha256)
    return f"{seconds}|{digest.hexdigest()}"


async def test_verkadas_webhook_needs_its_token_and_its_signature(
    db: Database, own_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    await ensure_topics(own_broker.bootstrap, 2)
    body = json.dumps(VERKADA).encode()
    good = signature(body)
    async with console(db, own_broker.bootstrap, tmp_path, SECRET) as door:
        token = {"Authorization": f"Bearer {door.gateway}"}
        for path, more in ((f"/api/reads/verkada?token={door.gateway}", {}), ("/api/reads", token)):
            for header in (
                None,
                "",
                signature(body, secret="another"),
                signature(body + b" "),
                signature(body, timedelta(minutes=-6)),
                signature(body, timedelta(minutes=6)),
            ):
                signed: dict[str, Any] = {} if header is None else {"Verkada_Signature": header}
                answer = await door.post(path, body, **more, **signed)
                assert answer.status_code == 401, header
                assert answer.json()["error"]["field"] == "Verkada-Signature"
        assert await door.reads() == []
        assert await kept(own_broker.bootstrap) == []
        unknown = await door.post("/api/reads/verkada", body, Verkada_Signature=good)
        assert unknown.status_code == 401, "whose reads would they be"
        for late in (timedelta(0), timedelta(minutes=-4)):
            path = f"/api/reads/verkada?token={door.gateway}"
            answer = await door.post(path, body, Verkada_Signature=signature(body, late))
            assert answer.status_code == 202
        ids = {read.read_id for read in await door.reads()}
        assert len(ids) == 1, "a delivery tried again"
        other = SAMPLES["genetec"][0].body
        assert (await door.post("/api/reads", other, **token)).status_code == 202
