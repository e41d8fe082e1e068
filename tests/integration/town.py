"""A town for tests of the whole path: the embedded stack, two agencies, a gateway, real HTTP."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import httpx

from bolo.stack import Stack, fake_gateway_env, running
from cameras.store import create_token
from hotlists.configuring import ensure_source
from hotlists.refresh import refresh
from people import store as people
from people.model import Role
from people.passwords import hash_password
from simulator.gateway import FakeGateway
from storage.postgres import Database
from tests.seeding import add_recipients

AGENCY = "KS0999900"
OTHER = "KS0999800"
PHONE = "+13165550104"
HEADER = "LIC,LIS,LIY,LIT,VIN,VYR,VMA,VMO,VST,VCO,ORI,NIC,OCA,MKE\n"
T = TypeVar("T")


@dataclass
class Town:
    stack: Stack
    gateway: FakeGateway
    token: str
    password: str

    async def list_of(
        self, *plates: tuple[str, str], agency: str = AGENCY, looks: str = "HYUN,ELA,4D,BLU"
    ) -> None:
        """A list of just these plates, in force in the worker. `looks` are VMA, VMO, VST and
        VCO."""
        rows = [
            f"{plate},{state},2027,PC,,2019,{looks},{agency},V{n:06d}{plate},CF-{n},EV\n"
            for n, (plate, state) in enumerate(plates)
        ]
        name = f"test {secrets.token_hex(4)}"
        async with Database(self.stack.database_url, size=2) as db:
            async with db.transaction() as conn:
                source = await ensure_source(conn, agency, name)
            body = (HEADER + "".join(rows)).encode()
            done = await refresh(db, source, body, by="test", now=datetime.now(UTC))
        assert done.outcome == "active", done.sentences()
        await self.in_force(agency, name)

    async def in_force(self, agency: str, name: str) -> None:
        """Return once the worker says that it matches against the first generation of a list."""
        ready = self.stack.supervisor._running["worker"].role.ready
        said = f'bolo_watch_generation{{agency="{agency}",source="{name}"}} 1.0'

        async def is_said() -> bool:
            return said in (await http.get("/metrics")).text.splitlines()

        async with httpx.AsyncClient(base_url=ready.removesuffix("/readyz"), timeout=20) as http:
            await until(is_said)

    async def query(self, text: str, *values: object) -> list[dict[str, Any]]:
        async with Database(self.stack.database_url, size=2) as db, db.connection() as conn:
            return await (await conn.execute(text.encode(), values)).fetchall()

    async def post(self, *reads: dict[str, Any]) -> None:
        """As a gateway posts; 202 is required."""
        async with httpx.AsyncClient(base_url=self.stack.console_url, timeout=20) as http:
            answer = await http.post(
                "/api/reads", json=list(reads), headers={"Authorization": f"Bearer {self.token}"}
            )
        assert answer.status_code == 202, answer.text

    async def raised(self, plate: str) -> list[dict[str, Any]]:
        """The alerts for an entry of that plate."""
        return await self.query("select * from alerts where match->'entry'->>'plate' = %s", plate)


@asynccontextmanager
async def a_town() -> AsyncIterator[Town]:
    """A running stack with two agencies, a dispatcher, an officer, and the fake gateway."""
    password = secrets.token_urlsafe(16)
    with TemporaryDirectory(prefix="bolo-test-", ignore_cleanup_errors=True) as folder:
        async with FakeGateway() as gateway:
            env = fake_gateway_env(gateway.url)
            started = running(Path(folder), say=lambda _: None, env=env, fast=True)
            async with started as stack:
                token = await _seed(stack.database_url, gateway, password)
                yield Town(stack, gateway, token, password)


async def _seed(url: str, gateway: FakeGateway, password: str) -> str:
    now = datetime.now(UTC)
    hashed = await hash_password(password)
    async with Database(url, size=2) as db, db.transaction() as conn:
        for ori, name in ((AGENCY, "Cedar Falls KS PD"), (OTHER, "Walnut County KS SO")):
            await people.create_agency(conn, ori, name, "America/Chicago")
        for agency, login, role, phone in (
            (AGENCY, "alvarez", Role.DISPATCHER, ""),
            (AGENCY, "nguyen", Role.OFFICER, PHONE),
            (OTHER, "hale", Role.DISPATCHER, ""),
        ):
            await people.create_person(
                conn, agency, login, login.title(), role, hashed, phone=phone, by="test", now=now
            )
        await add_recipients(conn, AGENCY, PHONE, gateway, now)
        return await create_token(conn, AGENCY, "gateway", None, now, by="test")


async def until(look: Callable[[], Awaitable[T]], seconds: float = 30) -> T:
    async with asyncio.timeout(seconds):
        while not (found := await look()):
            await asyncio.sleep(0.05)
        return found


def read_of_plate(plate: str) -> dict[str, Any]:
    """A native read of that plate, right now."""
    return {
        "camera": "CF-07",
        "plate": plate,
        "state": "KS",
        "confidence": 0.97,
        "seen_at": datetime.now(UTC).isoformat(),
    }
