"""Agreements in PostgreSQL, and what is given under them. Each act is one transaction with its
audit row; a pull's row is in the transaction that read what it gives."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from domain.entry import Entry
from domain.errors import BadInput, NotAllowed, NotFound
from hotlists.local import KIND
from hotlists.neighbour.wire import LIMIT, MOST, VERSION
from neighbours.agreement import (
    Agreement,
    Asked,
    checked,
    digest,
    looks_like_token,
    new_token,
    why_not,
)
from neighbours.sharing import categories_of, gives, mark, shared
from people import store as people
from policy.model import Policy
from policy.prohibited import why_prohibited_use
from storage.audit import Act, append
from storage.postgres import Connection, Row
from storage.texts import storable

_COLUMNS = ", ".join(f.name for f in msgspec.structs.fields(Agreement))


class Unknown(NotAllowed):
    """No agreement has this token."""


class StartOver(NotAllowed):
    """The cursor is of another history, or of what the agreement no longer gives."""


async def agree(
    conn: Connection,
    agency: str,
    asked: Asked,
    policy: Policy,
    *,
    approved_by: str,
    by: str,
    now: datetime,
) -> tuple[Agreement, str]:
    """The agreement and its token, which is shown this once. `approved_by` is the login of a
    supervisor or admin of the agency. Raises BadInput, NotAllowed, Prohibited."""
    cursor = await conn.execute("select 1 from agencies where ori = %s", (agency,))
    if await cursor.fetchone() is None:
        raise BadInput("agency", f"{agency[:20]!r} is not an agency of this installation")
    cursor = await conn.execute(
        "select id from people where login = %s and agency = %s and active",
        (storable(approved_by.strip().lower()), agency),
    )
    row = await cursor.fetchone()
    approver = await people.by_id(conn, row["id"]) if row else None
    if approver is None:
        problem = "nobody of the agency logs in with that name"
        raise BadInput("approved_by", problem)
    made = checked(asked, agency, approver, policy, now, uuid4())
    token = new_token()
    values = {**msgspec.structs.asdict(made), "token_hash": digest(token), "made_by": by}
    values |= {"categories": list(made.categories), "purposes": list(made.purposes)}
    columns = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    await conn.execute(f"insert into agreements ({columns}) values ({places})", values)
    detail = {
        name: value
        for name, value in msgspec.to_builtins(made).items()
        if name not in ("id", "agency", "reason", "last_pulled_at", "revoked_at", "revoked_because")
    }
    act = Act(agency, by, "agreement.made", f"agreement:{made.id}", made.reason, detail)
    await append(conn, now, [act])
    return made, token


async def revoke(
    conn: Connection, agency: str, which: UUID, *, reason: str, by: str, now: datetime
) -> Agreement:
    """Nothing is given under it from now on. Raises NotFound, also for another agency's and for one
    that is revoked already, and BadInput without a reason."""
    why = " ".join(reason.split())
    if not any(c.isalnum() for c in why):
        raise BadInput("reason", "say why, in a few words")
    if said := why_prohibited_use(why):
        raise BadInput("reason", said)
    cursor = await conn.execute(
        "update agreements set revoked_at = %s, revoked_because = %s where id = %s and agency = %s"
        f" and revoked_at is null returning {_COLUMNS}",
        (now, storable(why), which, agency),
    )
    row = await cursor.fetchone()
    if row is None:
        what = f"an agreement {which} that is in force"
        raise NotFound(what)
    await append(conn, now, [Act(agency, by, "agreement.revoked", f"agreement:{which}", why)])
    return _agreement(row)


async def agreements(conn: Connection, agency: str) -> list[Agreement]:
    """The agency's agreements, the newest first."""
    cursor = await conn.execute(
        f"select {_COLUMNS} from agreements where agency = %s order by made_at desc, id limit 1000",
        (agency,),
    )
    return [_agreement(row) for row in await cursor.fetchall()]


