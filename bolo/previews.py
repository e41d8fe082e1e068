"""`bolo hotlists preview` and `templates`: look at a file before it is imported.

Neither a database nor any setting is needed. A guess is printed with its reasons and saved only
when asked for; nothing is imported by it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from domain.errors import BadInput
from hotlists.containers import PIECE, opened
from hotlists.encodings import as_utf8
from hotlists.guessing import SURE, Guess, guess
from hotlists.layouts import LAYOUTS, layout, meanings
from hotlists.previewing import HIDDEN, Preview, preview
from hotlists.template_files import read, written
from hotlists.templates import Template

SAMPLE = 1 << 20
"""Bytes of text looked at; of a longer file the whole lines in them."""
LARGEST_TEMPLATE = 1 << 20
_FIELDS = (
    "plate", "pattern", "state", "category", "year", "color", "make", "model", "style",
    "expires_on", "oca", "reason",
)  # fmt: skip
"""Of an entry, as the terminal has them; --json has all."""


def show(
    file: Path, *, template: str, guessing: bool, rows: int, save: Path | None,
    password_env: str, as_json: bool,
) -> bool:  # fmt: skip
    """Print what a file would become. Whether it was understood. Raises BadInput and Prohibited."""
    if template and guessing:
        raise BadInput("--guess", "guesses a template; leave out --template")
    given = template_named(template) if template else None
    sample, whole = sample_of(file, given, password_env)
    guessed = guess(sample, file.name, datetime.now(UTC).date()) if given is None else None
    used = given if guessed is None else guessed.template
    seen = preview(sample, used, rows) if used is not None else None
    if as_json:
        print(
            msgspec.json.format(msgspec.json.encode(_json(guessed, seen, whole)), indent=2).decode()
        )
    else:
        for sentence in _sentences(file, guessed, seen, whole):
            print(sentence)
    if save is not None and used is not None:
        _save(save, used)
        if not as_json:
            print(f"Saved as {save}: bolo hotlists import {file} --template {save} ...")
    return seen is not None and seen.understood


def templates(*, as_json: bool) -> None:
    """Print the known layouts, with what each column is and what that rests on."""
    if as_json:
        listed = [
            {"name": k.template.name, "title": k.title, "sources": k.sources,
             "template": msgspec.json.decode(written(k.template))}
            for k in LAYOUTS.values()
        ]  # fmt: skip
        print(msgspec.json.format(msgspec.json.encode(listed), indent=2).decode())
        return
    for known in LAYOUTS.values():
        print(f"{known.template.name}: {known.title}")
        for n, (word, meaning) in enumerate(meanings(known.template), start=1):
            print(f"  {n:>2} {word or '-':<9} {meaning}")
        print(f"  {known.sources}\n")


def template_named(name: str) -> Template:
    """A template by name, or from a file when it has a suffix or exists. Raises BadInput."""
    path = Path(name)
    if name in LAYOUTS or (path.suffix.lower() not in (".json", ".toml") and not path.is_file()):
        return layout(name).template
    try:
        if path.stat().st_size > LARGEST_TEMPLATE:
            raise BadInput("template", f"{name} is larger than 1 MB; a template is a few lines")
        return read(path.read_bytes(), path.name)
    except OSError as bad:
        raise BadInput("template", f"{name} cannot be read: {bad.strerror or bad}") from bad


def sample_of(file: Path, given: Template | None, password_env: str) -> tuple[bytes, bool]:
    """(the first whole lines as UTF-8, whether that is all of the file). Raises BadInput."""
    password = os.environ.get(password_env, "").encode() if password_env else b""
    if password_env and not password:
        raise BadInput("--password-env", f"the environment has no {password_env}")
    wanted = given.encoding if given else "auto"
    held = bytearray()
    try:
        for piece in as_utf8(opened(_pieces(file), password=password or None), wanted):
            held += piece
            if len(held) > SAMPLE:
                break
    except OSError as bad:
        raise BadInput("file", f"{file} cannot be read: {bad.strerror or bad}") from bad
    if len(held) <= SAMPLE:
        return bytes(held), True
    end = max(held.rfind(b"\n", 0, SAMPLE), held.rfind(b"\r", 0, SAMPLE)) + 1
    return bytes(held[: end or SAMPLE]), False


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as it:
        while piece := it.read(PIECE):
            yield piece


def _save(path: Path, template: Template) -> None:
    try:
        with path.open("xb") as it:
            it.write(written(template))
    except FileExistsError as bad:
        raise BadInput(
            "--save", f"{path} exists already; remove it or choose another name"
        ) from bad
    except OSError as bad:
        raise BadInput("--save", f"{path} cannot be written: {bad.strerror or bad}") from bad


def _json(guessed: Guess | None, seen: Preview | None, whole: bool) -> dict[str, Any]:
    said: dict[str, Any] = {
        "template": msgspec.json.decode(written(seen.template)) if seen else None,
        "guessed": guessed is not None,
        "sure": guessed.sure if guessed else 1.0,
        "because": list(guessed.because) if guessed else [],
        "alternatives": [
            msgspec.json.decode(written(other))
            for other in (guessed.alternatives if guessed else ())
        ],
        "understood": seen is not None and seen.understood,
        "whole_file": whole,
    }
    if seen is None:
        return {**said, "columns": [], "entries": [], "rejected": {}, "prohibited": 0, "rows": 0}
    return {
        **said,
        "columns": [
            {"word": c.word, "meaning": c.meaning, "position": c.position, "header": c.header,
             "span": c.span, "examples": list(c.examples)}
            for c in seen.columns
        ],
        "entries": [{"row": r.row, **r.entry} for r in seen.rows if r.entry is not None],
        "not_entries": [
            {"row": r.row, "why": r.rejected or "never held, and not shown"}
            for r in seen.rows if r.entry is None
        ],
        "missing": list(seen.missing),
        "rejected": seen.found.rejected,
        "unknown": seen.found.unknown,
        "accepted": seen.found.accepted,
        "prohibited": seen.found.prohibited,
        "rows": seen.found.rows,
    }  # fmt: skip


def _sentences(
    file: Path, guessed: Guess | None, seen: Preview | None, whole: bool
) -> Iterator[str]:
    if guessed is not None:
        yield from guessed.because
        if seen is None:
            yield "Known layouts: bolo hotlists templates. Give one with --template."
            return
    assert seen is not None
    yield ""
    yield f"Template {seen.template.name}:"
    for column in seen.columns:
        examples = ", ".join(column.examples)
        name = f"{column.position:>3} {column.word or '-':<9}"
        yield f"{name} {column.header[:20]:<20} {column.meaning[:44]:<44} {examples}".rstrip()
    yield ""
    for row in seen.rows:
        if row.entry is not None:
            said = "  ".join(row.entry[name] for name in _FIELDS if name in row.entry)
            yield f"row {row.row}: {said}"
        else:
            yield f"row {row.row}: {row.rejected or f'never held {HIDDEN}'}"
    yield ""
    found = seen.found
    part = "the file" if whole else "the beginning of the file"
    yield (
        f"Of {found.rows:,} rows in {part} {found.accepted:,} become entries, "
        f"{sum(found.rejected.values()):,} are rejected, {found.prohibited:,} are never held."
    )
    yield from (f"Rejected {n:,}: {why}." for why, n in sorted(found.rejected.items()))
    if seen.missing:
        yield f"Missing: {', '.join(seen.missing)}."
    if guessed is not None:
        if guessed.sure < SURE:
            yield "The guess is unsure. Compare the columns with the file before using it."
        yield (
            f"If this is right, confirm it: bolo hotlists preview {file} --save template.json, "
            f"then bolo hotlists import {file} --template template.json."
        )
