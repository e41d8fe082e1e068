"""Reading a table out of bytes of unknown make. One physical line is one row, always.

So a stray quotation mark spoils its own line and never swallows the ones after it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import date

DELIMITERS = (",", ";", "\t")
LONGEST_LINE = 10_000
"""Characters; a line beyond that is not a record of a list."""

BROKEN_QUOTES = "quotation marks do not close on the line"
TOO_LONG = f"the line is longer than {LONGEST_LINE:,} characters"

_DAMAGE = re.compile("\ufffd|\u00c3[\u0080-\u00bf\u2018-\u2022]|\u00e2\u20ac|\u00c2[\u00a0-\u00bf]")
_DATES = (
    (re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ].*)?"), (1, 2, 3)),
    (re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})"), (3, 1, 2)),
)


def is_text(data: bytes) -> bool:
    """Whether it can be text at all: no NUL, and not a ZIP or gzip archive."""
    return b"\0" not in data and not data.startswith((b"PK\x03\x04", b"\x1f\x8b"))


def decoded(data: bytes) -> str:
    """UTF-8 with or without BOM; what is not UTF-8 is taken as Windows-1252."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def has_damage(line: str) -> bool:
    """Whether a line holds replacement characters or UTF-8 that was read as Windows-1252."""
    return not line.isascii() and _DAMAGE.search(line) is not None


def parsed_date(text: str) -> date | None:
    """YYYY-MM-DD, YYYYMMDD (a time after it is ignored) or MM/DD/YYYY; None for anything else."""
    for pattern, (year, month, day) in _DATES:
        if found := pattern.fullmatch(text.strip()):
            try:
                return date(int(found[year]), int(found[month]), int(found[day]))
            except ValueError:
                return None
    return None


class Table:
    """Lines under a header. `names` turns the header's cells into columns, "" for an unused one.

    The delimiter is the one under which the header has the most names. `cut_short` is known once
    the lines were read: the last one has no line end, and too few fields or an open quotation.
    """

    def __init__(self, text: str, names: Callable[[list[str]], list[str]]) -> None:
        self._lines = io.StringIO(text, newline=None)
        header = ""
        for header in self._lines:
            if header.strip():
                break
        header = header.rstrip("\n")[:LONGEST_LINE]
        self._delimiter = ","
        self.columns: list[str] = []
        for delimiter in DELIMITERS:
            columns = names(header.split(delimiter))
            if sum(map(bool, columns)) > sum(map(bool, self.columns)) or not self.columns:
                self.columns, self._delimiter = columns, delimiter
        self.cut_short = False

    def lines(self) -> Iterator[tuple[str, list[str] | str]]:
        """(line, its fields, or why it has none) of every line that is not blank, once."""
        for raw in self._lines:
            line = raw.rstrip("\n")
            if not line or line.isspace():
                continue
            problem = ""
            if len(line) > LONGEST_LINE:
                problem = TOO_LONG
            elif line.count('"') % 2:
                problem = BROKEN_QUOTES
            fields = [] if problem else self.fields(line)
            if not raw.endswith("\n"):
                self.cut_short = bool(problem) or len(fields) < len(self.columns)
            yield line, problem or fields

    def fields(self, line: str) -> list[str]:
        """One line's fields."""
        if '"' not in line:
            return line.split(self._delimiter)
        return next(csv.reader([line], delimiter=self._delimiter))
