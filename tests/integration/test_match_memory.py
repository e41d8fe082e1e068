"""What people teach reaches the workers' watch: markers."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from alerts import learning_store
from alerts.learning_store import forget, lift, markers
from alerts.model import RejectReason
from alerts.store import history
from bolo import list_care
from domain.clock import system_clock
from domain.errors import BadInput, NotFound, Prohibited
from hotlists import memory_store
from hotlists.keeper import WatchKeeper
from hotlists.refresh import Means
from matchers.engine import match as engine_match
from matchers.misreads import EXACT, held_back
from matchers.watch import Match
from policy.loading import standard
from records.audit import verify as audit_holds
from storage.postgres import Database, server_now
from tests.integration.alerting import rows
from tests.integration.taught import (
    NOW,
    ORI,
    OTHER,
    PLATE,
    READ,
    a_list,
    acts,
    match,
    person,
    rejected,
    remembered,
    verified,
)


@pytest.fixture
async def desk(db: Database) -> UUID:
    """Two agencies, and a dispatcher of the first."""
    return await person(db, "m.ortiz")


async def test_a_rejected_misread_is_held_back_until_it_is_lifted(db: Database, desk: UUID) -> None:
    await a_list(db)
    clock = [NOW]
    keeper = WatchKeeper(db, lambda: clock[0])
    await keeper.load_once()
    before = keeper.watch(ORI)
    assert before is not None
    assert not before.memory.misreads
    first = match()
    which = await rejected(db, desk, first)
    assert not held_back(first, before.memory.misreads, NOW)  # a watch never changes
    await keeper.load_once()
    watch = keeper.watch(ORI)
    assert watch is not None
    until = NOW + timedelta(days=90)
    assert dict(watch.memory.misreads) == {(first.wanted, READ): until}
    assert held_back(match(), watch.memory.misreads, NOW)
    assert not held_back(match(reading=PLATE, tier="exact"), watch.memory.misreads, NOW)
    assert not held_back(match(), watch.memory.misreads, until)
    with pytest.raises(TypeError):
        watch.memory.misreads[first.wanted, "X"] = until  # type: ignore[index]
    async with db.transaction() as conn:
        (marker,) = await markers(conn, ORI, NOW)
        assert (marker.reading, marker.wanted, marker.alert) == (READ, PLATE, which)
        assert (marker.rejected_by, marker.rejected_name) == (desk, "m.ortiz")
        assert marker.holds(NOW)
        assert await markers(conn, ORI, until) == []
        await lift(conn, ORI, marker.id, by=str(desk), reason="It was the car", now=NOW)
        (lifted,) = await markers(conn, ORI, NOW, target=first.wanted)
        assert not lifted.holds(NOW)
    assert lifted.lifted_because == "It was the car"
    await keeper.load_once()
    after = keeper.watch(ORI)
    assert after is not None
    assert not after.memory.misreads
    assert await acts(db, "marker.lifted") == [
        (str(desk), f"marker:{marker.id}", "It was the car", "{}")
    ]
    (made,) = await acts(db, "marker.made")
    assert made[:3] == (str(desk), f"marker:{marker.id}", "misread")
    assert READ not in made[3]
    assert PLATE not in made[3]
    assert (await audit_holds(db)).ok


async def test_the_same_innocent_car_does_not_alert_again_and_the_wanted_plate_does(
    db: Database, desk: UUID
) -> None:
    """The whole way: engine, alert, rejection, the keeper's watch, engine; and after a lift."""
    await a_list(db, PLATE, "XBC123")
    async with db.transaction() as conn:
        await conn.execute(  # low, so that the text alone is enough
            "insert into thresholds (agency, priority, threshold, budget, looked_on, since, why)"
            " select %s, p, -30, 5, '2026-11-21', now(), 'test' from generate_series(1, 4) p",
            (ORI,),
        )
    keeper = WatchKeeper(db, lambda: NOW)

    async def found(text: str, at: datetime = NOW) -> list[str]:
        await keeper.load_once()
        watch = keeper.watch(ORI)
        assert watch is not None
        read = msgspec.structs.replace(match(reading=text, at=at).read, state="KS")
        matches = engine_match([read], watch, at)
        for one in matches:
            if one.entry.plate == PLATE:
                last[0] = one
        return sorted(one.entry.plate for one in matches)

    last = [match()]
    assert await found(READ) == [PLATE, "XBC123"]
    which = await rejected(db, desk, last[0])
    tomorrow = NOW + timedelta(days=1)
    assert await found(READ, tomorrow) == ["XBC123"]
    assert await found(PLATE, tomorrow) == [PLATE]  # read right, it is no misread of the other
    assert await found(READ, NOW + timedelta(days=91)) == [PLATE, "XBC123"]
    async with db.transaction() as conn:
        (marker,) = await markers(conn, ORI, NOW)
        assert marker.alert == which
        await lift(conn, ORI, marker.id, by="cli:ops", reason="it was the car", now=NOW)
    assert await found(READ, tomorrow) == [PLATE, "XBC123"]


