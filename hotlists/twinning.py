"""Which plates of a list have look-alike twins (matchers.twins): the plates of a file as numbers.

A plate at rest is one number, (matchers.twins.plate_keys << 1) | whether a series of its state has
a twin of it. Sorted, these numbers are all that the counting needs of a list.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hotlists.chunks import Chunk
from hotlists.columns import Rows
from matchers.characters import codes_of
from matchers.twins import Numbers, on_the_road, plate_keys, state_numbers, twins_among

Marked = npt.NDArray[np.uint64]
"""Sorted: a number for each entry with a plate, as above."""
Flags = npt.NDArray[np.bool_]

HERE, ELSEWHERE, ROAD = "here", "elsewhere", "road"
"""What is counted: entries with a twin in the same list, in another list of the agency in force,
and on the road by the series of the plate's state."""


@dataclass
class Plates:
    """The plates and states of rows, in their order."""

    columns: list[bytes] = field(default_factory=list)
    states: list[Numbers] = field(default_factory=list)

    def rows(self, rows: Rows) -> None:
        """The next rows."""
        self.columns.append(rows.plates)
        self.states.append(state_numbers(rows.columns.get("state") or [""] * len(rows.keys)))

    def chunk(self, chunk: Chunk) -> None:
        """The next rows, from a chunk at rest."""
        self.columns.append(chunk.plates)
        self.states.append(state_numbers(_states(chunk)))

    def take(self, more: Plates) -> None:
        """The rows of the next part."""
        self.columns += more.columns
        self.states += more.states

    def marked(self, dead: npt.NDArray[np.integer]) -> Marked:
        """The plates of the rows but for those at the positions `dead`."""
        if not self.columns:
            return np.empty(0, dtype=np.uint64)
        codes = codes_of(b"".join(self.columns))
        keys = plate_keys(codes)
        alive = keys > 0
        alive[dead] = False
        road = on_the_road(codes, np.concatenate(self.states))
        return np.sort((keys << np.uint64(1) | road)[alive])


def count(marked: Marked, others: Marked) -> dict[str, int]:
    """How many entries have twins. `others`: the plates of the agency's other lists, marked."""
    keys = marked >> np.uint64(1)
    return {
        HERE: int(twins_among(keys, keys).sum()),
        ELSEWHERE: int(twins_among(keys, np.sort(others >> np.uint64(1))).sum()),
        ROAD: int((marked & np.uint64(1)).sum()),
    }


def _states(chunk: Chunk) -> list[str]:
    if "state" not in chunk.columns:
        return [chunk.same.get("state", "")] * len(chunk)
    at = chunk.columns.index("state")
    return [line.split(b"\t", at + 1)[at].decode() for line in chunk.lines.split(b"\n")[:-1]]
