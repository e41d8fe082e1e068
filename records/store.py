"""Reads and audit rows in PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from domain.read import Read
from storage.postgres import Connection, Database, Row
from storage.texts import all_storable, storable, storable_json

_PARTITIONS_LOCK = 0x60_12  # one process makes a partition at a time
_COLUMNS = "read_id, agency, camera, seen_at, received_at, plate, state, body"

# Arrays in the binary format. Measured on 2 cores, reads of 1 KB, batches of 100 and 500, reads/s:
# 34,000-40,000 and 39,000-42,000; COPY to a temporary table 20,000 and 33,000-36,000; arrays as
# text 7,000. With the pool and one commit a batch 20,000-22,000 and 26,000-32,000 remain.
_INSERT = (
    f"insert into reads ({_COLUMNS})"
    " select a, b, c, d, e, f, g, h::json from unnest(%b::uuid[], %b::text[], %b::text[],"
    " %b::timestamptz[], %b::timestamptz[], %b::text[], %b::text[], %b::text[])"
    " as t(a, b, c, d, e, f, g, h) on conflict do nothing"
)


class NoPartition(Exception):
    """The partition of one of the days is not there (any more)."""


async def insert_reads(conn: Connection, reads: Sequence[Read]) -> int:
    """Insert the reads that are not there yet, in one statement. How many were new.

    In the order of their ids, so that two processes with the same reads never wait for
    each other in a circle. Raises NoPartition, and nothing is stored.
    """
    in_order = sorted(reads, key=lambda read: read.read_id)
    columns: list[Sequence[Any]] = [
        [read.read_id for read in in_order],
        all_storable([read.agency for read in in_order]),
        all_storable([read.camera for read in in_order]),
        [read.seen_at for read in in_order],
        [read.received_at for read in in_order],
        all_storable([read.plate for read in in_order]),
        all_storable([read.state for read in in_order]),
        [storable_json(read) for read in in_order],
    ]
    try:
        cursor = await conn.execute(_INSERT, columns)
    except psycopg.errors.CheckViolation as missing:
        raise NoPartition from missing
    return cursor.rowcount


async def make_partition(db: Database, day: date) -> None:
    """Make sure that the day (UTC) has its partition. Any number of processes may ask at once.

    Made aside and then attached, which other than `create table ... partition of` does not
    stop those who read and write the other days.
    """
    name = partition_name(day)
    first = f"{day.isoformat()} 00:00:00+00"
    last = "maxvalue"
    if day < date.max:
        last = f"'{(day + timedelta(days=1)).isoformat()} 00:00:00+00'"
    async with db.transaction() as conn:
        await conn.execute("select pg_advisory_xact_lock(%s)", (_PARTITIONS_LOCK,))
        cursor = await conn.execute(
            "select 1 from pg_inherits where inhparent = 'reads'::regclass"
            " and inhrelid = to_regclass(%s)",
            (name,),
        )
        if await cursor.fetchone():
            return
        await conn.execute(
            f"create table if not exists {name}"
            " (like reads including defaults including constraints)"
        )
        await conn.execute(
            f"alter table reads attach partition {name} for values from ('{first}') to ({last})"
        )


def partition_name(day: date) -> str:
    """reads_20261121 for 2026-11-21."""
    return f"reads_{day.isoformat().replace('-', '')}"


async def find_reads(
    conn: Connection, agency: str, plate: str, since: datetime, until: datetime, limit: int
) -> list[bytes]:
    """Bodies (JSON of a Read) of the agency's reads of that very plate in [since, until).

    Newest first.
    """
    cursor = await conn.execute(
        "select body::text as body from reads where agency = %s and plate = %s"
        " and seen_at >= %s and seen_at < %s order by seen_at desc, read_id limit %s",
        (storable(agency), storable(plate), since, until, limit),
    )
    return [row["body"].encode() for row in await cursor.fetchall()]


async def read_body(conn: Connection, agency: str, read_id: UUID) -> bytes | None:
    """The body (JSON of a Read) of one of the agency's reads; None when the archive has none."""
    cursor = await conn.execute(
        "select body::text as body from reads where read_id = %s and agency = %s limit 1",
        (read_id, storable(agency)),
    )
    row = await cursor.fetchone()
    return row["body"].encode() if row else None


def days_of(reads: Sequence[Read]) -> set[date]:
    """The days (UTC) whose partitions hold the reads; at least one read."""
    seen = [read.seen_at for read in reads]
    first, last = min(seen).astimezone(UTC).date(), max(seen).astimezone(UTC).date()
    return {first} if first == last else {moment.astimezone(UTC).date() for moment in seen}


@asynccontextmanager
async def audit_snapshot(db: Database) -> AsyncIterator[Connection]:
    """A connection that sees one moment of the database and writes nothing."""
    async with db.transaction() as conn:
        await conn.execute("set transaction isolation level repeatable read, read only")
        yield conn


async def audit_heads(conn: Connection) -> dict[int, tuple[int, bytes]]:
    """Each lane's length and last hash."""
    cursor = await conn.execute("select lane, seq, hash from audit_heads order by lane")
    return {row["lane"]: (row["seq"], bytes(row["hash"])) for row in await cursor.fetchall()}


async def audit_rows(conn: Connection, at_once: int = 2000) -> AsyncIterator[Row]:
    """Every audit row, lane by lane in order, `at_once` in memory."""
    async with conn.cursor(name="audit_rows") as cursor:
        cursor.itersize = at_once
        await cursor.execute("select * from audit order by lane, seq")
        async for row in cursor:
            yield row


def row_values(row: Row) -> tuple[int, int, datetime, str, str, str, str, str, str]:
    """The columns that the row's hash covers, in its order."""
    return (
        row["lane"],
        row["seq"],
        row["at"],
        row["agency"],
        row["actor"],
        row["action"],
        row["subject"],
        row["reason"],
        row["detail"],
    )
