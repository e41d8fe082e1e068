"""Sources and generations in PostgreSQL. At most one generation of a source is active.

A generation is immutable once stored, but for its state and the time at which its source
last confirmed it. Functions that change something want a connection inside a transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from domain.errors import BadInput, NotFound
from hotlists.model import Finding, HotlistSource, Parsed
from storage.postgres import Connection, Row

CHANGED = "bolo_hotlists"
"""NOTIFY channel; the payload is ``AGENCY source-uuid``. It fires when the change commits."""

KEPT_CHUNKS = 10
"""Superseded or quarantined generations of a source whose entries are kept; their rows always."""


@dataclass(frozen=True)
class StoredGeneration:
    """A generation's row, without its entries."""

    id: int
    number: int
    state: str
    sha256: bytes
    entries: int
    rows: int
    rejected: Mapping[str, int]
    prohibited: int
    reasons: tuple[Finding, ...]
    refreshed_at: datetime
    requested_by: str


@dataclass(frozen=True)
class ActiveGeneration:
    """What a worker needs to know to load a generation in force."""

    id: int
    number: int
    source: str
    source_name: str
    agency: str
    timezone: str
    entries: int
    refreshed_at: datetime


async def sources(conn: Connection, agency: str = "") -> list[HotlistSource]:
    """Every source, or those of one agency, by agency and name."""
    cursor = await conn.execute(
        "select id, agency, name, kind, location, settings from hotlist_sources"
        " where %(agency)s in ('', agency) order by agency, name",
        {"agency": agency},
    )
    return [HotlistSource(**row) for row in await cursor.fetchall()]


async def source_named(conn: Connection, agency: str, name: str) -> HotlistSource:
    """One source. Raises NotFound, also for another agency's."""
    for source in await sources(conn, agency):
        if source.name == name and agency:
            return source
    what = f"hotlist {name}"
    raise NotFound(what)


async def lock_source(conn: Connection, source: UUID) -> None:
    """One refresh of a source at a time decides and stores. Raises NotFound."""
    cursor = await conn.execute("select 1 from hotlist_sources where id = %s for update", (source,))
    if await cursor.fetchone() is None:
        what = f"hotlist source {source}"
        raise NotFound(what)


async def generations(conn: Connection, source: UUID, limit: int = 50) -> list[StoredGeneration]:
    """The generations of a source, newest first."""
    cursor = await conn.execute(
        "select * from generations where source = %s order by number desc limit %s",
        (source, limit),
    )
    return [_generation(row) for row in await cursor.fetchall()]


async def active(conn: Connection, source: UUID) -> StoredGeneration | None:
    """The generation in force, if there is one."""
    cursor = await conn.execute(
        "select * from generations where source = %s and state = 'active'", (source,)
    )
    row = await cursor.fetchone()
    return _generation(row) if row else None


async def latest(conn: Connection, source: UUID) -> StoredGeneration | None:
    """The newest generation, whatever its state."""
    newest = await generations(conn, source, limit=1)
    return newest[0] if newest else None


async def store_generation(
    conn: Connection,
    source: HotlistSource,
    found: Parsed,
    chunks: Sequence[bytes],
    findings: Sequence[Finding],
    *,
    state: str,
    sha256: bytes,
    now: datetime,
    by: str,
) -> StoredGeneration:
    """Store the next generation; as 'active' it supersedes the one before and workers are told."""
    if state == "active":
        await _supersede(conn, source.id)
    cursor = await conn.execute(
        "insert into generations (source, number, state, sha256, entries, rows, rejected,"
        " prohibited, reasons, refreshed_at, requested_by) values (%(source)s,"
        " (select coalesce(max(number), 0) + 1 from generations where source = %(source)s),"
        " %(state)s, %(sha256)s, %(entries)s, %(rows)s, %(rejected)s, %(prohibited)s,"
        " %(reasons)s, %(now)s, %(by)s) returning *",
        {
            "source": source.id,
            "state": state,
            "sha256": sha256,
            "entries": found.accepted,
            "rows": found.rows,
            "rejected": Jsonb(found.rejected),
            "prohibited": found.prohibited,
            "reasons": Jsonb(msgspec.to_builtins(findings)),
            "now": now,
            "by": by,
        },
    )
    row = await cursor.fetchone()
    assert row is not None
    for n, chunk in enumerate(chunks):
        await conn.execute(
            "insert into generation_chunks (generation, n, data) values (%s, %s, %b)",
            (row["id"], n, chunk),
        )
    await _forget_chunks(conn, source.id)
    if state == "active":
        await _notify(conn, source)
    return _generation(row)


