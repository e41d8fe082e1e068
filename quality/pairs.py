"""A CSV of what plates were and what cameras read: its columns, and clear words about bad lines."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, replace
from io import StringIO
from itertools import chain
from pathlib import Path

from domain.errors import BadInput, BadPlate
from domain.plate import normalise
from quality.cells import PER_CENT, are_per_cents, number_of, state_of
from quality.headings import SUBJECTS, places_of

MOST_ROWS = 1_000_000
LARGEST = 200_000_000
"""Characters of a file that are read."""
FIRST = 100_000
"""Characters in which the first line ends."""
DELIMITERS = ",;\t|"
NEEDED = ("truth", "read")
NO_TEXT = frozenset({"", "nan", "n/a", "<na>"})
"""How programs write a cell without a text."""


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
    notes: tuple[str, ...] = ()
    """What a person should know of how the file was read."""

    @property
    def seen(self) -> tuple[str, ...]:
        """What the file has a column for of what the camera saw beside the plate."""
        return tuple(name for name in SUBJECTS if f"{name}_read" in self.columns)


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
    rows = csv.reader(StringIO(text, newline=""), strict=True, delimiter=_delimiter(text))
    try:
        header = next((row for row in rows if any(cell.strip() for cell in row)), [])
    except csv.Error as bad:
        raise _bad(name, rows.line_num, f"is no CSV ({bad})") from bad
    places, unused, twice = places_of(header)
    for needed in NEEDED:
        if needed not in places:
            got = ", ".join(cell.strip().lower() for cell in header) or "nothing"
            msg = f"no column '{needed}' (it has: {got}); the first line names the columns"
            raise _bad(name, 1, msg)
    if twice:
        raise _bad(name, 1, f"two columns '{twice[0]}'; rename one")
    found: list[Pair] = []
    unread = untold = 0
    least = max(places[needed] for needed in NEEDED) + 1
    try:
        for row in rows:
            where = f"{name} line {rows.line_num}"
            if not any(cell.strip() for cell in row):
                continue
            if len(found) >= MOST_ROWS:
                raise BadInput(where, f"more than {MOST_ROWS:,} pairs; take a sample")
            if len(row) < least or any(cell.strip() for cell in row[len(header) :]):
                msg = f"{len(row)} cells, the first line has {len(header)}; quote cells with commas"
                raise BadInput(where, msg)
            row += [""] * (len(header) - len(row))
            if row[places["truth"]].strip().lower() in NO_TEXT:
                untold += 1
            elif _nothing(row[places["read"]]):
                unread += 1
            else:
                found.append(_pair(where, rows.line_num, row, places))
    except csv.Error as bad:
        raise _bad(name, rows.line_num, f"is no CSV ({bad})") from bad
    if not found:
        raise BadInput(name, "has no pairs below its first line")
    notes = [f"Columns that are not used: {', '.join(unused)}."] if unused else []
    if untold:
        notes.append(f"{untold:,} lines without a truth are left out.")
    found = _with_states(name, _with_confidences(name, found, notes), notes)
    return Pairs(
        name=name,
        misread=tuple(p for p in found if p.truth != p.read),
        exact=tuple(p for p in found if p.truth == p.read),
        columns=frozenset(places).difference(NEEDED),
        unread=unread,
        notes=tuple(notes),
    )


def _delimiter(text: str) -> str:
    """The one that names `truth` and `read` in the first line; a comma when none does."""
    first = next((line for line in text[:FIRST].splitlines() if line.strip()), "")
    for one in DELIMITERS:
        places, _, _ = places_of([cell.strip(' "') for cell in first.split(one)])
        if places.keys() >= {*NEEDED}:
            return one
    return DELIMITERS[0]


def _nothing(text: str) -> bool:
    """Whether the camera read no plate, or says so in words ("UNKNOWN", "---")."""
    if text.strip().lower() in NO_TEXT:
        return True
    try:
        normalise(text)
    except BadPlate:
        return True
    return False


def _pair(where: str, line: int, row: list[str], places: dict[str, int]) -> Pair:
    said = {field: row[at].strip() for field, at in places.items() if field not in NEEDED}
    return Pair(
        line=line,
        truth=_plate(where, "truth", row[places["truth"]]),
        read=_plate(where, "read", row[places["read"]]),
        said=said,
        confidence=_confidence(where, "confidence", said.pop("confidence", "")),
        candidates=_candidates(where, said.pop("candidates", "")),
    )


def _with_states(name: str, found: list[Pair], notes: list[str]) -> list[Pair]:
    """The same with NCIC codes. A text that is no state says nothing, and is told; BadInput when
    most of a column are such: then it is no column of states."""
    for side in ("state_truth", "state_read"):
        if side not in found[0].said:
            continue
        codes = [state_of(pair.said[side]) for pair in found]
        odd = [(p.line, p.said[side]) for p, code in zip(found, codes, strict=True) if code is None]
        if 2 * len(odd) > sum(bool(pair.said[side]) for pair in found):
            line, text = odd[0]
            msg = f"{text!r} is no NCIC state code; write one such as KS, or leave the cell empty"
            raise BadInput(_cell(f"{name} line {line}", side), msg)
        if odd:
            most = ", ".join(f"{text!r}" for text, _ in Counter(t for _, t in odd).most_common(3))
            notes.append(f"{side}: {len(odd):,} cells name no state ({most}); taken as not said.")
        found = [
            replace(pair, said={**pair.said, side: code or ""})
            for pair, code in zip(found, codes, strict=True)
        ]
    return found


def _with_confidences(name: str, found: list[Pair], notes: list[str]) -> list[Pair]:
    """The same with confidences from 0 to 1. Raises BadInput when a file has both those and per
    cents."""
    said = [p.confidence for p in found if p.confidence is not None]
    offered = [s for p in found for _, s in p.candidates if s == s]  # NaN is no confidence
    if not any(sure > 1 for sure in chain(said, offered)):
        return found
    if not are_per_cents([*said, *offered]):
        line, sure = next(
            (p.line, s)
            for p in found
            for s in (p.confidence or 0.0, *(s for _, s in p.candidates))
            if s > 1
        )
        msg = f"{sure:g} is no number from 0 to 1, as most others are; divide per cents by 100"
        raise BadInput(_cell(f"{name} line {line}", "confidence"), msg)
    notes.append("Confidences are above 1: taken as per cents.")
    return [
        replace(
            pair,
            confidence=None if pair.confidence is None else pair.confidence / PER_CENT,
            candidates=tuple((text, sure / PER_CENT) for text, sure in pair.candidates),
        )
        for pair in found
    ]


def _plate(where: str, column: str, text: str) -> str:
    try:
        return normalise(text)
    except BadPlate as bad:
        raise BadInput(_cell(where, column), f"{bad.problem}; correct or drop the line") from bad


def _confidence(where: str, column: str, text: str) -> float | None:
    """As it is written, 0 to 1 or 0 to 100."""
    try:
        return number_of(text)
    except ValueError as bad:
        msg = f"{text!r} is no number from 0 to 1, nor a per cent"
        raise BadInput(_cell(where, column), msg) from bad


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
