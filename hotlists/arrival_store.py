"""How the last look at a source went, and how far its refresh is: one row a source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.postgres import Connection
from storage.texts import storable


@dataclass(frozen=True)
class Arrival:
    """`checked_at`: the last look for a new file. `etag`: what the last file was called there.
    `problem`: why the last look or refresh failed, "" when it did not. `rows`: how far a running
    refresh is; `running_since` None: none is running."""

    source: UUID
    checked_at: datetime | None = None
    changed_at: datetime | None = None
    etag: str = ""
    problem: str = ""
    running_since: datetime | None = None
    running_by: str = ""
    rows: int = 0


async def arrival(conn: Connection, source: UUID) -> Arrival:
    """One source's; of a source that nobody looked at yet, an empty one."""
    cursor = await conn.execute("select * from arrivals where source = %s", (source,))
    row = await cursor.fetchone()
    return Arrival(**row) if row else Arrival(source)


async def started(conn: Connection, source: UUID, by: str, now: datetime) -> None:
    """A refresh begins."""
    await conn.execute(
        "insert into arrivals (source, running_since, running_by, rows) values (%(s)s, %(now)s,"
        " %(by)s, 0) on conflict (source) do update set running_since = %(now)s,"
        " running_by = %(by)s, rows = 0",
        {"s": source, "by": storable(by), "now": now},
    )


async def seen(conn: Connection, source: UUID, rows: int) -> None:
    """So many rows were seen so far."""
    await conn.execute("update arrivals set rows = %s where source = %s", (rows, source))


async def ended(conn: Connection, source: UUID, problem: str) -> None:
    """A refresh ended; with a problem, when it failed."""
    await conn.execute(
        "update arrivals set running_since = null, problem = %s where source = %s",
        (storable(problem), source),
    )


async def forget(conn: Connection, source: UUID) -> None:
    """Whatever lies there counts as not seen yet."""
    await conn.execute("update arrivals set etag = '' where source = %s", (source,))


async def checked(
    conn: Connection, source: UUID, now: datetime, *, etag: str | None = None, problem: str = ""
) -> None:
    """Somebody looked for a new file. An `etag` says that there was one, and what it is called."""
    await conn.execute(
        "insert into arrivals (source, checked_at, changed_at, etag, problem) values (%(s)s,"
        " %(now)s, case when %(etag)s::text is null then null else %(now)s end,"
        " coalesce(%(etag)s, ''), %(problem)s) on conflict (source) do update set"
        " checked_at = %(now)s, problem = %(problem)s, etag = coalesce(%(etag)s, arrivals.etag),"
        " changed_at = case when %(etag)s::text is null then arrivals.changed_at else %(now)s end",
        {"s": source, "now": now, "etag": etag, "problem": storable(problem)},
    )
