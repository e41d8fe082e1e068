"""How long to wait before trying a delivery again, and when to stop. Pure but for the dice."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


def _limits() -> Mapping[str, timedelta]:
    return {"sms": timedelta(minutes=15), "webhook": timedelta(hours=24)}


def _longest() -> Mapping[str, timedelta]:
    return {"sms": timedelta(minutes=2), "webhook": timedelta(minutes=30)}


@dataclass(frozen=True)
class Backoff:
    """`limits`: how long a delivery is tried at all, from when it was made, by channel.

    An officer's phone that stays silent for a quarter of an hour needs a person, not another
    attempt; a system that is down for a day can still use the event (Standard Webhooks'
    guidance is retries over days).
    """

    first: timedelta = timedelta(seconds=1)
    longest: Mapping[str, timedelta] = field(default_factory=_longest)
    limits: Mapping[str, timedelta] = field(default_factory=_limits)


def pause(
    rules: Backoff,
    channel: str,
    attempts: int,
    made_at: datetime,
    now: datetime,
    after: timedelta | None,
    dice: float | None = None,
) -> timedelta | None:
    """The wait before the next attempt; None: give up.

    Doubles with each of `attempts` so far, spread by half in both directions (`dice` in 0-1 is for
    tests), never shorter than `after`, and cut so that the last attempt is at the limit.
    """
    ends = made_at + rules.limits[channel]
    if now >= ends:
        return None
    doubled = rules.first * float(2 ** min(max(attempts - 1, 0), 30))
    plain = min(doubled, rules.longest[channel])
    wait = plain * (0.5 + (random.random() if dice is None else dice))
    if after is not None:
        wait = max(wait, after)
    return min(wait, ends - now)
