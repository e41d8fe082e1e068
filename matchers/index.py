"""Which entries a text can have been read from: keys in buckets, looked up for a whole batch.

Every entry with a plate has some eight keys (matchers.index_keys), every text of a batch as many;
a pair that shares one is a candidate. These are exactly the pairs of `matchers.reach`.

`slots` are all keys of all entries in the order of their mixed value: the bits of it that the
bucket does not say, and below them the row. `starts[b]` is where bucket b begins; its number is
the highest bits of the mixed key. A look-up reads two neighbors of `starts`, and the slots between
them. Both may lie in a mapped file. Some 90 bytes an entry, codes and facts with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from domain.entry import Entry
from matchers.characters import WIDTH, Codes, codes_of
from matchers.facts import FACTS, Facts, facts_of_entries
from matchers.folding import column
from matchers.index_keys import BITS, KINDS, Flags, Numbers, key_of, key_table, wholes

Rows = npt.NDArray[np.uint32]
Texts = npt.NDArray[np.intp]

_PIECE = 1 << 17
"""Rows whose keys are made at once: some 30 MB of them."""
_KIND_BITS = 4
_KIND_MASK = np.uint64((1 << _KIND_BITS) - 1)
_FEWEST = 6


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
        self.codes, self.facts, self.categories = codes, facts, tuple(categories)
        self._starts, self._slots = starts, slots
        self._bits = (len(starts) - 1).bit_length() - 1

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
        candidates. Without `facts` nothing is known of any row. Memory: 100 bytes a row at most."""
        if facts is None:
            facts = np.zeros((len(codes), len(FACTS)), dtype=np.uint8)
        starts, slots = _arranged(codes, alive)
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
        """The index that `arrays` came from; they may lie in a mapped file, and are not read."""
        return cls(
            arrays["codes"].reshape(-1, WIDTH),
            arrays["facts"].reshape(-1, len(FACTS)),
            categories,
            arrays["starts"],
            arrays["slots"],
        )

    @cached_property
    def states(self) -> npt.NDArray[np.int64]:
        """How many rows are of each state, by its number."""
        return np.bincount(self.facts[:, 0], minlength=256)

    def __len__(self) -> int:
        """Rows, with and without a plate."""
        return len(self.codes)

    def candidates(self, codes: Codes) -> tuple[Texts, Rows]:
        """Every pair (position of a text, row) that is within reach, each once, in that order."""
        keys, counts = key_table(*wholes(codes))
        buckets = (keys >> np.uint64(BITS - self._bits)).astype(np.intp)
        first = self._starts.take(buckets)
        many = self._starts.take(buckets + 1)
        many -= first
        many *= counts
        asked = np.flatnonzero(many)
        many = many.ravel()[asked]
        total = int(many.sum())
        if not total:
            return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.uint32)
        # Slot by slot: each bucket's first one, and on.
        ends = np.cumsum(many, dtype=np.intp)
        skip = first.ravel()[asked].astype(np.intp)
        skip[1:] -= ends[:-1]
        places = np.repeat(skip, many)
        places += np.arange(total)
        slots = self._slots.take(places)
        row_bits = np.uint64(_row_bits(self._bits))
        asked = np.repeat(asked, many)
        rest = keys.ravel().take(asked)
        rest <<= np.uint64(64 - BITS + self._bits)
        rest ^= slots
        same = np.flatnonzero(rest >> row_bits == 0)
        pairs = (asked[same] // KINDS).astype(np.uint64) << np.uint64(32)
        pairs |= slots[same] & ((np.uint64(1) << row_bits) - np.uint64(1))
        pairs.sort()
        if len(pairs) > 1:
            once = np.empty(len(pairs), dtype=bool)
            once[0] = True
            np.not_equal(pairs[1:], pairs[:-1], out=once[1:])
            pairs = pairs[once]
        return (pairs >> np.uint64(32)).astype(np.intp), pairs.astype(np.uint32)


def _row_bits(bits: int) -> int:
    """Bits of a slot that are the row's: what the rest of a key leaves."""
    return 64 - (BITS - bits)


def _bucket_bits(plates: int, rows: int) -> int:
    """Bits of a bucket's number: some four keys a bucket, and room in a slot for the last row."""
    return max(_FEWEST, (2 * plates).bit_length(), rows.bit_length() - _row_bits(0))


def _arranged(codes: Codes, alive: Flags | None) -> tuple[Rows, Numbers]:
    """(starts, slots) of the rows."""
    close, wide = wholes(codes)
    if alive is not None:
        close *= alive
    plates = int(np.count_nonzero(close))
    bits = _bucket_bits(plates, len(codes))
    slots = _sorted_slots(close, wide, plates, bits)
    starts = np.empty((1 << bits) + 1, dtype=np.uint32)
    row_bits = np.uint64(_row_bits(bits))
    rest = np.uint64(64 - BITS + bits)
    told, bucket = 0, -1
    for at in range(0, len(slots), _PIECE):
        part = slots[at : at + _PIECE]
        buckets = (part >> np.uint64(64 - bits)).astype(np.intp)
        gaps = np.diff(buckets, prepend=bucket)
        bucket = int(buckets[-1])
        starts[told : bucket + 1] = np.repeat(np.arange(at, at + len(part), dtype=np.uint32), gaps)
        told = bucket + 1
        kinds = (part & _KIND_MASK).astype(np.intp)
        part <<= np.uint64(bits)
        part >>= np.uint64(bits + _KIND_BITS)
        rows = part.astype(np.intp)
        keys = key_of(close.take(rows), wide.take(rows), kinds)
        keys <<= rest
        keys >>= rest
        keys <<= row_bits
        part |= keys
    starts[told:] = len(slots)
    return starts, slots


def _sorted_slots(close: Numbers, wide: Numbers, plates: int, bits: int) -> Numbers:
    """Bucket, row and kind of every key in one number, sorted: the order of the slots."""
    slots = np.empty(plates * KINDS, dtype=np.uint64)
    used = 0
    for at in range(0, len(close), _PIECE):
        keys, counts = key_table(close[at : at + _PIECE], wide[at : at + _PIECE])
        keys >>= np.uint64(BITS - bits)
        keys <<= np.uint64(64 - bits)
        keys |= np.arange(KINDS, dtype=np.uint64)
        rows = np.arange(at, at + len(keys), dtype=np.uint64) << np.uint64(_KIND_BITS)
        keys |= rows[:, None]
        found = keys[counts]
        slots[used : used + len(found)] = found
        used += len(found)
    slots = slots[:used]  # what is beyond was never touched, and takes no memory
    slots.sort()
    return slots
