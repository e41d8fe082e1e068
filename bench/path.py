"""The path in one run on Apache Kafka: bare Faust against the pipeline, and read-to-alert.

    python -m bench.path [--seconds 20] [--entries 1000000] [--only 23100 ...]

Each throughput run drains reads that already wait on the topic, with the archive's worker
running at the same time, as it would in production. Each latency run puts reads on the topic at a
given rate after a warm-up, 20 a record (100 at the higher rates), and asks the database when their
alerts were raised.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import drain, load
from bench.traffic import Traffic
from domain import topics
from hotlists.configuring import ensure_source
from hotlists.refresh import refresh
from people.store import create_agency
from storage.embedded import EmbeddedPostgres
from storage.kafka import ensure_topics
from storage.migrate import migrate
from storage.postgres import Database
from streams.app import Group
from tests.kafka.apache import ApacheKafka

AGENCY = "KS0999900"
PARTITIONS = 8
RATES = (1000, 5000, 10_000, 23_100)
"""Reads/s; the last is the aim."""
WARM = 8.0
"""Seconds of the same traffic before the measured ones; then everything is drained."""
MAKING = 60e-6
"""Seconds that making a read for the log is given, at most."""


class Stack:
    """Fresh topics and a fresh database for every measurement: nothing is warm from the last."""

    def __init__(self, folder: Path, postgres: EmbeddedPostgres, entries: int) -> None:
        self.folder = folder
        self.postgres = postgres
        self.entries = entries
        self.traffic = Traffic(entries, AGENCY)
        self.runs = 0

    async def database(self) -> str:
        """A migrated database with one agency and the watch list."""
        self.runs += 1
        name = f"bench_{self.runs}"
        async with Database(self.postgres.url) as server, server.connection() as conn:
            await conn.execute(f"create database {name}")
        url = self.postgres.url_of(name)
        await asyncio.to_thread(migrate, url)
        async with Database(url) as db:
            async with db.transaction() as conn:
                await create_agency(conn, AGENCY, "Bench PD", "UTC")
                source = await ensure_source(conn, AGENCY, "NCIC", "table", "", {})
            done = await refresh(db, source, self.traffic.csv(), by="bench", now=datetime.now(UTC))
            assert done.outcome == "active", done
        return url

    def env(self, bootstrap: str, database: str) -> dict[str, str]:
        """Settings of a role's process."""
        return {
            "BOLO_DATABASE_URL": database,
            "BOLO_KAFKA": bootstrap,
            "BOLO_IMAGES_URL": f"file://{self.folder}/images",
            "BOLO_DATA_DIR": str(self.folder),
            "BOLO_LOG_LEVEL": "warning",
        }


async def bare(folder: Path, records: int) -> float:
    """Records/s of an agent that does nothing, one read a record."""
    with ApacheKafka(folder / "kafka-bare") as kafka:
        await ensure_topics(kafka.bootstrap, PARTITIONS)
        reads = list(load.reads(records, AGENCY, 0))
        await load.produce(kafka.bootstrap, load.packed(reads, 1))
        arguments = ["bench.bare", kafka.bootstrap, Group.ALERTS, str(folder / "bare")]
        with drain.process(arguments, {}, str(folder / "bare.log")):
            took, done = await drain.drained(kafka.bootstrap, Group.ALERTS, topics.READS, records)
    return done / took


async def pipeline(
    stack: Stack, folder: Path, pack: int, count: int, wanted_every: int, *, archive: bool
) -> dict[str, float]:
    """Reads/s of match_reads and, unless it is left out, of the archive running beside it."""
    groups = list(Group) if archive else [Group.ALERTS]
    name = f"pack-{pack}-{len(groups)}"
    with ApacheKafka(folder / f"kafka-{name}") as kafka:
        database = await stack.database()
        await ensure_topics(kafka.bootstrap, PARTITIONS)
        records = load.packed(list(stack.traffic.reads(count, wanted_every)), pack)
        await load.produce(kafka.bootstrap, records)
        env = stack.env(kafka.bootstrap, database)
        with ExitStack() as running:
            for group in groups:
                log = str(folder / f"{name}-{group}.log")
                running.enter_context(
                    drain.process(
                        ["bolo", "worker", "--group", group.removeprefix("bolo-")], env, log
                    )
                )
            results = await asyncio.gather(
                *(
                    drain.drained(kafka.bootstrap, group, topics.READS, len(records))
                    for group in groups
                )
            )
    speed = {
        group.value: done * pack / took for group, (took, done) in zip(groups, results, strict=True)
    }
    return {"match": speed[Group.ALERTS], "archive": speed.get(Group.ARCHIVE, 0.0)}


