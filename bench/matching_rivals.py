"""What others take to find the entries one edit away from a read's text, on the same list.

None of them weighs anything: they give texts that are near. Each is asked in the way its own
documentation has it for a list that is searched again and again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
from rapidfuzz import process
from rapidfuzz.distance import OSA
from symspellpy import SymSpell, Verbosity

SLICE = 100_000
"""Entries that rapidfuzz compares; the time of all is the slice's times as many, for it looks at
each entry in turn."""
EXTRACTED, COMPARED = 20, 100
"""Reads for `process.extract`, one by one, and for `cdist`, all at once."""


@dataclass(frozen=True)
class Rival:
    """`microseconds` a read, of one core; `how` says what was measured and what reckoned."""

    name: str
    microseconds: float
    how: str


def extract(reads: Sequence[str], plates: Sequence[str]) -> Rival:
    """rapidfuzz.process.extract with a cutoff of one edit."""
    some = plates[:SLICE]
    started = time.process_time()
    for read in reads[:EXTRACTED]:
        process.extract(read, some, scorer=OSA.distance, score_cutoff=1, limit=None)
    taken = (time.process_time() - started) / EXTRACTED * len(plates) / len(some)
    return Rival("rapidfuzz process.extract", taken * 1e6, _reckoned(some, plates))


def cdist(reads: Sequence[str], plates: Sequence[str]) -> Rival:
    """rapidfuzz.process.cdist of a batch with a cutoff of one edit, on one core."""
    some = plates[:SLICE]
    started = time.process_time()
    near = process.cdist(reads[:COMPARED], some, scorer=OSA.distance, score_cutoff=1, workers=1)
    (near <= 1).nonzero()
    taken = (time.process_time() - started) / COMPARED * len(plates) / len(some)
    return Rival("rapidfuzz cdist, batches of 100", taken * 1e6, _reckoned(some, plates))


def symspell(reads: Sequence[str], plates: Sequence[str]) -> Rival:
    """symspellpy, a deletion index in a dict: every entry within one edit."""
    memory = psutil.Process().memory_info().rss
    started = time.process_time()
    index = SymSpell(max_dictionary_edit_distance=1, prefix_length=10)
    for plate in plates:
        index.create_dictionary_entry(plate, 1)
    built = time.process_time() - started
    grown = psutil.Process().memory_info().rss - memory
    started = time.process_time()
    for read in reads:
        index.lookup(read, Verbosity.ALL, max_edit_distance=1)
    taken = (time.process_time() - started) / len(reads)
    how = f"measured; built in {built:.0f} s, {grown / 1e6:,.0f} MB in each worker"
    return Rival("symspellpy lookup", taken * 1e6, how)


def _reckoned(some: Sequence[str], plates: Sequence[str]) -> str:
    if len(some) == len(plates):
        return "measured"
    return f"measured with {len(some):,} entries, times {len(plates) / len(some):.0f}"
