"""The index's loops over keys: counting them, placing them, and looking them up.

A slot is, from its highest bits: what the key has beside its bucket, what it leaves out of the
plate, the number of the entry's state, and the row. By state and what is left out most candidates
are dropped (matchers.near) without a look at their rows, which lie all over the memory.

What a key leaves out: one character by CLOSE (the `group_of` its class * WIDTH + the place of the
first one of its run of like characters), CUT characters at the beginning or at the end (FIRST_CUT,
LAST_CUT), or nothing (WHOLE, by CLOSE or by WIDE).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matchers.characters import WIDTH, Codes
from matchers.compiled import compiled, compiled_making
from matchers.index_keys import BITS, CUTS, KINDS, Numbers, cut_keys_of, keys_of

Rows = npt.NDArray[np.uint32]
Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Numbered = npt.NDArray[np.int64]

STATE_BITS = 7
HOW_BITS = 4
LEFT_BITS = 7
GROUPS = 12
"""Classes of characters are told apart by their group alone: there is no room for more."""
UNDER_ROW = STATE_BITS + HOW_BITS + LEFT_BITS
"""Bits of a candidate below its row."""
EQUAL, SHORTER, BY_WIDE = 0, KINDS - 1, KINDS
"""How a text and an entry are near, beside the runs left out: see `found`."""
INSTEAD, FIRST_CUT, LAST_CUT, WHOLE = range(GROUPS * WIDTH, GROUPS * WIDTH + 4)
"""What is left out, where it is not one character. INSTEAD is of candidates alone: CUT characters,
and the text has one in their place."""
_ONE = np.uint64(1)
_LEFT = np.uint64((1 << LEFT_BITS) - 1)


@compiled
def group_of(folded: int) -> int:
    """The group of a class of characters (a number of index_keys.FOLDS[0])."""
    return int(folded) % GROUPS


@compiled
def under_bits(bits: int) -> int:
    """Bits of a slot beside the key's, of an index with 2 ** bits buckets."""
    return 64 - (BITS - bits)


@compiled
def row_bits(bits: int) -> int:
    """Bits of a slot that are the row's."""
    return under_bits(bits) - STATE_BITS - LEFT_BITS


@compiled_making
def counted(codes: Codes, alive: Flags, folds: Numbers, starts: Rows) -> int:
    """Into `starts` (zeros; buckets + 1), where each bucket begins; how many keys there are."""
    bits = _bits(starts)
    keys, left = np.empty(KINDS + CUTS, dtype=np.uint64), np.empty(KINDS + CUTS, dtype=np.uint64)
    for row in range(len(codes)):
        if alive[row]:
            for key in range(_of_entry(codes[row], folds, keys, left)):
                starts[(keys[key] >> np.uint64(BITS - bits)) + _ONE] += np.uint32(1)
    total = 0
    for bucket in range(len(starts)):
        total += starts[bucket]
        starts[bucket] = total
    return total


@compiled_making
def place(
    codes: Codes, alive: Flags, states: Bytes, folds: Numbers, starts: Rows, slots: Numbers
) -> None:
    """Every key into its bucket of `slots`, in the order of the rows. `starts` as `counted`."""
    bits = _bits(starts)
    for_row, under = np.uint64(row_bits(bits)), np.uint64(under_bits(bits))
    keys, left = np.empty(KINDS + CUTS, dtype=np.uint64), np.empty(KINDS + CUTS, dtype=np.uint64)
    for row in range(len(codes)):
        if alive[row]:
            known = np.uint64(row) | (np.uint64(states[row]) << for_row)
            for key in range(_of_entry(codes[row], folds, keys, left)):
                bucket = keys[key] >> np.uint64(BITS - bits)
                slot = ((keys[key] << np.uint64(64 - BITS + bits)) >> under) << under
                slot |= left[key] << (under - np.uint64(LEFT_BITS))
                slots[starts[bucket]] = slot | known
                starts[bucket] += np.uint32(1)
    # Each now says where its bucket ends: one further.
    for bucket in range(len(starts) - 1, 0, -1):
        starts[bucket] = starts[bucket - 1]
    starts[0] = 0


