"""Entries by a pattern: `?` is one character, `*` any run of them, also none.

Patterns are few, so each is searched once in all texts of a batch together.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache


class Patterns:
    """The patterns of a sequence of entries. Immutable; positions are into that sequence."""

    __slots__ = ("_patterns",)

    def __init__(self, patterns: Sequence[tuple[int, str]] = ()) -> None:
        """(position, pattern) each; see `regex` for the syntax."""
        self._patterns = tuple((at, re.compile(regex(text), re.MULTILINE)) for at, text in patterns)

    def __len__(self) -> int:
        return len(self._patterns)

    def find(self, texts: Sequence[str]) -> list[tuple[int, int]]:
        """Every (position in `texts`, position of an entry) whose pattern fits the whole text."""
        if not self._patterns or not texts:
            return []
        block = "\n".join(texts)
        starts = [0]
        for text in texts:
            starts.append(starts[-1] + len(text) + 1)
        return [
            (bisect_right(starts, found.start()) - 1, at)
            for at, pattern in self._patterns
            for found in pattern.finditer(block)
        ]


def regex(pattern: str) -> str:
    """A pattern as a regular expression of one line. Characters beside A-Z, 0-9, ? and * are as
    they are."""
    parts = {"?": "[A-Z0-9]", "*": "[A-Z0-9]*"}
    return "^" + "".join(parts.get(c) or re.escape(c) for c in pattern) + "$"


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(regex(pattern))


def fits(text: str, pattern: str) -> bool:
    """Whether one text fits a pattern."""
    return _compiled(pattern).match(text) is not None


def known(pattern: str) -> int:
    """How many characters of a pattern are known."""
    return sum(c not in "?*" for c in pattern)
