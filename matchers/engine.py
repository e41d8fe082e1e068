"""`match(reads, watch, now)`: pure, deterministic, a whole batch at a time.

The fast way to what matchers.judging says of every read and entry: each layer's index finds the
pairs whose texts are near (matchers.index), their texts and states are weighed as arrays, and only
what could still reach the least threshold with its vehicle is looked at one by one, then judged.
An innocent read costs its share of some vector operations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from domain.entry import Entry
from domain.ids import target_id
from domain.read import Read
from matchers import tally as tallies
from matchers.background import background, backgrounds
from matchers.batch import Batch, Ints, batch_of
from matchers.characters import codes_of
from matchers.confusion import standard
from matchers.evidence import Evidence
from matchers.folding import column
from matchers.grouping import grouped
from matchers.index import Rows
from matchers.judging import explain
from matchers.misreads import held_back
from matchers.plate_scores import Floats, lengths_of, text_scores
from matchers.scales import Scales
from matchers.tally import Tally
from matchers.vehicle_model import MODEL_MOST
from matchers.vehicle_scores import could_be, looks_most, most, vehicle_log_ratio
from matchers.watch import Generation, Match, Watch

_SLACK = 1e-3
"""The sums of arrays and of features may differ in the last places, and scores are rounded."""

Judge = Callable[[Read, Entry, Scales], Evidence | None]


def match(
    reads: Sequence[Read], watch: Watch, now: datetime, tally: Tally | None = None
) -> list[Match]:
    """Every match of `reads` against `watch`, judged at `now`.

    In the order of reads. One read gives one match for each vehicle that is wanted, by the camera's
    best reading; of several entries that want it the most urgent leads (matchers.grouping). The
    scores of what was near, also below the thresholds, are counted in `tally`. The reads must be of
    the watch's agency: ValueError.
    """
    for read in reads:
        if read.agency != watch.agency:
            msg = f"a read of agency {read.agency} was given the watch of {watch.agency}"
            raise ValueError(msg)
    if tally is not None:
        tally.reads(len(reads))
    if not reads:
        return []
    scales = _scales_of(watch)
    floor = watch.thresholds.least
    if tally is not None:
        floor = min(floor, tallies.FLOOR)
    batch = batch_of(reads, scales)
    found: dict[int, list[Match]] = {}
    counted: list[tuple[int, int, float]] = []
    for layer in _layers(watch):
        pairs = _near(batch, reads, layer, scales, floor)
        pairs += _fitting(batch, layer)
        pairs += _described(reads, layer)
        for position, entry_at in sorted(set(pairs)):
            entry = layer.entries[entry_at]
            made = _judged(reads[position], entry, layer, watch, scales, now)
            if made is None:
                continue
            evidence = made.evidence
            if tally is not None and _counts(made, watch):
                counted.append((position, entry.priority, evidence.score))
            if evidence.score >= evidence.threshold:
                found.setdefault(position, []).append(made)
    if tally is not None:
        tally.note_best(counted)
    matches = [one for position in sorted(found) for one in grouped(found[position])]
    return [one for one in matches if not held_back(one, watch.memory.misreads, now)]


def warm_up() -> None:
    """Build the tables that the first read would wait for (some 0.3 s). Once a process."""
    one = codes_of(column(["ABC123"]))
    backgrounds(one, lengths_of(one), np.zeros(1, dtype=np.int64), np.zeros(1, dtype=bool))
    background("ABC123", "")
    looks_most()
    standard()


_REMEMBERED: dict[str, tuple[Watch, Scales]] = {}


def _scales_of(watch: Watch) -> Scales:
    """The agency's scales, made anew when its watch is another one: not once a batch."""
    held = _REMEMBERED.get(watch.agency)
    if held is None or held[0] is not watch:
        held = _REMEMBERED[watch.agency] = watch, Scales.of(watch)
    return held[1]


def _counts(one: Match, watch: Watch) -> bool:
    """Whether its score tells how other traffic scores."""
    if not one.evidence.tier.startswith("fuzzy"):
        return False
    if not watch.memory.misreads:
        return True
    target = target_id(one.entry.agency, one.entry.plate, one.entry.state)
    aimed = msgspec.structs.replace(one, target=target)
    return not held_back(aimed, watch.memory.misreads, one.matched_at)


