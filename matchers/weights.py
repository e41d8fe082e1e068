"""Every number of the matcher that is not a learned table, in one place, with where it comes from.

Weights are natural-log likelihood ratios: how much likelier the observation is if this is the
entry's vehicle than if it is some other one. Sources: (policy) the policy notes: one read in seven
is wrong in a character, the state about once in ten; (judgement) ours, bounded so that no single
one of them decides alone. What is learned is in confusion.json, series.toml, vehicle_tables.toml.
"""

from __future__ import annotations

from math import log

# --- the plate ---
READ_RIGHT = 6 / 7
"""Share of reads with every character right (policy)."""
CHARACTER_RIGHT = READ_RIGHT ** (1 / 7)
"""The same for one character of a seven-character plate: 0.978."""
ANY_CHARACTER = log(1 / 36)
"""-3.58: a character that could be any. What a text's characters weigh is told against this, and
the rest as its own feature, the series: how plates of that state look."""

SEVERAL = (0.0, 0.0, log(0.15 / 0.063), 2.0)
"""By the number of mistakes in a text (0, 1, 2, 3 or more), what their number adds: a picture that
spoils one character often spoils more. If each of seven characters were right in CHARACTER_RIGHT of
reads whatever became of the others, 93.5, 6.3 and 0.2 % of misreads would have one, two, and more
mistakes. Of real US misreads about 78 % have one (quality.mixing says from where), and the rest is
taken as 15 and 7 % (judgement). The last weight would be ln 35; it is bounded (judgement), since
garbage has many mistakes as well. That single ones are a little rarer (ln 0.83) is left out."""

CALIBRATION = 0.5
"""Cameras' confidences are no probabilities: their log odds count by half (judgement)."""
MISREAD_BY_CONFIDENCE = (-1.0, 1.5)
"""Bounds of what the confidence in a whole text adds to its being misread (judgement)."""
MISREAD_BY_CHARACTER = (-1.0, 2.0)
"""The same of the confidence in the one character that differs (judgement)."""
EXACT_BY_CONFIDENCE = (-1.5, 0.15)
"""Bounds of ln(confidence / READ_RIGHT) of a text that agrees: a sure camera adds at most
ln(7/6)."""
CANDIDATES_SHARE = 1 - READ_RIGHT
"""Of a camera that offers other texts: how often one of them is what the plate has, all together
(policy: what is not right at first)."""
MOST_CANDIDATES = 8
"""Later texts are not looked at."""
BY_RANK = 0.5
"""Candidates without confidences: each is half as likely as the one before it (judgement)."""
CAMERA_BOUND = log(3)
"""What a camera's learned error rate adds at most, either way (judgement)."""

# --- the state ---
STATE_WRONG = 0.1
"""The state is wrong about once in ten reads (policy)."""
STATE_SUREST = 0.97
"""However sure the camera is."""
STATE_CLEAR = 0.5
"""State confidence from which a contradiction is clear. A Plate Recognizer sample guesses a state
with 0.179: such a state is next to nothing."""
HOME_SHARE = 0.7
"""Of the traffic on an agency's roads, plates of its own state (judgement); the others by how many
vehicles each state has."""

# --- before looking ---
WANTED_SHARE = 1e-3
"""Reads of wanted vehicles among all reads (judgement; one agency's page in the policy notes has
311 hits of 31,272 vehicles, false ones among them)."""

ENTRY_SHARE = 1e-6
"""However short the list: no single vehicle is in more of its state's reads than this
(judgement)."""

# --- what is enough ---
NEVER_HELD_BACK = -99.0
"""The threshold of an exact reading, of a partial plate that fits, and of a vehicle by description:
a person is always asked."""
