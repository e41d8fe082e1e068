"""How many entries of each state a stored generation holds."""

from __future__ import annotations

import asyncio
from collections import Counter

from hotlists import store
from hotlists.chunks import Chunk, unpack
from storage.postgres import Connection


async def states_listed(conn: Connection, generation: int) -> Counter[str]:
    """Rows by their state's cell, "" for none, as the list has them. Raises DamagedChunk."""
    counted: Counter[str] = Counter()
    n = 0
    while (data := await store.chunk(conn, generation, n)) is not None:
        counted += await asyncio.to_thread(_counted, unpack(data))
        n += 1
    return counted


def _counted(chunk: Chunk) -> Counter[str]:
    if "state" not in chunk.columns:
        return Counter({chunk.same.get("state", ""): len(chunk)})
    at = chunk.columns.index("state")
    cells = Counter(line.split(b"\t", at + 1)[at] for line in chunk.lines[:-1].split(b"\n"))
    return Counter({cell.decode(): count for cell, count in cells.items()})
