"""What no alignment of a text with an entry outweighs, told from how the index found the two.

What they share is a key: the text without one character is the entry without one, by class
(matchers.index_loops). With the place and the group of the one that is left out of the entry this
is nearly the whole entry, so it need not be looked up: what differs by class is summed up, and
other mistakes beside it add only what several of them add. (None is likelier than not, even of a
character in doubt.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matchers.characters import SIZE, WIDTH
from matchers.compiled import compiled
from matchers.confusion import Confusion
from matchers.index_keys import FOLDS
from matchers.index_loops import BY_WIDE, EQUAL, GROUPS, INSTEAD, SHORTER, WHOLE, group_of
from matchers.plate_scores import Floats, Text
from matchers.weights import SEVERAL

_NONE, _ONE, _TWO, _THREE = SEVERAL


class Likeliest(NamedTuple):
    """The best of a confusion table, in ln P, by class (`close` is the fold).

    `shown` [read, other]: a character read for any of the class of another. `group` [read, group]:
    for any of another class in the group; `far` [read]: of any other class; `mixed`: any two that
    differ. `dropped` [group], `longest` of any; `cut`: with the one beside it, at an end. `added`
    [read]. `end`: what being at an end adds at most. `turned`: two neighbors.
    """

    close: npt.NDArray[np.uint64]
    shown: Floats
    group: Floats
    far: Floats
    mixed: float
    dropped: Floats
    longest: float
    cut: float
    added: Floats
    end: float
    turned: float


def likeliest_of(table: Confusion) -> Likeliest:
    """Those of a table."""
    close = FOLDS[0]
    shown, group = np.full((SIZE, SIZE), -np.inf), np.full((SIZE, GROUPS), -np.inf)
    dropped = np.full(GROUPS, -np.inf)
    for plate in range(1, SIZE):
        of, alike = group_of(close[plate]), close == close[plate]
        shown[:, alike] = np.maximum(shown[:, alike], table.shown[plate][:, None])
        group[:, of] = np.maximum(group[:, of], np.where(alike, -np.inf, table.shown[plate]))
        dropped[of] = max(dropped[of], table.dropped[plate])
    group[0] = -np.inf
    longest = float(table.dropped[1:].max())
    return Likeliest(
        close=close,
        shown=shown,
        group=group,
        far=group.max(axis=1),
        mixed=float(table.shown[1:, 1:][~np.eye(SIZE - 1, dtype=bool)].max()),
        dropped=dropped,
        longest=longest,
        cut=longest + table.at_end + table.cut,
        added=table.added,
        end=max(table.at_end, 0.0),
        turned=table.swapped,
    )


class Most(NamedTuple):
    """Of one text: `several`, by how many characters differ by class, what mix-ups beside them may
    add; one character of another class (`far`), one that is added, two that are turned; two that
    differ or are turned (`apart`); and whatever one or more are (`any`), in an entry that is no
    longer. `last`: where the last run of like characters begins."""

    several: tuple[float, float, float, float]
    far: float
    added: float
    turned: float
    apart: float
    any: float
    last: int


@compiled
def most_of(text: Text, shifts: Floats, by: Likeliest) -> Most:
    """What `most_near` needs of a text; `shifts` as in matchers.plate_scores.text_score."""
    far, second, added, doubt, last = -np.inf, -np.inf, -np.inf, 0.0, 0
    for i in range(len(text)):
        if text[i]:
            shift = shifts[i] if len(shifts) else 0.0
            one = by.far[text[i]] + shift
            second = max(second, min(far, one))
            far = max(far, one)
            added = max(added, by.added[text[i]] + shift)
            doubt = max(doubt, shift)
            if i and by.close[text[i]] != by.close[text[i - 1]]:
                last = i
    mixed, turned = by.mixed + doubt, by.turned + doubt
    two = max(_TWO, mixed + _THREE)
    one = max(_ONE, mixed + two)
    none = max(_NONE, mixed + one)
    added += by.end + one
    apart = max(far + max(second, turned) + two, turned + one)
    return Most(
        several=(none, one, two, _THREE),
        far=far,
        added=added,
        turned=turned,
        apart=apart,
        any=max(apart, far + one, added),
        last=last,
    )


@compiled
def most_near(text: Text, shifts: Floats, by: Likeliest, most: Most, how: int, left: int) -> float:
    """No alignment of the text with an entry that is near in this way weighs more; `how` and `left`
    are the candidate's (matchers.index_loops.found)."""
    if how == EQUAL:
        return np.inf
    if how == BY_WIDE:
        return most.apart
    if how == SHORTER:
        return _shorter(by, most, left)
    if left == WHOLE:
        return most.added
    return _as_long(text, shifts, by, most, how, left)


@compiled
def _shorter(by: Likeliest, most: Most, left: int) -> float:
    """The entry has one character more, or an end that was cut off."""
    if left > INSTEAD:
        return by.cut + most.several[1]
    other = by.longest + by.end + most.far + most.several[2]
    if left == INSTEAD:
        return other
    group, at = left // WIDTH, left % WIDTH
    end = by.end if at == 0 or at >= most.last else 0.0
    return max(other, float(by.dropped[group]) + end + most.several[1])


@compiled
def _as_long(text: Text, shifts: Floats, by: Likeliest, most: Most, how: int, left: int) -> float:
    """The text without its `how`th run's character `out` is the entry without the one at `at`."""
    out = run = 0
    for i in range(len(text)):
        if i == 0 or by.close[text[i]] != by.close[text[i - 1]]:
            run += 1
            if run == how:
                out = i
                break
    group, at = left // WIDTH, left % WIDTH
    turned = group == group_of(by.close[text[out]])
    total, wrong = 0.0, 0
    for i in range(min(out, at), max(out, at) + 1):
        if i == at:
            if at < out and group == group_of(by.close[text[i]]):
                continue  # they may be alike
            total += by.group[text[i], group]
        else:
            other = text[i + 1] if out < at else text[i - 1]
            if by.close[text[i]] == by.close[other]:
                continue
            total += by.shown[text[i], other]
        total += shifts[i] if len(shifts) else 0.0
        wrong += 1
    total += most.several[min(wrong, 3)]
    if turned and wrong <= 2:
        return max(total, most.turned + most.several[1])
    return max(total, most.turned + most.far + most.several[2])
