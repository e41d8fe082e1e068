"""Pictures from strangers: what they are by their bytes, how large by their header, and the crop.

Nothing is decoded before its size is known, and only JPEG and PNG are ever handed to a decoder.
What is cut out of a picture is bounded in number, pixels and bytes, whatever the boxes say.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from cameras.incoming import Box, TooLarge, WrongKind
from domain.errors import BadInput

BYTES_MAX = 5 * 1024 * 1024
SIDE_MAX = 10_000
PIXELS_MAX = 40_000_000
"""Twice the 20 megapixels of the largest plate cameras; decoded it is 120 MB, once."""

MARGIN = 0.25
"""Of the plate's height, left around it on every side of the crop."""

CROPS_MAX = 10
"""Of one image; a frame of real traffic holds a handful of plates."""
CROP_PIXELS = 1_000_000
"""Of a crop, ten times what a plate needs to be read by a person; beyond it is made smaller."""
CROPS_BYTES = 4 * 1024 * 1024
"""Of all crops of one image together."""

Area = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom lie outside."""

_JPEG = b"\xff\xd8\xff"
_PNG = b"\x89PNG\r\n\x1a\n"
# Start-of-frame markers; C4, C8 and CC in between are tables and extensions.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class Picture:
    """What an image is, by its content."""

    content_type: str
    suffix: str
    width: int
    height: int


def look(data: bytes, field: str) -> Picture:
    """What `data` is, from its header alone.

    Raises TooLarge (bytes or pixels), WrongKind (neither JPEG nor PNG) or BadInput (a header
    that says no size), each naming `field`.
    """
    if len(data) > BYTES_MAX:
        raise TooLarge(field, f"has {len(data)} bytes; the limit for an image is {BYTES_MAX}")
    if data.startswith(_PNG):
        size, kind, suffix = _png_size(data), "image/png", "png"
    elif data.startswith(_JPEG):
        size, kind, suffix = _jpeg_size(data), "image/jpeg", "jpg"
    else:
        raise WrongKind(field, "is neither a JPEG nor a PNG image")
    if size is None or 0 in size:
        raise BadInput(field, "is a broken image: its header gives no size")
    width, height = size
    if max(size) > SIDE_MAX or width * height > PIXELS_MAX:
        problem = f"has {width} x {height} pixels; the limit is {PIXELS_MAX} pixels in all"
        raise TooLarge(field, f"{problem}, {SIDE_MAX} a side")
    return Picture(kind, suffix, width, height)


def _png_size(data: bytes) -> tuple[int, int] | None:
    if len(data) < 24 or data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        elif marker in (0xD9, 0xDA):  # end, or pixels before any frame
            return None
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:  # markers without a length
            at += 2
        else:
            length = int.from_bytes(data[at + 2 : at + 4], "big")
            if length < 2:
                return None
            at += 2 + length
    return None


def crops(data: bytes, boxes: Sequence[Box | None], field: str) -> list[bytes | None]:
    """The plates of one image as JPEGs, one a box, each with a margin and clamped to the image.

    None for a box that is None or lies outside. However many boxes there are and whatever they say,
    at most CROPS_MAX are cut, the first ones, each of at most CROP_PIXELS and all together of at
    most CROPS_BYTES; the boxes beyond have None. The image is decoded once, and not in full
    where no box needs it. `data` must have passed `look`. Raises BadInput when the image cannot be
    decoded. Takes tens of milliseconds: call it in a thread.
    """
    found: list[bytes | None] = [None] * len(boxes)
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            areas = [None if box is None else _area(image.size, box) for box in boxes]
            wanted = [n for n, area in enumerate(areas) if area is not None][:CROPS_MAX]
            if not wanted:
                return found
            full = image.size
            by = _reduction([area for n in wanted if (area := areas[n]) is not None])
            if by > 1:
                image.draft(None, (full[0] // by, full[1] // by))
            picture = image if image.mode == "RGB" else image.convert("RGB")
            picture.load()
            scale = picture.width / full[0], picture.height / full[1]
            left = CROPS_BYTES
            for n in wanted:
                cut = _crop(picture, areas[n] or (0, 0, 1, 1), scale)
                if len(cut) > left:
                    break
                left -= len(cut)
                found[n] = cut
    except Exception as broken:  # a decoder of hostile input may raise anything
        raise BadInput(field, "is a broken image and cannot be decoded") from broken
    return found


def _area(size: tuple[int, int], box: Box) -> Area | None:
    """The box and its margin, as far as they lie in an image of that size."""
    width, height = size
    margin = MARGIN * (box.ymax - box.ymin)
    left, top = max(0, int(box.xmin - margin)), max(0, int(box.ymin - margin))
    right = min(width, int(box.xmax + margin + 0.5))
    bottom = min(height, int(box.ymax + margin + 0.5))
    inside = box.xmin < width and box.ymin < height and box.xmax > 0 < box.ymax
    if not inside or right - left < 1 or bottom - top < 1:
        return None
    return left, top, right, bottom


def _reduction(areas: Sequence[Area]) -> int:
    """By what a decoder may shrink each side while every crop keeps the pixels it may have.

    Only JPEG decoders do it. By 8 it would be right above 64 megapixels, which `look` refuses.
    """
    least = min(((r - x) * (b - y) for x, y, r, b in areas), default=0)
    return next((by for by in (4, 2) if least >= CROP_PIXELS * by * by), 1)


def _crop(picture: Image.Image, area: Area, scale: tuple[float, float]) -> bytes:
    """The area, given in pixels of the full image, as a JPEG of at most CROP_PIXELS."""
    across, down = scale
    left, top = min(int(area[0] * across), picture.width - 1), int(area[1] * down)
    top = min(top, picture.height - 1)
    right = min(picture.width, max(left + 1, round(area[2] * across)))
    bottom = min(picture.height, max(top + 1, round(area[3] * down)))
    width, height = right - left, bottom - top
    shrink = max(1.0, (width * height / CROP_PIXELS) ** 0.5)
    size = max(1, int(width / shrink)), max(1, int(height / shrink))
    if size == (width, height):
        cut = picture.crop((left, top, right, bottom))
    else:
        box = (left, top, right, bottom)
        cut = picture.resize(size, Image.Resampling.BILINEAR, box=box, reducing_gap=2.0)
    out = io.BytesIO()
    cut.save(out, "JPEG", quality=90)
    return out.getvalue()
