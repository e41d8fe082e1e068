"""Plate texts by the million: columns of character codes, and one number for each text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from matchers.characters import ALPHABET, WIDTH, Codes, codes_of
from matchers.folding import column

Keys = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

BLANK = 63
"""A code that no character has: "whatever stands here"."""

_BYTES = np.frombuffer(("\0" + ALPHABET).encode(), dtype=np.uint8)
_SHIFTS = np.arange(WIDTH, dtype=np.uint64) * np.uint64(6)


def codes(texts: Sequence[str]) -> Codes:
    """(len(texts), WIDTH) codes of normalized plates."""
    return codes_of(column(texts)) if len(texts) else np.zeros((0, WIDTH), dtype=np.uint8)


def texts(rows: Codes) -> list[str]:
    """The texts of rows of codes."""
    found = _BYTES[np.ascontiguousarray(rows)].view(f"S{WIDTH}").ravel()
    return [text.decode() for text in found.tolist()]


def keys(rows: Codes) -> Keys:
    """One 60-bit number a text: equal numbers are equal texts."""
    found = np.zeros(len(rows), dtype=np.uint64)
    for at in range(WIDTH):
        found |= rows[:, at].astype(np.uint64) << _SHIFTS[at]
    return found


def lengths(rows: Codes) -> Ints:
    """Characters of each text."""
    return np.asarray(np.count_nonzero(rows, axis=1))


def has(some: Keys, at: int) -> Ints:
    """Which of the texts with these keys have a character at position `at`."""
    return np.flatnonzero((some >> _SHIFTS[at]) & np.uint64(BLANK))


def without(some: Keys, at: int) -> Keys:
    """The keys of the texts without their character at `at`, the rest moved up."""
    below = (np.uint64(1) << _SHIFTS[at]) - np.uint64(1)
    shorter: Keys = (some & below) | ((some >> np.uint64(6)) & ~below)
    return shorter


def blanked(some: Keys, at: int) -> Keys:
    """The keys of the texts with BLANK at position `at`."""
    covered: Keys = some | (np.uint64(BLANK) << _SHIFTS[at])
    return covered
