"""What a vehicle's looks weigh beside an entry's facts: the sum of vehicle_features, by numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import log

from domain.entry import Entry
from domain.read import Read
from domain.vehicle import VehicleSeen
from matchers.described import near_enough
from matchers.facts import facts_of
from matchers.vehicle_model import MODEL_MOST
from matchers.vehicle_tables import ASPECTS, RATIO, bounds, log_ratio, number_of


def vehicle_log_ratio(vehicle: VehicleSeen | None, facts: Sequence[int]) -> float:
    """The weights of make, color, body and plate type together. `facts` is a row (matchers.facts).
    The model is not in it."""
    if vehicle is None:
        return 0.0
    total = 0.0
    _, make, color, color2, body, plate_type, *_ = facts
    if make and vehicle.make:
        total += log_ratio("make", vehicle.make, (make,))
    if color and vehicle.color:
        total += log_ratio("color", vehicle.color, (color, color2) if color2 else (color,))
    if body and vehicle.body:
        total += log_ratio("body", vehicle.body, (body,))
    if plate_type and vehicle.plate_type:
        total += log_ratio("plate_type", vehicle.plate_type, (plate_type,))
    return total


def most(vehicle: VehicleSeen | None) -> float:
    """No entry gets more than this from `vehicle_log_ratio` and its model: what the word that says
    most says of the entry that it fits best."""
    if vehicle is None:
        return 0.0
    total = MODEL_MOST if vehicle.model else 0.0
    for said, guesses in (
        (_MAKE, vehicle.make),
        (_COLOR, vehicle.color),
        (_BODY, vehicle.body),
        (_PLATE_TYPE, vehicle.plate_type),
    ):
        if guesses:
            first = said[guesses[0].value]
            total += first if len(guesses) == 1 else max(said[g.value] for g in guesses)
    return total


@lru_cache(maxsize=1)
def looks_most() -> float:
    """No vehicle gets more than this from `vehicle_log_ratio` and its model."""
    return sum(bounds(aspect)[1] for aspect in ASPECTS) + MODEL_MOST


class _Most(dict[str, float]):
    """ln of the most that a camera's word says for any entry, by the word."""

    def __init__(self, aspect: str) -> None:
        super().__init__()
        self._aspect = aspect

    def __missing__(self, text: str) -> float:
        if len(self) >= 8192:
            self.clear()
        row = RATIO[self._aspect][number_of(self._aspect, text)]
        self[text] = found = log(max(1.0, float(row.max())))
        return found


_MAKE, _COLOR, _BODY, _PLATE_TYPE = map(_Most, ASPECTS)


def could_be(reads: Sequence[Read], entry: Entry) -> Iterable[int]:
    """Positions of the reads that may be a vehicle that is only described: near enough, and with
    something seen that speaks for it (what agrees in two aspects does)."""
    facts = facts_of(entry.state, entry.make, entry.color, entry.style, entry.plate_type)
    for position, read in enumerate(reads):
        if vehicle_log_ratio(read.vehicle, facts) > 0 and near_enough(read, entry.area):
            yield position
