"""A batch of reads as arrays: what the engine needs of every read, gathered once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from domain.read import Read
from matchers import weights
from matchers.background import backgrounds, state_number
from matchers.characters import WIDTH, Codes, codes_of
from matchers.folding import column
from matchers.judging import readings_of, shifts_of
from matchers.plate_features import candidate_weight
from matchers.plate_scores import Floats, lengths_of
from matchers.prior_features import camera_weight
from matchers.scales import Scales
from matchers.state_words import state_code

Ints = npt.NDArray[np.intp]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """The reads' own texts first, in order, then their candidates.

    Of each text: its codes, `owner` (the position of its read), what a mistake in it weighs beside
    its characters (`misread` on the whole text, `shifts` (texts, WIDTH) on each character, None
    when no camera gave any), and `offered`, for a candidate. Of each read: its state's number, what
    the entry's state weighs when it agrees and when not, and `behind`, ln P(its text | some other
    vehicle).
    """

    reads: int
    texts: list[str]
    codes: Codes
    owner: Ints
    misread: Floats
    offered: Floats
    shifts: Floats | None
    state: Numbers
    agrees: Floats
    differs: Floats
    behind: Floats


def batch_of(reads: Sequence[Read], scales: Scales) -> Batch:
    """The arrays of these reads."""
    n = len(reads)
    texts = [read.plate for read in reads]
    owner, offered = list(range(n)), [0.0] * n
    for position, read in enumerate(reads):
        if read.candidates:
            for choice, text in enumerate(readings_of(read)[1:], start=1):
                texts.append(text)
                owner.append(position)
                offered.append(candidate_weight(read, choice))
    codes = codes_of(column(texts))
    misread = np.zeros(len(texts))
    misread[:n] = _by_confidence(reads)
    if scales.memory.cameras:
        misread[:n] += [camera_weight(read, scales) for read in reads]
    state = np.array([_NUMBERS[read.state] for read in reads], dtype=np.int64)
    agrees, differs = _state_weights(reads, state, scales)
    own = codes[:n]
    return Batch(
        reads=n,
        texts=texts,
        codes=codes,
        owner=np.array(owner, dtype=np.intp),
        misread=misread,
        offered=np.array(offered),
        shifts=_by_character(reads, len(texts)),
        state=state,
        agrees=agrees,
        differs=differs,
        behind=backgrounds(own, lengths_of(own), state, np.zeros(n, dtype=bool)),
    )


def _by_confidence(reads: Sequence[Read]) -> Floats:
    """plate_features.misread_by_confidence of every read."""
    sure = np.array([read.confidence for read in reads], dtype=np.float64)
    said = np.clip(sure, 1e-3, 1 - 1e-3)
    usual = np.log((1 - weights.READ_RIGHT) / weights.READ_RIGHT)
    odds = weights.CALIBRATION * (np.log((1 - said) / said) - usual)
    found: Floats = np.where(np.isnan(sure), 0.0, np.clip(odds, *weights.MISREAD_BY_CONFIDENCE))
    return found


def _by_character(reads: Sequence[Read], texts: int) -> Floats | None:
    """judging.shifts_of every read, in the rows of their own texts."""
    doubtful = [position for position, read in enumerate(reads) if read.character_confidences]
    if not doubtful:
        return None
    shifts = np.zeros((texts, WIDTH))
    for position in doubtful:
        each = shifts_of(reads[position])
        shifts[position, : len(each)] = each
    return shifts


def _state_weights(reads: Sequence[Read], state: Numbers, scales: Scales) -> tuple[Floats, Floats]:
    """state_feature.state_weight of every read, for an entry of its own state and of another."""
    sure = np.array([read.state_confidence for read in reads], dtype=np.float64)
    right = np.where(np.isnan(sure), 1 - weights.STATE_WRONG, sure)
    right = np.clip(right, 0.0, weights.STATE_SUREST)
    return np.log(right / scales.shares[state] + 1 - right), np.log(1 - right)


class _Numbers(dict[str, int]):
    """matchers.background.state_number of a read's state, remembered."""

    def __missing__(self, text: str) -> int:
        if len(self) >= 8192:
            self.clear()
        self[text] = number = state_number(state_code(text))
        return number


_NUMBERS = _Numbers()
