"""What people teach reaches the workers' watch: markers, cameras, last sightings."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from alerts import learning_store
from alerts.learning_store import cameras, forget, lift, markers, reset
from alerts.model import RejectReason, SecondSource, State
from alerts.record import AlertRecord
from alerts.store import history, load, raise_alert, transition
from alerts.transitions import Claim, Event, Recall, Reject, Verify
from domain.entry import Entry
from domain.errors import BadInput, IllegalTransition, NotFound, Prohibited
from domain.ids import target_id
from domain.place import Place
from domain.read import Read
from hotlists import memory_store
from hotlists.configuring import ensure_source
from hotlists.keeper import WatchKeeper
from hotlists.refresh import refresh
from hotlists.remembering import Memories
from matchers.camera_learning import Day
from matchers.engine import match as engine_match
from matchers.evidence import Evidence, Tier
from matchers.misreads import EXACT, held_back
from matchers.watch import Match, Memory
from people.model import Role
from people.store import create_agency, create_person
from records.audit import verify as audit_holds
from storage.migrate import migrate
from storage.postgres import Database
from tests.seeding import alert_of

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
ORI, OTHER = "KS0190100", "MO0500100"
PLATE, READ = "ABC123", "8BC123"
HERE = Place(name="4th and Main", latitude=37.41, longitude=-94.70)


@pytest.fixture
async def desk(db: Database) -> UUID:
    """Two agencies, and a dispatcher of the first."""
    return await person(db, "m.ortiz")


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


async def rows(db: Database, query: str, *values: Any) -> list[tuple[Any, ...]]:
    async with db.connection() as conn:
        cursor = await conn.execute(query, values)
        return [tuple(row.values()) for row in await cursor.fetchall()]


async def acts(db: Database, action: str) -> Sequence[tuple[Any, ...]]:
    return await rows(
        db, "select actor, subject, reason, detail from audit where action = %s", action
    )


# --- markers ---


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


async def test_a_rejection_twice_is_refused_and_leaves_one_marker(db: Database, desk: UUID) -> None:
    which = await rejected(db, desk, match())
    with pytest.raises(IllegalTransition):
        await does(db, which, Reject(desk, RejectReason.MISREAD))
    assert len(await acts(db, "marker.made")) == 1
    assert await rows(db, "select markers from learned_heads") == [(1,)]


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


async def test_a_worker_that_comes_back_and_raises_the_same_match_again_changes_nothing(
    db: Database, desk: UUID
) -> None:
    one = match()
    which = await rejected(db, desk, one)
    assert await raised(db, one, NOW + timedelta(minutes=1)) == which
    assert len((await remembered(db)).misreads) == 1
    assert await rows(db, "select markers from learned_heads") == [(1,)]


async def test_a_decision_whose_connection_is_killed_leaves_nothing(
    db: Database, desk: UUID
) -> None:
    which = await raised(db, match())

    async def is_killed() -> None:
        async with db.transaction() as conn:
            event = Reject(desk, RejectReason.MISREAD)
            await transition(conn, ORI, which, event, NOW, actor=str(desk))
            await rows(db, "select pg_terminate_backend(%s)", conn.info.backend_pid)
            await conn.execute("select 1")

    with pytest.raises(psycopg.OperationalError):
        await is_killed()
    assert not (await remembered(db)).misreads
    await does(db, which, Reject(desk, RejectReason.MISREAD))
    assert len((await remembered(db)).misreads) == 1


async def test_two_who_reject_at_once_are_one_rejection_and_one_marker(
    db: Database, desk: UUID
) -> None:
    other = await person(db, "d.kim")
    which = await raised(db, match())
    results = await asyncio.gather(
        *(does(db, which, Reject(who, RejectReason.MISREAD)) for who in (desk, other)),
        return_exceptions=True,
    )
    assert sorted(type(r).__name__ for r in results) == ["AlertRecord", "IllegalTransition"]
    assert len(await acts(db, "marker.made")) == 1
    async with db.connection() as conn:
        assert len(await markers(conn, ORI, NOW)) == 1


async def test_many_vehicles_rejected_and_verified_at_once_lose_nothing_and_do_not_wait_for_ever(
    db: Database, desk: UUID
) -> None:
    ones = [match(plate=f"ABC{n:03}", reading=f"8BC{n:03}") for n in range(100, 116)]
    alerts = [await raised(db, one) for one in ones]

    async def decide(n: int) -> None:
        if n % 2:
            await does(db, alerts[n], Claim(desk))
            await does(db, alerts[n], Verify(desk, SecondSource.NCIC_QUERY, "NIC-7"))
        else:
            await does(db, alerts[n], Reject(desk, RejectReason.MISREAD))

    await asyncio.wait_for(asyncio.gather(*(decide(n) for n in range(16))), 60)
    memory = await remembered(db)
    assert len(memory.misreads) == 8
    assert await rows(db, "select markers, cameras from learned_heads") == [(8, 8)]
    async with db.connection() as conn:
        (camera,) = await cameras(conn, ORI, NOW)
    assert (camera.verified, camera.misread, camera.rejected) == (8, 8, 8)


async def test_a_rejection_that_fails_leaves_no_marker(db: Database, desk: UUID) -> None:
    which = await raised(db, match())

    async def rejects_and_dies() -> None:
        async with db.transaction() as conn:
            event = Reject(desk, RejectReason.MISREAD)
            await transition(conn, ORI, which, event, NOW, actor=str(desk))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await rejects_and_dies()
    assert not (await remembered(db)).misreads
    assert await rows(db, "select count(*) from camera_hits") == [(0,)]
    async with db.connection() as conn:
        assert (await load(conn, ORI, which)).alert.state is State.RAISED


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


# --- cameras ---


async def test_verified_hits_are_what_a_camera_is_judged_by(db: Database, desk: UUID) -> None:
    await verified(db, desk, match("AAA111", "AAA111", tier="exact"))
    await verified(db, desk, match("BBB111", "8BB111"))
    await verified(db, desk, match("CCC111", "CCC111", first="CCC117"))  # by a candidate
    await rejected(db, desk, match("DDD111", "0DD111"))
    await rejected(db, desk, match("EEE111", "FEE111"), RejectReason.WRONG_STATE)
    await verified(db, desk, match("", "HHX111", tier="pattern", pattern="HH?111"))
    async with db.connection() as conn:
        (camera,) = await cameras(conn, ORI, NOW)
        judged = await memory_store.days(conn, ORI, NOW)
        assert await cameras(conn, OTHER, NOW) == []
    assert (camera.camera, camera.verified, camera.misread) == ("north-1", 3, 2)
    assert camera.rejected == 1
    assert judged == [Day("north-1", NOW.date(), 3, 2)]
    assert not (await remembered(db)).cameras  # too few to say anything


async def test_a_verified_hit_that_a_person_recalls_is_taken_back_and_one_that_a_list_ends_stays(
    db: Database, desk: UUID
) -> None:
    wrong = await verified(db, desk, match("AAA111", "4AA111"))
    ended = await verified(db, desk, match("BBB111", "8BB111"))
    await does(db, wrong, Recall(desk, "not the vehicle, seen on the road"))
    await does(db, ended, Recall(None, "the list no longer holds the entry"))
    async with db.connection() as conn:
        (camera,) = await cameras(conn, ORI, NOW)
    assert (camera.verified, camera.misread) == (1, 1)


async def test_a_bad_camera_reaches_the_watch_and_a_reset_makes_it_usual_again(
    db: Database, desk: UUID
) -> None:
    await a_list(db)
    keeper = WatchKeeper(db, lambda: NOW)
    for n in range(30):
        day = NOW - timedelta(days=n + 1)
        plate = f"AAA{n:03}"
        await verified(db, desk, match(plate, f"4AA{n:03}", at=day, camera="bad"), day)
        other = f"BBB{n:03}"
        await verified(db, desk, match(other, other, tier="exact", at=day, camera="good"), day)
    await keeper.load_once()
    watch = keeper.watch(ORI)
    assert watch is not None
    assert math.log(2) < watch.memory.cameras["bad"] <= math.log(3) + 1e-9
    assert watch.memory.cameras["good"] < 0
    same = keeper.watch(ORI)
    await keeper.load_once()
    again = keeper.watch(ORI)
    assert again is not None
    assert same is not None
    assert again.memory is same.memory  # nothing new, nothing read
    async with db.transaction() as conn:
        with pytest.raises(NotFound):
            await reset(conn, ORI, "no-such", by="cli:ops", reason="cleaned", now=NOW)
        with pytest.raises(NotFound):
            await reset(conn, OTHER, "bad", by="cli:ops", reason="cleaned", now=NOW)
        with pytest.raises(BadInput):
            await reset(conn, ORI, "bad", by="cli:ops", reason=" ", now=NOW)
        await reset(conn, ORI, "bad", by="cli:ops", reason="lens cleaned", now=NOW)
        found = {row.camera: row for row in await cameras(conn, ORI, NOW)}
    assert (found["bad"].verified, found["bad"].reset_because) == (0, "lens cleaned")
    assert found["good"].verified == 30
    await keeper.load_once()
    after = keeper.watch(ORI)
    assert after is not None
    assert "bad" not in after.memory.cameras
    assert await acts(db, "camera.learning-reset") == [
        ("cli:ops", "camera:bad", "lens cleaned", "{}")
    ]


# --- last sightings ---


async def test_the_last_sighting_is_of_alerts_that_stand_exact_or_verified(
    db: Database, desk: UUID
) -> None:
    def at(minutes: float) -> datetime:
        return NOW - timedelta(minutes=minutes)

    def place(latitude: float) -> Place:
        return Place(name="x", latitude=latitude, longitude=-94.7)

    exact = {"reading": "AAA111", "plate": "AAA111"}
    clean = match(**exact, tier="exact", at=at(30), place=place(37.0))
    await raised(db, clean)
    later = match(**exact, tier="exact", at=at(5), place=place(38.0))
    await raised(db, later)
    # Newer, but nobody judged them: another text, a contradiction, no place, an hour ahead.
    for one in (
        match("AAA111", "4AA111", at=at(1), place=place(50.0)),
        match("AAA111", "AAA111", tier="exact-conflict", at=at(1), place=place(51.0)),
        match("AAA111", "AAA111", tier="exact", at=at(1), place=Place(name="nowhere")),
        match("AAA111", "AAA111", tier="exact", at=at(-60), place=place(52.0)),
    ):
        await raised(db, one)
    fuzzy = match("BBB111", "8BB111", at=at(10), place=place(39.0))
    await raised(db, fuzzy)
    checked = match("CCC111", "OCC111", at=at(10), place=place(40.0))
    which = await verified(db, desk, checked)
    after = match("CCC111", "0CC111", at=at(2), place=place(53.0))  # came after it
    assert await raised(db, after) == which
    gone = match("DDD111", "DDD111", tier="exact", at=at(10), place=place(41.0))
    await rejected(db, desk, gone, RejectReason.NOT_THE_VEHICLE)
    old = match("EEE111", "EEE111", tier="exact", at=NOW - timedelta(hours=7), place=place(42.0))
    await raised(db, old)
    seen = (await remembered(db)).seen
    assert {target: one.latitude for target, one in seen.items()} == {
        clean.wanted: 38.0, checked.wanted: 40.0,
    }  # fmt: skip
    assert seen[clean.wanted].at == at(5)
    assert not (await remembered(db, agency=OTHER)).seen
    await does(db, which, Recall(desk, "not the vehicle"))
    assert set((await remembered(db)).seen) == {clean.wanted}


async def test_sightings_reach_a_watch_that_has_learned_nothing_else(
    db: Database, desk: UUID
) -> None:
    await a_list(db)
    one = match(PLATE, PLATE, tier="exact")
    await raised(db, one)
    keeper = WatchKeeper(db, lambda: NOW)
    await keeper.load_once()
    watch = keeper.watch(ORI)
    assert watch is not None
    assert set(watch.memory.seen) == {one.wanted}
    assert desk is not None


def test_sightings_of_the_last_hours_keep_their_place_through_the_migration(
    empty_database_url: str,
) -> None:
    migrate(empty_database_url, "0005")
    placed = '{"read": {"place": {"latitude": 37.5, "longitude": -94.5}},' \
             ' "evidence": {"tier": "exact"}}'  # fmt: skip
    with psycopg.connect(empty_database_url) as conn:
        conn.execute("insert into agencies (ori, name) values ('KS0190100', 'x')")
        conn.execute(
            "insert into alerts (id, agency, target, number, code, state, version, priority,"
            " category, raised_at, state_since, match, first_seen_at, last_seen_at) values"
            " (%s, 'KS0190100', %s, '1', 'A', 'raised', 1, 1, 'x', now(), now(), '{}', now(),"
            " now())",
            (uuid4(), uuid4()),
        )
        for number, (body, ago) in enumerate(((placed, 1), ("{}", 1), (placed, 100))):
            conn.execute(
                "insert into sightings (target, read, alert, agency, seen_at, match)"
                " select target, %s, id, agency, now() - %s * interval '1 hour', %s from alerts",
                (UUID(int=number), ago, body),
            )
    migrate(empty_database_url)
    with psycopg.connect(empty_database_url) as conn:
        found = conn.execute(
            "select latitude, longitude, exact from sightings order by read"
        ).fetchall()
    assert found == [(37.5, -94.5, True), (None, None, False), (None, None, False)]


async def test_a_reset_by_a_clock_that_was_ahead_is_put_right_by_the_next(
    db: Database, desk: UUID
) -> None:
    await verified(db, desk, match())
    for year in (2031, 2026):
        async with db.transaction() as conn:
            at = NOW.replace(year=year, second=30)
            await reset(conn, ORI, "north-1", by="cli:ops", reason="cleaned", now=at)
    later = NOW + timedelta(hours=1)
    await verified(db, desk, match(plate="ABC124", reading="8BC124", at=later), later)
    async with db.connection() as conn:
        (camera,) = await cameras(conn, ORI, later)
    assert (camera.verified, camera.misread) == (1, 1)
    assert (await audit_holds(db)).ok


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


async def test_a_list_does_not_wait_for_the_question_where_vehicles_were_seen(
    db: Database, desk: UUID
) -> None:
    """A table that somebody repairs, or one so large that the question takes too long."""
    await a_list(db)
    await rejected(db, desk, match())
    keeper = WatchKeeper(db, lambda: NOW)
    async with db.transaction() as repair:
        await repair.execute("lock table sightings in access exclusive mode")
        await asyncio.wait_for(keeper.load_once(), 12)
        watch = keeper.watch(ORI)
        assert watch is not None
        assert len(watch.memory.misreads) == 1
        assert await keeper.current()
    async with db.transaction() as conn:
        cursor = await conn.execute("show statement_timeout")
        before = await cursor.fetchone()
        assert await memory_store.seen(conn, NOW) is not None
        cursor = await conn.execute("show statement_timeout")
        assert await cursor.fetchone() == before
