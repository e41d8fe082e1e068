"""ln P(text read | plate) for many pairs at once: matchers.plate_text.best_alignment, vectorised.

Each of the ways to lay two texts beside each other is a prefix, one mistake, and a suffix; running
sums over the two tables of pairs (straight, and shifted by one) give all of them in a few steps.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matchers.characters import WIDTH, Codes
from matchers.confusion import Confusion

Floats = npt.NDArray[np.float64]
Lengths = npt.NDArray[np.int64]

_AT = np.arange(WIDTH)


def lengths_of(codes: Codes) -> Lengths:
    """Characters of each row."""
    lengths: Lengths = np.count_nonzero(codes, axis=1)
    return lengths


def text_scores(read: Codes, plate: Codes, table: Confusion, shifts: Floats | None) -> Floats:
    """(k,): of each pair of rows ln P of its likeliest alignment; -inf where there is none.

    `read` and `plate` are (k, WIDTH); `shifts` (k, WIDTH; None: all 0) is added to a mistake at
    each character read.
    """
    scores = np.full(len(read), -np.inf)
    apart = lengths_of(read) - lengths_of(plate)
    for difference, way in ((0, _equal), (1, _added), (-1, _dropped)):
        rows = np.flatnonzero(apart == difference)
        if len(rows):
            scores[rows] = way(
                read[rows], plate[rows], table, None if shifts is None else shifts[rows]
            )
    return scores


def _shown(read: Codes, plate: Codes, table: Confusion, shifts: Floats | None) -> Floats:
    """ln P of each character, straight; 0 past the end of either."""
    weights: Floats = table.shown[plate, read]
    if shifts is not None:
        weights += np.where(read != plate, shifts, 0.0)
    weights[(read == 0) | (plate == 0)] = 0.0
    return weights


def _equal(read: Codes, plate: Codes, table: Confusion, shifts: Floats | None) -> Floats:
    each = _shown(read, plate, table, shifts)
    straight: Floats = each.sum(axis=1)
    swaps = (
        (read[:, :-1] == plate[:, 1:])
        & (read[:, 1:] == plate[:, :-1])
        & (read[:, :-1] != read[:, 1:])
        & (plate[:, 1:] != 0)
    )
    pairs, at = np.nonzero(swaps)
    if len(pairs):
        gain = np.full(len(pairs), table.swapped)
        if shifts is not None:
            gain += np.maximum(shifts[pairs, at], shifts[pairs, at + 1])
        turned = straight[pairs] - each[pairs, at] - each[pairs, at + 1] + gain
        np.maximum.at(straight, pairs, turned)
    return straight


def _one_more(
    longer: Codes, straight: Floats, shifted: Floats, single: Floats, at_end: float
) -> Floats:
    """The best place of the one character too many in `longer`: the sum of what stands straight
    before it, itself, and what stands shifted by one after it."""
    length = lengths_of(longer)[:, None]
    before = np.cumsum(straight, axis=1) - straight
    after = np.cumsum(shifted[:, ::-1], axis=1)[:, ::-1]
    whole = before + single + after
    whole[:, 0] += at_end
    whole += np.where(length - 1 == _AT, at_end, 0.0)
    whole[:, 0] -= np.where(length[:, 0] == 1, at_end, 0.0)
    best: Floats = np.where(length > _AT, whole, -np.inf).max(axis=1)
    return best


def _later(codes: Codes) -> Codes:
    """Each row one place earlier: column i is what was in column i + 1."""
    moved = np.zeros_like(codes)
    moved[:, :-1] = codes[:, 1:]
    return moved


def _added(read: Codes, plate: Codes, table: Confusion, shifts: Floats | None) -> Floats:
    straight = _shown(read, plate, table, shifts)
    single: Floats = table.added[read]
    moved = None
    if shifts is not None:
        moved = np.zeros_like(shifts)
        moved[:, :-1] = shifts[:, 1:]
        single = single + shifts
    shifted = _shown(_later(read), plate, table, moved)
    return _one_more(read, straight, shifted, single, table.at_end)


def _dropped(read: Codes, plate: Codes, table: Confusion, shifts: Floats | None) -> Floats:
    straight = _shown(read, plate, table, shifts)
    shifted = _shown(read, _later(plate), table, shifts)
    return _one_more(plate, straight, shifted, table.dropped[plate], table.at_end)
