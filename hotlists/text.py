"""Signs that a text was converted wrongly on its way."""

from __future__ import annotations

import re

_DAMAGE = re.compile("\ufffd|\u00c3[\u0080-\u00bf\u2018-\u2022]|\u00e2\u20ac|\u00c2[\u00a0-\u00bf]")


def has_damage(line: str) -> bool:
    """Whether a line holds replacement characters or UTF-8 that was read as Windows-1252."""
    return not line.isascii() and _DAMAGE.search(line) is not None
