"""What came of a read beside an entry, in sentences: for the command line, the pages, the help.

Every number a person is shown is a weight, their sum, or what the sum needed; LEGEND says what such
a number means.
"""

from __future__ import annotations

from math import exp

from domain.entry import Entry
from domain.read import Read
from matchers.described import why_not_described
from matchers.evidence import Evidence
from matchers.thresholds import STANDARD
from matchers.wild import fits, near

LEGEND = (
    "Weights are natural logarithms of odds: 0 says nothing, each +0.7 makes it about twice as"
    " likely that this is the wanted vehicle, each +2.3 ten times, minus the other way round."
)


def odds(score: float) -> str:
    """A sum as odds that a person can say: "about 8 to 1 for it", "about 3 to 1 against it"."""
    times = exp(min(abs(score), 13.8))
    if times < 1.5:
        return "about even odds"
    rounded = f"{float(f'{times:.2g}'):,.0f}" if times >= 2.5 else "2"
    more = "more than" if abs(score) > 13.8 else "about"
    return f"{more} {rounded} to 1 {'for' if score > 0 else 'against'} it"


def alerts(evidence: Evidence) -> bool:
    """Whether it asks a person."""
    return evidence.score >= evidence.threshold


def always(evidence: Evidence) -> bool:
    """Whether it asks a person whatever the sum is."""
    return not evidence.tier.startswith("fuzzy")


def needed(evidence: Evidence) -> str:
    """What the sum needed, in words."""
    if evidence.tier.startswith("exact"):
        return "nothing: the very plate always asks a person"
    if evidence.tier == "pattern":
        return "nothing: a plate that fits a partial plate always asks, if nothing contradicts"
    if evidence.tier == "description":
        return "nothing: a description that agrees always asks, if nothing contradicts"
    return f"{evidence.threshold:+.2f}"


def needed_by(evidence: Evidence) -> str:
    """Who says so, in words; "" where nothing is needed. A threshold that was measured and came to
    the standard one is as good as the standard one, so it is told alike."""
    if always(evidence):
        return ""
    if evidence.threshold == STANDARD:
        return "by the standard threshold, which the agency's own traffic has not moved yet"
    return "by the agency's alert budget, from its own traffic"


def outcome(evidence: Evidence) -> str:
    """What came of it, in one sentence."""
    against = len(evidence.conflicts)
    marked = f", marked CONFLICT ({against} against it)" if against else ""
    if not alerts(evidence):
        short = evidence.threshold - evidence.score
        return f"No alert: the sum is {short:.2f} short of what is needed"
    kinds = {
        "exact": "the camera read the very plate",
        "fuzzy": "perhaps a misread of the plate",
        "pattern": "it fits a partial plate",
        "description": "the description alone agrees",
    }
    kind = evidence.tier.removesuffix("-conflict")
    return f"Asks a person, as {kind}: {kinds[kind]}{marked}"


def why_none(read: Read, entry: Entry) -> str:
    """Why a read and an entry were not weighed at all (matchers.judging.explain gave None)."""
    if entry.pattern:
        texts = [read.plate, *(guess.value for guess in read.candidates)]
        if any(fits(text, entry.pattern) for text in texts):
            return "The text fits the partial plate, but something contradicts the entry"
        if any(near(text, entry.pattern) for text in texts):
            return "The text is near to the partial plate, but something contradicts the entry"
        return f"No text of the camera fits the partial plate {entry.pattern}, nor is near to it"
    if not entry.plate:
        return why_not_described(read, entry)
    return (
        "The texts are too far apart: more than one character dropped, added, swapped or unlike,"
        " or more than two cut from one end, beside look-alikes"
    )
