"""Answers from the road in PostgreSQL, and the events that others read."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from alerts.model import Reply, SecondSource, State
from alerts.outbox import (
    PUBLISH,
    fanned_out,
    must_wait,
    overtaken,
    published,
    sweep,
)
from alerts.raising import raise_alert
from alerts.store import (
    history,
    reply,
    transition,
)
from alerts.transitions import Claim, Recall, Verify
from domain.errors import IllegalTransition
from domain.ids import event_id
from storage.postgres import Database
from tests.integration.alerting import (
    NOW,
    ORI,
    events,
    everything,
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
