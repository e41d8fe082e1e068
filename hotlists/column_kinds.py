"""What a column of an unknown table could be, by what stands in it.

Each test gives the share of the filled cells that look like it, 0-1. What many things look like
(a plate: nearly any short text) weighs less than what only one thing looks like (a VIN).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from hotlists.category_cells import CategoryRules
from hotlists.cells import date_of, is_state, plate_of, state_of
from matchers.vehicle_words import body_of, colors_of, make_of, plate_type_of

MOST_VALUES = 1_000
_USUAL_LENGTH = 4.5
"""Characters that plates have on average, at least."""

_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_NIC = re.compile(r"[A-Z][0-9]{9}")
_ORI = re.compile(r"([A-Z]{2})[A-Z0-9]{7}")
_YEAR = re.compile(r"(?:19[3-9]|20[0-4])[0-9]")
_CASE = re.compile(r"[A-Z]{0,5}[-/ ]?[0-9]{2,4}[-/][A-Z]{0,3}[0-9]{2,}")
_KEY = re.compile(r"[A-Z]{2,4}(?:-[A-Z]{1,2})?")
_UUID = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}")
_PLATE_TEXT = re.compile(r"[A-Z0-9?*]{1,5}(?:[-. \u00b7][A-Z0-9?*]{1,5}){0,2}|[A-Z0-9?*]{1,8}")
_LEVELS = frozenset({"LOW", "MEDIUM", "MED", "HIGH", "CRITICAL", "URGENT", "NORMAL", "ROUTINE"})
_ACTIONS = frozenset({"ADD", "REMOVE", "DELETE", "INSERT", "UPDATE", "CANCEL", "CLEAR", "MODIFY"})
_ACTION_LETTERS = frozenset("ADRIU")
_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "12345678123457923456789"), strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
"""49 CFR 565.15: the check digit of a North American VIN stands ninth."""

_RULES = CategoryRules()


@dataclass(frozen=True)
class Kinds:
    """A column's filled cells in upper case, and the score of each word it could be, 0-1."""

    values: tuple[str, ...]
    filled: float
    """Share of rows in which it has something."""
    scores: dict[str, float]

    @property
    def best(self) -> tuple[str, float]:
        """(word, score), ("", 0) when nothing fits."""
        return max(self.scores.items(), key=lambda item: item[1], default=("", 0.0))

    def score(self, word: str) -> float:
        """0 when it does not look like it."""
        return self.scores.get(word, 0.0)


