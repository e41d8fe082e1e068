"""The share of misread wanted plates that a threshold still finds, as measured and shipped.

recall.json beside this file is made by `python -m quality.recall_table` and says what it was
measured on. It is a promise of the size of things and not of an agency's own streets: nobody knows
there how many wanted plates went by unread.

    {"measured": "...", "entries": 100000, "seed": 1, "cases": 5000,
     "thresholds": [-4.0, -3.75], "found": {"plate, state": [0.71, 0.70]}}

`thresholds` rise; each list of `found` is as long, of shares from 0 to 1, by the evidence that was
there beside each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np

TABLE = Path(__file__).with_name("recall.json")


@dataclass(frozen=True)
class Recall:
    """The table, as its file has it. `measured` says on what; `evidence` what may be asked for,
    poorest first."""

    measured: str
    entries: int
    seed: int
    cases: int
    thresholds: tuple[float, ...]
    found: dict[str, tuple[float, ...]]

    @property
    def evidence(self) -> tuple[str, ...]:
        """What was there to judge by, each a curve of its own."""
        return tuple(self.found)

    def at(self, threshold: float, evidence: str) -> float:
        """The share found, 0 to 1. Below the table the share of its begin, above it none: that is
        the careful side of both. Raises KeyError for evidence that is not in it."""
        return float(np.interp(threshold, self.thresholds, self.found[evidence], right=0.0))


def read(path: Path) -> Recall | None:
    """The table of a file; None when there is none. Raises ValueError for a file that is wrong."""
    if not path.exists():
        return None
    table = msgspec.json.decode(path.read_bytes(), type=Recall)
    rising = all(a < b for a, b in zip(table.thresholds, table.thresholds[1:], strict=False))
    fitting = all(
        len(shares) == len(table.thresholds) and all(0 <= share <= 1 for share in shares)
        for shares in table.found.values()
    )
    if not (rising and fitting and table.thresholds and table.found):
        msg = f"{path.name}: thresholds must rise, and each share be from 0 to 1, one for each"
        raise ValueError(msg)
    return table


@lru_cache(maxsize=1)
def standard() -> Recall | None:
    """The shipped table; None when this version has none."""
    return read(TABLE)


def expected_recall(threshold: float, evidence: str = "") -> float | None:
    """The share of misread wanted plates found at a threshold; None when it was not measured.

    `evidence` is one of `standard().evidence`; without it the poorest.
    """
    table = standard()
    if table is None:
        return None
    asked = evidence or table.evidence[0]
    return table.at(threshold, asked) if asked in table.found else None
