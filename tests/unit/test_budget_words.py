"""An alert budget in words."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from alerts import budget_report, budget_words
from alerts.budget_report import Found, Line, Report
from alerts.budgeting import EXACT_ONLY, Measured
from matchers.tally import bin_of, no_counts
from policy.model import AlertBudget


def report() -> Report:
    counts = no_counts()
    counts[1, bin_of(2.0)] = 140
    measured = Measured(counts, 140_000, 14, date(2026, 11, 8), date(2026, 11, 21))
    return budget_report.report("KS0190100", measured, {}, AlertBudget(), date(2026, 11, 7))


def line(**changes: object) -> Line:
    return msgspec.structs.replace(report().lines[1], **changes)


def test_what_to_expect_is_a_number_with_its_bounds_and_where_it_is_from() -> None:
    assert budget_words.expected(line()) == "about 10 (8.3 to 12), counted, over budget"
    assert budget_words.expected(line(budget=10)) == "about 10 (8.3 to 12), counted"
    assert budget_words.expected(line(expected=None)) == "not measured"
    assert "140,000 reads measured in 14 days" in budget_words.measured(report())


def test_shares_found_are_a_range_over_the_evidence_and_unknown_without_a_table() -> None:
    shares = (Found(evidence="plate", share=0.311), Found(evidence="plate, make", share=0.664))
    assert budget_words.found(line(recall=shares)) == "31 % to 66 %"
    assert budget_words.found(line(recall=shares[:1])) == "31 %"
    assert budget_words.found(line(recall=())) == "unknown"
    assert budget_words.found(line(recall=shares, threshold=EXACT_ONLY)) == "0 %"
    lines = (line(recall=shares),)
    with_table = msgspec.structs.replace(report(), recall_measured="1,000 misreads", lines=lines)
    note = budget_words.recall_note(with_table)
    assert "plate; plate, make" in note
    assert "1,000 misreads" in note
    without = msgspec.structs.replace(report(), recall_measured="")
    assert "without measured shares" in budget_words.recall_note(without)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"aim": 2.25}, "on its way to +2.25"),
        ({"aim": 0.0}, ""),
        ({"aim": -1.0}, "on its way to -1.00"),
    ],
)
def test_a_threshold_under_way_says_where_to(changes: dict[str, float], words: str) -> None:
    assert budget_words.moving(line(threshold=0.0, **changes)) == words


def test_exact_readings_only_have_no_threshold() -> None:
    none = line(threshold=EXACT_ONLY, aim=EXACT_ONLY, how="exact only", expected=0.0, low=0, high=0)
    assert (budget_words.threshold(none.threshold), budget_words.expected(none)) == ("none", "0")
