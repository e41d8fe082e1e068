"""What vehicles' looks weigh beside an entry's facts: vehicle_tables.log_ratio, compiled."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from math import log
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.read import Read
from domain.vehicle import Guess, VehicleSeen
from matchers.compiled import compiled, compiled_making
from matchers.facts import FACTS
from matchers.vehicle_model import MODEL_MOST
from matchers.vehicle_tables import ASPECTS, RATIO, SURE, UNSAID, known_numbers

Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

_MANY = len(ASPECTS)
_COLUMNS = tuple(FACTS.index(aspect) for aspect in ASPECTS)
_COLOR2 = FACTS.index("color2")
_COLOR = ASPECTS.index("color")
_UNSURE = 1 - SURE
_NOTHING = VehicleSeen()


class Looks(NamedTuple):
    """The guesses of a batch's vehicles, aspect by aspect: those of aspect a (of ASPECTS) of read r
    stand from ends[a * reads + r] up to the next; a share that is NaN was not given. `model`: by
    read whether a model was said."""

    ends: Numbers
    numbers: Numbers
    shares: Floats
    model: npt.NDArray[np.bool_]


class Ratios(NamedTuple):
    """vehicle_tables.RATIO of all aspects [aspect, seen, expected], and ln of the most that each
    word says for any entry [aspect, seen]."""

    ratios: Floats
    most: Floats


def looks_of(reads: Sequence[Read]) -> Looks:
    """What these reads say of their vehicles."""
    seen = [read.vehicle or _NOTHING for read in reads]
    ends, numbers = [0], list[int]()
    guesses: list[Guess] = []
    for number, said in (
        (known_numbers("make"), [one.make for one in seen]),
        (known_numbers("color"), [one.color for one in seen]),
        (known_numbers("body"), [one.body for one in seen]),
        (known_numbers("plate_type"), [one.plate_type for one in seen]),
    ):
        these = list(chain.from_iterable(said))
        numbers += [number[guess.value] for guess in these]
        guesses += these
        ends += map(len, said)
    return Looks(
        np.array(ends, dtype=np.int64).cumsum(),
        np.array(numbers, dtype=np.int64),
        np.array([guess.confidence for guess in guesses], dtype=np.float64),
        np.array([bool(one.model) for one in seen]),
    )


@lru_cache(maxsize=1)
def ratios() -> Ratios:
    """Of every word."""
    size = max(len(RATIO[aspect]) for aspect in ASPECTS)
    table, most = np.ones((_MANY, size, size)), np.zeros((_MANY, size))
    for n, aspect in enumerate(ASPECTS):
        of = RATIO[aspect]
        table[n, : len(of), : len(of)] = of
        most[n, : len(of)] = [log(max(1.0, each)) for each in of.max(axis=1).tolist()]
    return Ratios(table, most)


@compiled
def looks_most(read: int, looks: Looks, by: Ratios) -> float:
    """No entry gets more than this from `looks_ratio` and the model: what the word that says most
    says of the entry that it fits best."""
    total = MODEL_MOST if looks.model[read] else 0.0
    for aspect in range(_MANY):
        place, best = aspect * len(looks.model) + read, 0.0
        for at in range(looks.ends[place], looks.ends[place + 1]):
            best = max(best, by.most[aspect, looks.numbers[at]])
        total += best
    return total


@compiled
def looks_ratio(read: int, looks: Looks, by: Ratios, facts: Bytes) -> float:
    """The weights of make, color, body and plate type together, beside an entry's facts
    (matchers.facts). The model is not in it."""
    sum_of_all = 0.0
    for aspect in range(_MANY):
        place = aspect * len(looks.model) + read
        begin, end = looks.ends[place], looks.ends[place + 1]
        wanted = facts[_COLUMNS[aspect]]
        if begin == end or wanted == 0:
            continue
        also = facts[_COLOR2] if aspect == _COLOR else 0
        left, total = 1.0, 0.0
        for at in range(begin, end):
            share = looks.shares[at]
            if np.isnan(share):
                share = UNSAID * left if left > 0.0 else 0.0
            ratio = by.ratios[aspect, looks.numbers[at], wanted]
            if also:
                ratio = (ratio + by.ratios[aspect, looks.numbers[at], also]) / 2
            total += share * ratio
            left -= share
        if left < _UNSURE:
            total *= SURE / (1.0 - left)
            left = _UNSURE
        sum_of_all += np.log(total + left)
    return sum_of_all


@compiled_making
def could_be(reads: int, looks: Looks, by: Ratios, facts: Bytes) -> npt.NDArray[np.bool_]:
    """(reads,): whether something seen speaks for an entry with these facts: what agrees in two
    aspects does."""
    fits = np.empty(reads, dtype=np.bool_)
    for read in range(reads):
        fits[read] = looks_ratio(read, looks, by, facts) > -1e-9
    return fits
