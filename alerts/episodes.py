"""What a match becomes: an alert, or a sighting of one that is open.

An episode of what is wanted (a plate and state, whichever lists hold it) is open from its first
match until it is rejected, recalled or closed. Every match in between attaches as a sighting; the
next match after it opens a new episode, because whoever swallowed it would swallow the wanted car
that comes after the innocent one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from alerts.model import Alert, State
from domain.ids import alert_id
from matchers.watch import Match

LATE_AFTER = timedelta(minutes=10)
"""A read older than this when it is raised (a patrol unit or we were offline) is not live."""


@dataclass(frozen=True)
class Raised:
    """What came of a match. `new_alert` and `new_sighting` are False for a replay; `alert` is None
    when every entry was withdrawn meanwhile."""

    alert: UUID | None
    new_alert: bool
    new_sighting: bool


def open_alert(match: Match, now: datetime) -> Alert:
    """The alert that opens the episode; a replay arrives at the same id."""
    return Alert(
        id=alert_id(match.wanted, match.read.read_id),
        agency=match.entry.agency,
        state=State.RAISED,
        version=1,
        raised_at=now,
        state_since=now,
    )


def is_late(match: Match, now: datetime, limit: timedelta = LATE_AFTER) -> bool:
    """Whether the read is too old by now to be dispatched as live, wherever it waited."""
    return now - match.read.seen_at > limit
