"""Frigate over MQTT with a real broker: TLS, sessions, kills, junk, floods."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from bolo.stack import free_ports
from cameras.directory import Directory
from cameras.formats import frigate
from cameras.health import Tally
from cameras.intake import Intake
from cameras.listening import MESSAGE_MAX, Listener
from cameras.mqtt_address import address_of
from cameras.mqtt_client import Broker, tls_of
from cameras.registry import IntakeToken
from domain.clock import system_clock
from domain.errors import CannotStart
from domain.read import Read
from storage.child import Child
from storage.embedded import EmbeddedBroker
from storage.images import ImageStore
from storage.kafka import Producer, ensure_topics
from storage.postgres import Database
from tests.integration.intake_server import everything
from tests.integration.mosquitto import USERS, Mosquitto, missing

pytestmark = pytest.mark.embedded

ORI = "KS0190100"
TOPIC = "frigate/tracked_object_update"
TOKEN = IntakeToken(ORI, None, "mqtt")


@pytest.fixture(scope="session")
def mosquitto_is_here() -> None:
    reason = missing()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"CI must test on a real MQTT broker: {reason}")
    if reason:
        pytest.skip(reason)


@pytest.fixture
def mqtt(mosquitto_is_here: None, tmp_path: Path) -> Iterator[Mosquitto]:  # noqa: ARG001
    with Mosquitto(tmp_path) as server:
        yield server


class Kept(list[tuple[bytes, str, str]]):
    """What was rejected: bytes, topic, reason."""

    async def __call__(self, data: bytes, topic: str, reason: str) -> None:
        self.append((data, topic, reason))


class Town:
    """An intake over a broker of its own, and listeners that may come and go."""

    def __init__(self, kafka: EmbeddedBroker, intake: Intake, tally: Tally) -> None:
        self.kafka = kafka
        self.intake = intake
        self.tally = tally
        self.rejected = Kept()

    @asynccontextmanager
    async def listening(self, broker: Broker, *, ready: bool = True) -> AsyncIterator[Listener]:
        listener = Listener(
            broker,
            frigate,
            self.intake,
            TOKEN,
            reject=self.rejected,
            first=0.05,
            longest=0.5,
        )
        running = asyncio.create_task(listener.run())
        try:
            if ready:
                await until(listener.ready)
            yield listener
        finally:
            running.cancel()
            await asyncio.wait({running})
            assert running.cancelled(), "it ends for no other reason"

    async def reads(self) -> list[Read]:
        found = await everything(self.kafka.bootstrap)
        return [read for _, _, reads in found for read in reads]

    async def plates(self, count: int) -> list[str]:
        """All different ones, once so many have arrived."""
        plates: set[str] = set()
        try:
            async with asyncio.timeout(60):
                while len(plates) < count:
                    await asyncio.sleep(0.1)
                    plates = {read.plate for read in await self.reads()}
        except TimeoutError:
            pytest.fail(f"{len(plates)} of {count} arrived")
        return sorted(plates)


@pytest.fixture
async def town(db: Database, own_broker: EmbeddedBroker, tmp_path: Path) -> AsyncIterator[Town]:
    async with db.transaction() as conn:
        await conn.execute("insert into agencies (ori, name) values (%s, %s)", (ORI, ORI))
    await ensure_topics(own_broker.bootstrap, 4)
    producer = Producer(own_broker.bootstrap, timeout=2)
    await producer.start()
    tally = Tally()
    images = ImageStore((tmp_path / "images").as_uri())
    intake = Intake(producer, images, Directory(db), system_clock, timeout=3, tally=tally)
    yield Town(own_broker, intake, tally)
    await intake.close()
    await producer.stop()


async def until(true: Callable[[], Any], seconds: float = 40.0) -> None:
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.02)


def message(plate: str, **more: Any) -> str:
    said = {
        "type": "lpr",
        "id": f"{time.time():.6f}-{plate.lower()}",
        "name": "",
        "plate": plate,
        "score": 0.93,
        "camera": "gate-1",
        "timestamp": time.time(),
    }
    return json.dumps(said | more)


async def publish(mqtt: Mosquitto, *messages: str | bytes, qos: int = 1) -> None:
    async with mqtt.camera() as frigate_itself:
        for one in messages:
            await frigate_itself.publish(TOPIC, one, qos=qos)


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("bolo_mqtt_messages_total", {"outcome": outcome}) or 0.0


async def test_a_plate_arrives_and_the_same_message_again_is_the_same_read(
    mqtt: Mosquitto, town: Town
) -> None:
    said = message("482KTB")
    async with town.listening(mqtt.broker()):
        await publish(mqtt, said, said, message("OTHER1"))
        assert await town.plates(2) == ["482KTB", "OTHER1"]
    reads = await town.reads()
    ids = {read.read_id for read in reads if read.plate == "482KTB"}
    assert len(ids) == 1
    (one, *_) = reads
    assert (one.agency, one.camera, one.format, one.confidence) == (ORI, "gate-1", "frigate", 0.93)
    (health,) = town.tally.take(system_clock())
    assert (health.camera, health.last_seen_at is not None) == ("gate-1", True)
    assert "as bolo-test" in (mqtt.folder / "mosquitto.log").read_text(), "it notes who comes"


async def test_a_broker_of_another_ca_is_not_talked_to_and_it_is_said_why(
    mqtt: Mosquitto, town: Town, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "other").mkdir()
    stranger = Mosquitto(tmp_path / "other").authority.file
    async with town.listening(mqtt.broker(ca=stranger), ready=False) as listener:
        await until(lambda: _said(listener, "certificate not trusted"))
        assert not await listener.ready()
    assert "not subscribed (certificate not trusted" in caplog.text
    assert USERS["bolo"] not in caplog.text
    log = (mqtt.folder / "mosquitto.log").read_text()
    assert "as bolo-test" not in log, "no MQTT was spoken, so no password either"


async def test_a_certificate_for_another_name_is_not_accepted(
    mosquitto_is_here: None,  # noqa: ARG001
    town: Town,
    tmp_path: Path,
) -> None:
    with Mosquitto(tmp_path, name="mqtt.example.gov") as other:
        async with town.listening(other.broker(), ready=False) as listener:
            await until(lambda: _said(listener, "certificate not trusted"))


async def _said(listener: Listener, what: str) -> bool:
    return what in listener.problem


async def test_a_wrong_password_is_said_and_tried_again(mqtt: Mosquitto, town: Town) -> None:
    async with town.listening(mqtt.broker(password="wrong"), ready=False) as listener:
        await until(lambda: _said(listener, "Not authorized"))
        assert not await listener.ready()


async def test_a_broker_that_crashes_is_found_again(mqtt: Mosquitto, town: Town) -> None:
    async with town.listening(mqtt.broker()) as listener:
        await publish(mqtt, message("BEFORE"))
        await town.plates(1)
        mqtt.kill()
        await until(lambda: _not(listener))
        mqtt.start()
        await until(listener.ready)
        await publish(mqtt, message("AFTER1"))
        assert await town.plates(2) == ["AFTER1", "BEFORE"]


async def _not(listener: Listener) -> bool:
    return not await listener.ready()


async def test_what_was_sent_while_we_were_away_is_delivered_after(
    mqtt: Mosquitto, town: Town
) -> None:
    async with town.listening(mqtt.broker()):
        await publish(mqtt, message("FIRST1"))
        await town.plates(1)
    await publish(mqtt, *(message(f"AWAY{n}") for n in range(300)))
    async with town.listening(mqtt.broker()):
        assert len(await town.plates(301)) == 301


async def test_a_broker_with_persistence_may_restart_while_we_are_away(
    mosquitto_is_here: None,  # noqa: ARG001
    town: Town,
    tmp_path: Path,
) -> None:
    with Mosquitto(tmp_path, persistence=True) as broker:
        async with town.listening(broker.broker()):
            pass
        await publish(broker, message("KEPT01"))
        broker.stop()
        broker.start()
        async with town.listening(broker.broker()):
            assert await town.plates(1) == ["KEPT01"]


async def test_without_kafka_nothing_is_acknowledged_and_nothing_is_lost(
    mqtt: Mosquitto, town: Town
) -> None:
    async with town.listening(mqtt.broker()):
        await publish(mqtt, message("FIRST1"))
        await town.plates(1)
        town.kafka.stop()
        taken = counted("taken")
        await publish(mqtt, *(message(f"WAIT{n}") for n in range(150)))
        await until(_some_wait)
        assert counted("taken") == taken
    # The listener is gone with 150 messages in its hands; another one gets every one of them.
    town.kafka.start()
    await ensure_topics(town.kafka.bootstrap, 4)
    async with town.listening(mqtt.broker()):
        assert len(await town.plates(150)) == 150


async def _some_wait() -> bool:
    return (REGISTRY.get_sample_value("bolo_mqtt_waiting") or 0) > 0


async def test_junk_is_kept_with_its_reason_and_stops_nobody(
    mqtt: Mosquitto, town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    junk: list[str | bytes] = [
        b"",
        b"\xff\xfe\x00",
        b"{",
        b"[" * 50_000,
        b"null",
        b"[]",
        b'{"plate": "482KTB"}',
        message("482KTB", timestamp="yesterday"),
        message("482KTB", timestamp=-1e300),
        message("482KTB", timestamp=time.time() + 1e6),
        message("482KTB", score=17),
        message("482KTB", camera="x" * 100),
        message("482KTB", camera=None),
        message("4" * 100),
        b'"' + b"x" * MESSAGE_MAX + b'"',
    ]
    before = counted("rejected")
    async with town.listening(mqtt.broker()):
        await publish(mqtt, *junk, message("GOOD01"))
        assert await town.plates(1) == ["GOOD01"]
        await until(lambda: _counted("rejected", before + len(junk)))
    assert sorted(data for data, _, _ in town.rejected) == sorted(
        one.encode() if isinstance(one, str) else one for one in junk
    )
    assert {topic for _, topic, _ in town.rejected} == {TOPIC}
    assert all(reason for _, _, reason in town.rejected)
    assert "482KTB" not in caplog.text


async def _counted(outcome: str, count: float) -> bool:
    return counted(outcome) >= count


async def test_faces_and_descriptions_are_neither_read_nor_kept(
    mqtt: Mosquitto, town: Town
) -> None:
    before = counted("ignored")
    others = [
        json.dumps({"type": kind, "id": "1-a", "name": "someone", "camera": "gate-1"})
        for kind in ("face", "description", "classification", "invented")
    ]
    async with town.listening(mqtt.broker()):
        await publish(mqtt, *others)
        await until(lambda: _counted("ignored", before + len(others)))
    assert town.rejected == []
    assert await town.reads() == []


async def test_a_flood_arrives_whole_and_packed(mqtt: Mosquitto, town: Town) -> None:
    count = 2000
    async with town.listening(mqtt.broker()), mqtt.camera() as frigate_itself:
        frigate_itself.pending_calls_threshold = count
        for start in range(0, count, 100):
            numbers = range(start, start + 100)
            await asyncio.gather(
                *(frigate_itself.publish(TOPIC, message(f"P{n:05}"), qos=1) for n in numbers)
            )
        assert len(await town.plates(count)) == count
    records = await everything(town.kafka.bootstrap)
    assert len(records) < sum(len(reads) for _, _, reads in records) / 2, "reads share records"


def test_a_ca_that_is_none_stops_the_start(tmp_path: Path) -> None:
    address = address_of("mqtts://127.0.0.1")
    with pytest.raises(CannotStart, match="BOLO_MQTT_CA: there is no file"):
        tls_of(address, str(tmp_path / "nowhere.pem"))
    (tmp_path / "junk.pem").write_text("junk")
    with pytest.raises(CannotStart, match="no usable certificate"):
        tls_of(address, str(tmp_path / "junk.pem"))
    assert tls_of(address_of("mqtt://localhost"), "") is None


async def test_the_process_says_ready_when_subscribed_and_loses_nothing_when_killed(
    mqtt: Mosquitto, town: Town, db: Database, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    env = {
        "PATH": os.environ["PATH"],
        "BOLO_DATABASE_URL": db.url,
        "BOLO_KAFKA": town.kafka.bootstrap,
        "BOLO_DATA_DIR": str(tmp_path),
        "BOLO_OPS_PORT": str(port),
        "BOLO_MQTT_URL": mqtt.url,
        "BOLO_MQTT_PASSWORD": USERS["bolo"],
        "BOLO_MQTT_CA": str(mqtt.authority.file),
        "BOLO_MQTT_AGENCY": ORI,
    }
    program = [sys.executable, "-m", "bolo", "mqtt"]
    root = str(Path(__file__).parents[2])

    def started(**more: str) -> Child:
        return Child("bolo-mqtt", program, tmp_path / "mqtt.log", env=env | more, cwd=root)

    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(timeout=5) as http:
                answer = await http.get(f"http://127.0.0.1:{port}/readyz")
        except httpx.HTTPError:
            return False
        assert set(answer.json()["checks"]) == {"database", "broker", "subscribed"}
        return answer.status_code == 200

    child = started()
    try:
        await until(ready)
        sending = asyncio.create_task(publish(mqtt, *(message(f"K{n:04}") for n in range(600))))
        await town.plates(50)
        child.kill()
        await sending
        child = started()
        assert len(await town.plates(600)) == 600
        mqtt.kill()
        await until(lambda: _unready(ready))
        mqtt.start()
        await until(ready)
        child.stop(((signal.SIGTERM, 15.0),))
        assert child.code == 0
        async with db.connection() as conn:
            cursor = await conn.execute("select camera from camera_health")
            assert await cursor.fetchall() == [{"camera": "gate-1"}], "written at the end, too"
        child = started(BOLO_MQTT_AGENCY="KS9999999")
        await until(lambda: _ended(child))
        assert child.code == 1
        assert "KS9999999 is not an agency of this installation" in child.tail(1)
        text = (tmp_path / "mqtt.log").read_text()
        assert USERS["bolo"] not in text
        assert "K0001" not in text
    finally:
        child.kill()


async def _unready(ready: Callable[[], Any]) -> bool:
    return not await ready()


async def _ended(child: Child) -> bool:
    return not child.running()
