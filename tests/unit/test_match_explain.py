"""`bolo match explain` without a database: what it is given, what it tells, for hits and misses."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bolo.cli import app
from bolo.match_pairs import entry_of, scales_of
from bolo.match_stored import _marked
from bolo.match_table import as_json, as_text, result
from domain.errors import BadInput
from domain.ids import target_id
from domain.vehicle import Guess
from matchers import telling
from matchers.judging import explain, judge
from matchers.thresholds import Thresholds
from matchers.watch import Memory
from tests.unit.explained import SEEN, pair_of

RUN = CliRunner()
HIT = (
    "--plate", "5I8RBA", "--state", "KS", "--make", "Ford", "--color", "blue",
    "--wanted", "518RBA", "--wanted-state", "KS", "--wanted-make", "FORD", "--wanted-color", "BLU",
)  # fmt: skip


def told(*arguments: str, stdin: str | None = None) -> str:
    done = RUN.invoke(app, ["match", "explain", *arguments], input=stdin)
    assert done.exit_code == 0, done.output
    return done.output


def refused(*arguments: str) -> str:
    done = RUN.invoke(app, ["match", "explain", *arguments])
    assert done.exit_code == 1, done.output
    return done.output


def test_a_hit_is_told_feature_by_feature_with_sum_threshold_and_what_came_of_it() -> None:
    out = told(*HIT)
    heads = next(line for line in out.splitlines() if line.startswith("feature"))
    assert heads.split("  ")[0] == "feature"
    for column in ("camera saw", "entry says", "weight", "in words"):
        assert column in heads
    for feature in ("plate", "state", "make", "color", "before looking", "sum", "needed"):
        assert any(line.startswith(feature) for line in out.splitlines()), feature
    assert "Asks a person, as fuzzy" in out
    assert telling.LEGEND in out


def test_the_sum_that_is_shown_is_the_sum_of_the_weights_that_are_shown() -> None:
    whole = json.loads(told(*HIT, "--json"))
    evidence = whole["evidence"]
    total = sum(feature["weight"] for feature in evidence["features"])
    assert evidence["sum"] == pytest.approx(total, abs=0.001)
    assert whole["alerts"] is (evidence["sum"] >= evidence["threshold"])


def test_a_pair_that_does_not_match_is_told_as_well() -> None:
    out = told(
        "--plate", "5I8RBA", "--state", "TX", "--make", "Kia", "--color", "red",
        "--wanted", "518RBA", "--wanted-state", "KS", "--wanted-make", "FORD",
        "--wanted-color", "WHI", "--entries", "1000000",
    )  # fmt: skip
    assert "No alert: the sum is " in out
    assert "short of what is needed" in out
    assert "Entry says Ford, camera saw Kia (CONFLICT)" in out


def test_plates_that_are_too_far_apart_are_said_to_be() -> None:
    out = told("--plate", "XYZ999", "--wanted", "518RBA", "--wanted-make", "FORD", "--make", "Kia")
    assert "No alert: the texts are too far apart" in out
    assert "Entry says Ford, camera saw Kia" in out
    whole = json.loads(told("--plate", "XYZ999", "--wanted", "518RBA", "--json"))
    assert (whole["alerts"], whole["evidence"]) == (False, None)


def test_an_exact_plate_always_asks_and_a_conflict_is_marked() -> None:
    out = told(
        "--plate", "518RBA", "--state", "CO", "--body", "SUV",
        "--wanted", "518RBA", "--wanted-state", "MT", "--wanted-body", "MC",
    )  # fmt: skip
    assert "Entry says motorcycle, camera saw SUV (CONFLICT)" in out
    assert "nothing: the very plate always asks a person" in out
    assert "marked CONFLICT (2 against it)" in out


def test_partial_plates_and_descriptions_say_why_or_why_not() -> None:
    assert "Asks a person, as pattern" in told("--plate", "518RBA", "--wanted", "518R??")
    assert "fits the partial plate 9?9" in told("--plate", "518RBA", "--wanted", "9?9")
    near = told("--plate", "51BRBA", "--wanted", "518R*A", "--wanted-state", "KS", "--state", "KS")
    assert "Camera mixes 8 and B" in near
    assert "The rest fits the partial plate 518R*A: 4 of its 5 known characters agree" in near
    assert "Asks a person, as fuzzy: perhaps a misread of the plate" in near
    blue_ford = ("--wanted-make", "FORD", "--wanted-color", "BLU")
    seen = ("--plate", "518RBA", "--make", "Ford", "--color", "blue")
    assert "Asks a person, as description" in told(*seen, *blue_ford)
    assert "2 of make, color and body must agree" in told(
        "--plate", "518RBA", "--make", "Ford", *blue_ford
    )
    assert "something contradicts" in told(
        "--plate", "518RBA", "--make", "Ford", "--color", "white", *blue_ford
    )


def test_files_and_standard_input_are_taken(tmp_path: Path) -> None:
    read = {
        "camera": "c1", "plate": "5I8-RBA", "seen_at": "2026-11-21T15:02:00-06:00", "state": "KS",
        "candidates": [{"plate": "518RBA", "confidence": 0.4}],
    }  # fmt: skip
    (tmp_path / "read.json").write_text(json.dumps(read))
    (tmp_path / "entry.json").write_text(json.dumps({"plate": "518-RBA", "state": "Kansas"}))
    both = (str(tmp_path / "read.json"), str(tmp_path / "entry.json"))
    out = told(*both)
    assert "5I8RBA KS, or 518RBA, camera c1, 2026-11-21 21:02" in out
    assert told("-", both[1], stdin=json.dumps(read)) == out
    kept = json.loads(told(*both, "--json"))["read"]
    (tmp_path / "kept.json").write_text(json.dumps(kept))
    assert told(str(tmp_path / "kept.json"), both[1]) == out
    (tmp_path / "two.json").write_text(json.dumps([read, read]))
    assert "the file has 1 more" in told(str(tmp_path / "two.json"), both[1])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"plate": "5i8-rba"}, "not as bolo keeps plates"),
        ({"candidates": [{"value": ""}]}, "not as bolo keeps plates"),
        ({"candidates": [{"value": "518RBA", "confidence": 90}]}, "between 0 and 1"),
        ({"vehicle": {"make": [{"value": "Ford", "confidence": -5}]}}, "between 0 and 1"),
    ],
)
def test_a_kept_read_that_no_matcher_could_take_is_refused(
    changed: dict[str, object], said: str, tmp_path: Path
) -> None:
    kept = json.loads(told(*HIT, "--json"))["read"]
    (tmp_path / "kept.json").write_text(json.dumps({**kept, **changed}))
    assert said in refused(str(tmp_path / "kept.json"), "--wanted", "518RBA")


def test_the_state_may_be_a_post_office_s_on_both_sides() -> None:
    out = told("--plate", "ABCD123", "--state", "QC", "--wanted", "ABCD123", "--wanted-state", "PQ")
    assert "Quebec" in out
    assert "CONFLICT" not in out


def test_a_rejected_text_is_told_to_be_held_back_just_as_the_engine_holds_it_back() -> None:
    pair = pair_of("518RB4", "518RBA", state=("KS", "KS"))
    target = target_id(pair.entry.agency, pair.entry.plate, pair.entry.state)
    later = SEEN + timedelta(days=1)
    offered = msgspec.structs.replace(pair.read, plate="ZZZZZZ", candidates=(Guess("518RB8", 0.9),))
    right = msgspec.structs.replace(pair.read, plate="518RB8", candidates=(Guess("518RBA", 0.9),))
    for read, marked, held in (
        (pair.read, pair.read.plate, True), (offered, "518RB8", True), (right, "518RB8", False),
    ):  # fmt: skip
        scales = replace(pair.scales, memory=Memory(misreads={(target, marked): later}))
        assert bool(_marked(read, pair.entry, scales, SEEN)) is held
        assert _marked(read, pair.entry, scales, later) == ()


def test_a_rejected_misread_of_a_partial_plate_is_told_to_be_held_back() -> None:
    pair = pair_of("51BR9", "", state=("KS", "KS"))
    wanted = msgspec.structs.replace(pair.entry, pattern="518R?")
    later = SEEN + timedelta(days=1)
    for text, held in (("51BR9", True), ("518R9", False)):
        read = msgspec.structs.replace(pair.read, plate=text)
        marked = {(wanted.entry_id, one): later for one in ("51BR9", "518R9")}
        scales = replace(
            pair.scales, memory=Memory(misreads=marked), thresholds=Thresholds(standard=-90)
        )
        assert bool(_marked(read, wanted, scales, SEEN)) is held


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say what was read"),
        (("--plate", "518RBA"), "say what is wanted"),
        (("--plate", "518RBA", "ABC123"), "is no file; for what is stored, say --agency"),
        (("26-20417",), "26-20417 is no file"),
        (('{"plate": "518RBA"}', '{"plate": "518RB4"}'), "JSON is given as a file, or on standard"),
        (("--plate", "***", "--wanted", "518RBA"), "plate"),
        (("--plate", "518RBA", "--wanted", "UNKNOWN"), "plate"),
        (("--plate", "1", "a", "b", "--wanted", "518RBA"), "not both"),
    ],
)
def test_what_cannot_be_explained_ends_with_one_clear_line(
    arguments: tuple[str, ...], said: str
) -> None:
    out = refused(*arguments)
    assert said in out
    assert "Traceback" not in out


def test_a_damaged_file_ends_with_one_clear_line(tmp_path: Path) -> None:
    for name, text in (
        ("1.json", "{"), ("2.json", "[1]"), ("3.json", '{"no_field": 1}'),
        ("4.json", '{"read_id": "x"}'), ("5.json", '{"plate": "518RBA", "priority": "high"}'),
    ):  # fmt: skip
        path = tmp_path / name
        path.write_text(text)
        assert refused("--plate", "518RBA", str(path)).startswith("bolo: ")
        assert refused(str(path), "--wanted", "518RBA").startswith("bolo: ")


def test_the_help_teaches_with_examples() -> None:
    out = RUN.invoke(app, ["match", "explain", "--help"]).output
    assert out.count("Example: bolo match explain") >= 3
    assert "match" in RUN.invoke(app, ["--help"]).output


def test_an_entry_with_a_field_that_no_list_has_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="colour"):
        entry_of({"plate": "518RBA", "colour": "BLU"}, "")


texts = st.sampled_from(["518RBA", "5I8RBA", "518RB", "5I8R8A", "XYZ999", "51BRBA"])
words = st.sampled_from(["", "Ford", "Kia", "Zorp"])


@settings(max_examples=60, deadline=None)
@given(texts, texts, words, words, st.lists(texts, max_size=2), st.sampled_from(["", "KS", "CO"]))
def test_whatever_the_pair_the_telling_agrees_with_the_judge(
    plate: str, wanted: str, seen: str, listed: str, others: list[str], state: str
) -> None:
    candidates = tuple(Guess(text, 0.3) for text in others)
    pair = pair_of(plate, wanted, make=(seen, listed), state=(state, "KS"), candidates=candidates)
    found = explain(pair.read, pair.entry, pair.scales)
    hit = judge(pair.read, pair.entry, pair.scales) is not None
    assert result(pair, found)[0].startswith("Asks a person") is hit
    assert json.loads(as_json(pair, found))["alerts"] is hit
    text = as_text(pair, found)
    if found is not None:
        assert all(feature.words in text for feature in found.features)


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (0.0, "about even odds"),
        (-0.3, "about even odds"),
        (0.7, "about 2 to 1 for it"),
        (-0.7, "about 2 to 1 against it"),
        (2.09, "about 8 to 1 for it"),
        (-2.0, "about 7 to 1 against it"),
        (6.0, "about 400 to 1 for it"),
        (-40.0, "more than 980,000 to 1 against it"),
    ],
)
def test_a_sum_is_told_as_odds(score: float, said: str) -> None:
    assert telling.odds(score) == said


def test_without_a_database_the_agency_s_state_is_home() -> None:
    assert scales_of("KS0190100", 5).home == "KS"
    assert scales_of("", 0).wanted == 1