async def confirm(conn: Connection, source: HotlistSource, generation: int, now: datetime) -> None:
    """The source sent the same bytes again: the generation in force is as fresh as now."""
    await conn.execute("update generations set refreshed_at = %s where id = %s", (now, generation))
    await _notify(conn, source)


async def put_in_force(
    conn: Connection, source: HotlistSource, number: int, now: datetime
) -> StoredGeneration:
    """Make a quarantined generation the active one. Raises NotFound, BadInput."""
    cursor = await conn.execute(
        "select g.*, exists (select from generation_chunks c where c.generation = g.id) as held"
        " from generations g where source = %s and number = %s",
        (source.id, number),
    )
    row = await cursor.fetchone()
    if row is None:
        what = f"generation {number} of {source.name}"
        raise NotFound(what)
    if row["state"] != "quarantined":
        problem = f"generation {number} is {row['state']}, not in quarantine"
        raise BadInput("generation", problem)
    if row["entries"] and not row.pop("held"):
        problem = f"the entries of generation {number} are no longer kept; import the file again"
        raise BadInput("generation", problem)
    row.pop("held", None)
    before = _generation(row)
    if any(finding.final for finding in before.reasons):
        problem = f"there is nothing to accept: {before.reasons[0].sentence}"
        raise BadInput("generation", problem)
    await _supersede(conn, source.id)
    cursor = await conn.execute(
        "update generations set state = 'active', refreshed_at = %s where id = %s returning *",
        (now, before.id),
    )
    changed = await cursor.fetchone()
    assert changed is not None
    await _notify(conn, source)
    return _generation(changed)


async def in_force(conn: Connection) -> list[ActiveGeneration]:
    """Every active generation of every agency: the cheap question a worker asks each second."""
    cursor = await conn.execute(
        "select g.id, g.number, s.id::text as source, s.name as source_name, s.agency,"
        " a.timezone, g.entries, g.refreshed_at from generations g"
        " join hotlist_sources s on s.id = g.source join agencies a on a.ori = s.agency"
        " where g.state = 'active' order by s.agency, s.id"
    )
    return [ActiveGeneration(**row) for row in await cursor.fetchall()]


async def chunk(conn: Connection, generation: int, n: int) -> bytes | None:
    """One chunk, or None after the last. Binary, so that nothing is decoded on the way."""
    cursor = conn.cursor(binary=True)
    await cursor.execute(
        "select data from generation_chunks where generation = %s and n = %s", (generation, n)
    )
    row = await cursor.fetchone()
    return bytes(row["data"]) if row else None


async def listen(conn: Connection) -> None:
    """Hear of changes on this connection."""
    await conn.execute(f"listen {CHANGED}")


async def _supersede(conn: Connection, source: UUID) -> None:
    await conn.execute(
        "update generations set state = 'superseded' where source = %s and state = 'active'",
        (source,),
    )


async def _forget_chunks(conn: Connection, source: UUID) -> None:
    await conn.execute(
        "delete from generation_chunks where generation in (select id from generations"
        " where source = %s and state <> 'active' order by number desc offset %s)",
        (source, KEPT_CHUNKS),
    )


async def _notify(conn: Connection, source: HotlistSource) -> None:
    await conn.execute("select pg_notify(%s, %s)", (CHANGED, f"{source.agency} {source.id}"))


def _generation(row: Row) -> StoredGeneration:
    names = [name for name in StoredGeneration.__dataclass_fields__ if name != "reasons"]
    kept = {name: row[name] for name in names}
    kept["sha256"] = bytes(row["sha256"])
    return StoredGeneration(**kept, reasons=msgspec.convert(row["reasons"], tuple[Finding, ...]))
