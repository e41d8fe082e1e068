"""What the plate's state says for a match."""

from __future__ import annotations

from math import log

from domain.read import Read
from matchers import weights
from matchers.evidence import Feature, Verdict
from matchers.scales import Scales
from matchers.series import known
from matchers.state_words import STATES, state_code, state_word


def state_weight(seen: str, confidence: float | None, wanted: str, scales: Scales) -> float:
    """ln ratio of the state read, for an entry of the state `wanted` (NCIC codes, "" unknown).

    The camera is right with a probability of its own (weights), else it says a state as traffic
    has them. What is in no table of states says nothing; nor does it say anything that both are of
    one without facts (matchers.series), since how common its plates are is not known.
    """
    if seen not in STATES or wanted not in STATES:
        return 0.0
    right = 1 - weights.STATE_WRONG if confidence is None else confidence
    right = min(max(right, 0.0), weights.STATE_SUREST)
    if seen != wanted:
        return log(1 - right)
    if not known(seen):
        return 0.0
    return log(right / scales.traffic_share(seen) + 1 - right)


def state_feature(read: Read, entry_state: str, scales: Scales) -> Feature:
    """The plate's state. A state read with little confidence can neither help nor hurt much."""
    wanted, seen = state_code(entry_state), state_code(read.state)
    expected, got = state_word(wanted), state_word(seen)
    weight = state_weight(seen, read.state_confidence, wanted, scales)
    if not wanted or not seen:
        words = (
            f"Camera did not read the state, {expected} expected"
            if wanted
            else f"{got} read; the entry names no state"
            if seen
            else "No state on either side"
        )
        return _state(words, expected, got, weight, "no answer")
    confidence = read.state_confidence
    how = (
        "the camera gave no confidence" if confidence is None
        else "read clearly" if confidence >= 0.8
        else "read" if confidence >= weights.STATE_CLEAR
        else "read with little confidence"
    )  # fmt: skip
    if wanted == seen:
        return _state(f"{got}, {how}", expected, got, weight, "agrees")
    words = f"{got}, {how}; the entry says {expected}"
    if seen not in STATES or wanted not in STATES:
        words += ": not comparable, a code is not in the table"
        return _state(words, expected, got, weight, "no answer")
    unsure = confidence is not None and confidence < weights.STATE_CLEAR
    return _state(words, expected, got, weight, "differs" if unsure else "conflict")


def _state(words: str, expected: str, seen: str, weight: float, verdict: Verdict) -> Feature:
    return Feature(
        name="state", words=words, expected=expected, seen=seen, weight=weight, verdict=verdict
    )
