"""ln P(text read | plate) for one pair of rows: matchers.plate_text.best_alignment, compiled.

Each of the ways to lay two texts beside each other is a prefix, one mistake, and a suffix; running
sums over what stands straight, and over what stands shifted by one, give all of them in one pass.
Mistakes are counted beside the sums, since their number weighs, too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matchers.compiled import compiled
from matchers.folding import CUT, CUT_FROM
from matchers.weights import SEVERAL

Floats = npt.NDArray[np.float64]
Text = npt.NDArray[np.uint8]
Ends = tuple[float, float, float]
"""matchers.confusion's (at_end, swapped, cut)."""

_MANY = len(SEVERAL) - 1


@compiled
def length_of(text: Text) -> int:
    """Characters of a row."""
    length = 0
    for code in text:
        if code:
            length += 1
    return length


@compiled
def text_score(
    read: Text,
    plate: Text,
    shifts: Floats,
    shown: Floats,
    dropped: Floats,
    added: Floats,
    ends: Ends,
) -> float:
    """ln P of the likeliest alignment of two rows; -inf where there is none.

    `shifts` (one for each character read, or none) is added to a mistake there; `shown`, `dropped`
    and `added` are matchers.confusion's.
    """
    long, wanted = length_of(read), length_of(plate)
    if long == wanted:
        return _equal(read, plate, long, shifts, shown, ends[1])
    if long == wanted + 1:
        return _added(read, plate, long, shifts, shown, added, ends[0])
    if long == wanted - 1:
        return _dropped(read, plate, wanted, shifts, shown, dropped, ends[0])
    if long == wanted - CUT and wanted >= CUT_FROM:
        return _cut(read, plate, long, shifts, shown, dropped, ends[0] + ends[2])
    return -np.inf


@compiled
def _at(read: Text, plate: Text, i: int, j: int, shifts: Floats, shown: Floats) -> float:
    """ln P that character i of the text is shown for character j of the plate."""
    weight = float(shown[plate[j], read[i]])
    if read[i] != plate[j] and len(shifts):
        weight += shifts[i]
    return weight


@compiled
def _several(mistakes: int) -> float:
    return float(SEVERAL[min(mistakes, _MANY)])


@compiled
def _equal(
    read: Text, plate: Text, length: int, shifts: Floats, shown: Floats, swapped: float
) -> float:
    straight, wrong = 0.0, 0
    for i in range(length):
        straight += _at(read, plate, i, i, shifts, shown)
        wrong += int(read[i] != plate[i])
    best = straight + _several(wrong)
    for i in range(length - 1):
        if read[i] == plate[i + 1] and read[i + 1] == plate[i] and read[i] != read[i + 1]:
            gain = swapped
            if len(shifts):
                gain += max(shifts[i], shifts[i + 1])
            gain -= _at(read, plate, i, i, shifts, shown)
            gain -= _at(read, plate, i + 1, i + 1, shifts, shown)
            best = max(best, straight + gain + _several(wrong - 1))
    return best


@compiled
def _added(
    read: Text, plate: Text, length: int, shifts: Floats, shown: Floats, added: Floats, end: float
) -> float:
    after, wrong = 0.0, 1
    for k in range(1, length):
        after += _at(read, plate, k, k - 1, shifts, shown)
        wrong += int(read[k] != plate[k - 1])
    before, best = 0.0, -np.inf
    for i in range(length):
        single = added[read[i]]
        if len(shifts):
            single += shifts[i]
        if i in (0, length - 1):
            single += end
        best = max(best, before + single + after + _several(wrong))
        if i < length - 1:
            before += _at(read, plate, i, i, shifts, shown)
            after -= _at(read, plate, i + 1, i, shifts, shown)
            wrong += int(read[i] != plate[i]) - int(read[i + 1] != plate[i])
    return best


@compiled
def _dropped(
    read: Text, plate: Text, wanted: int, shifts: Floats, shown: Floats, dropped: Floats, end: float
) -> float:
    after, wrong = 0.0, 1
    for k in range(1, wanted):
        after += _at(read, plate, k - 1, k, shifts, shown)
        wrong += int(read[k - 1] != plate[k])
    before, best = 0.0, -np.inf
    for j in range(wanted):
        single = dropped[plate[j]]
        if j in (0, wanted - 1):
            single += end
        best = max(best, before + single + after + _several(wrong))
        if j < wanted - 1:
            before += _at(read, plate, j, j, shifts, shown)
            after -= _at(read, plate, j, j + 1, shifts, shown)
            wrong += int(read[j] != plate[j]) - int(read[j] != plate[j + 1])
    return best


@compiled
def _cut(
    read: Text, plate: Text, length: int, shifts: Floats, shown: Floats, dropped: Floats, end: float
) -> float:
    best = -np.inf
    for start in (0, CUT):
        rest, wrong = 0.0, 1
        for i in range(length):
            rest += _at(read, plate, i, i + start, shifts, shown)
            wrong += int(read[i] != plate[i + start])
        outer = plate[0] if start else plate[length + CUT - 1]
        best = max(best, rest + dropped[outer] + end + _several(wrong))
    return best
