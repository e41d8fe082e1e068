"""The bound of a pair that is told from a slot alone: never below what the pair weighs."""

from __future__ import annotations

from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.characters import ALPHABET, WIDTH, codes_of
from matchers.confusion import standard
from matchers.folding import CLOSE, column
from matchers.index import Index
from matchers.index_keys import FOLDS
from matchers.index_loops import (
    BY_WIDE,
    EQUAL,
    FIRST_CUT,
    GROUPS,
    HOW_BITS,
    INSTEAD,
    LAST_CUT,
    LEFT_BITS,
    SHORTER,
    STATE_BITS,
    WHOLE,
    group_of,
)
from matchers.plate_bounds import likeliest_of, most_near, most_of
from matchers.plate_scores import text_score
from matchers.reach import folded
from matchers.series import states
from tests.unit.test_plate_scores import ENDS, TABLE, pairs, row, shifts_of

BY = likeliest_of(standard())

crowded = st.text(alphabet="0OC1I8BE", min_size=1, max_size=WIDTH)


def candidate(read: str, plate: str) -> tuple[int, int] | None:
    """(how, left) of the pair; None when the index does not find it."""
    index = Index.of_codes(codes_of(column([plate])))
    _, found = index.found(codes_of(column([read])))
    if not len(found):
        return None
    pair = min(found.tolist())  # the first way that holds
    return (pair >> LEFT_BITS) & ((1 << HOW_BITS) - 1), pair & ((1 << LEFT_BITS) - 1)


def bound(read: str, shifts: list[float], how: int, left: int) -> tuple[float, float]:
    """What the pair weighs at most, and what any entry that is no longer does."""
    text, doubts = row(read), shifts_of(shifts)
    most = most_of(text, doubts, BY)
    return most_near(text, doubts, BY, most, how, left), most.any


def weighs_no_more(read: str, plate: str, shifts: list[float]) -> bool:
    """Whether the pair was found; then its score is within both bounds."""
    near = candidate(read, plate)
    if near is None:
        return False
    how, _ = near
    assert (how == EQUAL) == (folded(read, CLOSE) == folded(plate, CLOSE))
    score = text_score(
        row(read), row(plate), shifts_of(shifts), TABLE.shown, TABLE.dropped, TABLE.added, ENDS
    )
    one, of_any = bound(read, shifts, *near)
    assert score <= one + 1e-9
    assert how in {EQUAL, SHORTER} or one <= of_any + 1e-9
    return True


@settings(max_examples=400)
@given(pairs())
def test_no_pair_that_the_index_finds_weighs_more(pair: tuple[str, str, list[float]]) -> None:
    plate, read, shifts = pair
    weighs_no_more(read, plate, shifts)


@settings(max_examples=400)
@given(crowded, st.integers(0, 9), st.integers(0, 9), st.sampled_from("0OC1I8BE"), st.data())
def test_nor_does_one_with_a_character_moved_or_among_its_like(
    plate: str, out: int, at: int, other: str, data: st.DataObject
) -> None:
    rest = plate[: out % len(plate)] + plate[out % len(plate) + 1 :]
    read = (rest[:at] + other + rest[at:])[:WIDTH]
    each = st.lists(st.floats(-1, 2), min_size=len(read), max_size=len(read))
    shifts = data.draw(st.just([]) | each)
    assert weighs_no_more(read, plate, shifts)
    assert weighs_no_more(plate, read, [])


def test_a_slot_says_what_is_left_out_of_the_entry() -> None:
    def of(character: str, at: int) -> int:
        return group_of(FOLDS[0, ALPHABET.index(character) + 1]) * WIDTH + at

    assert candidate("ABC1234", "ABC1234") == (EQUAL, WHOLE)
    assert candidate("ABX1234", "ABC1234") == (3, of("C", 2))
    assert candidate("ABX1234", "AB81234") == (3, of("B", 1))
    assert candidate("ABC1234", "AC1234B") == (2, of("B", 6))
    assert candidate("AAX1234", "AA81234") == (2, of("8", 2))
    assert candidate("ABC1234", "AB1234") == (3, WHOLE)
    assert candidate("ABC123", "ABC1234") == (SHORTER, of("4", 6))
    assert candidate("ABC123", "ABC1233") == (SHORTER, of("3", 5))
    assert candidate("C1234", "ABC1234") == (SHORTER, FIRST_CUT)
    assert candidate("ABC12", "ABC1234") == (SHORTER, LAST_CUT)
    assert candidate("XC1234", "ABC1234") == (SHORTER, INSTEAD)
    assert candidate("4EV3H1A", "4EY8W1A") == (BY_WIDE, WHOLE)
    assert candidate("ABC1234", "XYZ5678") is None


def test_what_is_far_is_told_to_be_far_without_the_entry() -> None:
    near = candidate("ABC1234", "XBC1234")
    moved = candidate("ABC1234", "BC1234A")
    assert near
    assert moved
    of_near, of_any = bound("ABC1234", [], *near)
    of_moved, _ = bound("ABC1234", [], *moved)
    assert -inf < of_moved < of_near - 5
    assert of_near < of_any


def test_groups_places_and_states_have_room_in_a_slot() -> None:
    assert GROUPS * WIDTH <= INSTEAD < FIRST_CUT < LAST_CUT < WHOLE < 1 << LEFT_BITS
    assert len(states()) < 1 << STATE_BITS
    assert 1 << HOW_BITS > BY_WIDE
    assert {group_of(FOLDS[0, n]) for n in range(1, len(ALPHABET) + 1)} == set(range(GROUPS))
