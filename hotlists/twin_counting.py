"""Look-alike twins of a new generation, counted against what is in force as it comes."""

from __future__ import annotations

import asyncio

import numpy as np

from hotlists import store
from hotlists.assembling import Built
from hotlists.model import HotlistSource
from hotlists.twinning import count
from storage.postgres import Connection


async def counted_twins(conn: Connection, source: HotlistSource, built: Built) -> dict[str, int]:
    """How many of the generation's entries have twins, by hotlists.twinning's words. The other
    lists are those of the same agency in force now; a later change of theirs is not looked at
    before this list's own next refresh."""
    others = await store.plates_elsewhere(conn, source)
    marked = np.frombuffer(built.plates, dtype="<u8")
    return await asyncio.to_thread(count, marked, others)