def _layers(watch: Watch) -> list[Generation]:
    """Every source's generation, and what was added to it since."""
    return [
        layer
        for source in sorted({*watch.generations, *watch.added})
        for layer in (watch.generations.get(source), watch.added.get(source))
        if layer is not None
    ]


def _near(
    batch: Batch, reads: Sequence[Read], layer: Generation, scales: Scales, floor: float
) -> list[tuple[int, int]]:
    """The pairs (read, row) whose texts are near and whose score reaches `floor`, or exact."""
    texts, rows = layer.index.candidates(batch.codes)
    if not len(texts):
        return []
    read_codes, plate_codes = batch.codes[texts], layer.index.codes[rows]
    owner = batch.owner[texts]
    exact = (texts < batch.reads) & (read_codes == plate_codes).all(axis=1)
    scores = text_scores(read_codes, plate_codes, scales.table, _rows(batch.shifts, texts))
    scores += batch.misread[texts] + batch.offered[texts] - batch.behind[owner]
    scores += scales.priors[layer.index.facts[rows, 0]]
    scores += _states(batch, layer, owner, rows)
    # What the looks of any vehicle could add, then of this one, then beside this entry.
    left = np.flatnonzero(exact | (scores >= floor - looks_most() - _SLACK))
    kept = []
    ceilings: dict[int, float] = {}
    for position, row, certain, score in zip(
        owner[left].tolist(),
        rows[left].tolist(),
        exact[left].tolist(),
        scores[left].tolist(),
        strict=True,
    ):
        vehicle = reads[position].vehicle
        if not certain and vehicle is not None:
            if position not in ceilings:
                ceilings[position] = most(vehicle)
            if score + ceilings[position] < floor - _SLACK:
                continue
            score += vehicle_log_ratio(vehicle, layer.index.facts[row].tolist())
            score += MODEL_MOST if vehicle.model else 0.0
        if certain or score >= floor - _SLACK:
            kept.append((position, row))
    return kept


def _rows(shifts: Floats | None, texts: Ints) -> Floats | None:
    return None if shifts is None else shifts[texts]


def _states(batch: Batch, layer: Generation, owner: Ints, rows: Rows) -> Floats:
    seen, wanted = batch.state[owner], layer.index.facts[rows, 0]
    weights: Floats = np.where(seen == wanted, batch.agrees[owner], batch.differs[owner])
    weights[(seen == 0) | (wanted == 0)] = 0.0
    return weights


def _fitting(batch: Batch, layer: Generation) -> list[tuple[int, int]]:
    return [(int(batch.owner[text]), row) for text, row in layer.patterns.find(batch.texts)]


def _described(reads: Sequence[Read], layer: Generation) -> list[tuple[int, int]]:
    if not layer.described:
        return []
    return [
        (position, row)
        for row in layer.described
        for position in could_be(reads, layer.entries[row])
    ]


def _judged(
    read: Read, entry: Entry, layer: Generation, watch: Watch, scales: Scales, now: datetime
) -> Match | None:
    if entry.entry_id in watch.withdrawn or not in_time(entry, read.seen_at, watch.timezone):
        return None
    evidence = explain(read, entry, scales)
    if evidence is None:
        return None
    return Match(
        read=read,
        entry=entry,
        evidence=evidence,
        generation=layer.number,
        source_name=layer.source_name,
        list_refreshed_at=layer.refreshed_at,
        change=watch.change,
        matched_at=now,
    )


def in_time(entry: Entry, seen_at: datetime, timezone: str) -> bool:
    """Whether the entry held when the read was seen: begun, not over, its last day (by the agency's
    calendar) not past."""
    if entry.since is not None and seen_at < entry.since:
        return False
    if entry.expires_at is not None and seen_at >= entry.expires_at:
        return False
    return not expired(entry, seen_at, timezone)


def expired(entry: Entry, seen_at: datetime, timezone: str) -> bool:
    """Whether the entry's last day was over, by the agency's calendar, when the read was seen."""
    if entry.expires_on is None:
        return False
    return entry.expires_on < seen_at.astimezone(ZoneInfo(timezone)).date()
