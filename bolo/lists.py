"""`bolo hotlists import`: a file becomes a generation, and a person reads what came of it."""

from __future__ import annotations

from pathlib import Path

from bolo import logs
from bolo.admin import operator
from bolo.settings import load
from domain.clock import system_clock
from hotlists.importing import import_file
from storage.postgres import Database


async def import_list(file: Path, agency: str, name: str, *, follow: bool, accept: str) -> bool:
    """Print the result in sentences; whether the list in force is now this file."""
    logs.configure(role="hotlists", level="warning")  # what came of it is said in sentences
    async with Database(load().database_url, size=2) as db:
        location = str(file.absolute()) if follow else ""
        result = await import_file(
            db,
            agency,
            name,
            file,
            by=operator(),
            now=system_clock(),
            location=location,
            accept_anyway=accept or None,
        )
    if location:
        print(f"The courier refreshes it whenever {location} changes.")
    for sentence in result.sentences():
        print(sentence)
    return result.outcome != "quarantined"
