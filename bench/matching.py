"""Matching: microseconds a read, beside what others take to search the same list in the same run.

    python -m bench.matching [entries ...]      1,000,000 and 5,000,000 unless said otherwise

Vehicles and plates are drawn by the states' series (quality.generating), lists and reads from
them; one read of HIT_EVERY is of a wanted vehicle, the others hold no wanted plate and state. The
file is made as a worker's host makes it, from stored chunks; a process of its own opens it and
matches batches of 100. The rivals then search the same plates in this process. Times of a read
are of one core (CPU seconds).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from bench import matching_rivals as rivals
from bench.matching_worker import AGENCY, BATCH, SOURCE, Took
from domain.read import Read
from hotlists.chunks import CHUNK, entry_ids, pack, unpack
from hotlists.columns import Rows
from hotlists.mapped import Writer
from quality import plates
from quality.generating import Vehicles, apart_from, draw, see
from quality.listed import CATEGORY, EVIDENCE, Lexicon, reads
from quality.texts import texts

READS = 20_000
HIT_EVERY = 1000
SEED = 5
SYMSPELL_UP_TO = 1_000_000
"""Entries that symspellpy is built for: beyond, it asks for more memory than it is worth."""


def stored(wanted: Vehicles, lexicon: Lexicon) -> Iterator[bytes]:
    """The list as chunks at rest, with the columns that a list of stolen vehicles has."""
    for start in range(0, len(wanted), CHUNK):
        part = wanted.at(np.arange(start, min(start + CHUNK, len(wanted))))
        rows = range(start, start + len(part))
        columns = {
            "category": [CATEGORY] * len(part),
            "plate": texts(part.plates),
            "plate_raw": texts(part.plates),
            "state": [plates.STATES[n] for n in part.states.tolist()],
            "plate_year": ["2027"] * len(part),
            "plate_type": ["TK" if n % 9 == 0 else "PC" for n in rows],
            "vin": [f"1FAJT{n:012d}" for n in rows],
            "year": [str(1990 + n % 36) for n in rows],
            "make": _codes(lexicon, "make", part.makes),
            "style": _codes(lexicon, "body", part.bodies),
            "color": _codes(lexicon, "color", part.colors),
            "ori": [f"KS0{n * 7919 % 20_000:06d}" for n in rows],
            "nic": [f"V{n:09d}" for n in rows],
            "oca": [f"26-{n}" for n in rows],
        }
        yield from pack(Rows(columns["nic"], columns), entry_ids(AGENCY, SOURCE, columns["nic"]))


def _codes(lexicon: Lexicon, name: str, values: np.ndarray) -> list[str]:
    return [lexicon.code(name, value, row) for row, value in enumerate(values.tolist())]


def build(path: Path, wanted: Vehicles, lexicon: Lexicon) -> float:
    """Make the file; seconds from stored chunks to the file on the disk."""
    seconds = 0.0
    with Writer(path) as writer:
        for data in stored(wanted, lexicon):
            started = time.perf_counter()
            writer.add(unpack(data))
            seconds += time.perf_counter() - started
        started = time.perf_counter()
        writer.finish(np.empty(0, dtype=np.uint32))
    return seconds + time.perf_counter() - started


def traffic(wanted: Vehicles, lexicon: Lexicon, rng: np.random.Generator) -> list[Read]:
    """READS reads as cameras send them, with state, make, color and body."""
    passing = apart_from(READS, wanted, rng)
    hits = np.arange(0, READS, HIT_EVERY)
    rows = rng.choice(len(wanted), size=len(hits), replace=False)
    for name in ("plates", "states", "makes", "colors", "bodies"):
        getattr(passing, name)[hits] = getattr(wanted, name)[rows]
    seen = see(passing, texts(passing.plates), rng)
    seen = replace(seen, sure={**seen.sure, "plate": rng.beta(14.0, 1.5, READS).round(3)})
    made = reads(seen, lexicon, frozenset(EVIDENCE), 0, READS)
    return [msgspec.structs.replace(one, agency=AGENCY) for one in made]


def worker(path: Path, many: list[Read]) -> Took:
    """What a worker says of the file."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.matching_worker", str(path)],
        input=msgspec.json.encode(many),
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.convert(json.loads(done.stdout), Took)


def one(entries: int, folder: Path) -> Took:
    """One size of list: the worker's numbers, then the rivals'."""
    rng = np.random.default_rng(SEED)
    lexicon = Lexicon.standard()
    wanted = draw(entries, rng)
    path = folder / f"{entries}.bolo"
    seconds = build(path, wanted, lexicon)
    many = traffic(wanted, lexicon, rng)
    took = worker(path, many)
    print(f"\n{entries:,} entries, {READS:,} reads in batches of {BATCH}, 1 hit in {HIT_EVERY:,}\n")
    print("| | microseconds a read | to bolo | |")
    print("|---|---|---|---|")
    said = f"{took.near:.1f} candidates a read, {took.matches} matches"
    print(f"| bolo, the match | {took.match:.1f} | 1 | {said} |")
    ratio = took.candidates / took.match
    print(f"| bolo, candidates alone | {took.candidates:.1f} | {ratio:.2f} | part of the match |")
    known, asked = texts(wanted.plates), [read.plate for read in many]
    others = [rivals.symspell] if entries <= SYMSPELL_UP_TO else []
    for rival in [*others, rivals.cdist, rivals.extract]:
        found = rival(asked, known)
        print(
            f"| {found.name} | {_short(found.microseconds)}"
            f" | {_short(found.microseconds / took.match)}"
            f" | {found.how} |",
            flush=True,
        )
    print(
        f"\nfile: {path.stat().st_size / 1e6:,.0f} MB, made in {seconds:.1f} s,"
        f" opened in {took.open:.1f} ms, first batch {took.first:.0f} ms;"
        f" a worker beside it: {took.private / 1e6:,.0f} MB,"
        f" {took.grown / 1e6:,.0f} MB of it since opening",
        flush=True,
    )
    return took


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def main() -> None:
    """Print a table for each size, and how they compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("entries", nargs="*", type=int, default=[1_000_000, 5_000_000])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bolo-bench-") as folder:
        took = [one(entries, Path(folder)) for entries in asked.entries]
    for other in took[1:]:
        ratio = other.match / took[0].match
        print(f"\n{other.entries:,} entries take {ratio:.2f} times as long as {took[0].entries:,}")


if __name__ == "__main__":
    main()
