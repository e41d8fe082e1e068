"""How the scores of an agency's own reads are spread, and what states they show: counts alone.

For every read, and each priority of what is wanted, the best score of a reading that is not exact
is counted in a bin 0.25 wide; and of every read the state of its plate. No plate, no entry and no
time is in it, only numbers; from them an agency's alert budget becomes thresholds
(alerts.budgeting), and its traffic what is known before looking (matchers.traffic_learning).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import floor

import numpy as np
import numpy.typing as npt

from matchers.series import states

LOWEST, HIGHEST, WIDTH = -10.0, 20.0, 0.25
"""Scores (natural log of the odds) from LOWEST up to HIGHEST; what lies beyond counts in the first
or last bin."""
BINS = round((HIGHEST - LOWEST) / WIDTH)
_BEGIN = round(LOWEST / WIDTH)
PRIORITIES = 4
FLOOR = -6.0
"""What scores less is not counted: nobody would ever be asked about odds of 1 to 400 (judgement),
and it keeps the bulk of the candidates out of the count."""

NUMBERS = 256
"""Numbers that a state may have (matchers.background_tables.state_number), 0 for none."""

Counts = npt.NDArray[np.int64]
"""Shape (PRIORITIES, BINS); row 0 is priority 1."""


def no_counts() -> Counts:
    """Zeros of the shape of `Counts`."""
    return np.zeros((PRIORITIES, BINS), dtype=np.int64)


def _no_states() -> npt.NDArray[np.int64]:
    return np.zeros(NUMBERS, dtype=np.int64)


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
    states: npt.NDArray[np.int64] = field(default_factory=_no_states)

    def note(self, priority: int, score: float) -> None:
        """One read's best non-exact score for this priority (1 to 4); below FLOOR it is left out.

        The caller calls it once a read and priority at most.
        """
        if score >= FLOOR:
            self.counts[priority - 1, bin_of(score)] += 1

    def reads(self, number: int) -> None:
        """So many reads were judged, whatever came of them."""
        self.read_count += number

    def traffic(self, numbers: npt.NDArray[np.integer]) -> None:
        """The states that a batch of reads showed, as matchers.background_tables.state_number
        has them; once a batch."""
        self.states += np.bincount(numbers, minlength=NUMBERS)

    def by_state(self) -> dict[str, int]:
        """How many reads showed each state (NCIC code); none for those that showed none."""
        known = enumerate(states(), start=1)
        return {code: int(self.states[n]) for n, code in known if self.states[n]}

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

    def merge(self, other: Tally) -> None:
        """Add what another one counted."""
        self.counts += other.counts
        self.read_count += other.read_count
        self.states += other.states

    def taken(self) -> Tally:
        """Everything counted so far; this one begins anew at nothing."""
        given = Tally(self.counts, self.read_count, self.states)
        self.counts, self.read_count, self.states = no_counts(), 0, _no_states()
        return given

    def __bool__(self) -> bool:
        """Whether there is anything to give."""
        return self.read_count > 0 or bool(self.counts.any())
