"""One read beside one entry: the evidence, and whether it is worth a person's time.

The rules, in order:
1. The camera's own first text equal to the entry's plate always asks a person, whatever contradicts
   it: tier "exact".
2. Any other text of the camera's counts when it is at most one edit apart, or two characters are
   cut from one end, once look-alikes are folded (matchers.reach), and the sum of the evidence
   reaches the threshold for the entry's priority: tier "fuzzy". Of several texts the one with the
   most weight counts.
3. A contradiction makes either of them "...-conflict"; it hides neither. Several that a camera was
   unsure of make one together (matchers.doubts).
4. A text that fits an entry's pattern, and a vehicle that fits an entry without a plate, are of
   tiers of their own, and any contradiction drops them. A text that is near to a pattern (one
   look-alike from fitting, matchers.wild) is "fuzzy" as in 2, and any contradiction drops it, too.

This is the slow and only judge: matchers.engine finds fast what comes before it.
"""

from __future__ import annotations

from math import fsum

import msgspec

from domain.entry import Entry
from domain.ids import target_of
from domain.read import Read
from matchers import weights
from matchers.background import background
from matchers.described import judge_description
from matchers.doubts import doubts_together
from matchers.evidence import Evidence, Tier
from matchers.partial_plates import Nearest, near_features, nearest
from matchers.plate_features import (
    candidate_feature,
    candidate_weight,
    confidence_feature,
    confidence_weight,
    differences_of,
    misread_by_character,
    pattern_feature,
    series_feature,
    text_features,
)
from matchers.plate_text import Alignment, best_alignment, total
from matchers.plausible import plausibility
from matchers.prior_features import camera_feature, camera_weight, prior_feature
from matchers.reach import within_reach
from matchers.scales import Scales
from matchers.state_feature import state_feature
from matchers.state_words import state_code
from matchers.vehicle_features import vehicle_features
from matchers.wild import fits


def readings_of(read: Read) -> list[str]:
    """The camera's texts for the plate, its first reading first."""
    later = read.candidates[: weights.MOST_CANDIDATES]
    return [read.plate, *(guess.value for guess in later)]


def judge(read: Read, entry: Entry, scales: Scales) -> Evidence | None:
    """The evidence for the read being the entry's vehicle; None when it does not ask a person."""
    evidence = explain(read, entry, scales)
    if evidence is None or evidence.score < evidence.threshold:
        return None
    return evidence


def explain(read: Read, entry: Entry, scales: Scales) -> Evidence | None:
    """The evidence, also below the threshold; None when the two are too far apart to weigh."""
    if entry.pattern:
        return _pattern(read, entry, scales)
    if not entry.plate:
        return judge_description(read, entry, scales.prior(state_code(entry.state)))
    best: tuple[int, Alignment, float] | None = None
    for choice, reading in enumerate(readings_of(read)):
        found = _text(read, choice, reading, entry, scales)
        if found is not None and (best is None or found[2] > best[2] + 1e-12):
            best = found
        if reading == entry.plate and not choice:
            break  # exact: no other text of the camera's can take that away
    return _evidence(read, entry, scales, *best[:2]) if best else None


def _text(
    read: Read, choice: int, reading: str, entry: Entry, scales: Scales
) -> tuple[int, Alignment, float] | None:
    """(choice, alignment, what the text weighs) of one of the camera's texts."""
    if not within_reach(reading, entry.plate):
        return None
    shifts = shifts_of(read) if choice == 0 else ()
    way = best_alignment(reading, entry.plate, scales.table, shifts)
    if way is None:
        return None
    weight = total(way)
    if choice:
        weight += candidate_weight(read, choice)
    else:
        misread = reading != entry.plate
        weight += confidence_weight(read, misread)
        weight += camera_weight(read, scales) if misread else 0.0
    return choice, way, weight


def shifts_of(read: Read) -> tuple[float, ...]:
    """What each character's confidence adds to its being misread; () when the camera gave none."""
    if len(read.character_confidences) != len(read.plate):
        return ()
    return tuple(misread_by_character(c) for c in read.character_confidences)


