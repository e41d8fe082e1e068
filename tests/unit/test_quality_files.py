"""How files of pairs may be laid out: what is taken as it is, what is told, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from domain.errors import BadInput
from quality.bench import Bench
from quality.headings import meaning, places_of
from quality.innocents import assumed
from quality.measuring import measure
from quality.pairs import load
from quality.report import lines
from tests.unit.test_quality import plan_of, silent, write


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("truth", "truth"), (" Read ", "read"), ("plate_truth", "truth"), ("true_plate", "truth"),
        ("ground_truth", "truth"), ("PlateRead", "read"), ("state_truth", "state_truth"),
        ("truth_state", "state_truth"), ("Truth State", "state_truth"), ("state", "state_truth"),
        ("makeRead", "make_read"), ("read-make", "make_read"), ("vehicle.make.read", "make_read"),
        ("make", "make_truth"), ("colour_truth", "color_truth"), ("TRUE_COLOUR", "color_truth"),
        ("body_type_read", "body_read"), ("style_truth", "body_truth"), ("BODY", "body_truth"),
        ("confidence", "confidence"), ("read_confidence", "confidence"),
        ("plate confidence", "confidence"), ("candidates", "candidates"), ("plate", ""), ("", ""),
        ("state_confidence", ""), ("state_read_confidence", ""), ("model_truth", ""),
        ("read_at", ""), ("truth_read", ""), ("source", ""), ("confidence_truth", ""),
    ],
)  # fmt: skip
def test_a_heading_means_its_words_whatever_their_order_and_case(heading: str, field: str) -> None:
    assert meaning(heading) == field


def test_of_two_headings_the_documented_one_counts_and_the_other_is_told() -> None:
    places, unused, twice = places_of(["state", "truth", "note", "state_truth", "read"])
    assert places == {"state_truth": 3, "truth": 1, "read": 4}
    assert (set(unused), twice) == ({"note", "state"}, ())


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_cells_are_divided_by_what_divides_the_first_line(mark: str, tmp_path: Path) -> None:
    rows = ["truth|read|confidence", "ABC123|A8C123|0.7", '"XYZ777"|"XYZ77Z"|', "KLM1|KLM|0.5|"]
    pairs = load(write(tmp_path / "p.csv", *(row.replace("|", mark) for row in rows)))
    assert [(p.truth, p.read, p.confidence) for p in pairs.misread] == [
        ("ABC123", "A8C123", 0.7), ("XYZ777", "XYZ77Z", None), ("KLM1", "KLM", 0.5),
    ]  # fmt: skip


def test_optional_cells_at_the_end_of_a_line_may_be_missing(tmp_path: Path) -> None:
    pairs = load(write(tmp_path / "p.csv", "truth,read,state_read", "A1,AI", "A2,AZ,KS"))
    assert [p.said["state_read"] for p in pairs.misread] == ["", "KS"]


@pytest.mark.parametrize(
    ("cells", "taken", "noted"),
    [
        (["0.9", "0.25", "", "nan"], [0.9, 0.25, None, None], False),
        (["90", "25", "0.5", "NULL"], [0.9, 0.25, 0.005, None], True),
        (["90 %", "25%", "100%", "0"], [0.9, 0.25, 1.0, 0.0], True),
        (["1", "0", "1.0", "0.0"], [1.0, 0.0, 1.0, 0.0], False),
    ],
)
def test_confidences_are_from_0_to_1_or_per_cents(
    cells: list[str], taken: list[float | None], noted: bool, tmp_path: Path
) -> None:
    rows = [f"ABC{n},AB{n},{cell}" for n, cell in enumerate(cells)]
    pairs = load(write(tmp_path / "p.csv", "truth,read,confidence", *rows))
    assert [p.confidence for p in pairs.misread] == pytest.approx(taken)
    assert any("per cents" in note for note in pairs.notes) == noted


def test_candidates_in_per_cents_are_taken_so_as_well(tmp_path: Path) -> None:
    pairs = load(write(tmp_path / "p.csv", "truth,read,candidates", "A12,AI2,A12:90|A1Z:81.5"))
    assert pairs.misread[0].candidates == (("A12", 0.9), ("A1Z", 0.815))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("us-ca", "CA"), ("US_NV", "NV"), ("california", "CA"), ("D.C.", "DC"), ("NE", "NB"),
        ("Washington D.C.", "DC"),
        ("Quebec", "PQ"), ("QC", "PQ"), ("CA-QC", "PQ"), ("CA-NB", "NK"), ("SK", "SN"), ("us", ""),
        ("unknown", ""), ("NaN", ""), ("", ""), ("N/A", ""), ("Washington", "WA"), ("XX", ""),
    ],
)  # fmt: skip
def test_a_state_is_a_code_or_a_name_with_its_country_or_without(
    text: str, code: str, tmp_path: Path
) -> None:
    rows = [f"A1,AI,{text}", "A2,AZ,KS"]
    pairs = load(write(tmp_path / "p.csv", "truth,read,state_read", *rows))
    assert [p.said["state_read"] for p in pairs.misread] == [code, "KS"]
    told = "state_read: 1 cells name no state ('XX'); taken as not said."
    assert (told in pairs.notes) == (text == "XX")


def test_a_column_that_mostly_names_no_states_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="line 3, state_truth: 'blue' is no NCIC state code"):
        load(write(tmp_path / "p.csv", "truth,read,state", "A1,AI,KS", "A2,AZ,blue", "A3,A8,red"))


def test_a_line_without_a_truth_and_a_read_that_is_none_are_left_out(tmp_path: Path) -> None:
    pairs = load(write(tmp_path / "p.csv", "truth,read", "A12,AI2", ",A3", "A4,NaN", "A5,N/A"))
    assert ([p.truth for p in pairs.misread], pairs.unread) == (["A12"], 2)
    assert pairs.notes == ("1 lines without a truth are left out.",)


def test_what_was_odd_is_in_the_report_and_in_json(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", "truth,read,hue_read", "ABC123,A8C123,red")
    result = measure(plan_of(path, entries=1_000, innocents=1_000, budgets=(500.0,)), silent)
    assert "Columns that are not used: hue_read." in list(lines(result))
    assert result.as_json()["notes"] == result.notes == load(path).notes


def test_what_the_file_gives_as_seen_has_no_confidence_that_would_tell_what_is_right(
    tmp_path: Path,
) -> None:
    rows = [f"ABC{n}1,ABC{n}7,KS,{'KS' if n % 2 else 'MO'}" for n in range(100, 140)]
    path = write(tmp_path / "p.csv", "truth,read,state_truth,state_read", *rows)
    bench = Bench(plan_of(path), silent)
    for seen in (bench.innocents.seen, *(drawn.seen for drawn in bench.rounds)):
        assert np.isnan(seen.sure["state"]).all()
        assert not np.isnan(seen.sure["make"]).any()
    assert [note for note in assumed(load(path)) if "(state)" in note]


@pytest.mark.parametrize("right", [0, 29, 30])
def test_innocents_read_rightly_are_as_sure_as_the_file_s_such_lines(
    right: int, tmp_path: Path
) -> None:
    rows = [f"ABC{n}1,ABC{n}7,0.25" for n in range(100, 140)]
    rows += [f"XYZ{n}1,XYZ{n}1,0.625" for n in range(100, 100 + right)]
    path = write(tmp_path / "p.csv", "truth,read,confidence", *rows)
    innocents = Bench(plan_of(path), silent).innocents
    sure = innocents.seen.sure["plate"]
    assert set(sure[innocents.misread]) == {0.25}
    of_right = set(sure[~innocents.misread])
    assert (of_right == {0.625}) == (right == 30)
    assert len(list(assumed(load(path)))) == (right < 30)
