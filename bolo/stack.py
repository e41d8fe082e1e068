"""Everything on one machine: embedded servers and bolo's processes around them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bolo import list_key
from bolo.offsets import GroupOffsets
from bolo.ops import missing
from bolo.policy_file import SETTING, configured_name
from bolo.roles import Role
from bolo.stale_lists import StaleLists
from bolo.supervisor import Supervisor
from bolo.watchdog import WATCHED, Watchdog
from bolo.wiring import ended, policy_named
from domain.clock import system_clock
from simulator.gateway import ACCOUNT, SENDER, TOKEN
from storage.embedded import EmbeddedBroker, EmbeddedPostgres
from storage.kafka import ensure_topics
from storage.migrate import migrate
from storage.postgres import Database
from streams.app import Group as StreamGroup

PARTITIONS = 4
Say = Callable[[str], None]


def fake_gateway_env(url: str) -> dict[str, str]:
    """Settings with which the courier texts through simulator.gateway at `url`, and nobody real."""
    return {
        "BOLO_TWILIO_ACCOUNT_SID": ACCOUNT,
        "BOLO_TWILIO_AUTH_TOKEN": TOKEN,
        "BOLO_TWILIO_FROM": SENDER,
        "BOLO_TWILIO_API_BASE": url,
        "BOLO_WEBHOOK_ALLOW_PRIVATE": "true",
    }


@dataclass(frozen=True)
class Stack:
    """A stack that runs. `env` holds the settings its processes have, for others to join it."""

    folder: Path
    database_url: str
    kafka: str
    console_url: str
    env: Mapping[str, str]
    supervisor: Supervisor


@asynccontextmanager
async def running(
    folder: Path,
    *,
    say: Say,
    console_port: int = 0,
    env: Mapping[str, str] | None = None,
    roles: Sequence[Role] = (),
    prepare: Callable[[Stack], AsyncIterator[None]] | None = None,
    fast: bool = False,
) -> AsyncIterator[Stack]:
    """All of bolo over embedded servers in `folder`, ready to be used; stopped in order at the end.

    `env` are further settings. Raises CannotStart when the policy contradicts itself, the folder is
    in use, a port is taken, or a process does not become ready.
    """
    policy = policy_named((env or {}).get(SETTING) or configured_name())
    folder = folder.absolute()
    ports = free_ports(4 if console_port else 5)
    console_port = console_port or ports.pop()
    url = f"http://127.0.0.1:{console_port}"
    postgres = EmbeddedPostgres(folder, fast=fast)
    broker = _Broker(folder=folder)
    async with AsyncExitStack() as stack:
        postgres.start()
        stack.callback(postgres.stop)
        say("PostgreSQL is up")
        broker.spawn()
        stack.callback(broker.stop)
        await asyncio.to_thread(broker.wait)
        say("the embedded broker is up; it forgets what it holds when it stops")
        await asyncio.to_thread(migrate, postgres.url)
        settings = {
            "BOLO_DATABASE_URL": postgres.url,
            "BOLO_KAFKA": broker.bootstrap,
            "BOLO_PARTITIONS": str(PARTITIONS),
            "BOLO_DATA_DIR": str(folder),
            "BOLO_IMAGES_URL": f"file://{folder}/images",
            "BOLO_CONSOLE_PORT": str(console_port),
            "BOLO_PUBLIC_URL": url,
            **list_key.of_folder(folder),
            **(env or {}),
        }
        supervisor = Supervisor(
            [*_roles(settings, ports), *roles], (postgres, broker), say=say, logs=folder / "logs"
        )
        running_stack = Stack(folder, postgres.url, broker.bootstrap, url, settings, supervisor)
        if prepare is not None:
            await stack.enter_async_context(asynccontextmanager(prepare)(running_stack))
        stack.push_async_callback(supervisor.stop)
        await supervisor.start()
        offsets = await stack.enter_async_context(GroupOffsets(broker.bootstrap))
        db = await stack.enter_async_context(Database(postgres.url, size=2, name="bolo-watchdog"))
        checks = {"database": db.answers}
        watchdog = Watchdog(
            WATCHED, offsets.read, supervisor.restart_group, excuse=lambda: missing(checks)
        )
        ages = StaleLists(say).keep_looking(db, policy, system_clock)
        # At the end first the watchdog, then what it asks with, then the servers that it asks.
        for work in (watchdog.run(), ages):
            stack.push_async_callback(ended, supervisor.keep(work))
        yield running_stack


class _Broker(EmbeddedBroker):
    """The embedded broker with its topics: it forgets those, too, whenever it starts."""

    def wait(self) -> None:
        super().wait()
        asyncio.run(ensure_topics(self.bootstrap, PARTITIONS))


def _roles(env: Mapping[str, str], ports: list[int]) -> list[Role]:
    def role(name: str, *args: str, group: str = "") -> Role:
        port = ports.pop()
        return Role(
            name,
            args,
            {**env, "BOLO_OPS_PORT": str(port)},
            ready=f"http://127.0.0.1:{port}/readyz",
            group=group,
        )

    return [
        role("worker", "worker", group=StreamGroup.ALERTS),
        role("archive", "worker", "--group", "archive", group=StreamGroup.ARCHIVE),
        role("courier", "courier"),
        role("console", "console"),
    ]


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on right now, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
