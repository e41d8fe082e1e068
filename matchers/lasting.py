"""Whether an entry held when a read was seen."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from domain.entry import Entry


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
