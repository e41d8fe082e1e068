"""The alert's life in PostgreSQL: one alert or one sighting a match, whatever is replayed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from alerts.model import RejectReason, SecondSource, State
from alerts.raising import raise_alert
from alerts.store import (
    by_code,
    history,
    load,
    queue,
    recent,
    sightings,
    transition,
)
from alerts.transitions import Claim, Recall, Reject, Verify
from domain.entry import Entry
from domain.ids import alert_id
from domain.place import Place
from records.audit import verify
from storage.postgres import Database
from tests.integration.alerting import (
    ENTRY,
    NOW,
    ORI,
    does,
    events,
    everything,
    match,
    person,
    raised,
    rows,
)
from tests.seeding import alert_of


@pytest.fixture
async def desk(db: Database) -> UUID:
    """Two agencies, and a dispatcher of the first."""
    return await person(db, "m.ortiz")


async def test_a_match_raises_an_alert_with_everything_that_belongs_to_it(
    db: Database, desk: UUID
) -> None:
    one = match()
    async with db.transaction() as conn:
        result = await raise_alert(conn, one, NOW)
        assert result.alert is not None
        assert (result.new_alert, result.new_sighting) == (True, True)
        assert result.alert == alert_id(ENTRY.entry_id, one.read.read_id)
        record = await load(conn, ORI, result.alert)
        assert record.match == one
        assert await sightings(conn, ORI, result.alert) == [one]
        assert [r.alert.id for r in await queue(conn, ORI)] == [result.alert]
        assert await by_code(conn, ORI, f" {record.code.lower()} ") == record
        (first,) = await history(conn, ORI, result.alert)
    assert (record.alert.state, record.alert.version, record.sightings) == (State.RAISED, 1, 1)
    assert (record.number, record.priority, record.late) == ("26-00001", 2, False)
    assert (first.event, first.person, first.version) == ("raised", None, 1)
    assert await rows(
        db, "select actor, action, subject from audit where subject like 'alert:%%'"
    ) == [("matcher", "alert.raised", f"alert:{result.alert}")]
    assert await events(db) == []
    assert desk is not None


@pytest.mark.usefixtures("desk")
async def test_one_match_twice_is_one_alert_and_one_sighting(db: Database) -> None:
    one = match()
    which = await raised(db, one)
    before = await everything(db)
    async with db.transaction() as conn:
        again = await raise_alert(conn, one, NOW + timedelta(minutes=1))
    assert (again.alert, again.new_alert, again.new_sighting) == (which, False, False)
    assert await everything(db) == before


@pytest.mark.usefixtures("desk")
async def test_one_match_by_eight_workers_at_once_is_one_alert(
    db: Database, database_url: str
) -> None:
    one = match()
    async with Database(database_url, size=8) as other:
        pools = [db, other] * 4
        found = await asyncio.gather(*(raised(pool, one) for pool in pools))
    assert len(set(found)) == 1
    counts = await everything(db)
    assert (counts["alerts"], counts["sightings"], counts["alert_history"]) == (1, 1, 1)
    assert (await verify(db)).ok


@pytest.mark.usefixtures("desk")
async def test_many_reads_of_one_entry_at_once_are_one_alert_and_as_many_sightings(
    db: Database, database_url: str
) -> None:
    matches = [match(seen_at=NOW - timedelta(seconds=n)) for n in range(24)]
    async with Database(database_url, size=8) as other:
        found = await asyncio.gather(
            *(raised(pool, one) for one in matches for pool in (db, other))
        )
    assert len(set(found)) == 1
    async with db.connection() as conn:
        record = await load(conn, ORI, found[0])
        assert len(await sightings(conn, ORI, found[0])) == 24
    assert record.sightings == 24
    assert (record.first_seen_at, record.last_seen_at) == (NOW - timedelta(seconds=23), NOW)
    assert (await everything(db))["alerts"] == 1
    assert (await verify(db)).ok


@pytest.mark.usefixtures("desk")
async def test_entries_at_once_get_numbers_without_a_gap_and_codes_of_their_own(
    db: Database,
) -> None:
    entries = [
        Entry(entry_id=uuid4(), agency=ORI, source="s", category="local", priority=3, plate=f"A{n}")
        for n in range(20)
    ]
    await asyncio.gather(*(raised(db, match(e)) for e in entries))
    numbers = await rows(db, "select number from alerts order by number")
    assert [n for (n,) in numbers] == [f"26-{n:05d}" for n in range(1, 21)]
    ((codes,),) = await rows(db, "select count(distinct code) from alerts")
    assert codes == 20


@pytest.mark.usefixtures("desk")
async def test_an_older_sighting_that_comes_late_does_not_move_the_last_place(
    db: Database,
) -> None:
    which = await raised(db, match())
    old = match(seen_at=NOW - timedelta(minutes=5), place=Place(name="Elm Street"))
    assert await raised(db, old) == which
    async with db.connection() as conn:
        record = await load(conn, ORI, which)
    assert record.last_place == "4th and Main"
    assert record.first_seen_at == NOW - timedelta(minutes=5)


@pytest.mark.usefixtures("desk")
async def test_a_read_that_was_offline_for_long_raises_a_late_alert(db: Database) -> None:
    old = match(seen_at=NOW - timedelta(minutes=9))
    async with db.transaction() as conn:
        usual = await raise_alert(conn, old, NOW)
        assert not (await load(conn, ORI, alert_of(usual))).late
        entry = Entry(
            entry_id=uuid4(), agency=ORI, source="s", category="local", priority=3, plate="A1"
        )
        strict = await raise_alert(
            conn,
            match(entry, seen_at=NOW - timedelta(minutes=9)),
            NOW,
            late_after=timedelta(minutes=5),
        )
        assert (await load(conn, ORI, alert_of(strict))).late


async def test_a_match_after_the_episode_ended_opens_a_new_one(db: Database, desk: UUID) -> None:
    one = match()
    first = await raised(db, one)
    await does(db, first, Reject(desk, RejectReason.NOT_THE_VEHICLE))
    assert await raised(db, one) == first  # the replay still belongs to the first
    second = await raised(db, match())
    assert second != first
    async with db.connection() as conn:
        assert [r.alert.id for r in await queue(conn, ORI)] == [second]
        assert [r.alert.id for r in await recent(conn, ORI)] == [first]


async def test_a_match_in_the_moment_of_the_rejection_is_not_swallowed(
    db: Database, desk: UUID
) -> None:
    first = await raised(db)
    async with db.transaction() as conn:
        await transition(
            conn, ORI, first, Reject(desk, RejectReason.NOT_THE_VEHICLE), NOW, actor=str(desk)
        )
        coming = asyncio.create_task(raised(db, match()))
        await asyncio.sleep(0.2)
        assert not coming.done()
    second = await coming
    assert second != first
    async with db.connection() as conn:
        assert [r.alert.id for r in await queue(conn, ORI)] == [second]


@pytest.mark.parametrize("text", ["nul \0 inside", "lone \ud800 surrogate", "\\u0000 % {}"])
async def test_no_text_of_a_camera_or_a_person_keeps_an_alert_from_its_life(
    db: Database, desk: UUID, text: str
) -> None:
    which = await raised(db, match(plate_raw=text, place=Place(name=text)))
    kept = text.replace("\0", "\ufffd").replace("\ud800", "\ufffd")
    await raised(db, match(plate_raw=text, place=Place(name=text)))
    await does(db, which, Claim(desk))
    await does(db, which, Verify(desk, SecondSource.NCIC_QUERY, text))
    await does(db, which, Recall(desk, text))
    async with db.connection() as conn:
        record = await load(conn, ORI, which)
    assert record.match.read.plate_raw == record.last_place == kept
    assert record.alert.second_reference == record.alert.ended_reason == kept
    assert (await verify(db)).ok


@pytest.mark.usefixtures("desk")
async def test_a_car_seen_live_after_an_old_upload_is_live_and_judged_by_the_live_match(
    db: Database,
) -> None:
    hours_ago = match(read_id=uuid4(), seen_at=NOW - timedelta(hours=12), received_at=NOW)
    async with db.transaction() as conn:
        old = await raise_alert(conn, hours_ago, NOW)
        assert (await load(conn, ORI, alert_of(old))).late
        live = match(read_id=uuid4(), seen_at=NOW, received_at=NOW)
        assert not (await raise_alert(conn, live, NOW)).new_alert
        record = await load(conn, ORI, alert_of(old))
    assert not record.late
    assert record.match.read.read_id == live.read.read_id


@pytest.mark.usefixtures("desk")
async def test_what_waited_in_the_log_for_hours_is_late(db: Database) -> None:
    waited = match(read_id=uuid4(), seen_at=NOW, received_at=NOW)
    async with db.transaction() as conn:
        raised = await raise_alert(conn, waited, NOW + timedelta(hours=2))
        assert (await load(conn, ORI, alert_of(raised))).late
