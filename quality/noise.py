"""How wrong cameras are, in one place: every number with its source or called a judgement.

None of them is read from the matcher's own tables, so that the engine is not measured against what
it assumes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matchers.characters import ALPHABET, CODE, SIZE, WIDTH

MISREAD = 1 / 7
"""Share of reads with a wrong character: published trials put it at one plate in seven."""
STATE_WRONG = 0.10
"""Share of reads with another state than the plate's: published, about one in ten."""
MAKE_WRONG = 0.08
COLOR_WRONG = 0.18
BODY_WRONG = 0.10
"""Judgement, from what vendors of vehicle recognition publish of their own tests (make above 90 %,
color 80 to 90 %, body about 90 %), taken on the careful side since those are good pictures."""
MAKE_NEAR, COLOR_NEAR, BODY_NEAR = 0.30, 0.75, 0.70
"""Of the wrong ones, how many are a near one (silver for gray) (judgement)."""

SURE_RIGHT = (9.0, 1.5)
SURE_WRONG = (5.0, 3.0)
"""Beta distributions of a camera's confidence in a state, make, color or body that is right, mean
0.86, and in one that is wrong, mean 0.63 (judgement: cameras are too sure when they are wrong)."""
PLATE_RIGHT = (14.0, 1.5)
"""The same for a plate read rightly, mean 0.90 (judgement). Wrong ones have the file's."""

EDITS = (0.74, 0.18, 0.08)
"""Share of misreads with one, two, three characters wrong (judgement)."""
KINDS = {"substitution": 0.82, "drop": 0.08, "addition": 0.08, "swap": 0.02}
"""Of wrong characters (judgement)."""
CUT = 0.07
"""Share of misreads that are the plate without its first two or its last two characters, 1 % of all
reads: stacked pairs, frames, edges of pictures (judgement; innocents must be cut if wanted plates
are, or an engine that looks for cut plates would be flattered)."""
CUT_ONE = 0.03
"""Share of misreads that have one other character in place of those two (judgement, likewise)."""
CUT_LEAST = 5
"""Plates of fewer characters are not cut."""
LOOK_ALIKE = 0.75
"""Share of substitutions by a character of a similar shape, the rest by any (judgement)."""
SHAPES = (
    "0ODQ", "0OC", "0UV", "1IL", "1IJ", "1T7", "2Z", "2Z7", "3B8", "35", "38", "4A", "5S", "56",
    "6G", "68", "6C", "7T", "7Y", "8B", "89", "9G", "9P", "BRP", "BE", "CG", "DO", "EF", "FP",
    "HN", "HMN", "HKX", "HW", "IL", "IT", "KX", "MN", "MW", "NW", "PR", "QO", "RK", "UV", "UJ",
    "VY", "VW", "XY",
)  # fmt: skip
"""Characters of similar shape on plates (judgement; a superset of any vendor's list)."""
DIRT = "1I"
"""What frames and bolts are read as, half of the added characters (judgement)."""

Table = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Errors:
    """A generator of misreads. `instead[t, r]` is how often t, when it is wrong, is read as r."""

    instead: Table
    edits: tuple[float, ...] = EDITS
    kinds: tuple[tuple[str, float], ...] = tuple(KINDS.items())
    cut: tuple[float, float] = (CUT, CUT_ONE)
    source: str = "judgement"
    """Where it comes from, in words."""

    def misread(self, text: str, rng: np.random.Generator) -> str:
        """The text with one to three errors, or without its first or last two; never the text
        itself, never more than WIDTH."""
        end = rng.random()
        if end < sum(self.cut) and len(text) >= CUT_LEAST:
            return self.damaged(text, "cut" if end < self.cut[0] else "two as one", rng)
        names = [name for name, _ in self.kinds]
        shares = [share for _, share in self.kinds]
        for _ in range(20):
            wrong = text
            for _ in range(1 + int(rng.choice(len(self.edits), p=self.edits))):
                wrong = self.damaged(wrong, names[int(rng.choice(len(names), p=shares))], rng)
            if wrong != text and wrong:
                return wrong
        return self.damaged(text, "substitution", rng)

    def damaged(self, text: str, kind: str, rng: np.random.Generator) -> str:
        """The text with one error of a kind: those of KINDS, "cut", "two as one", "look-alike" and
        "any"."""
        at = int(rng.integers(len(text)))
        if kind == "drop":
            at = _edge(len(text), rng)
            return text[:at] + text[at + 1 :] if len(text) > 1 else text
        if kind == "addition":
            at = _edge(len(text) + 1, rng)
            more = DIRT if rng.random() < 0.5 else ALPHABET
            return (text[:at] + more[int(rng.integers(len(more)))] + text[at:])[:WIDTH]
        if kind == "cut":
            return text[2:] if rng.random() < 0.5 else text[:-2]
        if kind == "two as one":
            one = ALPHABET[int(rng.integers(len(ALPHABET)))]
            return one + text[2:] if rng.random() < 0.5 else text[:-2] + one
        if kind == "swap":
            return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
        if kind == "any":
            others = ALPHABET.replace(text[at], "")
            return text[:at] + others[int(rng.integers(len(others)))] + text[at + 1 :]
        row = self.instead[CODE[text[at]]] if kind == "substitution" else _ALIKE[CODE[text[at]]]
        shown = ALPHABET[int(rng.choice(SIZE, p=row)) - 1]
        return text[:at] + shown + text[at + 1 :]


def _edge(places: int, rng: np.random.Generator) -> int:
    """A position: half the time at an end, where frames and crops do their damage (judgement)."""
    if rng.random() < 0.5:
        return 0 if rng.random() < 0.5 else places - 1
    return int(rng.integers(places))


def _alike() -> Table:
    table = np.zeros((SIZE, SIZE))
    for group in SHAPES:
        for one in group:
            for other in group.replace(one, ""):
                table[CODE[one], CODE[other]] += 1.0
    return _normalized(table)


def _normalized(table: Table) -> Table:
    any_other = np.ones((SIZE, SIZE)) - np.eye(SIZE)
    any_other[:, 0] = 0.0
    filled = np.where(table.sum(axis=1, keepdims=True) > 0, table, any_other)
    rows: Table = filled / filled.sum(axis=1, keepdims=True)
    return rows


_ALIKE = _alike()


def generic() -> Errors:
    """The generator by judgement alone."""
    other = _normalized(np.zeros((SIZE, SIZE)))
    return Errors(LOOK_ALIKE * _ALIKE + (1 - LOOK_ALIKE) * other)


def confidences(
    right: npt.NDArray[np.bool_],
    rng: np.random.Generator,
    sure_right: tuple[float, float] = SURE_RIGHT,
    sure_wrong: tuple[float, float] = SURE_WRONG,
) -> npt.NDArray[np.float64]:
    """What a camera says of its own guesses, of which `right` are right."""
    when_right = rng.beta(*sure_right, size=len(right))
    when_wrong = rng.beta(*sure_wrong, size=len(right))
    return np.where(right, when_right, when_wrong).round(3)
