"""The parts of the matcher: index, alignment, words."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.entry import Entry
from matchers.alignment import differences
from matchers.index import Index
from matchers.state_words import STATES, state_code, state_word
from matchers.vehicle_words import body_of, color_of, colors_of, make_of, plate_type_of

text = st.text(alphabet="ABCO0I1Z28S5G6", min_size=1, max_size=10)


def entries(*plates: str) -> list[Entry]:
    return [
        Entry(entry_id=UUID(int=n), agency="A", source="s", category="local", priority=3, plate=p)
        for n, p in enumerate(plates)
    ]


@given(st.lists(text, max_size=30), st.lists(text, max_size=10))
def test_the_index_finds_each_entry_of_equal_folded_text_in_order(
    plates: list[str], texts: list[str]
) -> None:
    fold = str.maketrans("ODQIZSBG", "00012586")
    wanted = [
        (t, e)
        for t, asked in enumerate(texts)
        for e, plate in enumerate(plates)
        if asked.translate(fold) == plate.translate(fold)
    ]
    assert Index.build(entries(*plates)).find(texts) == wanted


def test_texts_that_are_no_plates_find_nothing_and_do_no_harm() -> None:
    index = Index.build(entries("ABC123"))
    assert index.find(["", "ABC-123", "\u4eac A12345", "ABC1234567890", " "]) == []
    assert Index.build([]).find(["ABC123"]) == []
    assert len(index) == 1


@given(text, text)
def test_the_differences_turn_the_reading_into_the_plate(reading: str, plate: str) -> None:
    made, at = [], 0
    for edit in differences(reading, plate):
        made.append(reading[at : edit.read_at])
        made.append(edit.entry)
        at = edit.read_at + len(edit.read)
    assert "".join(made) + reading[at:] == plate


def test_a_dropped_character_shifts_nothing_after_it() -> None:
    (difference,) = differences("ABC23", "ABC123")
    assert (difference.read_at, difference.entry_at) == (3, 3)
    assert (difference.read, difference.entry) == ("", "1")


@pytest.mark.parametrize(
    ("one", "other"),
    [("NE", "NB"), ("Nebraska", "NB"), ("ks", "KS"), (" Kansas ", "KS"), ("", ""), ("ZZ", "ZZ")],
)
def test_states_have_one_code(one: str, other: str) -> None:
    assert state_code(one) == other


def test_every_state_has_a_word() -> None:
    assert sum(len(code) == 2 for code in STATES) == len(STATES)
    assert state_word("NB") == "Nebraska"
    assert state_word("ZZ") == "ZZ"


def test_codes_and_words_of_a_vehicle_meet() -> None:
    assert make_of("CHEV") == make_of("chevy") == make_of("Chevrolet") == "Chevrolet"
    assert make_of("MERZ") == make_of("mercedes-benz") == "Mercedes-Benz"
    assert color_of("GRY") == color_of("grey") == "Gray"
    assert color_of("silver-gray") == ""
    assert color_of("metallic blue") == "Blue"
    assert colors_of("BLK/WHI") == ("Black", "White")
    assert colors_of("MUL/COL") == ("Multicolored",)
    assert body_of("LL") == body_of("suv-crossover") == body_of("SUV") == "SUV"
    assert body_of("MC") == body_of("Motorcycle") == "Motorcycle"
    assert body_of("4D") == "Four-door"
    assert plate_type_of("PC") == "Passenger"
    assert make_of("no such make") == color_of("") == body_of("spaceship") == ""
