"""A template at work on a file: which columns it has, and how a line comes apart."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hotlists.template_files import checked
from hotlists.templates import WORDS, Template

DELIMITERS = (",", ";", "\t", "|")
ALIASES = {
    "DOE": "EXPIRES", "EXP": "EXPIRES", "EXPIRY": "EXPIRES",
    "DTE": "ENTERED", "CMC": "CAUTION",
}  # fmt: skip
"""Other headings of NCIC extracts."""

BROKEN_QUOTES = "quotation marks do not close on the line"
TOO_FEW = "fewer fields than the header"
TOO_MANY = "more fields than the header"


@dataclass(frozen=True)
class Layout:
    """A template with the columns that the file really has, "" for one that is not used."""

    template: Template
    columns: tuple[str, ...] = ()
    delimiter: str = ","

    def cells(self, lines: Sequence[str], text: str) -> tuple[list[Sequence[str]], dict[int, str]]:
        """(each line's cells, what is wrong with a line, by position). `text` holds the lines."""
        problems: dict[int, str] = {}
        if self.template.positions:
            spans = self.template.positions
            return [[line[start:end] for start, end in spans] for line in lines], problems
        delimiter, width = self.delimiter, len(self.columns)
        rows: list[Sequence[str]] = [line.split(delimiter) for line in lines]
        if '"' in text:
            for n, line in enumerate(lines):
                if '"' in line:
                    if line.count('"') % 2:
                        problems[n] = BROKEN_QUOTES
                        rows[n] = [line]
                    else:
                        rows[n] = next(csv.reader([line], delimiter=delimiter))
        if set(map(len, rows)) != {width}:
            for n, row in enumerate(rows):
                if n in problems or len(row) == width:
                    continue
                if len(row) < width:
                    problems[n] = TOO_FEW
                elif any(cell.strip() for cell in row[width:]):
                    problems[n] = TOO_MANY
                else:
                    rows[n] = row[:width]
        return rows, problems


def template_of(settings: Mapping[str, Any]) -> Template:
    """The template of a source's settings; without one the first line names the columns.

    Raises BadInput, and Prohibited for a category of what is never held.
    """
    given = settings.get("template")
    return Template(name="by its header") if given is None else checked(given)


def layout_of(
    text: str, settings: Mapping[str, Any], original: Callable[[bytes], None]
) -> tuple[Layout | None, str]:
    """The layout of the file that begins with `text`, and the text after its header.

    None when there is no line yet that could be a header. The header goes to `original`.
    """
    template = template_of(settings)
    if template.columns and not template.header:
        return Layout(template, template.columns, template.delimiter), text
    start = 0
    while start < len(text):
        end = text.index("\n", start) + 1
        line = text[start : end - 1]
        start = end
        if line.strip() and not (template.comment and line.startswith(template.comment)):
            original(line.encode(errors="replace") + b"\n")
            if template.columns:
                return Layout(template, template.columns, template.delimiter), text[start:]
            columns, delimiter = named(line)
            return Layout(template, columns, delimiter), text[start:]
    return None, ""


def named(header: str) -> tuple[tuple[str, ...], str]:
    """The columns that a header names, by the delimiter under which it names the most."""
    best: tuple[tuple[str, ...], str] = ((), ",")
    for delimiter in DELIMITERS:
        words = (cell.strip().strip('"').upper() for cell in header.split(delimiter))
        columns = tuple(w if (w := ALIASES.get(word, word)) in WORDS else "" for word in words)
        if not best[0] or sum(map(bool, columns)) > sum(map(bool, best[0])):
            best = columns, delimiter
    return best
