"""Vehicles as they are on Kansas roads: plates by each state's syntax, makes, models, colors."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Literal

Body = Literal["sedan", "suv", "pickup", "van", "motorcycle"]


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle as it truly is. `state` is an NCIC code (Nebraska is NB)."""

    plate: str
    state: str
    make: str
    model: str
    year: int
    color: str
    body: Body


# How passenger plates of a state are built: A a letter, 9 a digit. Several series are on the road.
SERIES: dict[str, tuple[str, ...]] = {
    "KS": ("999AAA", "9999AAA"),
    "MO": ("AA9A9A",),
    "OK": ("AAA999",),
    "NB": ("AAA999", "99A999"),
    "TX": ("AAA9999",),
    "CO": ("AAAA99", "AAA999"),
    "AR": ("AAA99A",),
    "IA": ("AAA999",),
}
MOTORCYCLE_SERIES = "9999A"

STATE_SHARES: dict[str, int] = {
    "KS": 74,
    "MO": 8,
    "OK": 7,
    "NB": 3,
    "TX": 3,
    "CO": 2,
    "AR": 2,
    "IA": 1,
}

# States leave out letters that pass for digits; O, Q and I are on few serial plates.
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_DIGITS = "0123456789"

COLORS: dict[str, int] = {
    "white": 25,
    "black": 21,
    "gray": 17,
    "silver": 13,
    "blue": 9,
    "red": 8,
    "green": 2,
    "brown": 2,
    "gold": 1,
    "orange": 1,
    "yellow": 1,
}

MODELS: tuple[tuple[str, str, Body, int], ...] = (
    ("Ford", "F-150", "pickup", 10),
    ("Chevrolet", "Silverado", "pickup", 9),
    ("Ram", "1500", "pickup", 7),
    ("GMC", "Sierra", "pickup", 4),
    ("Toyota", "Tacoma", "pickup", 3),
    ("Toyota", "RAV4", "suv", 6),
    ("Honda", "CR-V", "suv", 6),
    ("Chevrolet", "Equinox", "suv", 6),
    ("Ford", "Explorer", "suv", 5),
    ("Jeep", "Grand Cherokee", "suv", 5),
    ("Nissan", "Rogue", "suv", 4),
    ("Subaru", "Outback", "suv", 2),
    ("Toyota", "Camry", "sedan", 6),
    ("Honda", "Accord", "sedan", 4),
    ("Honda", "Civic", "sedan", 4),
    ("Nissan", "Altima", "sedan", 4),
    ("Hyundai", "Sonata", "sedan", 3),
    ("Hyundai", "Elantra", "sedan", 3),
    ("Chevrolet", "Malibu", "sedan", 4),
    ("Ford", "Fusion", "sedan", 3),
    ("Kia", "Forte", "sedan", 2),
    ("Dodge", "Grand Caravan", "van", 3),
    ("Chrysler", "Town and Country", "van", 2),
    ("Honda", "Odyssey", "van", 2),
    ("Ford", "Transit", "van", 2),
    ("Harley-Davidson", "Street Glide", "motorcycle", 1),
)

_STATES, _STATE_SUMS = tuple(STATE_SHARES), tuple(accumulate(STATE_SHARES.values()))
_COLOR_NAMES, _COLOR_SUMS = tuple(COLORS), tuple(accumulate(COLORS.values()))
_MODEL_SUMS = tuple(accumulate(m[3] for m in MODELS))


def draw_plate(rng: Random, state: str, body: Body = "sedan") -> str:
    """A plate by the syntax of that state."""
    series = MOTORCYCLE_SERIES if body == "motorcycle" else rng.choice(SERIES[state])
    return "".join(rng.choice(_DIGITS if place == "9" else _LETTERS) for place in series)


def draw_vehicle(rng: Random, avoid: frozenset[str] = frozenset()) -> Vehicle:
    """A vehicle of ordinary traffic whose plate number is not in `avoid`."""
    make, model, body, _ = rng.choices(MODELS, cum_weights=_MODEL_SUMS)[0]
    state = rng.choices(_STATES, cum_weights=_STATE_SUMS)[0]
    plate = draw_plate(rng, state, body)
    while plate in avoid:
        plate = draw_plate(rng, state, body)
    return Vehicle(
        plate=plate,
        state=state,
        make=make,
        model=model,
        year=2026 - min(rng.randrange(18), rng.randrange(18)),
        color=rng.choices(_COLOR_NAMES, cum_weights=_COLOR_SUMS)[0],
        body=body,
    )
