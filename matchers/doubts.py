"""Several looks that a camera was unsure of can contradict together, though none does alone.

A car that is probably no GMC, probably no pickup and probably not gray is not the gray GMC pickup.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from matchers.evidence import Feature
from matchers.vehicle_features import CONFLICT

LOOKS = frozenset({"state", "make", "model", "color", "body", "plate type"})


def doubts_together(features: Sequence[Feature]) -> list[Feature]:
    """The same features; where several of LOOKS that speak against weigh as much together as a
    conflict (matchers.vehicle_features.CONFLICT) and none is one, the strongest becomes it. What
    weighs as much alone and is none is a word that is often mixed up, and does not count."""
    against = [f for f in features if CONFLICT < f.weight < 0 and f.name in LOOKS]
    if len(against) < 2 or any(f.verdict == "conflict" for f in features):
        return list(features)
    if sum(f.weight for f in against) > CONFLICT:
        return list(features)
    strongest = min(against, key=lambda f: f.weight)
    marked = msgspec.structs.replace(strongest, verdict="conflict")
    return [marked if f is strongest else f for f in features]
