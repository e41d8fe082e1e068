"""Live changes: adds and withdrawals between refreshes, an ordered log for each agency.

A change gets the agency's next number in its own transaction, under the lock of the agency's row in
change_heads: so numbers are given in the order of commits, and whoever has seen number n has seen
everything up to it. `live_entries` holds the last word on each entry, `changes` every word.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
import numpy as np

from domain.entry import Entry
from hotlists import store
from hotlists.model import HotlistSource
from hotlists.rechecking import recheck
from storage.audit import Act, append
from storage.postgres import Connection, Row
from storage.texts import storable, storable_json

Op = Literal["add", "withdraw", "gone"]
"""In force beside the lists; not in force whatever the lists say; neither any longer."""

BY_REFRESH = "refresh"
"""Who ended a withdrawal when a new file no longer held the entry."""


class LiveEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The last word on an entry. `until`: how long a withdrawal stands against the source's file;
    `held_by`: the newest generation that still holds what was withdrawn."""

    number: int
    op: Op
    entry: Entry
    source: UUID
    source_name: str
    at: datetime
    by: str
    reason: str
    until: datetime | None = None
    held_by: int | None = None


async def add(
    conn: Connection, source: HotlistSource, entry: Entry, *, by: str, reason: str, now: datetime
) -> int:
    """Put an entry in force now. Returns the change's number."""
    return await _change(conn, source, "add", entry, by, reason, now)


async def withdraw(
    conn: Connection,
    source: HotlistSource,
    entry: Entry,
    *,
    by: str,
    reason: str,
    now: datetime,
    until: datetime,
) -> int:
    """Take an entry out of force now, whatever its list holds, at the latest until `until`.

    The alerts that rest on it are looked at in this transaction's wake. Returns the number.
    """
    number = await _change(conn, source, "withdraw", entry, by, reason, now, until)
    await recheck(conn, source)
    return number


async def end(
    conn: Connection, source: HotlistSource, entry: Entry, *, by: str, reason: str, now: datetime
) -> int:
    """What was added ends, or a withdrawal is lifted. Returns the number."""
    number = await _change(conn, source, "gone", entry, by, reason, now)
    await recheck(conn, source)
    return number


async def heads(conn: Connection) -> dict[str, int]:
    """Each agency's last change."""
    cursor = await conn.execute("select agency, last from change_heads")
    return {row["agency"]: row["last"] for row in await cursor.fetchall()}


async def changed_since(conn: Connection, agency: str, number: int) -> list[LiveEntry]:
    """The last word on everything of the agency that changed after `number`, in order."""
    cursor = await conn.execute(
        f"{_SELECT} where l.agency = %s and l.number > %s order by l.number", (agency, number)
    )
    return [_live(row) for row in await cursor.fetchall()]


async def standing(conn: Connection, agency: str, *, limit: int = 1000) -> list[LiveEntry]:
    """What was added and withdrawn and still counts, newest first."""
    cursor = await conn.execute(
        f"{_SELECT} where l.agency = %s and l.op <> 'gone' order by l.number desc limit %s",
        (agency, limit),
    )
    return [_live(row) for row in await cursor.fetchall()]


async def last_word(
    conn: Connection, agency: str, entry: UUID, *, lock: bool = False
) -> LiveEntry | None:
    """The last word on an entry; None when nothing was ever changed about it."""
    cursor = await conn.execute(
        f"{_SELECT} where l.agency = %s and l.entry = %s" + (" for update of l" if lock else ""),
        (agency, entry),
    )
    row = await cursor.fetchone()
    return _live(row) if row else None


async def word_before(conn: Connection, agency: str, one: LiveEntry) -> str:
    """What was said of the entry before this word; "" when it is the first."""
    cursor = await conn.execute(
        "select op from changes where agency = %s and entry = %s and number < %s"
        " order by number desc limit 1",
        (agency, one.entry.entry_id, one.number),
    )
    row = await cursor.fetchone()
    return str(row["op"]) if row else ""


