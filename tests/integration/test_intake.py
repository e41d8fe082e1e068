"""The intake over a real socket into a real broker: 202 means Kafka has it, nothing half-taken."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from cameras.intake import partition_of
from cameras.pictures import CROPS_MAX
from domain.place import Place
from storage.embedded import EmbeddedBroker
from storage.images import fits
from storage.kafka import ensure_topics
from storage.postgres import Database
from tests.integration.intake_server import ORI, Served, everything, served
from tests.unit.test_camera_plate_recognizer import formats_notes

pytestmark = pytest.mark.embedded

PARTITIONS = 4
RESPONSES = ["202", "400", "401", "403", "413", "415", "422", "503"]


def now() -> str:
    return datetime.now(UTC).isoformat()


def read(plate: str = "482 KTB", **more: Any) -> dict[str, Any]:
    return {"camera": "gate-1", "plate": plate, "seen_at": now(), **more}


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, kind)
    return out.getvalue()


@pytest.fixture
async def intake(db: Database, own_broker: EmbeddedBroker, tmp_path: Path) -> AsyncIterator[Served]:
    await ensure_topics(own_broker.bootstrap, PARTITIONS)
    async with served(db, own_broker.bootstrap, tmp_path / "images") as running:
        yield running


async def post(intake: Served, body: Any, path: str = "/api/reads", **more: Any) -> httpx.Response:
    async with intake.client() as client:
        return await client.post(path, json=body, **more)


def field_of(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["field"])


async def test_a_read_is_in_kafka_when_202_is_answered(
    intake: Served, own_broker: EmbeddedBroker
) -> None:
    answer = await post(intake, read(state="KS", confidence=0.9))
    assert answer.status_code == 202
    ((partition, key, (one,)),) = await everything(own_broker.bootstrap)
    assert answer.json() == {"accepted": 1, "reads": [str(one.read_id)]}
    assert (one.agency, one.plate, one.plate_raw, one.state) == (ORI, "482KTB", "482 KTB", "KS")
    assert one.place == Place(name="4th & Main", latitude=37.4, longitude=-94.7), "as registered"
    assert (partition, key) == (partition_of("gate-1", PARTITIONS), b"gate-1")


async def test_a_read_of_a_camera_nobody_registered_is_taken(
    intake: Served, own_broker: EmbeddedBroker
) -> None:
    assert (await post(intake, read(camera="new"))).status_code == 202
    ((_, key, (one,)),) = await everything(own_broker.bootstrap)
    assert (key, one.place) == (b"new", Place())


async def test_the_same_event_posted_again_has_the_same_id(intake: Served) -> None:
    body = read(id="e-1")
    first, again = [(await post(intake, body)).json()["reads"] for _ in range(2)]
    assert first == again
    two = await post(intake, [body, body])
    assert two.json() == {"accepted": 2, "reads": first * 2}
    clash = await post(intake, [body, body | {"plate": "OTHER"}])
    assert (clash.status_code, field_of(clash)) == (422, "reads[1].id")


async def test_a_request_with_one_bad_read_takes_none(
    intake: Served, own_broker: EmbeddedBroker
) -> None:
    gif = [{"kind": "vehicle", "data": base64.b64encode(b"GIF89a").decode()}]
    whole = [{"kind": "vehicle", "data": base64.b64encode(picture()).decode()}]
    for bad, status, field in (
        (read("---"), 422, "reads[2].plate"),
        (read(colour="red"), 422, "reads[2].colour"),
        (read(seen_at="2026-11-21T21:02:09"), 422, "reads[2].seen_at"),
        (
            read(seen_at=(datetime.now(UTC) + timedelta(days=2)).isoformat()),
            422,
            "reads[2].seen_at",
        ),
        (read(images=gif), 415, "reads[2].images[0].data"),
    ):
        answer = await post(intake, {"reads": [read(), read(images=whole), bad]})
        assert (answer.status_code, field_of(answer)) == (status, field)
    assert await everything(own_broker.bootstrap) == []
    assert not list(intake.folder.rglob("*.jpg"))


async def test_who_has_no_token_in_force_is_not_let_in(intake: Served) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer bolo_" + "x" * 43},
        {"Authorization": f"Basic {intake.gateway}"},
    ):
        async with httpx.AsyncClient(base_url=intake.url) as client:
            answer = await client.post("/api/reads", json=read(), headers=headers)
            assert (answer.status_code, field_of(answer)) == (401, "Authorization")
            query = await client.post(f"/api/reads?token={intake.gateway}", json=read())
            assert query.status_code == 401, "the address is for the vendor's route alone"
    async with intake.client("") as client:
        token = {"Authorization": f"Token {intake.gateway}"}
        assert (await client.post("/api/reads", json=read(), headers=token)).status_code == 202


async def test_a_cameras_token_reports_its_own_camera_only(intake: Served) -> None:
    async with intake.client(intake.camera) as client:
        assert (await client.post("/api/reads", json=read())).status_code == 202
        answer = await client.post("/api/reads", json=[read(), read(camera="gate-2")])
    assert (answer.status_code, field_of(answer)) == (403, "reads[1].camera")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"[" * 200_000, "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"{}", "image/png", 415),
        (b"{}", "text/xml", 422),
        (b"<a>", "text/xml", 400),
        (b"{}", "application/json", 422),
        (b'{"camera": "x"}', "application/x-www-form-urlencoded", 422),
        (b"camera=x", "application/x-www-form-urlencoded", 400),
        (b"json={", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a=%d" % n for n in range(50)), "application/x-www-form-urlencoded", 400),
        (b"--x\r\n", "multipart/form-data", 400),
        (b"nonsense", "multipart/form-data; boundary=x", 400),
        (b"--x\r\nA\r\n\r\n", "multipart/form-data; boundary=x", 400),
    ],
)
async def test_a_broken_body_gets_a_clear_answer(
    intake: Served, body: bytes, content_type: str, status: int
) -> None:
    async with intake.client() as client:
        answer = await client.post(
            "/api/reads", content=body, headers={"Content-Type": content_type}
        )
    assert answer.status_code == status
    assert answer.json()["error"]["problem"]


@pytest.mark.parametrize("http", ["auto", "h11"])
async def test_a_body_over_the_limit_is_refused_however_it_is_sent(
    db: Database, broker: str, tmp_path: Path, http: str
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(220):
            yield b" " * 65536

    async with served(db, broker, tmp_path, http=http) as intake, intake.client() as client:
        for content in (b" " * 14_000_000, endless()):
            answer = await client.post(
                "/api/reads", content=content, headers={"Content-Type": "application/json"}
            )
            assert (answer.status_code, field_of(answer)) == (413, "body")
        big = read(
            images=[{"kind": "plate", "data": base64.b64encode(b"\xff" * 5_300_000).decode()}]
        )
        answer = await client.post("/api/reads", json=big)
        assert (answer.status_code, field_of(answer)) == (413, "images[0].data")
        assert (await client.post("/api/reads", json=read())).status_code == 202


async def test_pictures_are_kept_before_the_read_is_answered(
    intake: Served, own_broker: EmbeddedBroker
) -> None:
    data = picture("PNG")
    images = [{"kind": "context", "data": base64.b64encode(data).decode()}]
    answer = await post(intake, read(images=images))
    assert answer.status_code == 202
    ((_, _, (one,)),) = await everything(own_broker.bootstrap)
    (image,) = one.images
    digest = hashlib.sha256(data).hexdigest()
    assert image.key == f"{ORI}/{one.seen_at:%Y-%m-%d}/{one.read_id}/context-{digest[:16]}.png"
    assert image.sha256 == digest
    assert await intake.images.get(image.key) == data


async def test_a_replay_with_another_picture_leaves_the_first_as_it_was(
    intake: Served, own_broker: EmbeddedBroker
) -> None:
    body = read(id="e-1")
    for size in ((640, 480), (64, 48)):
        sent = base64.b64encode(picture(size=size)).decode()
        answer = await post(intake, body | {"images": [{"kind": "plate", "data": sent}]})
        assert answer.status_code == 202
    reads = [r for _, _, many in await everything(own_broker.bootstrap) for r in many]
    assert len({r.read_id for r in reads}) == 1
    assert len({r.images[0].key for r in reads}) == 2
    for one in reads:
        assert fits(await intake.images.get(one.images[0].key), one.images[0].sha256)


async def test_a_frame_of_many_results_is_kept_once_and_cut_ten_times(
    intake: Served, own_broker: EmbeddedBroker
) -> None:
    body = hook(*(f"a{n}" for n in range(100)))
    for n, result in enumerate(body["data"]["results"]):
        result["box"] = {"xmin": 0, "ymin": 0, "xmax": 6000 - n, "ymax": 4000}
    frame = {"upload": ("frame.jpg", picture(size=(6000, 4000)), "image/jpeg")}
    async with intake.client() as client:
        path = "/api/reads/plate-recognizer"
        answer = await client.post(path, data={"json": json.dumps(body)}, files=frame)
    assert answer.json()["accepted"] == 100
    reads = [r for _, _, many in await everything(own_broker.bootstrap) for r in many]
    (shared,) = {i.key for r in reads for i in r.images if i.kind == "vehicle"}
    assert shared.split("/")[2] in {str(r.read_id) for r in reads}
    assert sum(r.image("plate") is not None for r in reads) == CROPS_MAX
    kept = [file for file in intake.folder.rglob("*") if file.is_file()]
    assert len(kept) == 1 + CROPS_MAX
    assert sum(file.stat().st_size for file in kept) < 5_000_000
    for one in (i for r in reads for i in r.images):
        assert fits(await intake.images.get(one.key), one.sha256)


def hook(*plates: str) -> dict[str, Any]:
    box = {"xmin": 100, "ymin": 200, "xmax": 200, "ymax": 240}
    return {
        "hook": {"id": "gate-1", "event": "recognition"},
        "data": {
            "camera_id": "gate-1",
            "timestamp": now(),
            "results": [{"plate": p, "score": 0.9, "box": box} for p in plates],
        },
    }


async def test_the_webhook_is_taken_in_each_of_its_forms(
    intake: Served, own_broker: EmbeddedBroker
) -> None:
    path = "/api/reads/plate-recognizer"
    frame = {"upload": ("frame.jpg", picture(), "image/jpeg")}
    async with httpx.AsyncClient(base_url=intake.url, params={"token": intake.camera}) as client:
        answers = [
            await client.post(path, json=hook("a1", "", "a2")),
            await client.post(path, data={"json": json.dumps(hook("b1"))}),
            await client.post(path, data={"json": json.dumps(hook("c1", "c2"))}, files=frame),
            await client.post(path, json=hook("")),
        ]
    answers.append(await post(intake, hook("d1")))
    assert [a.status_code for a in answers] == [202] * 5
    assert [a.json()["accepted"] for a in answers] == [2, 1, 2, 0, 1]
    reads = {r.plate: r for _, _, many in await everything(own_broker.bootstrap) for r in many}
    assert sorted(reads) == ["A1", "A2", "B1", "C1", "C2", "D1"]
    for plate in ("C1", "C2"):
        assert [i.kind for i in reads[plate].images] == ["vehicle", "plate"]
        crop = reads[plate].image("plate")
        assert crop is not None
        with Image.open(io.BytesIO(await intake.images.get(crop.key))) as image:
            assert image.size == (120, 60)


async def test_a_hostile_frame_is_refused_and_the_hook_with_it(
    intake: Served, own_broker: EmbeddedBroker
) -> None:
    path = "/api/reads/plate-recognizer"
    for data, status in (
        (b"GIF89a", 415),
        (picture()[:400], 422),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff", 413),
    ):
        async with intake.client() as client:
            answer = await client.post(
                path, data={"json": json.dumps(hook("a1"))}, files={"upload": ("x.jpg", data)}
            )
        assert (answer.status_code, field_of(answer)) == (status, "upload")
    assert await everything(own_broker.bootstrap) == []


async def test_the_vendors_real_payload_is_taken_with_its_picture(
    intake: Served, own_broker: EmbeddedBroker
) -> None:
    real = (formats_notes() / "camera-reads" / "platerecognizer_stream.json").read_text()
    async with intake.client() as client:
        answer = await client.post(
            "/api/reads/plate-recognizer",
            data={"json": real},
            files={"upload": ("image.jpg", picture(), "image/jpeg")},
        )
    assert answer.json()["accepted"] == 1
    ((_, _, (one,)),) = await everything(own_broker.bootstrap)
    assert (one.plate, one.state, one.camera) == ("PL8REC", "CA", "camera-1")
    assert [i.kind for i in one.images] == ["vehicle", "plate"]


async def test_thousands_at_once_arrive_once_each_in_order_and_packed(
    intake: Served, own_broker: EmbeddedBroker
) -> None:
    cameras, rounds, each = 20, 15, 10

    async def camera(number: int, client: httpx.AsyncClient) -> list[str]:
        ids: list[str] = []
        for n in range(rounds):
            reads = [read(f"{number:02}A{n:02}{m:02}", camera=f"cam-{number}") for m in range(each)]
            answer = await client.post("/api/reads", json=reads)
            assert answer.status_code == 202
            ids += answer.json()["reads"]
        return ids

    limits = httpx.Limits(max_connections=cameras)
    async with intake.client(limits=limits) as client:
        taken = await asyncio.gather(*(camera(n, client) for n in range(cameras)))
    records = await everything(own_broker.bootstrap)
    arrived = Counter(str(r.read_id) for _, _, many in records for r in many)
    assert set(arrived) == {one for ids in taken for one in ids}
    assert set(arrived.values()) == {1}
    assert len(arrived) == cameras * rounds * each
    assert max(len(many) for _, _, many in records) > each, "several requests share a record"
    for number, ids in enumerate(taken):
        mine = [
            (partition, str(r.read_id))
            for partition, _, many in records
            for r in many
            if r.camera == f"cam-{number}"
        ]
        assert mine == [(partition_of(f"cam-{number}", PARTITIONS), one) for one in ids]
    for _, key, many in records:
        here = {r.camera for r in many}
        assert key == (here.pop().encode() if len(here) == 1 else None)


async def test_a_record_holds_at_most_500_reads(intake: Served, own_broker: EmbeddedBroker) -> None:
    batches = [[read(f"P{b}A{n}") for n in range(500)] for b in range(3)]
    answers = await asyncio.gather(*(post(intake, batch) for batch in batches))
    assert [a.json()["accepted"] for a in answers] == [500] * 3
    sizes = [len(many) for _, _, many in await everything(own_broker.bootstrap)]
    assert sum(sizes) == 1500
    assert max(sizes) <= 500
    refused = await post(intake, [read()] * 501)
    assert (refused.status_code, field_of(refused)) == (422, "reads")


async def test_a_broker_that_is_killed_gives_503_and_no_202_is_a_lie(
    db: Database, own_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    await ensure_topics(own_broker.bootstrap, PARTITIONS)
    async with served(db, own_broker.bootstrap, tmp_path, timeout=1.0) as intake:
        assert (await post(intake, read())).status_code == 202
        own_broker.stop()
        began = time.monotonic()
        answers = await asyncio.gather(*(post(intake, read(f"A{n}")) for n in range(40)))
        assert time.monotonic() - began < 20
        assert {a.status_code for a in answers} == {503}
        assert all(int(a.headers["Retry-After"]) >= 1 for a in answers)
        # The embedded broker comes back without its topics, and mixes up the offsets of what is
        # written to a topic before it is made: let the client give up on its records first.
        await asyncio.sleep(1.5)
        own_broker.start()
        await ensure_topics(own_broker.bootstrap, PARTITIONS)
        body = read("BACK")
        for _ in range(20):
            answer = await post(intake, body)
            if answer.status_code == 202:
                break
            assert answer.status_code == 503
        taken = set(answer.json()["reads"])
        there = {str(r.read_id) for _, _, m in await everything(own_broker.bootstrap) for r in m}
        assert taken <= there


async def test_an_image_store_that_is_away_gives_503_and_takes_nothing(
    intake: Served, own_broker: EmbeddedBroker
) -> None:
    (intake.folder / ORI).write_text("in the way")
    images = [{"kind": "plate", "data": base64.b64encode(picture()).decode()}]
    answer = await post(intake, [read(), read(images=images)])
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert await everything(own_broker.bootstrap) == []


async def test_the_api_describes_itself(intake: Served) -> None:
    async with intake.client() as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
    for path in ("/api/reads", "/api/reads/plate-recognizer"):
        described = paths[path]["post"]
        assert set(described["responses"]) == set(RESPONSES)
        assert described["security"] == [{"intakeToken": []}]
        assert "application/json" in described["requestBody"]["content"]
