"""How the lines of an unknown table come apart: delimiter or fixed positions, comments.

Judged by how alike the lines are: a delimiter that cuts nine lines of ten into the same number of
cells is the one. Cells come out without quotation marks and blanks around them, as the parser of
tables has them; one physical line is one row.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hotlists.blocks import LONGEST
from hotlists.column_kinds import kinds_of

MOST_LINES = 2_000
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", ":": "colons"}
COMMENTS = ("#", "//", "--")
ALIKE = 0.9
"""Share of lines with the usual number of cells, from where on a delimiter is beyond doubt."""
_LEAST_ALIKE = 0.6
_MANY = 10
"""Lines that show where fixed columns begin; of fewer a wider cell may still come."""
TO_THE_END = LONGEST


@dataclass(frozen=True)
class Shape:
    """The rows of a sample, and how they were cut. `alike` 0-1 is how well that fits."""

    rows: tuple[tuple[str, ...], ...]
    width: int
    delimiter: str
    positions: tuple[tuple[int, int], ...]
    comment: str
    alike: float
    because: str


def shape_of(text: str) -> Shape | None:
    """How it comes apart; None for a text without a line."""
    lines = [line for line in lines_of(text) if len(line) <= LONGEST][:MOST_LINES]
    comment = next((c for c in COMMENTS if any(line.startswith(c) for line in lines)), "")
    if comment:
        lines = [line for line in lines if not line.startswith(comment)]
    if not lines:
        return None
    delimiter, alike = _delimiter(lines)
    if delimiter:
        rows = tuple(split(line, delimiter) for line in lines)
        width = _usual(rows)
        because = f"{DELIMITERS[delimiter].capitalize()} cut {alike:.0%} of the lines into {width}."
        return Shape(rows, width, delimiter, (), comment, alike, because)
    positions = fixed(lines)
    if len(positions) > 1:
        rows = tuple(cut(line, positions) for line in lines)
        because = f"No delimiter, but blanks in line one below the other: {len(positions)} columns."
        alike = 0.85 if len(lines) >= _MANY else 0.7
        return Shape(rows, len(positions), "", positions, comment, alike, because)
    rows = tuple((line.strip().strip('"').strip(),) for line in lines)
    return Shape(rows, 1, ",", (), comment, 0.9, "Nothing cuts the lines: one column.")


def lines_of(text: str) -> list[str]:
    """The lines that are not blank, cut as the parser of tables does: at CR, LF and CR LF."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [line for line in lines if line and not line.isspace()]


def split(line: str, delimiter: str) -> tuple[str, ...]:
    """One line's cells; a line whose quotation marks do not close is one cell."""
    if '"' not in line:
        return tuple(cell.strip() for cell in line.split(delimiter))
    if line.count('"') % 2:
        return (line,)
    try:
        return tuple(cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), ()))
    except csv.Error:
        return (line,)


def cut(line: str, positions: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """One line's cells at fixed positions."""
    return tuple(line[start:end].strip() for start, end in positions)


def _usual(rows: Sequence[Sequence[str]]) -> int:
    return Counter(map(len, rows)).most_common(1)[0][0]


def _delimiter(lines: Sequence[str]) -> tuple[str, float]:
    """The delimiter that makes the lines most alike; of equals the one that makes more cells.

    A colon stands in times and a bar in nothing, so a colon needs lines that are all alike.
    """
    best = ("", 0.0, 0)
    for delimiter in DELIMITERS:
        if not any(delimiter in line for line in lines):
            continue
        widths = Counter(len(split(line, delimiter)) for line in lines)
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
        alike = count / len(lines)
        least = 1.0 if delimiter == ":" else _LEAST_ALIKE
        if width < 2 or alike < least:
            continue
        found = (delimiter, alike, width)
        clearly = alike >= best[1] + 0.2
        if not best[0] or clearly or (alike >= best[1] - 0.05 and width > best[2]):
            best = found
    return best[0], best[1]


def fixed(lines: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Columns between the places where every line has a blank; () for fewer than three lines."""
    if len(lines) < 3 or any("\t" in line for line in lines):
        return ()
    longest = max(map(len, lines))
    taken = bytearray(longest)
    for line in lines:
        for at, character in enumerate(line):
            if character != " ":
                taken[at] = 1
    starts = [at for at in range(longest) if taken[at] and (at == 0 or not taken[at - 1])]
    if not starts:
        return ()
    starts[0] = 0
    spans = list(zip(starts, [*starts[1:], TO_THE_END], strict=True))
    columns = [spans[0]]
    for start, end in spans[1:]:
        before = columns[-1]
        close = start >= 2 and bool(taken[start - 2])
        if close and _one_text(lines, before, (start, end)):
            columns[-1] = (before[0], end)
        else:
            columns.append((start, end))
    return tuple(columns)


def _one_text(lines: Sequence[str], left: tuple[int, int], right: tuple[int, int]) -> bool:
    """Whether two runs with one blank between are words of one cell, such as STOLEN VEHICLE."""
    for span in (left, right):
        cells = [cell for line in lines if (cell := line[span[0] : span[1]].strip())]
        if any(c.isdigit() for cell in cells for c in cell):
            return False
        kinds = kinds_of(cells)
        if any(kinds.score(word) >= 0.8 for word in ("LIS", "VMA", "VCO")):
            return False
    return True
