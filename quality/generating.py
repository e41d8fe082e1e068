"""Vehicles, what a list says of them, and what a camera sees of them: columns, from one seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matchers.characters import Codes
from quality import noise, plates, vehicles
from quality.texts import Ints, keys, texts

Numbers = npt.NDArray[np.float64]
_COLUMNS = ("plates", "states", "makes", "colors", "bodies")

UNKNOWN = -1
"""Of a state, make, color or body: nothing is said."""


@dataclass(frozen=True)
class Vehicles:
    """Columns of one length: true plates and descriptions. States are numbers of plates.STATES,
    makes, colors and bodies of quality.vehicles; UNKNOWN where a list says nothing."""

    plates: Codes
    states: Ints
    makes: Ints
    colors: Ints
    bodies: Ints

    def __len__(self) -> int:
        return len(self.plates)

    def at(self, rows: Ints | npt.NDArray[np.bool_]) -> Vehicles:
        """Some of them."""
        return Vehicles(
            self.plates[rows], self.states[rows], self.makes[rows], self.colors[rows],
            self.bodies[rows],
        )  # fmt: skip


@dataclass(frozen=True)
class Sightings:
    """What cameras saw, columns of one length. A confidence of NaN: the camera gave none.

    `candidates` are its other readings, best first, with their confidences.
    """

    texts: list[str]
    states: Ints
    makes: Ints
    colors: Ints
    bodies: Ints
    sure: dict[str, Numbers]
    """Confidence of "plate", "state", "make", "color", "body"."""
    candidates: list[tuple[tuple[str, float], ...]]

    def __len__(self) -> int:
        return len(self.texts)


def draw(count: int, rng: np.random.Generator) -> Vehicles:
    """Vehicles of the country; several may have one plate text, in different states or not."""
    states = plates.draw_states(count, rng)
    return Vehicles(plates.draw(states, rng), states, *describe(count, rng))


def describe(count: int, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Makes, colors and bodies by their shares."""
    make, color, body = (aspect.draw(count, rng) for aspect in vehicles.ASPECTS)
    return make, color, body


def vehicle_keys(some: Vehicles) -> npt.NDArray[np.uint64]:
    """One number a plate and state. 60 bits of text leave 4; the state is mixed in (odd factor),
    so that equal numbers are equal plates and states but for one chance in 10**13 a pair."""
    mixed: npt.NDArray[np.uint64] = keys(some.plates) ^ (
        (some.states.astype(np.int64) + 1).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    )
    return mixed


def apart_from(count: int, wanted: Vehicles, rng: np.random.Generator) -> Vehicles:
    """Innocent vehicles: none holds the plate and state of a wanted one, nor the plate of one whose
    state is not known."""
    held = np.sort(vehicle_keys(wanted))
    anywhere = np.sort(keys(wanted.plates[wanted.states == UNKNOWN]))
    found = draw(count, rng)
    for _ in range(50):
        bad = np.flatnonzero(_isin(vehicle_keys(found), held) | _isin(keys(found.plates), anywhere))
        if not len(bad):
            return found
        again = draw(len(bad), rng)
        for name in _COLUMNS:
            getattr(found, name)[bad] = getattr(again, name)
    keep = np.ones(count, dtype=bool)
    keep[bad] = False
    return found.at(keep)


def _isin(some: npt.NDArray[np.uint64], ordered: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    if not len(ordered):
        return np.zeros(len(some), dtype=bool)
    at = np.minimum(np.searchsorted(ordered, some), len(ordered) - 1)
    return np.asarray(ordered[at] == some)


def see(true: Vehicles, read: list[str], rng: np.random.Generator) -> Sightings:
    """What cameras see of `true` vehicles whose plates they read as `read`: states, makes, colors
    and bodies wrong as often as quality.noise says, with confidences; no plate confidence."""
    states, sure_state = _seen_state(true.states, rng)
    seen: dict[str, Ints] = {}
    sure: dict[str, Numbers] = {"plate": np.full(len(read), np.nan), "state": sure_state}
    for aspect, values, wrong, near in (
        (vehicles.MAKE, true.makes, noise.MAKE_WRONG, noise.MAKE_NEAR),
        (vehicles.COLOR, true.colors, noise.COLOR_WRONG, noise.COLOR_NEAR),
        (vehicles.BODY, true.bodies, noise.BODY_WRONG, noise.BODY_NEAR),
    ):
        seen[aspect.name] = _seen(values, aspect.mixed_up(near), wrong, rng)
        sure[aspect.name] = noise.confidences(seen[aspect.name] == values, rng)
    nothing: list[tuple[tuple[str, float], ...]] = [()] * len(read)
    return Sightings(
        read, states, seen["make"], seen["color"], seen["body"], sure, nothing
    )  # fmt: skip


def _seen_state(true: Ints, rng: np.random.Generator) -> tuple[Ints, Numbers]:
    other = plates.draw_states(len(true), rng)
    for _ in range(100):
        same = np.flatnonzero(other == true)
        if not len(same):
            break
        other[same] = plates.draw_states(len(same), rng)
    wrong = rng.random(len(true)) < noise.STATE_WRONG
    states = np.where(wrong, other, true)
    return states, noise.confidences(~wrong, rng)


def _seen(true: Ints, instead: Numbers, share: float, rng: np.random.Generator) -> Ints:
    """Each true value, or with `share` one drawn from its row of `instead`."""
    ends = np.cumsum(instead[true], axis=1)
    other = np.minimum((rng.random(len(true))[:, None] > ends).sum(axis=1), instead.shape[1] - 1)
    return np.where(rng.random(len(true)) < share, other, true)


def read_by_cameras(
    true: Vehicles, errors: noise.Errors, rng: np.random.Generator
) -> tuple[list[str], npt.NDArray[np.bool_]]:
    """(texts read, which of them are misread): right but for noise.MISREAD of them."""
    read = texts(true.plates)
    wrong = rng.random(len(read)) < noise.MISREAD
    for at in np.flatnonzero(wrong).tolist():
        read[at] = errors.misread(read[at], rng)
    return read, wrong


def joined(one: Vehicles, other: Vehicles) -> Vehicles:
    """One after the other."""
    return Vehicles(*(np.concatenate((getattr(one, n), getattr(other, n))) for n in _COLUMNS))
