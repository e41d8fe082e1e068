"""The index's loops over keys: counting them, placing them, and looking them up.

A slot is, from its highest bits: what the key has beside its bucket, a mark for the key of the
whole plate by CLOSE or of one with an end cut off, the number of the entry's state, and the row.
The state stands there so that most candidates are dropped without a look at their rows, which lie
all over the memory.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matchers.characters import Codes
from matchers.compiled import compiled
from matchers.index_keys import BITS, CUTS, KINDS, Numbers, cut_keys_of, keys_of

Rows = npt.NDArray[np.uint32]
Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Numbered = npt.NDArray[np.int64]

STATE_BITS = 8
_MARKS = 2
HOW_BITS = 4
UNDER_ROW = STATE_BITS + HOW_BITS
"""Bits of a candidate below its row."""
EQUAL, SHORTER, BY_WIDE = 0, KINDS - 1, KINDS
"""How a text and an entry are near, beside the runs left out: see `found`."""
_ONE = np.uint64(1)
_OTHER, _FIRST_CUT, _LAST_CUT, _WHOLE = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(3)
"""The mark of a slot."""
_MARK = np.uint64((1 << _MARKS) - 1)


@compiled
def under_bits(bits: int) -> int:
    """Bits of a slot beside the key's, of an index with 2 ** bits buckets."""
    return 64 - (BITS - bits)


@compiled
def row_bits(bits: int) -> int:
    """Bits of a slot that are the row's."""
    return under_bits(bits) - STATE_BITS - _MARKS


@compiled
def counted(codes: Codes, alive: Flags, folds: Numbers, starts: Rows) -> int:
    """Into `starts` (zeros; buckets + 1), where each bucket begins; how many keys there are."""
    bits = _bits(starts)
    keys, marks = np.empty(KINDS + CUTS, dtype=np.uint64), np.empty(KINDS + CUTS, dtype=np.uint64)
    for row in range(len(codes)):
        if alive[row]:
            for key in range(_of_entry(codes[row], folds, keys, marks)):
                starts[(keys[key] >> np.uint64(BITS - bits)) + _ONE] += np.uint32(1)
    total = 0
    for bucket in range(len(starts)):
        total += starts[bucket]
        starts[bucket] = total
    return total


@compiled
def place(
    codes: Codes, alive: Flags, states: Bytes, folds: Numbers, starts: Rows, slots: Numbers
) -> None:
    """Every key into its bucket of `slots`, in the order of the rows. `starts` as `counted`."""
    bits = _bits(starts)
    for_row, under = np.uint64(row_bits(bits)), np.uint64(under_bits(bits))
    keys, marks = np.empty(KINDS + CUTS, dtype=np.uint64), np.empty(KINDS + CUTS, dtype=np.uint64)
    for row in range(len(codes)):
        if alive[row]:
            known = np.uint64(row) | (np.uint64(states[row]) << for_row)
            for key in range(_of_entry(codes[row], folds, keys, marks)):
                bucket = keys[key] >> np.uint64(BITS - bits)
                slot = ((keys[key] << np.uint64(64 - BITS + bits)) >> under) << under
                slot |= marks[key] << (under - np.uint64(_MARKS))
                slots[starts[bucket]] = slot | known
                starts[bucket] += np.uint32(1)
    # Each now says where its bucket ends: one further.
    for bucket in range(len(starts) - 1, 0, -1):
        starts[bucket] = starts[bucket - 1]
    starts[0] = 0


