"""A file of ours in pieces, so that no list is ever held in memory whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

from domain.errors import BadInput

LARGEST = 2 * 1024**3
"""Bytes of a file; 5,000,000 entries have about 600 MB."""
PIECE = 1 << 20


async def pieces_of(path: Path) -> AsyncGenerator[bytes]:
    """The file's bytes in pieces, read in a thread. Raises BadInput when it cannot be read."""
    try:
        with await asyncio.to_thread(path.open, "rb") as file:
            while piece := await asyncio.to_thread(file.read, PIECE):
                yield piece
    except OSError as bad:
        raise unreadable(path, bad) from bad


def unreadable(path: Path, bad: OSError) -> BadInput:
    """What the system says, for a person."""
    return BadInput("file", f"{path} cannot be read: {bad.strerror or bad}")
