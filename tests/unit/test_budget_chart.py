"""The histogram of scores: every read is in it, and on the right side of the threshold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.budgeting import EXACT_ONLY
from console.budget_chart import HIGH, WIDE, chart
from matchers.tally import BINS, FLOOR, bin_of, edge

COUNTS = st.lists(st.one_of(st.just(0), st.integers(0, 2_000_000)), min_size=BINS, max_size=BINS)


@given(COUNTS, st.sampled_from([-4.0, 0.0, 2.25, 12.0, EXACT_ONLY]))
def test_bars_stay_in_the_picture_and_reads_are_on_their_side(
    counts: list[int], threshold: float
) -> None:
    shown = chart(counts, threshold)
    for bar in shown.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= WIDE + 0.1
        assert 0 <= bar.y <= bar.y + bar.height <= HIGH + 0.1
        assert bar.height > 0
    near = counts[bin_of(FLOOR) :]
    assert shown.above + shown.below == sum(near)
    assert shown.above == sum(
        n for at, n in enumerate(near, bin_of(FLOOR)) if edge(at) >= threshold
    )
    assert len(shown.bars) == sum(n > 0 for n in near)
    assert (shown.threshold is None) == (threshold == EXACT_ONLY)


def test_ten_times_as_many_is_one_line_higher() -> None:
    counts = np.zeros(BINS, dtype=int)
    counts[bin_of(0.0)], counts[bin_of(1.0)] = 100, 1_000
    shown = chart(counts.tolist(), 1.0)
    low, high = shown.bars
    assert [tick.words for tick in shown.counts] == ["1", "10", "100", "1k"]
    assert low.y == pytest.approx(shown.counts[2].at, abs=0.2)
    assert high.y == pytest.approx(shown.counts[3].at, abs=0.2)
    assert (low.alerts, high.alerts) == (False, True)
    assert shown.threshold == pytest.approx(high.x, abs=0.1)
