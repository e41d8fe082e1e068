"""`bolo demo`: the whole system, a simulated town, and a gateway that texts nobody real."""

from __future__ import annotations

import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bolo import logs
from bolo.roles import Role
from bolo.stack import Stack, fake_gateway_env, running
from bolo.up import until_told
from cameras.store import create_token, register_camera, revoke_label
from domain.clock import system_clock
from domain.errors import NotFound
from hotlists.importing import import_file
from notifiers import recipients
from people import store as people
from people.passwords import hash_password
from simulator import seeds
from simulator.gateway import SECRET
from storage.postgres import Connection, Database

LABEL = "demo gateway"
DISPATCHER, SECOND, OFFICER = "alvarez", "ortiz", "nguyen"


@dataclass(frozen=True)
class _Town:
    """What was made for this run."""

    password: str
    tokens: dict[str, str]


async def demo(data: Path, *, seconds: float, rate: float, port: int) -> None:
    """Run until Ctrl-C or for `seconds`. A second run finds the database of the first."""
    logs.configure(role="demo", level="error")
    gateway_port = port + 1 if port else 0
    gateway_port = gateway_port or _any_port()
    gateway_url = f"http://127.0.0.1:{gateway_port}"
    made: list[_Town] = []

    async def prepare(stack: Stack) -> AsyncIterator[None]:
        town = await _seed(stack, gateway_url)
        made.append(town)
        tokens = [f"--token={ori}={token}" for ori, token in town.tokens.items()]
        stack.supervisor.add(
            Role(
                "simulator",
                ("simulate", "--url", stack.console_url, "--rate", str(rate), *tokens),
                stops=0,
            )
        )
        yield

    gateway = Role(
        "gateway",
        ("-m", "simulator.gateway", "--port", str(gateway_port)),
        program=(sys.executable,),
        stops=2,
    )
    env = fake_gateway_env(gateway_url)
    print(f"Starting bolo in {data.absolute()} ...", flush=True)
    async with running(
        data, say=_quiet, console_port=port, env=env, roles=[gateway], prepare=prepare
    ) as stack:
        print(_welcome(stack.console_url, gateway_url, made[0].password), flush=True)
        await until_told(seconds, stack.supervisor)
        print("\nStopping ...", flush=True)
    print(f"Stopped. The database and the images are in {data.absolute()}.")


def _quiet(line: str) -> None:
    """Only what a person should know: starts and stops go to the logs folder."""
    if "again" in line or "not" in line.split():
        print(line, flush=True)


def _welcome(console: str, gateway: str, password: str) -> str:
    return f"""
  The console   {console}
  Dispatcher    name {DISPATCHER}   password {password}
  Second person name {SECOND}     password {password}   (where a hit conflicts, two must verify)
  Officer       name {OFFICER}    password {password}   (open it on a phone-sized window)
  The phones    {gateway}   what the officers' phones and the webhook receive

The first possible hit comes within seconds. Claim it, verify it, and see the SMS arrive.
Everybody of the demo has this run's password. Ctrl-C stops everything."""


async def _seed(stack: Stack, gateway_url: str) -> _Town:
    """Agencies, people, cameras, lists, recipients; what is there already is kept."""
    password = "-".join(secrets.token_hex(2) for _ in range(3))
    hashed = await hash_password(password)
    tokens: dict[str, str] = {}
    async with Database(stack.database_url, size=2) as db:
        for agency in seeds.AGENCIES:
            async with db.transaction() as conn:
                await people.create_agency(conn, agency.ori, agency.name, agency.timezone)
                await _people(conn, agency.ori, hashed)
                tokens[agency.ori] = await _cameras(conn, agency)
                await recipients.add(
                    conn,
                    agency.ori,
                    "Computer-aided dispatch",
                    "system",
                    "webhook",
                    f"{gateway_url}/webhook?agency={agency.ori}",
                    system_clock(),
                    by="demo",
                    secret=SECRET,
                    allow_private=True,
                )
            await _list(db, stack.folder, agency)
    return _Town(password, tokens)


async def _people(conn: Connection, agency: str, hashed: str) -> None:
    now = system_clock()
    for one in seeds.people(agency):
        cursor = await conn.execute("select id from people where login = %s", (one.login,))
        row = await cursor.fetchone()
        if row is not None:
            await people.change_password(conn, agency, row["id"], hashed, by="demo", now=now)
            continue
        person = await people.create_person(
            conn,
            agency,
            one.login,
            one.name,
            one.role,  # type: ignore[arg-type]
            hashed,
            badge=one.badge,
            phone=one.phone,
            by="demo",
            now=now,
        )
        if one.role == "officer":
            await recipients.add(
                conn,
                agency,
                one.name,
                "officer",
                "sms",
                one.phone,
                now,
                by="demo",
                person=person.id,
            )


async def _cameras(conn: Connection, agency: seeds.Agency) -> str:
    now = system_clock()
    for camera in agency.cameras:
        await register_camera(
            conn,
            agency.ori,
            camera.id,
            name=camera.name,
            latitude=camera.latitude,
            longitude=camera.longitude,
            heading=camera.heading,
            by="demo",
            now=now,
        )
    with suppress(NotFound):  # the token of the last run
        await revoke_label(conn, agency.ori, LABEL, now, by="demo")
    return await create_token(conn, agency.ori, LABEL, None, now, by="demo")


async def _list(db: Database, folder: Path, agency: seeds.Agency) -> None:
    """The agency's list as a file that the courier follows: change it and see."""
    path = folder / "lists" / f"{agency.ori}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(agency.hotlist)
    await import_file(
        db, agency.ori, "NCIC", path, by="demo", now=system_clock(), location=str(path)
    )


def _any_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
