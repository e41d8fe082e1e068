"""Twilio's error codes, and what to do about each.

Source: Twilio's error dictionary (twilio.com/docs/api/errors) and the formats notes. Twilio says
(changelog of 2024-07-10) that codes keep changing, so a code that is not here is
judged by its HTTP status alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from notifiers.channels.base import Outcome, Permanent, Retryable


@dataclass(frozen=True)
class Code:
    """What a code means to a person, and whether trying again can help."""

    meaning: str
    again: bool
    after: timedelta | None = None
    gone: bool = False


STOPPED = 21610

CODES: dict[int, Code] = {
    20003: Code("the account or its token is wrong: check the SMS settings", again=False),
    20429: Code("too many requests", again=True, after=timedelta(seconds=5)),
    20503: Code("the gateway is unavailable", again=True),
    21211: Code("the number is not valid", again=False),
    21408: Code("SMS to that country is not enabled for the account", again=False),
    21606: Code("the sender number cannot send SMS: check the SMS settings", again=False),
    21608: Code("a trial account may only text verified numbers", again=False),
    STOPPED: Code("the person sent STOP to this number", again=False, gone=True),
    21611: Code("the sender's queue is full", again=True, after=timedelta(minutes=1)),
    21612: Code("no route from the sender to that number", again=False),
    21614: Code("the number cannot receive SMS", again=False),
    30001: Code("the gateway's queue overflowed", again=True, after=timedelta(seconds=30)),
    30003: Code("the phone is unreachable or off", again=True, after=timedelta(seconds=30)),
    30005: Code("the number is unknown or no longer in service", again=False),
    30006: Code("a landline, or a carrier that cannot be reached", again=False),
    30007: Code("the carrier filtered the message", again=False),
    30008: Code("unknown error at the carrier", again=True, after=timedelta(seconds=30)),
}


def meaning(code: int | None) -> str:
    """A code in words, for the person who must act on it."""
    if code is None:
        return "the gateway gave no reason"
    known = CODES.get(code)
    return f"{known.meaning} ({code})" if known else f"error {code} of the gateway"


def judge(code: int | None, status: int, after: timedelta | None = None) -> Outcome:
    """The outcome of a refused message. `after` is the gateway's own Retry-After."""
    known = CODES.get(code) if code is not None else None
    if known is not None:
        if known.again:
            return Retryable(after or known.after, meaning(code))
        return Permanent(meaning(code), gone=known.gone)
    words = f"the gateway answered HTTP {status}" + (f", error {code}" if code else "")
    # A redirect is some proxy talking, not Twilio: it may be over in a minute.
    if status < 400 or status in {408, 425, 429} or status >= 500:
        return Retryable(after, words)
    return Permanent(words)
