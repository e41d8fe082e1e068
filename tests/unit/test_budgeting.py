"""From a budget to a threshold: what holds whatever the traffic is like."""

from __future__ import annotations

from datetime import date, timedelta
from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from alerts.budgeting import (
    ENOUGH_READS,
    EXACT_ONLY,
    LEAST,
    MOST,
    STEP,
    Measured,
    Setting,
    aim,
    choose,
    odds,
    outlook,
    without,
)
from alerts.tails import FASTEST, FEW, SLOWEST, Tail, no_surprise
from matchers.tally import BINS, FLOOR, PRIORITIES, Counts, bin_of, edge, no_counts
from matchers.thresholds import STANDARD

DAY = date(2026, 11, 22)
COUNTS = hnp.arrays(
    np.int64,
    (PRIORITIES, BINS),
    elements=st.one_of(st.just(0), st.integers(0, 5), st.integers(0, 1_000_000)),
    fill=st.just(0),
)
BUDGETS = st.one_of(st.just(0.0), st.floats(0.01, 10_000))
MEASURED = st.builds(
    Measured,
    counts=COUNTS,
    reads=st.sampled_from([0, 500, ENOUGH_READS, 2_000_000]),
    days=st.integers(1, 14),
)


def falling(rate: float, at_zero: float) -> Counts:
    """`at_zero` reads at or above 0 for each priority, falling by `rate` a unit of score."""
    counts = no_counts()
    for at in range(bin_of(FLOOR), BINS):
        above, beyond = (at_zero * exp(-rate * score) for score in (edge(at), edge(at + 1)))
        counts[:, at] = round(above) - round(beyond)
    return counts


def measured(counts: Counts, days: int = 14, reads: int = 1_000_000) -> Measured:
    return Measured(counts, reads, days, DAY - timedelta(days), DAY - timedelta(1))


@given(MEASURED, st.integers(1, 4), BUDGETS, BUDGETS)
def test_a_larger_budget_never_gives_a_higher_threshold(
    found: Measured, priority: int, one: float, other: float
) -> None:
    small, large = sorted((one, other))
    assert aim(found, priority, large) <= aim(found, priority, small)


@given(MEASURED, st.integers(1, 4), BUDGETS)
def test_a_threshold_stays_within_its_bounds_and_its_budget(
    found: Measured, priority: int, budget: float
) -> None:
    goal = aim(found, priority, budget)
    if budget == 0:
        assert goal == EXACT_ONLY
        return
    assert LEAST <= goal <= MOST
    there = outlook(found, priority, goal)
    if there.expected is not None and goal < MOST:
        assert there.expected <= budget + 1e-9


@given(MEASURED, st.integers(1, 4))
def test_a_higher_threshold_never_promises_more_false_alerts(
    found: Measured, priority: int
) -> None:
    tail = Tail.of(found.counts[priority - 1])
    promised = [tail.expected(at) for at in range(bin_of(LEAST), BINS)]
    assert promised == sorted(promised, reverse=True)
    assert all(tail.expected(at) >= tail.above(at) for at in range(bin_of(LEAST), BINS))
    assert all(tail.highest(at) >= tail.expected(at) for at in range(bin_of(LEAST), BINS))


@settings(max_examples=60)
@given(st.lists(st.tuples(MEASURED, st.integers(0, 3)), min_size=1, max_size=12), BUDGETS)
def test_odd_traffic_moves_a_threshold_by_a_step_a_day_at_most(
    days: list[tuple[Measured, int]], budget: float
) -> None:
    before, today = None, DAY
    for found, later in days:
        today += timedelta(later)
        choice = choose(found, 2, budget, before, today)
        if budget:
            old = before.threshold if before else STANDARD
            assert old - STEP <= choice.threshold <= max(old + STEP, STANDARD)
            if before is not None and not later:
                assert choice.threshold == old
        before = Setting(choice.threshold, budget, today)


@given(MEASURED, st.floats(LEAST, MOST), st.floats(0.01, 100))
def test_steps_end_where_they_aim(found: Measured, begin: float, budget: float) -> None:
    before = Setting(begin, budget, DAY)
    for later in range(1, int((MOST - LEAST) / STEP) + 2):
        choice = choose(found, 1, budget, before, DAY + timedelta(later))
        before = Setting(choice.threshold, budget, DAY + timedelta(later))
    assert before.threshold == aim(found, 1, budget)


