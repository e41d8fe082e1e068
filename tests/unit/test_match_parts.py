"""The parts of the matcher: alignment, words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.confusion import standard
from matchers.plate_features import differences_of
from matchers.plate_text import best_alignment
from matchers.state_words import STATES, state_code, state_word
from matchers.vehicle_words import body_of, color_of, colors_of, make_of, plate_type_of

text = st.text(alphabet="ABCO0I1Z28S5G6", min_size=1, max_size=9)


@given(text, st.integers(0, 9), st.sampled_from("A0I1"), st.sampled_from("sdawn"))
def test_the_differences_turn_the_reading_into_the_plate(
    plate: str, at: int, other: str, kind: str
) -> None:
    reading = {
        "s": plate[:at] + other + plate[at + 1 :],
        "d": plate[:at] + plate[at + 1 :] or plate,
        "a": plate[:at] + other + plate[at:],
        "w": plate[:at] + plate[at : at + 2][::-1] + plate[at + 2 :],
        "n": plate,
    }[kind]
    way = best_alignment(reading, plate, standard())
    assert way is not None
    made, done = [], 0
    for edit in differences_of(way):
        made.append(reading[done : edit.read_at])
        made.append(edit.entry)
        done = edit.read_at + len(edit.read)
    assert "".join(made) + reading[done:] == plate


def test_a_dropped_character_shifts_nothing_after_it() -> None:
    way = best_alignment("ABC23", "ABC123", standard())
    assert way is not None
    (difference,) = differences_of(way)
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
    assert colors_of("RED/WHI") == ("Red", "White")
    assert colors_of("BLK/TAN") == ("Black", "Tan")
    assert colors_of("BLK/WHI/RED") == ("Black", "White")
    assert colors_of("XXX/RED") == colors_of("RED/") == ("Red",)
    assert colors_of("MUL/COL") == ("Multicolored",)
    assert body_of("LL") == body_of("suv-crossover") == body_of("SUV") == "SUV"
    assert body_of("MC") == body_of("Motorcycle") == "Motorcycle"
    assert body_of("4D") == "Four-door"
    assert plate_type_of("PC") == "Passenger"
    assert make_of("no such make") == color_of("") == body_of("spaceship") == ""
