"""How often innocent traffic shows a text: the tables against the obvious form and a simulation."""

from __future__ import annotations

from collections import Counter
from itertools import cycle, product
from math import exp, sqrt
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.background import background, shape_of, state_number
from matchers.background_scores import backgrounds
from matchers.background_tables import GARBAGE
from matchers.characters import ALPHABET, CODE, WIDTH
from matchers.confusion import standard
from matchers.series import draw, states, templates
from matchers.weights import STATE_WRONG

ALL = ["", "ZZ", "NE", *states()]


def fast(asked: list[tuple[str, str, bool]]) -> npt.NDArray[np.float64]:
    codes = np.zeros((len(asked), WIDTH), dtype=np.uint8)
    for row, (text, _, _) in enumerate(asked):
        codes[row, : len(text)] = [CODE[character] for character in text]
    return backgrounds(
        codes,
        np.array([state_number(state) for _, state, _ in asked]),
        np.array([but_right for _, _, but_right in asked]),
    )


@st.composite
def questions(chosen: st.DrawFn) -> tuple[str, str, bool]:
    """Plates of the state read and of others, with a character changed or not, and any text."""
    state = chosen(st.sampled_from(ALL))
    anything = st.text(ALPHABET, min_size=1, max_size=WIDTH)
    from_series = st.builds(
        lambda seed, where: draw(where, Random(seed)),
        st.integers(0, 1 << 30),
        st.sampled_from([state, *ALL]),
    )
    text = chosen(st.one_of(from_series, anything))
    if chosen(st.booleans()):
        at = chosen(st.integers(0, len(text) - 1))
        text = text[:at] + chosen(st.sampled_from(ALPHABET)) + text[at + 1 :]
    return text, state, chosen(st.booleans())


@settings(max_examples=300, deadline=None)
@given(st.lists(questions(), min_size=1, max_size=20))
def test_the_tables_say_what_the_obvious_form_says(asked: list[tuple[str, str, bool]]) -> None:
    slow = [background(text, state, but_right=but) for text, state, but in asked]
    assert fast(asked) == pytest.approx(slow, abs=1e-9)


@given(st.text(ALPHABET, min_size=1, max_size=WIDTH), st.sampled_from(ALL), st.booleans())
@settings(max_examples=200, deadline=None)
def test_no_text_is_impossible_and_none_is_certain(text: str, state: str, but: bool) -> None:
    floor = np.log(GARBAGE / WIDTH) - len(text) * np.log(36)
    assert floor - 1e-9 <= background(text, state, but_right=but) < 0


def test_a_plate_of_the_series_is_likelier_than_a_text_one_mistake_away() -> None:
    plate, flipped, far = (background(text, "TX") for text in ("BCD2345", "8CD2345", "B1D2E4F"))
    assert plate > flipped + 1 > far + 2


def test_a_letter_for_its_look_alike_digit_is_likelier_than_for_another() -> None:
    assert background("8CD2345", "TX") > background("3CD2345", "TX")


def test_a_letter_the_state_never_uses_is_a_misreading() -> None:
    assert background("BCZ2345", "TX") > background("BCO2345", "TX")


def test_a_plate_without_its_first_or_last_two_is_likelier_than_another_text_as_long() -> None:
    """Six of seven characters in Texas: three letters and four digits, a pair cut off."""
    left, right, other = (background(text, "TX") for text in ("D2345", "BCD23", "2D3B4"))
    assert min(left, right) > other + 1


def test_without_right_readings_a_plate_of_the_series_can_only_be_misread_into() -> None:
    whole, misread = (background("7ABC123", "CA", but_right=but) for but in (False, True))
    assert misread < whole - 1
    # Where the state's series has no such plate there is next to nothing to leave out.
    assert background("7ABC123", "TX", but_right=True) == pytest.approx(
        background("7ABC123", "TX"), abs=0.01
    )


def test_without_a_state_there_is_no_state_to_leave_out() -> None:
    assert background("7ABC123", "") == background("7ABC123", "", but_right=True)
    assert background("7ABC123", "ZZ") == background("7ABC123", "")


