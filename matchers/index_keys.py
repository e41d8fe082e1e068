"""The keys of a text: numbers that two texts share when one can have been read from the other.

A text has one key by `WIDE`, one by `CLOSE`, and one by `CLOSE` for each of its characters left
out: at most KINDS. A key is five bits a character, the first lowest, and a bit for the fold; it is
handed out mixed by a multiplication that loses nothing, so that its highest bits can be a bucket
and the rest still tells it from every other key.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matchers.characters import ALPHABET, CODE, SIZE, WIDTH, Codes
from matchers.folding import CLOSE, WIDE

Numbers = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

KINDS = WIDTH + 2
"""Keys a text has at most: left out character 0 to 9, whole by CLOSE, whole by WIDE."""
_CLOSE, _WIDE = WIDTH, WIDTH + 1
_EACH = 5
BITS = _EACH * WIDTH + 1
"""Bits of a key."""

_MASK = np.uint64((1 << BITS) - 1)
_ODD = np.uint64(0x9E3779B97F4A7C15 & ((1 << BITS) - 1))
"""From the golden ratio (Knuth, The Art of Computer Programming, 6.4): odd, so mixing modulo a
power of two can be undone."""


def fold_table(classes: tuple[str, ...]) -> npt.NDArray[np.uint8]:
    """Character code to folded code, 0 to 0. ValueError when a key has no room for the classes."""
    alone = [c for c in ALPHABET if not any(c in members for members in classes)]
    table = np.zeros(SIZE, dtype=np.uint8)
    for number, members in enumerate([*classes, *alone], start=1):
        for character in members:
            table[CODE[character]] = number
    if table.max() >= 1 << _EACH:
        msg = f"{table.max()} classes of characters are more than a key has room for"
        raise ValueError(msg)
    return table


def _by_place(table: npt.NDArray[np.uint8]) -> Numbers:
    """Row per place, column per character code: what it adds to a key."""
    shifts = (np.arange(WIDTH) * _EACH).astype(np.uint64)
    adds: Numbers = table.astype(np.uint64)[None, :] << shifts[:, None]
    return adds


_ADDS = _by_place(fold_table(CLOSE)), _by_place(fold_table(WIDE))
_PLACES = (np.arange(WIDTH) * _EACH).astype(np.uint64)
_BELOW: Numbers = (np.uint64(1) << _PLACES) - np.uint64(1)
_FROM: Numbers = (_MASK >> np.uint64(1)) & ~_BELOW
_AT: Numbers = np.uint64((1 << _EACH) - 1) << _PLACES
_STEP = np.uint64(_EACH)
_BY_WIDE = np.uint64(1 << (BITS - 1))


def wholes(codes: Codes) -> tuple[Numbers, Numbers]:
    """The texts' keys by CLOSE and by WIDE, not mixed yet. 0: no text."""
    close = np.zeros(len(codes), dtype=np.uint64)
    wide = np.zeros(len(codes), dtype=np.uint64)
    for place in range(WIDTH):
        column = codes[:, place]
        close |= _ADDS[0][place].take(column)
        wide |= _ADDS[1][place].take(column)
    return close, wide


def key_table(close: Numbers, wide: Numbers) -> tuple[Numbers, Flags]:
    """(n, KINDS) mixed keys, and which of them count: each key of a text once, none of no text."""
    keys = np.empty((len(close), KINDS), dtype=np.uint64)
    counts = np.empty((len(close), KINDS), dtype=bool)
    shifted = close >> _STEP
    keys[:, :WIDTH] = (close[:, None] & _BELOW) | (shifted[:, None] & _FROM)
    keys[:, _CLOSE] = close
    keys[:, _WIDE] = wide | _BY_WIDE
    there = close != 0
    counts[:, 0] = there
    # Of a run of like characters any one left out gives the same; past the end, nothing is.
    alike = (close ^ (close << _STEP))[:, None] & _AT[1:]
    np.not_equal(alike, 0, out=counts[:, 1:WIDTH])
    counts[:, 1:WIDTH] &= close[:, None] > _BELOW[1:]
    counts[:, _CLOSE] = counts[:, _WIDE] = there
    return mixed(keys), counts


def key_of(close: Numbers, wide: Numbers, kinds: npt.NDArray[np.intp]) -> Numbers:
    """The mixed keys of these kinds, one of each text."""
    below = _KIND_BELOW.take(kinds)
    keys = (close & below) | ((close >> _STEP) & _KIND_FROM.take(kinds))
    by_wide = kinds == _WIDE
    keys[by_wide] = wide[by_wide] | _BY_WIDE
    return mixed(keys)


_KIND_BELOW: Numbers = np.append(_BELOW, [_MASK, _MASK]).astype(np.uint64)
_KIND_FROM: Numbers = np.append(_FROM, [0, 0]).astype(np.uint64)


def mixed(keys: Numbers) -> Numbers:
    """The keys with every bit spread over the higher ones; different keys stay different."""
    keys *= _ODD
    keys &= _MASK
    return keys
