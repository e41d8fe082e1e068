"""Which candidates a judge has to look at: a bound of every pair's score, compiled.

The index gives every entry that a text can have been read from, with its state and roughly what
differs. Most are dropped on that alone: the likeliest mistakes of the kind (matchers.plate_bounds),
and a vehicle that fits in everything, would leave the score below the floor. Of the others the
characters are weighed, then the looks. What is kept is judged in full (matchers.judging); what is
dropped would not have reached the floor there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matchers import weights
from matchers.batch import Batch
from matchers.characters import Codes
from matchers.compiled import compiled
from matchers.index_loops import EQUAL, HOW_BITS, LEFT_BITS, SHORTER, STATE_BITS, UNDER_ROW
from matchers.plate_bounds import Likeliest, likeliest_of, most_near, most_of
from matchers.plate_scores import Ends, Floats, Text, text_score
from matchers.scales import Scales
from matchers.vehicle_model import MODEL_MOST
from matchers.vehicle_scores import Looks, Ratios, looks_most, looks_ratio, ratios

Numbers = npt.NDArray[np.int64]
Packed = npt.NDArray[np.uint64]
Facts = npt.NDArray[np.uint8]

SLACK = 1e-3
"""The sums here and those of features may differ in the last places, and scores are rounded."""

_TO_ROW, _TO_STATE = np.uint64(UNDER_ROW), np.uint64(HOW_BITS + LEFT_BITS)
_TO_HOW = np.uint64(LEFT_BITS)
_STATE, _HOW, _LEFT = (np.uint64((1 << bits) - 1) for bits in (STATE_BITS, HOW_BITS, LEFT_BITS))
_USUAL = float(np.log((1 - weights.READ_RIGHT) / weights.READ_RIGHT))
_LEAST, _MOST = weights.MISREAD_BY_CONFIDENCE


class Weights(NamedTuple):
    """What every pair is weighed with: the confusion table and the likeliest of it, the looks'
    ratios, and by state the share in traffic and the prior."""

    shown: Floats
    dropped: Floats
    added: Floats
    ends: Ends
    likeliest: Likeliest
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
        (table.at_end, table.swapped, table.cut),
        likeliest_of(table),
        ratios(),
        scales.shares,
        scales.priors,
    )


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
    left, scores = np.empty((len(pairs), 2), dtype=np.int64), np.empty(len(pairs))
    most = np.empty(len(batch.state))
    floor -= SLACK
    count, _ = _by_slots(batch, looks, using, floor, ends, pairs, codes, most, left, scores)
    count = _by_rows(batch, looks, using, floor, codes, facts, most, left[:count], scores)
    return list(map(tuple, left[:count].tolist()))


@compiled
def _by_slots(
    batch: Batch,
    looks: Looks,
    using: Weights,
    floor: float,
    ends: Numbers,
    pairs: Packed,
    codes: Codes,
    most: Floats,
    left: Numbers,
    scores: Floats,
) -> tuple[int, int]:
    """Write what is left by what the index says into `left` (text, row), what it scores without
    characters and looks into `scores`, and of each read what looks add at most into `most`; (how
    many are left, a number that means nothing: rows are looked at here so that they are near at
    hand in `_by_rows`, see matchers.index_loops.looked_up)."""
    reads, by = len(batch.state), using.likeliest
    for read in range(reads):
        most[read] = looks_most(read, looks, using.by)
    count = 0
    for text in range(len(batch.codes)):
        if ends[text] == ends[text + 1]:
            continue
        read = int(batch.owner[text])
        written = batch.codes[text]
        shifts = batch.shifts[text] if len(batch.shifts) else batch.behind[:0]
        base = batch.offered[text] - batch.behind[read]
        if text < reads:
            base += _misread(batch.confidence[read]) + batch.camera[read]
        agrees, differs = _state_weights(batch.state_confidence[read], batch.state[read], using)
        likely = most_of(written, shifts, by)
        enough = floor - most[read]
        for at in range(ends[text], ends[text + 1]):
            pair = pairs[at]
            state = (pair >> _TO_STATE) & _STATE
            score = base + using.priors[state]
            if state and batch.state[read]:
                score += agrees if state == batch.state[read] else differs
            how, out = int((pair >> _TO_HOW) & _HOW), int(pair & _LEFT)
            if how != EQUAL:
                if how < SHORTER and score + likely.any < enough:
                    continue
                if score + most_near(written, shifts, by, likely, how, out) < enough:
                    continue
            left[count] = text, int(np.int64(pair >> _TO_ROW))
            scores[count] = score
            count += 1
    seen = 0
    for at in range(count):
        seen ^= codes[left[at, 1], 0]
    return count, seen


@compiled
def _by_rows(
    batch: Batch,
    looks: Looks,
    using: Weights,
    floor: float,
    codes: Codes,
    facts: Facts,
    most: Floats,
    left: Numbers,
    scores: Floats,
) -> int:
    """Move what is exact, and what may reach the floor by characters and looks, to the front of
    `left`, as (read, row); how many these are."""
    count = 0
    for at in range(len(left)):
        text, row = left[at]
        read = int(batch.owner[text])
        written = batch.codes[text]
        if not (text < len(batch.state) and _equal(written, codes[row])):
            shifts = batch.shifts[text] if len(batch.shifts) else batch.behind[:0]
            score = scores[at] + text_score(
                written, codes[row], shifts, using.shown, using.dropped, using.added, using.ends
            )
            if score + most[read] < floor:
                continue
            model = MODEL_MOST if looks.model[read] else 0.0
            if score + looks_ratio(read, looks, using.by, facts[row]) + model < floor:
                continue
        left[count] = read, row
        count += 1
    return count


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
