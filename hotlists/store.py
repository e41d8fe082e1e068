"""Sources and generations in PostgreSQL. At most one generation of a source is active.

A generation is immutable once stored, but for its state and the time at which its source
last confirmed it. Functions that change something want a connection inside a transaction.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt
from psycopg.types.json import Jsonb

from domain.errors import BadInput, NotFound, Unavailable
from hotlists.assembling import Built
from hotlists.model import Finding, HotlistSource
from hotlists.rules import drops_alike
from storage.postgres import Connection, Row

CHANGED = "bolo_hotlists"
"""NOTIFY channel; the payload is ``AGENCY source-uuid``. It fires when the change commits."""

REFRESHING = 0x60_20
"""Class of the advisory lock that a refresh holds."""

Keys = npt.NDArray[np.uint64]

_GENERATION = (
    "id, number, state, sha256, entries, rows, rejected, prohibited, reasons, refreshed_at,"
    " requested_by, rules, unknown, codes, columns, newest, waiting, original_bytes, accepted_by,"
    " accepted_because, twins"
)
"""All of a generation but its keys and plates, which may be 40 MB."""


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
    rules: str
    unknown: Mapping[str, int]
    codes: Mapping[str, Mapping[str, int]]
    columns: Sequence[str]
    newest: str
    waiting: int
    original_bytes: int
    accepted_by: str
    accepted_because: str
    twins: Mapping[str, int]


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
    # Not "for update": that would wait for live changes of the source, which hold a key share of
    # this row and may wait for us, and live changes would wait for the refresh.
    cursor = await conn.execute(
        "select 1 from hotlist_sources where id = %s for no key update", (source,)
    )
    if await cursor.fetchone() is None:
        what = f"hotlist source {source}"
        raise NotFound(what)


async def one_refresh(conn: Connection, source: HotlistSource) -> None:
    """Hold the right to refresh this source until the transaction ends. Raises Unavailable at once
    when somebody else is at it."""
    cursor = await conn.execute(
        "select pg_try_advisory_xact_lock(%s, hashtext(%s)) as ours", (REFRESHING, str(source.id))
    )
    row = await cursor.fetchone()
    if row is None or not row["ours"]:
        what = f"{source.name}: another refresh of this list is running; the list"
        raise Unavailable(what)


async def generations(conn: Connection, source: UUID, limit: int = 50) -> list[StoredGeneration]:
    """The generations of a source, newest first."""
    cursor = await conn.execute(
        f"select {_GENERATION} from generations where source = %s order by number desc limit %s",
        (source, limit),
    )
    return [_generation(row) for row in await cursor.fetchall()]


async def active(conn: Connection, source: UUID) -> StoredGeneration | None:
    """The generation in force, if there is one."""
    cursor = await conn.execute(
        f"select {_GENERATION} from generations where source = %s and state = 'active'", (source,)
    )
    row = await cursor.fetchone()
    return _generation(row) if row else None


async def latest(
    conn: Connection, source: UUID, *, but_empty: bool = False
) -> StoredGeneration | None:
    """The newest generation, whatever its state. `but_empty`: the newest that is finished."""
    newest = await generations(conn, source, limit=2)
    return next((one for one in newest if one.sha256 or not but_empty), None)


async def begin_generation(
    conn: Connection, source: HotlistSource, *, now: datetime, by: str
) -> StoredGeneration:
    """Make room for the next generation; `finish_generation` fills it in, in this transaction."""
    cursor = await conn.execute(
        "insert into generations (source, number, state, sha256, entries, rows, refreshed_at,"
        " requested_by) values (%(source)s,"
        " (select coalesce(max(number), 0) + 1 from generations where source = %(source)s),"
        " 'quarantined', '', 0, 0, %(now)s, %(by)s) returning " + _GENERATION,
        {"source": source.id, "now": now, "by": by},
    )
    row = await cursor.fetchone()
    assert row is not None
    return _generation(row)


async def add_chunk(conn: Connection, generation: int, n: int, data: bytes) -> None:
    """Store one chunk of rows."""
    await conn.execute(
        "insert into generation_chunks (generation, n, data) values (%s, %s, %b)",
        (generation, n, data),
    )


async def add_original(conn: Connection, generation: int, n: int, data: bytes) -> None:
    """Store one sealed block of the original file."""
    await conn.execute(
        "insert into generation_originals (generation, n, data) values (%s, %s, %b)",
        (generation, n, data),
    )


async def finish_generation(
    conn: Connection,
    source: HotlistSource,
    generation: int,
    built: Built,
    findings: Sequence[Finding],
    *,
    state: str,
    sha256: bytes,
    kept: int,
    rules: str,
    accepted: tuple[str, str] = ("", ""),
    twins: Mapping[str, int] | None = None,
) -> StoredGeneration:
    """Fill in what was counted. As 'active' it supersedes the one before and workers are told.

    `kept` is how many generations that are not in force keep their entries; `accepted` is by whom
    and why, when the guards had objected; `twins` is hotlists.twinning.count.
    """
    if state == "active":
        await _supersede(conn, source.id)
    found = built.found
    cursor = await conn.execute(
        "update generations set state = %(state)s, sha256 = %(sha256)s, entries = %(entries)s,"
        " rows = %(rows)s, rejected = %(rejected)s, prohibited = %(prohibited)s,"
        " reasons = %(reasons)s, unknown = %(unknown)s, codes = %(codes)s,"
        " columns = %(columns)s, newest = %(newest)s, rules = %(rules)s,"
        " waiting = %(waiting)s, keys = %(keys)b, dead = %(dead)b, original_bytes = %(original)s,"
        " accepted_by = %(accepted_by)s, accepted_because = %(because)s,"
        " twins = %(twins)s, plates = %(plates)b where id = %(id)s"
        f" returning {_GENERATION}",
        {
            "id": generation,
            "state": state,
            "sha256": sha256,
            "entries": found.accepted,
            "rows": found.rows,
            "rejected": Jsonb(found.rejected),
            "prohibited": found.prohibited,
            "reasons": Jsonb(msgspec.to_builtins(findings)),
            "unknown": Jsonb(found.unknown),
            "codes": Jsonb(found.codes),
            "columns": Jsonb(found.columns),
            "newest": found.newest,
            "rules": rules,
            "waiting": found.waiting,
            "keys": built.keys,
            "dead": built.dead,
            "original": built.original_bytes,
            "accepted_by": accepted[0],
            "because": accepted[1],
            "twins": Jsonb(dict(twins or {})),
            "plates": built.plates,
        },
    )
    row = await cursor.fetchone()
    assert row is not None
    await _forget(conn, source.id, kept)
    if state == "active":
        if built.state:
            await remember(conn, source.id, built.state)
        await notify(conn, source)
    return _generation(row)


async def confirm(conn: Connection, source: HotlistSource, generation: int, now: datetime) -> None:
    """The source sent the same bytes again: the generation in force is as fresh as now."""
    await conn.execute("update generations set refreshed_at = %s where id = %s", (now, generation))
    await notify(conn, source)


async def put_in_force(
    conn: Connection,
    source: HotlistSource,
    number: int,
    now: datetime,
    *,
    was: str,
    accepted: tuple[str, str],
    rules: str,
) -> StoredGeneration:
    """Make generation `number` the active one; it must be in state `was` ("quarantined" to accept
    it, "superseded" to go back to it). `accepted` is by whom and why. Raises NotFound, BadInput.
    """
    before = await number_of(conn, source.id, number)
    if before.state != was:
        problem = f"generation {number} is {before.state}, not {was}"
        raise BadInput("generation", problem)
    if not drops_alike(before.rules, rules):
        problem = f"what is dropped has changed since generation {number}; import its file again"
        raise BadInput("generation", problem)
    if any(finding.final for finding in before.reasons):
        problem = f"there is nothing to accept: {before.reasons[0].sentence}"
        raise BadInput("generation", problem)
    cursor = await conn.execute(
        "select exists (select from generation_chunks where generation = %s) as held", (before.id,)
    )
    row = await cursor.fetchone()
    if before.entries and not (row and row["held"]):
        problem = f"the entries of generation {number} are no longer kept; import the file again"
        raise BadInput("generation", problem)
    await _supersede(conn, source.id)
    cursor = await conn.execute(
        "update generations set state = 'active', accepted_by = %s, accepted_because = %s,"
        # A list that somebody goes back to is as old as it was; an accepted one is new.
        " refreshed_at = case when %s then %s else refreshed_at end where id = %s"
        f" returning {_GENERATION}",
        (*accepted, was == "quarantined", now, before.id),
    )
    changed = await cursor.fetchone()
    assert changed is not None
    await notify(conn, source)
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


async def zones(conn: Connection) -> dict[str, str]:
    """Each agency's time zone (IANA)."""
    cursor = await conn.execute("select ori, timezone from agencies")
    return {row["ori"]: row["timezone"] for row in await cursor.fetchall()}


