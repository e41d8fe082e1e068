"""Misread markers: which text a person's "misread" is about, and which matches it holds back.

A marker is for one agency, one target (Match.wanted: a plate and its state, or an entry by a
pattern) and one text. It never holds back a text of the camera's that is the wanted plate or fits
the pattern, so the wanted vehicle, read right, always asks a person, and what no marker is made of
can never be held back by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid5

from matchers.watch import Match
from matchers.wild import fits

EXACT = (
    "no marker was made: the text read is the wanted plate itself, and a right reading of it must"
    " always ask a person"
)
PATTERN = (
    "no marker was made: the entry is a pattern, and the text read fits it, as the wanted vehicle's"
    " would"
)
NO_PLATE = "no marker was made: the entry has no plate, so there is no text to remember"


def text_to_mark(match: Match) -> tuple[str, str]:
    """(the text to remember, "") of a match that was rejected as a misread, or ("", why none is).

    The text is the one that matched: the camera's first reading or one of its candidates.
    """
    reading, pattern = match.evidence.reading, match.entry.pattern
    if match.evidence.tier == "pattern" or (pattern and fits(reading, pattern)):
        return "", PATTERN
    if pattern:
        return reading, ""
    if not match.entry.plate or match.evidence.tier == "description":
        return "", NO_PLATE
    if not reading or reading == match.entry.plate:
        return "", EXACT
    return reading, ""


def held_back(match: Match, misreads: Mapping[tuple[UUID, str], datetime], now: datetime) -> bool:
    """Whether a marker that is in force at `now` holds this match back.

    By the text that matched or by the camera's first one: an innocent vehicle whose first text was
    rejected stays innocent when a candidate fits better today.
    """
    if not misreads or not text_to_mark(match)[0]:
        return False
    texts = {match.evidence.reading, match.read.plate}
    return any(misreads.get((match.wanted, text), now) > now for text in texts)


def marker_id(agency: str, target: UUID, text: str) -> UUID:
    """The id of a marker: the same rejection again is the same marker."""
    return uuid5(target, f"misread|{agency}|{text}")
