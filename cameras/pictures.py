"""Pictures from strangers: what they are by their bytes, how large by their header, and the crop.

Nothing is decoded before its size is known, and only JPEG and PNG are ever handed to a decoder.
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

    None for a box that is None or lies outside. `data` must have passed `look`. Raises
    BadInput when the image cannot be decoded. Takes tens of milliseconds: call it in a thread.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            picture = image.convert("RGB")
    except Exception as broken:  # a decoder of hostile input may raise anything
        raise BadInput(field, "is a broken image and cannot be decoded") from broken
    return [None if box is None else _crop(picture, box) for box in boxes]


def _crop(picture: Image.Image, box: Box) -> bytes | None:
    margin = MARGIN * (box.ymax - box.ymin)
    left, top = max(0, int(box.xmin - margin)), max(0, int(box.ymin - margin))
    right = min(picture.width, int(box.xmax + margin + 0.5))
    bottom = min(picture.height, int(box.ymax + margin + 0.5))
    inside = box.xmin < picture.width and box.ymin < picture.height and box.xmax > 0 < box.ymax
    if not inside or right - left < 1 or bottom - top < 1:
        return None
    out = io.BytesIO()
    picture.crop((left, top, right, bottom)).save(out, "JPEG", quality=90)
    return out.getvalue()
