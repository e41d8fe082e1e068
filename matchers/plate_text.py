"""How likely a camera shows one text for a plate: the best way to lay one beside the other.

The slow, obvious form, for one pair; matchers.plate_scores does the same for many at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from matchers.characters import CODE
from matchers.confusion import Confusion
from matchers.folding import CUT, CUT_FROM
from matchers.weights import SEVERAL

Kind = Literal["same", "shown", "dropped", "added", "swapped", "cut"]


class Step(msgspec.Struct, frozen=True, gc=False):  # in no cycle: texts and numbers
    """One place of an alignment: what was read (at `read_at`) for what the plate has (at
    `plate_at`); "" on the side that has nothing, two characters on both for a swap, CUT of the
    plate for a cut."""

    kind: Kind
    read: str
    plate: str
    read_at: int
    plate_at: int
    weight: float
    """ln P(this happens)."""


Alignment = tuple[Step, ...]


def best_alignment(
    read: str, plate: str, table: Confusion, shifts: Sequence[float] = ()
) -> Alignment | None:
    """The likeliest way in which a camera shows `read` for `plate`; None when no single drop,
    addition or swap, or CUT characters lost at one end, beside substitutions gives it.

    `shifts` are added to the weight of a mistake at each character read (its confidence); of a
    dropped character to nothing. Of equally likely ways the first in the order of `_ways` counts.
    """
    shifts = shifts or (0.0,) * len(read)
    best: Alignment | None = None
    for way in _ways(read, plate, table, shifts):
        if best is None or total(way) > total(best) + 1e-12:
            best = way
    return best


def total(way: Alignment) -> float:
    """ln P(this way)."""
    return sum(step.weight for step in way) + several(mistakes(way))


def mistakes(way: Alignment) -> int:
    """Its mistakes; a swap is one, and so is a cut."""
    return sum(step.kind != "same" for step in way)


def several(count: int) -> float:
    """What the number of mistakes adds: they are not independent (weights.SEVERAL)."""
    return SEVERAL[min(count, len(SEVERAL) - 1)]


def _ways(read: str, plate: str, table: Confusion, shifts: Sequence[float]) -> Iterator[Alignment]:
    as_shown = table.shown_of

    def shown(i: int, j: int) -> Step:
        got, has = read[i], plate[j]
        if got == has:
            return Step("same", got, has, i, j, as_shown[has][got])
        return Step("shown", got, has, i, j, as_shown[has][got] + shifts[i])

    n, m = len(read), len(plate)
    if n == m:
        yield tuple(shown(i, i) for i in range(n))
        for i in range(n - 1):
            if read[i] == plate[i + 1] and read[i + 1] == plate[i] and read[i] != read[i + 1]:
                weight = table.swapped + max(shifts[i], shifts[i + 1])
                swap = Step("swapped", read[i : i + 2], plate[i : i + 2], i, i, weight)
                before = (shown(k, k) for k in range(i))
                yield (*before, swap, *(shown(k, k) for k in range(i + 2, n)))
    elif n == m + 1:
        for i in range(n):
            weight = float(table.added[CODE[read[i]]]) + shifts[i]
            weight += table.at_end if i in {0, n - 1} else 0.0
            before = (shown(k, k) for k in range(i))
            after = (shown(k, k - 1) for k in range(i + 1, n))
            yield (*before, Step("added", read[i], "", i, i, weight), *after)
    elif n == m - 1:
        for j in range(m):
            weight = float(table.dropped[CODE[plate[j]]])
            weight += table.at_end if j in {0, m - 1} else 0.0
            before = (shown(k, k) for k in range(j))
            after = (shown(k - 1, k) for k in range(j + 1, m))
            yield (*before, Step("dropped", "", plate[j], j, j, weight), *after)
    elif n == m - CUT and m >= CUT_FROM:
        for start, outer, read_at in ((0, 0, 0), (n, m - 1, n)):
            weight = float(table.dropped[CODE[plate[outer]]]) + table.at_end + table.cut
            lost = Step("cut", "", plate[start : start + CUT], read_at, start, weight)
            if start:
                yield (*(shown(k, k) for k in range(n)), lost)
            else:
                yield (lost, *(shown(k, k + CUT) for k in range(n)))
