"""What a policy file may say: every key, its type, and the numbers it may be."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from policy.model import AlertBudget, CategoryRule, Limits, Lists, Retention, Sharing

TOP: dict[str, Any] = {
    "name": str,
    "state": str,
    "preset": str,
    "sources": tuple[str, ...],
    "left_open": tuple[str, ...],
    "without_categories": tuple[str, ...],
}
"""Keys outside of any table."""
WORDS = ("purposes", "message_keys")
"""Tables whose keys an agency makes up, with text for values."""
TABLES: dict[str, type[msgspec.Struct]] = {
    "retention": Retention,
    "sharing": Sharing,
    "lists": Lists,
    "alert_budget": AlertBudget,
    "limits": Limits,
}
CATEGORIES = "categories"
ALL = (*TOP, *WORDS, CATEGORIES, *TABLES)

_FAR = 36_525
BOUNDS: dict[str, tuple[float, float]] = {
    "priority": (1, 4),
    "verifiers": (1, 5),
    "conflict_verifiers": (1, 5),
    "max_days": (1, 3_653),
    "reads_days": (1, _FAR),
    "alerts_days": (1, _FAR),
    "originals_days": (1, _FAR),
    "unmatched_minutes": (0, _FAR * 1440),
    "generations": (2, 1_000),
    "max_age_hours": (0.25, 8_760),
    "withdrawal_hours": (1, 8_760),
    "known_characters": (2, 10),
    "misread_marker_days": (0, 366),
    "immediate": (0, 10_000),
    "high": (0, 10_000),
    "routine": (0, 10_000),
    "note": (0, 10_000),
}
"""Least and greatest of every number. known_characters: with one, a pattern matches everything; no
plate has more than ten (NCIC LIC). generations: a rollback needs the one before.
misread_marker_days: a year is the longest that one person's word about a text should bind others
(judgement)."""

_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")

Path = tuple[str, ...]


def wrong(data: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Each key that is unknown or has a wrong value, with what is wrong with it."""
    for key, value in data.items():
        if key in TOP:
            yield from _value((key,), value, TOP[key])
        elif key not in ALL:
            yield (key,), f"{key} is no key of a policy{near(key, ALL)}"
        elif not isinstance(value, dict):
            yield (key,), f"{key} is a table: write [{key}]"
        elif key == CATEGORIES:
            for code, rule in value.items():
                yield from _category(code, rule)
        elif key in WORDS:
            for name, words in value.items():
                yield from _words(key, name, words)
        else:
            yield from _table((key,), value, TABLES[key])


def near(word: str, known: Collection[str]) -> str:
    """ "; is amber meant?" when something known is like the word."""
    found = difflib.get_close_matches(word.lower(), known, n=1)
    return f"; is {found[0]} meant?" if found else f"; there are: {', '.join(sorted(known))}"


def fields_of(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Names and types of a table's keys."""
    return {field.name: field.type for field in msgspec.structs.fields(struct)}


def _category(code: str, rule: object) -> Iterator[tuple[Path, str]]:
    path = (CATEGORIES, code)
    if not _ID.fullmatch(code):
        yield path, f"{code!r} is no id: small letters, digits and hyphens, as in stolen-vehicle"
    if isinstance(rule, dict):
        yield from _table(path, rule, CategoryRule)
    else:
        yield path, f"a category is a table: write [{CATEGORIES}.{code}]"


def _words(table: str, name: str, words: object) -> Iterator[tuple[Path, str]]:
    if not isinstance(words, str) or not words.strip():
        yield (table, name), f'{name} needs words: {name} = "..."'
    if table == "purposes" and not _ID.fullmatch(name):
        yield (table, name), f"{name!r} is no id: small letters, digits and hyphens"
    if table == "message_keys" and not name.strip(" -"):
        yield (table, name), "a message key must not be empty"


def _table(
    path: Path, table: Mapping[str, Any], struct: type[msgspec.Struct]
) -> Iterator[tuple[Path, str]]:
    known = fields_of(struct)
    for key, value in table.items():
        if key in known:
            yield from _value((*path, key), value, known[key])
        else:
            yield (*path, key), f"{key} is no key of [{'.'.join(path)}]{near(key, known)}"


def _value(path: Path, value: object, kind: Any) -> Iterator[tuple[Path, str]]:
    key = path[-1]
    try:
        msgspec.convert(value, type=kind)
    except msgspec.ValidationError as refused:
        yield path, f"{key}: {_plainly(str(refused))}"
        return
    if isinstance(value, str) and not value.strip() and key not in ("state", "preset"):
        yield path, f"{key} must not be empty"
    low, high = BOUNDS.get(key, (-math.inf, math.inf))
    if isinstance(value, int | float) and not low <= value <= high:
        yield path, f"{key} must be from {low:g} to {high:g}"


def _plainly(refused: str) -> str:
    """msgspec's words without its brackets: expected `int`, got `str`."""
    said = refused.replace("`", "").replace("Invalid enum value", "there is no")
    for machine, person in (("int", "a whole number"), ("float", "a number"), ("str", "text"),
                            ("bool", "true or false"), ("array", "a list"),
                            ("object", "a table")):  # fmt: skip
        said = re.sub(rf"\b{machine}\b", person, said)
    said = re.sub(r" \| null", "", said)
    return said[:1].lower() + said[1:]
