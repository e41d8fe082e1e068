"""How often a camera shows one character for another, leaves one out, or adds one.

All numbers are natural logs of probabilities. The table is learned (quality/learning) and shipped
as confusion.json beside this file; what was never observed has a prior.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from matchers.characters import SIZE

TABLE = Path(__file__).with_name("confusion.json")

Logs = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Confusion:
    """Indexed by matchers.characters codes; row and column 0 are not used.

    `shown[t, r]`: ln P(the camera shows r where the plate has t), the diagonal included.
    `dropped[t]`: ln P(t is not shown) inside a text; `added[r]`: ln P(r is shown between two
    characters where the plate has nothing). At either end of the text both are `at_end` likelier.
    `swapped`: ln P(two neighbors are shown in turned order).
    """

    shown: Logs
    dropped: Logs
    added: Logs
    at_end: float
    swapped: float


@lru_cache(maxsize=1)
def standard() -> Confusion:
    """The shipped table."""
    table = json.loads(TABLE.read_text())
    shown = np.zeros((SIZE, SIZE))
    shown[1:, 1:] = table["shown"]
    dropped, added = np.zeros(SIZE), np.zeros(SIZE)
    dropped[1:], added[1:] = table["dropped"], table["added"]
    return Confusion(shown, dropped, added, table["at_end"], table["swapped"])
