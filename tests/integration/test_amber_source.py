"""AMBER alerts from a feed to what a worker matches: begun, changed, cancelled, confirmed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from domain.place import Place
from domain.read import Read
from domain.vehicle import Guess, VehicleSeen
from hotlists import confirming
from hotlists.answering import pending_of, row_of
from hotlists.configuring import ensure_source
from hotlists.keeper import WatchKeeper
from hotlists.model import HotlistSource, RefreshResult
from hotlists.refresh import refresh
from matchers.engine import match
from matchers.watch import Match
from policy.loading import standard
from storage.postgres import Database
from tests.cap_documents import alert, area, document, info, reference

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
LATER = "2026-11-21T22:30:00-06:00"
SENT = "2026-11-21T21:00:00-06:00"
AGENCY = "KS0190100"
PERSON = UUID("00000000-0000-4000-8000-000000000001")


@pytest.fixture
async def source(db: Database) -> HotlistSource:
    async with db.transaction() as conn:
        await conn.execute(
            "insert into agencies (ori, name) values (%s, 'Pittsburg PD')", (AGENCY,)
        )
        await conn.execute(
            "insert into people (id, agency, login, name, role, password_hash)"
            " values (%s, %s, 'dana', 'Dana', 'dispatcher', 'x')",
            (PERSON, AGENCY),
        )
        return await ensure_source(conn, AGENCY, "AMBER", "amber")


async def told(db: Database, source: HotlistSource, data: bytes, minutes: int = 0) -> RefreshResult:
    return await refresh(db, source, data, by="feed", now=NOW + timedelta(minutes=minutes))


async def seen(db: Database, folder: Path, plate: str, **more: object) -> list[Match]:
    """What a worker makes of a read right now."""
    keeper = WatchKeeper(db, lambda: NOW, folder)
    await keeper.load_once()
    watch = keeper.watch(AGENCY)
    if watch is None:
        return []
    moment = NOW + timedelta(hours=1)
    read = Read(
        read_id=UUID(int=1),
        agency=AGENCY,
        camera="gate-1",
        seen_at=moment,
        received_at=moment,
        plate=plate,
        plate_raw=plate,
        **more,  # type: ignore[arg-type]
    )
    return match([read], watch, moment)


SURE = alert(info("A blue 2014 Nissan Versa, Kansas license plate 482KTB."), identifier="A")
CANCEL = alert(identifier="C", msg_type="Cancel", sent=LATER, references=reference("A", SENT))


async def test_an_alert_is_matched_until_it_is_cancelled(
    db: Database, source: HotlistSource, tmp_path: Path
) -> None:
    result = await told(db, source, document(SURE))
    assert (result.outcome, result.entries, result.rows) == ("active", 1, 1)
    (found,) = await seen(db, tmp_path, "482KTB")
    assert (found.entry.category, found.entry.priority) == ("amber", 1)
    assert (found.entry.state, found.entry.make) == ("KS", "Nissan")
    result = await told(db, source, document(CANCEL), minutes=40)
    assert (result.outcome, result.entries) == ("active", 0)
    assert await seen(db, tmp_path, "482KTB") == []


async def test_a_feed_that_says_the_same_confirms_the_list_and_stores_nothing(
    db: Database, source: HotlistSource
) -> None:
    first = await told(db, source, document(SURE))
    for minute in range(1, 4):
        again = await told(db, source, document(SURE), minute)
        assert (again.outcome, again.generation) == ("unchanged", first.generation)
    async with db.connection() as conn:
        cursor = await conn.execute(
            "select count(*) as n, max(refreshed_at) as at from generations"
        )
        row = await cursor.fetchone()
    assert row is not None
    assert (row["n"], row["at"]) == (1, NOW + timedelta(minutes=3))


async def test_an_alert_that_ends_and_one_that_begins_again_are_no_old_file(
    db: Database, source: HotlistSource
) -> None:
    await told(db, source, document(SURE))
    await told(db, source, document(CANCEL), 40)
    again = alert(info("Kansas license plate 482KTB, a blue Nissan Versa."), identifier="B")
    result = await told(db, source, document(again), 50)
    assert (result.outcome, result.entries) == ("active", 1)


async def test_an_alert_without_a_plate_is_an_entry_by_description(
    db: Database, source: HotlistSource, tmp_path: Path
) -> None:
    words = "A white 2019 Ford Explorer SUV was last seen near Pittsburg."
    where = area("Pittsburg", circle="37.41,-94.70 40")
    assert (await told(db, source, document(alert(info(words, areas=[where]))))).entries == 1
    car = VehicleSeen(
        make=(Guess("Ford", 0.9),), color=(Guess("white", 0.9),), body=(Guess("suv", 0.9),)
    )
    near, far = Place(latitude=37.4, longitude=-94.7), Place(latitude=39.1, longitude=-94.6)
    (found,) = await seen(db, tmp_path, "771XYZ", vehicle=car, place=near)
    assert found.evidence.tier == "description"
    assert await seen(db, tmp_path, "771XYZ", vehicle=car, place=far) == []
    other = VehicleSeen(make=(Guess("Honda", 0.9),), color=(Guess("white", 0.9),))
    assert await seen(db, tmp_path, "771XYZ", vehicle=other, place=near) == []


async def test_what_is_unclear_waits_for_a_person_and_ends_with_its_alert(
    db: Database, source: HotlistSource, tmp_path: Path
) -> None:
    doubtful = alert(info("Suspect drives a Nissan, MO 7GH T21."), identifier="A")
    result = await told(db, source, document(doubtful))
    assert (result.entries, result.waiting) == (0, 1)
    assert await seen(db, tmp_path, "7GHT21") == []
    async with db.connection() as conn:
        (waiting,) = await confirming.waiting(conn, AGENCY)
    pending = pending_of(waiting.body)
    (question,) = [q for q in pending.questions if q.marks]
    start, end = question.marks[0]
    assert "7GH T21" in question.text[start:end]
    number = next(n for n, c in enumerate(pending.candidates) if c.plate == "7GHT21")
    async with db.transaction() as conn:
        await confirming.confirm(
            conn,
            source,
            waiting.id,
            row_of(waiting.body, number),
            standard(),
            by=PERSON,
            reason="asked the issuing agency by phone",
            now=NOW,
        )
    (found,) = await seen(db, tmp_path, "7GHT21")
    assert (found.entry.category, found.change) == ("amber", 1)
    await told(db, source, document(doubtful), 1)
    assert len(await seen(db, tmp_path, "7GHT21")) == 1, "asked again, it is what was confirmed"
    await told(db, source, document(CANCEL), 40)
    assert await seen(db, tmp_path, "7GHT21") == []


async def test_a_cancel_recalls_what_rests_on_it(db: Database, source: HotlistSource) -> None:
    await told(db, source, document(SURE))
    async with db.connection() as conn:
        before = await (await conn.execute("select count(*) as n from pgqueuer")).fetchone()
        await told(db, source, document(CANCEL), 40)
        after = await (await conn.execute("select count(*) as n from pgqueuer")).fetchone()
    assert before is not None
    assert after is not None
    assert after["n"] == before["n"] + 3, "alerts are looked at now, in 10 s and in two minutes"


async def test_a_memory_that_cannot_be_read_is_no_empty_one(
    db: Database, source: HotlistSource, tmp_path: Path
) -> None:
    await told(db, source, document(SURE))
    async with db.transaction() as conn:
        await conn.execute("update hotlist_sources set remembered = '{\"alerts\": 7}'")
    other = alert(info("White 2019 Ford Explorer, Kansas license plate 771XYZ."), identifier="Z")
    result = await told(db, source, document(other), 5)
    assert (result.outcome, [f.guard for f in result.findings]) == ("quarantined", ["forgot"])
    assert len(await seen(db, tmp_path, "482KTB")) == 1
