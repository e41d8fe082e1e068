"""Look-alike twins: of one plate by the series, and of a whole list at once."""

from __future__ import annotations

from itertools import product
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotlists.chunks import entry_ids, pack, unpack
from hotlists.columns import Rows
from hotlists.twinning import ELSEWHERE, HERE, ROAD, Marked, Plates, count
from matchers.characters import codes_of
from matchers.folding import CLASS_OF, column
from matchers.series import draw, fits, states
from matchers.twins import SHOWN, on_the_road, state_numbers, twin_count, twins

LOOK_ALIKES = "0ODQ1I2Z5S8B6GAX7"
STATES = ["", "ZZ", "KS", "TX", "DE", "ID", "FL", "MD", "CA", "NH"]
plates = st.text(LOOK_ALIKES, min_size=1, max_size=7)


def by_hand(plate: str, state: str) -> list[str]:
    """Every text within the classes, asked one by one."""
    several = product(*(CLASS_OF.get(character, character) for character in plate))
    return sorted(t for each in several if (t := "".join(each)) != plate and fits(t, state))


@given(plates, st.sampled_from(STATES))
@settings(max_examples=150, deadline=None)
def test_twins_are_the_texts_within_the_classes_that_a_series_has(plate: str, state: str) -> None:
    found = by_hand(plate, state)
    assert twin_count(plate, state) == len(found)
    assert twins(plate, state) == tuple(found[:SHOWN])


def test_a_digit_has_no_twin_where_the_series_wants_a_digit() -> None:
    assert twins("BCF1058", "TX") == ()
    assert twins("QBC123", "IA") == ("DBC123", "OBC123")  # Iowa uses every letter


def test_a_plate_no_series_has_may_still_have_a_twin_on_the_road() -> None:
    assert twins("8CF3745", "TX") == ("BCF3745",)


def test_a_long_plate_of_look_alikes_is_counted_without_naming_all() -> None:
    assert twin_count("0" * 10, "") == 0  # no series is that long
    assert len(twins("0000000", "")) == SHOWN
    assert twin_count("0000000", "") == len(by_hand("0000000", ""))


@given(st.lists(st.tuples(plates, st.sampled_from(STATES)), max_size=40))
@settings(max_examples=100, deadline=None)
def test_a_whole_list_at_once_says_what_one_by_one_says(several: list[tuple[str, str]]) -> None:
    codes = codes_of(column(plate for plate, _ in several))
    flags = on_the_road(codes, state_numbers([state for _, state in several]))
    assert flags.tolist() == [twin_count(*each) > 0 for each in several]


def marked(rows: list[tuple[str, str]], dead: tuple[int, ...] = ()) -> Marked:
    held = Plates()
    columns = {"plate": [p for p, _ in rows], "state": [s for _, s in rows]}
    held.rows(Rows([str(n) for n in range(len(rows))], columns))
    return held.marked(np.array(dead, dtype=np.uint32))


@given(st.lists(st.tuples(plates, st.sampled_from(STATES)), max_size=30), st.lists(plates))
@settings(max_examples=100, deadline=None)
def test_entries_with_twins_are_counted_as_pairs_say(
    rows: list[tuple[str, str]], elsewhere: list[str]
) -> None:
    def alike(one: str, other: str) -> bool:
        return (
            one != other
            and len(one) == len(other)
            and all(b in CLASS_OF.get(a, a) for a, b in zip(one, other, strict=True))
        )

    own = [plate for plate, _ in rows]
    assert count(marked(rows), marked([(plate, "") for plate in elsewhere])) == {
        HERE: sum(any(alike(plate, other) for other in own) for plate in own),
        ELSEWHERE: sum(any(alike(plate, other) for other in elsewhere) for plate in own),
        ROAD: sum(twin_count(*row) > 0 for row in rows),
    }


def test_replaced_rows_and_entries_without_a_plate_have_no_twins() -> None:
    rows = [("ABO1234", "KS"), ("", "KS"), ("AB01234", "KS"), ("", "")]
    assert count(marked(rows), marked([]))[HERE] == 2
    assert count(marked(rows, dead=(2,)), marked([]))[HERE] == 0
    assert len(marked(rows)) == 2


@pytest.mark.parametrize("same", [True, False])
def test_chunks_at_rest_say_what_their_rows_said(same: bool) -> None:
    random = Random(5)
    rows = [(draw(s, random), "KS" if same else s) for s in [*states(), "", "XX"]]
    columns = {"plate": [p for p, _ in rows], "state": [s for _, s in rows]}
    columns["vin"] = [str(n) for n in range(len(rows))]
    keys = [str(n) for n in range(len(rows))]
    (data,) = pack(Rows(keys, columns), entry_ids("A", "s", keys))
    held = Plates()
    held.chunk(unpack(data))
    assert held.marked(np.empty(0, dtype=np.uint32)).tolist() == marked(rows).tolist()
