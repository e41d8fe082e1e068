"""Draws plates, has them read, adds the real pairs, splits: quality/data from nothing."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

from quality.learning import engines
from quality.learning.damage import damaged
from quality.learning.drawing import draw_plate
from quality.learning.pairs import Pair, Reading, is_test, usable
from quality.learning.plates import draw_text

EASYOCR = "easyocr-ukraine"
TESSERACT = "tesseract-drawn"
PADDLE = "paddle-drawn"
SOURCES = (EASYOCR, TESSERACT, PADDLE)
CHUNK = 2000


def drawn(count: int, seed: int, paddle_python: str) -> Iterator[Pair]:
    """Both engines' readings of `count` drawn plates; the pictures are gone afterwards."""
    for start in range(0, count, CHUNK):
        with tempfile.TemporaryDirectory() as folder:
            truths, pictures = [], []
            for number in range(start, min(start + CHUNK, count)):
                rng = Random(f"{seed} {number}")
                truth = draw_text(rng)
                picture, boxes = draw_plate(truth, rng)
                path = Path(folder) / f"{number}.png"
                damaged(picture, boxes, rng).save(path)
                truths.append(truth)
                pictures.append(path)
            for source, readings in (
                (TESSERACT, engines.tesseract(pictures)),
                (PADDLE, engines.paddle(pictures, paddle_python)),
            ):
                for truth, reading in zip(truths, readings, strict=True):
                    yield Pair(source, truth, reading)


def real(path: Path) -> list[Pair]:
    """EasyOCR's readings of photographed Ukrainian plates: columns truth and ocr, MIT."""
    with path.open(newline="") as file:
        return [Pair(EASYOCR, row["truth"], Reading(row["ocr"])) for row in csv.DictReader(file)]


def split(pairs: list[Pair], seed: int) -> tuple[list[Pair], list[Pair]]:
    """Training pairs, right readings among them, and test misreads; of usable readings alone."""
    kept = [pair for pair in pairs if usable(pair.truth, pair.read)]
    train = [pair for pair in kept if not is_test(pair.truth, seed)]
    test = [pair for pair in kept if is_test(pair.truth, seed) and pair.read != pair.truth]
    return train, test
