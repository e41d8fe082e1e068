"""Entries without a plate: a vehicle by its description, in an area and a time window."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

from domain.entry import Area, Entry
from domain.read import Read
from matchers.evidence import Evidence, Feature
from matchers.vehicle_features import vehicle_features

EARTH = 6_371_000.0
"""Mean radius in metres."""
AGREEING = 2
"""Of make, color, body: so many must agree, and none may contradict (judgement)."""


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres between two points given as (latitude, longitude) in degrees: a great circle."""
    a, b = radians(one[0]), radians(other[0])
    across = radians(other[1] - one[1])
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(across / 2) ** 2
    return 2 * EARTH * asin(min(1.0, sqrt(half)))


def near_enough(read: Read, area: Area | None) -> bool:
    """Whether the read lies in the area. A camera that is not on the map might be anywhere, so
    only an entry without an area is matched against its reads."""
    if area is None:
        return True
    if read.place.latitude is None or read.place.longitude is None:
        return False
    here = (read.place.latitude, read.place.longitude)
    return distance(here, (area.latitude, area.longitude)) <= area.radius


def judge_description(read: Read, entry: Entry) -> Evidence | None:
    """The evidence for a read being a vehicle that is only described, or None."""
    if not near_enough(read, entry.area):
        return None
    features = vehicle_features(entry, read.vehicle)
    agreeing = [f for f in features if f.verdict == "agrees"]
    if len(agreeing) < AGREEING or any(f.verdict == "conflict" for f in features):
        return None
    where = Feature(
        name="plate",
        words="The entry has no plate; the description alone agrees",
        expected="",
        seen=read.plate,
        weight=0.0,
        verdict="no answer",
    )
    every = (where, *features)
    score = sum(feature.weight for feature in every)
    return Evidence(
        reading=read.plate,
        tier="description",
        score=round(score, 3),
        threshold=0.0,
        features=every,
    )