async def withdrawn(conn: Connection, entries: Sequence[UUID]) -> set[UUID]:
    """Which of these certainly do not hold right now: withdrawn, or ended in a list that has no
    file which could hold them."""
    cursor = await conn.execute(
        "select l.entry from live_entries l where l.entry = any(%s) and (l.op = 'withdraw'"
        " or (l.op = 'gone' and not exists (select from generations g where g.source = l.source"
        " and g.state = 'active')))",
        (list(entries),),
    )
    return {row["entry"] for row in await cursor.fetchall()}


async def withdrawals(conn: Connection, entries: Sequence[UUID]) -> list[LiveEntry]:
    """The withdrawals that stand against any of these."""
    cursor = await conn.execute(
        f"{_SELECT} where l.entry = any(%s) and l.op = 'withdraw'", (list(entries),)
    )
    return [_live(row) for row in await cursor.fetchall()]


async def holds(conn: Connection, source: UUID, entries: Sequence[UUID]) -> set[UUID]:
    """Which of these entries the source holds right now: on its list and not withdrawn, or added.

    By the first half of an id: two entries that share one would be told apart one time in 2**64.
    """
    if not entries:
        return set()
    cursor = await conn.execute(
        "select entry, op from live_entries where entry = any(%s) and op <> 'gone'",
        (list(entries),),
    )
    said = {row["entry"]: row["op"] for row in await cursor.fetchall()}
    current = await store.active(conn, source)
    listed: set[UUID] = set()
    if current is not None:
        keys = await store.keys_of(conn, current.id)
        listed = {e for e in entries if _in(keys, e)}
    return {e for e in entries if said.get(e) == "add" or (e in listed and e not in said)}


async def settle_withdrawals(
    conn: Connection, source: HotlistSource, generation: int, number: int, now: datetime
) -> None:
    """What a new file of the source means for what was withdrawn and added.

    A withdrawal of what it no longer holds is confirmed, and ends; one whose time has passed while
    the file still holds the entry ends, too, and the entry counts again; the others stand. What
    stood beside the list (a person confirmed it) is in no file, so none can confirm that it ended.
    """
    cursor = await conn.execute(
        f"{_SELECT} where l.source = %s and l.op = 'withdraw' order by l.number for update of l",
        (source.id,),
    )
    standing = [_live(row) for row in await cursor.fetchall()]
    if not standing:
        return
    keys = await store.keys_of(conn, generation)
    for one in standing:
        listed = _in(keys, one.entry.entry_id)
        if not listed and await word_before(conn, source.agency, one) != "add":
            why = f"confirmed: generation {number} no longer holds it"
            await _change(conn, source, "gone", one.entry, BY_REFRESH, why, now)
        elif one.until is not None and one.until <= now:
            await _lapsed(conn, source, one, now)
        elif listed:
            await conn.execute(
                "update live_entries set held_by = %s where entry = %s",
                (number, one.entry.entry_id),
            )


async def withdraw_again(
    conn: Connection, source: HotlistSource, generation: int, now: datetime, until: datetime
) -> int:
    """What was withdrawn, confirmed by a file that no longer held it, and is on the list that a
    person now puts in force: it is withdrawn again. How many."""
    cursor = await conn.execute(
        f"{_SELECT} where l.source = %s and l.op = 'gone' and l.by = %s order by l.number"
        " for update of l",
        (source.id, BY_REFRESH),
    )
    confirmed = [_live(row) for row in await cursor.fetchall()]
    if not confirmed:
        return 0
    keys = await store.keys_of(conn, generation)
    back = [one for one in confirmed if _in(keys, one.entry.entry_id)]
    for one in back:
        why = "it was withdrawn before, and the list that was put in force still holds it"
        await _change(conn, source, "withdraw", one.entry, "lists", why, now, until)
    return len(back)


