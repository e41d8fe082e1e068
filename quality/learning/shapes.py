"""How alike two characters look: blurred, at one height, in every typeface, partly hidden."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from matchers.characters import ALPHABET
from quality.learning.fonts import FILES, font

Square = npt.NDArray[np.float64]
"""(36, 36), in the order of matchers.characters.ALPHABET."""

HIGH, WIDE = 64, 56
BLUR = 4.0
"""Pixels of 64: what is left of a character about 12 pixels high."""
SHIFTS = range(-6, 7, 2)


def measure() -> Square:
    """Distances, 0 for a character and itself, about 1 for the mean pair; symmetric.

    Half the distance of the whole shapes, half that of the best three quarters of them, since
    frames, bolts and dirt hide a quarter. The best of some sideways shifts; mean of the typefaces.
    """
    sums = np.zeros((len(ALPHABET), len(ALPHABET)))
    for name in FILES:
        glyphs = np.stack([_glyph(name, character) for character in ALPHABET])
        distance = 0.5 * _apart(glyphs, np.ones((HIGH, WIDE)))
        distance += 0.5 * np.min([_apart(glyphs, mask) for mask in _masks()], axis=0)
        sums += distance / distance[np.triu_indices(len(ALPHABET), 1)].mean()
    return np.round((sums + sums.T) / 2 / len(FILES), 3)


def write(path: Path, distances: Square) -> None:
    """One line a pair of characters."""
    with path.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("one", "other", "distance"))
        for i, one in enumerate(ALPHABET):
            for j in range(i + 1, len(ALPHABET)):
                table.writerow((one, ALPHABET[j], f"{distances[i, j]:.3f}"))


@lru_cache(maxsize=4)
def load(path: Path) -> Square:
    """The distances that `write` wrote."""
    distances = np.zeros((len(ALPHABET), len(ALPHABET)))
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            i, j = ALPHABET.index(row["one"]), ALPHABET.index(row["other"])
            distances[i, j] = distances[j, i] = float(row["distance"])
    return distances


def _glyph(name: str, character: str) -> npt.NDArray[np.float64]:
    picture = Image.new("L", (160, 120), 0)
    ImageDraw.Draw(picture).text((80, 60), character, fill=255, font=font(name, 60), anchor="mm")
    ink = picture.crop(picture.getbbox())
    ink = ink.resize((max(4, min(WIDE - 8, ink.width)), HIGH - 12))
    cell = Image.new("L", (WIDE, HIGH), 0)
    cell.paste(ink, ((WIDE - ink.width) // 2, 6))
    blurred = cell.filter(ImageFilter.GaussianBlur(BLUR))
    return np.asarray(blurred, dtype=np.float64) / 255


def _apart(glyphs: npt.NDArray[np.float64], mask: npt.NDArray[np.float64]) -> Square:
    """(36, 36) square roots of 1 less the correlation within `mask`, at the best shift."""
    inside = mask.ravel() > 0
    best = np.zeros((len(glyphs), len(glyphs)))
    still = _unit(glyphs.reshape(len(glyphs), -1)[:, inside])
    for shift in SHIFTS:
        moved = np.roll(glyphs, shift, axis=2).reshape(len(glyphs), -1)[:, inside]
        best = np.maximum(best, still @ _unit(moved).T)
    best = np.maximum(best, best.T)
    np.fill_diagonal(best, 1.0)
    return np.sqrt(np.maximum(0.0, 1 - best))


def _unit(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    centered = rows - rows.mean(axis=1, keepdims=True)
    unit: npt.NDArray[np.float64] = centered / np.linalg.norm(centered, axis=1, keepdims=True)
    return unit


def _masks() -> list[npt.NDArray[np.float64]]:
    masks = []
    for rows, columns in (
        (slice(0, HIGH // 3), slice(None)), (slice(HIGH * 2 // 3, None), slice(None)),
        (slice(None), slice(0, WIDE // 3)), (slice(None), slice(WIDE * 2 // 3, None)),
    ):  # fmt: skip
        mask = np.ones((HIGH, WIDE))
        mask[rows, columns] = 0
        masks.append(mask)
    return masks
