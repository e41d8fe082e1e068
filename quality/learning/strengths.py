"""How far the counts are believed against the priors. Pseudo-misreads unless said otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from math import log


@dataclass(frozen=True)
class Strengths:
    """Chosen by `choosing.py`: fitted on two sources, scored on the third, training pairs alone.

    `prior`: weight of the prior for each character of the plate. `most`: misreads of one character
    that a source is believed for; more say no more, since they are its own habits, and never more
    than prior and all other sources together (half of the whole). `mirror`: weight of the counts
    with plate and reading exchanged, since what looks alike is mixed both ways.
    """

    prior: float = 25.0
    most: float = 25.0
    mirror: float = 10.0


CHOSEN = Strengths()

PLATES_RIGHT = 6 / 7
"""Share of seven-character plates read right in every character (policy: about one in seven is
misread)."""
LENGTH = 7

SPLIT = (0.78, 0.12, 0.085, 0.015)
"""(judgement) Substitutions, drops, additions, swaps of US plate readers. Weighs as one source:
drawn frames and bolts are as frequent as we drew them, so they cannot settle it."""

RATE_PRIOR = 20.0
"""Misreads of the mean character that are added to each character's own before its error rate is
compared (judgement); then bounded, since engines' weak characters are not cameras'."""
RATE_BOUNDS = (0.5, 2.0)

AT_END = 2.5
"""(judgement) How much likelier the first or last character is lost or another is added beside it:
frames, bolts, edges. Weighs as one source."""

CUT = log(0.3)
"""(judgement) Most that is believed of two characters lost together at an end, beside one lost
there: 7 % of the drawn plates have a stacked pair because we drew so many, and an engine that
cannot read such a pair loses it whole. Weighs as one source, too."""

ADDED = {"1": 0.3, "I": 0.2, "L": 0.05, "J": 0.05, "T": 0.03, "7": 0.03, "0": 0.03, "4": 0.02}
"""(judgement) What an edge, bolt or rim is read as; the rest evenly. Weighs as one source."""

SHOWN_BOUNDS = (1e-5, 0.05)
"""No substitution is rarer or likelier: anything can be a wrong crop, nothing is a rule."""
