"""What a score needs to know of an entry beside its plate: one byte for each fact.

A row of facts stands beside the plate's codes in the index, so that a candidate is weighed without
making its Entry. 0 is not given, or not in the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from domain.entry import Entry
from matchers import vehicle_words
from matchers.background import state_number
from matchers.characters import ALPHABET
from matchers.folding import CLOSE, CUT, CUT_FROM, WIDE
from matchers.series import states
from matchers.state_words import STATES, state_code
from matchers.vehicle_tables import number_of, numbers_of

FACTS: tuple[str, ...] = (
    "state", "make", "color", "color2", "body", "plate_type", "category",
)  # fmt: skip
"""Columns: the state's number (matchers.background), the numbers of the vehicle's words
(matchers.vehicle_tables), and which of the index's categories it is of."""

Facts = npt.NDArray[np.uint8]
"""(n, len(FACTS))"""

MOST = 255
"""Categories that an index can tell apart; a list has a handful."""

HERE = Path(__file__).parent
MAKERS: tuple[str, ...] = (
    "background_tables", "characters", "facts", "folding", "index", "index_keys", "index_loops",
    "series", "state_words", "vehicle_tables", "vehicle_words",
)  # fmt: skip
"""Modules that say what a stored fact, key or slot means."""


@lru_cache(maxsize=1)
def tables() -> str:
    """A short name of everything that stored facts and keys of plates depend on. Another release
    whose words, states or classes of characters are others has another one, and so has one whose
    MAKERS differ in anything at all."""
    said = (FACTS, ALPHABET, CLOSE, WIDE, CUT, CUT_FROM, STATES, states(), vehicle_words.TABLES)
    made = sha256(repr(said).encode())
    for name in MAKERS:
        made.update((HERE / f"{name}.py").read_bytes())
    return made.hexdigest()[:16]


def state_fact(text: str) -> int:
    """The state's number."""
    return state_number(state_code(text))


def make_fact(text: str) -> int:
    """The make's number."""
    return number_of("make", text)


def color_facts(text: str) -> tuple[int, int]:
    """Two numbers: a car may have two colors."""
    first, second, *_ = (*numbers_of("color", text), 0, 0)
    return first, second


def body_fact(style: str, plate_type: str) -> int:
    """The body's number: by its style, or what a plate for motorcycles says."""
    return number_of("body", style or ("MC" if plate_type == "MC" else ""))


def plate_type_fact(text: str) -> int:
    """The number of the plate's type."""
    return number_of("plate_type", text)


def facts_of(
    state: str, make: str, color: str, style: str, plate_type: str, category: int = 0
) -> tuple[int, ...]:
    """One row, in the order of FACTS; the texts are an entry's."""
    return (
        state_fact(state),
        make_fact(make),
        *color_facts(color),
        body_fact(style, plate_type),
        plate_type_fact(plate_type),
        category,
    )


def facts_of_entries(entries: Sequence[Entry]) -> tuple[Facts, tuple[str, ...]]:
    """(facts, categories) of these entries. ValueError for more than MOST categories."""
    numbers: dict[str, int] = {}
    rows = [
        facts_of(
            one.state, one.make, one.color, one.style, one.plate_type,
            checked(numbers.setdefault(one.category, len(numbers))),
        )
        for one in entries
    ]  # fmt: skip
    return np.array(rows, dtype=np.uint8).reshape(-1, len(FACTS)), tuple(numbers)


def checked(category: int) -> int:
    """The number, if a byte holds it. ValueError."""
    if category > MOST:
        msg = f"a list has more than {MOST + 1} categories"
        raise ValueError(msg)
    return category
