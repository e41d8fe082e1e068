"""A CSV of what plates were and what cameras read: its columns, and clear words about bad lines."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from domain.errors import BadInput, BadPlate
from domain.plate import normalise
from matchers.state_words import state_code
from quality.plates import STATES

MOST_ROWS = 1_000_000
LARGEST = 200_000_000
"""Characters of a file that are read."""
NOT_SAID = frozenset({"UNKNOWN", "UNK", "NONE", "?", "NA", "N/A", "-"})
"""How files write that no state was read."""

OPTIONAL: dict[str, tuple[str, ...]] = {
    "state_truth": ("state_truth", "state"),
    "state_read": ("state_read",),
    "confidence": ("confidence",),
    "candidates": ("candidates",),
    **{
        f"{name}_{side}": (f"{name}_{side}", *((f"colour_{side}",) if name == "color" else ()))
        for name in ("make", "color", "body")
        for side in ("truth", "read")
    },
}
"""Field: the headings that mean it."""


@dataclass(frozen=True)
class Pair:
    """One line. `said` has the cells of the optional columns that the file has, "" if left empty;
    texts are normalised, states NCIC codes."""

    line: int
    truth: str
    read: str
    said: dict[str, str]
    confidence: float | None = None
    candidates: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Pairs:
    """A file. `misread` differ, `exact` do not; `columns` are the optional fields it has."""

    name: str
    misread: tuple[Pair, ...]
    exact: tuple[Pair, ...]
    columns: frozenset[str]
    unread: int
    """Lines with nothing read, left out."""


def load(path: Path) -> Pairs:
    """Read a file. Raises BadInput with the line and what to do about it."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _load(path.name, file.read(LARGEST))
    except OSError as away:
        raise BadInput(str(path), f"cannot be read: {away.strerror}") from away
    except UnicodeDecodeError as other:
        raise BadInput(str(path), f"is not UTF-8 (byte {other.start}); save it as UTF-8") from other


def _load(name: str, text: str) -> Pairs:
    rows = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        first = next((row for row in rows if any(cell.strip() for cell in row)), [])
    except csv.Error as bad:
        raise _bad(name, rows.line_num, f"is no CSV ({bad})") from bad
    header = [cell.strip().lower() for cell in first]
    for needed in ("truth", "read"):
        if needed not in header:
            got = ", ".join(header) or "nothing"
            msg = f"no column '{needed}' (it has: {got}); the first line names the columns"
            raise _bad(name, 1, msg)
        if header.count(needed) > 1:
            raise _bad(name, 1, f"two columns '{needed}'; rename one")
    places = {
        field: header.index(heading)
        for field, headings in OPTIONAL.items()
        for heading in reversed(headings)
        if heading in header
    }
    found: list[Pair] = []
    unread = 0
    try:
        for row in rows:
            where = f"{name} line {rows.line_num}"
            if not any(cell.strip() for cell in row):
                continue
            if len(found) >= MOST_ROWS:
                raise BadInput(where, f"more than {MOST_ROWS:,} pairs; take a sample")
            if len(row) != len(header):
                msg = f"{len(row)} cells, the first line has {len(header)}; quote cells with commas"
                raise BadInput(where, msg)
            if _nothing(row[header.index("read")]):
                unread += 1
                continue
            found.append(_pair(where, rows.line_num, row, header, places))
    except csv.Error as bad:
        raise _bad(name, rows.line_num, f"is no CSV ({bad})") from bad
    if not found:
        raise BadInput(name, "has no pairs below its first line")
    return Pairs(
        name=name,
        misread=tuple(p for p in found if p.truth != p.read),
        exact=tuple(p for p in found if p.truth == p.read),
        columns=frozenset(places),
        unread=unread,
    )


def _nothing(text: str) -> bool:
    """Whether the camera read no plate, or says so in words ("UNKNOWN", "---")."""
    try:
        normalise(text)
    except BadPlate:
        return True
    return False


def _pair(where: str, line: int, row: list[str], header: list[str], places: dict[str, int]) -> Pair:
    said = {field: row[at].strip() for field, at in places.items()}
    for side in ("state_truth", "state_read"):
        if said.get(side):
            said[side] = _state(where, side, said[side])
    return Pair(
        line=line,
        truth=_plate(where, "truth", row[header.index("truth")]),
        read=_plate(where, "read", row[header.index("read")]),
        said=said,
        confidence=_confidence(where, "confidence", said.pop("confidence", "")),
        candidates=_candidates(where, said.pop("candidates", "")),
    )


def _plate(where: str, column: str, text: str) -> str:
    try:
        return normalise(text)
    except BadPlate as bad:
        raise BadInput(_cell(where, column), f"{bad.problem}; correct or drop the line") from bad


def _state(where: str, column: str, text: str) -> str:
    if text.upper() in NOT_SAID:
        return ""
    code = state_code(text.upper().removeprefix("US-"))
    if code not in STATES:
        msg = f"{text!r} is no NCIC state code; write one such as KS, or leave the cell empty"
        raise BadInput(_cell(where, column), msg)
    return code


def _confidence(where: str, column: str, text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        msg = f"{text!r} is no number from 0 to 1; divide per cents by 100"
        raise BadInput(_cell(where, column), msg)
    return value


def _candidates(where: str, text: str) -> tuple[tuple[str, float], ...]:
    """ "ABC123:0.8|A8C123:0.1", the confidences optional (NaN)."""
    found: list[tuple[str, float]] = []
    for part in filter(None, (p.strip() for p in text.split("|"))):
        plate, _, sure = part.partition(":")
        value = _confidence(where, "candidates", sure.strip())
        found.append((_plate(where, "candidates", plate), float("nan") if value is None else value))
    return tuple(found)


def _bad(name: str, line: int, problem: str) -> BadInput:
    return BadInput(f"{name} line {line}", problem)


def _cell(where: str, column: str) -> str:
    return f"{where}, {column}"
