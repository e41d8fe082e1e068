"""Which entries a text can have been read from at all: the slow definition, in plain Python.

An entry is within reach of a text when

- the two are equal after folding by `WIDE`: any number of characters, each mixed up with one it
  is mixed up with at all; or
- after folding by `CLOSE` they are equal, or one is the other with one character left out, or
  leaving one character out of each makes them equal. Every pair that is at most one edit apart
  (a substitution by any character, a drop, an addition, two neighbors swapped), beside any number
  of close mix-ups, is among these; or
- after folding by `CLOSE` the text is the plate without its first two or its last two characters,
  or with any one character in their place, and the plate has at least CUT_FROM.

One fold for both would not do: the edit costs most of what a text says, and with `WIDE` beside it
1,000,000 entries leave some 200 within reach of an innocent text; as it is, 5 (bench.matching).
`matchers.index` finds the same pairs.
"""

from __future__ import annotations

from functools import lru_cache

from matchers.characters import ALPHABET
from matchers.folding import CLOSE, CUT, CUT_FROM, WIDE


def within_reach(text: str, plate: str) -> bool:
    """Whether an entry with this plate is a candidate for the text. Neither is without a
    character: then nothing is within reach."""
    if not text or not plate:
        return False
    if text == plate or folded(text, WIDE) == folded(plate, WIDE):
        return True
    read, wanted = folded(text, CLOSE), folded(plate, CLOSE)
    if read in cut(wanted) or instead(read, wanted):
        return True
    return not shortened(read).isdisjoint(shortened(wanted))


def folded(text: str, classes: tuple[str, ...]) -> str:
    """Every character as the first of its class."""
    return text.translate(_firsts(classes))


@lru_cache(maxsize=8)
def _firsts(classes: tuple[str, ...]) -> dict[int, str]:
    return {ord(character): members[0] for members in classes for character in members}


def shortened(text: str) -> set[str]:
    """The text, and the text without each one of its characters."""
    return {text, *(text[:at] + text[at + 1 :] for at in range(len(text)))}


def cut(plate: str) -> set[str]:
    """The plate without its first CUT and without its last CUT characters; none of a short one."""
    return {plate[CUT:], plate[:-CUT]} if len(plate) >= CUT_FROM else set()


def instead(read: str, plate: str) -> bool:
    """Whether a text has one character in place of the first CUT or the last CUT of a plate."""
    if len(plate) < CUT_FROM:
        return False
    return read[1:] == plate[CUT:] or read[:-1] == plate[:-CUT]


def refines(fine: tuple[str, ...], coarse: tuple[str, ...]) -> bool:
    """Whether equal texts by the fine classes are equal by the coarse ones, too."""
    return all(
        folded(one, coarse) == folded(other, coarse)
        for one in ALPHABET
        for other in ALPHABET
        if folded(one, fine) == folded(other, fine)
    )
