"""Counting scores: each read and priority once, by its best, whichever way it is handed over."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.background_tables import state_number
from matchers.state_words import state_code
from matchers.tally import (
    BINS,
    FLOOR,
    HIGHEST,
    LOWEST,
    WIDTH,
    Tally,
    bin_of,
    edge,
)

SCORES = st.floats(-30, 40)
PAIRS = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4), SCORES), max_size=40)


@given(SCORES)
def test_a_score_lies_in_its_bin(score: float) -> None:
    at = bin_of(score)
    assert 0 <= at < BINS
    if LOWEST <= score < HIGHEST:
        assert edge(at) <= score < edge(at) + WIDTH


def test_the_scale_is_as_the_counts_in_the_database_say() -> None:
    assert (edge(0), edge(BINS - 1), BINS) == (-10.0, 19.75, 120)
    assert bin_of(1.25) == bin_of(1.499) == bin_of(1.5) - 1


@given(PAIRS)
def test_of_each_read_and_priority_the_best_score_counts_once(
    pairs: list[tuple[int, int, float]],
) -> None:
    one, other = Tally(), Tally()
    one.note_best(pairs)
    keys = {(at, priority) for at, priority, _ in pairs}
    for at, priority in keys:  # the slow and obvious way
        other.note(priority, max(score for a, p, score in pairs if (a, p) == (at, priority)))
    assert np.array_equal(one.counts, other.counts)
    assert one.counts.sum() == len({(at, p) for at, p, score in pairs if score >= FLOOR})


def test_the_best_score_counts_and_a_worse_one_of_the_same_read_does_not() -> None:
    tally = Tally()
    tally.note_best([(0, 2, 1.0), (0, 2, 3.0), (0, 2, -2.0), (1, 2, 0.5)])
    assert tally.counts[1, bin_of(3.0)] == 1
    assert tally.counts[1, bin_of(0.5)] == 1
    assert tally.counts.sum() == 2


def test_below_the_floor_and_what_is_no_number_counts_nowhere() -> None:
    tally = Tally()
    tally.note(1, FLOOR - 0.01)
    tally.note_best([(0, 1, float("nan"))])
    assert not tally
    tally.note(1, FLOOR)
    assert tally


@pytest.mark.parametrize("priority", [1, 2, 3, 4])
def test_taking_gives_everything_and_leaves_nothing(priority: int) -> None:
    tally = Tally()
    tally.note(priority, 2.0)
    tally.reads(100)
    given_up = tally.taken()
    assert not tally
    assert (given_up.read_count, given_up.counts[priority - 1, bin_of(2.0)]) == (100, 1)
    tally.reads(5)
    assert given_up.read_count == 100
    tally.merge(given_up)
    assert (tally.read_count, tally.counts.sum()) == (105, 1)


def test_what_is_beyond_every_number_is_in_the_first_or_last_bin() -> None:
    assert (bin_of(float("-inf")), bin_of(float("inf"))) == (0, BINS - 1)
    one = Tally()
    one.note(1, float("inf"))
    one.note(1, float("nan"))
    one.note_best([(0, 2, float("nan")), (0, 2, float("inf"))])
    assert (one.counts[0, BINS - 1], one.counts[1, BINS - 1], one.counts.sum()) == (1, 1, 2)


@given(st.lists(st.lists(st.sampled_from(["KS", "ne", "MO", "ZZ", ""])), max_size=5))
def test_states_are_counted_as_they_come_and_what_is_none_nowhere(batches: list[list[str]]) -> None:
    tally, whole = Tally(), Tally()
    for batch in batches:
        one = Tally()
        one.traffic(np.array([state_number(state_code(s)) for s in batch], dtype=np.int64))
        tally.merge(one)
        whole.merge(one.taken())
        assert not one.by_state()
    seen = Counter(state_code(s) for batch in batches for s in batch if s not in {"ZZ", ""})
    assert tally.by_state() == whole.by_state() == dict(seen)
    assert tally.taken().by_state() == dict(seen)
    assert not tally.by_state()
