"""`match(reads, watch, now)`: pure, deterministic, a whole batch at a time.

The fast way to what matchers.judging says of every read and entry: each layer's index finds the
pairs whose texts are near (matchers.index), a bound of each one's score is weighed by compiled code
(matchers.near), and what could still reach the least threshold is judged. An innocent read costs
little more than being gathered into arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import numpy as np

from domain.entry import Entry
from domain.ids import target_of
from domain.read import Read
from domain.vehicle import Guess, VehicleSeen
from matchers import tally as tallies
from matchers.background import background
from matchers.batch import Gathered, batch_of
from matchers.described import near_enough
from matchers.grouping import grouped
from matchers.index import Index
from matchers.judging import explain
from matchers.lasting import in_time
from matchers.misreads import held_back
from matchers.near import Weights, near, weights_of
from matchers.scales import Scales
from matchers.tally import Tally
from matchers.vehicle_scores import could_be, ratios
from matchers.watch import Generation, Match, Watch


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
    scales, using = _scales_of(watch)
    floor = float(watch.thresholds.least)  # of one type: another would be compiled for
    if tally is not None:
        floor = min(floor, tallies.FLOOR)
    gathered = batch_of(reads, scales)
    if tally is not None:
        tally.traffic(gathered.batch.state)
    found: dict[int, list[Match]] = {}
    counted: list[tuple[int, int, float]] = []
    for layer in _layers(watch):
        ends, pairs = layer.index.found(gathered.batch.codes)
        close = near(
            gathered.batch, gathered.looks, using, floor, ends, pairs,
            layer.index.codes, layer.index.facts,
        )  # fmt: skip
        close += _fitting(gathered, layer)
        close += _described(gathered, reads, layer)
        for position, entry_at in sorted(set(close)):
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
    """Build the tables and the machine code that the first read would wait for (some 0.5 s; 20 s
    where none is kept yet, see matchers.compiled). Once a process."""
    agency = "WARM"
    at = datetime(2000, 1, 1, tzinfo=UTC)
    wanted = Entry(entry_id=UUID(int=0), agency=agency, source="", category="", priority=4,
                   plate="ABC123")  # fmt: skip
    described = msgspec.structs.replace(wanted, plate="", color="BLU")
    both = [wanted, described]
    layer = Generation(1, "", "", agency, at, both, Index.build(both), described=[1])
    seen = VehicleSeen(color=(Guess("blue"),))
    other = Read(read_id=UUID(int=1), agency=agency, camera="", seen_at=at, received_at=at,
                 plate="ABC128", plate_raw="", vehicle=seen)  # fmt: skip
    match([other], Watch(agency, {"": layer}), at)
    background("ABC123", "")


_REMEMBERED: dict[str, tuple[Watch, Scales, Weights]] = {}


def _scales_of(watch: Watch) -> tuple[Scales, Weights]:
    """The agency's scales, made anew when its watch is another one: not once a batch."""
    held = _REMEMBERED.get(watch.agency)
    if held is None or held[0] is not watch:
        scales = Scales.of(watch)
        held = _REMEMBERED[watch.agency] = watch, scales, weights_of(scales)
    return held[1], held[2]


def _counts(one: Match, watch: Watch) -> bool:
    """Whether its score tells how other traffic scores."""
    if not one.evidence.tier.startswith("fuzzy"):
        return False
    if not watch.memory.misreads:
        return True
    aimed = msgspec.structs.replace(one, target=target_of(one.entry))
    return not held_back(aimed, watch.memory.misreads, one.matched_at)


def _layers(watch: Watch) -> list[Generation]:
    """Every source's generation, and what was added to it since."""
    return [
        layer
        for source in sorted({*watch.generations, *watch.added})
        for layer in (watch.generations.get(source), watch.added.get(source))
        if layer is not None
    ]


def _fitting(gathered: Gathered, layer: Generation) -> list[tuple[int, int]]:
    owner = gathered.batch.owner
    return [(int(owner[text]), row) for text, row in layer.patterns.find(gathered.texts)]


def _described(
    gathered: Gathered, reads: Sequence[Read], layer: Generation
) -> list[tuple[int, int]]:
    """The vehicles that may be one without a plate: near enough, and something speaks for it."""
    pairs = []
    for row in layer.described:
        fits = could_be(len(reads), gathered.looks, ratios(), layer.index.facts[row])
        if fits.any():
            area = layer.entries[row].area
            pairs += [
                (position, row)
                for position in np.flatnonzero(fits).tolist()
                if near_enough(reads[position], area)
            ]
    return pairs


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
