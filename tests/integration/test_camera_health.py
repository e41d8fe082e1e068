"""Camera health: from reads and heartbeats at the intake to rows, words and gauges."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from bolo import camera_list
from cameras import health_store, store
from cameras.clocks import Grade, Skew, grade, words
from cameras.directory import TTL, Directory
from cameras.health import IDLE, CameraHealth, Tally
from cameras.health_store import FORGOTTEN, Standing
from cameras.incoming import Health, IncomingRead
from cameras.intake import Intake
from cameras.registry import IntakeToken
from domain.errors import BadInput, NotAllowed, Unavailable
from domain.read import Read
from storage.images import ImageStore
from storage.kafka import Producer, ensure_topics
from storage.postgres import Database

ORI = "KS0190100"
OTHER = "KS0110200"
NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
GATEWAY = IntakeToken(ORI, None, "gateway")

pytestmark = pytest.mark.embedded


class Ours:
    """Our clock, which a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Door:
    """A whole intake, its tally and its clock."""

    def __init__(self, db: Database, producer: Producer, folder: Path) -> None:
        self.clock = Ours()
        self.tally = Tally()
        self.seconds = 0.0
        self.db = db
        directory = Directory(db, monotonic=lambda: self.seconds)
        images = ImageStore(folder.as_uri())
        self.intake = Intake(producer, images, directory, self.clock, tally=self.tally)

    async def take(self, camera: str, ahead: float = 0.0, count: int = 1) -> None:
        """Reads of a camera whose clock is `ahead`, one a second."""
        for _ in range(count):
            self.clock.now += timedelta(seconds=1)
            seen_at = self.clock.now + timedelta(seconds=ahead)
            one = IncomingRead(camera=camera, seen_at=seen_at, plate="482KTB", format="native")
            await self.intake.accept(GATEWAY, [one])

    async def standing(self, camera: str) -> Standing:
        await health_store.flush(self.db, self.tally, self.clock.now)
        async with self.db.connection() as conn:
            (found,) = [s for s in await health_store.standings(conn, ORI) if s.id == camera]
        return found


@pytest.fixture
async def agencies(db: Database) -> Database:
    async with db.transaction() as conn:
        for ori, zone in ((ORI, "America/Chicago"), (OTHER, "America/Denver")):
            await conn.execute(
                "insert into agencies (ori, name, timezone) values (%s, %s, %s)", (ori, ori, zone)
            )
    return db


@pytest.fixture
async def door(agencies: Database, broker: str, tmp_path: Path) -> AsyncIterator[Door]:
    await ensure_topics(broker, 4)
    producer = Producer(broker)
    await producer.start()
    made = Door(agencies, producer, tmp_path)
    yield made
    await made.intake.close()
    await producer.stop()


def gauge(name: str, camera: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"agency": ORI, "camera": camera})


async def test_a_camera_that_is_ahead_is_shown_so_and_its_reads_stay_as_they_are(
    door: Door,
) -> None:
    await door.take("gate-1", ahead=42, count=6)
    found = await door.standing("gate-1")
    assert words(found.health.skew) == "clock 42 s ahead"
    assert found.health.last_received_at == door.clock.now
    assert found.health.last_seen_at == door.clock.now + timedelta(seconds=42), "not corrected"
    assert found.camera is None
    assert found.zone == "America/Chicago"
    assert gauge("bolo_camera_skew_seconds", "gate-1") == pytest.approx(42)
    last = gauge("bolo_camera_last_seen_timestamp_seconds", "gate-1")
    assert last == door.clock.now.timestamp()


async def test_only_what_changed_is_written_and_all_of_it_in_one_statement(door: Door) -> None:
    for number in range(20):
        await door.take(f"cam-{number}")
    taken = door.tally.take(door.clock.now)
    assert len(taken) == 20
    async with door.db.transaction() as conn:
        await health_store.save(conn, taken, door.clock.now)
        cursor = await conn.execute("select count(distinct cmin::text) as n from camera_health")
        assert await cursor.fetchone() == {"n": 1}, "all rows are of one command"
    await door.take("cam-3")
    assert await health_store.flush(door.db, door.tally, door.clock.now) == 1
    assert await health_store.flush(door.db, door.tally, door.clock.now) == 0


