"""A list of the first format stays in force through the migration, and the next file follows it."""

from __future__ import annotations

import asyncio
import hashlib
import struct
import zlib
from pathlib import Path
from uuid import UUID, uuid5

import msgspec
import psycopg

from domain.ids import ENTRIES
from hotlists import store
from hotlists.keeper import WatchKeeper
from hotlists.refresh import refresh
from matchers.folding import column
from storage.migrate import migrate
from storage.postgres import Database
from tests.integration.list_world import hits, in_force, matched
from tests.lists import AGENCY, NOW, Row, record, records, table

SOURCE = uuid5(ENTRIES, f"{AGENCY}|source|NCIC")
FIELDS = (
    "entry_id", "agency", "source", "category", "priority", "plate", "plate_raw", "state", "nic",
    "make", "expires_on",
)  # fmt: skip


def first_format(rows: list[Row]) -> bytes:
    """A chunk as the first format had it: a digest, then zlib over MessagePack columns."""
    packed, ends = b"", []
    for n, row in enumerate(rows):
        packed += msgspec.msgpack.encode(
            [str(UUID(int=n + 1)), AGENCY, str(SOURCE), "stolen-vehicle", 2, row["LIC"],
             row["LIC"].lower(), row["LIS"], row["NIC"], row["VMA"], row["EXPIRES"]]
        )  # fmt: skip
        ends.append(len(packed))
    plates = column(row["LIC"] for row in rows)
    body = zlib.compress(
        msgspec.msgpack.encode([FIELDS, plates, struct.pack(f"<{len(ends)}I", *ends), packed])
    )
    return hashlib.sha256(body).digest() + body


async def test_a_list_of_the_first_format_stays_in_force(
    empty_database_url: str, tmp_path: Path
) -> None:
    url, rows = empty_database_url, records(0, 300)
    await asyncio.to_thread(migrate, url, "0001")
    with psycopg.connect(url) as conn:
        conn.execute("insert into agencies (ori, name) values (%s, 'Pittsburg')", (AGENCY,))
        conn.execute(
            "insert into hotlist_sources (id, agency, name, kind)"
            " values (%s, %s, 'NCIC', 'ncic_csv')",
            (SOURCE, AGENCY),
        )
        conn.execute(
            "insert into generations (source, number, state, sha256, entries, rows, refreshed_at,"
            " requested_by) values (%s, 4, 'active', '\\x02', 300, 300, %s, 'test')",
            (SOURCE, NOW),
        )
        conn.execute(
            "insert into generation_chunks (generation, n, data)"
            " select id, c.n, c.data from generations,"
            " (values (0, %b::bytea), (1, %b::bytea)) c (n, data)",
            (first_format(rows[:200]), first_format(rows[200:])),
        )
    await asyncio.to_thread(migrate, url)
    goes, stays, comes = (record(n)["LIC"] for n in (5, 250, 320))
    async with Database(url, size=3) as db:
        keeper = WatchKeeper(db, lambda: NOW, tmp_path)
        await keeper.load_once()
        (found,) = matched(keeper.watch(AGENCY), stays)
        assert (found.generation, found.entry.make) == (4, record(250)["VMA"])
        assert found.entry.expires_on is not None
        assert hits(keeper.watch(AGENCY), goes, stays, comes) == [goes, stays]
        async with db.connection() as conn_:
            source = await store.source_named(conn_, AGENCY, "NCIC")
        assert source.kind == "table"
        result = await refresh(db, source, table(records(30, 330)), by="op", now=NOW)
        assert (result.outcome, result.generation) == ("active", 5), result.sentences()
        assert await in_force(db, source) == 5
        await keeper.load_once()
        assert hits(keeper.watch(AGENCY), goes, stays, comes) == [stays, comes]
