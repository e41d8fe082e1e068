"""How long somebody waits who has guessed too often. Pure: the store counts.

NIST SP 800-63B asks for a limit on consecutive failures. A login gets 5 in 15 minutes; an address
gets more, because a whole dispatch center may sit behind one, and five slips of
five people must not lock it out in the middle of a shift.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.errors import NotAllowed

WINDOW = timedelta(minutes=15)
FAILURES_A_LOGIN = 5
FAILURES_AN_ADDRESS = 20


def wait(failures: Sequence[datetime], limit: int, now: datetime) -> timedelta:
    """How long until the next attempt is allowed; zero when it is allowed now.

    `failures` may hold any times in any order. One that lies further ahead than the window (a clock
    was set back) does not count, or it would lock for as long as the clock was wrong.
    """
    recent = sorted(at for at in failures if now - WINDOW < at <= now + WINDOW)
    if len(recent) < limit:
        return timedelta(0)
    return min(recent[-limit] + WINDOW - now, WINDOW)


def refuse(wait_for: timedelta) -> NotAllowed:
    """The sentence for somebody who has to wait."""
    minutes = max(1, -(-int(wait_for.total_seconds()) // 60))
    unit = "minute" if minutes == 1 else "minutes"
    return NotAllowed(f"too many attempts, try again in {minutes} {unit}")
