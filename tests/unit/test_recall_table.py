"""What a threshold is expected to find: read from a table, never guessed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matchers import recall

GOOD = {
    "measured": "made up",
    "entries": 1000,
    "seed": 1,
    "cases": 10,
    "thresholds": [-1.0, 0.0, 2.0],
    "found": {"plate, state": [0.6, 0.5, 0.3], "plate, state, make": [0.8, 0.7, 0.6]},
}


def written(folder: Path, **changed: object) -> Path:
    path = folder / "recall.json"
    path.write_text(json.dumps({**GOOD, **changed}))
    return path


def test_between_two_thresholds_it_is_between_two_shares(tmp_path: Path) -> None:
    table = recall.read(written(tmp_path))
    assert table is not None
    assert table.evidence == ("plate, state", "plate, state, make")
    assert table.at(0.0, "plate, state") == 0.5
    assert table.at(1.0, "plate, state") == pytest.approx(0.4)
    assert table.at(2.0, "plate, state, make") == 0.6


def test_beyond_the_table_it_promises_nothing_more(tmp_path: Path) -> None:
    table = recall.read(written(tmp_path))
    assert table is not None
    assert table.at(-4.0, "plate, state") == 0.6
    assert table.at(2.5, "plate, state") == 0.0


def test_without_a_table_it_is_unknown(tmp_path: Path) -> None:
    assert recall.read(tmp_path / "recall.json") is None


@pytest.mark.parametrize(
    "changed",
    [
        {"thresholds": [0.0, -1.0, 2.0]},
        {"thresholds": [0.0, 1.0]},
        {"found": {"plate": [0.5, 0.4, 1.2]}},
        {"found": {}},
        {"found": "much"},
    ],
)
def test_a_table_that_is_wrong_is_refused(tmp_path: Path, changed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"recall\.json|Expected"):
        recall.read(written(tmp_path, **changed))


def test_the_shipped_table_is_right_where_there_is_one() -> None:
    table = recall.standard()
    if table is None:
        assert recall.expected_recall(0.0) is None
        return
    for evidence in table.evidence:
        found = [recall.expected_recall(t / 4, evidence) for t in range(-16, 49)]
        assert all(share is not None and 0 <= share <= 1 for share in found)
    assert recall.expected_recall(0.0, "no such evidence") is None
