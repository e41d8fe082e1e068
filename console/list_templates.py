"""The layout of a list's file: guessed from its first rows, corrected by a person, saved.

The rows stay in the page: they come with each request and are kept nowhere. Of a row that is never
held nothing is shown, and it is taken out of what the page carries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec

from console.auth import Viewer
from console.list_acting import may_send
from console.list_store import source_of
from console.list_words import category_name, vehicle_said
from console.services import Services
from domain.errors import BadInput
from hotlists.columns import entry_from
from hotlists.configuring import ensure_source
from hotlists.containers import Unreadable
from hotlists.encodings import decoded
from hotlists.guessing import Guess, guess
from hotlists.layouts import LAYOUTS, layout
from hotlists.magic import ZIP, other_archive
from hotlists.model import HotlistSource
from hotlists.previewing import Preview, RowSeen, preview
from hotlists.template_files import checked, written
from hotlists.templates import WORDS, Template
from policy.model import Policy
from policy.prohibited import is_key, said_in

SAMPLE, LINES = 48 * 1024, 100
"""Characters and lines of a file's beginning that the page carries."""
FORM_LIMIT = 512 * 1024
"""Bytes of a form with them: a character may take nine."""
ROWS = 10

_CUT = re.compile(r"[,;\t|:]")
_CHOSEN = ("delimiter", "dates", "states", "encoding")


def sample_of(data: bytes) -> tuple[str, int]:
    """The first whole lines as text, and how many were taken out because they are never held.

    Raises BadInput for what is no text.
    """
    if data.startswith((ZIP, b"\x1f\x8b")):
        raise BadInput("file", "is packed: open it first and send the beginning of the table")
    what = other_archive(data)
    text, _ = decoded(data)
    if what or "\0" in text:
        raise Unreadable(what or "is not text")
    lines, size, dropped = [], 0, 0
    for line in text.splitlines()[:LINES]:
        size += len(line) + 1
        if size > SAMPLE:
            break
        cells = _CUT.split(line)
        if said_in(line, cells) or any(is_key(cell.strip(" \"'")) for cell in cells):
            dropped += 1
            continue
        lines.append(line)
    if not any(line.strip() for line in lines):
        raise BadInput("sample", "paste the first rows of the file, or choose the file")
    return "\n".join(lines) + "\n", dropped


def proposed(sample: str, filename: str, s: Services) -> Guess:
    """A template for these rows, with its reasons."""
    return guess(sample.encode(), filename, s.clock().date())


def shown(sample: str, template: Template, source: HotlistSource, s: Services) -> Preview:
    """What the template makes of the rows. Raises BadInput and Prohibited for the template."""
    category = str(source.settings.get("category", "local"))
    return preview(
        sample.encode(), template, ROWS, policy=s.means.policy, category=category, now=s.clock()
    )


def corrected(values: Mapping[str, str], policy: Policy) -> Template:
    """The template of a form: as the page carries it, with what the person chose instead.

    Raises BadInput and Prohibited.
    """
    if values.get("step") == "layout" and values.get("layout"):
        return layout(values["layout"]).template
    try:
        given = msgspec.json.decode(values.get("template", ""))
    except msgspec.DecodeError:
        raise BadInput("sample", "the page lost its layout; send the rows again") from None
    if not isinstance(given, dict):
        raise BadInput("sample", "the page lost its layout; send the rows again")
    before = checked(given, policy)
    columns = _columns(values, before)
    if columns is not None:
        given["columns"] = list(columns)
    for name in _CHOSEN:
        if values.get(name):
            given[name] = "\t" if values[name] == "tab" else values[name]
    if before.positions:
        given["delimiter"] = ""
    if "header" in values:
        given["header"] = values["header"] == "yes"
    defaults = dict(before.defaults)
    for word, name in (("LIS", "default_state"), ("CATEGORY", "default_category")):
        if name in values:
            defaults.pop(word, None)
            if values[name]:
                defaults[word] = values[name]
    given["defaults"] = defaults
    return checked(given, policy)


async def save(s: Services, viewer: Viewer, which: UUID, template: Template) -> HotlistSource:
    """Make it the list's template, from its next file on. Raises NotAllowed, NotFound, BadInput,
    Prohibited."""
    await may_send(s, viewer, which)
    async with s.db.transaction() as conn:
        source = await source_of(conn, viewer.person.agency, which)
        if source.kind != "table":
            raise BadInput("columns", "only a table has columns")
        settings = {**source.settings, "template": msgspec.json.decode(written(template))}
        return await ensure_source(
            conn, source.agency, source.name, source.kind, settings=settings,
            by=str(viewer.person.id), now=s.clock(),
        )  # fmt: skip


@dataclass(frozen=True)
class RowShown:
    """One of the first rows: an entry in words, why it is rejected, or that it is never held."""

    number: int
    entry: bool = False
    prohibited: bool = False
    rejected: str = ""
    plate: str = ""
    state: str = ""
    category: str = ""
    vehicle: str = ""
    ends: str = ""
    numbers: str = ""


def rows_of(seen: Preview, policy: Policy) -> list[RowShown]:
    """The first rows for a page."""
    return [_row(row, policy) for row in seen.rows]


def _row(row: RowSeen, policy: Policy) -> RowShown:
    if row.entry is None:
        return RowShown(row.row, prohibited=row.prohibited, rejected=row.rejected)
    entry = entry_from(row.entry, UUID(int=0), "", "", {})
    return RowShown(
        row.row,
        entry=True,
        plate=entry.plate or entry.pattern or "no plate",
        state=entry.state,
        category=category_name(entry.category, policy),
        vehicle=vehicle_said(entry),
        ends=row.entry.get("expires_on") or row.entry.get("expires_at", ""),
        numbers=", ".join(number for number in (entry.oca, entry.nic) if number),
    )


def known_layouts() -> list[tuple[str, str]]:
    """(name, title) of the layouts of known products."""
    return [(name, known.title) for name, known in LAYOUTS.items()]


def words() -> list[tuple[str, str]]:
    """(word, meaning) of what a column can be."""
    return list(WORDS.items())


def _columns(values: Mapping[str, str], before: Template) -> tuple[str, ...] | None:
    """The columns that the person chose; None where nothing was chosen, or where the first line
    names them and nobody changed that."""
    count = values.get("columns", "")
    if not count.isdigit() or int(count) > 500:
        return None
    chosen = tuple(values.get(f"column-{n}", "") for n in range(1, int(count) + 1))
    if not before.columns and ",".join(chosen) == values.get("understood", ""):
        return None
    return chosen
