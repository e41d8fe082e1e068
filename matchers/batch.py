"""A batch of reads as arrays: what the engine needs of every read, gathered once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.read import Read
from matchers.background import state_number
from matchers.background_scores import backgrounds
from matchers.characters import WIDTH, Codes, codes_of
from matchers.folding import column
from matchers.judging import shifts_of
from matchers.plate_features import candidate_weights
from matchers.plate_scores import Floats
from matchers.prior_features import camera_weight
from matchers.scales import Scales
from matchers.state_words import state_code
from matchers.vehicle_scores import Looks, looks_of

Numbers = npt.NDArray[np.int64]


class Batch(NamedTuple):
    """The reads' own texts first, in order, then their candidates.

    Of each text: its codes, `owner` (the position of its read), `offered` (what a candidate weighs
    for being one; 0), and `shifts` (texts, WIDTH), what a mistake at each character weighs beside
    it; no rows when no camera gave any. Of each read: its confidences (NaN: none), what its
    camera's record weighs, its state's number, and `behind`, ln P(its text | some other vehicle).
    """

    codes: Codes
    owner: Numbers
    offered: Floats
    shifts: Floats
    confidence: Floats
    state_confidence: Floats
    camera: Floats
    state: Numbers
    behind: Floats


class Gathered(NamedTuple):
    """A batch and, beside it, its texts and what was seen of the vehicles."""

    texts: list[str]
    batch: Batch
    looks: Looks


def batch_of(reads: Sequence[Read], scales: Scales) -> Gathered:
    """The arrays of these reads."""
    n = len(reads)
    texts = [read.plate for read in reads]
    owner, offered = list(range(n)), [0.0] * n
    for position, read in enumerate(reads):
        if read.candidates:
            each = candidate_weights(read)
            texts += [guess.value for guess in read.candidates[: len(each)]]
            owner += [position] * len(each)
            offered += each
    codes = codes_of(column(texts))
    state = np.array([_NUMBERS[read.state] for read in reads], dtype=np.int64)
    camera = np.zeros(n)
    if scales.memory.cameras:
        camera += [camera_weight(read, scales) for read in reads]
    batch = Batch(
        codes=codes,
        owner=np.array(owner, dtype=np.int64),
        offered=np.array(offered),
        shifts=_by_character(reads, len(texts)),
        confidence=np.array([read.confidence for read in reads], dtype=np.float64),
        state_confidence=np.array([read.state_confidence for read in reads], dtype=np.float64),
        camera=camera,
        state=state,
        behind=backgrounds(codes[:n], state),
    )
    return Gathered(texts, batch, looks_of(reads))


def _by_character(reads: Sequence[Read], texts: int) -> Floats:
    """judging.shifts_of every read, in the rows of their own texts."""
    doubtful = [position for position, read in enumerate(reads) if read.character_confidences]
    shifts = np.zeros((texts if doubtful else 0, WIDTH))
    for position in doubtful:
        each = shifts_of(reads[position])
        shifts[position, : len(each)] = each
    return shifts


class _Numbers(dict[str, int]):
    """matchers.background.state_number of a read's state, remembered."""

    def __missing__(self, text: str) -> int:
        if len(self) >= 8192:
            self.clear()
        self[text] = number = state_number(state_code(text))
        return number


_NUMBERS = _Numbers()
