"""The facts of a chunk's rows (matchers.facts), column by column.

A list has few different makes, colors and states: each is looked up once, and the rows get its
number by searching the column's cells among those seen so far, as numbers of eight bytes. Cells
of more than 32 bytes, which hardly any list has, are looked up one by one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from hotlists.chunks import Chunk, DamagedChunk
from matchers.facts import (
    FACTS,
    Facts,
    body_fact,
    checked,
    color_facts,
    make_fact,
    plate_type_fact,
    state_fact,
)

Places = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_WORD = 8
_PARTS = 5
_LONGEST = _WORD * (_PARTS - 1)
_KEPT: Words = np.array([(1 << (8 * length)) - 1 for length in range(_WORD + 1)], dtype=np.uint64)
"""By a cell's length: the bytes of a number that are the cell's."""
_MIX: Words = np.array([0x9E3779B97F4A7C15**n % (1 << 64) for n in range(_PARTS)], dtype=np.uint64)
"""Odd numbers, by which parts become one number to search by; the parts themselves decide."""
_MANY = 50_000
"""Cells that one table remembers; what a source repeats is far less."""


class FactColumns:
    """Makes the facts of one list's chunks. `categories` grows as they are met."""

    def __init__(self) -> None:
        self.categories: list[str] = []
        self._tables = {
            "state": _Table(state_fact),
            "make": _Table(make_fact),
            "color": _Table(lambda text: _both(*color_facts(text))),
            "style": _Table(lambda text: body_fact(text, "")),
            "plate_type": _Table(lambda text: _both(plate_type_fact(text), body_fact("", text))),
            "category": _Table(self._category),
        }

    def of(self, chunk: Chunk) -> Facts:
        """(rows, len(FACTS)). Raises DamagedChunk for lines that do not have every column."""
        ends = _ends(chunk)
        padded = chunk.lines + bytes(_WORD)
        found = {name: self._column(name, chunk, ends, padded) for name in self._tables}
        by_style, by_type = found["style"], found["plate_type"]
        facts = np.empty((len(chunk), len(FACTS)), dtype=np.uint8)
        facts[:, 0] = found["state"]
        facts[:, 1] = found["make"]
        facts[:, 2] = found["color"] & 255
        facts[:, 3] = found["color"] >> 8
        facts[:, 4] = np.where(self._styled(chunk, ends), by_style, by_type >> 8)
        facts[:, 5] = by_type & 255
        facts[:, 6] = found["category"]
        return facts

    def _column(self, name: str, chunk: Chunk, ends: Places, padded: bytes) -> Places:
        table = self._tables[name]
        if name not in chunk.columns:
            return np.full(len(chunk), table.one(chunk.same.get(name, "")), dtype=np.int64)
        starts, stops = _span(chunk, ends, chunk.columns.index(name))
        return table.many(padded, starts, stops)

    def _styled(self, chunk: Chunk, ends: Places) -> npt.NDArray[np.bool_]:
        if "style" not in chunk.columns:
            return np.full(len(chunk), bool(chunk.same.get("style")))
        starts, stops = _span(chunk, ends, chunk.columns.index("style"))
        return stops > starts

    def _category(self, text: str) -> int:
        word = text or "local"  # as hotlists.columns.entry_from has it
        if word not in self.categories:
            self.categories.append(word)
        return checked(self.categories.index(word))


class _Table:
    """Cell to number, each asked for once."""

    def __init__(self, number: Callable[[str], int]) -> None:
        self._number = number
        self._cells: dict[bytes, int] = {}
        self._marks: Words = np.empty(0, dtype=np.uint64)
        self._parts: Words = np.empty((0, _PARTS), dtype=np.uint64)
        self._numbers: Places = np.empty(0, dtype=np.int64)

    def one(self, text: str) -> int:
        """The number of one cell."""
        return self._number(text)

    def many(self, lines: bytes, starts: Places, stops: Places) -> Places:
        """The numbers of the cells that begin and stop there; `lines` goes on _WORD bytes."""
        parts = _parts(lines, starts, stops - starts)
        marks = parts @ _MIX
        numbers, known = self._searched(marks, parts)
        new = np.flatnonzero(~known)
        if len(new):
            _, firsts = np.unique(marks[new], return_index=True)
            for at in new.tolist():
                numbers[at] = self._asked(lines[starts[at] : stops[at]])
            self._remember(marks, parts, numbers, new[firsts])
        return numbers

    def _searched(self, marks: Words, parts: Words) -> tuple[Places, npt.NDArray[np.bool_]]:
        """(numbers, which of them are right)."""
        if not len(self._marks):
            return np.zeros(len(marks), dtype=np.int64), np.zeros(len(marks), dtype=bool)
        at = np.searchsorted(self._marks, marks)
        np.minimum(at, len(self._marks) - 1, out=at)
        return self._numbers[at], (self._parts[at] == parts).all(axis=1)

    def _asked(self, cell: bytes) -> int:
        number = self._cells.get(cell)
        if number is None:
            if len(self._cells) >= _MANY:
                self._cells.clear()
            number = self._cells[cell] = self._number(cell.decode())
        return number

    def _remember(self, marks: Words, parts: Words, numbers: Places, rows: Places) -> None:
        """Find these rows' cells by their marks from now on, but for those too long for it."""
        rows = rows[(parts[rows, -1] <= _LONGEST) & ~np.isin(marks[rows], self._marks)]
        if len(self._marks) + len(rows) > _MANY:
            return
        all_marks = np.concatenate([self._marks, marks[rows]])
        order = np.argsort(all_marks)
        self._marks = all_marks[order]
        self._parts = np.concatenate([self._parts, parts[rows]])[order]
        self._numbers = np.concatenate([self._numbers, numbers[rows]])[order]


def _parts(lines: bytes, starts: Places, lengths: Places) -> Words:
    """(cells, _PARTS): a cell's bytes, eight to a number, the later ones overlapping, and its
    length. Cells of up to _LONGEST bytes with equal parts are equal."""
    windows: Words = np.ndarray((len(lines) - _WORD + 1,), "<u8", lines, strides=(1,))
    parts = np.zeros((len(starts), _PARTS), dtype=np.uint64)
    parts[:, 0] = windows[starts] & _KEPT[np.minimum(lengths, _WORD)]
    parts[:, -1] = lengths
    for n in range(1, _PARTS - 1):
        longer = np.flatnonzero(lengths > n * _WORD)
        if not len(longer):
            break
        offsets = np.minimum(lengths[longer] - _WORD, n * _WORD)
        parts[longer, n] = windows[starts[longer] + offsets]
    return parts


def _both(low: int, high: int) -> int:
    return low | high << 8


def _ends(chunk: Chunk) -> Places:
    """(rows, columns): where each cell of the lines ends."""
    text = np.frombuffer(chunk.lines, dtype=np.uint8)
    ends = np.flatnonzero((text == ord("\t")) | (text == ord("\n")))
    wide = max(1, len(chunk.columns))
    if len(ends) != wide * len(chunk) or (text[ends[wide - 1 :: wide]] != ord("\n")).any():
        msg = "a stored chunk of a hotlist has lines of different lengths"
        raise DamagedChunk(msg)
    return ends.reshape(-1, wide)


def _span(chunk: Chunk, ends: Places, at: int) -> tuple[Places, Places]:
    """Where the cells of column number `at` begin and stop."""
    if at:
        return ends[:, at - 1] + 1, ends[:, at]
    starts = np.zeros(len(chunk), dtype=np.int64)
    starts[1:] = ends[:-1, -1] + 1
    return starts, ends[:, 0]
