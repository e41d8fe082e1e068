"""Lists that come as changes: a file adds and removes, and the rest of the list stays.

The next generation is the one in force, without what the file removes or says anew, and what the
file adds. The chunks before are taken over as they are; the rows that no longer count are named
dead, as the replaced rows of any generation are.
"""

from __future__ import annotations

import asyncio

import msgspec
import numpy as np
import numpy.typing as npt

from hotlists import store
from hotlists.assembling import Built
from hotlists.chunks import Chunk, cells_of, unpack
from hotlists.twinning import Plates
from storage.postgres import Connection

Ids = npt.NDArray[np.void]


async def take_over(conn: Connection, before: int, generation: int) -> int:
    """Copy the chunks of the generation before. How many there are."""
    cursor = await conn.execute(
        "insert into generation_chunks (generation, n, data)"
        " select %s, n, data from generation_chunks where generation = %s",
        (generation, before),
    )
    return cursor.rowcount


async def merged(
    conn: Connection, generation: int, before: int | None, taken: int, built: Built
) -> Built:
    """What is known of the whole `generation`: `built` is of the file alone, whose rows follow the
    `taken` chunks of generation `before` (None: there was none)."""
    dead: set[int] = set()
    if before is not None:
        dead.update(int(at) for at in (await store.dead_of(conn, before)).tolist())
    new = _ids(built.ids)
    removed = _last_removals(built)
    old = rows = n = 0
    live: list[Ids] = []
    plates = Plates()
    while (data := await store.chunk(conn, generation, n)) is not None:
        chunk = await asyncio.to_thread(unpack, data)
        gone = await asyncio.to_thread(_removed, chunk, removed, None if n < taken else rows - old)
        if n < taken:
            gone |= set(np.flatnonzero(np.isin(_ids(chunk.ids.tobytes()), new)).tolist())
            old += len(chunk)
        elif n == taken:
            dead.update(old + int(at) for at in np.frombuffer(built.dead, dtype="<u4").tolist())
        dead.update(rows + at for at in gone)
        alive = np.array([rows + at not in dead for at in range(len(chunk))], dtype=bool)
        live.append(_ids(chunk.ids.tobytes())[alive])
        await asyncio.to_thread(plates.chunk, chunk)
        rows += len(chunk)
        n += 1
    keys = np.concatenate([_first(ids) for ids in live]) if live else np.empty(0, dtype="<u8")
    at = np.array(sorted(dead), dtype="<u4")
    marked = await asyncio.to_thread(plates.marked, at)
    return msgspec.structs.replace(
        built,
        found=msgspec.structs.replace(built.found, accepted=len(keys)),
        keys=np.sort(keys).astype("<u8").tobytes(),
        dead=at.tobytes(),
        plates=marked.astype("<u8").tobytes(),
        laid_over=before or 0,
    )


def _last_removals(built: Built) -> dict[tuple[str, str], int]:
    """The position in the file's rows of the last removal of a plate (or pattern) and state."""
    last: dict[tuple[str, str], int] = {}
    for one in built.removed:
        what = (one.plate, one.state)
        last[what] = max(one.after, last.get(what, 0))
    return last


def _removed(chunk: Chunk, removed: dict[tuple[str, str], int], position: int | None) -> set[int]:
    """Which rows of a chunk the file removes. `position` is that of the chunk's first row among the
    rows of the file: what is added after its removal stays. None: a chunk of the list before.

    A removal without a state means the plate of every state; an entry without one is meant by
    the removal of any.
    """
    if not removed:
        return set()
    plates = {plate for plate, _ in removed}
    lines: list[bytes] = []
    gone: set[int] = set()
    for at in range(len(chunk)):
        plate = chunk.plates[at * 10 : at * 10 + 10].decode("latin-1").strip()
        if plate and plate not in plates:
            continue
        lines = lines or chunk.lines.split(b"\n")
        said = cells_of(lines[at], chunk.columns, chunk.same)
        plate, state = plate or said.get("pattern", ""), said.get("state", "")
        after = [
            row
            for (p, s), row in removed.items()
            if p == plate and (not s or not state or s == state)
        ]
        if after and (position is None or position + at < max(after)):
            gone.add(at)
    return gone


def _ids(data: bytes) -> Ids:
    """16 bytes an entry, as one value each."""
    return np.frombuffer(data, dtype="V16")


def _first(ids: Ids) -> store.Keys:
    return np.frombuffer(ids.tobytes(), dtype=">u8")[::2].astype(np.uint64)
