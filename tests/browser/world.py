"""A small world for the console's tests: two agencies, their people, alerts, and a real server."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
from fastapi import FastAPI

from alerts import store as alerts
from alerts.raising import raise_alert
from cameras.directory import Directory
from cameras.intake import Intake
from console.app import create_app
from console.services import Services
from domain.clock import system_clock
from domain.entry import Entry
from domain.place import Place
from domain.read import ImageRef, Read
from domain.vehicle import Guess, VehicleSeen
from matchers.evidence import Evidence
from matchers.judging import explain
from matchers.scales import Scales
from matchers.watch import Match
from notifiers.channels.sms import SmsChannel, SmsConfig
from people.model import Person, Role
from people.passwords import hash_password
from people.store import create_agency, create_person
from policy.model import Policy
from simulator.pictures import Scene, plate_jpeg, vehicle_jpeg
from storage.images import ImageStore
from storage.kafka import Producer
from storage.postgres import Database
from tests.seeding import ONE_PERSON, alert_of
from tests.serving import serve

CEDAR, WALNUT = "KS0190100", "KS0999900"
PASSWORD = "quiet river under cottonwoods"


@cache
def _hash() -> str:
    """One argon2 hash for everybody: hashing is slow on purpose."""
    result: list[str] = []

    async def run() -> None:
        result.append(await hash_password(PASSWORD))

    import threading

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    thread.join()
    return result[0]


@dataclass
class World:
    """What a test can ask for. `url` is the running console's address."""

    db: Database
    images: ImageStore
    url: str = ""
    people: dict[str, Person] = field(default_factory=dict)
    broker_is_there: bool = True
    app: FastAPI | None = None

    async def add(
        self, login: str, name: str, role: Role, agency: str = CEDAR, badge: str = ""
    ) -> Person:
        """A person who logs in with PASSWORD."""
        async with self.db.transaction() as conn:
            person = await create_person(
                conn,
                agency,
                login,
                name,
                role,
                _hash(),
                badge=badge,
                by="test",
                now=system_clock(),
            )
        self.people[login] = person
        return person

    async def raise_(self, match: Match, policy: Policy = ONE_PERSON) -> UUID:
        """The alert that the match opens or belongs to; its pictures are in the store."""
        async with self.db.transaction() as conn:
            return alert_of(await raise_alert(conn, match, system_clock(), policy=policy))

    async def list_of(self, name: str, age: timedelta, agency: str = CEDAR) -> None:
        """A list of the agency whose last good refresh is `age` ago."""
        async with self.db.transaction() as conn:
            source = uuid4()
            await conn.execute(
                "insert into hotlist_sources (id, agency, name, kind) values (%s, %s, %s, 'csv')",
                (source, agency, name),
            )
            await conn.execute(
                "insert into generations (source, number, state, sha256, entries, rows,"
                " refreshed_at, requested_by) values (%s, 1, 'active', %s, 4211, 4211, %s, 'test')",
                (source, b"0" * 32, system_clock() - age),
            )

    async def state(self, alert: UUID, agency: str = CEDAR) -> str:
        """Where the alert stands."""
        async with self.db.transaction() as conn:
            return str((await alerts.load(conn, agency, alert)).alert.state)

    async def code(self, alert: UUID, agency: str = CEDAR) -> str:
        """The code an SMS would name."""
        async with self.db.transaction() as conn:
            return (await alerts.load(conn, agency, alert)).code

    async def audited(self, action: str) -> list[dict[str, Any]]:
        """The audit rows of an action."""
        async with self.db.connection() as conn:
            rows = await conn.execute(
                "select * from audit where action = %s order by at", (action,)
            )
            return await rows.fetchall()

    async def possible_hit(
        self,
        *,
        read: str = "482KT8",
        entry: str = "482KTB",
        agency: str = CEDAR,
        pictures: bool = True,
        evidence: Evidence | None = None,
        age: timedelta = timedelta(seconds=149),
        place: str = "US-77 at 5th Ave",
        seen_color: str = "silver",
        **changes: Any,
    ) -> Match:
        """A match as the engine makes it: a stolen Hyundai, 8 for B, silver for blue."""
        now = system_clock()
        scene = Scene(entry, "KS", seen_color, "sedan", night=True)
        seen = Read(
            read_id=uuid4(), agency=agency, camera="CF-07", seen_at=now - age,
            received_at=now - age + timedelta(seconds=1), plate=read, plate_raw=read,
            confidence=0.91, state=changes.pop("read_state", "KS"), state_confidence=0.88,
            vehicle=VehicleSeen(
                make=(Guess("Hyundai", 0.83),), color=(Guess(seen_color, 0.92),),
                body=(Guess("sedan", 0.95),),
            ),
            place=Place(name=place, latitude=37.24, longitude=-96.99, heading=2.0),
        )  # fmt: skip
        if pictures:
            kinds = {"plate": plate_jpeg(scene), "vehicle": vehicle_jpeg(scene)}
            refs = []
            for kind, data in kinds.items():
                key = f"{agency}/{seen.read_id}/{kind}.jpg"
                await self.images.put(key, data, "image/jpeg")
                digest = hashlib.sha256(data).hexdigest()
                refs.append(ImageRef(kind=kind, key=key, sha256=digest))  # type: ignore[arg-type]
            seen = msgspec.structs.replace(seen, images=tuple(refs))
        wanted = Entry(
            entry_id=uuid4(), agency=agency, source="ncic", plate=entry, plate_raw=entry,
            **{
                "category": "stolen-vehicle", "priority": 2, "state": "KS", "plate_type": "PC",
                "year": "2019", "make": "HYUN", "model": "ELA", "style": "4D", "color": "BLU",
                "ori": WALNUT, "nic": "V512049773", "oca": "WC-26-03318", "mke": "EV",
                "entered": "2026-11-18", "caution": "Firearm reported in the vehicle", **changes,
            },
        )  # fmt: skip
        found = evidence or explain(seen, wanted, Scales())
        assert found is not None
        return Match(
            read=seen, entry=wanted, evidence=found, generation=7, source_name="NCIC",
            list_refreshed_at=now - timedelta(hours=14), matched_at=now,
        )  # fmt: skip

    def client(self, **options: Any) -> httpx.AsyncClient:
        """A client of the running console that follows nothing."""
        return httpx.AsyncClient(base_url=self.url, timeout=20, **options)

    @asynccontextmanager
    async def logged_in(self, login: str) -> AsyncIterator[httpx.AsyncClient]:
        """A client with a session; its X-CSRF header is set."""
        async with self.client() as client:
            answer = await client.post("/login", data={"name": login, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
            async with self.db.connection() as conn:
                cursor = await conn.execute(
                    "select csrf from sessions where person = %s order by created_at desc limit 1",
                    (self.people[login].id,),
                )
                row = await cursor.fetchone()
            assert row is not None
            client.headers["X-CSRF"] = row["csrf"]
            yield client


def services(world: World, public_url: str = "http://127.0.0.1") -> Services:
    """Real parts; only the broker is not there, and says so when it is asked to take reads."""

    async def broker_ready() -> bool:
        return world.broker_is_there

    producer = Producer("127.0.0.1:9", timeout=1.0)
    intake = Intake(producer, world.images, Directory(world.db), system_clock)
    sms = SmsChannel(SmsConfig("AC" + "0" * 32, "token", "+16205550142", public_url))
    return Services(world.db, system_clock, public_url, world.images, intake, sms, broker_ready)


@asynccontextmanager
async def world_of(db: Database, folder: Path) -> AsyncIterator[World]:
    """Two agencies, a dispatcher, a supervisor, officers, an admin; the console is running."""
    world = World(db, ImageStore(folder.as_uri()))
    async with db.transaction() as conn:
        await create_agency(conn, CEDAR, "Cedar Falls KS PD", "America/Chicago")
        await create_agency(conn, WALNUT, "Walnut County KS SO", "America/Chicago")
    await world.add("m.alvarez", "M. Alvarez", Role.DISPATCHER)
    await world.add("j.ortiz", "J. Ortiz", Role.DISPATCHER)
    await world.add("whitfield", "Sgt. Whitfield", Role.SUPERVISOR)
    await world.add("ruiz", "Ofc. Ruiz", Role.OFFICER, badge="214")
    await world.add("admin", "A. Okafor", Role.ADMIN)
    await world.add("walnut.desk", "D. Hale", Role.DISPATCHER, WALNUT)
    await world.add("walnut.ofc", "Dep. Reyes", Role.OFFICER, WALNUT)
    wired = services(world)
    app = create_app(wired)
    async with serve(app) as url:
        world.app, world.url = app, url
        try:
            yield world
        finally:
            if wired.sms is not None:
                await wired.sms.aclose()
