"""Finding an entry on the agency's lists, and taking it back: what a person does when a car was
recovered and the list does not know it yet.

The lists are searched as they are stored (hotlists.chunks): plates are a column of ten bytes a row,
so a plate is found by its bytes and only the rows that have it are decoded. To look is a search of
criminal-justice information: it needs a reason and leaves an audit row with what was looked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from domain.entry import Entry
from domain.errors import BadInput, NotFound
from hotlists import live_store, local, local_store, store
from hotlists.cells import plate_of, state_of
from hotlists.chunks import Chunk, cells_of, unpack
from hotlists.columns import entry_from
from hotlists.live_store import LiveEntry
from hotlists.local import check_reason
from hotlists.model import HotlistSource
from matchers.folding import WIDTH
from matchers.wild import fits
from policy.model import Policy
from storage.audit import Act, append
from storage.postgres import Connection

LIMIT = 100
"""Entries that a search answers at most."""

Looks = Callable[[Chunk], Collection[int]]
"""Which rows of a chunk are worth decoding; every row that is meant is among them."""


@dataclass(frozen=True)
class Found:
    """An entry that a list holds, or that was added to it. `generation` is 0 for what was added
    by hand; `withdrawn` is the withdrawal that stands against it."""

    entry: Entry
    source: UUID
    source_name: str
    generation: int
    withdrawn: LiveEntry | None = None


async def find(
    conn: Connection,
    agency: str,
    *,
    plate: str = "",
    state: str = "",
    nic: str = "",
    policy: Policy,
    by: str,
    reason: str,
    now: datetime,
) -> list[Found]:
    """At most LIMIT entries of the agency's lists in force that want this plate, the list's name
    first; patterns that fit it are among them, and a pattern finds itself.

    With `state` also those that name no state. `nic` finds by record number instead, or narrows.
    Raises BadInput and Prohibited.
    """
    why = check_reason(reason, "a search")
    number = nic.strip().upper()
    cell = plate_of(plate, known=1) if plate.strip() else None
    if cell is not None and cell.problem:
        raise BadInput("plate", cell.problem.removeprefix("LIC "))
    if cell is None and not number:
        raise BadInput("plate", "say which plate or which record number")
    wanted = state_of(state)
    text = (cell.plate or cell.pattern) if cell else ""

    def meant(entry: Entry) -> bool:
        if number and entry.nic.upper() != number:
            return False
        if wanted and entry.state not in ("", wanted):
            return False
        return not text or _wants(entry, text)

    looks = _by_plate(cell.plate) if cell else _by_text(number)
    found = await _held(conn, agency, looks, meant, policy)
    asked = {"plate": text, "state": wanted, "nic": number, "found": len(found)}
    act = Act(agency, by, "hotlist.searched", f"agency:{agency}", why, asked)
    await append(conn, now, [act])
    return found


async def held(conn: Connection, agency: str, entry: UUID, policy: Policy) -> Found:
    """One entry as its list holds it right now, withdrawn or not. Raises NotFound."""
    found = await _held(conn, agency, _by_id(entry), lambda e: e.entry_id == entry, policy)
    if not found:
        what = f"entry {entry} on any list in force"
        raise NotFound(what)
    return found[0]


async def withdraw(
    conn: Connection,
    agency: str,
    entry: UUID,
    policy: Policy,
    *,
    by: UUID | str,
    reason: str,
    now: datetime,
) -> int:
    """Take an entry out of force in every worker, whatever its list's files say, until a file no
    longer holds it or the policy's hours are over. Alerts that rest on nothing else are recalled.

    Returns the change's number. An entry by a person ends for good (hotlists.local_store). Raises
    NotFound, BadInput when it is withdrawn already, Prohibited.
    """
    why = check_reason(reason, "a withdrawal")
    last = await live_store.last_word(conn, agency, entry, lock=True)
    if last is not None and last.op == "withdraw":
        raise BadInput("", "this entry is withdrawn already")
    if last is not None and last.source_name == local.NAME:
        one = await local_store.of_entry(conn, agency, entry)
        await local_store.withdraw(conn, agency, one.id, by=by, reason=why, now=now)
        return (await live_store.heads(conn))[agency]
    found = await held(conn, agency, entry, policy)
    until = now + timedelta(hours=policy.lists.withdrawal_hours)
    source = await _source_of(conn, agency, found.source)
    return await live_store.withdraw(
        conn, source, found.entry, by=str(by), reason=why, now=now, until=until
    )


async def lift(
    conn: Connection, agency: str, entry: UUID, *, by: UUID | str, reason: str, now: datetime
) -> int:
    """End a withdrawal: what the list says counts again. Returns the change's number. Raises
    NotFound when none stands against the entry, BadInput, Prohibited."""
    why = check_reason(reason, "lifting a withdrawal")
    last = await live_store.last_word(conn, agency, entry, lock=True)
    if last is None or last.op != "withdraw":
        what = f"withdrawal of {entry}"
        raise NotFound(what)
    source = await _source_of(conn, agency, last.source)
    before = await live_store.word_before(conn, agency, last)
    # What stood beside the list (a confirmed AMBER entry) stands there again.
    back = live_store.add if before == "add" else live_store.end
    return await back(conn, source, last.entry, by=str(by), reason=why, now=now)


async def _held(
    conn: Connection,
    agency: str,
    looks: Looks,
    meant: Callable[[Entry], bool],
    policy: Policy,
) -> list[Found]:
    """What the generations in force and the live adds hold, with the withdrawals against them."""
    found: dict[UUID, Found] = {}
    for source in await store.sources(conn, agency):
        current = await store.active(conn, source.id)
        if current is None:
            continue
        async for entry in _rows(conn, source, current.id, looks, policy):
            if meant(entry):
                found[entry.entry_id] = Found(entry, source.id, source.name, current.number)
            if len(found) >= LIMIT:
                return await _with_withdrawals(conn, found)
    for one in await live_store.standing(conn, agency, limit=50_000):
        if one.op == "add" and meant(one.entry) and len(found) < LIMIT:
            found[one.entry.entry_id] = Found(one.entry, one.source, one.source_name, 0)
    return await _with_withdrawals(conn, found)


async def _with_withdrawals(conn: Connection, found: dict[UUID, Found]) -> list[Found]:
    said = {one.entry.entry_id: one for one in await live_store.withdrawals(conn, list(found))}
    marked = [replace(one, withdrawn=said.get(which)) for which, one in found.items()]
    return sorted(marked, key=lambda one: (one.source_name, one.entry.state, one.entry.entry_id))


async def _rows(
    conn: Connection, source: HotlistSource, generation: int, looks: Looks, policy: Policy
) -> AsyncIterator[Entry]:
    """The entries of a generation that are worth a look. Raises DamagedChunk."""
    dead = set((await store.dead_of(conn, generation)).tolist())
    priorities = {code: rule.priority for code, rule in policy.categories.items()}
    n = first = 0
    while (data := await store.chunk(conn, generation, n)) is not None:
        chunk = await asyncio.to_thread(unpack, data)
        rows = [row for row in await asyncio.to_thread(looks, chunk) if first + row not in dead]
        for row, line in zip(rows, _lines(chunk, rows), strict=True):
            cells = cells_of(line, chunk.columns, chunk.same)
            which = UUID(bytes=chunk.ids[row].tobytes())
            yield entry_from(cells, which, source.agency, str(source.id), priorities)
        first += len(chunk)
        n += 1


def _lines(chunk: Chunk, rows: Sequence[int]) -> list[bytes]:
    if not rows:
        return []
    ends = np.flatnonzero(np.frombuffer(chunk.lines, dtype=np.uint8) == ord("\n"))
    return [chunk.lines[int(ends[at - 1]) + 1 if at else 0 : int(ends[at])] for at in rows]


async def _source_of(conn: Connection, agency: str, which: UUID) -> HotlistSource:
    return next(s for s in await store.sources(conn, agency) if s.id == which)


def _wants(entry: Entry, text: str) -> bool:
    if entry.plate or not entry.pattern:
        return entry.plate == text
    return entry.pattern == text or fits(text, entry.pattern)


def _by_plate(plate: str) -> Looks:
    """Rows with this plate, and rows without one: there a pattern may fit."""
    wanted, none = plate.ljust(WIDTH).encode(), b" " * WIDTH

    def look(chunk: Chunk) -> Collection[int]:
        found = _aligned(chunk.plates, wanted, WIDTH) if plate else []
        return [*found, *_aligned(chunk.plates, none, WIDTH)]

    return look


def _by_id(entry: UUID) -> Looks:
    return lambda chunk: _aligned(chunk.ids.tobytes(), entry.bytes, 16)


def _by_text(text: str) -> Looks:
    """Rows whose line holds the text, in whatever column; all, where all have it."""
    wanted = text.encode()

    def look(chunk: Chunk) -> Collection[int]:
        if any(text in cell.upper() for cell in chunk.same.values()):
            return range(len(chunk))
        lines = chunk.lines.upper()
        found: list[int] = []
        at, row = lines.find(wanted), 0
        last = 0
        while at >= 0:
            row += lines.count(b"\n", last, at)
            last = at
            if not found or found[-1] != row:
                found.append(row)
            at = lines.find(wanted, at + 1)
        return found

    return look


def _aligned(column: bytes, wanted: bytes, width: int) -> list[int]:
    """Positions of the cells of `width` bytes that are `wanted`."""
    found: list[int] = []
    at = column.find(wanted)
    while at >= 0:
        if at % width == 0:
            found.append(at // width)
        at = column.find(wanted, at + width if at % width == 0 else at + 1)
    return found
