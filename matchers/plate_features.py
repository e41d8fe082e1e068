"""What the plate's text says for a match: its characters, its series, the camera's confidence."""

from __future__ import annotations

from functools import lru_cache
from math import log

from domain.read import Read
from matchers import weights
from matchers.evidence import Difference, Feature
from matchers.folding import equivalent
from matchers.plate_text import Alignment, Step, mistakes, several
from matchers.series import fits, typical
from matchers.state_words import state_word

_SAID = {
    "dropped": "{plate} of the plate was not read",
    "added": "{read} was read where the plate has nothing",
    "swapped": "{plate} was read in turned order",
    "cut": "The {end} two characters, {plate}, were not read",
}
_ALONE = [log(weights.CANDIDATES_SHARE)]


def text_features(
    way: Alignment, plate: str, reading: str, doubts: dict[int, float]
) -> list[Feature]:
    """How many characters agree, then each mistake of an alignment, and that they are several.
    `doubts`: how sure the camera was of the characters that it read differently, by position."""
    same = [step for step in way if step.kind == "same"]
    agree = Feature(
        name="plate",
        words=f"{len(same)} of {len(plate)} characters agree",
        expected=plate,
        seen=reading,
        weight=sum(step.weight - weights.ANY_CHARACTER for step in same),
        verdict="agrees" if reading == plate else "differs",
    )
    found = [agree, *(_mistake(step, doubts) for step in way if step.kind != "same")]
    if several(mistakes(way)):
        found.append(_several(mistakes(way)))
    return found


def _several(count: int) -> Feature:
    return Feature(
        name="several mistakes",
        words=f"{count} mistakes in one text: a picture that spoils one often spoils more",
        expected="",
        seen="",
        weight=several(count),
        verdict="no answer",
    )


def _mistake(step: Step, doubts: dict[int, float]) -> Feature:
    if step.kind != "shown":
        end = "last" if step.plate_at else "first"
        said = _SAID[step.kind].format(plate=step.plate, read=step.read, end=end)
    elif equivalent(step.read, step.plate):
        first, second = sorted((step.read, step.plate))
        said = f"Camera mixes {first} and {second}"
    else:
        said = f"{step.read} was read for {step.plate}"
    if step.read_at in doubts and step.kind in {"shown", "added"}:
        said += f"; it was {doubts[step.read_at]:.0%} sure of it"
    return Feature(
        name="look-alike" if step.kind == "shown" else step.kind,
        words=said,
        expected=step.plate,
        seen=step.read,
        weight=step.weight - len(step.read) * weights.ANY_CHARACTER,
        verdict="differs",
    )


def differences_of(way: Alignment) -> tuple[Difference, ...]:
    """The places where the two texts differ, left to right."""
    found = []
    for step in way:
        if step.kind == "swapped":
            found += [
                Difference(
                    read_at=step.read_at + i, entry_at=step.plate_at + i,
                    read=step.read[i], entry=step.plate[i],
                )
                for i in range(2)
            ]  # fmt: skip
        elif step.kind == "cut":
            found += [
                Difference(read_at=step.read_at, entry_at=step.plate_at + i, read="", entry=lost)
                for i, lost in enumerate(step.plate)
            ]
        elif step.kind != "same":
            found.append(
                Difference(
                    read_at=step.read_at, entry_at=step.plate_at, read=step.read, entry=step.plate
                )
            )
    return tuple(found)


def series_feature(reading: str, read: Read, behind: float) -> Feature:
    """How often other vehicles show this text. `behind` is ln P(the read's text | some other)."""
    usual = typical(read.state)
    whose = state_word(read.state) if read.state else "ordinary"
    if fits(read.plate, read.state):
        said = f"{read.plate} looks like other {whose} plates ({usual})"
    else:
        said = f"{read.plate} is no usual {whose} plate ({usual}): personalized, or misread"
    weight = len(reading) * weights.ANY_CHARACTER - behind
    return Feature(
        name="series",
        words=said,
        expected=usual,
        seen=read.plate,
        weight=weight,
        verdict="no answer",
    )


