"""The keys of a text: numbers that two texts share when one can have been read from the other.

A text has one key by `CLOSE`, one by `WIDE`, and one by `CLOSE` for each of its characters left
out: at most KINDS. An entry has two more: without its first two characters, and without its last
two. Only a whole text, and one without its character at that end, is looked up in those. A key is
five bits a character, the first lowest, and a bit for the fold; it is handed out mixed by a
multiplication that loses nothing, so that its highest bits can be a bucket and the rest still tells
it from every other key.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matchers.characters import ALPHABET, CODE, SIZE, WIDTH
from matchers.compiled import compiled
from matchers.folding import CLOSE, CUT, CUT_FROM, WIDE

Numbers = npt.NDArray[np.uint64]

KINDS = WIDTH + 2
"""Keys a text has at most: whole by CLOSE (always the first), whole by WIDE, each character left
out."""
CUTS = 2
"""Keys that an entry has beside them."""
_EACH = 5
BITS = _EACH * WIDTH + 1
"""Bits of a key."""


def fold_table(classes: tuple[str, ...]) -> Numbers:
    """Character code to folded code, 0 to 0. ValueError when a key has no room for the classes."""
    alone = [c for c in ALPHABET if not any(c in members for members in classes)]
    table = np.zeros(SIZE, dtype=np.uint64)
    for number, members in enumerate([*classes, *alone], start=1):
        for character in members:
            table[CODE[character]] = number
    if table.max() >= 1 << _EACH:
        msg = f"{table.max()} classes of characters are more than a key has room for"
        raise ValueError(msg)
    return table


FOLDS = np.stack([fold_table(CLOSE), fold_table(WIDE)])
"""(2, SIZE): what `keys_of` folds by."""

_ONE = np.uint64(1)
_STEP = np.uint64(_EACH)
_CUT = np.uint64(_EACH * CUT)
_CHARACTER = np.uint64((1 << _EACH) - 1)
_MASK = np.uint64((1 << BITS) - 1)
_TEXT = np.uint64((1 << (BITS - 1)) - 1)
_BY_WIDE = np.uint64(1 << (BITS - 1))
_ODD = np.uint64(0x9E3779B97F4A7C15 & ((1 << BITS) - 1))
"""From the golden ratio (Knuth, The Art of Computer Programming, 6.4): odd, so mixing modulo a
power of two can be undone."""


@compiled
def keys_of(text: npt.NDArray[np.uint8], folds: Numbers, keys: Numbers) -> int:
    """Write the mixed keys of a row of codes into `keys` (KINDS), each once, whole by CLOSE first;
    how many there are: 0 of no text."""
    close = wide = np.uint64(0)
    shift = np.uint64(0)
    for code in text:
        close |= folds[0, code] << shift
        wide |= folds[1, code] << shift
        shift += _STEP
    if close == 0:
        return 0
    keys[0] = (close * _ODD) & _MASK
    keys[1] = ((wide | _BY_WIDE) * _ODD) & _MASK
    keys[2] = ((close >> _STEP) * _ODD) & _MASK
    count = 3
    # Of a run of like characters any one left out gives the same; past the end, nothing is.
    alike = close ^ (close << _STEP)
    shift = _STEP
    for _ in range(1, len(text)):
        below = (_ONE << shift) - _ONE
        if close <= below:
            break
        if alike & (_CHARACTER << shift):
            key = (close & below) | ((close >> _STEP) & (_TEXT & ~below))
            keys[count] = (key * _ODD) & _MASK
            count += 1
        shift += _STEP
    return count


@compiled
def cut_keys_of(text: npt.NDArray[np.uint8], folds: Numbers, keys: Numbers) -> int:
    """Write an entry's mixed keys by CLOSE without its first CUT and without its last CUT
    characters into `keys`, in that order; how many there are: CUTS, or 0 of a short plate."""
    close = shift = np.uint64(0)
    length = 0
    for code in text:
        if code:
            length += 1
            close |= folds[0, code] << shift
            shift += _STEP
    if length < CUT_FROM:
        return 0
    first = close >> _CUT
    last = close & ((_ONE << (shift - _CUT)) - _ONE)
    keys[0] = (first * _ODD) & _MASK
    keys[1] = (last * _ODD) & _MASK
    return CUTS
