"""What a worker matches against right now.

A `Generation` is the immutable set of one source's entries as of one refresh; a `Watch` is one
generation of each source of one agency. Both are built beside the old ones, then swapped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from domain.entry import Entry
from domain.read import Read
from matchers.evidence import Evidence
from matchers.index import Index


@dataclass(frozen=True)
class Generation:
    """One source's entries as of one refresh, with the index over them."""

    number: int
    source: str
    source_name: str
    agency: str
    refreshed_at: datetime
    entries: Sequence[Entry]
    index: Index


@dataclass(frozen=True)
class Watch:
    """One agency's generations, by source; `change` is the last live change laid over them.

    `timezone` is the agency's (IANA): an entry's day of expiry is a day of its calendar.
    """

    agency: str
    generations: Mapping[str, Generation]
    change: int = 0
    timezone: str = "UTC"


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A read and an entry with the evidence, and what they were judged against.

    It is also the record on topic bolo.matches.
    """

    read: Read
    entry: Entry
    evidence: Evidence
    generation: int
    source_name: str
    list_refreshed_at: datetime
    change: int = 0
    matched_at: datetime
