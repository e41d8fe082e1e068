"""Truth/read pairs on file, and which of them are for training and which for testing."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rapidfuzz.distance import OSA

COLUMNS = ("source", "truth", "read", "confidence", "characters", "candidates")
"""`characters`: a confidence for each character of the read, "0.99|0.40|..."; `candidates`: other
texts with theirs, "ABC123:0.31|A8C123:0.02". Empty: the engine says nothing."""
TEST_SHARE = 0.4
MOST_EDITS = 3
LEAST_LENGTH = 4


@dataclass(frozen=True)
class Reading:
    """What an engine made of one picture.

    `characters` is the confidence of each character of `text`, () when the engine gave none;
    `candidates` are other texts with their confidences, likeliest first. Confidences are 0-1.
    """

    text: str
    confidence: float | None = None
    characters: list[float] = field(default_factory=list)
    candidates: list[list[str | float]] = field(default_factory=list)


@dataclass(frozen=True)
class Pair:
    """A plate and what one engine read of it. `source`: the engine, and whose plates."""

    source: str
    truth: str
    reading: Reading

    @property
    def read(self) -> str:
        """The engine's first text."""
        return self.reading.text


def usable(truth: str, read: str) -> bool:
    """Whether a plate reader would have sent this at all (judgement).

    Texts of less than four characters or more than three edits away are what an engine gives when
    it saw no plate; which character became which cannot be told from them.
    """
    return len(read) >= LEAST_LENGTH and OSA.distance(truth, read) <= MOST_EDITS


def is_test(truth: str, seed: int) -> bool:
    """Whether all pairs of this plate, of whichever source, are for testing.

    By the plate alone: two engines' readings of one picture, or two pictures of one vehicle,
    never fall on both sides.
    """
    digest = hashlib.sha256(f"{seed} {truth}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 < TEST_SHARE


def write(path: Path, pairs: Iterable[Pair], columns: int = len(COLUMNS)) -> None:
    """One line a pair, by source, truth and read; the first so many COLUMNS."""
    with path.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS[:columns])
        for pair in sorted(pairs, key=lambda p: (p.source, p.truth, p.read)):
            cells = [pair.source, pair.truth, pair.read, *_cells(pair.reading)]
            table.writerow(cells[:columns])


def _cells(reading: Reading) -> list[str]:
    sure = "" if reading.confidence is None else f"{reading.confidence:.3f}"
    characters = "|".join(f"{c:.2f}" for c in reading.characters)
    others = "|".join(f"{text}:{float(share):.3f}" for text, share in reading.candidates)
    return [sure, characters, others]


def load(path: Path) -> list[Pair]:
    """The pairs of a file that `write` wrote, or of any CSV with source, truth and read."""
    with path.open(newline="") as file:
        return [_pair(row) for row in csv.DictReader(file)]


def _pair(row: dict[str, str]) -> Pair:
    others = [cell.split(":") for cell in _split(row.get("candidates"))]
    reading = Reading(
        text=row["read"],
        confidence=float(row["confidence"]) if row.get("confidence") else None,
        characters=[float(c) for c in _split(row.get("characters"))],
        candidates=[[text, float(share)] for text, share in others],
    )
    return Pair(row["source"], row["truth"], reading)


def _split(cell: str | None) -> list[str]:
    return cell.split("|") if cell else []