async def chunk(conn: Connection, generation: int, n: int) -> bytes | None:
    """One chunk, or None after the last. Binary, so that nothing is decoded on the way."""
    cursor = conn.cursor(binary=True)
    await cursor.execute(
        "select data from generation_chunks where generation = %s and n = %s", (generation, n)
    )
    row = await cursor.fetchone()
    return bytes(row["data"]) if row else None


async def chunks(conn: Connection, generation: int) -> AsyncGenerator[bytes]:
    """Every chunk, as it comes: of one question, so that none waits for its own answer."""
    query = "select data from generation_chunks where generation = %s order by n"
    rows = conn.cursor(binary=True).stream(query, (generation,))
    async with aclosing(cast(AsyncGenerator[Row], rows)):  # which it is: it wants to be closed
        async for row in rows:
            yield bytes(row["data"])


async def listen(conn: Connection) -> None:
    """Hear of changes on this connection."""
    await conn.execute(f"listen {CHANGED}")


async def _supersede(conn: Connection, source: UUID) -> None:
    await conn.execute(
        "update generations set state = 'superseded' where source = %s and state = 'active'",
        (source,),
    )


async def _forget(conn: Connection, source: UUID, kept: int) -> None:
    old = (
        "(select id from generations where source = %s and state <> 'active'"
        " order by number desc offset %s)"
    )
    await conn.execute(f"delete from generation_chunks where generation in {old}", (source, kept))
    await conn.execute(
        f"update generations set keys = null, plates = null where id in {old}", (source, kept)
    )


