"""matchers.background for the texts of a batch, by matchers.background_tables, compiled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matchers.background_tables import Floats, Numbers, Tables, tables
from matchers.characters import SIZE, Codes, is_letter
from matchers.compiled import compiled

_is_letter = compiled(is_letter)


def backgrounds(
    codes: Codes, state_numbers: Numbers, but_right: npt.NDArray[np.bool_] | None = None
) -> Floats:
    """(n,): ln P of matchers.background of each row of `codes` (n, WIDTH), none empty, with the
    number of the state read, and whether right readings of that state are left out (no)."""
    logs = np.empty(len(codes))
    if but_right is None:
        but_right = np.zeros(len(codes), dtype=bool)
    _logs(codes, state_numbers, but_right, tables(), logs)
    return logs


@compiled
def _logs(
    codes: Codes,
    state_numbers: Numbers,
    but_right: npt.NDArray[np.bool_],
    by: Tables,
    logs: Floats,
) -> None:
    for n in range(len(codes)):
        state, shape, length = state_numbers[n], 0, 0
        for place, code in enumerate(codes[n]):
            if code:
                length += 1
            if _is_letter(code):
                shape |= 1 << place
        shape |= 1 << length
        each = right = 0.0
        for few in range(len(by.near)):
            at = by.near[few, state, shape]
            if at == 0:
                continue
            shown = by.shown[at + codes[n, 0]]
            own = by.right[at + codes[n, 0]] if but_right[n] else 0.0
            for place in range(1, length):
                here = at + place * SIZE + codes[n, place]
                shown *= by.shown[here]
                if but_right[n]:
                    own *= by.right[here]
            each += shown
            right += own
        if but_right[n]:
            # A sum of everything less its largest part: what rounding leaves below zero is nothing.
            each = max(each - right, -by.own_same[state, shape])
        logs[n] = np.log(by.same[state, shape] + each)
