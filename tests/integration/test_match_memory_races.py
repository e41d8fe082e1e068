"""Markers and hits when many decide at once, or a decision breaks off: both or nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from alerts.learning_store import cameras, markers
from alerts.model import RejectReason, SecondSource, State
from alerts.store import load, transition
from alerts.transitions import Claim, Reject, Verify
from domain.errors import IllegalTransition
from storage.postgres import Database
from tests.integration.alerting import rows
from tests.integration.taught import (
    NOW,
    ORI,
    acts,
    does,
    match,
    person,
    raised,
    rejected,
    remembered,
)


@pytest.fixture
async def desk(db: Database) -> UUID:
    """Two agencies, and a dispatcher of the first."""
    return await person(db, "m.ortiz")


async def test_a_rejection_twice_is_refused_and_leaves_one_marker(db: Database, desk: UUID) -> None:
    which = await rejected(db, desk, match())
    with pytest.raises(IllegalTransition):
        await does(db, which, Reject(desk, RejectReason.MISREAD))
    assert len(await acts(db, "marker.made")) == 1
    assert await rows(db, "select markers from learned_heads") == [(1,)]


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
