"""Which character of a plate became which of its reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from matchers.characters import ALPHABET
from quality.learning.shapes import Square

Kind = Literal["shown", "dropped", "added", "swapped"]
KINDS: tuple[Kind, ...] = ("shown", "dropped", "added", "swapped")


@dataclass(frozen=True)
class Event:
    """One edit from plate to reading.

    `truth` is the plate's character ("" when added), `read` the shown one ("" when dropped);
    a swap has the two characters of the plate and of the reading. `at_end`: of the first or
    last character, or before or after all of them.
    """

    kind: Kind
    truth: str
    read: str
    at_end: bool


def align(truth: str, read: str, likely: Square) -> list[Event]:
    """The fewest edits, neighbors turned counting as one; among those the likeliest substitutions.

    `likely[t, r]` are chances below 1: they break ties and never buy an edit. An edit at an end
    breaks the remaining ties: characters are lost behind frames there.
    """
    rows, columns = len(truth), len(read)
    best: list[list[tuple[float, Event | None, int, int]]] = [
        [(0.0, None, 0, 0)] * (columns + 1) for _ in range(rows + 1)
    ]
    for i in range(rows + 1):
        for j in range(columns + 1):
            if i or j:
                options = _steps(truth, read, i, j, likely)
                best[i][j] = min(
                    (
                        (best[i - di][j - dj][0] + cost, event, di, dj)
                        for cost, event, di, dj in options
                    ),
                    key=lambda option: option[0],
                )
    events, i, j = [], rows, columns
    while i or j:
        _, event, di, dj = best[i][j]
        if event:
            events.append(event)
        i, j = i - di, j - dj
    return events[::-1]


def _steps(
    truth: str, read: str, i: int, j: int, likely: Square
) -> list[tuple[float, Event | None, int, int]]:
    """What may have happened last, with its cost: (cost, event, characters of truth, of read)."""
    last = len(truth)
    options: list[tuple[float, Event | None, int, int]] = []
    if i and j:
        t, r = truth[i - 1], read[j - 1]
        at_end = i in (1, last)
        chance = likely[ALPHABET.index(t), ALPHABET.index(r)]
        step = (0.0, None) if t == r else (1 - 0.01 * chance, Event("shown", t, r, at_end))
        options.append((*step, 1, 1))
    if i > 1 and j > 1 and truth[i - 2 : i] == read[j - 2 : j][::-1] != read[j - 2 : j]:
        event = Event("swapped", truth[i - 2 : i], read[j - 2 : j], i in (2, last))
        options.append((1.0, event, 2, 2))
    if i:
        at_end = i in (1, last)
        cost = 1.0 - 0.001 * at_end
        options.append((cost, Event("dropped", truth[i - 1], "", at_end), 1, 0))
    if j:
        at_end = i in (0, last)
        cost = 1.0 - 0.001 * at_end
        options.append((cost, Event("added", "", read[j - 1], at_end), 0, 1))
    return options
