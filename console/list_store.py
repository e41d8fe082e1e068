"""What the pages of lists ask of the database beside the functions of hotlists and people.

Every function takes a connection.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from console.list_words import called
from domain.errors import NotFound
from hotlists import store
from hotlists.model import HotlistSource
from people.store import names
from storage.postgres import Connection


@dataclass(frozen=True)
class Happened:
    """A row of the audit trail about one thing."""

    at: datetime
    actor: str
    action: str
    reason: str
    detail: Mapping[str, Any]


async def source_of(conn: Connection, agency: str, which: UUID) -> HotlistSource:
    """One list. Raises NotFound, also for another agency's."""
    for source in await store.sources(conn, agency):
        if source.id == which:
            return source
    what = f"hotlist {which}"
    raise NotFound(what)


async def waiting_of(conn: Connection, agency: str) -> dict[UUID, int]:
    """How many records of each list wait for a person."""
    cursor = await conn.execute(
        "select source, count(*) as n from confirmations where agency = %s and state = 'waiting'"
        " group by source",
        (agency,),
    )
    return {row["source"]: row["n"] for row in await cursor.fetchall()}


async def kept(conn: Connection, generations: Iterable[int]) -> set[int]:
    """Which of these generations still have their entries."""
    cursor = await conn.execute(
        "select id from generations g where id = any(%s) and (entries = 0 or exists"
        " (select from generation_chunks c where c.generation = g.id))",
        (list(generations),),
    )
    return {row["id"] for row in await cursor.fetchall()}


async def counted(conn: Connection, agency: str) -> dict[str, int]:
    """How many local entries are in each state; "waiting" has those whose later end waits, too."""
    cursor = await conn.execute(
        "select state, count(*) as n, count(*) filter (where body ? 'extension') as asked"
        " from local_entries where agency = %s group by state",
        (agency,),
    )
    found = {row["state"]: row for row in await cursor.fetchall()}
    said = {state: int(row["n"]) for state, row in found.items()}
    asked = int(found["in force"]["asked"]) if "in force" in found else 0
    return {**said, "waiting": said.get("waiting", 0) + asked}


async def life_of(conn: Connection, agency: str, subject: str) -> list[Happened]:
    """What was done to a thing, oldest first; looks at it are left out."""
    cursor = await conn.execute(
        "select at, actor, action, reason, detail from audit where subject = %s and agency = %s"
        " and action not like '%%viewed' order by at",
        (subject, agency),
    )
    return [
        Happened(
            at=row["at"],
            actor=row["actor"],
            action=row["action"],
            reason=row["reason"],
            detail=json.loads(row["detail"]) if row["detail"] else {},
        )
        for row in await cursor.fetchall()
    ]


class Names:
    """Who is meant by the `by` of rows, looked up together."""

    def __init__(self, found: Mapping[UUID, str]) -> None:
        self._found = found

    def of(self, by: UUID | str | None) -> str:
        """The name, or the part of bolo in words; "" for nobody."""
        return called(str(by), self._found) if by else ""


async def names_of(conn: Connection, who: Iterable[UUID | str | None]) -> Names:
    """The names of all these at once."""
    ids = set()
    for one in who:
        try:
            ids.add(UUID(str(one)))
        except ValueError:
            continue
    return Names(await names(conn, ids))
