"""Matches are raised several at a time: each once, in order for one vehicle, and none is skipped
because a later one was done before it."""

from __future__ import annotations

import asyncio
import random
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4, uuid5

import msgspec
import psycopg
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from alerts.raising_store import lock_key
from domain import topics
from matchers.watch import Match
from storage.embedded import EmbeddedBroker, EmbeddedPostgres
from storage.kafka import ensure_topics
from storage.postgres import Database
from streams.alerting import TOLD_AT_ONCE, WAITING_AT_ONCE, at_once
from streams.app import Group
from streams.batches import LINGER
from tests.integration.alerting import ENTRY, match, person, rows
from tests.integration.town import until

pytestmark = pytest.mark.embedded


def vehicle(number: int) -> Match:
    """A match of the vehicle of that number, right now, by a read of its own."""
    now = datetime.now(UTC)
    plate = f"TST{number:03}"
    entry = msgspec.structs.replace(ENTRY, entry_id=uuid5(ENTRY.entry_id, plate), plate=plate)
    return match(entry, read_id=uuid4(), seen_at=now, received_at=now, plate=plate)


async def put(kafka: str, matches: Sequence[Match], partitions: int = 1) -> None:
    """On the log, in order; those of one vehicle on one partition."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=100)
    await producer.start()
    try:
        for one in matches:
            key = one.wanted.bytes
            at = key[0] % partitions
            await producer.send(topics.MATCHES, msgspec.json.encode(one), key=key, partition=at)
        await producer.flush()
    finally:
        await producer.stop()


@asynccontextmanager
async def raising(
    url: str, kafka: str, folder: Path, pool: int = 8, linger: float = LINGER
) -> AsyncIterator[Process]:
    """A worker that raises alerts; killed at the end. It waits `linger` seconds for what belongs to
    a batch."""
    with (folder / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.integration.raising_process"),
            *(url, kafka, str(folder), str(pool), str(linger)),
            stderr=log,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def committed(kafka: str, partitions: int = 1) -> dict[int, int]:
    """The next offset of each partition of the matches that the group would read; -1: none yet."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        asked = [TopicPartition(topics.MATCHES, n) for n in range(partitions)]
        said = await admin.list_consumer_group_offsets(str(Group.ALERTS), partitions=asked)
        return {at.partition: said[at].offset if at in said else -1 for at in asked}
    finally:
        await admin.close()


async def plates(db: Database) -> list[str]:
    return [plate for (plate,) in await rows(db, "select match->'read'->>'plate' from alerts")]


@pytest.mark.parametrize("done_before", [0, 1], ids=["of all", "after one that was done"])
async def test_a_match_that_waits_is_not_lost_when_later_ones_are_done_and_the_worker_is_killed(
    db: Database, database_url: str, own_broker: EmbeddedBroker, tmp_path: Path, done_before: int
) -> None:
    await person(db, "m.ortiz")
    kafka = own_broker.bootstrap
    await ensure_topics(kafka, 1)
    matches = [vehicle(n) for n in range(done_before + 4)]
    others = {one.read.plate for one in matches} - {matches[done_before].read.plate}
    async with db.connection() as conn, conn.transaction():
        # Its vehicle is held by somebody who takes long.
        await conn.execute(
            "select pg_advisory_xact_lock(%s)", (lock_key(matches[done_before].wanted),)
        )
        # Long: what is put together is one batch, also where the worker is stopped in between. A
        # match that waits lets those of its own batch pass, not the next batch.
        async with raising(database_url, kafka, tmp_path, linger=0.5):
            if done_before:
                await put(kafka, matches[:done_before])

                async def noted() -> bool:
                    return (await committed(kafka))[0] == done_before

                await until(noted, 60)
            await put(kafka, matches[done_before:])

            async def rest() -> bool:
                return set(await plates(db)) == others

            await until(rest, 60)
            await asyncio.sleep(2)  # ten times what lies between two commits
            assert (await committed(kafka))[0] <= done_before
    async with raising(database_url, kafka, tmp_path):

        async def all_of_them() -> bool:
            return len(await plates(db)) == len(matches)

        await until(all_of_them, 60)
    assert Counter(await plates(db)) == Counter(one.read.plate for one in matches)


@pytest.mark.parametrize("size", range(2, 21))
def test_an_agent_never_has_all_connections_and_always_one(database_url: str, size: int) -> None:
    db = Database(database_url, size=size)
    waiting, told = at_once(WAITING_AT_ONCE, db), at_once(TOLD_AT_ONCE, db)
    assert min(waiting, told) >= 1
    assert waiting + told < size or size == 2


@pytest.mark.parametrize("pool", [2, 8])
async def test_many_matches_some_of_one_vehicle_over_a_database_that_goes_away(
    db: Database,
    database_url: str,
    postgres: EmbeddedPostgres,
    own_broker: EmbeddedBroker,
    tmp_path: Path,
    pool: int,
) -> None:
    await person(db, "m.ortiz")
    kafka = own_broker.bootstrap
    await ensure_topics(kafka, 2)
    order = random.Random(pool)
    vehicles = [n % 40 for n in range(200)]
    order.shuffle(vehicles)
    start = datetime.now(UTC)
    matches = [
        msgspec.structs.replace(
            one, read=msgspec.structs.replace(one.read, seen_at=start + timedelta(milliseconds=n))
        )
        for n, one in enumerate(vehicle(number) for number in vehicles)
    ]
    replayed = order.sample(matches, 50)
    await put(kafka, [*matches[:120], *replayed[:25]], 2)
    name = database_url.partition("@/")[2].partition("?")[0]

    async def sighted(number: int) -> bool:
        found = await rows(db, "select count(*) from sightings")
        return bool(found[0][0] >= number)

    async with raising(database_url, kafka, tmp_path, pool):
        await until(lambda: sighted(10), 60)
        with psycopg.connect(postgres.url_of("postgres"), autocommit=True) as admin:
            admin.execute(f"alter database {name} allow_connections false".encode())
            try:
                admin.execute("select pg_terminate_backend(pid) from pg_stat_activity"
                              " where datname = %s", (name,))  # fmt: skip
                await put(kafka, [*matches[120:], *replayed[25:]], 2)
                await asyncio.sleep(1.5)
            finally:
                admin.execute(f"alter database {name} allow_connections true".encode())
        await until(lambda: sighted(len(matches)), 60)

        async def all_committed() -> bool:
            return sum((await committed(kafka, 2)).values()) == len(matches) + len(replayed)

        await until(all_committed, 60)
    seen = Counter(vehicles)
    found = await rows(
        db,
        "select a.match->'read'->>'plate' as plate, a.sightings, count(s.read) as noted,"
        " a.match->'read'->>'read_id' as first"
        " from alerts a join sightings s on s.alert = a.id group by a.id",
    )
    first = {one.read.plate: str(one.read.read_id) for one in reversed(matches)}
    assert {row[0]: row[1:] for row in found} == {
        f"TST{n:03}": (count, count, first[f"TST{n:03}"]) for n, count in seen.items()
    }
    assert len(found) == len(seen)
    assert await rows(db, "select action, count(*) from audit where subject like 'alert:%%'"
                          " group by 1 order by 1") == [
        ("alert.raised", len(seen)),
        ("alert.sighting", len(matches) - len(seen)),
    ]  # fmt: skip
    numbers = await rows(db, "select number from alerts order by number")
    assert [int(number.split("-")[1]) for (number,) in numbers] == list(range(1, len(seen) + 1))