def misreading(plate: str, random: Random) -> str | None:
    """One reading of a plate by the confusion table; None where the table leaves a remainder."""
    table, n = standard(), len(plate)
    end = exp(table.at_end)
    events: list[tuple[str, int]] = []
    chances: list[float] = []
    for j, character in enumerate(plate):
        events.append(("dropped", j))
        chances.append(exp(table.dropped[CODE[character]]) * (end if j in {0, n - 1} else 1))
    if n >= 5:
        for j in (0, n - 1):
            events.append(("cut", j))
            chances.append(exp(table.dropped[CODE[plate[j]]] + table.cut) * end)
    added = [exp(table.added[CODE[character]]) for character in ALPHABET]
    for j in range(n + 1):
        events.append(("added", j))
        chances.append(sum(added) * (end if j in {0, n} else 1))
    for j in range(n - 1):
        events.append(("swapped", j))
        chances.append(exp(table.swapped))
    events.append(("whole", 0))
    chances.append(1 - sum(chances))
    ((event, j),) = random.choices(events, chances)
    shown: list[str | None] = []
    for i, character in enumerate(plate):
        if event == "dropped" and i == j:
            continue
        if event == "cut" and abs(i - j) < 2:
            continue
        if event == "swapped" and i in {j, j + 1}:
            shown.append(plate[2 * j + 1 - i])
            continue
        row = [exp(table.shown[CODE[character], CODE[read]]) for read in ALPHABET]
        shown.append(random.choices([*ALPHABET, None], [*row, max(0.0, 1 - sum(row))])[0])
    if event == "added":
        shown.insert(j, random.choices(ALPHABET, added)[0])
    return "".join(shown) if None not in shown else None  # type: ignore[arg-type]


def total_of_shape(shape: str, state: str) -> float:
    """The sum of P over all texts of a shape, by asking for each character what it changes.

    It is the number of texts times the average over texts drawn evenly, with a fixed seed; the
    letters of shapes with one or two are gone through in turn, since a series may fix them.
    """
    random, letters = Random(shape + state), cycle(product(_of("L"), repeat=shape.count("L")))
    several = []
    for _ in range(27 * 26**2 if shape.count("L") <= 2 else 20_000):
        chosen = iter(next(letters) if shape.count("L") <= 2 else random.choices(_of("L"), k=9))
        several.append("".join(next(chosen) if k == "L" else random.choice(_of(k)) for k in shape))
    size = float(np.prod([len(_of(kind)) for kind in shape]))
    return float(np.exp(fast([(text, state, False) for text in several])).mean() * size)


def _of(kind: str) -> str:
    return ALPHABET[:10] if kind == "D" else ALPHABET[10:]


@pytest.mark.parametrize("state", ["TX", "CA", "NJ", "DE", "AZ"])
def test_each_shape_is_as_frequent_as_in_simulated_traffic(state: str) -> None:
    random, several = Random(7), 40_000
    seen: Counter[str] = Counter()
    for _ in range(several):
        where = state if random.random() >= STATE_WRONG else ""
        read = misreading(draw(where, random), random)
        if read is not None and 0 < len(read) <= WIDTH:
            seen[shape_of(read)] += 1
    for shape, count in seen.most_common(12):
        expected, error = total_of_shape(shape, state), sqrt(count) / several
        # Five standard errors of the simulation and, for the average over texts, 4 %.
        assert abs(count / several - expected) < 5 * error + 0.04 * expected, (shape, count)


def test_all_probabilities_add_up_to_one() -> None:
    """Exactly, shape by shape, for a state with one short series and for the country."""
    shapes = [
        "".join("DL"[bits >> i & 1] for i in range(n))
        for n in range(1, 8)
        for bits in range(1 << n)
    ]
    total = sum(total_of_shape_quickly(shape) for shape in shapes)
    assert 0.9 < total < 1.001
    assert sum(one.share for one in templates("")) == pytest.approx(1)


def total_of_shape_quickly(shape: str) -> float:
    """Without a state every text of a shape has the same probability."""
    size = float(np.prod([len(_of(kind)) for kind in shape]))
    one = "".join(_of(kind)[0] for kind in shape)
    return float(np.exp(fast([(one, "", False)])[0]) * size)
