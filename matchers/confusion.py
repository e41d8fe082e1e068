"""How often a camera shows one character for another, leaves one out, or adds one.

All numbers are natural logs of probabilities. The table is learned (quality/learning) and shipped
as confusion.json beside this file; what was never observed has a prior.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from matchers.characters import ALPHABET, SIZE

TABLE = Path(__file__).with_name("confusion.json")

Logs = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Confusion:
    """Indexed by matchers.characters codes; row and column 0 are not used.

    `shown[t, r]`: ln P(the camera shows r where the plate has t), the diagonal included.
    `dropped[t]`: ln P(t is not shown) inside a text; `added[r]`: ln P(r is shown between two
    characters where the plate has nothing). At either end of the text both are `at_end` likelier.
    `swapped`: ln P(two neighbors are shown in turned order). `cut` is added to a character dropped
    at an end for the one beside it being lost, too (matchers.folding.CUT).
    """

    shown: Logs
    dropped: Logs
    added: Logs
    at_end: float
    swapped: float
    cut: float

    @cached_property
    def shown_of(self) -> dict[str, dict[str, float]]:
        """`shown` by characters, as plain numbers: `[plate][read]`."""
        return {
            plate: dict(zip(ALPHABET, row[1:], strict=True))
            for plate, row in zip(ALPHABET, self.shown[1:].tolist(), strict=True)
        }


@lru_cache(maxsize=1)
def standard() -> Confusion:
    """The shipped table."""
    table = json.loads(TABLE.read_text())
    shown = np.zeros((SIZE, SIZE))
    shown[1:, 1:] = table["shown"]
    dropped, added = np.zeros(SIZE), np.zeros(SIZE)
    dropped[1:], added[1:] = table["dropped"], table["added"]
    return Confusion(shown, dropped, added, table["at_end"], table["swapped"], table["cut"])
