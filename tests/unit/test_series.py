"""The plate series: every state has some, their shares add up, and what is drawn of them fits."""

from __future__ import annotations

import string
import tomllib
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.characters import ALPHABET
from matchers.series import (
    FACTS,
    LETTERS_OF_ANY,
    ODD,
    PERSONALIZED,
    Template,
    draw,
    fits,
    known,
    odds,
    states,
    sure,
    templates,
    typical,
    vehicle_share,
)
from matchers.state_words import STATES

UNITED = list(STATES)[:51]
"""The 50 states and DC come first in the table of codes."""


def test_every_state_of_the_country_has_facts_and_vehicles() -> None:
    assert len(UNITED) == 51
    for state in UNITED:
        assert known(state) == state
        assert vehicle_share(state) > 0, state
    assert set(states()) <= set(STATES)
    assert known("NE") == "NB"
    assert known("Nebraska") == "NB"
    assert known("") == known("ZZ") == known("MX") == ""


def test_the_shares_of_vehicles_add_up_to_one() -> None:
    assert sum(map(vehicle_share, states())) == pytest.approx(1)
    assert vehicle_share("ON") == vehicle_share("ZZ") == vehicle_share("") == 0
    assert vehicle_share("CA") > vehicle_share("TX") > vehicle_share("KS") > vehicle_share("WY")


@pytest.mark.parametrize("state", ["", "ZZ", *states()])
def test_the_shares_of_a_state_add_up_and_personalized_plates_have_theirs(state: str) -> None:
    several = templates(state)
    assert sum(one.share for one in several) == pytest.approx(1)
    assert sum(one.share for one in several if not one.syntax) == pytest.approx(PERSONALIZED)
    assert all(0 < one.share < 1 for one in several)


def test_every_line_of_the_facts_is_understood() -> None:
    for state, facts in tomllib.loads(FACTS.read_text()).items():
        allowed = {"vehicles", "sure", "series", "unused", "note", "source"}
        assert set(facts) <= allowed, state
        assert isinstance(facts["sure"], bool)
        assert set(facts.get("unused", "")) <= set(string.ascii_uppercase)
        for text, weight in facts["series"]:
            assert weight > 0
            plain = Template(text, 1.0)
            width = len(text) - sum(len(part.split("]")[0]) + 1 for part in text.split("[")[1:])
            assert len(plain.slots) == width <= 10, (state, text)
            assert all(plain.slots), (state, text)


@pytest.mark.parametrize("state", states())
def test_most_of_what_is_drawn_fits_the_series(state: str) -> None:
    random = Random(state)
    several = [draw(state, random) for _ in range(600)]
    share = sum(fits(text, state) for text in several) / len(several)
    # The rest is personalized, or has a character that the series does not.
    assert 0.85 < share <= 1
    assert all(2 <= len(text) <= 10 and text.isalnum() for text in several)


def test_what_is_drawn_is_as_frequent_as_its_share() -> None:
    random = Random(3)
    lengths = Counter(len(draw("DE", random)) for _ in range(20_000))
    for length in (5, 6, 7, 8):
        share = sum(one.share for one in templates("DE") if len(one.slots) == length)
        assert lengths[length] / 20_000 == pytest.approx(share, abs=0.015)


def test_a_state_draws_the_same_for_the_same_seed() -> None:
    assert [draw("KS", Random(9)) for _ in range(3)] == [draw("KS", Random(9))] * 3


def test_fixed_characters_and_unused_letters_count() -> None:
    assert fits("7ABC123", "CA")
    assert not fits("1ABC123", "CA")
    assert not fits("7IBC123", "CA")  # I only between other letters
    assert fits("7AIC123", "CA")
    assert fits("BCD2345", "TX")
    assert not fits("ACD2345", "TX")
    assert fits("TK123ABC", "IN")
    assert not fits("TL123ABC", "IN")
    assert not fits("ABC", "TX")  # a personalized plate says nothing of the series
    assert fits("7ABC123", "")
    assert fits("123ABC", "NE") == fits("123ABC", "NB")


@pytest.mark.parametrize(
    "slot", ["ABC", string.digits, "7", "Z", string.digits + string.ascii_uppercase]
)
def test_the_odds_of_a_slot_add_up_to_one(slot: str) -> None:
    said = odds(slot)
    assert sum(said.values()) == pytest.approx(1)
    if slot == "ABC":
        assert said["A"] == pytest.approx((1 - ODD) / 3 + ODD / 26)
        assert said["Z"] == pytest.approx(ODD / 26)
        assert "7" not in said
    if len(slot) == 36:
        assert sum(said[c] for c in string.ascii_uppercase) == pytest.approx(LETTERS_OF_ANY)


@pytest.mark.parametrize("state", ["", *states()])
def test_the_usual_plate_in_words_has_an_example_that_fits(state: str) -> None:
    words, example = typical(state).split(", as in ")
    assert fits(example, state)
    counts = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
    assert sum(counts.get(word, 0) for word in words.split()) == len(example)


def test_the_usual_plate_reads_well() -> None:
    assert typical("NY") == "three letters and four digits, as in ABC1234"
    assert typical("CA") == "one digit, three letters and three digits, as in 4ABC123"
    assert typical("ZZ") == typical("") == "three letters and four digits, as in ABC1234"


def test_what_is_not_sure_is_not_said_to_be() -> None:
    assert sure("TX")
    assert not sure("AL")
    assert not sure("ZZ")


@given(
    st.sampled_from(["", "ZZ", *states()]),
    st.text(ALPHABET, min_size=1, max_size=10),
    st.sampled_from(["", "ZZ", *states()]),
    st.integers(0, 1000),
)
def test_a_text_fits_where_each_character_stands_in_a_slot_of_one_series(
    state: str, text: str, other: str, seed: int
) -> None:
    for one in (text, draw(other, Random(seed)), draw(state, Random(seed))):
        assert fits(one, state) is any(
            len(each.slots) == len(one) and all(map(str.__contains__, each.slots, one))
            for each in templates(state)
            if each.syntax
        )