def kinds_of(cells: Iterable[str]) -> Kinds:
    """Every test over one column."""
    raw = list(cells)
    filled = [cell for cell in raw if cell][:MOST_VALUES]
    values = tuple(cell.upper() for cell in filled)
    if not values:
        return Kinds((), 0.0, {})
    distinct = len(set(values)) / len(values)
    few = len(set(values)) <= max(3, len(values) // 3)
    scores = {word: round(found, 3) for word, found in _scores(values, distinct, few) if found}
    exact = {w: s for w, s in scores.items() if w in _EXACT and s >= 0.8}
    if exact:  # what only one thing looks like leaves no room for the vague ones
        scores = {w: s for w, s in scores.items() if w in _EXACT}
    return Kinds(values, len([c for c in raw if c]) / len(raw), scores)


_EXACT = frozenset(
    ("VIN", "NIC", "ORI", "LIS", "VMA", "VCO", "DATE", "YEAR", "MKE", "CATEGORY", "ACTION")
)
"""DATE and YEAR are not yet words of a template: which date, which year is seen from the row."""


def _scores(values: Sequence[str], distinct: float, few: bool) -> Iterable[tuple[str, float]]:
    yield "VIN", at_least(0.6, share(values, lambda v: bool(_VIN.fullmatch(v))))
    nic = share(values, lambda v: bool(_NIC.fullmatch(v)))
    yield "NIC", at_least(0.6, max(nic, 0.9 * share(values, lambda v: bool(_UUID.fullmatch(v)))))
    yield "ORI", at_least(0.8, share(values, _is_ori))
    yield "DATE", at_least(0.6, max(date_share(values, order) for order in ("mdy", "dmy")))
    yield "YEAR", at_least(0.9, share(values, lambda v: bool(_YEAR.fullmatch(v))))
    yield "LIS", at_least(0.7, share(values, lambda v: is_state(state_of(v)) and not _digits(v)))
    yield "VCO", at_least(0.6, share(values, lambda v: len(v) > 2 and bool(colors_of(v))))
    yield "VMA", at_least(0.5, share(values, lambda v: bool(make_of(v))))
    body = share(values, lambda v: bool(body_of(v)))
    yield "VST", at_least(0.5, 0.95 * body)
    kind = share(values, lambda v: bool(plate_type_of(v)))
    ordinary = any(v in ("PC", "PP", "PASSENGER", "REGULAR") for v in values)
    yield "LIT", at_least(0.7, kind * (1.0 if ordinary else 0.5))
    keys = at_least(0.6 if few else 0.9, share(values, _is_key))
    yield "MKE", keys
    short = sum(map(len, values)) <= 24 * len(values)
    words = at_least(0.5, share(values, _is_category)) if few or short else 0.0
    yield "CATEGORY", 0.0 if keys else words
    yield "PRIORITY", at_least(0.9, share(values, lambda v: v in _LEVELS))
    yield "ACTION", _action(values)
    yield "OCA", 0.85 * at_least(0.6, share(values, lambda v: bool(_CASE.fullmatch(v))))
    yield "LIC", _plate(values, distinct)
    sentences = share(values, lambda v: v.count(" ") >= 2)
    yield "REASON", 0.6 * at_least(0.3, sentences)


def share(values: Sequence[str], test: Callable[[str], bool]) -> float:
    """Of the values that pass."""
    return sum(map(test, values)) / len(values) if values else 0.0


def at_least(least: float, found: float) -> float:
    """A share, or 0 when it is too small to mean anything."""
    return found if found >= least else 0.0


def date_share(values: Sequence[str], order: str) -> float:
    """Of the values that are dates under `order`, from 1930 on."""
    return share(values, lambda v: _is_date(v, order))


def _is_date(value: str, order: str) -> bool:
    cell = date_of(value, order)
    if cell.day is not None:
        return date(1930, 1, 1) <= cell.day
    return cell.never and not value.isalpha()


def _is_ori(value: str) -> bool:
    found = _ORI.fullmatch(value)
    return found is not None and _digits(value) >= 3 and is_state(state_of(found[1]))


def _is_key(value: str) -> bool:
    return _KEY.fullmatch(value) is not None and bool(_RULES.code(value))


def _is_category(value: str) -> bool:
    return len(value) > 2 and bool(_RULES.code("", "", "", value))


def _action(values: Sequence[str]) -> float:
    if set(values) <= _ACTIONS:
        return 1.0
    letters = set(values)
    return 0.7 if letters <= _ACTION_LETTERS and len(letters) > 1 and "A" in letters else 0.0


def _digits(value: str) -> int:
    return sum(c.isdigit() for c in value)


def _plate(values: Sequence[str], distinct: float) -> float:
    """Short, of letters and digits, rarely twice the same, and not counting up one by one."""
    plates = [v for v in values if is_plate(v)]
    likely = len(plates) / len(values)
    if likely < 0.6:
        return 0.0
    mixed = share(plates, lambda v: _digits(v) > 0 and any(c.isalpha() for c in v))
    wild = share(plates, lambda v: "?" in v or "*" in v)
    score = likely * (0.35 + 0.65 * min(1.0, mixed + wild)) * (0.4 + 0.6 * distinct)
    if sum(map(len, plates)) < _USUAL_LENGTH * len(plates):
        score *= 0.6  # models, codes
    if not any(map(_digits, values)):
        score *= 0.5  # surnames, makes, anything
    return score * (0.3 if _counts_up(values) else 1.0)


def is_plate(value: str) -> bool:
    """Whether a cell, in upper case, looks like a plate or a pattern of one."""
    if _PLATE_TEXT.fullmatch(value) is None:
        return False
    cell = plate_of(value, 1)
    return not cell.problem and 2 <= len(cell.plate or cell.pattern) <= 9


def _counts_up(values: Sequence[str]) -> bool:
    numbers = [int(v) for v in values if v.isascii() and v.isdigit() and len(v) < 15]
    if len(numbers) < max(3, len(values) - 1):
        return False
    steps = [b - a for a, b in pairwise(numbers)]
    return all(0 < step <= 10 for step in steps)


def vin_checks(values: Sequence[str]) -> float:
    """Share of VINs whose check digit is right; those made outside North America need have none."""
    return share([v for v in values if _VIN.fullmatch(v)], _checks)


def _checks(vin: str) -> bool:
    total = sum(
        weight * (int(c) if c.isdigit() else _VIN_VALUES[c])
        for c, weight in zip(vin, _VIN_WEIGHTS, strict=True)
    )
    return vin[8] == "0123456789X"[total % 11]
