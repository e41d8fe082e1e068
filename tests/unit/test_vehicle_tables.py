"""What a camera's words of a vehicle say for an entry: tables, ratios, words and their sum."""

from __future__ import annotations

from math import exp, log
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.entry import Entry
from domain.vehicle import Guess, VehicleSeen
from matchers import vehicle_words as words
from matchers.vehicle_features import NAMES, codes_of, vehicle_features
from matchers.vehicle_model import MODEL_LEAST, MODEL_MOST, likeness, model_log_ratio
from matchers.vehicle_tables import (
    ASPECTS,
    BOUNDS,
    RATIO,
    SURE,
    UNSAID,
    bounds,
    log_ratio,
    number_of,
    numbers_of,
    said_of,
    shares_of,
    vocabulary,
    word,
)

codes = {
    "make": st.sampled_from(["", "FORD", "TOYT", "CHEV", "GMC", "FERR", "ZZZZ", "HD", " "]),
    "color": st.sampled_from(["", "BLU", "BLK/WHI", "DBL", "MUL/COL", "SIL", "QQQ", "TAN/ZZZ"]),
    "style": st.sampled_from(["", "4D", "2D", "MC", "VN", "PK", "LL", "??"]),
    "plate_type": st.sampled_from(["", "PC", "MC", "TK", "ZZ"]),
    "model": st.sampled_from(["", "CAM", "F15", "GCH", "SIL", "X5", "?"]),
}
chances = st.one_of(st.none(), st.floats(0, 1))


def guesses(*said: str) -> st.SearchStrategy[tuple[Guess, ...]]:
    return st.lists(st.builds(Guess, st.sampled_from(said), chances), max_size=4).map(tuple)


vehicles = st.builds(
    VehicleSeen,
    make=guesses("Ford", "toyota", "GMC", "Ferrari", "unknown", "Zorp", ""),
    model=guesses("Camry", "Toyota Camry", "F-150", "Grand Cherokee", "Silverado", "", "X5"),
    color=guesses("blue", "black", "white", "silver", "camouflage", "metallic blue", "plaid"),
    body=guesses("sedan", "SUV", "Motorcycle", "pickup", "4D", "spaceship", "minivan"),
    plate_type=guesses("PC", "truck", "motorcycle", "no such"),
)


def entry(**fields: str) -> Entry:
    return Entry(
        entry_id=UUID(int=1), agency="KS0190100", source="s", category="c", priority=2,
        **fields,  # type: ignore[arg-type]
    )  # fmt: skip


def one_look(aspect: str, seen: str, expected: str, confidence: float | None = 0.9) -> float:
    return log_ratio(aspect, (Guess(seen, confidence),), numbers_of(aspect, expected))


# --- the tables ---


@pytest.mark.parametrize("aspect", ASPECTS)
def test_shares_and_what_is_said_of_each_vehicle_are_whole(aspect: str) -> None:
    share, said = shares_of(aspect), said_of(aspect)
    assert share.sum() == pytest.approx(1)
    assert said[share > 0].sum(axis=1) == pytest.approx(1)
    assert said.min() >= 0
    # However a look turns out, a vehicle that has the word itself is what makes it likeliest.
    plain = np.flatnonzero(share)
    assert (said[plain, plain] > 0.05).all()


@pytest.mark.parametrize(
    ("aspect", "least", "most"),
    [("make", 0.9, 0.95), ("color", 0.8, 0.85), ("body", 0.87, 0.92), ("plate_type", 0.9, 0.96)],
)
def test_a_camera_is_right_about_as_often_as_is_said(
    aspect: str, least: float, most: float
) -> None:
    assert least <= shares_of(aspect) @ said_of(aspect).diagonal() <= most


@pytest.mark.parametrize("aspect", ASPECTS)
def test_what_is_not_known_says_nothing_and_nothing_leaves_the_bounds(aspect: str) -> None:
    table = RATIO[aspect]
    assert table.shape == (len(vocabulary()[aspect]),) * 2
    assert (table[0] == 1).all()
    assert (table[:, 0] == 1).all()
    assert table.min() >= BOUNDS[0]
    assert table.max() <= BOUNDS[1]


def test_over_all_vehicles_a_ratio_is_one() -> None:
    """A camera's word must not speak for whatever is on the road: weighed by share, 1."""
    for aspect in ASPECTS:
        share, said, table = shares_of(aspect), said_of(aspect), RATIO[aspect]
        free = [n for n in np.flatnonzero(share) if table[n].max() < BOUNDS[1]]
        assert (table @ share)[free] == pytest.approx(1, abs=0.01)
        n = int(free[0])
        assert table[n, n] == pytest.approx(said[n, n] / (share @ said)[n], rel=0.01)


