"""Which lines of a block say that they are of the Immigration Violator File: looked at before
anything of them is stored, and at the price of a few searches a block, not of one a line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from policy.prohibited import KEYS, MAYBE, said_in

_LETTERS = bytes.maketrans(bytes(range(97, 123)), bytes(range(65, 91)))
_NOT_LETTERS = bytes(c for c in range(256) if c != 10 and not (65 <= c <= 90 or 97 <= c <= 122))
_STEMS = tuple(stem.encode() for stem in MAYBE)
_KEYS = tuple(key.encode() for key in KEYS)


def suspects(text: str, lines: Sequence[str]) -> list[int]:
    """Positions of the lines that may say it: those with a stem, and those that are not ASCII (a
    full-width or accented letter is a letter). `text` is the lines, each ended by a line feed."""
    found = set() if text.isascii() else {n for n, line in enumerate(lines) if not line.isascii()}
    letters = text.encode("ascii", "replace").translate(_LETTERS, _NOT_LETTERS)
    hits: list[int] = []
    for stem in _STEMS:
        at = letters.find(stem)
        while at >= 0:
            hits.append(at)
            at = letters.find(stem, at + len(stem))
    if hits:
        ends = [0]
        while (end := letters.find(b"\n", ends[-1]) + 1) > 0:
            ends.append(end)
        found.update(bisect_right(ends, at) - 1 for at in hits)
    return sorted(found)


def may_hold_key(line: str, delimiter: str = "") -> bool:
    """Whether a line can hold a message key that is never held, for a look at each of its cells.

    With a `delimiter` the key must stand within one cell: RED,FORD is none.
    """
    if not line.isascii():
        return True
    apart = delimiter.encode("ascii", "ignore")
    letters = line.encode().translate(
        _LETTERS, _NOT_LETTERS.replace(apart, b"") if apart else _NOT_LETTERS
    )
    return any(key in letters for key in _KEYS)


def prohibited_lines(text: str, lines: Sequence[str], cells: Sequence[Sequence[str]]) -> set[int]:
    """Positions of the lines that say it, by policy.prohibited.said_in."""
    return {n for n in suspects(text, lines) if said_in(lines[n], cells[n])}
