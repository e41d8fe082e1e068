"""The spread of scores as a small picture: bars of a histogram in the units of an SVG. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10

from console.models import Shown
from matchers.tally import BINS, FLOOR, HIGHEST, WIDTH, bin_of, edge

WIDE, HIGH = 520, 150
"""Of the drawing area; words stand around it."""
_FIRST = bin_of(FLOOR)
_STEP = WIDE / (BINS - _FIRST)
_COUNTS = ("1", "10", "100", "1k", "10k", "100k", "1M", "10M", "100M")


class Bar(Shown):
    """One bin that has reads. `alerts`: it lies at or above the threshold."""

    x: float
    y: float
    width: float
    height: float
    alerts: bool


class Tick(Shown):
    """A mark of an axis with its words."""

    at: float
    words: str


class Chart(Shown):
    """Bars from FLOOR to HIGHEST, heights by the logarithm of the count: the few reads of the tail
    decide, and beside the many below they would not be seen. `threshold` is None when nothing but
    an exact reading alerts; `below`, `above` count reads."""

    bars: tuple[Bar, ...]
    scores: tuple[Tick, ...]
    counts: tuple[Tick, ...]
    threshold: float | None
    below: int
    above: int


def chart(counts: Sequence[int], threshold: float) -> Chart:
    """One priority's picture; `counts` by bin as matchers.tally has them."""
    shown = counts[_FIRST:]
    decades = max(1, len(str(max([*shown, 0]))))
    bars = []
    for at, count in enumerate(shown):
        if count:
            tall = round((log10(count) + 0.3) / (decades + 0.3) * HIGH, 1)
            bars.append(
                Bar(
                    x=round(at * _STEP, 1),
                    y=round(HIGH - tall, 1),
                    width=round(_STEP - 0.6, 1),
                    height=tall,
                    alerts=edge(at + _FIRST) >= threshold,
                )
            )
    above = sum(n for at, n in enumerate(shown) if edge(at + _FIRST) >= threshold)
    return Chart(
        bars=tuple(bars),
        scores=tuple(
            Tick(at=_x(score), words=f"{score:+d}" if score else "0") for score in range(-4, 21, 4)
        ),
        counts=tuple(
            Tick(
                at=round(HIGH - (n + 0.3) / (decades + 0.3) * HIGH, 1),
                words=_COUNTS[n] if n < len(_COUNTS) else f"1e{n}",
            )
            for n in range(decades)
        ),
        threshold=_x(threshold) if threshold <= HIGHEST else None,
        below=sum(shown) - above,
        above=above,
    )


def _x(score: float) -> float:
    return round((score - FLOOR) / WIDTH * _STEP, 1)
