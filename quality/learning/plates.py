"""Plate texts to draw: layouts of US series in equal shares, each letter, each digit alike."""

from __future__ import annotations

import string
from random import Random

LAYOUTS = (
    "LLLDDDD", "LLLDDD", "DLLLDDD", "DDDLLL", "LLDDDDD", "DDDDLL", "LDDLLL", "DDDDDLD", "LLLLDD",
    "LLDDLL", "DDDDDDD", "DLLLDD", "LLLDDL", "LLDLDL", "DLLDDDD", "LDDDDDD", "MMMMMM", "MMMMMMM",
)  # fmt: skip
"""L a letter, D a digit, M either: personalized plates, and every pair of neighbors."""

_KINDS = {
    "L": string.ascii_uppercase,
    "D": string.digits,
    "M": string.digits + string.ascii_uppercase,
}


def draw_text(rng: Random) -> str:
    """One plate text of 6 or 7 characters."""
    return "".join(rng.choice(_KINDS[kind]) for kind in rng.choice(LAYOUTS))
