"""Entries without a plate: a vehicle by its description, in an area and a time window."""

from __future__ import annotations

from math import asin, cos, exp, fsum, radians, sin, sqrt

from domain.entry import Area, Entry
from domain.read import Read
from matchers import weights
from matchers.evidence import Evidence, Feature
from matchers.prior_features import before_looking, two_digits
from matchers.vehicle_features import vehicle_features

EARTH = 6_371_000.0
"""Mean radius in metres."""
COUNTED = ("make", "color", "body")
AGREEING = 2
"""Of COUNTED, so many must agree, and none may contradict (judgement)."""


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


def judge_description(read: Read, entry: Entry, prior: float = 0.0) -> Evidence | None:
    """The evidence for a read being a vehicle that is only described, or None.

    AGREEING aspects that agree and no contradiction, in the area, with more for it than against it
    (beside the model), are what asks a person; the score says how much that is: a rare make or
    color is more. `prior` is ln of how often a read is of one
    certain wanted vehicle, before anything is known of it.
    """
    features = vehicle_features(entry, read.vehicle)
    if _why_not(read, entry, features):
        return None
    every = (_no_plate(read), *features, *([_before(prior)] if prior else []))
    return Evidence(
        reading=read.plate,
        tier="description",
        score=round(fsum(feature.weight for feature in every), 3),
        threshold=weights.NEVER_HELD_BACK,
        features=every,
    )


def why_not_described(read: Read, entry: Entry) -> str:
    """Why a read does not ask a person as this described vehicle, in words; "" when it does."""
    return _why_not(read, entry, vehicle_features(entry, read.vehicle))


def _why_not(read: Read, entry: Entry, features: list[Feature]) -> str:
    if not near_enough(read, entry.area):
        return "The camera is not in the entry's area, or not on the map"
    if any(f.verdict == "conflict" for f in features):
        return "The entry has no plate, and something contradicts its description"
    agreeing = [f for f in features if f.name in COUNTED and f.verdict == "agrees"]
    if len(agreeing) < AGREEING:
        return f"The entry has no plate; {AGREEING} of make, color and body must agree"
    if sum(f.weight for f in features if f.name != "model") <= 0:
        return "The entry has no plate, and more speaks against its description than for it"
    return ""


def _no_plate(read: Read) -> Feature:
    return Feature(
        name="plate",
        words="The entry has no plate; the description alone agrees",
        expected="",
        seen=read.plate,
        weight=0.0,
        verdict="no answer",
    )


def _before(prior: float) -> Feature:
    often = two_digits(exp(-prior))
    words = f"About 1 read in {often:,.0f} is of one certain wanted vehicle"
    return before_looking(words, prior)
