"""Which entries could have been read as a text: sorted folded keys, searched for a whole batch.

12 bytes an entry (an 8-byte key, a 4-byte position): 12 MB for 1,000,000 entries. Building is
one sort, a look-up two binary searches over the batch; both happen outside the interpreter lock,
so a build in a thread does not hold up an event loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from domain.entry import Entry
from matchers.folding import Keys, column, keys_of

Positions = npt.NDArray[np.uint32]


class Index:
    """The folded plates of a sequence of entries. Immutable; positions are into that sequence."""

    __slots__ = ("_keys", "_positions")

    def __init__(self, keys: Keys, positions: Positions) -> None:
        """`keys` must be sorted, `positions` parallel to them; `Index.of_keys` sorts."""
        self._keys = keys
        self._positions = positions

    @classmethod
    def build(cls, entries: Iterable[Entry]) -> Index:
        """The index over `entries`, whose positions it gives back."""
        keys = keys_of(column(e.plate for e in entries))
        positions = np.flatnonzero(keys).astype(np.uint32)  # 0: an entry without a plate
        order = np.argsort(keys[positions], kind="stable")
        return cls(keys[positions][order], positions[order])

    @classmethod
    def of_keys(cls, keys: Keys) -> Index:
        """The index over entries whose folded keys, in order, are `keys`.

        The sort is stable: entries with equal keys stay in list order, run after run.
        """
        order = np.argsort(keys, kind="stable")
        return cls(keys[order], order.astype(np.uint32))

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, texts: Sequence[str]) -> list[tuple[int, int]]:
        """Every (position in `texts`, position of an entry) with equal folded text.

        In order of texts, then of entries. Equal folded text is a candidate, not a match.
        """
        return self.find_keys(keys_of(column(texts))) if texts else []

    def find_keys(self, wanted: Keys) -> list[tuple[int, int]]:
        """`find` for keys that are at hand already (one batch, several lists)."""
        if not len(self._keys) or not len(wanted):
            return []
        left = np.searchsorted(self._keys, wanted)
        # A key past the end is compared with the last one, which is smaller: no false hit.
        found = np.flatnonzero(self._keys.take(left, mode="clip") == wanted)
        if not len(found):
            return []
        hits: list[tuple[int, int]] = []
        ends = np.searchsorted(self._keys, wanted[found], side="right")
        for text, start, end in zip(
            found.tolist(), left[found].tolist(), ends.tolist(), strict=True
        ):
            hits.extend((text, position) for position in self._positions[start:end].tolist())
        return hits