async def lapse_withdrawals(conn: Connection, now: datetime) -> int:
    """End withdrawals whose time has passed. How many."""
    cursor = await conn.execute(
        f"{_SELECT} where l.op = 'withdraw' and l.until <= %s order by l.number limit 500"
        " for update of l",
        (now,),
    )
    over = [_live(row) for row in await cursor.fetchall()]
    sources = {s.id: s for s in await store.sources(conn)} if over else {}
    for one in over:
        await _lapsed(conn, sources[one.source], one, now)
    return len(over)


async def _lapsed(conn: Connection, source: HotlistSource, one: LiveEntry, now: datetime) -> None:
    why = "the withdrawal's time is over and the list still holds the entry"
    # What stood beside the list stands there again: no file of it has the entry.
    back: Op = "add" if await word_before(conn, source.agency, one) == "add" else "gone"
    await _change(conn, source, back, one.entry, "clock", why, now)


async def _change(
    conn: Connection,
    source: HotlistSource,
    op: Op,
    entry: Entry,
    by: str,
    reason: str,
    now: datetime,
    until: datetime | None = None,
) -> int:
    # The entry's row before the head, everywhere: settle_withdrawals holds it and asks for that.
    await _lock_word(conn, entry.entry_id)
    cursor = await conn.execute(
        "insert into change_heads as h (agency, last) values (%s, 1)"
        " on conflict (agency) do update set last = h.last + 1 returning last",
        (source.agency,),
    )
    row = await cursor.fetchone()
    assert row is not None
    number = int(row["last"])
    values = {
        "entry": entry.entry_id,
        "agency": source.agency,
        "source": source.id,
        "number": number,
        "op": op,
        "body": storable_json(entry),
        "at": now,
        "by": storable(by),
        "reason": storable(reason),
        "until": until,
    }
    await conn.execute(
        "insert into live_entries (entry, agency, source, number, op, body, at, by, reason, until)"
        " values (%(entry)s, %(agency)s, %(source)s, %(number)s, %(op)s, %(body)s, %(at)s, %(by)s,"
        " %(reason)s, %(until)s) on conflict (entry) do update set number = %(number)s,"
        " op = %(op)s, body = %(body)s, at = %(at)s, by = %(by)s, reason = %(reason)s,"
        " until = %(until)s, held_by = null",
        values,
    )
    await conn.execute(
        "insert into changes (agency, number, at, op, entry, source, by, reason) values"
        " (%(agency)s, %(number)s, %(at)s, %(op)s, %(entry)s, %(source)s, %(by)s, %(reason)s)",
        values,
    )
    detail: dict[str, Any] = {"entry": str(entry.entry_id), "change": number}
    if until is not None:
        detail["until"] = until.isoformat()
    act = Act(source.agency, by, f"hotlist.{op}", f"hotlist:{source.id}", reason, detail)
    await append(conn, now, [act])
    await store.notify(conn, source)
    return number


async def _lock_word(conn: Connection, entry: UUID) -> None:
    """Hold the last word on an entry; where there is none yet, the right to say the first one: else
    two first words would each hold what the other, or a lift of the first, asks for."""
    for _ in range(2):
        cursor = await conn.execute(
            "select 1 from live_entries where entry = %s for update", (entry,)
        )
        if await cursor.fetchone() is not None:
            return
        await conn.execute(
            "select pg_advisory_xact_lock(%s, hashtext(%s))", (_FIRST_WORD, str(entry))
        )


_FIRST_WORD = 0x77_6F_72_64
"""Of the advisory locks of PostgreSQL: "word"."""

_SELECT = (
    "select l.number, l.op, l.body, l.source, s.name as source_name, l.at, l.by, l.reason,"
    " l.until, l.held_by from live_entries l join hotlist_sources s on s.id = l.source"
)


def _live(row: Row) -> LiveEntry:
    body = row.pop("body")
    return LiveEntry(entry=msgspec.convert(body, Entry, strict=False), **row)


def _in(keys: store.Keys, entry: UUID) -> bool:
    wanted = np.uint64(int.from_bytes(entry.bytes[:8], "big"))
    at = int(np.searchsorted(keys, wanted))
    return at < len(keys) and bool(keys[at] == wanted)
