"""The compiled score of a text beside the obvious one."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.characters import ALPHABET, CODE, WIDTH, Codes, codes_of
from matchers.confusion import standard
from matchers.folding import column
from matchers.plate_scores import Floats, text_score
from matchers.plate_text import best_alignment, total
from matchers.weights import MISREAD_BY_CHARACTER, SEVERAL

TABLE = standard()
ENDS = (TABLE.at_end, TABLE.swapped, TABLE.cut)

few = st.text(alphabet="0OD1IL8B3K", min_size=1, max_size=WIDTH)
texts = st.one_of(few, st.text(alphabet=ALPHABET, min_size=1, max_size=WIDTH))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str, list[float]]:
    """A plate, a text of it with a mistake and perhaps look-alikes, mistakes' shifts or none."""
    plate = draw(texts)
    text = list(plate)
    at = draw(st.integers(0, len(text) - 1))
    way = draw(st.sampled_from(["same", "other", "drop", "add", "swap", "cut", "any"]))
    if way == "other":
        text[at] = draw(st.sampled_from(ALPHABET))
    elif way == "drop" and len(text) > 1:
        del text[at]
    elif way == "add" and len(text) < WIDTH:
        text.insert(at, draw(st.sampled_from(ALPHABET)))
    elif way == "swap":
        text[at : at + 2] = text[at : at + 2][::-1]
    elif way == "cut" and len(text) > 2:
        text = text[2:] if at % 2 else text[:-2]
    for i in draw(st.lists(st.integers(0, len(text) - 1), max_size=3)):
        text[i] = draw(st.sampled_from("0OD1IL8B"))
    read = draw(texts) if way == "any" else "".join(text)
    shifts = st.lists(st.floats(-1, 2), min_size=len(read), max_size=len(read))
    return plate, read, draw(st.just([]) | shifts)


def row(text: str) -> Codes:
    return np.asarray(codes_of(column([text]))[0])


def shifts_of(shifts: list[float]) -> Floats:
    return np.array(shifts + [0.0] * (WIDTH - len(shifts)) if shifts else [], dtype=np.float64)


def score(read: str, plate: str, shifts: list[float]) -> float:
    return text_score(
        row(read), row(plate), shifts_of(shifts), TABLE.shown, TABLE.dropped, TABLE.added, ENDS
    )


@given(pairs())
def test_it_is_the_likeliest_alignment(pair: tuple[str, str, list[float]]) -> None:
    plate, read, shifts = pair
    way = best_alignment(read, plate, TABLE, shifts)
    expected = -inf if way is None else total(way)
    assert score(read, plate, shifts) == pytest.approx(expected, abs=1e-9)


def test_no_mistake_is_likelier_than_not_even_of_a_character_in_doubt() -> None:
    apart = ~np.eye(len(TABLE.shown), dtype=bool)
    apart[0] = apart[:, 0] = False
    assert TABLE.shown[apart].max() + MISREAD_BY_CHARACTER[1] < 0


@pytest.mark.parametrize(
    ("read", "plate", "kinds"),
    [
        ("C1234", "ABC1234", ["cut"]),
        ("ABC12", "ABC1234", ["cut"]),
        ("ABC", "ABC12", ["cut"]),
        ("A8C12", "ABC1234", ["shown", "cut"]),
        ("AB", "AB12", None),
        ("B123", "ABC1234", None),
    ],
)
def test_two_characters_may_be_cut_from_an_end(
    read: str, plate: str, kinds: list[str] | None
) -> None:
    way = best_alignment(read, plate, TABLE)
    assert (way and [step.kind for step in way if step.kind != "same"]) == kinds
    if way and kinds == ["cut"]:
        (lost,) = (step for step in way if step.kind == "cut")
        outer = lost.plate[0] if lost.plate_at == 0 else lost.plate[-1]
        assert lost.weight == pytest.approx(TABLE.dropped[CODE[outer]] + TABLE.at_end + TABLE.cut)


def test_the_number_of_mistakes_weighs_beside_each_of_them() -> None:
    for read, mistakes in (("ABC1234", 0), ("A8C1234", 1), ("A8C1Z34", 2), ("48C1Z34", 3)):
        way = best_alignment(read, "ABC1234", TABLE)
        assert way is not None
        assert sum(step.kind != "same" for step in way) == mistakes
        each = sum(step.weight for step in way)
        assert score(read, "ABC1234", []) == pytest.approx(each + SEVERAL[mistakes])
    assert SEVERAL[0] == SEVERAL[1] == 0 < SEVERAL[2] < SEVERAL[3]
