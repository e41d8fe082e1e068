"""What one bolo gives another: pages of shared entries, and their bounds. Both ends use this file.

A pull begins with cursor 0 (everything in force) or with the cursor and mark of the last page that
was taken (what has changed since), and goes on until `more` is false. The cursor is the giver's
change number; the mark says of which history and under which agreement, so that a restored
database or a narrowed agreement is noticed: the giver answers 410, and the taker starts over.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from domain.entry import Area

VERSION = 1
PATH = "/api/neighbours/entries"

LIMIT, MOST = 500, 1_000
"""Entries and withdrawals of a page: when none is asked for, and at most."""
ENTRIES = 100_000
"""Entries of a whole list; an agency's own entries are a few hundred."""
PAGES = 2_000
"""Pages of one pull: a list of ENTRIES that changes while it is pulled has far fewer."""
PAGE_BYTES = 8 * 1024 * 1024
PULL_BYTES = 128 * 1024 * 1024
KEY_MAX, MARK_MAX = 64, 64


class Shared(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry as it is given: the fields of domain.entry.Entry that a neighbour can use.

    `key` makes it the same entry on every page; it is no key to anything at the giver.
    """

    key: str
    category: str
    plate: str = ""
    pattern: str = ""
    state: str = ""
    plate_year: str = ""
    plate_type: str = ""
    vin: str = ""
    year: str = ""
    make: str = ""
    model: str = ""
    style: str = ""
    color: str = ""
    ori: str = ""
    oca: str = ""
    caution: str = ""
    entered: str = ""
    reason: str = ""
    expires_at: datetime | None = None
    since: datetime | None = None
    area: Area | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page. `entries` are as they came (JSON of a `Shared`), so that one that is spoiled does
    not spoil the others; `since` is the cursor that was asked with. Not every field of a newer
    version need be known."""

    version: int
    agency: str
    since: int
    cursor: int
    mark: str
    more: bool
    entries: list[msgspec.Raw]
    withdrawn: list[str]


class From(msgspec.Struct, frozen=True):
    """Where a pull went on from: what the taker remembered."""

    cursor: int
    mark: str


START = From(0, "")


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of what arrives: what was remembered when the pull began (None: nothing), the
    cursor it began with, and what the pull is called. The pages follow, a line each."""

    had: From | None
    since: int
    name: str


def page_of(data: bytes) -> Page:
    """A page from its JSON. Raises ValueError for what no giver of this version sends."""
    try:
        page = msgspec.json.decode(data, type=Page)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as bad:
        msg = "is not a page of a neighbour's list"
        raise ValueError(msg) from bad
    if page.version != VERSION:
        msg = f"is of version {page.version}; this bolo knows version {VERSION}"
        raise ValueError(msg)
    if len(page.entries) + len(page.withdrawn) > MOST:
        msg = f"holds more than {MOST:,} entries"
        raise ValueError(msg)
    going = page.cursor > page.since if page.more else page.cursor >= page.since
    if page.since < 0 or not going or page.cursor >= 1 << 62 or len(page.mark) > MARK_MAX:
        msg = "has a cursor that goes nowhere"
        raise ValueError(msg)
    return page
