"""The learned table of what cameras mix up."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest

from matchers.characters import ALPHABET, CODE
from matchers.confusion import TABLE, Confusion, standard
from matchers.folding import CLASSES
from quality.learning import engines, pairs, writing
from quality.learning.__main__ import main
from quality.learning.aligning import Event, align
from quality.learning.counting import Counts
from quality.learning.errors import ToolMissing
from quality.learning.fitting import usual, which_wrong
from quality.learning.hocr import readings
from quality.learning.plates import draw_text
from quality.learning.priors import prior
from quality.learning.shapes import load
from quality.learning.strengths import LENGTH, PLATES_RIGHT, SHOWN_BOUNDS, Strengths

HOCR = """<div class='ocr_page' id='page_1' title='image "a"; bbox 0 0 1 1; ppageno 0; scan_res 70'>
<span class='ocrx_cinfo' title='x_bboxes 1 2 3 4; x_conf 90.0'>A</span>
<span class='ocrx_cinfo' id='choice_1_1_1' title='x_confs 80'>A</span>
<span class='ocrx_cinfo' id='choice_1_1_2' title='x_confs 40'>4</span>
<span class='ocrx_cinfo' title='x_bboxes 5 2 7 4; x_conf 50.0'>8</span>
</div><div class='ocr_page' id='page_2' title='image "b"; ppageno 1; scan_res 70'></div>
"""


def _chance(table: Confusion, plate: str, shown: str) -> float:
    return float(np.exp(table.shown[CODE[plate], CODE[shown]]))


def test_what_may_be_shown_for_a_character_is_never_more_than_certain() -> None:
    table = standard()
    chances = np.exp(table.shown[1:, 1:])
    assert np.isfinite(table.shown).all()
    assert (chances.sum(axis=1) <= 1).all()
    assert (np.exp(table.dropped[1:] + table.at_end) + chances.sum(axis=1) < 1.05).all()
    wrong = chances[~np.eye(len(ALPHABET), dtype=bool)]
    assert wrong.min() >= SHOWN_BOUNDS[0]
    assert wrong.max() <= SHOWN_BOUNDS[1]
    assert table.at_end > 0
    assert np.exp(table.added[1:]).sum() < 0.02
    assert np.exp(table.swapped) < 0.01


def test_the_table_by_characters_has_the_numbers_of_the_table_by_codes() -> None:
    table = standard()
    for plate in ALPHABET:
        for shown in ALPHABET:
            assert table.shown_of[plate][shown] == table.shown[CODE[plate], CODE[shown]]


def test_a_plate_of_seven_is_read_right_six_times_in_seven() -> None:
    right = np.diag(standard().shown)[1:]
    assert np.exp(LENGTH * (usual() @ right)) == pytest.approx(PLATES_RIGHT, abs=0.001)


@pytest.mark.parametrize(
    ("likelier", "than"),
    [("8B", "8W"), ("0O", "0X"), ("1I", "1M"), ("5S", "5H"), ("2Z", "2Q"), ("G6", "GV"),
     ("VY", "VB"), ("MN", "M8"), ("PR", "PZ"), ("4A", "4S"), ("7T", "7G"), ("37", "3W")],
)  # fmt: skip
def test_look_alikes_are_likelier_than_others_both_ways(likelier: str, than: str) -> None:
    table = standard()
    assert _chance(table, *likelier) > _chance(table, *than)
    assert _chance(table, *likelier[::-1]) > _chance(table, *than[::-1])


def test_documented_equivalents_are_far_above_the_mean() -> None:
    table = standard()
    mean = float(np.exp(table.shown[1:, 1:])[~np.eye(len(ALPHABET), dtype=bool)].mean())
    for members in CLASSES:
        for one in members:
            assert max(_chance(table, one, other) for other in members if other != one) > 4 * mean


def test_the_shipped_table_is_what_the_training_pairs_give(tmp_path: Path) -> None:
    again = tmp_path / "confusion.json"
    assert main(["--from-pairs", str(writing.TRAINING), "--to", str(again)]) == 0
    assert again.read_text() == TABLE.read_text()


def test_the_order_of_the_pairs_makes_no_difference() -> None:
    known = pairs.load(writing.TRAINING)[::10]
    turned = list(known)
    Random(3).shuffle(turned)
    assert writing.table(writing.fitted(turned)) == writing.table(writing.fitted(known))


def test_no_test_plate_was_learned_from() -> None:
    learned = {pair.truth for pair in pairs.load(writing.TRAINING)}
    tested = pairs.load(writing.TEST)
    assert not learned & {pair.truth for pair in tested}
    assert all(pair.read != pair.truth for pair in tested)
    assert {pair.source for pair in tested} == {
        pair.source for pair in pairs.load(writing.TRAINING)
    }


def test_one_source_alone_is_at_most_half_of_what_is_believed() -> None:
    believed = prior(load(writing.SHAPES))
    counts = Counts()
    strange = ALPHABET.index("W"), ALPHABET.index("8")
    counts.shown[strange] = 10_000
    wrong = which_wrong([counts], believed, Strengths(prior=10, most=1000, mirror=0))
    assert wrong[strange] == pytest.approx((1 + believed[strange]) / 2)


@pytest.mark.parametrize(
    ("truth", "read", "events"),
    [
        ("ABC123", "A8C123", [Event("shown", "B", "8", False)]),
        ("ABC123", "BC123", [Event("dropped", "A", "", True)]),
        ("ABC123", "ABC1231", [Event("added", "", "1", True)]),
        ("ABC123", "BAC123", [Event("swapped", "AB", "BA", True)]),
        ("ABC123", "ABC13", [Event("dropped", "2", "", False)]),
        ("ABC123", "ABC123", []),
    ],
)
def test_alignment_finds_the_edit(truth: str, read: str, events: list[Event]) -> None:
    assert align(truth, read, prior(load(writing.SHAPES))) == events


def test_tesseract_gives_characters_and_what_it_nearly_chose() -> None:
    first, second = readings(HOCR, 2)
    assert first.text == "A8"
    assert first.characters == [0.9, 0.5]
    assert first.candidates == [["48", 0.225]]
    assert second.text == ""


def test_drawn_plates_hold_every_character_and_the_same_ones_for_a_seed() -> None:
    texts = [draw_text(Random(f"1 {n}")) for n in range(400)]
    assert texts == [draw_text(Random(f"1 {n}")) for n in range(400)]
    assert set("".join(texts)) == set(ALPHABET)


def test_a_missing_tesseract_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match="apt-get install tesseract-ocr"):
        engines.tesseract([tmp_path / "none.png"])


def test_pairs_survive_the_file(tmp_path: Path) -> None:
    pair = pairs.Pair(
        "here", "ABC123", pairs.Reading("A8C123", 0.5, [0.9, 0.5], [["ABC123", 0.25]])
    )
    pairs.write(tmp_path / "p.csv", [pair])
    assert pairs.load(tmp_path / "p.csv") == [pair]
