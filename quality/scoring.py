"""The engine's scores for drawn reads: of everything it matches, and of the vehicle meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matchers.engine import match
from matchers.watch import Watch
from quality.generating import Numbers, Sightings
from quality.listed import NOW, Lexicon, reads
from quality.texts import Ints
from quality.without import Variant

BATCH = 1_000
NOTHING = -np.inf
"""The score of a read that matched nothing."""

Say = Callable[[str], None]
WHOLE = Variant("", lambda evidence: evidence.score)


@dataclass(frozen=True)
class Scores:
    """For each read, and for each variant of the engine (the whole one first): the best score of
    any match; the score of the match with the entry that was meant. `exact`: whether some match was
    of an exact text."""

    any_entry: Numbers
    meant: Numbers
    exact: npt.NDArray[np.bool_]


def score(
    seen: Sightings,
    lexicon: Lexicon,
    evidence: frozenset[str],
    watch: Watch,
    meant: Ints | None = None,
    variants: Sequence[Variant] = (),
    say: Say | None = None,
) -> Scores:
    """Match all of `seen`, BATCH at a time. `meant` has the number of each read's entry's id. The
    arrays are (1 + variants, reads)."""
    count, engines = len(seen), (WHOLE, *variants)
    any_entry = np.full((len(engines), count), NOTHING)
    found = any_entry.copy()
    exact = np.zeros(count, dtype=bool)
    for start in range(0, count, BATCH):
        if say is not None:
            say(f"{start:,} of {count:,} reads")
        for one in match(reads(seen, lexicon, evidence, start, start + BATCH), watch, NOW):
            at = one.read.read_id.int - 1
            values = [engine.score(one.evidence) for engine in engines]
            any_entry[:, at] = np.maximum(any_entry[:, at], values)
            exact[at] |= one.evidence.tier.startswith("exact")
            if meant is not None and any(h.entry.entry_id.int == meant[at] for h in one.holders):
                found[:, at] = np.maximum(found[:, at], values)
    return Scores(any_entry, found, exact)
