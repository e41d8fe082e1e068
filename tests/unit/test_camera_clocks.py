"""Clocks: what may be said of a camera's clock, and what may not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameras.clocks import (
    A_MINUTE,
    BUCKETS,
    ENOUGH,
    GROUPING,
    OFF,
    OLDEST,
    ROBUST,
    WRONG,
    Envelope,
    Grade,
    Skew,
    grade,
    span,
    words,
)

NOW = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def reads(skew: float, delays: list[float], every: float = 1.0) -> tuple[Envelope, datetime]:
    """A camera whose clock is `skew` ahead and whose reads take `delays`; and our time at the end.

    One read leaves every `every` seconds; they reach us in the order of their arrival.
    """
    sent = [(n * every, n * every + delay) for n, delay in enumerate(delays)]
    envelope = Envelope()
    for left, arrived in sorted(sent, key=lambda one: one[1]):
        envelope.add(after(left + skew), after(arrived))
    return envelope, after(max(arrived for _, arrived in sent))


skews = st.floats(-86_400, 86_400)
delays = st.lists(st.floats(0, 120), min_size=1, max_size=80)


@given(skews, delays)
def test_the_estimate_is_never_ahead_of_the_truth(skew: float, delays: list[float]) -> None:
    envelope, now = reads(skew, delays)
    found = envelope.skew(now).seconds
    assert found is not None
    assert found <= skew + 0.001


@given(skews, delays)
def test_the_estimate_is_off_by_no_more_than_the_quickest_reads_took(
    skew: float, delays: list[float]
) -> None:
    envelope, now = reads(skew, delays)
    found = envelope.skew(now)
    assert found.seconds is not None
    quickest = sorted(delays)
    tolerated = quickest[1] if found.samples >= ROBUST else quickest[0]
    assert skew - found.seconds <= tolerated + 0.001


@given(skews, delays, st.floats(1, 1e8))
def test_one_absurd_time_stamp_changes_nothing_once_there_are_a_few_reads(
    skew: float, delays: list[float], absurd: float
) -> None:
    envelope, now = reads(skew, delays + [0.0] * ROBUST)
    envelope.add(now + timedelta(seconds=skew + absurd), now)
    found = envelope.skew(now).seconds
    assert found is not None
    assert found <= skew + 0.001


@given(st.lists(st.tuples(skews, st.floats(0, 1e6)), max_size=300))
def test_memory_is_bounded_and_nothing_is_too_strange(many: list[tuple[float, float]]) -> None:
    envelope = Envelope()
    for ahead, at in many:
        envelope.add(after(at + ahead), after(at))
    assert len(envelope._buckets) <= BUCKETS
    found = envelope.skew(after(1e6))
    assert found.samples <= BUCKETS * A_MINUTE
    assert words(found)
    assert (found.seconds is None) == (grade(found) is Grade.UNKNOWN)


def test_a_clock_that_was_set_right_is_right_after_the_window() -> None:
    envelope = Envelope()
    for second in range(1200):
        ahead = 300.0 if second < 300 else 0.0
        envelope.add(after(second + ahead - 0.2), after(second))
        if second in (299, 301):
            assert grade(envelope.skew(after(second))) is Grade.WRONG
    found = envelope.skew(after(1200))
    assert grade(found) is Grade.FINE
    assert found.seconds == pytest.approx(-0.2)


def test_a_clock_that_jumps_ahead_is_seen_with_its_second_read() -> None:
    envelope, now = reads(0.0, [0.3] * 100)
    for n in range(2):
        envelope.add(now + timedelta(seconds=90 + n), now + timedelta(seconds=n))
    assert words(envelope.skew(now)) == "clock 1 min 30 s ahead"


def test_a_single_read_shows_that_a_clock_is_ahead_and_never_that_it_is_behind() -> None:
    ahead, now = reads(42.0, [0.0])
    assert words(ahead.skew(now)) == "clock 42 s ahead"
    assert grade(ahead.skew(now)) is Grade.OFF
    late, now = reads(0.0, [3600.0])
    assert grade(late.skew(now)) is Grade.LATE
    assert "too few to tell" in words(late.skew(now))


def test_a_days_reads_handed_in_at_once_do_not_accuse_the_clock() -> None:
    envelope = Envelope()
    for n in range(5000):
        envelope.add(after(-86_400 + n * 10), after(0))
    assert envelope.skew(after(1)).samples == A_MINUTE
    assert grade(envelope.skew(after(1))) is Grade.LATE


def test_always_late_over_minutes_is_said_as_what_it_may_be() -> None:
    envelope, now = reads(-300.0, [0.5] * 240)
    found = envelope.skew(now)
    assert found.samples >= ENOUGH
    assert grade(found) is Grade.WRONG
    assert words(found) == "clock 5 min behind, or each read comes late"


def test_batches_with_a_quick_read_among_them_are_fine() -> None:
    envelope, now = reads(0.0, [float(299 - n % 300) for n in range(900)])
    assert grade(envelope.skew(now)) is Grade.FINE


def test_what_is_an_hour_old_counts_no_more() -> None:
    envelope, now = reads(0.0, [0.1] * 10)
    assert envelope.skew(now).samples == 10
    later = envelope.skew(now + OLDEST + timedelta(minutes=2))
    assert later == Skew()
    assert words(later) == "clock not known: no reads in the last hour"


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        (0.0, Grade.FINE),
        (OFF - 0.1, Grade.FINE),
        (OFF, Grade.OFF),
        (WRONG - 0.1, Grade.OFF),
        (WRONG, Grade.WRONG),
        (-GROUPING + 0.1, Grade.FINE),
        (-GROUPING, Grade.OFF),
        (-WRONG, Grade.WRONG),
    ],
)
def test_grades_begin_where_they_say(seconds: float, found: Grade) -> None:
    assert grade(Skew(seconds, 100)) is found


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-6 * 3600.0, "clock 6 h behind, or each read comes late: is its time zone right?"),
        (5 * 3600 + 20.0, "clock 5 h ahead: is its time zone right?"),
        (3600 * 5.5, "clock 5 h 30 min ahead: is its time zone right?"),
        (4000.0, "clock 1 h 6 min ahead"),
        (900.0, "clock 15 min ahead"),
        (3 * 86_400.0 + 5000, "clock 3 days ahead"),
    ],
)
def test_a_skew_of_whole_hours_hints_at_the_time_zone(seconds: float, said: str) -> None:
    assert words(Skew(seconds, 100)) == said


@given(st.floats(0, 1e9))
def test_a_span_is_short(seconds: float) -> None:
    assert len(span(seconds)) < 14