@pytest.mark.parametrize("aspect", ASPECTS)
def test_every_word_has_a_number_and_comes_back(aspect: str) -> None:
    for number, known in enumerate(vocabulary()[aspect]):
        assert word(aspect, number) == known
        assert number_of(aspect, known) == number
    assert number_of(aspect, "no such word") == 0
    assert numbers_of(aspect, "no such word") == ()


def test_codes_camera_words_and_two_colors_have_numbers() -> None:
    assert number_of("make", "CHEV") == number_of("make", "chevy") != 0
    assert numbers_of("color", "BLK/WHI") == (number_of("color", "BLK"), number_of("color", "WHI"))
    assert number_of("color", "BLK/WHI") == 0
    assert numbers_of("body", "4D") == (number_of("body", "Four-door"),)


# --- what a look says ---


def test_a_rare_make_or_color_says_more_when_it_agrees() -> None:
    assert one_look("make", "BMW", "BMW") > one_look("make", "Ford", "FORD") + 1
    assert one_look("color", "yellow", "YEL") > one_look("color", "white", "WHI") + 1


def test_near_words_say_little_and_far_ones_speak_against() -> None:
    for aspect, near, far, expected in (
        ("color", "gray", "red", "SIL"), ("make", "GMC", "Toyota", "CHEV"),
        ("body", "van", "Motorcycle", "LL"), ("plate_type", "truck", "motorcycle", "PC"),
    ):  # fmt: skip
        assert one_look(aspect, near, expected) > one_look(aspect, far, expected) + 0.5
        assert one_look(aspect, far, expected) < -1.5


def test_a_four_door_may_be_many_things_but_no_motorcycle() -> None:
    assert abs(one_look("body", "sedan", "4D")) < 0.3
    assert one_look("body", "Motorcycle", "4D") < -1.5
    assert one_look("body", "4D", "MC") < -1.5


def test_either_of_two_colors_agrees_and_half_as_much() -> None:
    both, white = one_look("color", "white", "BLK/WHI"), one_look("color", "white", "WHI")
    assert 0 < both < white


def test_any_color_says_nothing() -> None:
    assert one_look("color", "red", "MUL/COL") == one_look("color", "camouflage", "RED") == 0


def test_an_unsure_camera_says_less() -> None:
    weights = [abs(one_look("color", "red", "BLU", sure)) for sure in (0.1, 0.4, 0.9, 1.0)]
    assert weights == sorted(weights)
    assert one_look("color", "red", "BLU", 0.0) == 0
    unsaid = one_look("color", "red", "BLU", None)
    assert one_look("color", "red", "BLU", 0.9) < unsaid < one_look("color", "red", "BLU", 0.8)


def test_later_guesses_count() -> None:
    blue = numbers_of("color", "BLU")
    alone = log_ratio("color", (Guess("red", 0.6),), blue)
    assert log_ratio("color", (Guess("red", 0.6), Guess("blue", 0.3)), blue) > alone + 0.5


@given(st.sampled_from(ASPECTS), vehicles, st.data())
def test_a_log_ratio_stays_in_its_bounds_and_is_the_mixture_of_the_guesses(
    aspect: str, vehicle: VehicleSeen, data: st.DataObject
) -> None:
    said: tuple[Guess, ...] = getattr(vehicle, aspect)
    number = st.integers(0, len(vocabulary()[aspect]) - 1)
    expected = tuple(data.draw(st.lists(number, min_size=1, max_size=2)))
    got = log_ratio(aspect, said, expected)
    low, high = bounds(aspect)
    assert low - 1e-9 <= got <= high + 1e-9
    row = mixed(aspect, said)
    assert exp(got) == pytest.approx(sum(row[e] for e in expected) / len(expected))


def mixed(aspect: str, guesses: tuple[Guess, ...]) -> list[float]:
    """For each expected number what `log_ratio` takes the ln of, the slow and obvious way."""
    if not guesses:
        return [1.0] * len(vocabulary()[aspect])
    shares: list[float] = []
    for guess in guesses:
        left = max(1.0 - sum(shares), 0.0)
        shares.append(UNSAID * left if guess.confidence is None else guess.confidence)
    scale = min(1.0, SURE / max(sum(shares), SURE))
    rows = [RATIO[aspect][number_of(aspect, guess.value)] for guess in guesses]
    sums = sum(share * scale * row for share, row in zip(shares, rows, strict=True))
    return [float(value) + 1.0 - scale * sum(shares) for value in np.asarray(sums)]


