"""How the scores of an agency's own reads are spread: counted in bins, and nothing else is kept.

For every read, and each priority of what is wanted, the best score of a reading that is not exact
is counted in a bin 0.25 wide. No plate, no entry and no time is in it, only numbers; from them an
agency's alert budget becomes thresholds (alerts.budgeting).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import floor

import numpy as np
import numpy.typing as npt

LOWEST, HIGHEST, WIDTH = -10.0, 20.0, 0.25
"""Scores (natural log of the odds) from LOWEST up to HIGHEST; what lies beyond counts in the first
or last bin."""
BINS = round((HIGHEST - LOWEST) / WIDTH)
_BEGIN = round(LOWEST / WIDTH)
PRIORITIES = 4
FLOOR = -6.0
"""What scores less is not counted: nobody would ever be asked about odds of 1 to 400 (judgement),
and it keeps the bulk of the candidates out of the count."""

Counts = npt.NDArray[np.int64]
"""Shape (PRIORITIES, BINS); row 0 is priority 1."""


def no_counts() -> Counts:
    """Zeros of the shape of `Counts`."""
    return np.zeros((PRIORITIES, BINS), dtype=np.int64)


def edge(index: int) -> float:
    """The least score of a bin."""
    return LOWEST + WIDTH * index


def bin_of(score: float) -> int:
    """The bin that a score is counted in: edge(bin) <= score, within the first and the last."""
    within = min(max(score, LOWEST), HIGHEST)
    return min(floor(within / WIDTH) - _BEGIN, BINS - 1)


@dataclass
class Tally:
    """One agency's counts since they were last taken. Not for use by several threads at once."""

    counts: Counts = field(default_factory=no_counts)
    read_count: int = 0

    def note(self, priority: int, score: float) -> None:
        """One read's best non-exact score for this priority (1 to 4); below FLOOR it is left out.

        The caller calls it once a read and priority at most.
        """
        if score >= FLOOR:
            self.counts[priority - 1, bin_of(score)] += 1

    def reads(self, number: int) -> None:
        """So many reads were judged, whatever came of them."""
        self.read_count += number

    def note_best(self, pairs: Iterable[tuple[int, int, float]]) -> None:
        """The same for a whole batch: (position of the read, priority, score) of every candidate
        pair in any order; of each read and priority the best score is counted."""
        best: dict[tuple[int, int], float] = {}
        for position, priority, score in pairs:
            key = (position, priority)
            if score > best.get(key, -np.inf):
                best[key] = score
        for (_, priority), score in best.items():
            self.note(priority, score)

    def note_arrays(
        self,
        positions: npt.NDArray[np.integer],
        priorities: npt.NDArray[np.integer],
        scores: npt.NDArray[np.floating],
    ) -> None:
        """`note_best` of three arrays of one length; a score that is no number counts nowhere."""
        kept = scores >= FLOOR
        if not kept.any():
            return
        positions, priorities, scores = positions[kept], priorities[kept], scores[kept]
        last = np.lexsort((scores, priorities, positions))  # best of each pair comes last
        positions, priorities, scores = positions[last], priorities[last], scores[last]
        ends = np.ones(len(scores), dtype=bool)
        ends[:-1] = (positions[1:] != positions[:-1]) | (priorities[1:] != priorities[:-1])
        bins = np.clip(np.floor(scores[ends] / WIDTH) - _BEGIN, 0, BINS - 1).astype(np.int64)
        np.add.at(self.counts, (priorities[ends].astype(np.int64) - 1, bins), 1)

    def merge(self, other: Tally) -> None:
        """Add what another one counted."""
        self.counts += other.counts
        self.read_count += other.read_count

    def taken(self) -> Tally:
        """Everything counted so far; this one begins anew at nothing."""
        given = Tally(self.counts, self.read_count)
        self.counts, self.read_count = no_counts(), 0
        return given

    def __bool__(self) -> bool:
        """Whether there is anything to give."""
        return self.read_count > 0 or bool(self.counts.any())
