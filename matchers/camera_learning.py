"""What verified hits say of a camera: how many times likelier than usual it misreads a plate.

Only verified hits are weighed. There the true plate is known, and the question is one of the
camera alone: was its first text that plate? What people rejected as a misread is counted and shown
and not weighed: those come of all the innocent traffic that passes, which nobody counts, and one
innocent car whose plate is a character off a wanted one passes each morning. That is a matter of
the road, and misread markers answer it.

Verified hits are a biased sample, too: a misread that is too far off is not found, so their share
lies below the share of all reads. How far below depends on the engine and not on the camera, so a
camera is compared with the agency's other cameras, over which that factor cancels. What remains: a
camera that is thought to misread seldom has its misreads found a little less often. Bounds and
decay keep that small.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import exp, log
from types import MappingProxyType

USUAL = 1 / 13
"""Share of verified hits whose first text was wrong, before anything is known: one read in seven
is misread (matchers.weights) and about half of those are found: 1/14 beside 12/14 (judgement)."""
PRIOR = 50.0
"""How many judged hits that is worth (judgement): a camera must bring as many to go half way."""
MOST = log(3.0)
"""Bound of the factor's logarithm, either way (judgement)."""
IGNORED = 10.0
"""Under so many judged hits a camera is as usual; from here to twice as many what it says comes in
gradually, so that no single hit makes a jump (judgement)."""
A_DAY = 3
"""Of one camera's hits of one day only so many count (judgement): one night's glare, one vehicle
that passes all day, or one verifier's bad shift is one day."""
HALVES = 90
"""Days after which a judged hit counts half: cameras are cleaned, moved, replaced (judgement)."""
FORGOTTEN = 540
"""Days after which it counts no more: six halvings."""


@dataclass(frozen=True)
class Day:
    """One camera's verified hits of one day (UTC): how many, and of how many the first text was
    wrong."""

    camera: str
    day: date
    judged: int
    misread: int


@dataclass(frozen=True)
class Counted:
    """What counts of one camera's hits now: sums of weights from 0 to 1."""

    judged: float = 0.0
    misread: float = 0.0


@dataclass(frozen=True)
class Learned:
    """What was learned of an agency's cameras. Cameras without an entry are as usual.

    `factors`: ln of how many times likelier than usual, 0 left out; `usual`: the share that each
    camera was compared with, of the agency's others.
    """

    counted: Mapping[str, Counted] = field(default_factory=dict)
    usual: Mapping[str, float] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)


def learned(days: Iterable[Day], today: date) -> Learned:
    """All cameras of one agency; at most one `Day` for each camera and day. Their order does not
    matter. A day of the future (a clock that was wrong) counts as today.
    """
    counted = _counted(days, today)
    judged = sum(one.judged for one in counted.values())
    misread = sum(one.misread for one in counted.values())
    usual = {
        camera: (misread - own.misread + PRIOR * USUAL) / (judged - own.judged + PRIOR)
        for camera, own in counted.items()
    }
    factors = {camera: factor(own, usual[camera]) for camera, own in counted.items()}
    return Learned(
        MappingProxyType(counted),
        MappingProxyType(usual),
        MappingProxyType({camera: value for camera, value in factors.items() if value}),
    )


def factor(own: Counted, usual: float = USUAL) -> float:
    """ln of how many times likelier than `usual` the camera misreads, within MOST of 0.

    Shrunk towards `usual` by a Beta prior that is worth PRIOR hits. 0 up to IGNORED judged hits.
    """
    known = min(1.0, max(0.0, own.judged / IGNORED - 1))
    rate = (own.misread + PRIOR * usual) / (own.judged + PRIOR)
    return known * max(-MOST, min(MOST, log(rate / usual)))


def words(value: float) -> str:
    """The factor as people read it: "misreads 2.1 times as often as usual"."""
    if abs(value) < log(1.05):
        return "misreads about as often as usual"
    return f"misreads {exp(value):.1f} times as often as usual"


def _counted(days: Iterable[Day], today: date) -> dict[str, Counted]:
    """Each camera's sums: at most A_DAY hits a day, halved every HALVES."""
    counted: dict[str, Counted] = {}
    for one in days:
        age = max(0, (today - one.day).days)
        if age > FORGOTTEN or one.judged <= 0:
            continue
        # Of more hits each counts a part: which of them came first says nothing.
        weight = min(1.0, A_DAY / one.judged) * 0.5 ** (age / HALVES)
        before = counted.get(one.camera, Counted())
        counted[one.camera] = Counted(
            before.judged + weight * one.judged, before.misread + weight * one.misread
        )
    return counted
