"""What a camera makes of a passing vehicle: confidences, candidates, misreads, a wrong state.

About one read in seven is wrong in one character, by the confusions that makers document (0ODQ,
1I, 2Z, 5S, 8B, 6G: the OCR equivalents of the formats notes), and the state is wrong about once
in ten reads (policy notes). A plate without any such character is misread by the two confusions
of the cases in the policy notes: 3 as 7, and 7 as 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from simulator.vehicles import STATE_SHARES, Body, Vehicle

MISREAD_SHARE = 1 / 7
STATE_WRONG_SHARE = 1 / 10
NO_STATE_SHARE = 0.03

CONFUSED: tuple[str, ...] = ("0ODQ", "1I", "2Z", "5S", "8B", "6G")

TWINS: dict[str, str] = {char: group.replace(char, "") for group in CONFUSED for char in group}
_LAST_RESORT = {"3": "7", "7": "2"}

Guesses = tuple[tuple[str, float], ...]

_LIKE_COLOR = {
    "white": ("silver", "gold"),
    "black": ("gray", "blue"),
    "gray": ("silver", "black"),
    "silver": ("gray", "white"),
    "blue": ("black", "gray"),
    "red": ("orange", "brown"),
    "green": ("gray", "black"),
    "brown": ("gold", "black"),
    "gold": ("silver", "brown"),
    "orange": ("red", "gold"),
    "yellow": ("gold", "white"),
}
_LIKE_BODY: dict[Body, Body] = {
    "sedan": "suv",
    "suv": "van",
    "pickup": "suv",
    "van": "suv",
    "motorcycle": "sedan",
}
_LIKE_MAKE = {
    "Ram": "Dodge",
    "Dodge": "Chrysler",
    "Chrysler": "Dodge",
    "GMC": "Chevrolet",
    "Chevrolet": "GMC",
    "Hyundai": "Kia",
    "Kia": "Hyundai",
    "Toyota": "Lexus",
}


@dataclass(frozen=True)
class Look:
    """What the camera reports of one pass. Guesses are (value, confidence 0-1), best first.

    `misread_at` is the index of the character it got wrong, which a real camera does not know;
    None when the plate is right. `state` is "" when it saw none.
    """

    plate: str
    confidence: float
    candidates: Guesses
    state: str
    state_confidence: float | None
    make: Guesses
    model: Guesses
    color: Guesses
    body: Guesses
    misread_at: int | None


def look(rng: Random, vehicle: Vehicle, *, night: bool, clearly: bool = False) -> Look:
    """One observation. `clearly` keeps plate and state right, for a pass that must be seen."""
    misread_at = None
    if not clearly and rng.random() < MISREAD_SHARE:
        misread_at = _weak_place(rng, vehicle.plate)
    if misread_at is None:
        plate, confidence = vehicle.plate, round(rng.triangular(0.84, 0.995, 0.97), 3)
    else:
        twin = rng.choice(_twins(vehicle.plate[misread_at]))
        plate = _with(vehicle.plate, misread_at, twin)
        confidence = round(rng.triangular(0.62, 0.95, 0.84), 3)
    state, state_confidence = _state(rng, vehicle.state, clearly=clearly)
    return Look(
        plate=plate,
        confidence=confidence,
        candidates=_candidates(rng, vehicle.plate, plate, confidence),
        state=state,
        state_confidence=state_confidence,
        make=_guess(rng, vehicle.make, _LIKE_MAKE.get(vehicle.make, "Ford"), 0.06),
        model=((vehicle.model, round(rng.uniform(0.45, 0.9), 3)),),
        color=_guess(
            rng, vehicle.color, rng.choice(_LIKE_COLOR[vehicle.color]), 0.16 if night else 0.08
        ),
        body=_guess(rng, vehicle.body, _LIKE_BODY[vehicle.body], 0.04),
        misread_at=misread_at,
    )


def look_alike_plate(rng: Random, plate: str) -> str | None:
    """A plate one documented confusion away from `plate`, or None when it has no such character."""
    places = [n for n, char in enumerate(plate) if char in TWINS]
    if not places:
        return None
    at = rng.choice(places)
    return _with(plate, at, rng.choice(TWINS[plate[at]]))


def _twins(char: str) -> str:
    return TWINS.get(char) or _LAST_RESORT[char]


def _weak_place(rng: Random, plate: str) -> int | None:
    places = [n for n, char in enumerate(plate) if char in TWINS]
    places = places or [n for n, char in enumerate(plate) if char in _LAST_RESORT]
    return rng.choice(places) if places else None


def _with(plate: str, at: int, char: str) -> str:
    return plate[:at] + char + plate[at + 1 :]


def _candidates(rng: Random, truth: str, plate: str, confidence: float) -> Guesses:
    """Other readings: mostly the truth when misread, and a twin of a weak character."""
    found: list[str] = []
    if plate != truth and rng.random() < 0.8:
        found.append(truth)
    at = _weak_place(rng, plate)
    if at is not None and rng.random() < 0.5:
        other = _with(plate, at, rng.choice(_twins(plate[at])))
        if other not in (plate, truth):
            found.append(other)
    guesses = []
    for text in found:
        confidence = round(confidence * rng.uniform(0.72, 0.97), 3)
        guesses.append((text, confidence))
    return tuple(guesses)


def _state(rng: Random, state: str, *, clearly: bool) -> tuple[str, float | None]:
    chance = 1.0 if clearly else rng.random()
    if chance < NO_STATE_SHARE:
        return "", None
    if chance < NO_STATE_SHARE + STATE_WRONG_SHARE:
        others = [other for other in STATE_SHARES if other != state]
        return rng.choice(others), round(rng.uniform(0.4, 0.8), 3)
    return state, round(rng.triangular(0.6, 0.99, 0.93), 3)


def _guess(rng: Random, truth: str, other: str, wrong_share: float) -> Guesses:
    first, second = (other, truth) if rng.random() < wrong_share else (truth, other)
    best = rng.uniform(0.55, 0.94)
    return ((first, round(best, 3)), (second, round((1 - best) * rng.uniform(0.4, 0.9), 3)))
