"""Plate text by the NCIC rules."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.errors import BadPlate
from domain.plate import LIC_MAX, NOT_PLATES, all_normal, is_normal, normalise, shown


@pytest.mark.parametrize(
    ("text", "plate"),
    [
        ("482 KTB", "482KTB"),
        ("482-ktb", "482KTB"),
        (" 482\u00b7K.T_B* ", "482KTB"),
        ("A\nB\n1234", "AB1234"),  # stacked characters, top then bottom
        ("\uff14\uff18\uff12\uff2b\uff34\uff22", "482KTB"),  # full width
        ("\u2460A", "1A"),  # a circled digit is that digit
        ("ABCDEFGHIJKLM", "DEFGHIJKLM"),  # over-long: characters go from the left
        ("1", "1"),
        ("NONE1", "NONE1"),
        ("O0I1", "O0I1"),
        ("\u041048", "48"),  # a Cyrillic A is no Latin A: dropped, never guessed
    ],
)
def test_a_plate_is_written_as_the_ncic_has_it(text: str, plate: str) -> None:
    assert normalise(text) == plate


@pytest.mark.parametrize("text", ["", "   ", "- - -", "\u00e9\u4eac", "\0", "\ud800"])
def test_what_has_no_letter_or_digit_is_no_plate(text: str) -> None:
    with pytest.raises(BadPlate, match="no letter or digit"):
        normalise(text)


@pytest.mark.parametrize("text", ["UNK", "unknown", "None", "N-O-N-E", "no plate", " un k "])
def test_words_for_no_plate_are_no_plates(text: str) -> None:
    with pytest.raises(BadPlate, match="says that there is no plate"):
        normalise(text)


def plate_or_none(text: str) -> str | None:
    try:
        return normalise(text)
    except BadPlate:
        return None


@given(st.text())
def test_whatever_comes_a_plate_or_a_refusal_is_the_answer(text: str) -> None:
    plate = plate_or_none(text)
    if plate is not None:
        assert 0 < len(plate) <= LIC_MAX
        assert set(plate) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        assert is_normal(plate)


@given(st.text())
def test_a_normal_plate_stays_as_it_is(text: str) -> None:
    plate = plate_or_none(text)
    assume(plate is not None)
    assert plate is not None
    assert normalise(plate) == plate


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=LIC_MAX))
def test_no_twin_is_ever_folded_into_the_other(text: str) -> None:
    assume(text not in NOT_PLATES)
    assert normalise(text) == text
    assert is_normal(text)


@given(st.text(alphabet="O0I1S5B8Z2 -o", min_size=1, max_size=LIC_MAX))
def test_letters_and_digits_that_look_alike_keep_their_count(text: str) -> None:
    plate = plate_or_none(text)
    assume(plate is not None)
    assert plate is not None
    for twin in "O0I1S5B8Z2":
        assert plate.count(twin) == text.upper().count(twin)


@given(st.text(max_size=12))
def test_being_normal_is_being_what_normalise_returns(text: str) -> None:
    assert is_normal(text) is (plate_or_none(text) == text)


@given(st.lists(st.text("AZ09b-", max_size=12) | st.sampled_from(sorted(NOT_PLATES)), min_size=1))
def test_many_are_normal_when_each_is(texts: list[str]) -> None:
    assert all_normal(texts) is all(map(is_normal, texts))


def test_an_over_long_text_does_not_become_a_word_for_no_plate() -> None:
    with pytest.raises(BadPlate):
        normalise("no plate")
    assert is_normal(normalise("123XXUNKNOWN"))


@pytest.mark.parametrize(
    ("plate", "aloud"),
    [
        ("482KTB", "482 KTB"),
        ("ABC1234", "ABC 1234"),
        ("KTB4", "KTB4"),
        ("ABCDEF", "ABC DEF"),
        ("1ABC234", "1ABC 234"),
        ("12345", "12 345"),
        ("", ""),
    ],
)
def test_a_plate_is_shown_in_two_groups(plate: str, aloud: str) -> None:
    assert shown(plate) == aloud


@given(st.text(alphabet="ABCXYZ0123456789", max_size=LIC_MAX))
def test_showing_a_plate_changes_nothing_but_a_space(plate: str) -> None:
    assert shown(plate).replace(" ", "") == plate
    assert " " not in shown(plate).strip() or len(shown(plate).split(" ")) == 2
