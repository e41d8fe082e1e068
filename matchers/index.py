"""Which entries a text can have been read from: keys in buckets, looked up for a whole batch.

Every entry with a plate has some eleven keys (matchers.index_keys), every text of a batch some
nine; a pair that shares one is a candidate. These are exactly the pairs of `matchers.reach`.

`slots` are all keys of all entries, bucket by bucket (matchers.index_loops says what a slot holds);
`starts[b]` is where bucket b begins; its number is the highest bits of the mixed key. Both may lie
in a mapped file. Some 110 bytes an entry, codes and facts with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from domain.entry import Entry
from matchers import index_loops as loops
from matchers.characters import WIDTH, Codes, codes_of
from matchers.facts import FACTS, Facts, facts_of_entries
from matchers.folding import column
from matchers.index_keys import FOLDS, KINDS, Numbers
from matchers.index_loops import UNDER_ROW, Flags, Rows

Ends = npt.NDArray[np.int64]

_FEWEST = 6
_STATE = FACTS.index("state")
_TO_ROW = np.uint64(UNDER_ROW)
_ROW_BITS = np.uint64(32)


class Index:
    """The candidates of a sequence of entries, and what a score needs to know of each.

    Immutable. `codes` and `facts` have a row for each entry (matchers.characters, matchers.facts);
    `categories` are the words of the facts' last column.
    """

    def __init__(
        self,
        codes: Codes,
        facts: Facts,
        categories: Sequence[str],
        starts: Rows,
        slots: Numbers,
    ) -> None:
        """`Index.of_codes` makes `starts` and `slots`."""
        self.codes, self.facts, self.categories = _fixed(codes), _fixed(facts), tuple(categories)
        self._starts, self._slots = _fixed(starts), _fixed(slots)

    @classmethod
    def build(cls, entries: Sequence[Entry]) -> Index:
        """The index over `entries`, whose positions are the rows."""
        facts, categories = facts_of_entries(entries)
        return cls.of_codes(codes_of(column(e.plate for e in entries)), None, facts, categories)

    @classmethod
    def of_codes(
        cls,
        codes: Codes,
        alive: Flags | None = None,
        facts: Facts | None = None,
        categories: Sequence[str] = (),
    ) -> Index:
        """The index over rows of plate codes. Rows that are not alive, or have no plate, are no
        candidates. Without `facts` nothing is known of any row. Memory: 140 bytes a row at most."""
        if facts is None:
            facts = np.zeros((len(codes), len(FACTS)), dtype=np.uint8)
        if alive is None:
            alive = np.ones(len(codes), dtype=bool)
        plates = int(np.count_nonzero(codes.any(axis=1) & alive))
        starts = np.zeros((1 << _bucket_bits(plates, len(codes))) + 1, dtype=np.uint32)
        slots = np.empty(loops.counted(codes, alive, FOLDS, starts), dtype=np.uint64)
        loops.place(codes, alive, facts[:, _STATE].copy(), FOLDS, starts, slots)
        return cls(codes, facts, categories, starts, slots)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What `of_arrays` takes."""
        return {
            "codes": self.codes,
            "facts": self.facts,
            "starts": self._starts,
            "slots": self._slots,
        }

    @classmethod
    def of_arrays(
        cls, arrays: Mapping[str, npt.NDArray[Any]], categories: Sequence[str] = ()
    ) -> Index:
        """The index that `arrays` came from; they may lie in a mapped file, and are not read.
        ValueError when their lengths cannot be those of one index: nothing looks again."""
        codes = arrays["codes"].reshape(-1, WIDTH)
        facts = arrays["facts"].reshape(-1, len(FACTS))
        starts, slots = arrays["starts"], arrays["slots"]
        bits = (len(starts) - 1).bit_length() - 1
        if (
            len(codes) != len(facts)
            or bits < _FEWEST
            or len(starts) != (1 << bits) + 1
            or len(codes) > 1 << loops.row_bits(bits)
            or (starts[0], starts[-1]) != (0, len(slots))
        ):
            msg = "the arrays are not of one index"
            raise ValueError(msg)
        return cls(codes, facts, categories, starts, slots)

    @cached_property
    def states(self) -> npt.NDArray[np.int64]:
        """How many rows are of each state, by its number."""
        return np.bincount(self.facts[:, _STATE], minlength=256)

    def __len__(self) -> int:
        """Rows, with and without a plate."""
        return len(self.codes)

    def found(self, codes: Codes) -> tuple[Ends, Numbers]:
        """(ends, pairs): the rows within reach of text t are pairs[ends[t]:ends[t + 1]], in any
        order and some more than once, packed as matchers.index_loops.found says."""
        texts, bits = len(codes), (len(self._starts) - 1).bit_length() - 1
        keys = np.empty((texts, KINDS), dtype=np.uint64)
        many = np.empty(texts, dtype=np.int64)
        places = np.empty((texts, KINDS, 2), dtype=np.int64)
        count, _ = loops.looked_up(codes, FOLDS, self._starts, self._slots, keys, many, places)
        ends = np.empty(texts + 1, dtype=np.int64)
        pairs = np.empty(count, dtype=np.uint64)
        loops.found(keys, many, places, bits, self._slots, ends, pairs)
        return ends, pairs[: ends[-1]]

    def candidates(self, codes: Codes) -> tuple[npt.NDArray[np.int64], Rows]:
        """Every pair (position of a text, row) that is within reach, each once, in that order."""
        ends, pairs = self.found(codes)
        texts = np.repeat(np.arange(len(codes), dtype=np.uint64), np.diff(ends))
        each = np.unique((texts << _ROW_BITS) | (pairs >> _TO_ROW))
        return (each >> _ROW_BITS).astype(np.int64), each.astype(np.uint32)


def _fixed(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A view that cannot be written to, as a mapped file's are: compiled code takes arrays of one
    kind, and would be compiled once more for another."""
    view = array.view(np.ndarray)
    view.flags.writeable = False
    return view


def _bucket_bits(plates: int, rows: int) -> int:
    """Bits of a bucket's number: some five keys a bucket, and room in a slot for the last row."""
    return max(_FEWEST, (2 * plates).bit_length(), rows.bit_length() - loops.row_bits(0))
