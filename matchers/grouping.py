"""Several lists may hold the same plate: for a read they are one match, with all of them shown."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from domain.entry import Entry
from domain.ids import target_id
from matchers.watch import Holder, Match


def targets(entries: Sequence[Entry]) -> list[tuple[str, str] | None]:
    """What each entry wants: (plate, state), or None for one that stands for itself.

    An entry without a state means the plate of whichever state the others name, if they agree on
    one; else it stands beside them.
    """
    states: dict[str, set[str]] = {}
    for entry in entries:
        if entry.plate and entry.state:
            states.setdefault(entry.plate, set()).add(entry.state)
    wanted: list[tuple[str, str] | None] = []
    for entry in entries:
        if not entry.plate:
            wanted.append(None)
            continue
        others = states.get(entry.plate, set())
        only = next(iter(others)) if len(others) == 1 else ""
        wanted.append((entry.plate, entry.state or only))
    return wanted


def grouped(found: Sequence[Match]) -> list[Match]:
    """The matches of one read, one for each vehicle that is wanted: the most urgent entry leads (by
    policy's priority, then the better evidence; one that names the state before one that does
    not), the others are its `also`."""
    found = _not_explained_away(found)
    if len(found) == 1:
        return [_led([found[0]], targets([found[0].entry])[0])]
    groups: dict[object, list[Match]] = {}
    for one, wanted in zip(found, targets([m.entry for m in found]), strict=True):
        groups.setdefault(wanted or one.entry.entry_id, []).append(one)
    return [
        _led(sorted(group, key=_urgency), key if isinstance(key, tuple) else None)
        for key, group in groups.items()
    ]


def _not_explained_away(found: Sequence[Match]) -> Sequence[Match]:
    """A read is of one vehicle: a clean exact reading of one wanted plate leaves nothing for
    another plate that it would have to be a misread of. One that is more urgent stays: nobody
    hides a child's car by listing the text that it is misread as."""
    exact = [one.entry.priority for one in found if one.evidence.tier == "exact"]
    return [
        one
        for one in found
        if not one.evidence.tier.startswith("fuzzy")
        or all(one.entry.priority < priority for priority in exact)
    ]


def _urgency(one: Match) -> tuple[object, ...]:
    exact = one.evidence.tier.startswith("exact")
    clean = not one.evidence.conflicts
    return (
        one.entry.priority, not exact, not clean, not one.entry.state, -one.evidence.score,
        one.source_name, one.entry.entry_id,
    )  # fmt: skip


def _led(group: list[Match], wanted: tuple[str, str] | None) -> Match:
    first, *others = group
    target = target_id(first.entry.agency, *wanted) if wanted else first.entry.entry_id
    also = tuple(
        Holder(
            entry=m.entry,
            source_name=m.source_name,
            generation=m.generation,
            list_refreshed_at=m.list_refreshed_at,
        )
        for m in others
    )
    return msgspec.structs.replace(first, target=target, also=also)
