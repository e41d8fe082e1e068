"""The facts of a chunk's rows (matchers.facts), all columns in one walk over the lines.

A list has few different makes, colors and states: each is looked up once, and the rows get its
number from a table of the cells seen so far. Cells of more than 15 bytes, which hardly any list
has, are looked up one by one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from hotlists.chunks import Chunk, DamagedChunk
from hotlists.memo import Memo
from matchers.characters import WIDTH
from matchers.compiled import compiled
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

Numbers = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

_STYLED = 256
"""Marks the number of a style that is given, known or not."""
_PLACE_BITS = 14
_LONGEST = 15
"""Bytes of a cell that two words hold beside its length."""
_ODD, _ODD_TOO = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)
"""Mix a cell's two words to its place (judgement)."""
_NO_CELL = np.uint64((1 << 64) - 1)
"""Bytes that no text has."""
_BROKEN = -1


class FactColumns:
    """Makes the facts of one list's chunks. `categories` grows as they are met."""

    def __init__(self) -> None:
        self.categories: list[str] = []
        numbers: dict[str, Callable[[str], int]] = {
            "state": state_fact,
            "make": make_fact,
            "color": lambda text: _both(*color_facts(text)),
            "style": lambda text: body_fact(text, "") | (_STYLED if text else 0),
            "plate_type": lambda text: _both(plate_type_fact(text), body_fact("", text)),
            "category": self._category,
        }
        self._names = tuple(numbers)
        self._asked = [Memo(number) for number in numbers.values()]
        # At each place the cell that was last seen of those that belong there, and its number.
        self._cells: Words = np.full((len(numbers), 1 << _PLACE_BITS, 2), _NO_CELL)
        self._numbers: Numbers = np.zeros((len(numbers), 1 << _PLACE_BITS), dtype=np.int32)

    def of(self, chunk: Chunk) -> Facts:
        """(rows, len(FACTS)). Raises DamagedChunk for lines that do not have every column."""
        found = self._found(chunk)
        state, make, color, style, plate_type, category = found.T
        facts = np.empty((len(chunk), len(FACTS)), dtype=np.uint8)
        facts[:, 0] = state
        facts[:, 1] = make
        facts[:, 2] = color & 255
        facts[:, 3] = color >> 8
        facts[:, 4] = np.where(style & _STYLED, style & 255, plate_type >> 8)
        facts[:, 5] = plate_type & 255
        facts[:, 6] = category
        return facts

    def _found(self, chunk: Chunk) -> Numbers:
        """(rows, columns): the number of each cell."""
        found = np.empty((len(chunk), len(self._names)), dtype=np.int32)
        wanted = np.full(max(1, len(chunk.columns)), -1, dtype=np.int64)
        for n, name in enumerate(self._names):
            if name in chunk.columns:
                wanted[chunk.columns.index(name)] = n
            else:
                found[:, n] = self._asked[n][chunk.same.get(name, "")]
        missed = np.empty((found.size, 4), dtype=np.int64)
        lines = np.frombuffer(chunk.lines, dtype=np.uint8)
        count = _walk(lines, wanted, self._cells, self._numbers, found, missed)
        if count == _BROKEN:
            msg = "a stored chunk of a hotlist has lines of different lengths"
            raise DamagedChunk(msg)
        for row, n, start, stop in missed[:count].tolist():
            found[row, n] = self._asked[n][chunk.lines[start:stop].decode()]
        _remember(lines, missed[:count], found, self._cells, self._numbers)
        return found

    def _category(self, text: str) -> int:
        word = text or "local"  # as hotlists.columns.entry_from has it
        if word not in self.categories:
            self.categories.append(word)
        return checked(self.categories.index(word))


def warm_up() -> None:
    """Build the machine code that the first list would wait for (1.3 s where none is kept)."""
    FactColumns().of(
        Chunk(("state",), {}, np.zeros((1, 16), dtype=np.uint8), b" " * WIDTH, b"KS\n")
    )


@compiled
def _walk(
    lines: npt.NDArray[np.uint8],
    wanted: Places,
    cells: Words,
    numbers: Numbers,
    found: Numbers,
    missed: Places,
) -> int:
    """Into `found`, the numbers of the cells of the columns that are `wanted` (by column, which
    number it is; -1 is none); into `missed`, (row, number, start, stop) of cells that are not in
    the table. How many those are; _BROKEN for lines that are not of as many cells as `wanted`."""
    row = column = start = count = 0
    for at in range(len(lines)):
        if lines[at] != 9 and lines[at] != 10:
            continue
        if (lines[at] == 10) != (column == len(wanted) - 1) or row == len(found):
            return _BROKEN
        which = wanted[column]
        if which >= 0:
            first, second = _words(lines, start, at)
            place = _place(first, second)
            held = cells[which, place]
            if at - start <= _LONGEST and held[0] == first and held[1] == second:
                found[row, which] = numbers[which, place]
            else:
                missed[count] = (row, which, start, at)
                count += 1
        start = at + 1
        column += 1
        if lines[at] == 10:
            row, column = row + 1, 0
    return count if row == len(found) and column == 0 else _BROKEN


@compiled
def _remember(
    lines: npt.NDArray[np.uint8], missed: Places, found: Numbers, cells: Words, numbers: Numbers
) -> None:
    for row, which, start, stop in missed:
        if stop - start <= _LONGEST:
            first, second = _words(lines, start, stop)
            place = _place(first, second)
            cells[which, place, 0], cells[which, place, 1] = first, second
            numbers[which, place] = found[row, which]


@compiled
def _words(lines: npt.NDArray[np.uint8], start: int, stop: int) -> tuple[np.uint64, np.uint64]:
    """The first eight bytes of a cell; the next seven and its length. As numbers."""
    first, second = np.uint64(0), np.uint64(min(stop - start, 255)) << np.uint64(56)
    for at in range(min(stop - start, 8)):
        first |= np.uint64(lines[start + at]) << np.uint64(8 * at)
    for at in range(8, min(stop - start, _LONGEST)):
        second |= np.uint64(lines[start + at]) << np.uint64(8 * (at - 8))
    return first, second


@compiled
def _place(first: np.uint64, second: np.uint64) -> np.uint64:
    return (first * _ODD ^ second * _ODD_TOO) >> np.uint64(64 - _PLACE_BITS)


def _both(low: int, high: int) -> int:
    return low | high << 8