# --- the model ---


@pytest.mark.parametrize(
    ("seen", "wanted", "make", "said"),
    [
        ("Camry", "CAM", "TOYT", "same"), ("Toyota Camry", "CAM", "Toyota", "same"),
        ("F-150", "F15", "FORD", "same"), ("CR-V", "CRV", "HOND", "same"),
        ("911 Carrera", "CAR", "PORS", "same"), ("X5", "X5", "BMW", "same"),
        ("Accord", "CAM", "TOYT", "other"), ("F-250", "F15", "FORD", "other"),
        ("Grand Cherokee", "GCH", "JEEP", "unclear"), ("unknown", "CAM", "TOYT", "unclear"),
        ("X5", "X3", "BMW", "other"), ("", "CAM", "", "unclear"),
    ],
)  # fmt: skip
def test_models_meet_by_their_beginnings(seen: str, wanted: str, make: str, said: str) -> None:
    assert likeness(seen, wanted, make) == said


def test_a_model_speaks_for_its_like_and_mildly_against_another_of_the_same_make() -> None:
    toyota, ford = (Guess("Toyota", 0.9),), (Guess("Ford", 0.9),)
    assert model_log_ratio((Guess("Camry", 0.9),), "TOYT", "CAM", toyota) > 1.5
    assert MODEL_LEAST < model_log_ratio((Guess("Corolla", 0.9),), "TOYT", "CAM", toyota) < -0.5
    assert model_log_ratio((Guess("Corolla", 0.9),), "TOYT", "CAM") == 0
    assert model_log_ratio((Guess("Camry", 0.9),), "TOYT", "CAM", ford) == 0
    assert model_log_ratio((), "TOYT", "CAM", toyota) == 0


@given(vehicles, codes["make"], codes["model"])
def test_a_model_stays_in_its_bounds(vehicle: VehicleSeen, make: str, model: str) -> None:
    got = model_log_ratio(vehicle.model, make, model, vehicle.make)
    assert MODEL_LEAST - 1e-9 <= got <= MODEL_MOST + 1e-9


# --- features ---


@settings(max_examples=300)
@given(st.fixed_dictionaries(codes), vehicles)
def test_the_features_weigh_what_the_tables_say(
    fields: dict[str, str], vehicle: VehicleSeen
) -> None:
    listed = entry(**fields)
    features = vehicle_features(listed, vehicle)
    by_name = {f.name: f for f in features}
    model = model_log_ratio(vehicle.model, listed.make, listed.model, vehicle.make)
    assert (by_name["model"].weight if "model" in by_name else 0.0) == pytest.approx(model)
    for aspect, code in codes_of(listed).items():
        got = log_ratio(aspect, getattr(vehicle, aspect), numbers_of(aspect, code))
        weight = by_name[NAMES[aspect]].weight if NAMES[aspect] in by_name else 0.0
        assert weight == pytest.approx(got, abs=1e-9)
    for one in features:
        assert one.words
        assert one.verdict != "conflict" or one.weight <= -1
        assert one.verdict != "agrees" or one.weight >= 0


def test_near_words_are_never_a_conflict_whatever_they_weigh() -> None:
    for aspect in ASPECTS:
        known = vocabulary()[aspect][1:]
        for one in known:
            for other in known:
                if one == other or not words.is_near(aspect, one, other):
                    continue
                field = "style" if aspect == "body" else aspect
                seen = VehicleSeen(**{aspect: (Guess(other, 1.0),)})  # type: ignore[arg-type]
                found = {f.name: f for f in vehicle_features(entry(**{field: one}), seen)}
                assert found[NAMES[aspect]].verdict in {"differs", "agrees", "no answer"}


def test_no_answer_where_nobody_saw_anything() -> None:
    assert vehicle_features(entry(), None) == []
    (only,) = vehicle_features(entry(make="FORD"), None)
    assert (only.words, only.weight) == ("Camera did not say the make, Ford expected", 0.0)


def test_the_weight_of_one_look_can_be_followed_by_hand() -> None:
    """Ford, seen as Ford with 90 %: 0.9 times the ratio, and 0.1 of saying nothing."""
    n = number_of("make", "FORD")
    share, said = shares_of("make"), said_of("make")
    ratio = said[n, n] / (share @ said)[n]
    assert one_look("make", "Ford", "FORD") == pytest.approx(log(0.9 * ratio + 0.1))
