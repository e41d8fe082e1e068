"""The archive of reads: each once, whatever is replayed, by however many at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.errors import BadRead
from domain.place import Place
from domain.read import ImageRef, Read
from domain.vehicle import Guess, VehicleSeen
from records.archive import Archive
from storage.postgres import Database

NOW = datetime(2026, 11, 21, 21, 2, 9, 123456, tzinfo=UTC)
ORI = "KS0190100"


def read(**more: Any) -> Read:
    values: dict[str, Any] = {
        "read_id": uuid4(),
        "agency": ORI,
        "camera": "4th-and-main",
        "seen_at": NOW,
        "received_at": NOW + timedelta(seconds=1),
        "plate": "482KTB",
        "plate_raw": "482-ktb",
        "state": "KS",
    }
    return Read(**values | more)


async def count(db: Database) -> int:
    async with db.connection() as conn:
        row = await (await conn.execute("select count(*) as n from reads")).fetchone()
    assert row is not None
    return int(row["n"])


async def found(db: Database, plate: str = "482KTB", agency: str = ORI, **more: Any) -> list[Read]:
    span: dict[str, Any] = {
        "since": NOW - timedelta(days=9),
        "until": NOW + timedelta(days=9),
        "limit": 100,
    }
    async with db.connection() as conn:
        return await Archive(db).find(conn, agency, plate, **span | more)


async def test_a_read_comes_back_as_it_was(db: Database) -> None:
    full = read(
        confidence=0.93,
        state_confidence=0.5,
        candidates=(Guess("482KT8", 0.4), Guess("4B2KTB")),
        vehicle=VehicleSeen(make=(Guess("Citro\u00ebn", 0.8),), orientation="rear"),
        place=Place(name="4th \u00d7 Main", latitude=37.41, longitude=-94.7, heading=90.0),
        images=(ImageRef(kind="plate", key="a/b.jpg", sha256="0" * 64),),
        format="platerecognizer",
    )
    assert await Archive(db).store([full]) == 1
    assert await found(db) == [full]


async def test_a_replay_stores_nothing_twice(db: Database) -> None:
    archive = Archive(db)
    reads = [read() for _ in range(100)]
    assert await archive.store(reads) == 100
    assert await archive.store(reads) == 0
    assert await archive.store([*reads[50:], read()]) == 1
    assert await archive.store([]) == 0
    assert await count(db) == 101


async def test_a_read_twice_in_one_batch_is_stored_once(db: Database) -> None:
    one = read()
    assert await Archive(db).store([one, one, read(), one]) == 2


async def test_days_are_by_utc_and_made_as_they_come(db: Database) -> None:
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    moments = [
        midnight - timedelta(microseconds=1),
        midnight,
        midnight + timedelta(days=40),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, tzinfo=UTC),
    ]
    assert await Archive(db).store([read(seen_at=m) for m in moments]) == len(moments)
    async with db.connection() as conn:
        cursor = await conn.execute(
            "select inhrelid::regclass::text as name, (select count(*) from reads r"
            " where r.tableoid = inhrelid) as n from pg_inherits"
            " where inhparent = 'reads'::regclass order by 1"
        )
        days = {row["name"]: row["n"] for row in await cursor.fetchall()}
    assert days == {
        "reads_19700101": 1,
        "reads_20261121": 1,
        "reads_20261122": 1,
        "reads_20270101": 1,
        "reads_99991231": 1,
    }


async def test_two_processes_with_the_same_reads_and_new_days_store_each_once(
    db: Database, database_url: str
) -> None:
    reads = [read(seen_at=NOW + timedelta(hours=7 * n)) for n in range(60)]
    async with Database(database_url, size=4) as other:
        archives = [Archive(db), Archive(other), Archive(db), Archive(other)]
        orders = [reads, reads[::-1], reads[30:] + reads[:30], reads[::-1]]
        stored = await asyncio.gather(
            *(a.store(order) for a, order in zip(archives, orders, strict=True))
        )
    assert sum(stored) == len(reads)
    assert await count(db) == len(reads)


async def test_a_new_day_does_not_wait_for_a_long_search(db: Database) -> None:
    archive = Archive(db)
    await archive.store([read()])
    async with db.transaction() as conn:
        await conn.execute("select count(*) from reads")  # holds its lock until the end
        async with asyncio.timeout(5):
            assert await archive.store([read(seen_at=NOW + timedelta(days=1))]) == 1


async def test_a_day_that_retention_dropped_is_made_again(db: Database) -> None:
    archive = Archive(db)
    await archive.store([read()])
    async with db.connection() as conn:
        await conn.execute("drop table reads_20261121")
    assert await archive.store([read()]) == 1


async def test_a_partition_left_half_made_is_attached(db: Database) -> None:
    async with db.connection() as conn:
        await conn.execute("create table reads_20261121 (like reads including defaults)")
    assert await Archive(db).store([read()]) == 1


@pytest.mark.parametrize("text", ["nul \0 inside", "lone \ud800 surrogate", "\\u0000 \\\\u0000"])
async def test_no_text_keeps_the_batch_from_being_stored(db: Database, text: str) -> None:
    odd = read(plate_raw=text, camera=text, vehicle=VehicleSeen(make=(Guess(text),)))
    assert await Archive(db).store([read(), odd, read()]) == 3
    (back,) = [r for r in await found(db) if r.read_id == odd.read_id]
    kept = text.replace("\0", "\ufffd").replace("\ud800", "\ufffd")
    assert back.plate_raw == back.camera == kept
    async with db.connection() as conn:  # and the database itself can read what is in it
        await conn.execute("select body ->> 'plate_raw', body::jsonb from reads")


async def test_a_time_without_offset_is_named_and_nothing_is_half_stored(db: Database) -> None:
    with pytest.raises(BadRead, match=r"reads\[1\].seen_at: a time needs its offset"):
        await Archive(db).store([read(), read(seen_at=NOW.replace(tzinfo=None))])
    before_all = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))
    with pytest.raises(BadRead, match=r"reads\[0\].received_at: a time must lie in the years"):
        await Archive(db).store([read(received_at=before_all)])
    assert await count(db) == 0


async def test_a_search_is_by_agency_plate_and_time(db: Database) -> None:
    first, second = read(), read(seen_at=NOW + timedelta(hours=1))
    await Archive(db).store([first, second, read(plate="482KT8"), read(agency="MO0500100")])
    assert await found(db) == [second, first]
    assert await found(db, until=second.seen_at) == [first]
    assert await found(db, since=second.seen_at) == [second]
    assert await found(db, limit=1) == [second]
    assert await found(db, plate="482KTB\0") == []
    assert [r.agency for r in await found(db, agency="MO0500100")] == ["MO0500100"]


async def test_the_id_of_the_read_is_what_makes_it_one(db: Database) -> None:
    same = UUID(int=7)
    assert await Archive(db).store([read(read_id=same, plate="A1"), read(read_id=same)]) == 1