@compiled
def found(codes: Codes, folds: Numbers, starts: Rows, slots: Numbers, ends: Numbered) -> Numbers:
    """The candidates of each text, those of text t from ends[t] up to ends[t + 1] (`ends`: texts
    + 1, written here), each once and by row: its row << UNDER_ROW | its state << HOW_BITS | how the
    two are near, the first that holds: EQUAL after folding by CLOSE; n, by leaving out the text's
    n-th run of like characters (from 1); SHORTER, the text has fewer; BY_WIDE alone."""
    bits = _bits(starts)
    for_row, under = np.uint64(row_bits(bits)), np.uint64(under_bits(bits))
    row_mask = (_ONE << for_row) - _ONE
    state_mask = np.uint64((1 << STATE_BITS) - 1)
    keys = np.empty((len(codes), KINDS), dtype=np.uint64)
    first = np.zeros((len(codes), KINDS), dtype=np.uint32)
    past = np.zeros((len(codes), KINDS), dtype=np.uint32)
    last = np.zeros(len(codes), dtype=np.int64)
    # All looks into `starts` before any into `slots`: memory answers many at once.
    for text in range(len(codes)):
        last[text] = keys_of(codes[text], folds, keys[text]) - 1
        for kind in range(last[text] + 1):
            bucket = keys[text, kind] >> np.uint64(BITS - bits)
            first[text, kind] = starts[bucket]
            past[text, kind] = starts[bucket + _ONE]
    pairs = np.empty(16 + 16 * len(codes), dtype=np.uint64)
    count = 0
    ends[0] = 0
    for text in range(len(codes)):
        begin = count
        for kind in range(KINDS):
            rest = keys[text, kind] << np.uint64(64 - BITS + bits)
            for at in range(first[text, kind], past[text, kind]):
                slot = slots[at]
                if (slot ^ rest) >> under:
                    continue
                mark = (slot >> (under - np.uint64(_MARKS))) & _MARK
                how = _how(kind, last[text], mark)
                if how < 0:
                    continue
                if count == len(pairs):
                    pairs = _doubled(pairs)
                state = (slot >> for_row) & state_mask
                row = slot & row_mask
                pairs[count] = (
                    (row << np.uint64(UNDER_ROW)) | (state << np.uint64(HOW_BITS)) | np.uint64(how)
                )  # fmt: skip
                count += 1
        count = begin + _once(pairs[begin:count])
        ends[text + 1] = count
    return pairs[:count]


@compiled
def _how(kind: int, last: int, mark: int) -> int:
    """How a text is near to an entry of which it shares a key: it is the text's of this kind (2:
    without its first character, `last`: without its last one), the entry's with this mark. -1: it
    is not. What was cut off a plate is looked for by a whole text, or one without that end."""
    if kind == 0:
        return EQUAL if mark == _WHOLE else SHORTER
    if mark == _FIRST_CUT:
        return SHORTER if kind == 2 else -1
    if mark == _LAST_CUT:
        return SHORTER if kind == last else -1
    return BY_WIDE if kind == 1 else kind - 1


@compiled
def _of_entry(codes: Bytes, folds: Numbers, keys: Numbers, marks: Numbers) -> int:
    """An entry's keys and the mark of each; how many there are."""
    count = keys_of(codes, folds, keys)
    marks[:count] = _OTHER
    marks[0] = _WHOLE
    marks[count], marks[count + 1] = _FIRST_CUT, _LAST_CUT
    return count + cut_keys_of(codes, folds, keys[count:])


@compiled
def _bits(starts: Rows) -> int:
    bits = 0
    while (1 << bits) < len(starts) - 1:
        bits += 1
    return bits


@compiled
def _doubled(pairs: Numbers) -> Numbers:
    more = np.empty(2 * len(pairs), dtype=np.uint64)
    for at in range(len(pairs)):
        more[at] = pairs[at]
    return more


@compiled
def _once(pairs: Numbers) -> int:
    """Sort the pairs and move each row's first one to the front; how many those are."""
    if len(pairs) > 32:
        pairs.sort()
    else:
        for at in range(1, len(pairs)):
            moved = pairs[at]
            to = at
            while to > 0 and pairs[to - 1] > moved:
                pairs[to] = pairs[to - 1]
                to -= 1
            pairs[to] = moved
    kept = 0
    for at in range(len(pairs)):
        if kept == 0 or (pairs[at] ^ pairs[kept - 1]) >> np.uint64(HOW_BITS):
            pairs[kept] = pairs[at]
            kept += 1
    return kept
