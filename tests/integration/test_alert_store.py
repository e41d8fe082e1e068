"""The alert's life in PostgreSQL: one alert or one sighting a match, whatever is replayed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from alerts.model import Outcome, RejectReason, Reply, SecondSource, State
from alerts.outbox import (
    PUBLISH,
    event_body,
    fanned_out,
    must_wait,
    overtaken,
    published,
    sweep,
)
from alerts.record import AlertRecord
from alerts.store import (
    CHANGED,
    LAPSE,
    by_code,
    history,
    lapse,
    load,
    queue,
    raise_alert,
    recent,
    reply,
    sightings,
    transition,
)
from alerts.transitions import Acknowledge, Claim, Close, Event, Recall, Reject, Verify
from domain.entry import Entry
from domain.errors import BadInput, IllegalTransition, NotFound
from domain.ids import alert_id, event_id
from domain.place import Place
from domain.read import Read
from matchers.evidence import Evidence, Feature
from matchers.watch import Match
from people.model import Role
from people.store import create_agency, create_person
from records.audit import verify
from storage.postgres import Connection, Database
from tests.seeding import ONE_PERSON, alert_of

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
ORI, OTHER_ORI = "KS0190100", "MO0500100"


@pytest.fixture
async def desk(db: Database) -> UUID:
    """Two agencies, and a dispatcher of the first."""
    return await person(db, "m.ortiz")


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


async def test_a_transition_writes_history_audit_event_and_job_together(
    db: Database, desk: UUID
) -> None:
    which = await raised(db)
    await does(db, which, Claim(desk))
    before = await everything(db)
    record = await does(db, which, Verify(desk, SecondSource.NCIC_QUERY, "NIC-7"))
    after = await everything(db)
    assert record.alert.state is State.VERIFIED
    assert {t: after[t] - before[t] for t in after if after[t] != before[t]} == {
        "alert_history": 1,
        "audit": 1,
        "events_out": 1,
        "pgqueuer": 1,
    }
    event = event_id(which, record.alert.version)
    assert await rows(
        db, "select entrypoint, payload from pgqueuer where entrypoint = %s", PUBLISH
    ) == [(PUBLISH, str(event).encode())]
    async with db.connection() as conn:
        body = json.loads(await event_body(conn, event) or b"")
        assert await event_body(conn, uuid4()) is None
        last = (await history(conn, ORI, which))[-1]
    assert (last.event, last.person) == ("verify", desk)
    assert last.detail == {"source": "NCIC, live query", "reference": "NIC-7"}
    assert body["id"] == str(event)
    assert body["type"] == "bolo.alert.verified"
    assert body["data"]["plate"] == "482KTB"
    assert body["data"]["conflicts"] == ["Silver, not blue"]
    assert body["data"]["verified_at"] == NOW.isoformat()


async def test_a_transaction_that_fails_leaves_nothing_of_the_transition(
    db: Database, desk: UUID
) -> None:
    which = await raised(db)
    await does(db, which, Claim(desk))
    before = await everything(db)

    async def verifies_and_dies() -> None:
        async with db.transaction() as conn:
            event = Verify(desk, SecondSource.NCIC_QUERY, "NIC-7")
            await transition(conn, ORI, which, event, NOW, actor=str(desk))
            raise InterruptedError

    async with listening(db) as ears:
        with pytest.raises(InterruptedError):
            await verifies_and_dies()
        with pytest.raises(BadInput):
            await does(db, which, Verify(desk, SecondSource.NCIC_QUERY, " "))
        with pytest.raises(IllegalTransition):
            await does(db, which, Acknowledge(desk))
        assert await heard(ears) == []
    assert await everything(db) == before
    async with db.connection() as conn:
        assert (await load(conn, ORI, which)).alert.state is State.CLAIMED
    assert (await verify(db)).ok


async def test_two_who_claim_at_once_are_one_claimant_and_one_refusal(
    db: Database, desk: UUID
) -> None:
    other = await person(db, "d.kim")
    which = await raised(db)
    results = await asyncio.gather(
        *(does(db, which, Claim(who)) for who in (desk, other)), return_exceptions=True
    )
    assert sorted(type(r).__name__ for r in results) == ["AlertRecord", "IllegalTransition"]


async def test_another_agencys_alert_is_not_there(db: Database, desk: UUID) -> None:
    which = await verified(db, desk)
    async with db.transaction() as conn:
        code = (await load(conn, ORI, which)).code
        with pytest.raises(NotFound):
            await load(conn, OTHER_ORI, which)
        with pytest.raises(NotFound):
            await by_code(conn, OTHER_ORI, code)
        with pytest.raises(NotFound):
            await reply(conn, OTHER_ORI, which, desk, Reply.ACKNOWLEDGE, NOW)
        assert await queue(conn, OTHER_ORI) == []
        assert await recent(conn, OTHER_ORI) == []
        assert await sightings(conn, OTHER_ORI, which) == []
        assert await history(conn, OTHER_ORI, which) == []
        for odd in ("", "\0", "\ud800", "x" * 9999, "%"):
            with pytest.raises(NotFound):
                await by_code(conn, ORI, odd)
    with pytest.raises(NotFound):
        await does(db, which, Recall(desk, "x"), ori=OTHER_ORI)


async def test_the_desks_hear_of_a_change_only_when_it_is_committed(
    db: Database, desk: UUID
) -> None:
    async with listening(db) as ears:
        async with db.transaction() as conn:
            which = alert_of(await raise_alert(conn, match(), NOW, policy=ONE_PERSON))
            assert await heard(ears) == []
        assert await heard(ears) == [f"{ORI} {which} raised"]
        await raised(db, match())
        await does(db, which, Claim(desk))
        assert await heard(ears) == [f"{ORI} {which} sighting", f"{ORI} {which} claimed"]


async def test_a_claim_lapses_by_the_clock_and_only_after_its_lease(
    db: Database, desk: UUID
) -> None:
    which = await raised(db)
    record = await does(db, which, Claim(desk))
    assert record.alert.lease_until is not None
    assert [
        p for (p,) in await rows(db, "select payload from pgqueuer where entrypoint = %s", LAPSE)
    ] == [str(which).encode()]
    until = record.alert.lease_until
    async with db.transaction() as conn:
        assert not await lapse(conn, which, until - timedelta(seconds=1))
        assert await lapse(conn, which, until)
        assert not await lapse(conn, which, until)
        assert not await lapse(conn, uuid4(), until)
        record = await load(conn, ORI, which)
        assert (record.alert.state, record.alert.claimed_by) == (State.RAISED, None)
        assert (await history(conn, ORI, which))[-1].event == "lapse"


async def test_a_renewed_claim_does_not_lapse_by_the_old_clock(db: Database, desk: UUID) -> None:
    which = await raised(db)
    first = await does(db, which, Claim(desk))
    await does(db, which, Claim(desk), NOW + timedelta(minutes=4))
    assert first.alert.lease_until is not None
    async with db.transaction() as conn:
        assert not await lapse(conn, which, first.alert.lease_until + timedelta(seconds=1))


async def test_a_lapse_in_the_moment_of_the_verification_is_no_error(
    db: Database, desk: UUID
) -> None:
    which = await raised(db)
    record = await does(db, which, Claim(desk))
    until = record.alert.lease_until
    assert until is not None

    async def clock() -> bool:
        async with db.transaction() as conn:
            return await lapse(conn, which, until)

    async with db.transaction() as conn:
        event = Verify(desk, SecondSource.NCIC_QUERY, "NIC-7")
        await transition(conn, ORI, which, event, NOW, actor=str(desk))
        lapsing = asyncio.create_task(clock())
        await asyncio.sleep(0.2)
    assert not await lapsing


@pytest.mark.parametrize("answer", [Reply.ACKNOWLEDGE, Reply.GOING, Reply.SEEN])
async def test_any_answer_acknowledges_and_is_in_the_history_once(
    db: Database, desk: UUID, answer: Reply
) -> None:
    which = await verified(db, desk)
    async with db.transaction() as conn:
        record = await reply(conn, ORI, which, desk, answer, NOW)
        assert record.alert.state is State.ACKNOWLEDGED
        lines = [(h.event, h.detail.get("answer")) for h in await history(conn, ORI, which)]
    assert lines[-2:] == [("verify", None), ("acknowledge", answer)]
    assert await events(db) == ["acknowledged", "verified"]


async def test_a_second_answer_is_kept_and_tells_nobody_again(db: Database, desk: UUID) -> None:
    which = await verified(db, desk)
    async with db.transaction() as conn:
        await reply(conn, ORI, which, desk, Reply.ACKNOWLEDGE, NOW)
        await reply(conn, ORI, which, desk, Reply.GOING, NOW + timedelta(minutes=1))
        answers = [h.detail.get("answer") for h in await history(conn, ORI, which)]
    assert answers[-2:] == ["acknowledge", "going"]
    assert sorted(await events(db)) == ["acknowledged", "verified"]


@pytest.mark.parametrize("acknowledged", [False, True])
async def test_not_the_vehicle_from_the_road_recalls_it_for_everyone(
    db: Database, desk: UUID, acknowledged: bool
) -> None:
    which = await verified(db, desk)
    async with db.transaction() as conn:
        if acknowledged:
            await reply(conn, ORI, which, desk, Reply.GOING, NOW)
        record = await reply(conn, ORI, which, desk, Reply.NOT_THE_VEHICLE, NOW)
    assert record.alert.state is State.RECALLED
    assert sorted(await events(db)) == ["acknowledged", "recalled", "verified"]


@pytest.mark.parametrize("answer", Reply)
async def test_nobody_answers_an_alert_that_nobody_was_told_of(
    db: Database, desk: UUID, answer: Reply
) -> None:
    which = await raised(db)
    before = await everything(db)
    with pytest.raises(IllegalTransition):
        async with db.transaction() as conn:
            await reply(conn, ORI, which, desk, answer, NOW)
    assert await everything(db) == before


async def test_a_recall_after_the_verification_is_one_event(db: Database, desk: UUID) -> None:
    which = await verified(db, desk)
    await does(db, which, Recall(None, "entry withdrawn"))
    with pytest.raises(IllegalTransition):
        await does(db, which, Recall(desk, "again"))
    assert (await events(db)).count("recalled") == 1
    ((reason,),) = await rows(
        db, "select body->'data'->>'reason' from events_out where type = 'bolo.alert.recalled'"
    )
    assert reason == "entry withdrawn"


async def test_nothing_before_a_verification_makes_an_event(db: Database, desk: UUID) -> None:
    which = await raised(db)
    await raised(db, match())
    await does(db, which, Claim(desk))
    await does(db, which, Recall(desk, "entry withdrawn"))
    rejected = await raised(db, match())
    await does(db, rejected, Reject(desk, RejectReason.MISREAD))
    assert await events(db) == []
    assert await rows(db, "select 1 from pgqueuer where entrypoint = %s", PUBLISH) == []


async def test_an_outcome_closes_and_tells(db: Database, desk: UUID) -> None:
    which = await verified(db, desk)
    record = await does(db, which, Close(desk, Outcome.VEHICLE_RECOVERED, note="intact"))
    assert (record.alert.state, record.alert.ended_reason) == (State.CLOSED, "vehicle recovered")
    assert sorted(await events(db)) == ["closed", "verified"]


async def test_what_was_published_but_never_fanned_out_is_published_again(
    db: Database, desk: UUID
) -> None:
    which = await verified(db, desk)
    event = event_id(which, 3)
    minute = timedelta(minutes=1)
    async with db.transaction() as conn:
        await published(conn, event, NOW)
        assert await sweep(conn, NOW + minute, older_than=2 * minute) == 0
        assert await sweep(conn, NOW + 3 * minute, older_than=2 * minute) == 1
        assert await sweep(conn, NOW + 3 * minute, older_than=2 * minute) == 1
    again = await rows(db, "select 1 from pgqueuer where entrypoint = %s", PUBLISH)
    assert len(again) == 2  # the first job, and one of the sweeps
    async with db.transaction() as conn:
        await fanned_out(conn, event, NOW)
        assert await sweep(conn, NOW + 3 * minute, older_than=2 * minute) == 0


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


async def test_consumers_read_events_in_order_and_none_after_the_recall(
    db: Database, desk: UUID
) -> None:
    async with db.transaction() as conn:
        alert = alert_of(await raise_alert(conn, match(), NOW, policy=ONE_PERSON))
        for event in (
            Claim(desk),
            Verify(desk, SecondSource.NCIC_QUERY, "HIT 1"),
            Recall(desk, "the owner has it back"),
        ):
            await transition(conn, ORI, alert, event, NOW, actor=str(desk))
            await conn.execute("update events_out set created_at = created_at - interval '1 s'")
    verified, recalled = event_id(alert, 3), event_id(alert, 4)
    async with db.transaction() as conn:
        assert await must_wait(conn, recalled), "the verified one is not out yet"
        assert await overtaken(conn, verified, NOW), "and must not get out any more"
        assert not await must_wait(conn, recalled)
        assert not await overtaken(conn, recalled, NOW)
