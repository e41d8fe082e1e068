"""Partial plates: what fits, what is near, and that no pattern costs much."""

from __future__ import annotations

import string
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matchers.folding import WIDE
from matchers.wild import LEAST_KNOWN, Patterns, corrections, fits, known, laid, near

ALPHABET = string.digits + string.ascii_uppercase
# Few characters, of few classes, so that texts often fit or nearly do.
texts = st.text("0OD1I8B3K", max_size=10)
patterns = st.text("0OD1I8B3K??**", min_size=1, max_size=12)
HOSTILE = (
    "****", "?????", "*", "?", "?*", "A*B*C", "A*B*C*D", "0*O*D*0", "*0*0*0*0*0*0*0*0*0*0*",
    "*A*A*A*A*A*A*A*A*A*B", "*?*?*?*?*?*?*0000", "**0**0**0**0**", "*8*B*3*8*", "88888*", "*BBBB",
)  # fmt: skip


def goes_with(text: str, pattern: str, mistakes: int) -> bool:
    """The definition, one character after the other: whether a text fits a pattern with exactly so
    many known characters read as a look-alike. A run takes nothing, or one more character."""
    if not pattern:
        return not text and not mistakes
    first, rest = pattern[0], pattern[1:]
    if first == "*":
        return goes_with(text, rest, mistakes) or (
            bool(text) and goes_with(text[1:], pattern, mistakes)
        )
    if not text:
        return False
    if first in ("?", text[0]):
        return goes_with(text[1:], rest, mistakes)
    alike = any(first in members and text[0] in members for members in WIDE)
    return alike and mistakes > 0 and goes_with(text[1:], rest, mistakes - 1)


def found_slowly(several: list[str], wanted: list[str]) -> set[tuple[int, int]]:
    return {
        (which, at)
        for which, text in enumerate(several)
        for at, pattern in enumerate(wanted)
        if goes_with(text, pattern, 0)
        or (known(pattern) >= LEAST_KNOWN and goes_with(text, pattern, 1))
    }


@st.composite
def meant_for(draw: st.DrawFn) -> tuple[str, str]:
    """A text and a pattern made of it: some places unknown, some mixed up."""
    text = draw(texts.filter(bool))
    pattern = "".join(draw(st.sampled_from((c, c, c, "?", "*"))) for c in text)
    at, other = draw(st.integers(0, len(text) - 1)), draw(st.sampled_from("0OD1I8B3K"))
    return text[:at] + other + text[at + 1 :], pattern


@given(st.lists(meant_for(), max_size=6), st.lists(patterns, max_size=4))
@example([("0000000000", "*0*0*0*0*0*0*0*0*0*0*"), ("OOOO", "0000"), ("", "*")], [*HOSTILE, ""])
@example([(text, "8B3*") for text in ("8B3", "", "B83K", "8BB3", "8B3\x00"[:3])], ["8?B?3K"])
def test_what_is_found_is_what_the_definition_says(
    pairs: list[tuple[str, str]], others: list[str]
) -> None:
    several, wanted = [t for t, _ in pairs], [p for _, p in pairs] + others
    found = Patterns(list(enumerate(wanted))).find(several)
    assert len(found) == len(set(found))
    assert set(found) == found_slowly(several, wanted)


@given(meant_for() | st.tuples(texts, patterns) | st.tuples(texts, st.sampled_from(HOSTILE)))
def test_fits_and_near_are_what_the_definition_says(pair: tuple[str, str]) -> None:
    text, pattern = pair
    exact = goes_with(text, pattern, 0)
    assert fits(text, pattern) is exact
    one_off = known(pattern) >= LEAST_KNOWN and not exact and goes_with(text, pattern, 1)
    assert near(text, pattern) is one_off


@given(meant_for() | st.tuples(texts, patterns))
def test_every_correction_makes_the_text_fit_and_is_marked_where_the_pattern_knows(
    pair: tuple[str, str],
) -> None:
    text, pattern = pair
    for at, character in corrections(text, pattern):
        whole = text[:at] + character + text[at + 1 :]
        beside = laid(whole, pattern)
        assert goes_with(whole, pattern, 0)
        assert beside is not None
        assert beside[at] == character != text[at]


def ways(pattern: str, length: int) -> Iterator[str]:
    """Every text of this length, `?` for an unknown character, that the pattern stands for."""
    if length < 0:
        return
    if not pattern:
        yield from [""] * (length == 0)
    elif pattern[0] == "*":
        yield from ways(pattern[1:], length)
        yield from ("?" + rest for rest in ways(pattern, length - 1))
    else:
        yield from (pattern[0] + rest for rest in ways(pattern[1:], length - 1))


@given(st.text("0O8B?", max_size=7), st.text("0O8B?*", min_size=1, max_size=7))
def test_a_pattern_lies_beside_a_text_where_it_disagrees_least(text: str, pattern: str) -> None:
    def wrong(way: str) -> int:
        return sum(a != b and "?" not in (a, b) for a, b in zip(text, way, strict=True))

    every = set(ways(pattern, len(text)))
    found = laid(text, pattern)
    assert (found in every) if every else found is None
    if found is not None:
        assert wrong(found) == min(map(wrong, every))


@pytest.mark.parametrize(
    ("text", "pattern", "beside"),
    [
        ("7AXB12", "7A?B12*", "7A?B12"), ("7AXB128", "7A?B12*", "7A?B12?"),
        ("A1B2C", "A*B*C", "A?B?C"), ("AABBCC", "A*B*C", "A?B??C"), ("ABC", "ABCD*", None),
        ("ABC", "AB", None), ("", "*", ""),
    ],
)  # fmt: skip
def test_how_a_pattern_lies_beside_a_text(text: str, pattern: str, beside: str | None) -> None:
    assert laid(text, pattern) == beside


def test_a_look_alike_is_near_and_nothing_else_is() -> None:
    wanted = "7A?8B12*"
    assert fits("7AJ8B12", wanted)
    assert fits("7AJ8B12XY", wanted)
    assert near("7AJ3B12", wanted)
    assert near("1AJ8B12", wanted)
    assert not near("7AJ8B12", wanted)  # it fits
    assert not near("7AJ3812", wanted)  # two
    assert not near("7AJKB12", wanted)  # K is mixed up with none
    assert not near("7A8B12", wanted)  # one too few
    assert not near("3BC", "8BC*")  # three known characters: two would have to do
    assert near("3BC1", "8BC1*")


def test_no_pattern_is_tried_over_and_over_on_a_text_that_almost_fits() -> None:
    """A regular expression that goes back would try a text of 4,000 characters in more ways than
    there are atoms: this would not end. It is no plate, only the worst there could be."""
    text = "0" * 4000
    hopeless = ["*0" * 20 + "*B", "0*" * 20 + "B", "*0?" * 20 + "K*", "*" * 500 + "00000*K"]
    every = Patterns([*enumerate(hopeless), (9, "*0" * 20 + "*")])
    assert every.find([text, text]) == [(0, 9), (1, 9)]
    assert not any(fits(text, pattern) for pattern in hopeless)


def test_nothing_is_found_in_nothing() -> None:
    assert Patterns().find(["ABC"]) == []
    assert Patterns([(3, "AB?*")]).find([]) == []
    assert len(Patterns([(3, "AB?*"), (4, "?")])) == 2