async def test_heartbeats_tell_of_problems_and_of_their_end(door: Door) -> None:
    await door.intake.heard(GATEWAY, [Health(camera="gate-1", problem="video stream\nlost")])
    found = (await door.standing("gate-1")).health
    assert (found.problem, found.heartbeat_at) == ("video stream lost", NOW)
    assert found.last_received_at is None
    assert grade(found.skew) is Grade.UNKNOWN
    door.clock.now += timedelta(minutes=1)
    await door.intake.heard(GATEWAY, [Health(camera="gate-1")])
    assert (await door.standing("gate-1")).health.problem == ""


async def test_a_heartbeat_is_held_to_the_token_and_to_what_a_camera_is(door: Door) -> None:
    own = IntakeToken(ORI, "gate-1", "gate")
    with pytest.raises(NotAllowed, match=r"health\[1\]\.camera"):
        await door.intake.heard(own, [Health(camera="gate-1"), Health(camera="gate-2")])
    with pytest.raises(BadInput, match=r"health\[0\]\.camera"):
        await door.intake.heard(GATEWAY, [Health(camera="\0")])
    assert len(door.tally) == 0


async def test_a_local_time_is_read_in_the_cameras_zone_else_in_its_agencys(door: Door) -> None:
    async with door.db.transaction() as conn:
        for camera, zone in (("east", "America/New_York"), ("same", "")):
            await store.register_camera(conn, ORI, camera, timezone=zone, now=NOW)
    local = datetime(2026, 11, 21, 15, 2, 9)
    beats = [Health(camera=camera, at=local) for camera in ("east", "same", "nobody")]
    await door.intake.heard(GATEWAY, beats)
    skews = {h.camera: h.skew.seconds for h in door.tally.take(NOW)}
    assert skews == {"same": 0.0, "nobody": 0.0, "east": -3600.0}


async def test_a_zone_that_was_changed_is_in_force_in_seconds(door: Door) -> None:
    async def zone() -> str:
        return (await door.intake.directory.whereabouts(ORI, {"gate-1"}))["gate-1"].zone

    assert await zone() == "America/Chicago"
    async with door.db.transaction() as conn:
        await store.register_camera(conn, ORI, "gate-1", timezone="America/New_York", now=NOW)
    assert await zone() == "America/Chicago"
    door.seconds += TTL + 0.1
    assert await zone() == "America/New_York"


async def test_a_local_time_is_not_guessed_while_nobody_knows_the_zone(
    agencies: Database, broker: str, tmp_path: Path
) -> None:
    await ensure_topics(broker, 4)
    producer = Producer(broker)
    await producer.start()
    try:
        gone = "postgresql://bolo@127.0.0.1:9/gone?connect_timeout=1"
        async with Database(gone, size=2) as away:
            door = Door(away, producer, tmp_path)
            await door.take("gate-1")
            naive = IncomingRead(
                camera="gate-1",
                seen_at=NOW.replace(tzinfo=None),
                plate="482KTB",
                format="native",
            )
            with pytest.raises(Unavailable, match="time zone"):
                await door.intake.accept(GATEWAY, [naive])
            with pytest.raises(Unavailable):
                await health_store.flush(away, door.tally, NOW)
        assert await health_store.flush(agencies, door.tally, NOW) == 1, "kept for the next time"
    finally:
        await producer.stop()


async def test_two_processes_that_hear_of_one_camera_only_add_to_what_is_known(
    agencies: Database,
) -> None:
    beat = CameraHealth(agency=ORI, camera="gate-1", heartbeat_at=NOW, problem="no video")
    late = CameraHealth(
        agency=ORI,
        camera="gate-1",
        last_seen_at=NOW - timedelta(hours=1),
        last_received_at=NOW - timedelta(hours=1),
        skew=Skew(7.0, 3),
    )
    new = CameraHealth(
        agency=ORI,
        camera="gate-1",
        last_seen_at=NOW,
        last_received_at=NOW,
        heartbeat_at=NOW - timedelta(minutes=5),
    )
    async with agencies.transaction() as conn:
        for one in (beat, new, late, CameraHealth(agency="XX0000000", camera="x")):
            await health_store.save(conn, [one], NOW)
        (found,) = await health_store.standings(conn, ORI)
        assert await health_store.standings(conn, OTHER) == []
    assert found.health == CameraHealth(
        agency=ORI,
        camera="gate-1",
        last_seen_at=NOW,
        last_received_at=NOW,
        skew=Skew(7.0, 3),
        heartbeat_at=NOW,
        problem="no video",
    )


