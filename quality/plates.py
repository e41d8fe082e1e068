"""Plates as they are on the road: which states, and which texts each of them gives out.

The facts are those of matchers.series: with one set of facts, what the harness draws and what the
engine expects agree better than they would on a road (docs/quality.md says what that means).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from matchers import series, state_words
from matchers.characters import CODE, WIDTH, Codes
from quality.texts import Ints

Shares = npt.NDArray[np.float64]

STATES: tuple[str, ...] = tuple(state_words.STATES)
"""NCIC codes; a state's number in every array of this package is its place here. Only states with
registered vehicles in matchers.series are drawn."""


@lru_cache(maxsize=1)
def shares() -> Shares:
    """Each state's share of the vehicles."""
    sizes = np.array([series.vehicle_share(state) for state in STATES])
    found: Shares = sizes / sizes.sum()
    return found


def draw_states(count: int, rng: np.random.Generator) -> Ints:
    """States of `count` vehicles, by their share of the vehicles of the country."""
    return rng.choice(len(STATES), size=count, p=shares())


def draw(states: Ints, rng: np.random.Generator) -> Codes:
    """One plate of each of `states`: of one of its series, or personalized."""
    rows = np.zeros((len(states), WIDTH), dtype=np.uint8)
    for number, state in enumerate(STATES):
        of_state = np.flatnonzero(states == number)
        if not len(of_state):
            continue
        several = series.templates(state)
        weights = np.array([one.share for one in several])
        which = rng.choice(len(several), size=len(of_state), p=weights / weights.sum())
        for n, one in enumerate(several):
            rows_at = of_state[which == n]
            for place, slot in enumerate(one.slots[:WIDTH]):
                known, odds = _odds(slot)
                rows[rows_at, place] = rng.choice(known, size=len(rows_at), p=odds)
    return rows


@lru_cache(maxsize=256)
def _odds(slot: str) -> tuple[npt.NDArray[np.uint8], Shares]:
    odds = series.odds(slot)
    values = np.array(list(odds.values()))
    return np.array([CODE[c] for c in odds], dtype=np.uint8), values / values.sum()


def state_for(text: str, rng: np.random.Generator) -> int:
    """A state whose series fits the text, by its share of vehicles; if none does, any."""
    return int(rng.choice(len(STATES), p=_fitting(text)))


@lru_cache(maxsize=65536)
def _fitting(text: str) -> Shares:
    fits = np.array([share > 0 and series.fits(text, state) for state, share in _by_share()])
    weights = np.where(fits, shares(), 0.0) if fits.any() else shares()
    found: Shares = weights / weights.sum()
    return found


@lru_cache(maxsize=1)
def _by_share() -> tuple[tuple[str, float], ...]:
    return tuple(zip(STATES, shares().tolist(), strict=True))
