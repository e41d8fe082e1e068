"""What verified hits say of a camera reaches the workers' watch."""

from __future__ import annotations

import math
from datetime import timedelta
from uuid import UUID

import pytest

from alerts.learning_store import cameras, reset
from alerts.model import RejectReason
from alerts.transitions import Recall
from domain.errors import BadInput, NotFound
from hotlists import memory_store
from hotlists.keeper import WatchKeeper
from matchers.camera_learning import Day
from records.audit import verify as audit_holds
from storage.postgres import Database
from tests.integration.taught import (
    NOW,
    ORI,
    OTHER,
    a_list,
    acts,
    does,
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


async def test_a_reset_by_a_clock_that_was_ahead_is_put_right_by_the_next(
    db: Database, desk: UUID
) -> None:
    await verified(db, desk, match())
    for year in (2031, 2024):
        async with db.transaction() as conn:
            at = NOW.replace(year=year, second=30)
            await reset(conn, ORI, "north-1", by="cli:ops", reason="cleaned", now=at)
    later = NOW + timedelta(hours=1)
    await verified(db, desk, match(plate="ABC124", reading="8BC124", at=later), later)
    async with db.connection() as conn:
        (camera,) = await cameras(conn, ORI, later)
    assert (camera.verified, camera.misread) == (1, 1)
    assert (await audit_holds(db)).ok
