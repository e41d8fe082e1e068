"""Plate texts as numbers, folded by what cameras mix up.

Characters of one confusion class get one code, so two plates with the same key differ only within
the classes. The classes are those of the "Genetec Security Center Administrator Guide" (OCR
equivalents, default): 0ODQ 1I 2Z 5S 8B 6G. Folding is for finding only: the stored plate keeps
every character as the list had it.
"""

from __future__ import annotations

import string
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from domain.plate import LIC_MAX

CLASSES: tuple[str, ...] = ("0ODQ", "1I", "2Z", "5S", "8B", "6G")

WIDTH = LIC_MAX
"""Characters of a plate column: plates are padded with spaces to this many bytes."""

Keys = npt.NDArray[np.uint64]

CLASS_OF: dict[str, str] = {c: members for members in CLASSES for c in members}


def equivalent(one: str, other: str) -> bool:
    """Whether two different characters are of one confusion class."""
    return one != other and other in CLASS_OF.get(one, "")


def _codes() -> npt.NDArray[np.uint64]:
    """Byte to code: space 0, class members alike, other letters and digits alone, the rest 63."""
    codes = np.full(256, 63, dtype=np.uint64)
    codes[ord(" ")] = 0
    for number, character in enumerate(string.digits + string.ascii_uppercase, start=1):
        codes[ord(character)] = number
    for members in CLASSES:
        for character in members:
            codes[ord(character)] = codes[ord(members[0])]
    return codes


_CODES = _codes()
_SHIFTS = (np.uint64(1) << (np.arange(WIDTH, dtype=np.uint64) * np.uint64(6))).astype(np.uint64)


def column(plates: Iterable[str]) -> bytes:
    """The plates as one column of WIDTH bytes each. Longer ones are cut: compare texts after."""
    return "".join([p[:WIDTH].ljust(WIDTH) for p in plates]).encode("latin-1", "replace")


def keys_of(plates: bytes) -> Keys:
    """One 60-bit key a plate of a `column`; equal keys mean equal folded texts."""
    cells = np.frombuffer(plates, dtype=np.uint8).reshape(-1, WIDTH)
    keys: Keys = _CODES[cells] @ _SHIFTS
    return keys
