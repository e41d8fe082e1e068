"""Matches whose vehicle contradicts the entry, judged by hand: no test of two people waits for what
the engine thinks of a color."""

from __future__ import annotations

from matchers.evidence import Difference, Evidence, Feature

SEEN, LISTED = "482KT8", "482KTB"
"""What the camera read, and what the list has."""

PLATE = Feature(
    name="plate", words="One character differs: 8 for B", expected=LISTED, seen=SEEN,
    weight=5.1, verdict="agrees",
)  # fmt: skip
BODY = Feature(
    name="body", words="Entry says motorcycle, camera saw SUV", expected="motorcycle", seen="SUV",
    weight=-4.6, verdict="conflict",
)  # fmt: skip
MAKE = Feature(
    name="make", words="Hyundai, as listed", expected="Hyundai", seen="Hyundai",
    weight=2.2, verdict="agrees",
)  # fmt: skip


def evidence(*, conflict: bool, reading: str = SEEN, listed: str = LISTED) -> Evidence:
    """What the engine would hand over, with a motorcycle for an SUV or without."""
    features = (PLATE, MAKE, BODY) if conflict else (PLATE, MAKE)
    tier = "exact" if reading == listed else "fuzzy"
    wrong = [i for i, (r, e) in enumerate(zip(reading, listed, strict=True)) if r != e]
    return Evidence(
        reading=reading,
        tier=f"{tier}-conflict" if conflict else tier,  # type: ignore[arg-type]
        score=round(sum(f.weight for f in features), 2),
        threshold=1.0,
        features=features,
        differences=tuple(
            Difference(read_at=i, entry_at=i, read=reading[i], entry=listed[i]) for i in wrong
        ),
    )
