"""Every number of the matcher, in one place, with where it comes from.

Weights are natural-log likelihood ratios: how much likelier the observation is if this is the
entry's vehicle than if it is some other one. Three kinds of source:
(policy) the policy notes: the state is wrong about once in ten reads, one read in seven is
wrong in a character; (issue) a measurement on 90 kinds of real US misreads: one OCR-equivalent
apart recovers 24 % of the misread wanted plates; (judgement) ours, to be replaced by measurement.
"""

from __future__ import annotations

from math import log

# --- the plate ---
READ_RIGHT = 6 / 7
"""Share of reads with every character right (policy)."""
CHARACTER_RIGHT = READ_RIGHT ** (1 / 7)
"""The same for one character of a seven-character plate: 0.978."""
OCR_SHARE = 0.24
"""Share of the misreads that are one listed OCR-equivalent apart (issue)."""

DIGIT_AGREES = log(CHARACTER_RIGHT / (1 / 10))
"""+2.28: another vehicle's character is this digit once in ten."""
LETTER_AGREES = log(CHARACTER_RIGHT / (1 / 24))
"""+3.16: ... this letter once in 24 (26 less what plates seldom use, judgement)."""
OCR_EQUIVALENT = log((1 - CHARACTER_RIGHT) * OCR_SHARE / (1 / 10))
"""-2.94: the camera mixed two characters of one class, against another vehicle's digit."""

CONFIDENCE_WEIGHT = (-1.5, 0.15)
"""Bounds of ln(confidence / READ_RIGHT): a sure camera adds at most ln(7/6)."""
OTHER_READING = -1.0
"""The text is one of the camera's later candidates, and it gave that no confidence (judgement)."""

# --- the state ---
STATE_WRONG = 0.1
"""The state is wrong about once in ten reads (policy)."""
STATE_SAME_BY_CHANCE = 0.5
"""How often some other vehicle with this plate text has the entry's state (judgement): on the
home state's own roads most plates agree, but the text belongs to one vehicle of each state."""
STATE_AGREES = log((1 - STATE_WRONG) / STATE_SAME_BY_CHANCE)
"""+0.59"""
STATE_CONFLICT = log(STATE_WRONG / (1 - STATE_SAME_BY_CHANCE))
"""-1.61"""
STATE_CLEAR = 0.5
"""State confidence from which a contradiction is clear. A Plate Recognizer sample guesses a state
with 0.179: such a state is next to nothing, and its weight is scaled by the confidence."""

# --- the description ---
CLEAR = 0.5
"""Confidence from which a camera's word about the vehicle can contradict (judgement)."""
MENTIONED = 0.1
"""Confidence from which a later guess of the camera counts as offered (judgement)."""
MAKE = (1.8, 0.6, -2.5)
COLOR = (1.2, 0.3, -1.5)
BODY = (0.9, 0.2, -2.5)
PLATE_TYPE = (0.5, 0.0, -2.0)
"""(agrees, near or offered as a later guess, clear conflict), judgement: a make is seen wrong
less often than a color, and says more when it agrees, since there are more of them."""
UNSURE = 0.3
"""What remains of a conflict's weight when the camera itself was unsure."""

# --- what is enough ---
FUZZY_LENGTHS = range(5, 12)
"""Plate lengths for which one OCR-equivalent is allowed ("Genetec Security Center Administrator
Guide": 5..11)."""
FUZZY_MARGIN = 4.5
"""One apart needs the weight of its text less this (judgement): whatever the plate's length, one
clear contradiction still passes, two clear ones with nothing in favor do not."""
EXACT_THRESHOLD = -15.0
"""Less than everything together can weigh against, so an exact text is never held back."""
