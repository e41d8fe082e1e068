"""From an alert budget to a threshold, by how the scores of an agency's own reads are spread. Pure.

Expected false alerts a day at a threshold are the reads counted at or above it, less those that
people verified as true, by the days they were counted in. A read is not yet an alert (the same
vehicle read five times is one alert), so this expects rather too many than too few. Where too few
reads are counted an exponential tail goes on (alerts.tails). The numbers in capitals are judgement.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import exp
from typing import Literal

import numpy as np

from alerts.tails import Tail
from matchers.tally import HIGHEST, LOWEST, WIDTH, Counts, bin_of, edge
from matchers.thresholds import STANDARD

DAYS = 14
"""Whole days of the agency's calendar that are looked back on."""
ENOUGH_READS = 20_000
LEAST, MOST = -6.0, 12.0
"""No threshold is lower (1 in 400 right, matchers.tally.FLOOR) or higher: beyond, odd traffic
would decide, not odds."""
STEP = 1.0
"""A threshold moves by so much a day at most, unless a person asks for another budget: a storm of
odd reads must not blind an agency."""
AHEAD = timedelta(days=1)
"""Two couriers' clocks may be on different days around midnight. A day further ahead than that was
no day: a clock was wrong, and what it set must not stand until that day comes (judgement)."""
EXACT_ONLY = 99.0
"""A threshold that nothing reaches: exact readings only, which need none."""

How = Literal["counted", "extrapolated", "not measured", "exact only"]


@dataclass(frozen=True)
class Measured:
    """What was counted: `days` with reads, from `first` to `last`; `counts` (PRIORITIES, BINS)
    without what people verified as true."""

    counts: Counts
    reads: int = 0
    days: int = 0
    first: date | None = None
    last: date | None = None

    @property
    def enough(self) -> bool:
        """Whether thresholds may rest on it."""
        return self.days >= 1 and self.reads >= ENOUGH_READS

    @property
    def reads_a_day(self) -> float:
        """Reads of a day with reads."""
        return self.reads / self.days if self.days else 0.0


@dataclass(frozen=True)
class Outlook:
    """False alerts a day to be expected at a threshold; `low` and `high` bound it (about 95 %)."""

    how: How
    expected: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Setting:
    """The threshold in force for a priority, the budget that it was made for, and the day of the
    agency's calendar on which it was last computed."""

    threshold: float
    budget: float
    looked_on: date

    def is_of(self, today: date) -> bool:
        """Whether it was computed today, by this clock or by one that is a little ahead."""
        return today <= self.looked_on <= today + AHEAD


@dataclass(frozen=True)
class Choice:
    """`threshold` for a priority; `aim` is where it is going, a step a day. `why` is a sentence."""

    priority: int
    budget: float
    threshold: float
    aim: float
    why: str


def without(counts: Counts, true: Counts) -> Counts:
    """Counts less those of matches that people verified; never below nothing."""
    less: Counts = np.maximum(counts - true, 0)
    return less


def outlook(measured: Measured, priority: int, threshold: float) -> Outlook:
    """What to expect at a threshold. A threshold between two bins counts from the lower one."""
    if threshold >= EXACT_ONLY:
        return Outlook("exact only", 0.0, 0.0, 0.0)
    if not measured.enough:
        return Outlook("not measured")
    days = measured.days
    tail = Tail.of(measured.counts[priority - 1])
    here = _bin(threshold)
    found, seen = tail.expected(here), tail.above(here)
    if tail.counted(here):
        spread = 1.96 * max(seen, 1) ** 0.5
        return Outlook(
            "counted", found / days, max(seen - spread, 0) / days, (seen + spread) / days
        )
    return Outlook("extrapolated", found / days, seen / days, tail.highest(here) / days)


def aim(measured: Measured, priority: int, budget: float) -> float:
    """The least threshold from LEAST to MOST at which no more than the budget is to be expected;
    MOST when there is none, EXACT_ONLY for a budget of 0, STANDARD when too little was measured.

    Not below STANDARD when fewer than FEW reads came near anything of the priority: that is what an
    agency without such a list measures, and the first long list would flood it.
    """
    if budget <= 0:
        return EXACT_ONLY
    if not measured.enough:
        return STANDARD
    tail = Tail.of(measured.counts[priority - 1])
    for here in range(_bin(LEAST if tail.known else STANDARD), _bin(MOST)):
        if tail.expected(here) <= budget * measured.days:
            return edge(here)
    return MOST


def choose(
    measured: Measured, priority: int, budget: float, before: Setting | None, today: date
) -> Choice:
    """The threshold from now on. `before` is the one in force; None: the standard one, just begun.

    It moves once a day, and by STEP at most; at once when the budget is another one than before,
    and up to STANDARD, which is as sharp as one that measured nothing yet: a long list that came
    yesterday must not flood an agency for days.
    """
    goal = aim(measured, priority, budget)
    begin = Setting(STANDARD, budget, date.min) if before is None else before
    to = goal
    if begin.budget == budget and goal < EXACT_ONLY:
        if begin.is_of(today):
            to = begin.threshold
        elif begin.threshold < EXACT_ONLY:
            to = min(max(goal, begin.threshold - STEP), max(begin.threshold + STEP, STANDARD))
    return Choice(priority, budget, to, goal, _why(measured, priority, budget, to, goal))


def at_once(measured: Measured, priority: int, budget: float) -> Choice:
    """What a budget gives when somebody asks for it anew, without steps."""
    goal = aim(measured, priority, budget)
    return Choice(priority, budget, goal, goal, _why(measured, priority, budget, goal, goal))


def odds(threshold: float) -> str:
    """How often what just reaches a threshold is right: "1 in 3 right", "98 in 100 right"."""
    if threshold >= EXACT_ONLY:
        return "exact readings only"
    if threshold <= 0:
        return f"1 in {round(1 + exp(-threshold))} right"
    for of in (10, 100, 1_000, 10_000, 100_000, 1_000_000):
        wrong = of / (1 + exp(threshold))
        if wrong >= 1:
            return f"{of - round(wrong):,} in {of:,} right"
    return "all but 1 in 1,000,000 right"


def _why(measured: Measured, priority: int, budget: float, to: float, goal: float) -> str:
    if goal >= EXACT_ONLY:
        return "the budget is 0: exact readings only"
    if not measured.enough:
        said = (
            f"the standard threshold: {measured.reads:,} reads were measured in {_days(measured)}, "
            f"{ENOUGH_READS:,} in whole days are needed"
        )
    else:
        there = outlook(measured, priority, goal)
        assert there.expected is not None
        said = (
            f"{measured.reads:,} reads in {_days(measured)}: at {goal:g} about "
            f"{there.expected:.3g} false alerts a day, {there.how}, for a budget of {budget:,g}"
        )
        if not Tail.of(measured.counts[priority - 1]).known:
            said += f"; hardly a read came near, so it is not below {STANDARD:g}"
        if there.expected > budget:
            said += f"; no threshold is higher than {MOST:g}"
    if to != goal:
        said += f"; on the way there, {STEP:g} a day at most"
    return said


def _days(measured: Measured) -> str:
    return "1 day" if measured.days == 1 else f"{measured.days} days"


def _bin(threshold: float) -> int:
    return bin_of(min(max(threshold, LOWEST), HIGHEST - WIDTH))
