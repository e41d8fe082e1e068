"""What differs between two generations of a list: entries added, removed and changed.

By the entries' ids, which stay the same from one day to the next, and a digest of what stands in
each row: a million entries on both sides take some eight seconds. A look at entries is an audit
row, written before anything of them is shown.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import numpy as np
import numpy.typing as npt

from domain.errors import BadInput
from hotlists import store
from hotlists.chunks import Chunk, cells_of, unpack
from hotlists.columns import COLUMNS
from hotlists.model import HotlistSource
from storage.audit import Act, append
from storage.postgres import Connection, Database

What = Literal["added", "removed", "changed"]
_Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Difference:
    """`rows` are the first of each kind: {"what", "entry", "before", "after"}; a changed one has
    only the columns that differ."""

    before: int
    after: int
    added: int
    removed: int
    changed: int
    unchanged: int
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class _Side:
    """A generation's entries: `ids` sorted (16 bytes each, of which numpy hides zeros at the end),
    `digests` and `places` in the same order. A place is the row's position in the generation."""

    ids: npt.NDArray[np.bytes_]
    digests: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]


async def compare(
    db: Database,
    source: HotlistSource,
    before: int,
    after: int,
    *,
    by: str,
    now: datetime,
    rows: int = 20,
) -> Difference:
    """Compare two generations by number; `rows` of each kind are shown. Raises NotFound, and
    BadInput for a generation whose entries are no longer kept."""
    async with db.transaction() as conn:
        await conn.execute("set transaction isolation level repeatable read, read only")
        ids = [await _held(conn, source, number) for number in (before, after)]
        old, new = [await _side(conn, one) for one in ids]
        at_old, at_new, gone, come = await asyncio.to_thread(_matched, old.ids, new.ids)
        other = old.digests[at_old] != new.digests[at_new]
        picked_old = {"removed": gone[:rows], "changed": at_old[other][:rows]}
        picked_new = {"added": come[:rows], "changed": at_new[other][:rows]}
        cells_old = await _cells(conn, ids[0], _places(old, picked_old))
        cells_new = await _cells(conn, ids[1], _places(new, picked_new))
        found = Difference(
            before=before,
            after=after,
            added=len(come),
            removed=len(gone),
            changed=int(other.sum()),
            unchanged=len(at_old) - int(other.sum()),
            rows=[
                *(_row("added", new, n, {}, cells_new) for n in picked_new["added"]),
                *(_row("removed", old, n, cells_old, {}) for n in picked_old["removed"]),
                *(
                    _changed(old, a, cells_old, new, b, cells_new)
                    for a, b in zip(picked_old["changed"], picked_new["changed"], strict=True)
                ),
            ],
        )
    counts = {"added": found.added, "removed": found.removed, "changed": found.changed}
    detail = {"before": before, "after": after, "shown": len(found.rows), **counts}
    act = Act(source.agency, by, "hotlist.compared", f"hotlist:{source.id}", detail=detail)
    async with db.transaction() as conn:  # the chain of the trail cannot be held by a snapshot
        await append(conn, now, [act])
    return found


async def _held(conn: Connection, source: HotlistSource, number: int) -> int:
    """The generation's row id, when its entries are still there."""
    stored = await store.number_of(conn, source.id, number)
    if stored.entries and await store.chunk(conn, stored.id, 0) is None:
        problem = f"the entries of generation {number} are no longer kept"
        raise BadInput("generation", problem)
    return stored.id


async def _side(conn: Connection, generation: int) -> _Side:
    ids: list[npt.NDArray[np.uint8]] = []
    digests: list[npt.NDArray[np.int64]] = []
    n = 0
    while (data := await store.chunk(conn, generation, n)) is not None:
        chunk = await asyncio.to_thread(unpack, data)
        ids.append(chunk.ids)
        digests.append(await asyncio.to_thread(_digests, chunk))
        n += 1
    dead = await store.dead_of(conn, generation)
    return await asyncio.to_thread(_sorted, ids, digests, dead)


