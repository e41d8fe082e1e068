"""People who reject and verify, for tests of what their decisions teach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from alerts.model import RejectReason, SecondSource
from alerts.raising import raise_alert
from alerts.record import AlertRecord
from alerts.store import transition
from alerts.transitions import Claim, Event, Reject, Verify
from domain.entry import Entry
from domain.ids import target_id
from domain.place import Place
from domain.read import Read
from hotlists.configuring import ensure_source
from hotlists.refresh import refresh
from hotlists.remembering import Memories
from matchers.evidence import Evidence, Tier
from matchers.watch import Match, Memory
from people.model import Role
from people.store import create_agency, create_person
from storage.postgres import Database
from tests.integration.alerting import rows
from tests.seeding import alert_of

NOW = datetime(2024, 11, 21, 21, 2, 9, tzinfo=UTC)
"""Long past, and so is every time from it on: what is learned at a time to come is of today."""
ORI, OTHER = "KS0190100", "MO0500100"
PLATE, READ = "ABC123", "8BC123"
HERE = Place(name="4th and Main", latitude=37.41, longitude=-94.70)


async def person(db: Database, login: str, agency: str = ORI) -> UUID:
    async with db.transaction() as conn:
        for ori in (ORI, OTHER):
            await create_agency(conn, ori, ori, "America/Chicago", now=NOW)
        made = await create_person(
            conn, agency, login, login, Role.DISPATCHER, "no hash", by="setup", now=NOW
        )
        return made.id


async def a_list(db: Database, *plates: str) -> None:
    """A list in force that wants PLATE, or these."""
    async with db.transaction() as conn:
        source = await ensure_source(conn, ORI, "NCIC")
    wanted = enumerate(plates or (PLATE,))
    data = "LIC,LIS,MKE,NIC\n" + "".join(f"{p},KS,EV,V{n:09}\n" for n, p in wanted)
    await refresh(db, source, data.encode(), by="op", now=NOW)


def match(
    plate: str = PLATE,
    reading: str = READ,
    *,
    tier: Tier = "fuzzy",
    agency: str = ORI,
    state: str = "KS",
    pattern: str = "",
    first: str = "",
    camera: str = "north-1",
    at: datetime = NOW,
    place: Place = HERE,
) -> Match:
    return Match(
        read=Read(
            read_id=uuid4(), agency=agency, camera=camera, seen_at=at, received_at=at,
            plate=first or reading, plate_raw=first or reading, place=place,
        ),
        entry=Entry(
            entry_id=uuid4(), agency=agency, source="ncic", category="stolen-vehicle", priority=2,
            plate=plate, state=state, pattern=pattern,
        ),
        evidence=Evidence(reading=reading, tier=tier, score=3.0, threshold=2.0, features=()),
        generation=1, source_name="NCIC", list_refreshed_at=NOW, matched_at=at,
        target=target_id(agency, plate, state) if plate else None,
    )  # fmt: skip


async def raised(db: Database, one: Match, now: datetime = NOW) -> UUID:
    async with db.transaction() as conn:
        return alert_of(await raise_alert(conn, one, now))


async def does(db: Database, which: UUID, event: Event, now: datetime = NOW, ori: str = ORI,
               **more: Any) -> AlertRecord:  # fmt: skip
    async with db.transaction() as conn:
        actor = str(getattr(event, "by", None) or "lists")
        return await transition(conn, ori, which, event, now, actor=actor, **more)


async def rejected(
    db: Database, by: UUID, one: Match, reason: RejectReason = RejectReason.MISREAD,
    now: datetime = NOW, ori: str = ORI, **more: Any,
) -> UUID:  # fmt: skip
    which = await raised(db, one, now)
    await does(db, which, Reject(by, reason), now, ori, **more)
    return which


async def verified(db: Database, by: UUID, one: Match, now: datetime = NOW) -> UUID:
    which = await raised(db, one, now)
    await does(db, which, Claim(by), now)
    await does(db, which, Verify(by, SecondSource.NCIC_QUERY, "NIC-7"), now)
    return which


async def remembered(db: Database, now: datetime = NOW, agency: str = ORI) -> Memory:
    """What a worker that starts now knows."""
    memories = Memories()
    async with db.transaction() as conn:
        await memories.look(conn, now)
    return memories.of(agency)


async def acts(db: Database, action: str) -> Sequence[tuple[Any, ...]]:
    return await rows(
        db, "select actor, subject, reason, detail from audit where action = %s", action
    )
