"""What people and clocks do to an alert in PostgreSQL: all of it together, or nothing."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from alerts.model import Outcome, RejectReason, Reply, SecondSource, State
from alerts.outbox import (
    PUBLISH,
    event_body,
)
from alerts.raising import raise_alert
from alerts.store import (
    LAPSE,
    by_code,
    history,
    lapse,
    load,
    queue,
    recent,
    reply,
    sightings,
    transition,
)
from alerts.transitions import Acknowledge, Claim, Close, Recall, Reject, Verify
from domain.errors import BadInput, IllegalTransition, NotFound
from domain.ids import event_id
from records.audit import verify
from storage.postgres import Database
from tests.integration.alerting import (
    NOW,
    ORI,
    OTHER_ORI,
    does,
    events,
    everything,
    heard,
    listening,
    match,
    person,
    raised,
    rows,
    verified,
)
from tests.seeding import ONE_PERSON, alert_of


@pytest.fixture
async def desk(db: Database) -> UUID:
    """Two agencies, and a dispatcher of the first."""
    return await person(db, "m.ortiz")


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