async def latency(
    stack: Stack, folder: Path, rate: int, seconds: float, pack: int, wanted_every: int
) -> dict[str, float]:
    """p50 and p99 in ms from the moment a read was due on the log to its alert in the database."""
    name = f"rate-{rate}-{stack.runs}"
    with ApacheKafka(folder / f"kafka-{name}") as kafka:
        database = await stack.database()
        await ensure_topics(kafka.bootstrap, PARTITIONS)
        env = stack.env(kafka.bootstrap, database)
        with ExitStack() as running:
            for group in ("alerts", "archive"):
                log = str(folder / f"{name}-{group}.log")
                running.enter_context(drain.process(["bolo", "worker", "--group", group], env, log))
            # Before the clock matters, both workers consume, and the broker has compiled itself.
            warm = int(rate * WARM) // pack
            bulk = Bulk(stack.traffic, pack, wanted_every)
            await _at_rate(bulk, kafka.bootstrap, rate, 0, warm)
            await asyncio.gather(
                *(drain.drained(kafka.bootstrap, g, topics.READS, warm) for g in Group)
            )
            start = await _at_rate(
                bulk, kafka.bootstrap, rate, warm, warm + int(rate * seconds) // pack
            )
            wanted = int(rate * seconds) // wanted_every
            waited = await _alerts(database, start, wanted)
    return waited


@dataclass(frozen=True)
class Bulk:
    """Traffic in records of `pack` reads, of which one in `wanted_every` is of a wanted vehicle."""

    traffic: Traffic
    pack: int
    wanted_every: int

    def record(self, number: int, due: datetime) -> bytes:
        """The record with that number, its last read at `due`."""
        start = number * self.pack
        # The traffic sets its nth read n microseconds later, so that ids differ: take that back.
        at = due - timedelta(microseconds=start + self.pack)
        batch = list(self.traffic.reads(self.pack, self.wanted_every, start=start, seen_at=at))
        return load.packed(batch, max(self.pack, 2))[0]


async def _at_rate(bulk: Bulk, bootstrap: str, rate: int, first: int, past: int) -> datetime:
    """Put every record from `first` up to `past` on the log when it is due; when the first was.

    All are made before, with the moments when they will be due: a producer that falls behind, or
    waits for its turn of the processor, is part of what is measured.
    """
    from aiokafka import AIOKafkaProducer

    start = datetime.now(UTC) + timedelta(seconds=2 + (past - first) * bulk.pack * MAKING)
    dues = [start + timedelta(seconds=n * bulk.pack / rate) for n in range(past - first)]
    records = [bulk.record(first + n, due) for n, due in enumerate(dues)]
    assert datetime.now(UTC) < start, "making the reads took longer than MAKING says"
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=0)
    await producer.start()
    try:
        pending = []
        for n, (due, record) in enumerate(zip(dues, records, strict=True)):
            await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
            pending.append(await producer.send(topics.READS, record, partition=n % PARTITIONS))
        for future in pending:
            await future
    finally:
        await producer.stop()
    return start - timedelta(milliseconds=1)  # reads of one record are microseconds apart


