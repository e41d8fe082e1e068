"""Traffic: who passes which camera when. Pure, endless, in time order, the same for a seed.

Residents come back, strangers drive through. Among them, now and then, a wanted car, and the
innocent look-alikes that make the work hard: one confusable character away from a wanted plate,
or the same number of another state, on another vehicle.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from heapq import heappop, heappush, merge
from itertools import count, pairwise
from math import inf
from random import Random
from typing import Literal

from simulator.eyes import look_alike_plate
from simulator.town import CAMERAS, ROUTES, Camera, drive_seconds
from simulator.vehicles import SERIES, Vehicle, draw_vehicle
from simulator.wanted import WANTED, Wanted

Role = Literal["ordinary", "look-alike", "wanted"]

RESIDENTS = 1500
RESIDENT_SHARE = 0.6

DENSE = 200.0
"""Above this many reads a second a town this small would have no room for the cars that are on
their way between cameras: there, every pass is a car of its own."""

_AWAY = 900.0  # seconds that a resident who was on the road is not met again

_DRIVE, _HALT = (0.9, 1.35), (0.0, 25.0)  # of the free drive; seconds at signals
_DRIVE_MEAN, _HALT_MEAN = sum(_DRIVE) / 2, sum(_HALT) / 2
_READS_A_WEIGHT = sum(len(r.cameras) * r.weight for r in ROUTES)


@dataclass(frozen=True, slots=True)
class Pass:
    """A vehicle in front of a camera, `at` seconds after the start.

    `first` marks the first pass of the run that is of a wanted car.
    """

    at: float
    camera: Camera
    vehicle: Vehicle
    role: Role = "ordinary"
    first: bool = False


@dataclass(frozen=True, slots=True)
class Trip:
    """A drive through the town that starts `at` seconds after the start, past these cameras."""

    at: float
    vehicle: Vehicle
    cameras: tuple[str, ...]
    role: Role = "ordinary"
    first: bool = False


@dataclass(frozen=True)
class Mix:
    """How much of what. `rate` is ordinary reads a second over all cameras; times are seconds."""

    rate: float = 2.0
    seed: int = 1
    first_wanted: float = 5.0
    wanted_every: float = 25.0
    look_alike_every: float = 60.0


def passes(mix: Mix, wanted: tuple[Wanted, ...] = WANTED) -> Iterator[Pass]:
    """Every pass from the start on, for ever, in order of time.

    Cars that entered the town before the start are on their way already, so the rate is there at
    once. Each trip takes its own time between cameras; a resident is never in two places.
    """
    drives = merge(
        _ordinary(mix, wanted), _wanted(mix, wanted), _look_alikes(mix, wanted), key=lambda t: t.at
    )
    rng = Random(f"{mix.seed} roads")
    waiting: list[tuple[float, int, Pass]] = []
    number = count()
    for trip in drives:
        while waiting and waiting[0][0] <= trip.at:
            yield heappop(waiting)[2]
        for one in _drive(rng, trip):
            heappush(waiting, (one.at, next(number), one))


def _drive(rng: Random, trip: Trip) -> Iterator[Pass]:
    at, before = trip.at, None
    for camera in (CAMERAS[name] for name in trip.cameras):
        if before is not None:
            at += drive_seconds(before, camera) * rng.uniform(*_DRIVE) + rng.uniform(*_HALT)
        yield Pass(at, camera, trip.vehicle, trip.role, trip.first and before is None)
        before = camera


def _ordinary(mix: Mix, wanted: tuple[Wanted, ...]) -> Iterator[Trip]:
    """Trips as a Poisson process, those that began before the start from where they are."""
    if mix.rate <= 0:
        return
    rng = Random(f"{mix.seed} ordinary")
    sought = frozenset(w.vehicle.plate for w in wanted)
    residents = [draw_vehicle(rng, sought) for _ in range(RESIDENTS)]
    home_at = [0.0] * RESIDENTS
    starts = _starts(whole=mix.rate <= DENSE)
    a_weight = mix.rate / _READS_A_WEIGHT
    at = 0.0
    while True:
        starts = [s for s in starts if s.until > at]
        weights = [s.weight for s in starts]
        at += rng.expovariate(a_weight * sum(weights))
        who = rng.randrange(RESIDENTS)
        if rng.random() < RESIDENT_SHARE and home_at[who] <= at:
            home_at[who] = at + _AWAY
            vehicle = residents[who]
        else:
            vehicle = draw_vehicle(rng, sought)
        yield Trip(at, vehicle, rng.choices(starts, weights)[0].cameras)


@dataclass(frozen=True, slots=True)
class _Start:
    """Cars that pass these cameras from here on, as long as `until` seconds after the start."""

    cameras: tuple[str, ...]
    weight: int
    until: float


def _starts(*, whole: bool) -> list[_Start]:
    """Where trips begin: at a route's first camera for ever, and midway for those on their way."""
    if not whole:
        return [_Start((c,), r.weight, inf) for r in ROUTES for c in r.cameras]
    found = []
    for route in ROUTES:
        found.append(_Start(route.cameras, route.weight, inf))
        so_far = 0.0
        for n, (before, camera) in enumerate(pairwise(route.cameras), start=1):
            mean = drive_seconds(CAMERAS[before], CAMERAS[camera]) * _DRIVE_MEAN + _HALT_MEAN
            so_far += mean
            found.append(_Start(route.cameras[n:], route.weight, so_far))
    return found


def _wanted(mix: Mix, wanted: tuple[Wanted, ...]) -> Iterator[Trip]:
    if not wanted or mix.wanted_every <= 0:
        return
    rng = Random(f"{mix.seed} wanted")
    at = mix.first_wanted
    for n in count():
        one = wanted[n % len(wanted)]
        yield Trip(at, one.vehicle, one.route, "wanted", first=n == 0)
        at += mix.wanted_every * rng.uniform(0.7, 1.3)


def _look_alikes(mix: Mix, wanted: tuple[Wanted, ...]) -> Iterator[Trip]:
    if not wanted or mix.look_alike_every <= 0:
        return
    rng = Random(f"{mix.seed} look-alikes")
    at = mix.look_alike_every * 0.6
    while True:
        one = rng.choice(wanted)
        yield Trip(at, look_alike(rng, one.vehicle), rng.choice(ROUTES).cameras, "look-alike")
        at += mix.look_alike_every * rng.uniform(0.7, 1.3)


def look_alike(rng: Random, vehicle: Vehicle) -> Vehicle:
    """An innocent vehicle with nearly this plate: a twin character, or another state."""
    other = draw_vehicle(rng)
    twin = look_alike_plate(rng, vehicle.plate) if rng.random() < 0.6 else None
    if twin is not None:
        return replace(other, plate=twin, state=vehicle.state)
    state = rng.choice([s for s in SERIES if s != vehicle.state])
    return replace(other, plate=vehicle.plate, state=state)
