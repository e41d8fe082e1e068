"""One reading beside one entry: the evidence, or None when it is not worth a person's time.

The rules, in order:
1. The texts must be equal, or of equal length (5 to 11) and differ in one character within one
   confusion class (matchers.folding).
2. A text of the camera's that equals the entry's plate is never dropped, whatever contradicts it.
3. One apart is dropped when the camera clearly read another state, or when the evidence falls
   short of the threshold.
4. Tier "exact" is for the camera's own first reading; one of its other candidates is "fuzzy" even
   when it equals the entry's plate. Any contradiction makes either of them "...-conflict".
5. A text that fits an entry's pattern, and a vehicle that fits an entry without a plate, are of
   tiers of their own, and any contradiction drops them.
"""

from __future__ import annotations

from domain.entry import Entry
from domain.read import Read
from matchers import weights
from matchers.alignment import differences
from matchers.described import judge_description
from matchers.evidence import Evidence, Feature, Tier
from matchers.folding import equivalent
from matchers.plate_features import (
    confidence_feature,
    equivalent_feature,
    pattern_feature,
    state_contradicts_clearly,
    state_feature,
    text_feature,
)
from matchers.vehicle_features import vehicle_features


def readings_of(read: Read) -> list[str]:
    """The camera's texts for the plate, its first reading first."""
    return [read.plate, *(guess.value for guess in read.candidates)]


def judge(read: Read, choice: int, entry: Entry) -> Evidence | None:
    """The evidence for reading number `choice` (0: the read's plate) being the entry's vehicle."""
    reading = readings_of(read)[choice]
    if entry.pattern:
        return _judge_pattern(read, choice, reading, entry)
    if not entry.plate:
        return judge_description(read, entry)
    exact = reading == entry.plate
    if not exact and not one_apart(reading, entry.plate):
        return None
    if not exact and state_contradicts_clearly(read, entry.state):
        return None
    features: list[Feature] = [text_feature(reading, entry.plate)]
    edits = differences(reading, entry.plate)
    features += [equivalent_feature(edit) for edit in edits]
    text_weight = sum(feature.weight for feature in features)
    features.append(confidence_feature(read, choice))
    features.append(state_feature(read, entry.state))
    features += vehicle_features(entry, read.vehicle)
    score = sum(feature.weight for feature in features)
    threshold = weights.EXACT_THRESHOLD if exact else text_weight - weights.FUZZY_MARGIN
    if score < threshold:
        return None
    conflict = any(feature.verdict == "conflict" for feature in features)
    return Evidence(
        reading=reading,
        tier=_tier(exact and choice == 0, conflict),
        score=round(score, 3),
        threshold=round(threshold, 3),
        features=tuple(features),
        differences=edits,
    )


def _judge_pattern(read: Read, choice: int, reading: str, entry: Entry) -> Evidence | None:
    """A reading that fits a pattern. Much does: any contradiction is enough against it."""
    features = [
        pattern_feature(reading, entry.pattern),
        confidence_feature(read, choice),
        state_feature(read, entry.state),
        *vehicle_features(entry, read.vehicle),
    ]
    if any(feature.verdict == "conflict" for feature in features):
        return None
    return Evidence(
        reading=reading,
        tier="pattern",
        score=round(sum(feature.weight for feature in features), 3),
        threshold=0.0,
        features=tuple(features),
    )


def one_apart(reading: str, plate: str) -> bool:
    """Whether exactly one character differs, and a camera mixes the two."""
    if len(reading) != len(plate) or len(plate) not in weights.FUZZY_LENGTHS:
        return False
    apart = [(r, e) for r, e in zip(reading, plate, strict=True) if r != e]
    return len(apart) == 1 and equivalent(*apart[0])


def better(one: Evidence, other: Evidence) -> bool:
    """Whether `one` is the better reading of the same read and entry: exact first, then score."""
    if one.tier.startswith("exact") != other.tier.startswith("exact"):
        return one.tier.startswith("exact")
    return one.score > other.score


def _tier(exact: bool, conflict: bool) -> Tier:
    if exact:
        return "exact-conflict" if conflict else "exact"
    return "fuzzy-conflict" if conflict else "fuzzy"
