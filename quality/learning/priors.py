"""What is believed of a confusion before any misread was seen: three sources and a little of all.

Rows are the plate's character, columns what is shown; rows sum to 1, the diagonal is 0.
"""

from __future__ import annotations

import numpy as np

from matchers.characters import ALPHABET
from matchers.folding import CLASSES
from quality.learning.shapes import Square

LIKELY = (
    ("0O", 4), ("0D", 3), ("0Q", 3), ("OD", 3), ("OQ", 3), ("DQ", 2), ("0U", 0.5), ("OU", 0.5),
    ("DU", 0.7), ("OC", 1), ("GC", 2), ("G6", 3), ("C6", 0.7), ("0C", 0.7), ("0G", 0.7),
    ("OG", 0.7), ("QG", 0.7), ("1I", 4), ("1T", 1.5), ("IT", 1.5), ("1L", 1.5), ("IL", 1.5),
    ("17", 2), ("I7", 0.7), ("1J", 1), ("IJ", 1), ("8B", 4), ("83", 2), ("B3", 1), ("B6", 0.7),
    ("BR", 1), ("BD", 1), ("BE", 0.7), ("5S", 4), ("56", 1.5), ("S6", 1), ("S8", 1), ("S3", 0.5),
    ("35", 1.5), ("2Z", 4), ("27", 2), ("Z7", 2), ("68", 1.5), ("69", 0.3), ("89", 1.5),
    ("80", 1.5), ("60", 1), ("90", 0.7), ("39", 1.5), ("38", 1), ("MN", 2), ("MW", 1.5),
    ("NH", 1.5), ("HM", 1.5), ("NW", 1), ("HW", 0.7), ("HA", 0.7), ("HK", 0.7), ("HX", 0.3),
    ("MK", 0.3), ("VY", 2.5), ("VU", 2), ("YU", 0.7), ("YX", 0.7), ("VW", 1), ("EF", 2.5),
    ("PF", 2), ("PR", 2.5), ("FR", 0.5), ("KX", 2), ("KR", 1), ("4A", 2.5), ("T7", 1.5), ("YT", 1),
    ("TF", 0.5), ("JU", 1), ("J3", 0.3), ("LE", 0.7), ("DP", 0.5), ("DB", 1), ("4L", 0.3),
    ("9S", 0.3), ("9P", 0.3), ("9G", 0.3), ("S9", 0.3), ("3Z", 0.3), ("14", 0.7),
)  # fmt: skip
"""(judgement) What plate readers on US roads are known to mix up; weights beside each other."""

DOCUMENTED = 0.2
"""Share of the "Genetec Security Center Administrator Guide" classes (matchers.folding.CLASSES)."""
JUDGED = 0.35
SHAPED = 0.35
EVENLY = 0.1
"""The rest, evenly: anything can be a bolt, mud or a wrong picture. Left out in turn, no
source minds these shares much (choosing.py: within 0.03 of the best of 18)."""
SOFTNESS = 0.12
"""A confusion is e times rarer for each 0.12 of shape distance (1: the mean pair)."""


def prior(distances: Square) -> Square:
    """The mixture of the three sources and the even share."""
    return (
        DOCUMENTED * _rows(_documented(), distances)
        + JUDGED * _rows(_judged(), distances)
        + SHAPED * _rows(_shaped(distances), distances)
        + EVENLY * _rows(1 - np.eye(len(ALPHABET)), distances)
    )


def _documented() -> Square:
    table = np.zeros((len(ALPHABET), len(ALPHABET)))
    for members in CLASSES:
        places = [ALPHABET.index(c) for c in members]
        table[np.ix_(places, places)] = 1
    np.fill_diagonal(table, 0)
    return table


def _judged() -> Square:
    table = np.zeros((len(ALPHABET), len(ALPHABET)))
    for both, weight in LIKELY:
        i, j = (ALPHABET.index(character) for character in both)
        table[i, j] = table[j, i] = max(weight, table[i, j])
    np.fill_diagonal(table, 0)
    return table


def _shaped(distances: Square) -> Square:
    table = np.exp(-distances / SOFTNESS)
    np.fill_diagonal(table, 0)
    return table


def _rows(table: Square, distances: Square) -> Square:
    """Rows to sum 1; a character that a source says nothing of gets the shapes' row."""
    sums = table.sum(axis=1, keepdims=True)
    shaped = _shaped(distances)
    filled = np.where(sums > 0, table, shaped)
    rows: Square = filled / filled.sum(axis=1, keepdims=True)
    return rows
