"""How old a list may be, and what to say of one that is older. Pure.

A source has its own limit (`max_age_hours`), else the policy's. New Hampshire RSA 261:75-b wants
lists updated daily; NCIC extracts come once or twice a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from policy.model import Policy

Grade = Literal["ok", "soon", "now"]
"""Ordinary; half its time has passed; too old."""

SOON = 0.5
AHEAD = timedelta(hours=1)
"""How far ahead of this clock a list may be dated: beyond it a clock was wrong, and the list would
seem fresh until the day that it is dated."""


@dataclass(frozen=True)
class Staleness:
    """A list's age against its limit. `age` None: the list was never loaded."""

    age: timedelta | None
    limit: timedelta

    @property
    def stale(self) -> bool:
        """Whether it is older than it may be, never came at all, or is dated in the future."""
        return self.age is None or self.age > self.limit or self.age < -AHEAD

    @property
    def grade(self) -> Grade:
        """For the color on a page."""
        if self.age is None or self.stale:
            return "now"
        return "soon" if self.age >= self.limit * SOON else "ok"

    @property
    def words(self) -> str:
        """ "list 26 h old, the limit is 24 h"; "never loaded"."""
        if self.age is None:
            return "never loaded"
        if self.age < -AHEAD:
            return f"list dated {spoken_hours(-self.age)} ahead: a clock was wrong"
        age, limit = spoken_hours(self.age), spoken_hours(self.limit)
        if self.stale and age == limit:
            return f"list more than {limit} old, which is the limit"
        return f"list {age} old, the limit is {limit}"


def limit_of(settings: Mapping[str, Any], policy: Policy) -> timedelta:
    """How old a list with these settings may be."""
    hours = settings.get("max_age_hours")
    known = isinstance(hours, int | float) and not isinstance(hours, bool)
    return timedelta(hours=hours if known and hours else policy.lists.max_age_hours)


def spoken_hours(length: timedelta) -> str:
    """ "45 min", "26 h", "26.5 h", "9 d"; rounded down, never negative."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 120:
        return f"{minutes} min"
    if minutes < 4 * 24 * 60:
        halves = minutes // 30
        return f"{halves // 2} h" if halves % 2 == 0 else f"{halves / 2:.1f} h"
    return f"{minutes // 1440} d"
