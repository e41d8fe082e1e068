"""The simpler rules that the engine is compared with, over arrays of texts.

A rule says for a text read and a wanted plate whether it alerts. Edit distance is Levenshtein's.
OCR equivalents, one allowed at lengths 5 to 11, are the default of the "Genetec Security Center
Administrator Guide". `with_state` rules also need the state read to be the entry's; a state that
is not known on one side does not object.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matchers.characters import CODE, SIZE, WIDTH, Codes
from quality.texts import Ints, Keys, blanked, has, keys, lengths, without

Flags = npt.NDArray[np.bool_]

CLASSES = ("0ODQ", "1I", "2Z", "5S", "8B", "6G")
EQUIVALENT_LENGTHS = (5, 11)

_CLASS = np.zeros(SIZE, dtype=np.uint8)
for _number, _members in enumerate(CLASSES, start=1):
    for _character in _members:
        _CLASS[CODE[_character]] = _number


def equal(reads: Codes, plates: Codes) -> Flags:
    """Row by row: the same text."""
    return np.asarray(np.all(reads == plates, axis=1))


def one_edit(reads: Codes, plates: Codes) -> Flags:
    """Row by row: Levenshtein distance at most one."""
    differing = np.count_nonzero(reads != plates, axis=1)
    found = (lengths(reads) == lengths(plates)) & (differing <= 1)
    read_keys, plate_keys = keys(reads), keys(plates)
    for at in range(WIDTH):
        found |= without(read_keys, at) == plate_keys
        found |= without(plate_keys, at) == read_keys
    return np.asarray(found)


def one_equivalent(reads: Codes, plates: Codes) -> Flags:
    """Row by row: the same text but for at most one character, exchanged within its class."""
    differing = reads != plates
    alike = (_CLASS[reads] == _CLASS[plates]) & (_CLASS[plates] > 0)
    size = lengths(plates)
    fits = (size == lengths(reads)) & (size >= EQUIVALENT_LENGTHS[0]) & (size <= WIDTH)
    one = (np.count_nonzero(differing, axis=1) == 1) & ~np.any(differing & ~alike, axis=1)
    return np.asarray(equal(reads, plates) | (fits & one))


@dataclass(frozen=True)
class Rule:
    """`text` says row by row whether the texts are near enough."""

    name: str
    text: Callable[[Codes, Codes], Flags]
    with_state: bool

    def alerts(self, reads: Codes, plates: Codes, states_read: Ints, states: Ints) -> Flags:
        """Row by row, whether the rule alerts. A state below zero is not known."""
        near = self.text(reads, plates)
        if not self.with_state:
            return near
        same = (states_read == states) | (states_read < 0) | (states < 0)
        return np.asarray(near & same)


RULES: tuple[Rule, ...] = (
    Rule("exact", equal, False),
    Rule("exact, with state", equal, True),
    Rule("edit distance 1", one_edit, False),
    Rule("edit distance 1, with state", one_edit, True),
    Rule("OCR-equivalent 1", one_equivalent, False),
    Rule("OCR-equivalent 1, with state", one_equivalent, True),
)


def near_pairs(reads: Codes, plates: Codes) -> tuple[Ints, Ints]:
    """Every (row of `reads`, row of `plates`) with edit distance at most one, in order.

    Texts of one length share their text with one position blanked; of two lengths, the longer
    without one character is the shorter. Texts are not empty.
    """
    read_keys, plate_keys = keys(reads), keys(plates)
    found = [_joined(read_keys, plate_keys)]
    for at in range(WIDTH):
        long_reads, long_plates = has(read_keys, at), has(plate_keys, at)
        r, p = read_keys[long_reads], plate_keys[long_plates]
        found.append(_joined(blanked(r, at), blanked(p, at), long_reads, long_plates))
        found.append(_joined(without(r, at), plate_keys, long_reads))
        found.append(_joined(read_keys, without(p, at), None, long_plates))
    pairs = np.unique(np.concatenate(found), axis=0)
    return pairs[:, 0], pairs[:, 1]


_BITS = np.uint64(24)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


def _joined(
    reads: Keys, plates: Keys, read_at: Ints | None = None, plate_at: Ints | None = None
) -> Ints:
    """Every pair with equal keys, as positions, or what `read_at` and `plate_at` say of them.

    A table of bits leaves out the plates that no read can equal, so that few are sorted.
    """
    table = np.zeros(1 << int(_BITS), dtype=bool)
    table[(reads * _SPREAD) >> (np.uint64(64) - _BITS)] = True
    kept = np.flatnonzero(table[(plates * _SPREAD) >> (np.uint64(64) - _BITS)])
    order = kept[np.argsort(plates[kept])]
    ordered = plates[order]
    left = np.searchsorted(ordered, reads, side="left")
    counts = np.searchsorted(ordered, reads, side="right") - left
    rows = np.repeat(np.arange(len(reads)), counts)
    starts = np.repeat(left - np.concatenate(([0], np.cumsum(counts)[:-1])), counts)
    columns = order[starts + np.arange(len(rows))]
    if read_at is not None:
        rows = read_at[rows]
    if plate_at is not None:
        columns = plate_at[columns]
    return np.stack((rows, columns), axis=1).astype(np.int64)
