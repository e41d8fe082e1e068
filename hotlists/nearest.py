"""A word that nobody knows, with the nearest one that is known."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

_SHOWN = 40


def no_such(what: str, word: str, known: Collection[str]) -> str:
    """The sentence: "no column 'LICC'; did you mean LIC? There are: LIC, LIS"."""
    folded = {name.upper(): name for name in known}
    near = get_close_matches(word.upper()[:_SHOWN], folded, n=1, cutoff=0.5)
    shown = word if len(word) <= _SHOWN else word[:_SHOWN] + "..."
    names = ", ".join(known)
    if near:
        return f"no {what} {shown!r}; did you mean {folded[near[0]]}? There are: {names}"
    return f"no {what} {shown!r}; there are: {names}"