async def of_token(conn: Connection, presented: str) -> Agreement:
    """Whose token this is, locked, whether or not it is in force. Raises Unknown."""
    row = None
    if looks_like_token(presented):
        cursor = await conn.execute(
            f"select {_COLUMNS} from agreements where token_hash = %s for update",
            (digest(presented),),
        )
        row = await cursor.fetchone()
    if row is None:
        msg = "the token is of no agreement"
        raise Unknown(msg)
    return _agreement(row)


async def pull(
    conn: Connection,
    agreement: Agreement,
    policy: Policy,
    *,
    cursor: int,
    known_mark: str,
    limit: int = LIMIT,
    now: datetime,
) -> dict[str, Any]:
    """One page (hotlists.neighbour.wire.Page) of the giver's own entries, and its audit row.

    Only entries that the agency's own people made are given: no list that it received from anybody
    (docs/decisions). Raises NotAllowed with words when the agreement is not in force, StartOver.
    """
    if why := why_not(agreement, policy, now):
        raise NotAllowed(why)
    categories = categories_of(agreement, policy)
    agency = agreement.agency
    if cursor and await _mark_at(conn, agreement, categories, cursor) != known_mark:
        msg = "the cursor is not of this history, or the agreement gives something else: start at 0"
        raise StartOver(msg)
    head = await _head(conn, agency)
    limit = max(1, min(limit, MOST))
    # `add` alone at the beginning: what is gone was never given to somebody who starts.
    found = await conn.execute(
        "select l.number, l.op, l.body from live_entries l join hotlist_sources s"
        " on s.id = l.source where l.agency = %s and s.agency = l.agency and s.kind = %s"
        " and l.number > %s and l.number <= %s and (%s > 0 or l.op = 'add')"
        " order by l.number limit %s",
        (agency, KIND, cursor, head, cursor, limit + 1),
    )
    rows = await found.fetchall()
    more = len(rows) > limit
    entries, withdrawn = [], []
    for row in rows[:limit]:
        entry = msgspec.convert(row["body"], Entry, strict=False)
        if row["op"] == "add" and gives(entry, categories, now):
            entries.append(shared(entry))
        elif cursor and entry.category in categories:
            # Of the others nothing was ever given: not even that there is one is theirs to know.
            withdrawn.append(str(entry.entry_id))
    at = rows[limit - 1]["number"] if more else max(head, cursor)
    await conn.execute(
        "update agreements set last_pulled_at = %s where id = %s", (now, agreement.id)
    )
    detail = {
        "ori": agreement.ori,
        "cursor": cursor,
        "to": at,
        "entries": len(entries),
        "withdrawn": len(withdrawn),
    }
    who = f"neighbour:{agreement.id}"
    act = Act(agency, who, "agreement.pulled", f"agreement:{agreement.id}", detail=detail)
    await append(conn, now, [act])
    return {
        "version": VERSION,
        "agency": agency,
        "since": cursor,
        "cursor": at,
        "mark": await _mark_at(conn, agreement, categories, at) or "",
        "more": more,
        "entries": entries,
        "withdrawn": withdrawn,
    }


async def _head(conn: Connection, agency: str) -> int:
    cursor = await conn.execute("select last from change_heads where agency = %s", (agency,))
    row = await cursor.fetchone()
    return int(row["last"]) if row else 0


async def _mark_at(
    conn: Connection, agreement: Agreement, categories: frozenset[str], number: int
) -> str | None:
    """The mark of a cursor; None when there is no such change (or no longer)."""
    if not number:
        return mark(agreement, categories, "")
    cursor = await conn.execute(
        "select at, op, entry from changes where agency = %s and number = %s",
        (agreement.agency, number),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    change = f"{number}|{row['at'].isoformat()}|{row['op']}|{row['entry']}"
    return mark(agreement, categories, change)


def _agreement(row: Row) -> Agreement:
    many = {"categories": tuple(row["categories"]), "purposes": tuple(row["purposes"])}
    return Agreement(**{**row, **many})
