"""A file on disk, or in a person's hand, becomes a refresh: `bolo hotlists import FILE`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from domain.errors import BadInput
from hotlists.configuring import ensure_source
from hotlists.model import RefreshResult
from hotlists.refresh import refresh
from storage.postgres import Database

LARGEST = 2 * 1024**3
"""Bytes of a file; 5,000,000 entries have about 600 MB."""


async def import_file(
    db: Database,
    agency: str,
    source_name: str,
    path: Path,
    *,
    by: str,
    now: datetime,
    kind: str = "ncic_csv",
    location: str = "",
    settings: Mapping[str, Any] | None = None,
    accept_anyway: str | None = None,
) -> RefreshResult:
    """Refresh the agency's list of that name from a file, making the source when it is new.

    With a `location` the courier follows that file from now on (hotlists.watching).
    `RefreshResult.sentences()` says it for a terminal. Raises BadInput (file, agency, settings) and
    Prohibited.
    """
    data = await read_file(path)
    async with db.transaction() as conn:
        source = await ensure_source(
            conn, agency, source_name, kind, location, settings, by=by, now=now
        )
    return await refresh(db, source, data, by=by, now=now, accept_anyway=accept_anyway)


async def read_file(path: Path) -> bytes:
    """The file's bytes, read in a thread. Raises BadInput when it cannot be read or is too big."""
    try:
        if (await asyncio.to_thread(path.stat)).st_size > LARGEST:
            raise BadInput("file", "is larger than 2 GB; no hotlist is")
        return await asyncio.to_thread(path.read_bytes)
    except OSError as bad:
        problem = f"{path} cannot be read: {bad.strerror or bad}"
        raise BadInput("file", problem) from bad
