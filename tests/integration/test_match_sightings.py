"""Where a wanted vehicle was seen last reaches the workers' watch."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from alerts.model import RejectReason
from alerts.transitions import Recall
from domain.place import Place
from hotlists import memory_store
from hotlists.keeper import WatchKeeper
from storage.migrate import migrate
from storage.postgres import Database
from tests.integration.taught import (
    NOW,
    ORI,
    OTHER,
    PLATE,
    a_list,
    does,
    match,
    person,
    raised,
    rejected,
    remembered,
    verified,
)


@pytest.fixture
async def desk(db: Database) -> UUID:
    """Two agencies, and a dispatcher of the first."""
    return await person(db, "m.ortiz")


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