async def test_cameras_that_nobody_registered_are_forgotten_in_the_end(
    agencies: Database,
) -> None:
    async with agencies.transaction() as conn:
        await store.register_camera(conn, ORI, "known", now=NOW)
        many = [CameraHealth(agency=ORI, camera=name) for name in ("known", "unknown")]
        await health_store.save(conn, many, NOW)
        assert await health_store.forget(conn, NOW + FORGOTTEN) == 0
        assert await health_store.forget(conn, NOW + FORGOTTEN + timedelta(days=1)) == 1
        assert [s.id for s in await health_store.standings(conn, ORI)] == ["known"]


async def test_the_loop_writes_at_its_pace_and_once_more_at_the_end(agencies: Database) -> None:
    tally = Tally()
    clock = Ours()
    writing = asyncio.create_task(health_store.keep(agencies, tally, clock, every=0.05))
    tally.heard(ORI, "first", None, "", NOW)
    async with asyncio.timeout(20):
        while not await _ids(agencies):
            await asyncio.sleep(0.02)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    slow = asyncio.create_task(health_store.keep(agencies, tally, clock, every=600))
    await asyncio.sleep(0)
    tally.heard(ORI, "last", None, "", NOW)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert await _ids(agencies) == ["first", "last"]


async def _ids(db: Database) -> list[str]:
    async with db.connection() as conn:
        return [s.id for s in await health_store.standings(conn, ORI)]


def test_one_process_keeps_count_of_so_many_cameras_and_no_more() -> None:
    tally = Tally(limit=3)
    for number in range(10):
        tally.saw([_read(f"bound-{number}", NOW)])
    assert len(tally) == 3
    assert {h.camera for h in tally.take(NOW)} == {"bound-0", "bound-1", "bound-2"}
    tally.saw([_read("bound-1", NOW + IDLE)])
    later = NOW + IDLE + timedelta(hours=1)
    tally.saw([_read("newer", later)])
    assert {h.camera for h in tally.take(later)} == {"bound-1", "newer"}
    assert gauge("bolo_camera_skew_seconds", "bound-0") is None
    assert gauge("bolo_camera_skew_seconds", "newer") == 0.0


def _read(camera: str, at: datetime) -> Read:
    return Read(
        read_id=uuid4(),
        agency=ORI,
        camera=camera,
        seen_at=at,
        received_at=at,
        plate="482KTB",
        plate_raw="482KTB",
    )


async def test_a_zone_that_is_none_is_refused(agencies: Database) -> None:
    async with agencies.transaction() as conn:
        for zone in ("Chicago", "America", "../etc/passwd", "x" * 300, "America/Chicago\0"):
            with pytest.raises(BadInput, match="timezone: is not an IANA time zone"):
                await store.register_camera(conn, ORI, "gate-1", timezone=zone, now=NOW)
        await store.register_camera(conn, ORI, "gate-1", timezone=" America/Denver ", now=NOW)
        assert (await store.cameras(conn, ORI))["gate-1"].timezone == "America/Denver"


async def test_the_list_says_what_a_person_needs(door: Door) -> None:
    async with door.db.transaction() as conn:
        await store.register_camera(
            conn, ORI, "gate-1", name="4th & Main", timezone="America/Denver", now=NOW
        )
        await store.register_camera(conn, ORI, "silent", name="x" * 100, now=NOW)
    await door.take("gate-1", ahead=3600, count=3)
    await door.take("stray")
    await door.intake.heard(GATEWAY, [Health(camera="gate-1", problem="lens is dirty")])
    await health_store.flush(door.db, door.tally, door.clock.now)
    async with door.db.connection() as conn:
        found = await health_store.standings(conn, ORI)
    heads, gate, silent, stray = camera_list.as_table(found).splitlines()
    assert [head.strip() for head in heads.split("  ") if head] == list(camera_list.HEADS)
    assert "4th & Main" in gate
    assert "America/Denver   2026-11-21 14:02:12 -0700" in gate
    assert "clock 1 h ahead: is its time zone right?" in gate
    assert gate.endswith("lens is dirty")
    assert silent.endswith("America/Chicago  never")
    assert "(not registered)" in stray
    first, second, third = json.loads(camera_list.as_json(found))
    assert (first["skew_grade"], first["skew_seconds"]) == ("wrong", 3600)
    assert first["last_seen_at"] == "2026-11-21T22:02:12+00:00"
    assert second["last_received_at"] is None
    assert third["registered"] is False
    assert "none has reported" in camera_list.as_table([])
