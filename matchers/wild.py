"""Entries by a pattern: `?` is one character, `*` any run of them, also none.

A text fits a pattern, or it is near to it: one known character was read as another that cameras mix
up. Patterns are few, so each is searched once in all texts of a batch together.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations_with_replacement, pairwise

from matchers.folding import WIDE

LEAST_KNOWN = 4
"""A pattern of fewer known characters is near to no text (judgement): without the one that was
misread, as many must still agree as any pattern must have (hotlists.cells.KNOWN_CHARACTERS)."""

_MEMBERS = {c: members for members in WIDE for c in members}
_FOLD = str.maketrans({c: members[0] for c, members in _MEMBERS.items()})


class Patterns:
    """The patterns of a sequence of entries. Immutable; positions are into that sequence."""

    __slots__ = ("_patterns",)

    def __init__(self, patterns: Sequence[tuple[int, str]] = ()) -> None:
        """(position, pattern) each; see `regex` for the syntax. A pattern that a text may be near
        to is searched in folded texts, where every look-alike is the same character."""
        self._patterns = tuple(
            (at, text, loose, _line(text.translate(_FOLD) if loose else text))
            for at, text in patterns
            for loose in (known(text) >= LEAST_KNOWN,)
        )

    def __len__(self) -> int:
        return len(self._patterns)

    def find(self, texts: Sequence[str]) -> list[tuple[int, int]]:
        """Every (position in `texts`, position of an entry) whose pattern fits the whole text or is
        near to it. The texts are of A-Z and 0-9. What a pattern costs is bounded by its length
        times the length of the texts: see `regex`."""
        if not self._patterns or not texts:
            return []
        block = "\n" + "\n".join(texts) + "\n"
        folded = block.translate(_FOLD)
        starts = [0]
        for text in texts:
            starts.append(starts[-1] + len(text) + 1)
        found = []
        for at, pattern, loose, search in self._patterns:
            for hit in search.finditer(folded if loose else block):
                which = bisect_right(starts, hit.start()) - 1
                text = texts[which]
                if not loose or fits(text, pattern) or near(text, pattern):
                    found.append((which, at))
        return found


def regex(pattern: str) -> str:
    """A pattern as a regular expression of a whole text. Characters beside A-Z, 0-9, ? and * are as
    they are.

    What lies between two `*` is taken where it is found first and never looked for again, as an
    atomic group: further right would leave less for the rest and fit nothing more. So nothing is
    tried twice, and no pattern takes longer than its length times the text's.
    """
    first, *others = re.sub(r"\*+", "*", pattern).split("*")
    if not others:
        return _plain(first)
    middle = "".join(f"(?>[A-Z0-9]*?{_plain(one)})" for one in others[:-1])
    return f"{_plain(first)}{middle}[A-Z0-9]*{_plain(others[-1])}"


def _line(pattern: str) -> re.Pattern[str]:
    """The same for a text between two line breaks, of which it takes the first."""
    return re.compile(f"\n{regex(pattern)}(?=\n)")


def _plain(part: str) -> str:
    return "".join("[A-Z0-9]" if c == "?" else re.escape(c) for c in part)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(regex(pattern))


def fits(text: str, pattern: str) -> bool:
    """Whether one text fits a pattern."""
    return _compiled(pattern).fullmatch(text) is not None


def near(text: str, pattern: str) -> bool:
    """Whether a text does not fit a pattern of at least LEAST_KNOWN known characters, and would,
    had one of its characters been read as another of its class of matchers.folding.WIDE."""
    return next(corrections(text, pattern), None) is not None


def corrections(text: str, pattern: str) -> Iterator[tuple[int, str]]:
    """Every (place in the text, character) that makes a near text fit, left to right; none of one
    that fits already. The character is always a known one: at a `?` or `*` any would have fit."""
    if known(pattern) < LEAST_KNOWN or fits(text, pattern):
        return
    for at, seen in enumerate(text):
        for character in _MEMBERS.get(seen, ""):
            if character != seen and fits(corrected(text, at, character), pattern):
                yield at, character


def corrected(text: str, at: int, character: str) -> str:
    """The text with another character at one place."""
    return text[:at] + character + text[at + 1 :]


def laid(text: str, pattern: str) -> str | None:
    """A pattern beside a text, a character for each of the text's: the known ones where they stand,
    `?` for the others. None when it cannot be as long as the text.

    Where the runs can share out the text in several ways, the one that disagrees with the fewest
    characters (a `?` of the text agrees with all), of those the one with the shortest first runs.
    For a plate of 10 characters there are at most 252.
    """
    ways = list(_as_long_as(re.sub(r"\*+", "*", pattern), len(text)))
    return min(ways, key=lambda way: _disagreeing(text, way)) if ways else None


def _as_long_as(pattern: str, length: int) -> Iterator[str]:
    first, *others = pattern.split("*")
    beyond = length - len(first) - sum(map(len, others))
    if beyond < 0 or (beyond and not others):
        return
    for ends in combinations_with_replacement(range(beyond + 1), max(len(others) - 1, 0)):
        runs = (end - begin for begin, end in pairwise((0, *ends, beyond)))
        yield first + "".join("?" * run + part for run, part in zip(runs, others, strict=False))


def _disagreeing(text: str, other: str) -> int:
    return sum(a != b and "?" not in (a, b) for a, b in zip(text, other, strict=True))


def known(pattern: str) -> int:
    """How many characters of a pattern are known."""
    return sum(c not in "?*" for c in pattern)
