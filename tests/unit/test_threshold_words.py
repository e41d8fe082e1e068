"""Whose threshold it was: the page of an alert and `bolo match explain` say the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bolo.match_table import as_text
from console.describe import evidence as shown
from matchers import telling
from matchers.evidence import Evidence
from matchers.judging import explain
from matchers.thresholds import STANDARD, Thresholds
from tests.unit.explained import pair_of


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({}, "by the standard threshold, which the agency's own traffic has not moved yet"),
        ({2: STANDARD}, "by the standard threshold, which the agency's own traffic has not moved"),
        ({2: 1.25}, "by the agency's alert budget, from its own traffic"),
        ({1: 1.25}, "by the standard threshold"),
    ],
)
def test_a_threshold_is_said_to_be_the_budgets_only_when_it_is(
    own: dict[int, float], said: str
) -> None:
    pair = pair_of("5I8RBA", "518RBA", state=("KS", "KS"), make=("Ford", "FORD"))
    pair = replace(pair, scales=replace(pair.scales, thresholds=Thresholds(own)))
    found = explain(pair.read, pair.entry, pair.scales)
    assert found is not None
    assert found.tier == "fuzzy"
    assert telling.needed_by(found).startswith(said)
    assert shown(found, pair.entry).needed_by == telling.needed_by(found)
    (row,) = [line for line in as_text(pair, found).splitlines() if line.startswith("needed")]
    assert row.endswith(f"{telling.needed(found)}  at priority 2, {telling.needed_by(found)}")


def test_what_always_asks_a_person_needed_nothing_of_anybody() -> None:
    exact = Evidence(reading="518RBA", tier="exact", score=9.0, threshold=STANDARD, features=())
    assert telling.needed_by(exact) == ""
