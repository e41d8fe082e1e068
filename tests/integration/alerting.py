"""Alerts that are raised and decided in PostgreSQL, for tests of their store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from alerts.changes import CHANGED
from alerts.model import SecondSource
from alerts.raising import raise_alert
from alerts.record import AlertRecord
from alerts.store import transition
from alerts.transitions import Claim, Event, Verify
from domain.entry import Entry
from domain.place import Place
from domain.read import Read
from matchers.evidence import Evidence, Feature
from matchers.watch import Match
from people.model import Role
from people.store import create_agency, create_person
from storage.postgres import Connection, Database
from tests.seeding import ONE_PERSON, alert_of

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
ORI, OTHER_ORI = "KS0190100", "MO0500100"


async def person(db: Database, login: str, ori: str = ORI) -> UUID:
    async with db.transaction() as conn:
        await create_agency(conn, ORI, "Pittsburg Police", "America/Chicago", now=NOW)
        await create_agency(conn, OTHER_ORI, "Joplin Police", "America/Chicago", now=NOW)
        made = await create_person(
            conn, ori, login, "Maria Ortiz", Role.DISPATCHER, "no hash", by="setup", now=NOW
        )
        return made.id


ENTRY = Entry(
    entry_id=UUID("11111111-2222-5333-8444-555555555555"),
    agency=ORI,
    source="ncic",
    category="stolen-vehicle",
    priority=2,
    plate="482KTB",
    state="KS",
    nic="V123456789",
)


def match(entry: Entry = ENTRY, **more: Any) -> Match:
    values: dict[str, Any] = {
        "read_id": uuid4(),
        "agency": entry.agency,
        "camera": "4th-and-main",
        "seen_at": NOW - timedelta(seconds=3),
        "received_at": NOW - timedelta(seconds=1),
        "plate": "4B2KTB",
        "plate_raw": "4b2-ktb",
        "place": Place(name="4th and Main"),
    }
    against = Feature(
        name="color",
        words="Silver, not blue",
        expected="blue",
        seen="silver",
        weight=-2.1,
        verdict="conflict",
    )
    evidence = Evidence(
        reading="4B2KTB", tier="fuzzy-conflict", score=3.2, threshold=2.0, features=(against,)
    )
    return Match(
        read=Read(**values | more),
        entry=entry,
        evidence=evidence,
        generation=7,
        source_name="NCIC",
        list_refreshed_at=NOW - timedelta(hours=3),
        matched_at=NOW,
    )


async def raised(db: Database, one: Match | None = None, now: datetime = NOW) -> UUID:
    async with db.transaction() as conn:
        return alert_of(await raise_alert(conn, one or match(), now, policy=ONE_PERSON))


async def does(
    db: Database, which: UUID, event: Event, now: datetime = NOW, ori: str = ORI
) -> AlertRecord:
    async with db.transaction() as conn:
        actor = str(getattr(event, "by", None) or "clock")
        return await transition(conn, ori, which, event, now, actor=actor)


async def verified(db: Database, desk: UUID, one: Match | None = None) -> UUID:
    which = await raised(db, one)
    await does(db, which, Claim(desk))
    await does(db, which, Verify(desk, SecondSource.NCIC_QUERY, "NIC-7"))
    return which


async def rows(db: Database, query: str, *values: Any) -> list[tuple[Any, ...]]:
    async with db.connection() as conn:
        cursor = await conn.execute(query, values)
        return [tuple(row.values()) for row in await cursor.fetchall()]


async def events(db: Database) -> list[str]:
    found = await rows(db, "select type from events_out order by created_at, (body->>'time'), type")
    return [kind.removeprefix("bolo.alert.") for (kind,) in found]


async def everything(db: Database) -> dict[str, int]:
    tables = ("alerts", "sightings", "alert_history", "audit", "events_out", "pgqueuer")
    return {t: (await rows(db, f"select count(*) from {t}"))[0][0] for t in tables}


@asynccontextmanager
async def listening(db: Database) -> AsyncIterator[Connection]:
    conn = await db.connect_alone()
    try:
        await conn.execute(f"listen {CHANGED}")
        yield conn
    finally:
        await conn.close()


async def heard(conn: Connection, seconds: float = 0.3) -> list[str]:
    return [note.payload async for note in conn.notifies(timeout=seconds)]
