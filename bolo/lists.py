"""`bolo hotlists import`: a file becomes a generation, and a person reads what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from bolo import logs, previews
from bolo.admin import operator
from bolo.list_changes import with_progress
from bolo.list_sources import known_source, template_settings
from bolo.settings import load
from bolo.wiring import means
from domain.clock import system_clock
from hotlists import store
from hotlists.encodings import decoded
from hotlists.guessing import guess
from hotlists.importing import import_file
from hotlists.model import RefreshResult
from hotlists.tables import named
from storage.postgres import Database

IN_FORCE, REFUSED, CONFIRM = 0, 1, 2
"""How the command ends: the file is in force; it is not; a person must confirm a guess."""


async def import_list(
    file: Path,
    agency: str,
    name: str,
    *,
    follow: bool,
    accept: str,
    kind: str = "",
    template: str = "",
    yes: bool = False,
    as_json: bool = False,
) -> int:
    """Print the result in sentences or as JSON; how the command ends."""
    logs.configure(role="hotlists", level="warning")  # what came of it is said in sentences
    settings = load()
    care = means(settings)
    async with Database(settings.database_url, size=3) as db:
        async with db.connection() as conn:
            before = await known_source(conn, agency, name)
            loaded = before is not None and await store.active(conn, before.id) is not None
        kind = kind or (before.kind if before else "table")
        changes: dict[str, Any] | None = None
        if template:
            changes = {"template": template_settings(template)}
        elif kind == "table" and not loaded and not (before and before.settings.get("template")):
            guessed = _guessed(file)
            if guessed is not None and not yes:
                _ask(file, as_json=as_json)
                return CONFIRM
            if guessed is not None:
                changes = {"template": guessed}
        if changes is not None:
            changes = {**(before.settings if before else {}), **changes}
        location = str(file.absolute()) if follow else ""
        work = import_file(
            db,
            agency,
            name,
            file,
            by=operator(),
            now=system_clock(),
            kind=kind,
            location=location,
            settings=changes,
            accept_anyway=accept or None,
            means=care,
        )
        result = await with_progress(db, agency, name, work)
    _say(result, location, as_json=as_json)
    return REFUSED if result.outcome == "quarantined" else IN_FORCE


def _guessed(file: Path) -> dict[str, Any] | None:
    """A template for a file whose first line names no NCIC columns; None when it does, and when
    nothing can be made of it, so that the guards will say what is wrong."""
    sample, _ = previews.sample_of(file, None, "")
    text, _ = decoded(sample)
    first = next((line for line in text.splitlines() if line.strip()), "")
    columns, _ = named(first)
    if "LIC" in columns:
        return None
    found = guess(sample, file.name, system_clock().date())
    if found.template is None:
        return None
    made: dict[str, Any] = msgspec.to_builtins(found.template)
    return made


def _ask(file: Path, *, as_json: bool) -> None:
    """Show the guess; nothing was imported."""
    previews.show(
        file, template="", guessing=True, rows=5, save=None, password_env="", as_json=as_json
    )
    if not as_json:
        print("Nothing was imported. Or import it as guessed: the same command with --yes.")


def _say(result: RefreshResult, location: str, *, as_json: bool) -> None:
    if as_json:
        said = {**msgspec.to_builtins(result), "follows": location}
        print(msgspec.json.format(msgspec.json.encode(said), indent=2).decode())
        return
    if location:
        print(f"The courier refreshes it whenever {location} changes.")
    for sentence in result.sentences():
        print(sentence)
