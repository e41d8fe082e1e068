"""What a match says for itself: named features with weights, in words.

Every number that reaches a person comes with the features that made it. A weight is a
natural-log likelihood ratio: above zero speaks for the entry's vehicle, below zero against.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Verdict = Literal["agrees", "conflict", "differs", "no answer"]


# gc=False: texts and numbers are in no cycle, so the collector need not look at them.
class Feature(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One named piece of evidence.

    `words` is what a person reads ("Silver, not blue"); `expected` is the entry's value,
    `seen` the camera's, both in words, "" when not given or not seen.
    """

    name: str
    words: str
    expected: str
    seen: str
    weight: float
    verdict: Verdict


class Difference(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One place where reading and entry differ; "" is a missing character on that side."""

    read_at: int
    entry_at: int
    read: str
    entry: str


Tier = Literal["exact", "exact-conflict", "fuzzy", "fuzzy-conflict", "pattern", "description"]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Why the engine asks a person: the sum of `features` is `score`, it needed `threshold`.

    `reading` is the text that matched: the read's plate, or one of its candidates.
    """

    reading: str
    tier: Tier
    score: float
    threshold: float
    features: tuple[Feature, ...]
    differences: tuple[Difference, ...] = ()

    @property
    def conflicts(self) -> tuple[Feature, ...]:
        """The features that contradict the entry."""
        return tuple(f for f in self.features if f.verdict == "conflict")
