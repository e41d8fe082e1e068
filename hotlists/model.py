"""The words of this package: a source, what a parser found in a file, what came of a refresh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import msgspec


@dataclass(frozen=True)
class HotlistSource:
    """Where one list of one agency comes from. `location` is a path or URL, "" when by hand.

    `settings` (all optional): ``category`` the default category's code; ``mke`` message keys to
    category codes; ``drop`` further message keys to drop; ``limits`` (hotlists.guards.Limits).
    """

    id: UUID
    agency: str
    name: str
    kind: str
    location: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


class Parsed(msgspec.Struct, kw_only=True):
    """What a parser found, beside the entries. accepted + rejected + prohibited
    + waiting = rows, always.

    `rejected` counts rows by reason, `unknown` kept rows by a message key that no table knows,
    `codes` kept rows by column and a code that no table knows (hotlists.ncic_codes).
    `missing` are required columns that the header lacks, `newest` the latest day of entry (ISO).
    `waiting` are records that a person must confirm first, `not_failed` rejected rows that are no
    sign of damage. The counts below that are signs of
    damage for the guards, over all rows.
    """

    rows: int = 0
    accepted: int = 0
    prohibited: int = 0
    rejected: dict[str, int] = msgspec.field(default_factory=dict)
    unknown: dict[str, int] = msgspec.field(default_factory=dict)
    codes: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    columns: list[str] = msgspec.field(default_factory=list)
    missing: list[str] = msgspec.field(default_factory=list)
    newest: str = ""
    waiting: int = 0
    unreadable: str = ""
    may_be_empty: bool = False
    forgot: bool = False
    not_failed: int = 0
    not_text: bool = False
    cut_short: bool = False
    duplicates: int = 0
    damaged: int = 0
    plates_like_states: int = 0
    states_unlike_states: int = 0
    already_expired: int = 0


def add(into: Parsed, part: Parsed) -> None:
    """Count a part of a file with the rest of it, in the order of the file."""
    for name in _SUMS:
        setattr(into, name, getattr(into, name) + getattr(part, name))
    _add_counts(into.rejected, part.rejected)
    _add_few(into.unknown, part.unknown, "unreadable")
    for word, counts in part.codes.items():
        _add_few(into.codes.setdefault(word, {}), counts, "others")
    into.newest = max(into.newest, part.newest)
    into.cut_short = into.cut_short or part.cut_short


_SUMS = (
    "rows", "accepted", "prohibited", "waiting", "damaged", "plates_like_states",
    "states_unlike_states", "already_expired", "not_failed",
)  # fmt: skip


def _add_counts(into: dict[str, int], more: Mapping[str, int]) -> None:
    for name, count in more.items():
        into[name] = into.get(name, 0) + count


TOLD_APART = 20
"""Distinct keys or codes of a file that are told apart, the word for the rest among them."""


def _add_few(into: dict[str, int], more: Mapping[str, int], rest: str) -> None:
    """Each part of a file has its few; together they are as few."""
    for name, count in more.items():
        room = len(into) + (rest not in into) < TOLD_APART
        known = name if name in into or room else rest
        into[known] = into.get(known, 0) + count


class Finding(msgspec.Struct, frozen=True):
    """One guard's objection. `final`: there is nothing in the file that a person could accept."""

    guard: str
    sentence: str
    final: bool = False


class RefreshResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a refresh. `generation` is the stored one, or the one that stays in force."""

    outcome: Literal["active", "unchanged", "quarantined"]
    agency: str
    source: UUID
    source_name: str
    generation: int
    rows: int
    entries: int
    prohibited: int = 0
    waiting: int = 0
    rejected: dict[str, int] = msgspec.field(default_factory=dict)
    unknown: dict[str, int] = msgspec.field(default_factory=dict)
    codes: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    accepted_because: str = ""
    twins: dict[str, int] = msgspec.field(default_factory=dict)
    seconds: float = 0.0

    def sentences(self) -> list[str]:
        """The result as a person reads it, the most important first. No plates."""
        said = [_OUTCOMES[self.outcome].format(name=self.source_name, number=self.generation)]
        said.append(
            f"{self.rows:,} rows: {self.entries:,} entries, {sum(self.rejected.values()):,} "
            f"rejected, {self.prohibited:,} of prohibited categories dropped."
        )
        if self.waiting:
            said.append(f"{self.waiting:,} wait for a person to confirm what is meant.")
        said += [
            f"Rejected {count:,}: {why}."
            for why, count in sorted(self.rejected.items(), key=lambda item: (-item[1], item[0]))
        ]
        said += twins_said(self.twins)
        if self.unknown:
            keys = ", ".join(f"{k} ({n:,})" for k, n in sorted(self.unknown.items()))
            said.append(f"Message keys that no table knows, kept in the default category: {keys}.")
        for word, counts in sorted(self.codes.items()):
            codes = ", ".join(f"{c} ({n:,})" for c, n in sorted(counts.items()))
            said.append(f"{word} codes that no table knows, kept as they are: {codes}.")
        said += [f"{finding.guard}: {finding.sentence}" for finding in self.findings]
        if self.accepted_because:
            said.append(f"Accepted all the same, because: {self.accepted_because}")
        return said


def twins_said(twins: Mapping[str, int]) -> list[str]:
    """The counts of hotlists.twinning in words; none when nothing was counted or found."""
    if not any(twins.values()):
        return []
    where = (
        ("here", "in this list"),
        ("elsewhere", "in another list in force"),
        ("road", "on the road, by the plate series of their states"),
    )
    said = [f"{twins[key]:,} {words}" for key, words in where if twins.get(key)]
    return [f"Entries whose plate has a look-alike twin (such as O for 0): {', '.join(said)}."]


_OUTCOMES = {
    "active": "{name}: generation {number} is in force.",
    "unchanged": "{name}: the file is the same as generation {number}, which stays in force.",
    "quarantined": "{name}: generation {number} is in quarantine; the last good list stays in "
    "force until a person accepts this one.",
}
