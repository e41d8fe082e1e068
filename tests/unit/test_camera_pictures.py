"""Pictures from strangers: known by their bytes, measured before decoding, cut with care."""

from __future__ import annotations

import io
import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cameras.incoming import Box, TooLarge, WrongKind
from cameras.pictures import (
    BYTES_MAX,
    CROP_PIXELS,
    CROPS_BYTES,
    CROPS_MAX,
    PIXELS_MAX,
    Picture,
    crops,
    look,
)
from domain.errors import BadInput


def drawn(kind: str, size: tuple[int, int] = (200, 100), *, progressive: bool = False) -> bytes:
    out = io.BytesIO()
    image = Image.new("RGB", size, "white")
    image.paste((0, 0, 255), (50, 40, 100, 60))
    if kind == "JPEG":
        image.save(out, kind, quality=95, progressive=progressive)
    else:
        image.save(out, kind)
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG that says a size and holds almost nothing: a decompression bomb's outside."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    return b"\x89PNG\r\n\x1a\n" + body


def test_jpeg_and_png_are_known_by_their_bytes() -> None:
    assert look(drawn("JPEG"), "f") == Picture("image/jpeg", "jpg", 200, 100)
    assert look(drawn("JPEG", progressive=True), "f") == Picture("image/jpeg", "jpg", 200, 100)
    assert look(drawn("PNG", (31, 7)), "f") == Picture("image/png", "png", 31, 7)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg/>", b"\x00" * 50, drawn("BMP")])
def test_anything_else_is_refused_whatever_it_was_called(data: bytes) -> None:
    with pytest.raises(WrongKind, match=r"images\[0\]"):
        look(data, "images[0]")


@pytest.mark.parametrize("size", [(10_001, 1), (8000, 5001), (2**31, 2**31)])
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    with pytest.raises(TooLarge, match="pixels"):
        look(png_of(*size), "f")


def test_an_image_over_the_limit_in_bytes_is_refused() -> None:
    with pytest.raises(TooLarge, match="bytes"):
        look(drawn("JPEG") + b"\0" * BYTES_MAX, "f")


@pytest.mark.parametrize("data", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", png_of(0, 5)])
def test_a_header_without_a_size_is_a_broken_image(data: bytes) -> None:
    with pytest.raises(BadInput, match="broken"):
        look(data, "f")


@settings(deadline=None)
@given(tail=st.binary(max_size=300), head=st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]))
def test_no_bytes_make_looking_or_cutting_crash(head: bytes, tail: bytes) -> None:
    for step in (
        lambda data: look(data, "f"),
        lambda data: crops(data, [Box(xmin=0, ymin=0, xmax=9, ymax=9)], "f"),
    ):
        with suppress(BadInput):
            step(head + tail)


def test_a_truncated_image_is_refused_when_it_is_cut() -> None:
    with pytest.raises(BadInput, match="cannot be decoded"):
        crops(drawn("JPEG")[:-200], [Box(xmin=50, ymin=40, xmax=100, ymax=60)], "f")


def test_the_plate_is_cut_out_with_a_margin() -> None:
    (plate,) = crops(drawn("PNG"), [Box(xmin=50, ymin=40, xmax=100, ymax=60)], "f")
    assert plate is not None
    with Image.open(io.BytesIO(plate)) as image:
        assert image.size == (60, 30)  # 50 x 20 and a quarter of the height on each side
        pixel = image.convert("RGB").getpixel((30, 15))
    assert isinstance(pixel, tuple)
    assert pixel[2] > 200 > 60 > pixel[0], "the plate is in the middle"


def test_a_box_is_clamped_and_one_outside_gives_no_plate() -> None:
    data = drawn("JPEG")
    over = Box(xmin=150, ymin=-20, xmax=900, ymax=20)
    outside = Box(xmin=300, ymin=10, xmax=400, ymax=20)
    negative = Box(xmin=-90, ymin=-90, xmax=-10, ymax=-10)
    cut, *none = crops(data, [over, outside, negative, None], "f")
    assert cut is not None
    assert none == [None, None, None]
    with Image.open(io.BytesIO(cut)) as image:
        assert image.size == (60, 30)


def whole(width: int, height: int, less: int = 0) -> Box:
    return Box(xmin=0, ymin=0, xmax=width - less, ymax=height)


def sizes(cut: list[bytes | None]) -> list[tuple[int, int]]:
    found = []
    for one in cut:
        if one is not None:
            with Image.open(io.BytesIO(one)) as image:
                found.append(image.size)
    return found


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("small", [0, 1])
def test_a_hundred_boxes_over_a_huge_frame_cost_ten_small_crops(kind: str, small: int) -> None:
    width, height = 8000, 5000
    out = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(out, kind, compress_level=1)
    data = out.getvalue()
    assert look(data, "f").width * look(data, "f").height == PIXELS_MAX
    boxes = [Box(xmin=50, ymin=40, xmax=100, ymax=60)] * small
    boxes += [whole(width, height, n) for n in range(100)]
    cut = crops(data, boxes, "f")
    assert len(cut) == 100 + small
    assert [one is not None for one in cut] == [True] * CROPS_MAX + [False] * (90 + small)
    areas = [w * h for w, h in sizes(cut)]
    assert max(areas) <= CROP_PIXELS
    assert min(areas[small:]) > 0.9 * CROP_PIXELS, "no smaller than it has to be"
    assert sizes(cut)[:small] == [(60, 30)] * small, "a plate keeps each of its pixels"


def test_all_crops_of_a_frame_together_are_bounded_in_bytes() -> None:
    noise = Image.effect_noise((1200, 900), 200).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=95)
    cut = crops(out.getvalue(), [whole(1200, 900, n) for n in range(CROPS_MAX)], "f")
    kept = [one for one in cut if one is not None]
    assert 0 < len(kept) < CROPS_MAX
    assert sum(map(len, kept)) <= CROPS_BYTES
    assert cut[: len(kept)] == kept, "the first ones are kept"


@pytest.mark.parametrize("by", [1, 2, 4])
def test_a_crop_shows_its_place_however_far_the_decoder_shrinks_the_frame(by: int) -> None:
    side = 1001 * by
    image = Image.new("RGB", (side + 13, side * 2), "white")
    image.paste((0, 0, 255), (0, side, side + 13, side * 2))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    box = Box(xmin=0, ymin=side / 2, xmax=side, ymax=side * 1.5)
    (cut,) = crops(out.getvalue(), [box], "f")
    assert cut is not None
    with Image.open(io.BytesIO(cut)) as seen:
        width, height = seen.size
        assert width * height <= CROP_PIXELS
        plain = seen.convert("RGB")
        above, below = (plain.getpixel((width // 2, int(height * at))) for at in (0.47, 0.53))
    assert isinstance(above, tuple)
    assert isinstance(below, tuple)
    assert above[0] > 200 > 60 > below[0], "the middle of the box is where the color changes"
