"""The town's traffic: plausible, mixed as promised, and the same for a seed."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import islice, pairwise, takewhile
from random import Random

import pytest

from domain.plate import is_normal
from simulator.eyes import TWINS, look, look_alike_plate
from simulator.town import CAMERAS, CITY, COUNTY, ROUTES, metres
from simulator.traffic import DENSE, Mix, Pass, passes
from simulator.vehicles import MODELS, SERIES, Vehicle, draw_plate, draw_vehicle
from simulator.wanted import WANTED

CAR = Vehicle("482KTB", "KS", "Hyundai", "Elantra", 2020, "silver", "sedan")


def first(seconds: float, mix: Mix) -> list[Pass]:
    return list(takewhile(lambda one: one.at <= seconds, passes(mix)))


def test_both_agencies_have_cameras_and_each_route_is_of_known_ones() -> None:
    assert Counter(c.agency for c in CAMERAS.values()) == {CITY: 5, COUNTY: 3}
    assert {name for route in ROUTES for name in route.cameras} == set(CAMERAS)
    assert all(37 < c.latitude < 38 and -97 < c.longitude < -96 for c in CAMERAS.values())


@pytest.mark.parametrize("seed", [1, 2, 99])
def test_the_same_seed_gives_the_same_traffic(seed: int) -> None:
    one, two = (list(islice(passes(Mix(seed=seed)), 400)) for _ in range(2))
    assert one == two
    assert one != list(islice(passes(Mix(seed=seed + 1)), 400))


@pytest.mark.parametrize("rate", [0.5, 5.0, DENSE + 100])
def test_the_rate_is_there_from_the_first_minute(rate: float) -> None:
    seconds = 3000 / rate
    ordinary = [p for p in first(seconds, Mix(rate=rate)) if p.role == "ordinary"]
    for part in range(3):
        share = [p for p in ordinary if part <= p.at / seconds * 3 < part + 1]
        assert 0.8 < len(share) / 1000 < 1.2


def test_passes_come_in_order_of_time_and_none_before_the_start() -> None:
    times = [p.at for p in islice(passes(Mix(rate=20)), 3000)]
    assert times == sorted(times)
    assert times[0] >= 0


def test_a_car_takes_a_plausible_time_from_camera_to_camera() -> None:
    seen: dict[str, list[Pass]] = defaultdict(list)
    for one in first(3600, Mix(rate=3)):
        if one.role == "ordinary":
            seen[one.vehicle.plate].append(one)
    legs = 0
    for trip in seen.values():
        for one, other in pairwise(trip):
            if one.camera.id != other.camera.id and other.at - one.at < 600:
                legs += 1
                speed = metres(one.camera, other.camera) / (other.at - one.at)
                assert 2 < speed < 30, (one, other)
    assert legs > 500


def test_the_first_wanted_car_is_there_within_ten_seconds_in_its_own_agencys_camera() -> None:
    early = [p for p in first(10, Mix()) if p.role == "wanted"]
    assert early
    assert early[0].first
    assert early[0].camera.agency == WANTED[0].agency
    assert early[0].vehicle == WANTED[0].vehicle


def test_every_wanted_car_and_both_kinds_of_look_alike_come_by() -> None:
    hour = first(3600, Mix())
    assert {p.vehicle for p in hour if p.role == "wanted"} == {w.vehicle for w in WANTED}
    numbers = {w.vehicle.plate: w.vehicle.state for w in WANTED}
    alike = [p.vehicle for p in hour if p.role == "look-alike"]
    other_state = [v for v in alike if v.plate in numbers]
    twins = [v for v in alike if v.plate not in numbers]
    assert other_state
    assert twins
    assert all(numbers[v.plate] != v.state for v in other_state)
    for twin in twins:
        assert any(_one_twin_apart(twin.plate, plate) for plate in numbers)


def test_ordinary_traffic_bears_no_wanted_plate() -> None:
    sought = {w.vehicle.plate for w in WANTED}
    for one in islice(passes(Mix(rate=50, wanted_every=0, look_alike_every=0)), 5000):
        assert one.vehicle.plate not in sought


def test_plates_follow_the_syntax_of_their_state() -> None:
    rng = Random(1)
    for state in SERIES:
        for _ in range(50):
            plate = draw_plate(rng, state)
            assert is_normal(plate)
            shape = "".join("9" if c.isdigit() else "A" for c in plate)
            assert shape in SERIES[state]
    bodies = {m[2] for m in MODELS}
    assert {draw_vehicle(rng).body for _ in range(3000)} == bodies


def test_about_one_read_in_seven_is_wrong_by_one_documented_confusion() -> None:
    rng = Random(7)
    cars = [draw_vehicle(rng) for _ in range(7000)]
    wrong = 0
    for car in cars:
        saw = look(rng, car, night=False)
        assert 0 < saw.confidence <= 1
        if saw.plate != car.plate:
            wrong += 1
            assert saw.misread_at is not None
            assert _one_twin_apart(saw.plate, car.plate) or car.plate[saw.misread_at] in "37"
            assert len([1 for a, b in zip(saw.plate, car.plate, strict=True) if a != b]) == 1
        else:
            assert saw.misread_at is None
    assert 0.12 < wrong / len(cars) < 0.16


def test_the_state_is_wrong_about_once_in_ten_and_sometimes_not_seen() -> None:
    rng = Random(3)
    states = [look(rng, CAR, night=True).state for _ in range(6000)]
    assert 0.085 < sum(s not in ("", "KS") for s in states) / len(states) < 0.115
    assert 0.02 < sum(s == "" for s in states) / len(states) < 0.04


def test_candidates_are_other_readings_in_falling_confidence_and_mostly_hold_the_truth() -> None:
    rng = Random(5)
    misread = told = 0
    for _ in range(5000):
        saw = look(rng, CAR, night=False)
        texts = [text for text, _ in saw.candidates]
        assert saw.plate not in texts
        assert len(set(texts)) == len(texts)
        falling = [saw.confidence, *(c for _, c in saw.candidates)]
        assert falling == sorted(falling, reverse=True)
        if saw.plate != CAR.plate:
            misread += 1
            told += CAR.plate in texts
    assert 0.7 < told / misread < 0.9


def test_a_clear_look_is_never_wrong() -> None:
    rng = Random(2)
    for _ in range(500):
        saw = look(rng, CAR, night=True, clearly=True)
        assert (saw.plate, saw.state) == (CAR.plate, CAR.state)


def test_a_plate_without_confusable_characters_has_no_look_alike() -> None:
    assert look_alike_plate(Random(1), "374ACE") is None
    assert look(Random(1), Vehicle("AAA", "KS", "Ram", "1500", 2020, "red", "pickup"), night=True)


def _one_twin_apart(one: str, other: str) -> bool:
    if len(one) != len(other):
        return False
    apart = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return len(apart) == 1 and apart[0][1] in TWINS.get(apart[0][0], "")
