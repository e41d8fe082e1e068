"""How sure the numbers are: intervals for shares, and a bootstrap over pairs and innocents."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np

from quality.generating import Numbers

PER = 100_000
"""False alerts are given per so many innocent reads."""
Z = 1.96
RESAMPLES = 400
_WORK = 4_000_000
"""Pairs times resamplings, so that large files do not take for ever; at least 50 are made."""


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    if not count:
        return 0.0, 1.0
    share = hits / count
    middle = share + Z * Z / (2 * count)
    width = Z * sqrt(share * (1 - share) / count + Z * Z / (4 * count * count))
    below = 1 + Z * Z / count
    return max(0.0, (middle - width) / below), min(1.0, (middle + width) / below)


@dataclass(frozen=True)
class Rate:
    """False alerts: how many of `reads` innocent ones."""

    alerts: int
    reads: int

    @property
    def per(self) -> float:
        """Per PER reads."""
        return self.alerts / self.reads * PER

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, per PER reads."""
        low, high = wilson(self.alerts, self.reads)
        return low * PER, high * PER


@dataclass(frozen=True)
class Share:
    """A share found, and half of its 95 % interval by resampling pairs."""

    found: float
    plus_minus: float


@dataclass(frozen=True)
class Sweep:
    """The scores of wanted reads, (pairs, rounds), and the best score of each innocent read."""

    wanted: Numbers
    innocent: Numbers

    @cached_property
    def ordered(self) -> Numbers:
        """The innocents' scores, the highest first."""
        return -np.sort(-self.innocent)

    def threshold(self, alerts: int) -> float:
        """Scores above it alert: `alerts` innocents at most."""
        return float(self.ordered[min(max(alerts, 0), len(self.innocent) - 1)])

    def found(self, threshold: float) -> float:
        """The share of wanted reads that score above it."""
        return float((self.wanted > threshold).mean()) if self.wanted.size else 0.0

    def rate(self, threshold: float) -> Rate:
        """The innocents that score above it."""
        return Rate(int((self.innocent > threshold).sum()), len(self.innocent))

    def share(self, alerts: int, seed: int) -> Share:
        """What is found with `alerts` innocents alerting; the resampling is of pairs, and of the
        innocents by drawing that number from a Poisson distribution."""
        rng = np.random.default_rng([seed, alerts, 71])
        ordered, many = self.ordered, _resamples(len(self.wanted))
        places = np.minimum(rng.poisson(alerts, size=many), len(ordered) - 1)
        means = [_again((self.wanted > ordered[p]).mean(axis=1), rng) for p in places.tolist()]
        found = self.found(self.threshold(alerts))
        return Share(found, _half(found, means, len(self.wanted)))

    def curve(self, most: int = 400) -> list[tuple[float, float]]:
        """(false alerts per PER, share found) down to the lowest score looked at."""
        ordered = self.ordered
        known = int(np.isfinite(ordered).sum())
        places = np.unique(np.geomspace(1, max(known, 2), most).astype(int))
        return [
            (place / len(ordered) * PER, self.found(float(ordered[place])))
            for place in places.tolist()
            if place < len(ordered)
        ]


def share_of(flags: Numbers, seed: int) -> Share:
    """The share of a rule's yes in (pairs, rounds)."""
    rng = np.random.default_rng([seed, 72])
    by_pair = flags.mean(axis=1)
    means = [_again(by_pair, rng) for _ in range(_resamples(len(by_pair)))]
    return Share(float(flags.mean()), float(Z * np.std(means)))


def _half(found: float, means: list[float], pairs: int) -> float:
    """Half of the 95 % interval. Where all or none were found drawing them again shows no spread,
    however few they are: there it is at least that of Wilson's interval."""
    half = float(Z * np.std(means))
    if found not in {0.0, 1.0}:
        return half
    low, high = wilson(round(found * pairs), pairs)
    return max(half, (high - low) / 2)


def _again(by_pair: Numbers, rng: np.random.Generator) -> float:
    """The mean over as many pairs, drawn again from these."""
    return float(by_pair[rng.integers(len(by_pair), size=len(by_pair))].mean())


def _resamples(pairs: int) -> int:
    return max(50, min(RESAMPLES, _WORK // max(1, pairs)))
