"""A plate as its state makes it: background, name, characters, bolts, dirt."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from random import Random

from PIL import Image, ImageDraw, ImageFont

from domain.plate import shown
from simulator.strokes import HEIGHT, WIDTH, glyph

Color = tuple[int, int, int]

SIZE = (320, 160)
_SCALE = 2
_STROKE = 15
_SLASH = 8


@dataclass(frozen=True)
class Livery:
    """How a state's plate looks: top and bottom of the background, ink, name, small line."""

    top: Color
    bottom: Color
    ink: Color
    name: str
    name_ink: Color
    motto: str = ""
    hills: Color | None = None


LIVERIES: dict[str, Livery] = {
    "KS": Livery((150, 190, 224), (238, 242, 238), (24, 42, 84), "KANSAS", (24, 42, 84)),
    "MO": Livery((226, 236, 248), (250, 250, 250), (22, 36, 92), "MISSOURI", (178, 28, 44)),
    "OK": Livery((120, 190, 214), (236, 246, 248), (18, 30, 44), "OKLAHOMA", (18, 60, 96)),
    "NB": Livery((244, 238, 214), (232, 214, 160), (30, 30, 34), "NEBRASKA", (120, 40, 30)),
    "TX": Livery((248, 248, 246), (240, 240, 238), (20, 20, 22), "TEXAS", (20, 20, 22)),
    "CO": Livery(
        (36, 110, 72),
        (24, 92, 58),
        (244, 246, 244),
        "COLORADO",
        (244, 246, 244),
        hills=(16, 70, 44),
    ),
    "AR": Livery((246, 248, 250), (214, 226, 240), (160, 24, 36), "ARKANSAS", (24, 52, 110)),
    "IA": Livery((196, 220, 240), (246, 248, 250), (20, 30, 60), "IOWA", (24, 60, 110)),
}
_UNKNOWN = Livery((246, 246, 244), (232, 232, 230), (24, 26, 32), "", (24, 26, 32))

# Under infrared light the sheeting shines, the ink stays dark and colors are gone.
_INFRARED = {
    False: Livery((206, 206, 206), (188, 188, 188), (22, 22, 22), "", (104, 104, 104)),
    True: Livery((86, 86, 86), (74, 74, 74), (224, 224, 224), "", (170, 170, 170)),
}


def livery(state: str, *, night: bool) -> Livery:
    """The look of that state's plate by day, or under the camera's infrared lamp by night."""
    day = LIVERIES.get(state, _UNKNOWN)
    if not night:
        return day
    dark = _INFRARED[sum(day.top) < sum(day.ink)]
    hills = None if day.hills is None else (64, 64, 64)
    return Livery(dark.top, dark.bottom, dark.ink, day.name, dark.name_ink, hills=hills)


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


@lru_cache(maxsize=128)
def draw_plate(plate: str, state: str, night: bool, worn: int | None, seed: int) -> Image.Image:
    """The plate face on, 320 by 160, corners transparent. `worn` is a character under dirt."""
    look = livery(state, night=night)
    wide, high = SIZE[0] * _SCALE, SIZE[1] * _SCALE
    face = _background(state, night).copy()
    draw = ImageDraw.Draw(face)
    places = _places(plate)
    emboss = tuple(min(255, c + 60) for c in look.ink)
    for char, x, y, across, down in places:
        _write(draw, char, x + 2, y + 3, across, down, _STROKE, emboss)
        _write(draw, char, x, y, across, down, _STROKE, look.ink)
    rng = Random(f"{plate} {seed}")
    _dirt(face, rng, None if worn is None else places[worn][1:], night=night)
    mask = Image.new("L", (wide, high), 0)
    ImageDraw.Draw(mask).rounded_rectangle((2, 2, wide - 3, high - 3), 26, fill=255)
    face.putalpha(mask)
    return face.resize(SIZE, Image.Resampling.BOX)