async def test_a_marker_is_over_by_itself_and_is_then_deleted_with_its_text(
    db: Database, desk: UUID
) -> None:
    await rejected(db, desk, match(), marked_for=timedelta(days=10))
    end = NOW + timedelta(days=10)
    assert (await remembered(db, end - timedelta(seconds=1))).misreads
    assert not (await remembered(db, end)).misreads
    async with db.transaction() as conn:
        assert await forget(conn, end - timedelta(seconds=1)) == 0
        assert await forget(conn, end) == 1
    assert await rows(db, "select count(*) from misread_markers") == [(0,)]


async def test_a_marker_and_a_hit_of_a_clock_that_is_years_ahead_are_of_the_databases_time(
    db: Database, desk: UUID
) -> None:
    ahead = NOW.replace(year=NOW.year + 50)
    await rejected(db, desk, match(at=ahead), now=ahead)
    await verified(db, desk, match(plate="ABC124", reading="8BC124", at=ahead), ahead)
    async with db.transaction() as conn:
        now = await server_now(conn)
        (marker,) = await markers(conn, ORI, now)
        assert now - timedelta(minutes=1) < marker.rejected_at <= now
        assert marker.expires_at == marker.rejected_at + learning_store.MARKED_FOR
        assert {day.day for day in await memory_store.days(conn, ORI, now)} == {
            marker.rejected_at.date()
        }
        assert await forget(conn, marker.expires_at) == 1
    (made,) = await acts(db, "marker.made")
    assert json.loads(made[3])["until"] == marker.expires_at.isoformat()


async def test_a_courier_whose_clock_is_years_ahead_deletes_no_marker_that_holds(
    db: Database, desk: UUID
) -> None:
    now = system_clock()
    await rejected(db, desk, match(at=now), now=now)
    over = match(plate="ABC124", reading="8BC124")
    await rejected(db, desk, over)  # long past
    ahead = now + timedelta(days=3650)
    for look_after in list_care.each_minute(db, Means(standard()), lambda: ahead):
        await look_after()
    assert await rows(db, "select reading from misread_markers") == [(READ,)]


@pytest.mark.parametrize(
    "reason", [reason for reason in RejectReason if reason is not RejectReason.MISREAD]
)
async def test_no_other_reason_makes_a_marker(
    db: Database, desk: UUID, reason: RejectReason
) -> None:
    await rejected(db, desk, match(), reason)
    assert not (await remembered(db)).misreads
    assert await acts(db, "marker.made") == []


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (match(reading=PLATE, tier="exact"), EXACT),
        (match(reading=PLATE, tier="fuzzy", first=READ), EXACT),
        (match(plate="", reading="ABX123", tier="pattern", pattern="AB?123"), "a pattern"),
        (match(plate="", reading="ABX123", tier="description"), "no plate"),
    ],
)
async def test_where_the_text_is_no_misread_of_the_plate_it_is_said_why_none_is_made(
    db: Database, desk: UUID, one: Match, why: str
) -> None:
    which = await rejected(db, desk, one)
    assert not (await remembered(db)).misreads
    async with db.connection() as conn:
        last = (await history(conn, ORI, which))[-1]
    assert last.event == "reject"
    assert why in last.detail["no_marker"]


async def test_a_misread_of_a_partial_plate_is_remembered_for_it_and_a_text_that_fits_is_not_held(
    db: Database, desk: UUID
) -> None:
    near = match(plate="", reading="A8X123", pattern="AB?123")
    await rejected(db, desk, near)
    memory = await remembered(db)
    assert set(memory.misreads) == {(near.entry.entry_id, "A8X123")}
    async with db.transaction() as conn:
        (marker,) = await markers(conn, ORI, NOW)
    assert (marker.reading, marker.wanted) == ("A8X123", "AB?123")
    assert held_back(near, memory.misreads, NOW)
    fits = msgspec.structs.replace(
        near, evidence=msgspec.structs.replace(near.evidence, reading="ABX123", tier="pattern")
    )
    assert not held_back(fits, memory.misreads, NOW)


async def test_a_policy_that_remembers_nothing_makes_no_marker(db: Database, desk: UUID) -> None:
    which = await rejected(db, desk, match(), marked_for=timedelta(0))
    assert not (await remembered(db)).misreads
    async with db.connection() as conn:
        last = (await history(conn, ORI, which))[-1]
    assert last.detail["no_marker"] == learning_store.NOT_REMEMBERED


