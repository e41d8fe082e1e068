"""The two pictures a camera sends of a pass: the plate crop and the vehicle from behind.

Drawn, not photographed, and each the same for the same `Scene`. By night the plate is seen in
infrared and the vehicle in what light there is. JPEG, below 40 KB each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from random import Random

import numpy as np
from PIL import Image, ImageFilter

from simulator.painter import PAINTS, shade
from simulator.plate_art import draw_plate
from simulator.vehicle_art import PLATE_AT, draw_rear
from simulator.vehicle_art import SIZE as VEHICLE_SIZE
from simulator.vehicles import Body

PLATE_SIZE = (352, 192)
_MARGIN = 16


@dataclass(frozen=True)
class Scene:
    """What is in front of the camera: the true plate, and which character is under dirt."""

    plate: str
    state: str
    color: str
    body: Body
    night: bool = False
    worn: int | None = None
    seed: int = 0


@lru_cache(maxsize=256)
def plate_jpeg(scene: Scene) -> bytes:
    """The plate crop, a little turned and blurred: 352 by 192, JPEG."""
    rng = Random(f"{scene.plate} crop {scene.seed}")
    plate = draw_plate(scene.plate, scene.state, scene.night, scene.worn, scene.seed % 7)
    around = shade(PAINTS[scene.color], 0.16 if scene.night else 0.62)
    if scene.night:
        around = (max(16, sum(around) // 3),) * 3
    picture = Image.new("RGBA", PLATE_SIZE, (*around, 255))
    picture.alpha_composite(plate, (_MARGIN, _MARGIN))
    turned = picture.convert("RGB").transform(
        PLATE_SIZE,
        Image.Transform.PERSPECTIVE,
        _turn(rng),
        Image.Resampling.BILINEAR,
        fillcolor=around,
    )
    soft = turned.filter(ImageFilter.BoxBlur(rng.uniform(0.3, 0.7)))
    return _developed(soft, rng, noise=9 if scene.night else 5, vignette=scene.night)


@lru_cache(maxsize=256)
def vehicle_jpeg(scene: Scene) -> bytes:
    """The vehicle from behind with its plate on it: 480 by 400, JPEG."""
    rng = Random(f"{scene.plate} rear {scene.seed}")
    picture = draw_rear(scene.body, scene.color, scene.night).copy()
    x, y, wide = (v * VEHICLE_SIZE[0] / 240 for v in PLATE_AT[scene.body])
    plate = draw_plate(scene.plate, scene.state, scene.night, scene.worn, scene.seed % 7)
    small = plate.resize((round(wide), round(wide / 2)), Image.Resampling.LANCZOS)
    picture.paste(small, (round(x - wide / 2), round(y - wide / 4)), small)
    return _developed(picture, rng, noise=5 if scene.night else 4, vignette=scene.night)


def _turn(rng: Random) -> tuple[float, ...]:
    """The coefficients of a slight turn and tilt, as Pillow's perspective transform takes them."""
    lean, rise = rng.uniform(-0.05, 0.05), rng.uniform(-0.03, 0.03)
    tilt = rng.uniform(-1.4e-4, 1.4e-4)
    wide, high = PLATE_SIZE
    grow = 1 + tilt * wide / 2
    return (
        grow, lean, -lean * high / 2,
        rise, grow, -rise * wide / 2,
        tilt, 0.0,
    )  # fmt: skip


@lru_cache(maxsize=1)
def _grain() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Gray noise of deviation 1, drawn once; pictures use differing windows of it."""
    return np.random.default_rng(1).standard_normal((600, 700), dtype=np.float32)[..., None]


@lru_cache(maxsize=4)
def _falloff(wide: int, high: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    x = np.linspace(-1, 1, wide, dtype=np.float32)[None, :, None]
    y = np.linspace(-1, 1, high, dtype=np.float32)[:, None, None]
    return np.asarray(1.06 - 0.15 * (x * x + y * y), dtype=np.float32)


def _developed(picture: Image.Image, rng: Random, *, noise: float, vignette: bool) -> bytes:
    """Sensor noise, lamp falloff, JPEG."""
    pixels = np.asarray(picture, dtype=np.float32)
    high, wide = pixels.shape[:2]
    if vignette:
        pixels = pixels * _falloff(wide, high)
    down, right = rng.randrange(600 - high), rng.randrange(700 - wide)
    pixels = pixels + noise * _grain()[down : down + high, right : right + wide]
    out = BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=80)
    return out.getvalue()
