"""Records that a person must read before they count: kept, asked, decided, by name with a
reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from domain.entry import Entry
from domain.errors import BadInput, NotFound
from domain.ids import entry_id
from hotlists import live_store, store
from hotlists.columns import entry_from
from hotlists.model import HotlistSource
from policy.model import Policy
from storage.audit import Act, append
from storage.postgres import Connection
from storage.texts import storable, storable_json

State = Literal["waiting", "confirmed", "dismissed", "ended"]


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """One record. `body` is the source's own (for an AMBER alert: text, marks, candidates)."""

    id: UUID
    source: UUID
    source_name: str
    state: State
    body: dict[str, Any]
    found_at: datetime
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    decision: str = ""


async def note_confirmations(
    conn: Connection, source: HotlistSource, unclear: Sequence[bytes], now: datetime
) -> None:
    """Ask for what the source's newest file has and nobody was asked yet; what it no longer has
    need not be answered. What a person decided stays decided, unless the record has changed."""
    asked: dict[UUID, Any] = {}
    for record in unclear:
        body = msgspec.json.decode(record)
        asked[entry_id(source.agency, str(source.id), str(body["key"]))] = body
    await _end_what_changed(conn, source, asked, now)
    for which, body in asked.items():
        await conn.execute(
            "insert into confirmations as c (id, agency, source, state, body, found_at) values"
            " (%(id)s, %(agency)s, %(source)s, 'waiting', %(body)s, %(now)s)"
            " on conflict (id) do update set state = 'waiting', body = excluded.body,"
            " found_at = excluded.found_at, decided_by = null, decided_at = null, decision = ''"
            " where c.body <> excluded.body or c.state = 'ended'",
            {
                "id": which,
                "agency": source.agency,
                "source": source.id,
                "body": storable_json(body),
                "now": now,
            },
        )
    await conn.execute(
        "update confirmations set state = 'ended' where source = %s and state = 'waiting'"
        " and not id = any(%s)",
        (source.id, list(asked)),
    )


async def _end_what_changed(
    conn: Connection, source: HotlistSource, asked: dict[UUID, Any], now: datetime
) -> None:
    """What a person confirmed holds as long as the source still says the same."""
    cursor = await conn.execute(
        "select c.id, c.body, l.body as entry from confirmations c join live_entries l"
        " on l.entry = c.id where c.source = %s and c.state = 'confirmed' and l.op <> 'gone'",
        (source.id,),
    )
    for row in await cursor.fetchall():
        if asked.get(row["id"]) == row["body"]:
            continue
        entry = msgspec.convert(row["entry"], Entry, strict=False)
        why = "the source has changed it" if row["id"] in asked else "the source has ended it"
        await live_store.end(conn, source, entry, by="refresh", reason=why, now=now)
        await conn.execute("update confirmations set state = 'ended' where id = %s", (row["id"],))


async def waiting(conn: Connection, agency: str) -> list[Confirmation]:
    """What the agency's people are asked, oldest first."""
    cursor = await conn.execute(
        f"{_SELECT} where c.agency = %s and c.state = 'waiting' order by c.found_at, c.id",
        (agency,),
    )
    return [Confirmation(**row) for row in await cursor.fetchall()]


async def load(conn: Connection, agency: str, which: UUID, *, lock: bool = False) -> Confirmation:
    """One record. Raises NotFound, also for another agency's."""
    cursor = await conn.execute(
        f"{_SELECT} where c.id = %s and c.agency = %s" + (" for update of c" if lock else ""),
        (which, agency),
    )
    row = await cursor.fetchone()
    if row is None:
        what = f"record {which}"
        raise NotFound(what)
    return Confirmation(**row)


async def confirm(
    conn: Connection,
    source: HotlistSource,
    which: UUID,
    cells: dict[str, str],
    policy: Policy,
    *,
    by: UUID,
    reason: str,
    now: datetime,
) -> Entry:
    """A person says what is meant. It is in force at once, for as long as the source says the same.

    `cells` is the row (hotlists.columns); hotlists.answering makes it of a person's choice.
    """
    # As a refresh does, which holds the agency's changes when it comes to these records.
    await store.lock_source(conn, source.id)
    await _decide(conn, source.agency, which, "confirmed", by, reason, now)
    priorities = {code: rule.priority for code, rule in policy.categories.items()}
    entry = entry_from(cells, which, source.agency, str(source.id), priorities)
    await live_store.add(conn, source, entry, by=str(by), reason=reason, now=now)
    return entry


async def dismiss(
    conn: Connection, agency: str, which: UUID, *, by: UUID, reason: str, now: datetime
) -> None:
    """A person says that there is nothing to look for."""
    await _decide(conn, agency, which, "dismissed", by, reason, now)


async def _decide(
    conn: Connection, agency: str, which: UUID, state: State, by: UUID, reason: str, now: datetime
) -> None:
    if not reason.strip():
        raise BadInput("reason", "say why, in a few words")
    record = await load(conn, agency, which, lock=True)
    if record.state != "waiting":
        raise BadInput("", f"this record is {record.state} already")
    await conn.execute(
        "update confirmations set state = %s, decided_by = %s, decided_at = %s, decision = %s"
        " where id = %s",
        (state, by, now, storable(reason.strip()), which),
    )
    act = Act(agency, str(by), f"hotlist.{state}", f"confirmation:{which}", reason)
    await append(conn, now, [act])


_SELECT = (
    "select c.id, c.source, s.name as source_name, c.state, c.body, c.found_at, c.decided_by,"
    " c.decided_at, c.decision from confirmations c join hotlist_sources s on s.id = c.source"
)