async def _alerts(database: str, since: datetime, expected: int) -> dict[str, float]:
    """Of the alerts for reads since then, of which `expected` are certain: when they were
    committed, which is when the first row of an alert's history was."""
    query = (
        "with raised as (select pg_xact_commit_timestamp(h.xmin) at,"
        " (a.match->'read'->>'received_at')::timestamptz due"
        " from alerts a join alert_history h on h.alert = a.id and h.version = 1)"
        " select count(*) n, percentile_cont(array[0.5, 0.99]) within group"
        " (order by extract(epoch from at - due)) p from raised where due >= %s"
    )
    async with Database(database) as db:
        row, found, still = None, -1, 0
        for _ in range(120):
            async with db.connection() as conn:
                row = await (await conn.execute(query, (since,))).fetchone()
            assert row is not None
            still = still + 1 if row["n"] == found else 0
            found = row["n"]
            if found >= expected and still > 2:
                break
            await asyncio.sleep(0.5)
    assert row is not None
    # More than the wanted ones: misreads, and the same number of another state.
    assert found >= expected, f"{found} alerts of {expected}"
    return {"alerts": found, "p50_ms": row["p"][0] * 1000, "p99_ms": row["p"][1] * 1000}


async def _set(postgres: EmbeddedPostgres, name: str, value: str) -> None:
    async with Database(postgres.url) as db, db.connection() as conn:
        await conn.execute(f"alter system set {name} = '{value}'".encode())


async def main(seconds: float, entries: int, only: Sequence[int] = ()) -> dict[str, Any]:
    """Every measurement, one after the other, and the ratios between them; with `only`, how long
    alerts take at these rates (reads/s), each as often as it is named."""
    with tempfile.TemporaryDirectory(prefix="bolo-bench-") as name:
        folder = Path(name)
        with EmbeddedPostgres(folder / "pg") as postgres:  # so that it knows when alerts came
            await _set(postgres, "track_commit_timestamp", "on")
        with EmbeddedPostgres(folder / "pg") as postgres:
            stack = Stack(folder, postgres, entries)
            print(f"machine: {os.cpu_count()} cores, {platform.platform()}; {entries:,} entries")
            result = {} if only else await throughput(stack, folder, int(6000 * seconds))
            for rate in only or RATES:
                waited = await latency(stack, folder, rate, seconds, pack_at(rate), rate // 25)
                result.setdefault(f"latency_{rate}", []).append(waited)
                print(
                    f"read to alert at {rate:,} reads/s: p50 {waited['p50_ms']:.0f} ms,"
                    f" p99 {waited['p99_ms']:.0f} ms over {waited['alerts']:.0f} alerts",
                    flush=True,
                )
    print(json.dumps(result))
    return result


async def throughput(stack: Stack, folder: Path, count: int) -> dict[str, Any]:
    """Reads/s of bare Faust and of the pipeline with records of several sizes."""
    print(f"bare Faust, {count:,} records of one read ...", flush=True)
    first = await bare(folder, count)
    result: dict[str, Any] = {"bare_faust": first}
    print(f"{'':24}{'reads/s':>10}{'of bare':>10}{'archive/s':>11}")
    print(f"{'bare Faust, 1 a record':24}{first:>10,.0f}{1:>10.2f}", flush=True)
    for pack, factor, archive in ((1, 1, False), (1, 1, True), (20, 4, True), (100, 6, True)):
        got = await pipeline(stack, folder, pack, count * factor, 2000, archive=archive)
        result[f"pipeline_{pack}{'' if archive else '_alone'}"] = got
        line = f"pipeline, {pack} a record"
        beside = f"{got['archive']:>11,.0f}" if archive else f"{'off':>11}"
        speed = f"{got['match']:>10,.0f}{got['match'] / first:>10.2f}"
        print(f"{line:24}{speed}{beside}", flush=True)
    return result


def pack_at(rate: int) -> int:
    """Reads a record, as the intake packs them at that rate: a busier one packs more."""
    return 100 if rate >= 10_000 else 20


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument(
        "--only", type=int, nargs="+", default=[], metavar="READS_PER_SECOND",
        help="only how long alerts take at these rates; name one three times to see its spread",
    )  # fmt: skip
    chosen = parser.parse_args()
    asyncio.run(main(chosen.seconds, chosen.entries, chosen.only))
