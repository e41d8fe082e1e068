"""The engine without one of its parts, worked out from what its scores say they are made of.

A score is the sum of its features, so leaving one out is a subtraction. What the whole engine
scored below the floor is not looked at again: at high false-alert rates the numbers are a little
too low.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log

from matchers.evidence import Evidence

MISTAKES = frozenset({"look-alike", "dropped", "added", "swapped", "cut"})
SEVERAL = "several mistakes"
_RIGHT = (6 / 7) ** (1 / 7)
"""Of one character, when one plate of seven characters in seven is misread."""
FLAT_RIGHT = log(_RIGHT * 36)
FLAT_WRONG = log((1 - _RIGHT) / 35 * 36)
"""Without a learned table: every character is as often right as any other, and is misread as any
other alike; a dropped and an added one count the same."""


@dataclass(frozen=True)
class Variant:
    """`score` is what a match would have scored."""

    name: str
    score: Callable[[Evidence], float]


def _without(*names: str) -> Callable[[Evidence], float]:
    def score(evidence: Evidence) -> float:
        return evidence.score - sum(f.weight for f in evidence.features if f.name in names)

    return score


def _flat(evidence: Evidence) -> float:
    score = evidence.score
    wrong = 0
    plate = 0
    for feature in evidence.features:
        if feature.name in MISTAKES:
            score += FLAT_WRONG * max(len(feature.seen), len(feature.expected)) - feature.weight
            wrong += len(feature.expected)
        elif feature.name == SEVERAL:
            score -= feature.weight
        elif feature.name == "plate":
            score -= feature.weight
            plate = len(feature.expected)
    return score + FLAT_RIGHT * (plate - wrong)


VARIANTS: tuple[Variant, ...] = (
    Variant("all but state", _without("state")),
    Variant("all but make", _without("make")),
    Variant("all but color", _without("color")),
    Variant("all but body", _without("body")),
    Variant("all but several mistakes", _without(SEVERAL)),
    Variant("all but the plate series", _without("series")),
    Variant("all but learned confusion", _flat),
)
