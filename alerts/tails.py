"""How many reads score so high, also where too few were counted to say. Pure.

At or above a bin that FEW reads reach, what was counted stands. Beyond the highest such bin (the
anchor) an exponential tail goes on: its rate is fitted to the FIT highest reads (or all, when there
are fewer) by their mean excess, made slower by one standard error, and kept between SLOWEST and
FASTEST. Scores are ln odds, so among reads of innocent vehicles each unit more should be rarer by
at least e if the scores were perfect: FASTEST is that, and a tail that looks steeper is not
trusted. What was counted beyond the anchor is never denied: the estimate is at least that number,
and at most the most that would still be no surprise (95 %).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
import numpy.typing as npt

from matchers.tally import FLOOR, WIDTH, bin_of

FEW = 10
"""From so many on, a count stands: its error is a third of it (judgement)."""
FIT = 50
SLOWEST, FASTEST = 0.25, 1.0

_FLOOR = bin_of(FLOOR)


@dataclass(frozen=True)
class Tail:
    """`reached[b]`: reads counted in bin b or higher; not increasing. `rate` a unit of score."""

    reached: npt.NDArray[np.int64]
    anchor: int
    rate: float

    @classmethod
    def of(cls, counts: npt.NDArray[np.int64]) -> Tail:
        """From the counts of one priority, by bin."""
        reached = counts[::-1].cumsum()[::-1]
        return cls(reached, _highest(reached, FEW), _rate(counts, _highest(reached, FIT)))

    def above(self, at: int) -> int:
        """Reads counted in bin `at` or higher."""
        return int(self.reached[at])

    @property
    def known(self) -> bool:
        """Whether enough reads came near anything for a fit."""
        return self.above(_FLOOR) >= FEW

    def counted(self, at: int) -> bool:
        """Whether the count itself stands there."""
        return self.above(at) >= FEW

    def expected(self, at: int) -> float:
        """Reads to be expected in bin `at` or higher in as many days; not increasing with `at`."""
        return self._beyond(at, self.rate)

    def highest(self, at: int) -> float:
        """The same if the tail falls as slowly as any may."""
        return self._beyond(at, SLOWEST)

    def _beyond(self, at: int, rate: float) -> float:
        if at <= self.anchor:
            return max(float(self.above(at)), self._begin)
        falling = self._begin * exp(-rate * WIDTH * (at - self.anchor))
        return max(float(self.above(at)), min(falling, no_surprise(self.above(at))))

    @property
    def _begin(self) -> float:
        return max(float(self.above(self.anchor)), no_surprise(0))


def no_surprise(count: int) -> float:
    """The largest mean of which so few would still be counted one time in 20: Poisson, by Gehrels'
    approximation (Astrophysical Journal 303, 1986, equation 9), within a few percent."""
    more = count + 1
    root: float = 1 - 1 / (9 * more) + 1.645 / (3 * sqrt(more))
    return more * root * root * root


def _highest(reached: npt.NDArray[np.int64], least: int) -> int:
    """The highest bin that so many reach; the floor when none does."""
    enough = np.flatnonzero(reached >= least)
    return max(int(enough[-1]), _FLOOR) if len(enough) else _FLOOR


def _rate(counts: npt.NDArray[np.int64], begin: int) -> float:
    """Maximum likelihood for scores known by their bin: the bins above `begin` that reads lie, on
    average, are geometric."""
    beyond = counts[begin:]
    number = int(beyond.sum())
    if not number:
        return SLOWEST
    bins = float((beyond * np.arange(len(beyond))).sum()) / number
    if not bins:
        return FASTEST if number >= FIT else SLOWEST
    rate = log((1 + bins) / bins) / WIDTH
    return min(max(rate * (1 - 1 / sqrt(number)), SLOWEST), FASTEST)