def _evidence(read: Read, entry: Entry, scales: Scales, choice: int, way: Alignment) -> Evidence:
    reading = readings_of(read)[choice]
    exact = choice == 0 and reading == entry.plate
    doubts = dict(enumerate(read.character_confidences)) if choice == 0 and shifts_of(read) else {}
    features = text_features(way, entry.plate, reading, doubts)
    features.append(series_feature(reading, read, behind(read, entry)))
    features.append(
        candidate_feature(read, choice) if choice else confidence_feature(read, not exact)
    )
    if choice == 0 and not exact and camera_weight(read, scales):
        features.append(camera_feature(read, scales))
    features.append(state_feature(read, entry.state, scales))
    features += vehicle_features(entry, read.vehicle)
    if scales.memory.seen:
        seen = scales.memory.seen.get(target_of(entry))
        moved = plausibility(read, seen)
        features += [moved] if moved else []
    features.append(prior_feature(scales, state_code(entry.state)))
    features = doubts_together(features)
    conflict = any(feature.verdict == "conflict" for feature in features)
    return _summed(
        Evidence(
            reading=reading,
            tier=_tier(exact, conflict),
            score=0.0,
            threshold=weights.NEVER_HELD_BACK if exact else scales.thresholds.of(entry.priority),
            features=tuple(features),
            differences=differences_of(way),
        )
    )


def behind(read: Read, entry: Entry) -> float:
    """ln P(the camera's first text | some other vehicle). No other vehicle has the wanted plate:
    one that shows exactly its text was misread."""
    state, wanted = state_code(read.state), state_code(entry.state)
    same = read.plate == entry.plate and (not state or not wanted or state == wanted)
    return background(read.plate, state, but_right=same)


def _pattern(read: Read, entry: Entry, scales: Scales) -> Evidence | None:
    """A reading that fits a pattern. Much does: any contradiction is enough against it."""
    for choice, reading in enumerate(readings_of(read)):
        if not fits(reading, entry.pattern):
            continue
        features = [
            pattern_feature(reading, entry.pattern),
            candidate_feature(read, choice) if choice else confidence_feature(read, False),
            state_feature(read, entry.state, scales),
            *vehicle_features(entry, read.vehicle),
            prior_feature(scales, state_code(entry.state)),
        ]
        if any(feature.verdict == "conflict" for feature in doubts_together(features)):
            return None
        return _summed(
            Evidence(
                reading=reading,
                tier="pattern",
                score=0.0,
                threshold=weights.NEVER_HELD_BACK,
                features=tuple(features),
            )
        )
    return _near_pattern(read, entry, scales)


def _near_pattern(read: Read, entry: Entry, scales: Scales) -> Evidence | None:
    """The camera's text that is near to a pattern and weighs most. It may be a misread as any other
    text may: tier "fuzzy"."""
    best: tuple[float, int, Nearest] | None = None
    for choice, reading in enumerate(readings_of(read)):
        found = nearest(reading, entry.pattern, scales.table, () if choice else shifts_of(read))
        if found is None:
            continue
        weight = total(found.way)
        if choice:
            weight += candidate_weight(read, choice)
        else:
            weight += confidence_weight(read, True) + camera_weight(read, scales)
        if best is None or weight > best[0] + 1e-12:
            best = weight, choice, found
    if best is None:
        return None
    _, choice, found = best
    reading = readings_of(read)[choice]
    doubts = {} if choice or not shifts_of(read) else dict(enumerate(read.character_confidences))
    features = near_features(found, reading, entry.pattern, read, doubts)
    features.append(candidate_feature(read, choice) if choice else confidence_feature(read, True))
    if choice == 0 and camera_weight(read, scales):
        features.append(camera_feature(read, scales))
    features.append(state_feature(read, entry.state, scales))
    features += vehicle_features(entry, read.vehicle)
    features.append(prior_feature(scales, state_code(entry.state)))
    features = doubts_together(features)
    if any(feature.verdict == "conflict" for feature in features):
        return None
    return _summed(
        Evidence(
            reading=reading,
            tier="fuzzy",
            score=0.0,
            threshold=scales.thresholds.of(entry.priority),
            features=tuple(features),
            differences=differences_of(found.way),
        )
    )


def _summed(evidence: Evidence) -> Evidence:
    score = fsum(feature.weight for feature in evidence.features)
    return msgspec.structs.replace(evidence, score=round(score, 3))


def _tier(exact: bool, conflict: bool) -> Tier:
    if exact:
        return "exact-conflict" if conflict else "exact"
    return "fuzzy-conflict" if conflict else "fuzzy"
