"""`match(reads, watch, now)`: pure, deterministic, a whole batch at a time.

The batch's texts become keys once; each generation's index is searched for all of them at once;
only what is found is judged. An innocent read costs its share of a few vector operations, nothing
more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.entry import Entry
from domain.read import Read
from matchers.evidence import Evidence
from matchers.folding import column, keys_of
from matchers.grouping import grouped
from matchers.judging import better, judge
from matchers.watch import Generation, Match, Watch


def match(reads: Sequence[Read], watch: Watch, now: datetime) -> list[Match]:
    """Every match of `reads` against `watch`, judged at `now`.

    In the order of reads. One read gives one match for each vehicle that is wanted, by the camera's
    best reading; of several entries that want it the most urgent leads (matchers.grouping). The
    reads must be of the watch's agency: ValueError.
    """
    texts: list[str] = []
    owners: list[tuple[int, int]] = []  # (position of the read, which of its readings)
    for position, read in enumerate(reads):
        if read.agency != watch.agency:
            msg = f"a read of agency {read.agency} was given the watch of {watch.agency}"
            raise ValueError(msg)
        texts.append(read.plate)
        owners.append((position, 0))
        for choice, guess in enumerate(read.candidates, start=1):
            texts.append(guess.value)
            owners.append((position, choice))
    if not texts:
        return []
    keys = keys_of(column(texts))
    found: dict[int, list[Match]] = {}
    for layer in _layers(watch):
        hits = layer.index.find_keys(keys) + layer.patterns.find(texts)
        if layer.described:
            hits += [
                (at, entry_at)
                for at, (_, choice) in enumerate(owners)
                if choice == 0
                for entry_at in layer.described
            ]
        if hits:
            for position, made in _judged(hits, owners, reads, layer, watch, now):
                found.setdefault(position, []).append(made)
    return [one for position in sorted(found) for one in grouped(found[position])]


def _layers(watch: Watch) -> list[Generation]:
    """Every source's generation, and what was added to it since."""
    return [
        layer
        for source in sorted({*watch.generations, *watch.added})
        for layer in (watch.generations.get(source), watch.added.get(source))
        if layer is not None
    ]


def _judged(
    hits: list[tuple[int, int]],
    owners: list[tuple[int, int]],
    reads: Sequence[Read],
    generation: Generation,
    watch: Watch,
    now: datetime,
) -> list[tuple[int, Match]]:
    entries: dict[int, Entry] = {}
    best: dict[tuple[int, int], Evidence] = {}
    for text, entry_at in hits:
        position, choice = owners[text]
        read = reads[position]
        if entry_at not in entries:
            entries[entry_at] = generation.entries[entry_at]
        entry = entries[entry_at]
        if entry.entry_id in watch.withdrawn or not in_time(entry, read.seen_at, watch.timezone):
            continue
        evidence = judge(read, choice, entry)
        pair = (position, entry_at)
        if evidence is not None and (pair not in best or better(evidence, best[pair])):
            best[pair] = evidence
    return [
        (
            position,
            Match(
                read=reads[position],
                entry=entries[entry_at],
                evidence=evidence,
                generation=generation.number,
                source_name=generation.source_name,
                list_refreshed_at=generation.refreshed_at,
                change=watch.change,
                matched_at=now,
            ),
        )
        for (position, entry_at), evidence in sorted(best.items(), key=lambda item: item[0])
    ]


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
