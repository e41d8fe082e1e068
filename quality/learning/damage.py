"""What the road and the lens do to a plate. Every share and strength here is a judgement."""

from __future__ import annotations

import io
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from quality.learning.drawing import Box

Picture = Image.Image
Grains = npt.NDArray[np.floating[Any]]


def framed(picture: Picture, boxes: list[Box], rng: Random) -> Picture:
    """A plate frame: at times over a part of the first or last character, or close beside it."""
    pen = ImageDraw.Draw(picture)
    shade = rng.choice((5, 25, 60, 200, 235))
    for box, right in ((boxes[0], False), (boxes[-1], True)):
        if rng.random() < 0.5:
            continue
        reach = rng.uniform(-0.4, 0.75) * (box[2] - box[0])
        edge = box[2] - reach if right else box[0] + reach
        if rng.random() < 0.35:  # only its inner rim shows: a bar that looks like a 1 or an I
            width = rng.uniform(3, 9)
            edge = box[2] + rng.uniform(5, 14) if right else box[0] - rng.uniform(5, 14)
            pen.rectangle((edge - width / 2, box[1] - 4, edge + width / 2, box[3] + 4), fill=shade)
        elif right:
            pen.rectangle((edge, 0, picture.width, picture.height), fill=shade)
        else:
            pen.rectangle((0, 0, edge, picture.height), fill=shade)
    if rng.random() < 0.4:  # from above or below
        reach = rng.uniform(-8, 16)
        if rng.random() < 0.5:
            pen.rectangle((0, 0, picture.width, boxes[-1][1] + reach), fill=shade)
        else:
            pen.rectangle((0, boxes[-1][3] - reach, picture.width, picture.height), fill=shade)
    return picture


def bolted(picture: Picture, boxes: list[Box], rng: Random) -> Picture:
    """Bolts: through the upper or lower edge of characters, or between two of them."""
    pen = ImageDraw.Draw(picture)
    shade = rng.choice((15, 40, 80, 210))
    for _ in range(rng.choice((1, 2, 2))):
        box = rng.choice(boxes)
        x = rng.choice((box[0] - 3, (box[0] + box[2]) / 2, box[2] + 3))
        y = rng.choice((box[1] + 2, box[1] + 2, box[3] - 2, (box[1] + box[3]) / 2))
        size = rng.uniform(4, 9)
        pen.ellipse((x - size, y - size, x + size, y + size), fill=shade)
    return picture


def dirty(picture: Picture, rng: Random) -> Picture:
    """Mud, snow or peeling paint: soft blobs, mostly at the bottom."""
    layer = Image.new("L", picture.size, 0)
    pen = ImageDraw.Draw(layer)
    for _ in range(rng.randint(1, 6)):
        x, y = rng.uniform(0, picture.width), picture.height * rng.betavariate(2.5, 1.5)
        wide, high = rng.uniform(6, 40), rng.uniform(4, 18)
        pen.ellipse((x - wide, y - high, x + wide, y + high), fill=rng.randint(60, 190))
    mask = layer.filter(ImageFilter.GaussianBlur(rng.uniform(2, 6)))
    mud = Image.new("L", picture.size, rng.choice((60, 90, 120, 220)))
    return Image.composite(mud, picture, mask)


def shadowed(picture: Picture, rng: Random) -> Picture:
    """A slanting shadow or glare over a part of the plate."""
    shade = Image.new("L", picture.size, 255)
    start, slant = rng.uniform(0, picture.width), rng.uniform(-80, 80)
    end = rng.choice((-200, picture.width + 200))
    corners = [(start, 0), (start + slant, picture.height), (end, picture.height), (end, 0)]
    ImageDraw.Draw(shade).polygon(corners, fill=rng.randint(70, 170))
    soft = shade.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 8)))
    if rng.random() < 0.25:
        return ImageChops.screen(picture, ImageChops.invert(soft))
    return ImageChops.multiply(picture, soft)


def turned(picture: Picture, rng: Random) -> Picture:
    """Seen from the side and from above: shear, tilt and narrowing."""
    wide, high = picture.size
    shear, tilt = rng.gauss(0, 0.10) * high, rng.gauss(0, 0.022) * wide
    narrow = rng.gauss(0, 0.06) * high
    corners = (
        shear, narrow + tilt, -shear, high - narrow + tilt, wide - shear, high + narrow - tilt,
        wide + shear, -narrow - tilt,
    )  # fmt: skip
    return picture.transform(
        (int(wide * rng.uniform(0.6, 1.05)), high),
        Image.Transform.QUAD,
        corners,
        Image.Resampling.BILINEAR,
        fillcolor=int(np.asarray(picture)[2, 2]),
    )


def taken(picture: Picture, rng: Random, pixels: float) -> Picture:
    """Through lens, sensor and compression, with characters about `pixels` high; 48 high again."""
    scale = pixels / 64
    if rng.random() < 0.3:  # motion: mostly along the road, seen as along the plate
        steps = rng.uniform(2, 5) / max(scale, 0.2) * 0.5
        for _ in range(2):
            picture = ImageChops.blend(picture, ImageChops.offset(picture, int(steps), 0), 0.5)
    picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.15, 0.6) / scale))
    size = max(12, int(picture.width * scale)), max(8, int(picture.height * scale))
    grains: Grains = np.asarray(picture.resize(size, Image.Resampling.BOX), dtype=np.float32)
    noise: Grains = np.random.default_rng(rng.getrandbits(32)).normal(
        0, rng.uniform(1, 12), grains.shape
    )
    contrast = rng.uniform(0.55, 1.0)
    grains = (grains - 128) * contrast + 128 + rng.uniform(-30, 30) + noise
    small = Image.fromarray(np.clip(grains, 0, 255).astype(np.uint8))
    jpeg = io.BytesIO()
    small.save(jpeg, "JPEG", quality=rng.randint(25, 85))
    again = Image.open(jpeg).convert("L")
    return again.resize((max(48, size[0] * 60 // size[1]), 60), Image.Resampling.BICUBIC)


def damaged(picture: Picture, boxes: list[Box], rng: Random) -> Picture:
    """One plate as a camera took it: the most usual thing is that it is small and soft."""
    if rng.random() < 0.35:
        picture = framed(picture, boxes, rng)
    if rng.random() < 0.25:
        picture = bolted(picture, boxes, rng)
    if rng.random() < 0.3:
        picture = dirty(picture, rng)
    if rng.random() < 0.3:
        picture = shadowed(picture, rng)
    if rng.random() < 0.8:
        picture = turned(picture, rng)
    return taken(picture, rng, pixels=rng.triangular(10, 30, 15))
