"""Which candidates a judge has to look at: a bound of every pair's score, compiled.

The index gives every entry that a text can have been read from, with its state. Most are dropped
on that alone: even the likeliest mistake, and a vehicle that fits in everything, would leave the
score below the floor. Of the others the characters are weighed, then the looks. What is kept is
judged in full (matchers.judging); what is dropped would not have reached the floor there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matchers import weights
from matchers.batch import Batch
from matchers.characters import Codes
from matchers.compiled import compiled
from matchers.index_keys import FOLDS
from matchers.index_loops import BY_WIDE, EQUAL, HOW_BITS, STATE_BITS, UNDER_ROW
from matchers.plate_scores import Ends, Floats, Text, far_of, likeliest_of, most_by, text_score
from matchers.scales import Scales
from matchers.vehicle_model import MODEL_MOST
from matchers.vehicle_scores import Looks, Ratios, looks_most, looks_ratio, ratios

Numbers = npt.NDArray[np.int64]
Packed = npt.NDArray[np.uint64]
Facts = npt.NDArray[np.uint8]

SLACK = 1e-3
"""The sums here and those of features may differ in the last places, and scores are rounded."""

_UP, _TO_STATE = np.uint64(UNDER_ROW), np.uint64(HOW_BITS)
_OF_STATE, _OF_HOW = np.uint64((1 << STATE_BITS) - 1), np.uint64((1 << HOW_BITS) - 1)
_USUAL = float(np.log((1 - weights.READ_RIGHT) / weights.READ_RIGHT))
_LEAST, _MOST = weights.MISREAD_BY_CONFIDENCE


class Weights(NamedTuple):
    """What every pair is weighed with: the confusion table (and `far` of it,
    matchers.plate_scores), the looks' ratios, and by state the share in traffic and the prior."""

    shown: Floats
    dropped: Floats
    added: Floats
    far: Floats
    ends: Ends
    longest: float
    likeliest: float
    close: Packed
    by: Ratios
    shares: Floats
    priors: Floats


def weights_of(scales: Scales) -> Weights:
    """Those of an agency's scales."""
    table = scales.table
    return Weights(
        table.shown,
        table.dropped,
        table.added,
        far_of(table.shown, FOLDS[0]),
        (table.at_end, table.swapped, table.cut),
        float(table.dropped[1:].max()),
        likeliest_of(table.shown),
        FOLDS[0],
        ratios(),
        scales.shares,
        scales.priors,
    )


@compiled
def near(
    batch: Batch,
    looks: Looks,
    using: Weights,
    floor: float,
    ends: Numbers,
    pairs: Packed,
    codes: Codes,
    facts: Facts,
) -> list[tuple[int, int]]:
    """The pairs (read, row) that are exact, or whose score may reach `floor`.

    `ends` and `pairs` are the index's for the batch's codes (matchers.index_loops.found), `codes`
    and `facts` the index's rows.
    """
    kept = [(0, 0) for _ in range(0)]
    bounds = np.empty(BY_WIDE + 1)
    floor -= SLACK
    reads = len(batch.state)
    for text in range(len(batch.codes)):
        if ends[text] == ends[text + 1]:
            continue
        read = int(batch.owner[text])
        own = text < reads
        written = batch.codes[text]
        shifts = batch.shifts[text] if len(batch.shifts) else batch.behind[:0]
        base = batch.offered[text] - batch.behind[read]
        if own:
            base += _misread(batch.confidence[read]) + batch.camera[read]
        agrees, differs = _state_weights(batch.state_confidence[read], batch.state[read], using)
        most = looks_most(read, looks, using.by)
        model = MODEL_MOST if looks.model[read] else 0.0
        most_by(
            written, shifts, using.far, using.longest, using.likeliest, using.added, using.ends,
            using.close, bounds,
        )  # fmt: skip
        for at in range(ends[text], ends[text + 1]):
            state, how = (pairs[at] >> _TO_STATE) & _OF_STATE, pairs[at] & _OF_HOW
            score = base + using.priors[state]
            if state and batch.state[read]:
                score += agrees if state == batch.state[read] else differs
            if how != EQUAL and score + bounds[how] + most < floor:
                continue
            row = int(np.int64(pairs[at] >> _UP))
            if own and _equal(written, codes[row]):
                kept.append((read, row))
                continue
            score += text_score(
                written, codes[row], shifts, using.shown, using.dropped, using.added, using.ends
            )
            if score + most < floor:
                continue
            score += looks_ratio(read, looks, using.by, facts[row]) + model
            if score >= floor:
                kept.append((read, row))
    return kept


@compiled
def _equal(one: Text, other: Text) -> bool:
    for place in range(len(one)):  # noqa: SIM110, no generators in machine code
        if one[place] != other[place]:
            return False
    return True


@compiled
def _misread(confidence: float) -> float:
    """matchers.plate_features.misread_by_confidence; NaN: none given."""
    if np.isnan(confidence):
        return 0.0
    said = min(max(confidence, 1e-3), 1 - 1e-3)
    odds = weights.CALIBRATION * (np.log((1 - said) / said) - _USUAL)
    return float(min(max(odds, _LEAST), _MOST))


@compiled
def _state_weights(confidence: float, state: int, using: Weights) -> tuple[float, float]:
    """matchers.state_feature.state_weight, for an entry of the state read and of another."""
    right = 1 - weights.STATE_WRONG if np.isnan(confidence) else confidence
    right = min(max(right, 0.0), weights.STATE_SUREST)
    return np.log(right / using.shares[state] + 1 - right), np.log(1 - right)