def confidence_feature(read: Read, misread: bool) -> Feature:
    """How sure the camera was of its first text, for a plate that equals it or does not."""
    seen = "" if read.confidence is None else f"{read.confidence:.0%}"
    sure = read.confidence is not None and read.confidence >= weights.READ_RIGHT
    return Feature(
        name="camera confidence",
        words=f"Camera is {seen} sure of this reading" if seen else "Camera gave no confidence",
        expected="",
        seen=seen,
        weight=confidence_weight(read, misread),
        verdict="no answer" if misread or not sure else "agrees",
    )


def confidence_weight(read: Read, misread: bool) -> float:
    """The weight of `confidence_feature`."""
    return misread_by_confidence(read.confidence) if misread else exact_by_confidence(read)


def candidate_feature(read: Read, choice: int) -> Feature:
    """The text that matched is one of the camera's later candidates; `choice` 1 is its first."""
    confidence = read.candidates[choice - 1].confidence
    words = f"The camera's choice number {choice + 1}, the first was {read.plate}"
    if confidence is not None:
        words = f"Camera is {confidence:.0%} sure of this reading; it is its choice number"
        words += f" {choice + 1}, the first was {read.plate}"
    return Feature(
        name="camera confidence",
        words=words,
        expected="",
        seen="" if confidence is None else f"{confidence:.0%}",
        weight=candidate_weight(read, choice),
        verdict="differs",
    )


def candidate_weight(read: Read, choice: int) -> float:
    """ln of how often a camera's later candidate is what the plate has; `choice` 1 is its first."""
    return candidate_weights(read)[choice - 1]


def candidate_weights(read: Read) -> list[float]:
    """The same of each candidate that is looked at."""
    offered = read.candidates[: weights.MOST_CANDIDATES]
    if len(offered) == 1:
        return _ALONE
    shares = [
        weights.BY_RANK**rank if guess.confidence is None else max(guess.confidence, 1e-3)
        for rank, guess in enumerate(offered, start=1)
    ]
    total = sum(shares)
    return [log(weights.CANDIDATES_SHARE * share / total) for share in shares]


@lru_cache(maxsize=8192)
def misread_by_confidence(confidence: float | None) -> float:
    """What the confidence in a text adds to its being misread: its odds beside the usual ones."""
    if confidence is None:
        return 0.0
    return _odds(confidence, weights.READ_RIGHT, weights.MISREAD_BY_CONFIDENCE)


@lru_cache(maxsize=8192)
def misread_by_character(confidence: float) -> float:
    """The same for one character that differs."""
    return _odds(confidence, weights.CHARACTER_RIGHT, weights.MISREAD_BY_CHARACTER)


def exact_by_confidence(read: Read) -> float:
    """What the confidence adds to a text that agrees."""
    if read.confidence is None:
        return 0.0
    low, high = weights.EXACT_BY_CONFIDENCE
    return min(high, max(low, log(max(read.confidence, 1e-3) / weights.READ_RIGHT)))


def _odds(confidence: float, usual: float, bounds: tuple[float, float]) -> float:
    sure = min(max(confidence, 1e-3), 1 - 1e-3)
    beside = log((1 - sure) / sure) - log((1 - usual) / usual)
    return min(bounds[1], max(bounds[0], weights.CALIBRATION * beside))


def pattern_feature(reading: str, pattern: str) -> Feature:
    """A reading that fits a pattern: the known characters agree, the others were never known."""
    sure = [c for c in pattern if c not in "?*"]
    return Feature(
        name="plate",
        words=f"Fits the partial plate {pattern}: its {len(sure)} known characters agree",
        expected=pattern,
        seen=reading,
        weight=len(sure) * (log(weights.CHARACTER_RIGHT) - weights.ANY_CHARACTER),
        verdict="agrees",
    )
