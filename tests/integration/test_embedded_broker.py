"""The embedded broker: up in a moment, forgets when stopped, never in the way of the next start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from domain.errors import CannotStart
from storage.child import alive
from storage.embedded import EmbeddedBroker
from tests.integration.test_embedded_postgres import until
from tests.kafka.apache import ApacheKafka, available

pytestmark = pytest.mark.embedded

HOLDER = """
import sys, time
from pathlib import Path
from storage.embedded import EmbeddedBroker
server = EmbeddedBroker(folder=Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
time.sleep(300)
"""


async def make_topic(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1)])
    finally:
        await admin.close()


async def round_trip(bootstrap: str, topic: str, value: bytes) -> list[bytes]:
    """Send `value`, then read the topic from its beginning to its end."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()
    one = TopicPartition(topic, 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([one])
        end = (await consumer.end_offsets([one]))[one]
        got: list[bytes] = []
        while len(got) < end:
            batch = await consumer.getmany(timeout_ms=5000)
            assert batch, "nothing came in 5 s"
            got += [record.value for records in batch.values() for record in records]
        return got
    finally:
        await consumer.stop()


async def test_a_record_goes_there_and_back(broker: str) -> None:
    await make_topic(broker, "there-and-back")
    assert await round_trip(broker, "there-and-back", b"one") == [b"one"]


async def test_a_killed_broker_comes_back_at_the_same_address_and_empty(
    own_broker: EmbeddedBroker,
) -> None:
    address = own_broker.bootstrap
    await make_topic(address, "t")
    assert await round_trip(address, "t", b"one") == [b"one"]
    own_broker.kill()
    assert not own_broker.running()
    own_broker.start()
    assert own_broker.bootstrap == address
    await make_topic(address, "t")
    assert await round_trip(address, "t", b"two") == [b"two"]


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"127.0.0.1:{port}.*choose another port"):
            EmbeddedBroker(port).start()


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_port_that_cannot_be_is_refused(port: int) -> None:
    with pytest.raises(CannotStart, match="cannot listen"):
        EmbeddedBroker(port).start()


def test_a_broker_stops_with_the_bolo_that_is_killed(tmp_path: Path) -> None:
    code = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(code, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        server = int(process.stdout.readline())
        with pytest.raises(CannotStart, match=f"process {process.pid}"):
            EmbeddedBroker(folder=tmp_path).start()
        process.kill()
    until(lambda: not alive(server))
    with EmbeddedBroker(folder=tmp_path) as again:
        assert again.running()


def test_a_broker_left_running_is_ended_and_its_port_taken_over(tmp_path: Path) -> None:
    first = EmbeddedBroker(folder=tmp_path)
    first.start()
    left = first.pid
    assert first._lock
    first._lock.release()  # what the kernel does when the owner is killed
    with EmbeddedBroker(first.port, folder=tmp_path) as second:
        assert not alive(left)
        assert second.port == first.port
    first.stop()


def test_a_recorded_pid_of_another_program_is_let_be(tmp_path: Path) -> None:
    stranger = subprocess.Popen(["sleep", "300"])
    try:
        (tmp_path / "broker.pid").write_text(f"{stranger.pid}\n")
        with EmbeddedBroker(folder=tmp_path) as broker:
            assert broker.running()
        assert stranger.poll() is None
    finally:
        os.kill(stranger.pid, signal.SIGKILL)
        stranger.wait()


def test_the_brokers_log_is_bounded_and_holds_no_records(tmp_path: Path) -> None:
    (tmp_path / "broker.log").write_bytes(b"x" * 10_000_001)
    with EmbeddedBroker(folder=tmp_path):
        assert (tmp_path / "broker.log").stat().st_size < 10_000
        assert (tmp_path / "broker.log.1").stat().st_size == 10_000_001


def test_a_machine_without_java_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert available() == "java is not installed (it needs Java 17 or newer and Maven)"


@pytest.mark.durability
async def test_apache_kafka_keeps_what_it_acknowledged_through_a_kill(
    apache_kafka: ApacheKafka,
) -> None:
    topic = "kept-through-a-kill"
    await make_topic(apache_kafka.bootstrap, topic)
    assert await round_trip(apache_kafka.bootstrap, topic, b"one") == [b"one"]
    apache_kafka.kill()
    apache_kafka.start()
    assert await round_trip(apache_kafka.bootstrap, topic, b"two") == [b"one", b"two"]
