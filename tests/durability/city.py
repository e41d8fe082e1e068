"""A small installation for the durability suite: real processes that may be killed at any time."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.load import csv_list
from bolo.roles import Backoff, Role
from bolo.stack import fake_gateway_env, free_ports
from bolo.supervisor import Supervisor
from cameras.store import create_token
from hotlists.configuring import ensure_source
from hotlists.refresh import refresh
from people import store as people
from people.model import Role as PersonRole
from people.passwords import hash_password
from simulator.gateway import FakeGateway
from storage.embedded import EmbeddedPostgres
from storage.kafka import ensure_topics
from storage.migrate import migrate
from storage.postgres import Database
from tests.seeding import add_recipients

AGENCY = "KS0999900"
PHONE = "+13165550104"
DISPATCHER = "alvarez"


@dataclass
class City:
    """What runs, and the keys to it."""

    url: str
    token: str
    password: str
    postgres: EmbeddedPostgres
    supervisor: Supervisor
    gateway: FakeGateway
    kills: list[str]

    def kill(self, role: str) -> None:
        """kill -9, if it runs right now; the supervisor starts it again."""
        pid = self.supervisor.pid(role)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            self.kills.append(role)

    async def restart_postgres(self) -> None:
        """Stop the server with everybody connected, and start it again."""
        await asyncio.to_thread(self.postgres.stop)
        self.postgres.start()
        self.kills.append("postgres")


@asynccontextmanager
async def city(folder: Path, kafka: str, *, entries: int, workers: int) -> AsyncIterator[City]:
    """Two alert workers or more, an archive worker, courier, console, gateway, PostgreSQL."""
    with EmbeddedPostgres(folder) as postgres:
        await asyncio.to_thread(migrate, postgres.url)
        await ensure_topics(kafka, 8)
        async with FakeGateway() as gateway:
            password = secrets.token_urlsafe(16)
            token = await _seed(postgres.url, gateway, password, entries)
            console_port, *ports = free_ports(workers + 4)
            url = f"http://127.0.0.1:{console_port}"
            env = {
                "BOLO_DATABASE_URL": postgres.url,
                "BOLO_KAFKA": kafka,
                "BOLO_DATA_DIR": str(folder),
                "BOLO_IMAGES_URL": f"file://{folder}/images",
                "BOLO_CONSOLE_PORT": str(console_port),
                "BOLO_PUBLIC_URL": url,
                **fake_gateway_env(gateway.url),
            }
            supervisor = Supervisor(
                _roles(env, ports, workers),
                say=lambda _: None,
                logs=folder / "logs",
                backoff=Backoff(first=0.2, longest=2),
            )
            try:
                await supervisor.start(90)
                yield City(url, token, password, postgres, supervisor, gateway, [])
            finally:
                await supervisor.stop()


def _roles(env: Mapping[str, str], ports: list[int], workers: int) -> list[Role]:
    def role(name: str, *args: str) -> Role:
        port = ports.pop()
        data = env["BOLO_DATA_DIR"] + "/" + name
        own = {**env, "BOLO_OPS_PORT": str(port), "BOLO_DATA_DIR": data}
        return Role(name, args, own, ready=f"http://127.0.0.1:{port}/readyz")

    return [
        *(role(f"worker-{n}", "worker") for n in range(workers)),
        role("archive", "worker", "--group", "archive"),
        role("courier", "courier"),
        role("console", "console"),
    ]


async def _seed(url: str, gateway: FakeGateway, password: str, entries: int) -> str:
    now = datetime.now(UTC)
    hashed = await hash_password(password)
    async with Database(url, size=2) as db:
        async with db.transaction() as conn:
            await people.create_agency(conn, AGENCY, "Cedar Falls KS PD", "UTC")
            for login, role, phone in (
                (DISPATCHER, PersonRole.DISPATCHER, ""),
                ("nguyen", PersonRole.OFFICER, PHONE),
            ):
                await people.create_person(
                    conn,
                    AGENCY,
                    login,
                    login.title(),
                    role,
                    hashed,
                    phone=phone,
                    by="test",
                    now=now,
                )
            await add_recipients(conn, AGENCY, PHONE, gateway, now)
            token = await create_token(conn, AGENCY, "gateway", None, now, by="test")
            source = await ensure_source(conn, AGENCY, "NCIC")
        result = await refresh(db, source, csv_list(entries), by="test", now=now)
        assert result.outcome == "active", result.sentences()
    return token
