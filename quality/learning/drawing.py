"""One clean plate as a camera's detector would cut it out: gray, about 64 pixels a character."""

from __future__ import annotations

from random import Random

from PIL import Image, ImageDraw

from quality.learning.fonts import FILES, font

SIZE = 64
MARGIN = 26
STACKED = 0.07
"""Share of plates with two of their letters small, one above the other (judgement)."""

Box = tuple[float, float, float, float]


def draw_plate(text: str, rng: Random) -> tuple[Image.Image, list[Box]]:
    """The picture, and where each character stands: left, top, right, bottom in pixels."""
    name = rng.choice(FILES)
    gap = rng.uniform(1, 9)
    dark, light = rng.uniform(10, 90), rng.uniform(150, 245)
    ink, ground = (light, dark) if rng.random() < 0.12 else (dark, light)
    stacked = rng.choice((0, 0, len(text) - 2)) if rng.random() < STACKED else None
    split = rng.choice((None, len(text) // 2, 3, 3))
    picture = Image.new("L", (MARGIN * 2 + len(text) * 64, SIZE + MARGIN * 2), int(ground))
    pen = ImageDraw.Draw(picture)
    left, boxes = float(MARGIN), []
    wide = rng.uniform(0.0, 1.0) < 0.5  # every character in a cell of one width, as on many plates
    place = 0
    while place < len(text):
        if place == stacked:
            small = font(name, SIZE * 11 // 20)
            width = max(pen.textlength(c, font=small) for c in text[place : place + 2])
            for row, character in enumerate(text[place : place + 2]):
                top = MARGIN + row * SIZE * 0.5
                middle = left + width / 2
                pen.text(
                    (middle, top + SIZE / 4), character, fill=int(ink), font=small, anchor="mm"
                )
                boxes.append((left, top, left + width, top + SIZE / 2))
            place += 2
        else:
            face = font(name, SIZE)
            own = pen.textlength(text[place], font=face)
            width = max(own, SIZE * 0.52) if wide else own
            at = (left + width / 2, MARGIN + SIZE / 2)
            pen.text(at, text[place], fill=int(ink), font=face, anchor="mm")
            boxes.append((left, MARGIN, left + width, MARGIN + SIZE))
            place += 1
        left += width + gap
        if place == split:
            left += rng.uniform(6, 30)
    return picture.crop((0, 0, int(left - gap) + MARGIN, picture.height)), boxes
