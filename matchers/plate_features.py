"""What the plate itself says for a match: text, confidence, state."""

from __future__ import annotations

from math import log

from domain.read import Read
from matchers import weights
from matchers.evidence import Difference, Feature
from matchers.folding import CLASS_OF
from matchers.state_words import state_code, state_word


def text_feature(reading: str, plate: str) -> Feature:
    """How many characters agree. `reading` and `plate` are of equal length."""
    same = [r for r, e in zip(reading, plate, strict=True) if r == e]
    weight = sum(weights.DIGIT_AGREES if c.isdigit() else weights.LETTER_AGREES for c in same)
    return Feature(
        name="plate",
        words=f"{len(same)} of {len(plate)} characters agree",
        expected=plate,
        seen=reading,
        weight=weight,
        verdict="agrees" if len(same) == len(plate) else "differs",
    )


def pattern_feature(reading: str, pattern: str) -> Feature:
    """A reading that fits a pattern: the known characters agree, the others were never known."""
    sure = [c for c in pattern if c not in "?*"]
    weight = sum(weights.DIGIT_AGREES if c.isdigit() else weights.LETTER_AGREES for c in sure)
    return Feature(
        name="plate",
        words=f"Fits the partial plate {pattern}: its {len(sure)} known characters agree",
        expected=pattern,
        seen=reading,
        weight=weight,
        verdict="agrees",
    )


def equivalent_feature(difference: Difference) -> Feature:
    """The one character that a camera mixes up with the entry's."""
    members = CLASS_OF[difference.entry]
    one, other = sorted((difference.read, difference.entry), key=members.index)
    return Feature(
        name="look-alike",
        words=f"Camera mixes {one} and {other}",
        expected=difference.entry,
        seen=difference.read,
        weight=weights.OCR_EQUIVALENT,
        verdict="differs",
    )


def confidence_feature(read: Read, choice: int) -> Feature:
    """How sure the camera was; `choice` 0 is the read's plate, 1 its first candidate."""
    confidence = read.candidates[choice - 1].confidence if choice else read.confidence
    low, high = weights.CONFIDENCE_WEIGHT
    if confidence is None:
        words = "Camera gave no confidence"
        weight = 0.0
    else:
        words = f"Camera is {confidence:.0%} sure of this reading"
        weight = min(high, max(low, log(max(confidence, 1e-3) / weights.READ_RIGHT)))
    if choice:
        words += f"; it is its choice number {choice + 1}, the first was {read.plate}"
        weight = min(weight, weights.OTHER_READING) if confidence is None else weight
    sure = confidence is not None and confidence >= weights.READ_RIGHT
    return Feature(
        name="camera confidence",
        words=words,
        expected="",
        seen="" if confidence is None else f"{confidence:.0%}",
        weight=weight,
        verdict="differs" if choice else "agrees" if sure else "no answer",
    )


def state_feature(read: Read, entry_state: str) -> Feature:
    """The plate's state. A state read with little confidence can neither help nor hurt much."""
    wanted, seen = state_code(entry_state), state_code(read.state)
    expected, got = state_word(wanted), state_word(seen)
    if not wanted or not seen:
        words = (
            f"Camera did not read the state, {expected} expected"
            if wanted
            else f"{got} read; the entry names no state"
            if seen
            else "No state on either side"
        )
        return _state(words, expected, got, 0.0, "no answer")
    confidence = read.state_confidence
    how = (
        "the camera gave no confidence" if confidence is None
        else "read clearly" if confidence >= 0.8
        else "read" if confidence >= weights.STATE_CLEAR
        else "read with little confidence"
    )  # fmt: skip
    share = 1.0 if confidence is None else confidence
    if wanted == seen:
        return _state(f"{got}, {how}", expected, got, weights.STATE_AGREES * share, "agrees")
    weight = weights.STATE_CONFLICT * share
    if confidence is not None and confidence < weights.STATE_CLEAR:
        return _state(f"{got}, {how}; the entry says {expected}", expected, got, weight, "differs")
    return _state(f"{got}, {how}; the entry says {expected}", expected, got, weight, "conflict")


def state_contradicts_clearly(read: Read, entry_state: str) -> bool:
    """Whether the camera read another state and was itself sure of it."""
    wanted, seen = state_code(entry_state), state_code(read.state)
    sure = read.state_confidence is not None and read.state_confidence >= weights.STATE_CLEAR
    return bool(wanted and seen and wanted != seen and sure)


def _state(words: str, expected: str, seen: str, weight: float, verdict: str) -> Feature:
    return Feature(
        name="state",
        words=words,
        expected=expected,
        seen=seen,
        weight=weight,
        verdict=verdict,  # type: ignore[arg-type]
    )