async def forget_originals(conn: Connection, before: datetime) -> int:
    """Delete originals of generations refreshed before then. How many generations had one."""
    cursor = await conn.execute(
        "with old as (delete from generation_originals o using generations g"
        " where g.id = o.generation and g.refreshed_at < %s returning o.generation)"
        " select count(distinct generation) as n from old",
        (before,),
    )
    row = await cursor.fetchone()
    return int(row["n"]) if row else 0


async def remember(conn: Connection, source: UUID, state: str) -> None:
    """What the source wants to know at its next refresh."""
    await conn.execute("update hotlist_sources set remembered = %s where id = %s", (state, source))


async def remembered(conn: Connection, source: UUID) -> str:
    """What the source left behind."""
    cursor = await conn.execute("select remembered from hotlist_sources where id = %s", (source,))
    row = await cursor.fetchone()
    return str(row["remembered"]) if row else ""


async def keys_of(conn: Connection, generation: int) -> Keys:
    """The sorted first halves of a generation's entry ids; none when they are no longer kept."""
    cursor = conn.cursor(binary=True)
    await cursor.execute("select keys from generations where id = %s", (generation,))
    row = await cursor.fetchone()
    return np.frombuffer(bytes(row["keys"]) if row and row["keys"] else b"", dtype="<u8")


async def plates_elsewhere(conn: Connection, source: HotlistSource) -> Keys:
    """The plates (hotlists.twinning) of the other lists of the source's agency in force."""
    cursor = conn.cursor(binary=True)
    await cursor.execute(
        "select g.plates from generations g join hotlist_sources s on s.id = g.source"
        " where s.agency = %s and s.id <> %s and g.state = 'active' and g.plates is not null",
        (source.agency, source.id),
    )
    return np.frombuffer(b"".join([row["plates"] for row in await cursor.fetchall()]), dtype="<u8")


async def dead_of(conn: Connection, generation: int) -> npt.NDArray[np.uint32]:
    """Positions of the rows that a later row of the file replaced."""
    cursor = conn.cursor(binary=True)
    await cursor.execute("select dead from generations where id = %s", (generation,))
    row = await cursor.fetchone()
    return np.frombuffer(bytes(row["dead"]) if row and row["dead"] else b"", dtype="<u4")


async def number_of(conn: Connection, source: UUID, number: int) -> StoredGeneration:
    """One generation of a source by its number. Raises NotFound."""
    cursor = await conn.execute(
        f"select {_GENERATION} from generations where source = %s and number = %s", (source, number)
    )
    row = await cursor.fetchone()
    if row is None:
        what = f"generation {number}"
        raise NotFound(what)
    return _generation(row)


async def with_bytes(
    conn: Connection, source: UUID, sha256: bytes, *, before: int
) -> StoredGeneration | None:
    """The newest generation of the source, before that number, that was made of these bytes."""
    cursor = await conn.execute(
        f"select {_GENERATION} from generations where source = %s and sha256 = %s and number < %s"
        " order by number desc limit 1",
        (source, sha256, before),
    )
    row = await cursor.fetchone()
    return _generation(row) if row else None


async def notify(conn: Connection, source: HotlistSource) -> None:
    """Tell the workers that something of this list has changed."""
    await conn.execute("select pg_notify(%s, %s)", (CHANGED, f"{source.agency} {source.id}"))


def _generation(row: Row) -> StoredGeneration:
    names = [name for name in StoredGeneration.__dataclass_fields__ if name != "reasons"]
    kept = {name: row[name] for name in names}
    kept["sha256"] = bytes(row["sha256"])
    return StoredGeneration(**kept, reasons=msgspec.convert(row["reasons"], tuple[Finding, ...]))
