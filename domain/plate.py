"""Plate text by the NCIC rules.

Source: the LIC field rules of the NCIC operating manual as restated in the formats notes: no
spaces, hyphens or symbols; stacked characters top then bottom; UNK and NONE are not plates;
an over-long plate loses characters from the left and the whole goes to the remarks.

O is never folded to 0, nor I to 1: which twin is meant is a question for the matcher and
for a person, and it is lost for ever if the text is folded here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from domain.errors import BadPlate

LIC_MAX = 10
"""Characters of the NCIC LIC field."""

NOT_PLATES = frozenset({"UNK", "UNKN", "UNKNOWN", "NONE", "NOPLATE", "NULL"})

_NOT_PLATE_CHARACTERS = re.compile(r"[^A-Z0-9]+")


@lru_cache(maxsize=65536)
def normalise(text: str) -> str:
    """Plate text as the NCIC rules have it: 1 to 10 of A-Z and 0-9.

    Full-width and compatibility characters become their plain twins (NFKC); everything else
    that is not a letter or digit is dropped. Raises BadPlate for what is not a plate.
    """
    plain = _NOT_PLATE_CHARACTERS.sub("", unicodedata.normalize("NFKC", text).upper())
    if not plain:
        raise BadPlate("plate", "has no letter or digit")
    if plain in NOT_PLATES:
        raise BadPlate("plate", f"{plain} says that there is no plate")
    return plain[-LIC_MAX:]


def is_normal(text: str) -> bool:
    """Whether `text` is already what `normalise` would return."""
    return 0 < len(text) <= LIC_MAX and _plain(text) and text not in NOT_PLATES


def all_normal(texts: Sequence[str]) -> bool:
    """Whether `is_normal` holds of each of at least one text; many at once cost less."""
    return (
        min(map(len, texts)) > 0
        and max(map(len, texts)) <= LIC_MAX
        and _plain("".join(texts))
        and NOT_PLATES.isdisjoint(texts)
    )


def _plain(text: str) -> bool:
    return text.isascii() and text.isalnum() and text == text.upper()


def shown(plate: str) -> str:
    """The plate as a person reads it aloud, in two groups: 482KTB becomes "482 KTB"."""
    if len(plate) < 5:
        return plate
    for cut in range(2, len(plate) - 1):
        if plate[cut - 1].isdigit() != plate[cut].isdigit():
            return f"{plate[:cut]} {plate[cut:]}"
    half = len(plate) // 2
    return f"{plate[:half]} {plate[half:]}"