@lru_cache(maxsize=32)
def _background(state: str, night: bool) -> Image.Image:
    """Everything of a state's plate but the number, at twice the size."""
    look = livery(state, night=night)
    wide, high = SIZE[0] * _SCALE, SIZE[1] * _SCALE
    column = Image.new("RGB", (1, 2))
    column.putpixel((0, 0), look.top)
    column.putpixel((0, 1), look.bottom)
    face = column.resize((wide, high), Image.Resampling.BILINEAR)
    draw = ImageDraw.Draw(face)
    if look.hills is not None:
        ridge = (0, 92, 70, 58, 130, 84, 210, 34, 300, 80, 372, 44, 460, 88, 540, 50, 640, 90)
        draw.polygon((*ridge, 640, 0, 0, 0), fill=look.hills)
    draw.text((wide / 2, 42), look.name, look.name_ink, _font(46), anchor="mm")
    tab = tuple(c * 3 // 4 + 30 for c in look.bottom)
    for x in (26, wide - 26 - 66):
        draw.rounded_rectangle((x, 24, x + 66, 66), 6, fill=tab)
    for x in (140, wide - 140):
        for y in (40, high - 22):
            draw.ellipse((x - 11, y - 11, x + 11, y + 11), fill=(70, 72, 74))
            draw.ellipse((x - 8, y - 9, x + 5, y + 4), fill=(128, 130, 132))
    edge = tuple(c * 2 // 3 for c in look.bottom)
    draw.rounded_rectangle((5, 5, wide - 6, high - 6), 24, outline=edge, width=5)
    return face


def _places(plate: str) -> list[tuple[str, float, float, float, float]]:
    """Where each character stands: (character, left, top, width, height) at twice the size."""
    text = shown(plate)
    units = sum(0.42 if char == " " else 1.0 for char in text)
    pitch = min(92.0, 576 / units)
    left = (SIZE[0] * _SCALE - pitch * units) / 2
    across, down = pitch * 0.68, 168.0
    places = []
    for char in text:
        if char == " ":
            left += pitch * 0.42
            continue
        places.append((char, left + (pitch - across) / 2, 94.0, across, down))
        left += pitch
    return places


def _write(
    draw: ImageDraw.ImageDraw,
    char: str,
    x: float,
    y: float,
    across: float,
    down: float,
    width: int,
    ink: tuple[int, ...],
) -> None:
    for line in glyph(char):
        points = [(x + px / WIDTH * across, y + py / HEIGHT * down) for px, py in line]
        thin = _SLASH if char == "0" and len(line) == 2 else width
        draw.line(points, fill=ink, width=thin, joint="curve")
        for px, py in (points[0], points[-1]):
            r = thin / 2
            draw.ellipse((px - r, py - r, px + r, py + r), fill=ink)


def _dirt(
    face: Image.Image,
    rng: Random,
    worn: tuple[float, float, float, float] | None,
    *,
    night: bool,
) -> None:
    shade = (58, 58, 56) if night else (112, 96, 72)
    layer = Image.new("L", (face.width // 4, face.height // 4), 0)
    draw = ImageDraw.Draw(layer)
    for _ in range(rng.randrange(6, 14)):
        x, y, r = rng.uniform(4, 156), rng.uniform(48, 78), rng.uniform(0.4, 1.7)
        draw.ellipse((x - r, y - r * 0.7, x + r, y + r * 0.7), fill=rng.randrange(60, 150))
    if worn is not None:
        left, top, across, down = (v / 4 for v in worn)
        for _ in range(7):
            x, y = left + rng.uniform(-0.1, 0.6) * across, top + rng.uniform(0.35, 1.05) * down
            rx, ry = rng.uniform(1.5, 5.5), rng.uniform(1.5, 4.5)
            draw.ellipse((x - rx, y - ry, x + rx, y + ry), fill=rng.randrange(120, 205))
    mask = layer.resize(face.size, Image.Resampling.BICUBIC)
    face.paste(Image.new("RGB", face.size, shade), mask=mask)
