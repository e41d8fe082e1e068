"""Texts and JSON that PostgreSQL can hold, whatever cameras and people send."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from domain.vehicle import Guess
from storage.texts import REPLACEMENT, all_storable, storable, storable_json

ODD = st.text(st.sampled_from('ab\\"u0\0\ud800\udfff\u00e9\U0001f697')) | st.text(
    st.characters(codec=None)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ODD, inner, max_size=3),
    max_leaves=8,
)


def slow(value: Any) -> Any:
    """The obvious way: every string of the value cleaned, letter by letter."""
    match value:
        case str():
            return "".join(
                REPLACEMENT if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in value
            )
        case list():
            return [slow(v) for v in value]
        case dict():
            return {slow(k): slow(v) for k, v in value.items()}
    return value


@given(st.lists(ODD, max_size=4))
def test_many_texts_are_what_each_is_alone(texts: list[str]) -> None:
    assert list(all_storable(texts)) == [slow(text) for text in texts]


@given(ODD)
def test_a_text_loses_only_what_cannot_be_held(text: str) -> None:
    assert storable(text) == slow(text)
    assert storable(storable(text)) == storable(text)
    storable(text).encode()


@given(JSON)
def test_json_says_the_same_but_for_what_cannot_be_held(value: Any) -> None:
    encoded = storable_json(value)
    encoded.encode()
    assert json.loads(encoded) == slow(value)


def test_a_backslash_before_the_letters_of_an_escape_is_left_alone() -> None:
    assert json.loads(storable_json(["\\u0000", "\\\0", "\\\\u0000\0"])) == [
        "\\u0000",
        "\\" + REPLACEMENT,
        "\\\\u0000" + REPLACEMENT,
    ]


def test_a_struct_is_taken_too() -> None:
    for text in ("nul \0", "lone \ud800"):
        back = msgspec.json.decode(storable_json(Guess(text, 0.5)), type=Guess)
        assert back == Guess(text[:-1] + REPLACEMENT, 0.5)
