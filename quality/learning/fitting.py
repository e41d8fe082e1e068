"""From counts and priors to the table that the matcher uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np

from matchers.characters import ALPHABET
from quality.learning import strengths
from quality.learning.counting import SIZE, Counts, Row
from quality.learning.plates import LAYOUTS
from quality.learning.shapes import Square
from quality.learning.strengths import Strengths


@dataclass(frozen=True)
class Fitted:
    """Probabilities, in the order of ALPHABET; see matchers.confusion.Confusion for what they are.

    `at_end` and `cut` are natural logs. `split`: shares of substitutions, drops, additions and
    swaps among the edits.
    """

    shown: Square
    dropped: Row
    added: Row
    at_end: float
    swapped: float
    cut: float
    split: Row


def fit(counts: Mapping[str, Counts], prior: Square, chosen: Strengths) -> Fitted:
    """The table. A seven-character plate of the usual layouts is right in PLATES_RIGHT of reads."""
    sources = [counts[name] for name in sorted(counts)]
    split = _mean([c.split() for c in sources] + [np.array(strengths.SPLIT)])
    end = exp(_mean([np.log(_end_factors(sources)), np.array([log(strengths.AT_END)] * 2)]).mean())
    wrong = which_wrong(sources, prior, chosen)
    usage = usual()
    own_shown = _rates([c.shown.sum(axis=1) for c in sources], sources, usage)
    own_dropped = _rates([c.dropped for c in sources], sources, usage)
    edits = -log(strengths.PLATES_RIGHT)  # expected edits of a plate, if they fall independently
    shown = edits * split[0] / strengths.LENGTH * own_shown
    dropped = edits * split[1] / (strengths.LENGTH - 2 + 2 * end) * own_dropped
    anywhere = edits * split[2] / (strengths.LENGTH - 1 + 2 * end)
    added = anywhere * _added(sources)
    swapped = edits * split[3] / (strengths.LENGTH - 1)
    # What a character's share of all the edits is: whatever happens to it, it is not shown alone.
    lost = edits * split[1] / strengths.LENGTH * own_dropped
    hazard = shown + lost + edits * (split[2] + split[3]) / strengths.LENGTH
    right = np.exp(-hazard)
    table = wrong * (shown * (1 - right) / hazard)[:, None]
    low, high = strengths.SHOWN_BOUNDS
    table = np.clip(table, low, high)
    np.fill_diagonal(table, right)
    return Fitted(table, dropped, added, log(end), swapped, _cut(sources), split)


def which_wrong(sources: Sequence[Counts], prior: Square, chosen: Strengths) -> Square:
    """P(shown as r | plate has t, shown as something else): rows sum to 1, diagonal 0."""
    sums = chosen.prior * prior
    total = np.full(SIZE, chosen.prior)
    both = [c.shown for c in sources]
    for tables, most in ((both, chosen.most), ([t.T for t in both], chosen.mirror)):
        believed = np.array([np.minimum(t.sum(axis=1), most) for t in tables])
        for number, table in enumerate(tables):
            others = believed.sum(axis=0) - believed[number] + chosen.prior
            weight = np.minimum(believed[number], others)
            seen = table.sum(axis=1)
            share = np.divide(weight, seen, out=np.zeros(SIZE), where=seen > 0)
            sums = sums + table * share[:, None]
            total = total + weight
    rows: Square = sums / total[:, None]
    return rows


def usual() -> Row:
    """How often each character stands on a plate of the usual layouts; sums to 1."""
    kinds = "".join(layout for layout in LAYOUTS if "M" not in layout)
    digits = kinds.count("D") / len(kinds)
    shares: Row = np.array([digits / 10 if c.isdigit() else (1 - digits) / 26 for c in ALPHABET])
    return shares


def _rates(errors: Sequence[Row], sources: Sequence[Counts], usage: Row) -> Row:
    """How many times the mean rate each character's is: mean of the sources, bounded, mean 1."""
    logs = []
    for wrong, source in zip(errors, sources, strict=True):
        mean = max(wrong.sum(), 1e-9) / max(source.seen.sum(), 1)
        extra = strengths.RATE_PRIOR / mean
        logs.append(np.log((wrong + strengths.RATE_PRIOR) / ((source.seen + extra) * mean)))
    low, high = strengths.RATE_BOUNDS
    rates = np.clip(np.exp(_mean(logs)), low, high)
    scaled: Row = rates / (rates * usage).sum()
    return scaled


def _end_factors(sources: Sequence[Counts]) -> Row:
    """How much likelier drops and additions are at an end: geometric means over the sources."""
    logs = []
    for c in sources:
        inner, gaps = c.characters - 2 * c.plates, c.characters - c.plates
        drop = (c.dropped_at_end + 1) / (c.dropped.sum() - c.dropped_at_end + 1) * inner
        add = (c.added_at_end + 1) / (c.added.sum() - c.added_at_end + 1) * gaps
        logs.append(np.clip(np.log([drop / (2 * c.plates), add / (2 * c.plates)]), 0, log(8)))
    factors: Row = np.exp(np.mean(logs, axis=0))
    return factors


def _cut(sources: Sequence[Counts]) -> float:
    """ln of how often two characters are lost together at an end for each one lost there."""
    logs = [log((c.two_lost + 1) / (c.one_lost + 1)) for c in sources]
    return min(strengths.CUT, float(np.mean([*logs, strengths.CUT])))


def _added(sources: Sequence[Counts]) -> Row:
    """Which character is added: sums to 1. Judgement and sources weigh the same."""
    told = sum(strengths.ADDED.values())
    judged = np.full(SIZE, (1 - told) / (SIZE - len(strengths.ADDED)))
    for character, share in strengths.ADDED.items():
        judged[ALPHABET.index(character)] = share
    seen = [(c.added + 5 * judged) / (c.added.sum() + 5) for c in sources]
    return _mean([*seen, judged])


def _mean(rows: Sequence[Row]) -> Row:
    mean: Row = np.mean(np.stack(list(rows)), axis=0)
    return mean
