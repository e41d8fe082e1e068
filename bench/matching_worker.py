"""One worker's part of bench.matching: opens a mapped file, matches reads, says what it took.

python -m bench.matching_worker FILE     reads (JSON) on stdin; a JSON object on stdout
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil

from domain.read import Read
from hotlists.mapped import Opened
from matchers.characters import codes_of
from matchers.engine import match, warm_up
from matchers.folding import column
from matchers.tally import Tally
from matchers.watch import Generation, Watch

AGENCY = "KS0999900"
SOURCE = "bench"
BATCH = 100
ROUNDS = 5
"""Times that all reads are matched; the middle one counts."""
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Took(msgspec.Struct):
    """What a worker measured. `match` and `candidates`: microseconds a read, of one core. `open`
    and `first` (the first batch, when the file's pages are not mapped yet): milliseconds. `private`
    and `grown`: bytes that the process has beside the file and these reads, and how many of them
    came since opening. `near`: candidates a read."""

    entries: int
    match: float
    candidates: float
    open: float
    first: float
    private: int
    grown: int
    near: float
    matches: int


def measured(path: Path, reads: list[Read], without: int) -> Took:
    """Open the file and match the reads, BATCH at a time. `without` is what the process had in
    memory before it was handed the reads."""
    given = _beside(path) - without
    warm_up()
    before = _beside(path)
    started = time.perf_counter()
    opened = Opened(path, AGENCY, SOURCE, {})
    opening = time.perf_counter() - started
    generation = Generation(
        1, SOURCE, "Bench", AGENCY, NOW, opened.entries, opened.index, live=opened.live
    )
    watch, tally = Watch(AGENCY, {SOURCE: generation}), Tally()
    batches = [reads[at : at + BATCH] for at in range(0, len(reads), BATCH)]
    started = time.perf_counter()
    match(batches[0], watch, NOW, tally)
    first = time.perf_counter() - started
    whole, alone = [], []
    for _ in range(ROUNDS):
        started = time.process_time()
        matches = sum(len(match(batch, watch, NOW, tally)) for batch in batches)
        whole.append(time.process_time() - started)
    codes = [codes_of(column([read.plate for read in batch])) for batch in batches]
    for _ in range(ROUNDS):
        started = time.process_time()
        for batch in codes:
            opened.index.found(batch)
        alone.append(time.process_time() - started)
    near = sum(len(opened.index.candidates(batch)[0]) for batch in codes)
    beside = _beside(path)
    return Took(
        entries=opened.live,
        match=_middle(whole) / len(reads) * 1e6,
        candidates=_middle(alone) / len(reads) * 1e6,
        open=opening * 1e3,
        first=first * 1e3,
        private=beside - given,
        grown=beside - before,
        near=near / len(reads),
        matches=matches,
    )


def _middle(seconds: list[float]) -> float:
    return sorted(seconds)[len(seconds) // 2]


def _beside(path: Path) -> int:
    """Bytes in memory that are not the file's."""
    process = psutil.Process()
    mapped = sum(part.rss for part in process.memory_maps() if part.path == str(path))
    return int(process.memory_info().rss) - mapped


def main() -> None:
    """The process's whole life."""
    without = _beside(Path(sys.argv[1]))
    reads = msgspec.json.decode(sys.stdin.buffer.read(), type=list[Read])
    sys.stdout.buffer.write(msgspec.json.encode(measured(Path(sys.argv[1]), reads, without)))


if __name__ == "__main__":
    main()
