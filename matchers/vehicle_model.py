"""The model (VMO): free text on both sides, an NCIC code or a word.

NCIC codes begin as the word does ("CAM" Camry, "F15" F-150) or are made of its letters ("GCH" Grand
Cherokee). A model is of one make, so only what is left to say once the make is known is weighed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from math import log
from typing import Literal

from domain.vehicle import Guess
from matchers.vehicle_tables import SURE, UNSAID, number_of

PREFIX = 3
"""Characters that must agree for a beginning to be the same model."""
SAME = 7.0
"""A camera that says a model at all has it right about 85 times in 100, and one in eight of a
make's vehicles is of any one model (judgement)."""
OTHER = 0.35
"""Another model of the same make (judgement): the two are built alike, and codes are ambiguous."""
MODEL_MOST = log(SURE * SAME + 1 - SURE)
"""No model adds more."""
MODEL_LEAST = log(SURE * OTHER + 1 - SURE)

Likeness = Literal["same", "other", "unclear"]


def model_log_ratio(
    models: tuple[Guess, ...], entry_make: str, entry_model: str, makes: tuple[Guess, ...] = ()
) -> float:
    """What the camera's guesses of the model say for the entry's: above 0, MODEL_MOST at most, for
    the same model; below, MODEL_LEAST at least, for another one of the make that the camera saw
    (the first of `makes`); 0 when one side has none, it is unclear, or the make is another."""
    if not models or not entry_model:
        return 0.0
    seen = number_of("make", makes[0].value) if makes else 0
    wanted = number_of("make", entry_make) if entry_make else 0
    if seen and wanted and seen != wanted:
        return 0.0
    left, total = 1.0, 0.0
    for guess in models:
        share = guess.confidence
        if share is None:
            share = UNSAID * left if left > 0.0 else 0.0
        like = likeness(guess.value, entry_model, entry_make)
        if like == "same":
            total += share * SAME
        elif like == "other" and seen and wanted:
            total += share * OTHER
        else:
            total += share
        left -= share
    if left < 1 - SURE:
        total *= SURE / (1.0 - left)
        left = 1 - SURE
    return log(total + left)


def told(models: Sequence[Guess]) -> str:
    """The camera's best model in its own words; "" when it said none."""
    sums: dict[str, float] = {}
    for guess in models:
        if _plain(guess.value):
            text = guess.value.strip()
            sums[text] = sums.get(text, 0.0) + (guess.confidence or 0.0)
    return max(sums, key=lambda text: sums[text], default="")


@lru_cache(maxsize=8192)
def likeness(seen: str, wanted: str, make: str = "") -> Likeness:
    """Whether a camera's model and an entry's are the same, others, or it cannot be told: then the
    letters of the shorter stand in the longer in their order, as in abbreviations."""
    own = _plain(make)
    one, other = (_plain(text).removeprefix(own) or _plain(text) for text in (seen, wanted))
    if not one or not other or {one, other} & {"UNKNOWN", "OTHER", "NONE", "UNK"}:
        return "unclear"
    short, long = sorted((one, other), key=len)
    if short == long or (len(short) >= PREFIX and long.startswith(short)):
        return "same"
    words = [_plain(word) for word in re.split(r"[^0-9A-Za-z]+", seen)]
    if len(other) >= PREFIX and any(word.startswith(other) for word in words):
        return "same"
    letters = iter(long)
    if short[0] == long[0] and all(letter in letters for letter in short):
        return "unclear"
    return "other"


def _plain(text: str) -> str:
    return re.sub(r"[^0-9A-Z]+", "", text.upper())