def test_another_budget_counts_at_once_even_twice_a_day() -> None:
    found = measured(falling(0.8, 50_000))
    before = Setting(6.0, 5, DAY)
    choice = choose(found, 2, 500, before, DAY)
    assert choice.threshold == choice.aim == aim(found, 2, 500) < 5.0
    nothing = choose(found, 2, 0, Setting(choice.threshold, 500, DAY), DAY)
    assert nothing.threshold == EXACT_ONLY
    assert "exact readings only" in nothing.why
    again = choose(found, 2, 500, Setting(EXACT_ONLY, 0, DAY), DAY)
    assert again.threshold == choice.threshold


def test_what_was_counted_decides_where_enough_was_counted() -> None:
    counts = no_counts()
    counts[1, bin_of(2.0)] = 140
    counts[1, bin_of(1.0)] = 280
    found = measured(counts)
    assert aim(found, 2, 30) == LEAST
    assert aim(found, 2, 29.9) == 1.25
    assert aim(found, 2, 10) == 1.25
    there = outlook(found, 2, 1.25)
    assert (there.how, there.expected) == ("counted", 10)
    assert there.low is not None
    assert there.high is not None
    assert 8 < there.low < 10 < there.high < 12


def test_a_tail_too_thin_to_count_is_continued_and_never_too_steeply() -> None:
    found = measured(falling(1.6, 14_000))
    sharp = Tail.of(found.counts[0])
    assert sharp.rate == FASTEST
    goal = aim(found, 1, 0.1)
    there = outlook(found, 1, goal)
    assert there.how == "extrapolated"
    truly = 1_000 * exp(-1.6 * goal)
    assert there.expected is not None
    assert truly < there.expected <= 0.1
    slow = Tail.of(falling(0.4, 400)[0])
    assert SLOWEST < slow.rate < 0.4


def test_one_innocent_car_that_looks_wanted_each_morning_is_never_denied() -> None:
    counts = falling(1.0, 500)
    counts[2, bin_of(14.0)] = 5
    found = measured(counts, days=5)
    assert aim(found, 3, 1.5) < MOST
    assert aim(found, 3, 0.9) == MOST
    why = choose(found, 3, 0.9, Setting(MOST, 0.9, DAY), DAY + timedelta(1)).why
    assert "no threshold is higher than 12" in why


def test_an_agency_with_little_traffic_has_the_standard_threshold_and_hears_why() -> None:
    found = Measured(falling(1.0, 100), ENOUGH_READS - 1, 14)
    choice = choose(found, 1, 50, None, DAY)
    assert choice.threshold == STANDARD
    assert "19,999 reads were measured in 14 days, 20,000 in whole days are needed" in choice.why
    assert outlook(found, 1, STANDARD).how == "not measured"
    assert choose(Measured(no_counts()), 1, 50, None, DAY).threshold == STANDARD


def test_traffic_without_any_lookalike_still_promises_something() -> None:
    found = measured(no_counts(), days=1)
    assert aim(found, 1, 5) == STANDARD
    there = outlook(found, 1, LEAST)
    assert there.how == "extrapolated"
    assert there.expected is not None
    assert 0 < there.expected <= 3


@pytest.mark.parametrize(
    ("count", "most"), [(0, 2.996), (1, 4.744), (3, 7.754), (9, 15.705)]
)  # Poisson, one-sided 95 %: the tables' own numbers
def test_what_is_no_surprise_is_as_in_the_tables(count: int, most: float) -> None:
    assert no_surprise(count) == pytest.approx(most, rel=0.02)


def test_a_sharp_end_that_was_counted_is_believed() -> None:
    counts = no_counts()
    counts[1, bin_of(2.0)], counts[1, bin_of(8.0)] = 1_000, 4
    found = measured(counts, days=4)
    assert aim(found, 2, 5) == 2.25
    assert aim(found, 2, 0.9) > 4.0


def test_what_people_verified_is_no_false_alert() -> None:
    counts, true = no_counts(), no_counts()
    counts[0, 60], true[0, 60], true[0, 61] = 20, 15, 3
    left = without(counts, true)
    assert (left[0, 60], left[0, 61], left.sum()) == (5, 0, 5)


def test_ten_counts_are_counted_and_nine_are_not() -> None:
    for number, how in ((FEW, "counted"), (FEW - 1, "extrapolated")):
        counts = no_counts()
        counts[0, bin_of(3.0)] = number
        assert outlook(measured(counts), 1, 3.0).how == how


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (-4.0, "1 in 56 right"),
        (-0.75, "1 in 3 right"),
        (0.0, "1 in 2 right"),
        (1.0, "7 in 10 right"),
        (4.0, "98 in 100 right"),
        (6.75, "999 in 1,000 right"),
        (12.0, "999,994 in 1,000,000 right"),
        (EXACT_ONLY, "exact readings only"),
    ],
)
def test_odds_are_told_in_words(score: float, words: str) -> None:
    assert odds(score) == words
