"""The supervisor with real processes: crashes, Ctrl-C, kill -9, dying servers, order of stops."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bolo.ops import ANY, OpsServer
from bolo.roles import Backoff, Role
from bolo.supervisor import Supervisor
from domain.errors import CannotStart
from storage.child import alive
from storage.embedded import EmbeddedBroker
from tests.integration.test_embedded_postgres import until

PYTHON = (sys.executable, "-c")
SLEEPER = "import time; time.sleep(300)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print('never', flush=True); time.sleep(300)"
)


async def happens(true: Callable[[], object], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)


def role(name: str, code: str, **more: object) -> Role:
    return Role(name, (code,), program=PYTHON, **more)  # type: ignore[arg-type]


class Said(list[str]):
    """What the supervisor said, and whether it said something like it."""

    def like(self, *words: str) -> bool:
        return any(all(word in line for word in words) for line in self)


async def test_a_killed_role_is_started_again_and_said_so() -> None:
    said = Said()
    supervisor = Supervisor([role("worker", SLEEPER)], say=said.append, backoff=Backoff(first=0.05))
    await supervisor.start()
    first = supervisor.pid("worker")
    assert first
    os.kill(first, signal.SIGKILL)
    await happens(lambda: supervisor.pid("worker") not in (None, first))
    assert said.like("worker was ended by signal 9", "starting it again in 0.05 s")
    second = supervisor.pid("worker")
    await supervisor.stop()
    assert second
    assert not alive(second)


async def test_one_that_crashes_at_once_is_tried_ever_more_rarely() -> None:
    said = Said()
    supervisor = Supervisor(
        [role("bad", "raise SystemExit(3)")], say=said.append, backoff=Backoff(0.05, 0.2)
    )
    await supervisor.start()
    await happens(lambda: sum("ended with code 3" in line for line in said) >= 4)
    await supervisor.stop()
    pauses = [line.split("again in ")[1] for line in said if "again in" in line][:4]
    assert pauses == ["0.05 s", "0.1 s", "0.2 s", "0.2 s"]


async def test_one_that_may_end_is_not_started_again() -> None:
    said = Said()
    supervisor = Supervisor([role("simulator", "pass", restart=False)], say=said.append)
    await supervisor.start()
    await happens(lambda: said.like("simulator ended with code 0"))
    await asyncio.sleep(0.3)
    assert sum("started" in line for line in said) == 1
    await supervisor.stop()


async def test_one_that_will_not_stop_is_ended_after_its_time(tmp_path: Path) -> None:
    said = Said()
    supervisor = Supervisor(
        [role("stubborn", STUBBORN, stop_seconds=0.3)], say=said.append, logs=tmp_path
    )
    await supervisor.start()
    await happens(lambda: (tmp_path / "stubborn.log").read_text())  # then it ignores SIGTERM
    pid = supervisor.pid("stubborn")
    await supervisor.stop()
    assert pid
    assert not alive(pid)
    assert said.like("stubborn does not stop; ending it")


class Noted:
    """A server that only notes what is done to it."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self.name = name
        self._notes = notes
        self._up = False

    def running(self) -> bool:
        return self._up

    def spawn(self) -> None:
        self._up = True

    def wait(self) -> None:
        self._notes.append(f"{self.name} is up")

    def stop(self) -> None:
        self._up = False
        self._notes.append(f"{self.name} stopped")


async def test_servers_start_first_and_stop_last_and_roles_stop_by_rank() -> None:
    said = Said()
    servers = [Noted("PostgreSQL", said), Noted("broker", said)]
    roles = [
        role("worker", SLEEPER),
        role("console", SLEEPER),
        role("simulator", SLEEPER, stops=0),
    ]
    supervisor = Supervisor(roles, servers, say=said.append)
    await supervisor.start()
    await supervisor.stop()
    order = [line for line in said if "stop" in line]
    assert order[0] == "stopping simulator"
    assert set(order[1:3]) == {"stopping worker", "stopping console"}
    assert order[3:] == [
        "stopping broker",
        "broker stopped",
        "stopping PostgreSQL",
        "PostgreSQL stopped",
    ]
    assert said[:3] == ["PostgreSQL is up", "PostgreSQL is up", "broker is up"]


