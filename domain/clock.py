"""The clock is an argument: whoever needs the time takes a `Clock` and asks it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Now, as an aware UTC datetime."""
    return datetime.now(UTC)


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError for a naive datetime: a guess would be a lie."""
    if moment.tzinfo is UTC:  # as nearly all are
        return moment
    if moment.tzinfo is None:
        msg = "a time needs its offset, for example 2026-11-21T21:02:09-06:00"
        raise ValueError(msg)
    try:
        return moment.astimezone(UTC)
    except OverflowError as beyond:  # the first and the last day of the calendar
        msg = "a time must lie in the years 1 to 9999"
        raise ValueError(msg) from beyond
