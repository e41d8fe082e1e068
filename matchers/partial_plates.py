"""A text that is near to a partial plate (matchers.wild): what it says, character by character.

The score follows from what any text's does. With t the plate that the text was misread from, of n
characters, k of which are known,

    P(text | wanted)      = P(another plate has t's unknown characters) * P(t's known ones shown so)
    P(text | some other)  = background(text)

and the unknown ones of t are as likely as all of t, background(t), less the even share of the known
ones, each at most a character that could be any (judgement: an odd text, which few others show, is
as odd for the wanted vehicle). A pattern with two or more `*` may lie at several places of a text,
and as many times as many other plates fit it: `placements`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import comb, log

import msgspec

from domain.read import Read
from matchers import weights
from matchers.background import background
from matchers.characters import CODE
from matchers.confusion import Confusion
from matchers.evidence import Feature
from matchers.plate_features import series_feature, text_features
from matchers.plate_text import Alignment, Step, total
from matchers.state_words import state_code
from matchers.wild import corrected, corrections, known, laid

_RUN = re.compile(r"[?*]*\*[?*]*")


class Nearest(msgspec.Struct, frozen=True):
    """The likeliest plate that fits the pattern and was misread as the text: the plate, and how its
    known characters were shown."""

    plate: str
    way: Alignment


def nearest(
    reading: str, pattern: str, table: Confusion, shifts: Sequence[float] = ()
) -> Nearest | None:
    """Of all look-alikes that make a near text fit, the one that a camera mixes up most readily;
    None when the text is not near. `shifts` as in plate_text.best_alignment."""
    shifts = shifts or (0.0,) * len(reading)
    best: Nearest | None = None
    for at, character in corrections(reading, pattern):
        plate = corrected(reading, at, character)
        way = tuple(
            Step(
                "same" if wanted == reading[i] else "shown",
                reading[i], wanted, i, i,
                float(table.shown[CODE[wanted], CODE[reading[i]]]) + (shifts[i] if i == at else 0),
            )
            for i, wanted in enumerate(laid(plate, pattern) or "")
            if wanted != "?"
        )  # fmt: skip
        if best is None or total(way) > total(best.way) + 1e-12:
            best = Nearest(plate, way)
    return best


def near_features(
    found: Nearest, reading: str, pattern: str, read: Read, doubts: dict[int, float]
) -> list[Feature]:
    """What agrees, the one mistake (doubts as in text_features), and the series."""
    sure = known(pattern)
    agrees, *mistakes = text_features(found.way, pattern, reading, doubts)
    places = placements(pattern, len(reading))
    words = f"The rest fits the partial plate {pattern}: {sure - 1} of its {sure} known"
    words += " characters agree"
    words += f", in one of the {places} places where they may lie" if places > 1 else ""
    fits = msgspec.structs.replace(
        agrees, words=words, weight=agrees.weight - log(places), verdict="differs"
    )
    series = series_feature(reading, read, background(read.plate, state_code(read.state)))
    return [*mistakes, fits, msgspec.structs.replace(series, weight=_series(found, sure, read))]


def _series(found: Nearest, sure: int, read: Read) -> float:
    """ln of how often the unknown characters are so, beside how often others show the text; what
    the known ones weigh is told against ANY_CHARACTER each, as everywhere."""
    state = state_code(read.state)
    plate = background(found.plate, state)
    each = min(-plate / len(found.plate), -weights.ANY_CHARACTER)
    return sure * (each + weights.ANY_CHARACTER) + plate - background(read.plate, state)


def placements(pattern: str, length: int) -> int:
    """In how many ways the runs of a pattern can share out what a text of this length has beyond
    the pattern's other characters. At least 1."""
    runs = len(_RUN.findall(pattern))
    beyond = length - len(pattern.replace("*", ""))
    return comb(beyond + runs - 1, runs - 1) if runs and beyond > 0 else 1
