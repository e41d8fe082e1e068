"""The drawn pictures: small JPEGs, the same for a scene, and characters that differ."""

from __future__ import annotations

from io import BytesIO
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from simulator.eyes import CONFUSED
from simulator.painter import PAINTS
from simulator.pictures import PLATE_SIZE, Scene, plate_jpeg, vehicle_jpeg
from simulator.plate_art import LIVERIES, draw_plate
from simulator.strokes import CHARACTERS
from simulator.vehicle_art import PLATE_AT, SIZE
from simulator.vehicles import COLORS, SERIES, Body

SCENE = Scene("482KTB", "KS", "silver", "sedan", night=True)
BODIES: tuple[Body, ...] = tuple(PLATE_AT)


def opened(jpeg: bytes) -> Image.Image:
    picture = Image.open(BytesIO(jpeg))
    assert picture.format == "JPEG"
    return picture


@pytest.mark.parametrize("night", [False, True])
@pytest.mark.parametrize("body", BODIES)
def test_a_scene_gives_two_jpegs_below_40_kb(body: Body, night: bool) -> None:
    for n, color in enumerate(("white", "black", "red")):
        scene = Scene("7045QDS", "KS", color, body, night=night, worn=n, seed=n)
        plate, vehicle = plate_jpeg(scene), vehicle_jpeg(scene)
        assert opened(plate).size == PLATE_SIZE
        assert opened(vehicle).size == SIZE
        assert 4_000 < len(plate) < 40_000
        assert 4_000 < len(vehicle) < 40_000


def test_the_same_scene_is_the_same_picture() -> None:
    one = plate_jpeg(SCENE), vehicle_jpeg(SCENE)
    plate_jpeg.cache_clear()
    vehicle_jpeg.cache_clear()
    assert (plate_jpeg(SCENE), vehicle_jpeg(SCENE)) == one


def test_everything_that_drives_can_be_drawn() -> None:
    assert set(COLORS) == set(PAINTS)
    assert set(SERIES) <= set(LIVERIES)
    assert frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == CHARACTERS
    assert opened(plate_jpeg(Scene("ZZ1", "??", "red", "van"))).size == PLATE_SIZE


@pytest.mark.parametrize("night", [False, True])
def test_characters_that_cameras_confuse_are_told_apart_on_the_plate(night: bool) -> None:
    for group in CONFUSED:
        for one, other in combinations(group, 2):
            pictures = (draw_plate(char * 3, "KS", night, None, 0) for char in (one, other))
            first, second = (np.asarray(p.convert("L"), dtype=np.int16) for p in pictures)
            ink = int((np.abs(first - second) > 60).sum())
            assert ink > 250, f"{one} and {other} look alike"


def test_the_night_plate_is_infrared_and_the_day_plate_has_its_states_colors() -> None:
    night = np.asarray(draw_plate("482KTB", "KS", True, None, 0).convert("RGB"), dtype=np.int16)
    day = np.asarray(draw_plate("482KTB", "KS", False, None, 0).convert("RGB"), dtype=np.int16)
    assert int((night.max(axis=2) - night.min(axis=2)).max()) < 12
    assert int((day.max(axis=2) - day.min(axis=2)).max()) > 50


def test_dirt_lies_on_the_misread_character() -> None:
    clean = np.asarray(draw_plate("482KTB", "KS", False, None, 0).convert("L"), dtype=np.int16)
    dirty = np.asarray(draw_plate("482KTB", "KS", False, 5, 0).convert("L"), dtype=np.int16)
    columns = np.nonzero((np.abs(clean - dirty) > 40).any(axis=0))[0]
    assert columns.size
    assert columns.min() > 200, "the last of six characters stands at the right"
