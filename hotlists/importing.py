"""A file on disk, or in a person's hand, becomes a refresh: `bolo hotlists import FILE`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from domain.errors import BadInput
from hotlists.configuring import ensure_source
from hotlists.model import RefreshResult
from hotlists.pieces import LARGEST, pieces_of, unreadable
from hotlists.refresh import Means, refresh
from storage.postgres import Database


async def import_file(
    db: Database,
    agency: str,
    source_name: str,
    path: Path,
    *,
    by: str,
    now: datetime,
    kind: str = "table",
    location: str = "",
    settings: Mapping[str, Any] | None = None,
    accept_anyway: str | None = None,
    means: Means | None = None,
) -> RefreshResult:
    """Refresh the agency's list of that name from a file, making the source when it is new.

    With a `location` the courier follows that file from now on (hotlists.watching).
    `RefreshResult.sentences()` says it for a terminal. Raises BadInput (file, agency, settings) and
    Prohibited.
    """
    await asyncio.to_thread(_must_be_readable, path)
    async with db.transaction() as conn:
        source = await ensure_source(
            conn,
            agency,
            source_name,
            kind,
            location,
            settings,
            by=by,
            now=now,
            policy=means.policy if means else None,
        )
    return await refresh(
        db, source, pieces_of(path), by=by, now=now, means=means, accept_anyway=accept_anyway
    )


def _must_be_readable(path: Path) -> None:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
    except OSError as bad:
        raise unreadable(path, bad) from bad
    if size > LARGEST:
        raise BadInput("file", "is larger than 2 GB; no hotlist is")
