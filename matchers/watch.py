"""What a worker matches against right now.

A `Generation` is the immutable set of one source's entries as of one refresh; a `Watch` is one
generation of each source of one agency plus the live changes since. Both are built beside the old
ones, then swapped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from domain.entry import Entry
from domain.read import Read
from matchers import weights
from matchers.evidence import Evidence
from matchers.thresholds import Thresholds
from matchers.wild import Patterns

if TYPE_CHECKING:
    # Only processes that match need its machine code.
    from matchers.index import Index


@dataclass(frozen=True)
class Generation:
    """One source's entries as of one refresh, with what finds them.

    Also what was added to the source since, as a layer of its own (`Watch.added`). `described` are
    positions of entries without a plate.
    """

    number: int
    source: str
    source_name: str
    agency: str
    refreshed_at: datetime
    entries: Sequence[Entry]
    index: Index
    patterns: Patterns = field(default_factory=Patterns)
    described: Sequence[int] = ()
    live: int | None = None
    """How many of `entries` count; None: all of them."""

    def __len__(self) -> int:
        return len(self.entries) if self.live is None else self.live


@dataclass(frozen=True)
class Seen:
    """Where and when a wanted vehicle was last seen, by an alert that stands: WGS 84 degrees."""

    latitude: float
    longitude: float
    at: datetime


@dataclass(frozen=True)
class Traffic:
    """What the agency's own traffic says before looking (matchers.traffic_learning). As it stands:
    nothing was learned, and the standard holds.

    `shares`: of each state's plates in the traffic, by NCIC code, together 1; empty: not learned.
    `wanted_share`: of reads of wanted vehicles; `own`, 0 to 1, how much of it is the agency's own
    evidence. `entry_share`: in how many of its state's reads a single vehicle is at most.
    """

    reads_a_day: float = 0.0
    shares: Mapping[str, float] = field(default_factory=dict)
    wanted_share: float = weights.WANTED_SHARE
    entry_share: float = weights.ENTRY_SHARE
    own: float = 0.0


@dataclass(frozen=True)
class Memory:
    """What an agency's people and alerts have taught, for the engine to weigh. Immutable.

    `misreads`: (target, text read) of what a person rejected as a misread, until when that text is
    not held for that target again (an exact reading of the wanted plate always is). `cameras`: ln
    of how many times likelier than usual a camera misreads a plate, bounded (see
    matchers.camera_learning).
    `seen`: by target (domain.ids.target_id), its last sighting. `traffic`: see Traffic.
    """

    misreads: Mapping[tuple[UUID, str], datetime] = field(default_factory=dict)
    cameras: Mapping[str, float] = field(default_factory=dict)
    seen: Mapping[UUID, Seen] = field(default_factory=dict)
    traffic: Traffic = field(default_factory=Traffic)


@dataclass(frozen=True)
class Watch:
    """One agency's generations, by source, and what changed since.

    `added` are entries that were added between refreshes, by source; `withdrawn` the ids of entries
    that no longer hold whatever a generation says; `change` the last change of the agency that is
    in both. `timezone` is the agency's (IANA): an entry's day of expiry is a day of its calendar.
    """

    agency: str
    generations: Mapping[str, Generation]
    added: Mapping[str, Generation] = field(default_factory=dict)
    withdrawn: frozenset[UUID] = frozenset()
    change: int = 0
    timezone: str = "UTC"
    thresholds: Thresholds = field(default_factory=Thresholds)
    memory: Memory = field(default_factory=Memory)


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Another entry that wants the same vehicle, of whichever list."""

    entry: Entry
    source_name: str
    generation: int
    list_refreshed_at: datetime


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A read and an entry with the evidence, and what they were judged against.

    `target` is what is wanted, the same for all entries that want it (domain.ids.target_id);
    `also` are those others. It is also the record on topic bolo.matches.
    """

    read: Read
    entry: Entry
    evidence: Evidence
    generation: int
    source_name: str
    list_refreshed_at: datetime
    change: int = 0
    matched_at: datetime
    target: UUID | None = None
    also: tuple[Holder, ...] = ()

    @property
    def wanted(self) -> UUID:
        """`target`; a match of before there were any stands for its entry."""
        return self.target or self.entry.entry_id

    @property
    def holders(self) -> tuple[Holder, ...]:
        """Every entry that the match rests on, the leading one first."""
        first = Holder(
            entry=self.entry,
            source_name=self.source_name,
            generation=self.generation,
            list_refreshed_at=self.list_refreshed_at,
        )
        return (first, *self.also)