@compiled
def looked_up(
    codes: Codes,
    folds: Numbers,
    starts: Rows,
    slots: Numbers,
    keys: Numbers,
    many: Numbered,
    places: Numbered,
) -> tuple[int, int]:
    """Write each text's keys into `keys` (texts, KINDS), how many these are into `many`, and where
    their buckets begin and end into `places` (texts, KINDS, 2); (how many slots are in them, a
    number that means nothing).

    One look after another without a decision between them: memory then answers many at once, and
    `found` need not wait for it. The number is there so that the looks into `slots` are made.
    """
    under = np.uint64(BITS - _bits(starts))
    for text in range(len(codes)):
        many[text] = keys_of(codes[text], folds, keys[text])
    for text in range(len(codes)):
        for kind in range(many[text]):
            bucket = keys[text, kind] >> under
            places[text, kind, 0] = starts[bucket]
            places[text, kind, 1] = starts[bucket + _ONE]
    count, seen = 0, np.uint64(0)
    for text in range(len(codes)):
        for kind in range(many[text]):
            begin, end = places[text, kind]
            if begin < end:
                count += end - begin
                seen ^= slots[begin]
    return count, int(seen)


@compiled
def found(
    keys: Numbers,
    many: Numbered,
    places: Numbered,
    bits: int,
    slots: Numbers,
    ends: Numbered,
    pairs: Numbers,
) -> None:
    """Write into `pairs` (at most as many as `looked_up` says) the candidates of each text, those
    of text t from ends[t] up to ends[t + 1] (`ends`: texts + 1, written here): from the highest
    bits the row, its state (STATE_BITS), how the two are near (HOW_BITS), and what is left out of
    the entry (LEFT_BITS).

    How is EQUAL after folding by CLOSE; n, by leaving out the text's n-th run of like characters
    (from 1); SHORTER, the text has fewer; BY_WIDE. One that is near in several ways is there for
    each of them; what matchers.plate_bounds says holds for the first.
    """
    for_row, under = np.uint64(row_bits(bits)), np.uint64(under_bits(bits))
    row_mask = (_ONE << for_row) - _ONE
    state_mask = np.uint64((1 << STATE_BITS) - 1)
    count = ends[0] = 0
    for text in range(len(keys)):
        for kind in range(many[text]):
            rest = keys[text, kind] << np.uint64(64 - BITS + bits)
            for at in range(places[text, kind, 0], places[text, kind, 1]):
                slot = slots[at]
                if (slot ^ rest) >> under:
                    continue
                left = (slot >> (under - np.uint64(LEFT_BITS))) & _LEFT
                how = _how(kind, many[text] - 1, left)
                if how < 0:
                    continue
                if kind and how == SHORTER:
                    left = np.uint64(INSTEAD)
                known = ((slot & row_mask) << np.uint64(STATE_BITS)) | (
                    (slot >> for_row) & state_mask
                )
                known = (known << np.uint64(HOW_BITS)) | np.uint64(how)
                pairs[count] = (known << np.uint64(LEFT_BITS)) | left
                count += 1
        ends[text + 1] = count


@compiled
def _how(kind: int, last: int, left: int) -> int:
    """How a text is near to an entry of which it shares a key: it is the text's of this kind (2:
    without its first character, `last`: without its last one), the entry's without `left`. -1: it
    is not. What was cut off a plate is looked for by a whole text, or one without that end."""
    if kind == 0:
        return EQUAL if left == WHOLE else SHORTER
    if left == FIRST_CUT:
        return SHORTER if kind == 2 else -1
    if left == LAST_CUT:
        return SHORTER if kind == last else -1
    return BY_WIDE if kind == 1 else kind - 1


@compiled
def _of_entry(codes: Bytes, folds: Numbers, keys: Numbers, left: Numbers) -> int:
    """An entry's keys and what each leaves out; how many there are."""
    count = keys_of(codes, folds, keys)
    if count == 0:
        return 0
    left[0] = left[1] = np.uint64(WHOLE)
    key, before = 1, np.uint64(0)
    for place in range(len(codes)):
        folded = folds[0, codes[place]]
        if folded and folded != before:
            key, before = key + 1, folded
            left[key] = np.uint64(group_of(folded) * WIDTH + place)
    left[count], left[count + 1] = np.uint64(FIRST_CUT), np.uint64(LAST_CUT)
    return count + cut_keys_of(codes, folds, keys[count:])


@compiled
def _bits(starts: Rows) -> int:
    bits = 0
    while (1 << bits) < len(starts) - 1:
        bits += 1
    return bits
