"""A brush over Pillow: drawing in units, rounded shapes, colors by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

Color = tuple[int, int, int]
Point = tuple[float, float]

PAINTS: dict[str, Color] = {
    "white": (232, 233, 232),
    "black": (50, 52, 57),
    "gray": (112, 116, 121),
    "silver": (184, 188, 192),
    "blue": (42, 84, 148),
    "red": (160, 32, 36),
    "green": (48, 96, 68),
    "brown": (96, 68, 48),
    "gold": (176, 150, 96),
    "orange": (204, 104, 34),
    "yellow": (220, 186, 48),
}


def shade(color: Color, factor: float) -> Color:
    """Darker below 1, lighter above: towards black, or towards white."""
    if factor <= 1:
        return _color(c * factor for c in color)
    return _color(c + (255 - c) * (factor - 1) for c in color)


def mix(one: Color, other: Color, share: float) -> Color:
    """`share` of `other` in `one`."""
    return _color(a + (b - a) * share for a, b in zip(one, other, strict=True))


def _color(channels: Iterable[float]) -> Color:
    red, green, blue = (max(0, min(255, round(c))) for c in channels)
    return red, green, blue


@dataclass(frozen=True)
class Painter:
    """Draws on an image in units of `scale` pixels."""

    image: Image.Image
    scale: float

    @property
    def _draw(self) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self.image)

    def shape(self, points: Sequence[Point], fill: Color, smooth: int = 3) -> None:
        """A closed shape; `smooth` rounds of corner cutting make its corners round."""
        outline = list(points)
        for _ in range(smooth):
            outline = _cut_corners(outline)
        self._draw.polygon([(x * self.scale, y * self.scale) for x, y in outline], fill=fill)

    def mirrored(self, points: Sequence[Point], fill: Color, about: float, smooth: int = 2) -> None:
        """A shape and its mirror image about the vertical line at `about`."""
        self.shape(points, fill, smooth)
        self.shape([(2 * about - x, y) for x, y in points], fill, smooth)

    def box(self, x: float, y: float, wide: float, high: float, fill: Color, r: float = 0) -> None:
        """A rectangle with corners of radius `r`."""
        corners = [v * self.scale for v in (x, y, x + wide, y + high)]
        self._draw.rounded_rectangle(corners, r * self.scale, fill=fill)

    def oval(self, x: float, y: float, across: float, down: float, fill: Color) -> None:
        """An ellipse about (x, y) with these radii."""
        corners = [v * self.scale for v in (x - across, y - down, x + across, y + down)]
        self._draw.ellipse(corners, fill=fill)

    def line(self, points: Sequence[Point], fill: Color, width: float) -> None:
        """An open line with round joints."""
        path = [(x * self.scale, y * self.scale) for x, y in points]
        self._draw.line(path, fill=fill, width=max(1, round(width * self.scale)), joint="curve")


def _cut_corners(points: list[Point]) -> list[Point]:
    """Chaikin's corner cutting: each corner becomes two, a quarter along its edges."""
    found: list[Point] = []
    for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True):
        found.append((ax * 0.75 + bx * 0.25, ay * 0.75 + by * 0.25))
        found.append((ax * 0.25 + bx * 0.75, ay * 0.25 + by * 0.75))
    return found