def _sorted(
    ids: list[npt.NDArray[np.uint8]],
    digests: list[npt.NDArray[np.int64]],
    dead: npt.NDArray[np.uint32],
) -> _Side:
    whole = np.concatenate([np.empty((0, 16), dtype=np.uint8), *ids])
    texts = np.ascontiguousarray(whole).view("S16").reshape(-1)
    sums = np.concatenate([np.empty(0, dtype=np.int64), *digests])
    live = np.ones(len(texts), dtype=bool)
    live[dead] = False
    places = np.flatnonzero(live)
    order = places[np.argsort(texts[places], kind="stable")]
    return _Side(texts[order], sums[order], order)


def _matched(old: npt.NDArray[np.bytes_], new: npt.NDArray[np.bytes_]) -> tuple[_Places, ...]:
    """Positions of what both have, in each; of what only the first has; of what only the second."""
    _, at_old, at_new = np.intersect1d(old, new, assume_unique=True, return_indices=True)
    gone = np.setdiff1d(np.arange(len(old)), at_old, assume_unique=True)
    come = np.setdiff1d(np.arange(len(new)), at_new, assume_unique=True)
    return at_old, at_new, gone, come


def _digests(chunk: Chunk) -> npt.NDArray[np.int64]:
    """A digest of each row: the same for the same cells, whichever columns its chunk kept once.
    Python's own keyed hash (64 bits), so it holds within this process only."""
    same = {name: value.encode() for name, value in chunk.same.items()}
    order = [name for name in COLUMNS if name in chunk.columns or name in same]
    at = {name: n for n, name in enumerate(chunk.columns)}
    lines = chunk.lines.split(b"\n")[: len(chunk)]
    every = [name.encode() for name in order]

    def filled(line: bytes) -> bytes:
        cells = line.split(b"\t")
        values = [cells[at[name]] if name in at else same[name] for name in order]
        return b"\t".join([b"%b=%b" % pair for pair in zip(every, values, strict=True) if pair[1]])

    return np.fromiter((hash(filled(line)) for line in lines), dtype=np.int64, count=len(lines))


def _places(side: _Side, picked: dict[str, Any]) -> list[int]:
    return sorted(int(side.places[n]) for some in picked.values() for n in some)


async def _cells(conn: Connection, generation: int, places: list[int]) -> dict[int, dict[str, str]]:
    """The cells of the rows at these places (sorted)."""
    out: dict[int, dict[str, str]] = {}
    start = n = 0
    while places and (data := await store.chunk(conn, generation, n)) is not None:
        chunk = await asyncio.to_thread(unpack, data)
        end = start + len(chunk)
        here = [place for place in places if start <= place < end]
        if here:
            lines = chunk.lines.split(b"\n")
            for place in here:
                cells = cells_of(lines[place - start], chunk.columns, chunk.same)
                out[place] = {name: value for name, value in cells.items() if value}
        places = [place for place in places if place >= end]
        start, n = end, n + 1
    return out


def _row(
    what: What,
    side: _Side,
    n: int,
    before: dict[int, dict[str, str]],
    after: dict[int, dict[str, str]],
) -> dict[str, Any]:
    place = int(side.places[n])
    return {
        "what": what,
        "entry": _id(side, n),
        "before": before.get(place, {}),
        "after": after.get(place, {}),
    }


def _changed(
    old: _Side,
    a: int,
    before: dict[int, dict[str, str]],
    new: _Side,
    b: int,
    after: dict[int, dict[str, str]],
) -> dict[str, Any]:
    was, now = before[int(old.places[a])], after[int(new.places[b])]
    names = [name for name in COLUMNS if was.get(name, "") != now.get(name, "")]
    plate = now.get("plate") or now.get("pattern", "")
    return {
        "what": "changed",
        "entry": _id(new, b),
        "plate": plate,
        "before": {name: was.get(name, "") for name in names},
        "after": {name: now.get(name, "") for name in names},
    }


def _id(side: _Side, n: int) -> str:
    return str(UUID(bytes=bytes(side.ids[n]).ljust(16, b"\0")))