async def test_a_marker_is_of_one_target_and_one_agency(db: Database, desk: UUID) -> None:
    there = await person(db, "k.jones", OTHER)
    await rejected(db, desk, match())
    memory = await remembered(db)
    for other in (
        match(plate="ABC128"),  # as near to the text
        match(state="MO"),
        match(state=""),
        match(agency=OTHER),
        match(reading="A8C123"),
    ):
        assert not held_back(other, memory.misreads, NOW)
    assert not (await remembered(db, agency=OTHER)).misreads
    async with db.transaction() as conn:
        (ours,) = await markers(conn, ORI, NOW)
        assert await markers(conn, OTHER, NOW) == []
        assert await markers(conn, OTHER, NOW, target=ours.target) == []
        with pytest.raises(NotFound):
            await learning_store.marker_of(conn, OTHER, ours.id)
        with pytest.raises(NotFound):
            await lift(conn, OTHER, ours.id, by=str(there), reason="ours", now=NOW)
    # The same id of a target under another agency's name would still be another marker.
    same = match(agency=OTHER, at=NOW)
    await rejected(db, there, same, ori=OTHER)
    assert set((await remembered(db, agency=OTHER)).misreads) == {(same.wanted, READ)}
    assert len((await remembered(db)).misreads) == 1


async def test_an_entry_of_a_neighbor_for_the_same_vehicle_is_the_same_target(
    db: Database, desk: UUID
) -> None:
    await rejected(db, desk, match())
    neighbor = match()  # another entry, of another list, in this agency
    assert held_back(neighbor, (await remembered(db)).misreads, NOW)


async def test_the_same_text_rejected_again_later_is_one_marker_that_holds_longer(
    db: Database, desk: UUID
) -> None:
    later = NOW + timedelta(days=3)
    await rejected(db, desk, match())
    again = await rejected(db, desk, match(at=later), now=later, marked_for=timedelta(days=1))
    async with db.transaction() as conn:
        (marker,) = await markers(conn, ORI, later)
        assert marker.alert == again
        assert marker.expires_at == NOW + timedelta(days=90)  # a shorter word shortens nothing
        await lift(conn, ORI, marker.id, by="cli:ops", reason="test", now=later)
        with pytest.raises(BadInput, match="lifted before"):
            await lift(conn, ORI, marker.id, by="cli:ops", reason="test", now=later)
    # Rejected after the lift, it holds again, for the new time alone.
    await rejected(db, desk, match(at=later), now=later, marked_for=timedelta(days=1))
    async with db.transaction() as conn:
        (marker,) = await markers(conn, ORI, later)
    assert marker.holds(later)
    assert (marker.expires_at, marker.lifted_by) == (later + timedelta(days=1), "")


async def test_lifting_needs_a_reason_that_is_no_prohibited_use(db: Database, desk: UUID) -> None:
    await rejected(db, desk, match())
    async with db.transaction() as conn:
        (marker,) = await markers(conn, ORI, NOW)
        for reason in ("", "  ", "...", "x" * 2000):
            with pytest.raises(BadInput):
                await lift(conn, ORI, marker.id, by=str(desk), reason=reason, now=NOW)
        with pytest.raises(Prohibited):
            await lift(
                conn, ORI, marker.id, by=str(desk), reason="for immigration enforcement", now=NOW
            )
        with pytest.raises(NotFound):
            await lift(conn, ORI, uuid4(), by=str(desk), reason="why", now=NOW)
        with pytest.raises(BadInput, match="over"):
            await lift(
                conn, ORI, marker.id, by=str(desk), reason="why", now=NOW + timedelta(days=91)
            )
    assert (await remembered(db)).misreads


async def test_however_many_markers_there_are_they_are_counted_and_the_newest_shown(
    db: Database, desk: UUID
) -> None:
    for n in range(3):
        at = NOW + timedelta(seconds=n)
        await rejected(db, desk, match(plate=f"ABC12{n}", reading=f"8BC12{n}", at=at), now=at)
    there = await person(db, "k.jones", OTHER)
    await rejected(db, there, match(agency=OTHER), ori=OTHER)
    async with db.connection() as conn:
        shown = await markers(conn, ORI, NOW, limit=2)
        assert [one.reading for one in shown] == ["8BC122", "8BC121"]
        assert await learning_store.count_markers(conn, ORI, NOW) == 3
        assert await learning_store.count_markers(conn, OTHER, NOW) == 1
        assert await learning_store.count_markers(conn, ORI, NOW + timedelta(days=91)) == 0