@pytest.mark.embedded
async def test_a_server_that_dies_is_started_again_at_its_address() -> None:
    said = Said()
    broker = EmbeddedBroker()
    supervisor = Supervisor([], [broker], say=said.append, backoff=Backoff(first=0.05))
    await supervisor.start()
    address = broker.bootstrap
    os.kill(broker.pid, signal.SIGKILL)
    await happens(lambda: said.like("Kafka broker is up again"))
    assert broker.running()
    assert broker.bootstrap == address
    await supervisor.stop()
    assert not broker.running()


async def test_a_role_that_is_not_ready_in_time_names_what_is_missing() -> None:
    async def no() -> bool:
        return False

    async with OpsServer(ANY, {"database": no}) as ops:
        supervisor = Supervisor([role("w", SLEEPER, ready=f"{ops.url}/readyz")], say=Said().append)
        with pytest.raises(CannotStart, match=r"w is not ready after 0\.3 s: database"):
            await supervisor.run(ready_seconds=0.3)
        assert supervisor.pid("w") is None


async def test_the_end_of_a_log_explains_a_role_that_never_came_up(tmp_path: Path) -> None:
    code = "print('the list is missing', flush=True); import time; time.sleep(300)"
    log = tmp_path / "w.log"

    async def hangs_up(_: asyncio.StreamReader, caller: asyncio.StreamWriter) -> None:
        await happens(lambda: log.read_text())  # not earlier: there would be no end to show
        caller.close()

    async with await asyncio.start_server(hangs_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        at = f"http://127.0.0.1:{port}/readyz"
        supervisor = Supervisor([role("w", code, ready=at)], say=Said().append, logs=tmp_path)
        with pytest.raises(CannotStart, match=r"(?s)it does not answer.*the list is missing"):
            await supervisor.run(ready_seconds=0.5)
    assert "the list is missing" in log.read_text()


async def test_a_log_that_grows_without_end_is_set_aside(data_folder: Path) -> None:
    code = (
        "import os, sys, time\n"
        "for _ in range(10):\n"
        "    sys.stdout.write('x' * 1_000_000)\n"
        "sys.stdout.flush()\n"
        "print('y', flush=True)\n"  # what makes it too large comes in one piece
        "while os.fstat(1).st_size:\n"  # until it was set aside
        "    time.sleep(0.02)\n"
        "print('the next line', flush=True)\n"
        "time.sleep(300)"
    )
    supervisor = Supervisor([role("w", code)], say=Said().append, logs=data_folder)
    await supervisor.start()
    log = data_folder / "w.log"
    await happens(lambda: log.exists() and log.read_text() == "the next line\n")
    assert (data_folder / "w.log.1").stat().st_size == 10_000_002
    await supervisor.stop()


async def test_a_run_of_some_seconds_stops_by_itself() -> None:
    said = Said()
    supervisor = Supervisor([role("w", SLEEPER)], say=said.append)
    start = time.monotonic()
    await supervisor.run(seconds=0.3)
    assert time.monotonic() - start < 5
    assert said[-1] == "stopping w"


async def test_a_group_is_stopped_and_started_though_its_process_is_frozen() -> None:
    said = Said()
    roles = [role("worker", SLEEPER, group="bolo-alerts"), role("courier", SLEEPER)]
    supervisor = Supervisor(roles, say=said.append, backoff=Backoff(first=0.05))
    await supervisor.start()
    first, courier = supervisor.pid("worker"), supervisor.pid("courier")
    assert first
    os.kill(first, signal.SIGSTOP)
    await supervisor.restart_group("bolo-alerts", "nothing committed for 30 s")
    await happens(lambda: supervisor.pid("worker") not in (None, first))
    assert not alive(first)
    assert supervisor.pid("courier") == courier
    assert said.like("worker: nothing committed for 30 s; starting it anew")
    await supervisor.stop()


async def test_what_fails_beside_the_roles_stops_everything_and_is_raised() -> None:
    async def fails() -> None:
        msg = "a defect"
        raise ValueError(msg)

    said = Said()
    supervisor = Supervisor([role("w", SLEEPER)], say=said.append)
    supervisor.keep(fails())
    with pytest.raises(ValueError, match="a defect"):
        await supervisor.run()
    assert said.like("the supervisor itself failed (ValueError)")
    assert supervisor.pid("w") is None


WHOLE = """
import asyncio, sys
from pathlib import Path
from bolo.roles import Role
from bolo.supervisor import Supervisor
from storage.embedded import EmbeddedBroker, EmbeddedPostgres

folder = Path(sys.argv[1])
postgres, broker = EmbeddedPostgres(folder, fast=True), EmbeddedBroker(folder=folder)
postgres.start()
broker.start()
writer = '''
import signal, sys, time
import psycopg
def last(*_):
    with psycopg.connect(sys.argv[1], autocommit=True) as conn:
        conn.execute("insert into words values ('the last word')")
    sys.exit(0)
signal.signal(signal.SIGTERM, last)
with psycopg.connect(sys.argv[1], autocommit=True) as conn:
    conn.execute("create table if not exists words (word text)")
print("writing", flush=True)
while True:
    time.sleep(1)
'''
role = Role("writer", (writer, postgres.url), program=(sys.executable, "-c"))
supervisor = Supervisor([role], [postgres, broker], say=lambda line: print(line, flush=True))
print("servers", postgres.pid, broker.pid, flush=True)
asyncio.run(supervisor.run())
print("all stopped", flush=True)
"""


@pytest.fixture
def whole(data_folder: Path) -> subprocess.Popen[str]:
    """A supervisor of both embedded servers and a role that writes its last word when it stops."""
    return subprocess.Popen(
        [sys.executable, "-c", WHOLE, str(data_folder)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def pids(whole: subprocess.Popen[str]) -> list[int]:
    """Of the two servers and the role, once the role writes and was said to have started."""
    found: list[int] = []
    writes = False
    assert whole.stdout is not None
    for line in whole.stdout:
        words = line.replace(")", "").split()
        if words[0] == "servers":
            found += [int(words[1]), int(words[2])]
        if words[:2] == ["writer", "started"]:
            found.append(int(words[-1]))
        writes = writes or words == ["writing"]
        if writes and len(found) == 3:
            return found
    raise AssertionError(found)


@pytest.mark.embedded
def test_ctrl_c_lets_a_role_write_its_last_word_before_the_database_stops(
    data_folder: Path, whole: subprocess.Popen[str]
) -> None:
    from storage.embedded import EmbeddedPostgres
    from tests.integration.test_embedded_postgres import words

    with whole:
        children = pids(whole)
        os.killpg(whole.pid, signal.SIGINT)  # what a terminal does at Ctrl-C
        said = whole.stdout.read() if whole.stdout else ""
        assert whole.wait(20) == 0
    assert said.splitlines() == [
        "stopping writer",
        "stopping Kafka broker",
        "stopping PostgreSQL",
        "all stopped",
    ]
    assert not any(alive(pid) for pid in children)
    with EmbeddedPostgres(data_folder, fast=True) as server:
        assert words(server) == ["the last word"]


@pytest.mark.embedded
def test_kill_9_of_the_supervisor_leaves_no_orphan(whole: subprocess.Popen[str]) -> None:
    with whole:
        children = pids(whole)
        assert len(children) == 3
        whole.kill()
    until(lambda: not any(alive(pid) for pid in children))
