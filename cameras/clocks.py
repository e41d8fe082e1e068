"""How far a camera's clock is from ours, from nothing but its live reads. Pure.

A read is seen by the camera's clock and received by ours. With ``skew`` the camera's clock minus
ours, and a delay that a network, a vendor's grouping or a batch may make long but never negative,

    seen_at - received_at = skew - delay    so    skew >= seen_at - received_at, always.

So each read is a lower bound of the skew, the best bound is the largest one, and it is tight as
soon as one read came quickly. Averages would measure the delay instead. The largest of a window
follows a clock that was set right (the old reads leave the window), and the second largest is
taken once there are a few, so that one absurd time stamp does not accuse a camera.

What follows: that a clock is ahead can be seen from one read. That it is behind cannot be told
from reads that come late, until so many came over so many minutes that one of them
would have been quick. A cellular unit that hands in a day's reads at once proves nothing.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

BUCKET = 60
"""Seconds (of our clock) whose reads are kept together."""
BUCKETS = 10
"""Minutes with reads that are remembered: a busy camera's window."""
OLDEST = timedelta(hours=1)
"""Nothing older counts, however quiet the camera is: so long does a repaired clock look wrong."""
A_MINUTE = 10
"""Reads of one minute that count as samples: a burst is no experience."""
ROBUST = 5
"""Samples from which one outlier is left out."""
ENOUGH = 30
"""Samples, so at least three minutes with reads, from which "behind" is believed."""

OFF = 5.0
WRONG = 60.0
"""Seconds. A read is late for dispatch after minutes (BOLO_LATE_AFTER_MINUTES): a minute of skew
already eats a share of it; below five seconds a vendor's own grouping is larger."""
GROUPING = 15.0
"""Seconds behind that reads may always be: Rekor sends a group 5 to 10 s after the pass."""


class Skew(msgspec.Struct, frozen=True):
    """The camera's clock minus ours in seconds, positive when it is ahead; None: not known.

    `samples` is how many reads it rests on, at most A_MINUTE for each of BUCKETS minutes.
    """

    seconds: float | None = None
    samples: int = 0


class Grade(StrEnum):
    """What to think of a clock."""

    UNKNOWN = "unknown"
    FINE = "fine"
    LATE = "late"
    OFF = "off"
    WRONG = "wrong"


class _Bucket:
    """One minute: its two largest bounds, and how many reads it had."""

    __slots__ = ("best", "count", "minute", "second")

    def __init__(self, minute: int) -> None:
        self.minute = minute
        self.best = self.second = float("-inf")
        self.count = 0

    def add(self, bound: float) -> None:
        self.count += 1
        if bound > self.best:
            self.best, self.second = bound, self.best
        elif bound > self.second:
            self.second = bound


class Envelope:
    """The upper envelope of one camera's bounds. Takes at most BUCKETS small objects of memory."""

    def __init__(self) -> None:
        self._buckets: deque[_Bucket] = deque(maxlen=BUCKETS)

    def add(self, seen_at: datetime, received_at: datetime) -> None:
        """One live read, both times aware. Reads come in any order of `seen_at`."""
        minute = int(received_at.timestamp()) // BUCKET
        if not self._buckets or self._buckets[-1].minute < minute:
            self._buckets.append(_Bucket(minute))
        # Our own clock was set back: the newest minute takes it, none is lost or invented.
        self._buckets[-1].add((seen_at - received_at).total_seconds())

    def skew(self, now: datetime) -> Skew:
        """What the reads of the window say. Never larger than the true skew allows, but for one
        outlier in ROBUST samples; smaller by the shortest delay that any of them had.
        """
        oldest = int((now.astimezone(UTC) - OLDEST).timestamp()) // BUCKET
        kept = [bucket for bucket in self._buckets if bucket.minute >= oldest]
        if not kept:
            return Skew()
        samples = sum(min(bucket.count, A_MINUTE) for bucket in kept)
        bounds = sorted((b for k in kept for b in (k.best, k.second)), reverse=True)
        return Skew(bounds[1] if samples >= ROBUST else bounds[0], samples)


def grade(skew: Skew) -> Grade:
    """FINE within OFF seconds; OFF from there, WRONG from a minute on.

    Behind is LATE (reads may come late, or the clock is behind) until there are ENOUGH samples,
    and up to GROUPING seconds it is what the vendor needs to send a read.
    """
    if skew.seconds is None:
        return Grade.UNKNOWN
    if -GROUPING < skew.seconds < OFF:
        return Grade.FINE
    if skew.seconds < 0 and skew.samples < ENOUGH:
        return Grade.LATE
    return Grade.WRONG if abs(skew.seconds) >= WRONG else Grade.OFF


def words(skew: Skew) -> str:
    """The skew for a person: "clock 42 s ahead"; says what else it may be where that is so."""
    found = grade(skew)
    if skew.seconds is None:
        return "clock not known: no reads in the last hour"
    if found is Grade.FINE:
        return "clock right"
    by = span(abs(skew.seconds))
    if found is Grade.LATE:
        return f"reads come {by} late, or the clock is behind: too few to tell"
    said = f"clock {by} {'ahead' if skew.seconds > 0 else 'behind, or each read comes late'}"
    return said + (": is its time zone right?" if _like_a_zone(skew.seconds) else "")


def _like_a_zone(seconds: float) -> bool:
    """Whether it is near a whole number of quarter hours, half an hour or more: so zones differ."""
    beyond = abs(seconds) % 900
    return abs(seconds) >= 1700 and min(beyond, 900 - beyond) <= 60


def span(seconds: float) -> str:
    """ "42 s", "3 min 10 s", "5 h 2 min", "3 days": two figures are enough for a person."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    if whole < 86_400:
        minutes = whole % 3600 // 60
        return f"{whole // 3600} h" + (f" {minutes} min" if minutes else "")
    days = whole // 86_400
    return f"{days} day" if days == 1 else f"{days} days"
