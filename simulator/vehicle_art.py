"""The rear of a vehicle on the road, by body and color. Units: 240 wide, 200 high."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageFilter

from simulator.painter import PAINTS, Color, Painter, mix, shade
from simulator.vehicles import Body

SIZE = (480, 400)
_UNIT = 4.0
_MID = 120.0

PLATE_AT: dict[Body, tuple[float, float, float]] = {
    "sedan": (120, 134, 44),
    "suv": (120, 127, 44),
    "pickup": (120, 161, 42),
    "van": (120, 131, 44),
    "motorcycle": (120, 139, 34),
}
"""Center and width of the plate, in units; it is half as high as wide."""


@lru_cache(maxsize=128)
def draw_rear(body: Body, color: str, night: bool) -> Image.Image:
    """The scene without a plate, 480 by 400."""
    image = Image.new("RGB", (int(240 * _UNIT), int(200 * _UNIT)))
    brush = Painter(image, _UNIT)
    _road(brush, night=night)
    paint = PAINTS[color]
    _BODIES[body](brush, shade(paint, 0.78) if night else paint, night)
    return image.resize(SIZE, Image.Resampling.BOX)


def _road(p: Painter, *, night: bool) -> None:
    sky, far = ((13, 17, 24), (24, 30, 38)) if night else ((176, 200, 222), (214, 224, 230))
    for n in range(24):
        p.box(0, n * 3.2, 240, 3.6, mix(sky, far, n / 23))
    trees = (9, 13, 15) if night else (88, 112, 84)
    heights = (60, 56, 61, 52, 57, 50, 58, 63, 55, 60, 53, 58, 62, 54, 57, 60)
    crown = [(n * 16.0, float(h)) for n, h in enumerate(heights)]
    p.shape([(-40, 90), (-20, 58), *crown, (260, 58), (280, 90)], trees, 2)
    verge, road = ((20, 25, 24), (33, 37, 43)) if night else ((128, 136, 100), (118, 120, 122))
    p.box(0, 76, 240, 124, verge)
    p.shape([(84, 76), (156, 76), (276, 200), (-36, 200)], road, 0)
    marks = (122, 124, 120) if night else (226, 226, 220)
    p.mirrored([(85.5, 76), (87, 76), (-16, 200), (-23, 200)], marks, _MID, 0)
    yellow = (140, 116, 40) if night else (226, 184, 60)
    for top, bottom, wide in ((82, 88, 1), (94, 104, 2), (114, 132, 3), (150, 184, 5)):
        slope = 62 / 124
        left, low = 87 - (top - 76) * slope + 12, 87 - (bottom - 76) * slope + 12
        p.shape([(left, top), (left + wide, top), (low + wide, bottom), (low, bottom)], yellow, 0)
    if night:
        _light(p, 120, 190, 130, 60, (96, 98, 96), 0.42)


def _light(p: Painter, x: float, y: float, across: float, down: float, c: Color, s: float) -> None:
    """A soft pool of light of color `c` and strength `s`."""
    small = Image.new("RGB", (120, 100))
    Painter(small, 0.5).oval(x, y, across, down, (255, 255, 255))
    mask = small.convert("L").filter(ImageFilter.GaussianBlur(9)).point(lambda v: int(v * s))
    p.image.paste(c, mask=mask.resize(p.image.size))


def _shadow(p: Painter, half: float, y: float) -> None:
    _light(p, _MID, y, half, 7, (6, 7, 9), 0.85)


def _wheels(p: Painter, inner: float, outer: float, top: float, bottom: float) -> None:
    for left in (_MID - outer, _MID + inner):
        p.box(left, top, outer - inner, bottom - top, (18, 19, 21), 5)
        p.box(left + 2, bottom - 7, outer - inner - 4, 4, (34, 36, 38), 2)


def _lamp(p: Painter, points: list[tuple[float, float]], night: bool) -> None:
    """A pair of tail lamps; by night they glow."""
    p.mirrored(points, (96, 14, 16), _MID)
    cx = sum(x for x, _ in points) / len(points)
    cy = sum(y for _, y in points) / len(points)
    inner = [(cx + (x - cx) * 0.72, cy + (y - cy) * 0.66) for x, y in points]
    p.mirrored(inner, (228, 44, 40) if night else (186, 30, 30), _MID)
    core = [(cx + (x - cx) * 0.4, cy + (y - cy) * 0.3) for x, y in points]
    p.mirrored(core, (255, 148, 132) if night else (214, 84, 78), _MID)
    if night:
        for x in (cx, 2 * _MID - cx):
            _light(p, x, cy, 17, 13, (236, 52, 44), 0.3)


def _glass(p: Painter, points: list[tuple[float, float]], night: bool) -> None:
    p.shape(points, (22, 27, 33) if night else (46, 56, 66), 2)
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, wide, top, high = min(xs), max(xs) - min(xs), min(ys), max(ys) - min(ys)
    glint = [
        (left + wide * 0.34, top + high * 0.12),
        (left + wide * 0.5, top + high * 0.12),
        (left + wide * 0.3, top + high * 0.88),
        (left + wide * 0.14, top + high * 0.88),
    ]
    p.shape(glint, (40, 47, 55) if night else (86, 100, 112), 1)


def _recess(p: Painter, body: Body) -> None:
    x, y, wide = PLATE_AT[body]
    p.box(x - wide / 2 - 3, y - wide / 4 - 3, wide + 6, wide / 2 + 6, (28, 29, 31), 2)


def _sedan(p: Painter, c: Color, night: bool) -> None:
    _shadow(p, 66, 181)
    _wheels(p, 38, 58, 150, 184)
    p.shape([(68, 116), (90, 62), (104, 53), (136, 53), (150, 62), (172, 116)], shade(c, 0.86))
    p.shape([(92, 60), (106, 55), (134, 55), (148, 60), (136, 58), (104, 58)], shade(c, 1.3))
    _glass(p, [(85, 97), (96, 66), (106, 61), (134, 61), (144, 66), (155, 97)], night)
    side = [(60, 122), (66, 104), (78, 95)]
    deck = [(162, 95), (174, 104), (180, 122), (181, 158), (174, 174), (66, 174), (59, 158)]
    p.shape([*side, *deck], c)
    p.shape([(70, 103), (82, 97), (158, 97), (170, 103), (150, 106), (90, 106)], shade(c, 1.38), 2)
    p.line([(74, 111), (98, 115), (142, 115), (166, 111)], shade(c, 0.7), 0.8)
    _lamp(p, [(61, 113), (88, 116), (92, 122), (88, 131), (62, 130)], night)
    p.shape([(58, 146), (182, 146), (181, 162), (173, 175), (67, 175), (59, 162)], shade(c, 0.88))
    p.line([(60, 147), (96, 150), (144, 150), (180, 147)], shade(c, 1.25), 1)
    p.shape([(72, 164), (168, 164), (160, 174), (80, 174)], (30, 31, 33), 2)
    p.box(80, 170, 13, 5, (92, 94, 96), 2)
    p.box(147, 170, 13, 5, (92, 94, 96), 2)
    _recess(p, "sedan")
    p.oval(120, 110.5, 4, 2.6, (206, 208, 210))


def _suv(p: Painter, c: Color, night: bool) -> None:
    _shadow(p, 70, 184)
    _wheels(p, 38, 60, 150, 187)
    p.shape([(60, 130), (74, 54), (90, 40), (150, 40), (166, 54), (180, 130)], shade(c, 0.88))
    p.shape([(84, 46), (96, 40), (144, 40), (156, 46), (140, 43), (100, 43)], shade(c, 1.35), 2)
    p.box(90, 46, 60, 4, shade(c, 0.62), 2)
    p.box(110, 47, 20, 2, (214, 40, 38) if night else (150, 30, 32), 1)
    _glass(p, [(79, 96), (85, 58), (92, 53), (148, 53), (155, 58), (161, 96)], night)
    p.line([(120, 92), (142, 84)], (14, 15, 17), 1.2)
    p.shape(
        [
            (59, 118),
            (64, 100),
            (176, 100),
            (181, 118),
            (183, 160),
            (176, 176),
            (64, 176),
            (57, 160),
        ],
        c,
    )
    p.shape([(74, 103), (166, 103), (164, 108), (76, 108)], shade(c, 1.34), 2)
    _lamp(p, [(60, 96), (73, 93), (78, 106), (76, 132), (60, 130)], night)
    p.line([(80, 142), (160, 142)], shade(c, 0.7), 0.8)
    p.shape([(57, 150), (183, 150), (182, 168), (174, 179), (66, 179), (58, 168)], (46, 48, 51))
    p.box(88, 168, 64, 7, (104, 107, 110), 3)
    p.box(88, 168, 64, 2, (142, 145, 148), 1)
    p.mirrored([(64, 156), (76, 156), (76, 160), (64, 160)], (168, 34, 34), _MID, 1)
    _recess(p, "suv")
    p.box(112, 110, 16, 2.6, (206, 208, 210), 1)


def _pickup(p: Painter, c: Color, night: bool) -> None:
    _shadow(p, 76, 188)
    _wheels(p, 42, 66, 148, 191)
    p.shape([(66, 108), (79, 52), (92, 42), (148, 42), (161, 52), (174, 108)], shade(c, 0.84))
    p.shape([(84, 47), (96, 42), (144, 42), (156, 47), (140, 45), (100, 45)], shade(c, 1.35), 2)
    _glass(p, [(80, 86), (86, 56), (94, 51), (146, 51), (154, 56), (160, 86)], night)
    p.line([(104, 52), (102, 86)], (14, 15, 17), 1.4)
    p.line([(136, 52), (138, 86)], (14, 15, 17), 1.4)
    p.box(112, 44, 16, 2.4, (214, 40, 38) if night else (150, 30, 32), 1)
    p.shape([(54, 92), (58, 86), (182, 86), (186, 92), (188, 152), (52, 152)], c, 2)
    p.box(56, 86, 128, 4, shade(c, 0.6), 2)
    p.box(75, 95, 90, 50, shade(c, 0.93), 3)
    p.box(75, 95, 90, 3, shade(c, 1.36), 1.5)
    p.box(82, 118, 76, 14, shade(c, 0.82), 3)
    p.box(109, 102, 22, 8, (32, 33, 35), 3)
    _lamp(p, [(54, 96), (71, 96), (71, 140), (53, 140)], night)
    p.shape(
        [(50, 152), (190, 152), (190, 168), (184, 175), (56, 175), (50, 168)], (150, 153, 156), 2
    )
    p.box(52, 153, 136, 3, (206, 208, 210), 1.5)
    p.box(93, 150, 54, 24, (34, 35, 37), 3)
    p.box(114, 175, 12, 8, (24, 25, 27), 1)
    _recess(p, "pickup")


def _van(p: Painter, c: Color, night: bool) -> None:
    _shadow(p, 70, 184)
    _wheels(p, 38, 59, 152, 187)
    p.shape([(56, 130), (67, 38), (80, 25), (160, 25), (173, 38), (184, 130)], shade(c, 0.9))
    p.shape([(76, 31), (88, 25), (152, 25), (164, 31), (146, 29), (94, 29)], shade(c, 1.32), 2)
    p.box(108, 31, 24, 2.4, (214, 40, 38) if night else (150, 30, 32), 1)
    _glass(p, [(75, 88), (80, 46), (86, 41), (154, 41), (160, 46), (165, 88)], night)
    p.line([(116, 86), (138, 76)], (14, 15, 17), 1.2)
    p.shape(
        [(58, 112), (61, 92), (179, 92), (182, 112), (183, 162), (176, 178), (64, 178), (57, 162)],
        c,
    )
    p.shape([(72, 95), (168, 95), (166, 100), (74, 100)], shade(c, 1.32), 2)
    _lamp(p, [(60, 84), (70, 82), (72, 100), (71, 128), (59, 128)], night)
    p.line([(76, 150), (164, 150)], shade(c, 0.7), 0.9)
    p.shape([(57, 156), (183, 156), (182, 170), (174, 180), (66, 180), (58, 170)], shade(c, 0.76))
    p.box(84, 158, 72, 5, shade(c, 0.6), 2)
    p.box(100, 108, 40, 6, shade(c, 0.82), 2)
    _recess(p, "van")
    p.oval(120, 104, 4, 2.6, (206, 208, 210))


def _motorcycle(p: Painter, c: Color, night: bool) -> None:
    _shadow(p, 34, 186)
    p.box(108, 120, 24, 68, (17, 18, 20), 11)
    p.box(114, 160, 12, 26, (30, 32, 34), 5)
    p.line([(94, 75), (146, 75)], (52, 54, 57), 4)
    p.line([(96, 74), (78, 66), (66, 72)], (62, 64, 67), 4)
    p.line([(144, 74), (162, 66), (174, 72)], (62, 64, 67), 4)
    p.mirrored([(58, 50), (74, 48), (76, 60), (60, 62)], (36, 38, 41), _MID)
    p.line([(70, 60), (82, 74)], (62, 64, 67), 2)
    p.line([(170, 60), (158, 74)], (62, 64, 67), 2)
    p.shape([(102, 82), (106, 56), (134, 56), (138, 82)], (44, 50, 56), 2)
    p.shape([(98, 104), (102, 82), (138, 82), (142, 104)], shade(c, 0.8), 2)
    p.shape([(98, 98), (142, 98), (140, 110), (100, 110)], (26, 27, 29), 2)
    p.mirrored([(72, 108), (98, 104), (100, 150), (76, 154)], shade(c, 0.9), _MID)
    p.mirrored([(76, 110), (96, 107), (96, 114), (77, 118)], shade(c, 1.3), _MID, 1)
    p.shape([(104, 106), (136, 106), (138, 128), (102, 128)], c, 2)
    p.box(111, 113, 18, 9, (96, 14, 16), 4)
    p.box(113, 114.5, 14, 6, (236, 50, 44) if night else (190, 30, 30), 3)
    if night:
        _light(p, 120, 117, 16, 12, (236, 52, 44), 0.35)
    p.mirrored([(92, 116), (99, 114), (99, 123), (92, 123)], (222, 130, 30), _MID, 1)
    p.mirrored([(84, 160), (98, 156), (98, 165), (84, 170)], (148, 151, 154), _MID)
    _recess(p, "motorcycle")


_BODIES: dict[Body, Callable[[Painter, Color, bool], None]] = {
    "sedan": _sedan,
    "suv": _suv,
    "pickup": _pickup,
    "van": _van,
    "motorcycle": _motorcycle,
}
