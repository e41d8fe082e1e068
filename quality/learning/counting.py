"""How often each source shows, drops, adds and swaps: counts of a set of pairs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from matchers.characters import ALPHABET
from matchers.folding import CLOSE, CUT_FROM
from matchers.reach import cut, folded
from quality.learning.aligning import KINDS, align
from quality.learning.pairs import Pair
from quality.learning.shapes import Square

Row = npt.NDArray[np.float64]
SIZE = len(ALPHABET)


def _row() -> Row:
    return np.zeros(SIZE)


@dataclass
class Counts:
    """Of one source, in the order of ALPHABET. Each misread weighs 1, shared by its edits.

    The more edits a reading needs, the less sure it is which character became which.
    `seen`: occurrences on plates, right or wrong; `alone`: substitutions, drops, additions and
    swaps that were a misread's only edit; `one_lost` and `two_lost`: misreads of plates of CUT_FROM
    or more characters that are, folded by CLOSE, the plate without so many characters at an end.
    """

    seen: Row = field(default_factory=_row)
    shown: Square = field(default_factory=lambda: np.zeros((SIZE, SIZE)))
    dropped: Row = field(default_factory=_row)
    added: Row = field(default_factory=_row)
    alone: Row = field(default_factory=lambda: np.zeros(len(KINDS)))
    misreads: int = 0
    dropped_at_end: float = 0.0
    added_at_end: float = 0.0
    one_lost: int = 0
    two_lost: int = 0
    plates: int = 0
    characters: int = 0

    def split(self) -> Row:
        """Shares of substitutions, drops, additions and swaps among misreads of one edit.

        A reading with half the plate missing says nothing about how often one character is lost.
        """
        shares: Row = self.alone / max(self.alone.sum(), 1e-9)
        return shares


def count(pairs: Iterable[Pair], likely: Square) -> dict[str, Counts]:
    """The counts of each source, by its name, sorted. `likely` breaks ties of alignment."""
    by_source: dict[str, Counts] = {}
    for pair in sorted(pairs, key=lambda p: (p.source, p.truth, p.read)):
        counts = by_source.setdefault(pair.source, Counts())
        counts.plates += 1
        counts.characters += len(pair.truth)
        for character in pair.truth:
            counts.seen[ALPHABET.index(character)] += 1
        if pair.read != pair.truth:
            _tally(counts, pair, likely)
    return by_source


def _tally(counts: Counts, pair: Pair, likely: Square) -> None:
    events = align(pair.truth, pair.read, likely)
    counts.misreads += 1
    plate, read = folded(pair.truth, CLOSE), folded(pair.read, CLOSE)
    if len(plate) >= CUT_FROM:
        counts.one_lost += read in (plate[1:], plate[:-1])
        counts.two_lost += read in cut(plate)
    weight = 1 / len(events)
    if len(events) == 1:
        counts.alone[KINDS.index(events[0].kind)] += 1
    for event in events:
        if event.kind == "shown":
            at = ALPHABET.index(event.truth), ALPHABET.index(event.read)
            counts.shown[at] += weight
        elif event.kind == "dropped":
            counts.dropped[ALPHABET.index(event.truth)] += weight
            counts.dropped_at_end += weight * event.at_end
        elif event.kind == "added":
            counts.added[ALPHABET.index(event.read)] += weight
            counts.added_at_end += weight * event.at_end
