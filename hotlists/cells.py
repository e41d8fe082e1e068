"""What one cell of a list says: a plate or pattern, a state, a date, an action.

Pure functions that never raise for what is in a cell: a cell that cannot be understood has a
problem in words, the same words for every such cell, so that rejected rows can be counted by them.
No problem repeats what the cell held. What a list repeats (states, dates) is looked up in a cache.
Categories are in hotlists.category_cells.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple

from domain.errors import BadPlate
from domain.plate import LIC_MAX, NOT_PLATES, is_normal, normalise
from matchers.state_words import STATES, state_code

NO_PLATE = "no plate (LIC is empty)"
SPREADSHEET = "LIC is a number like 1.2E+09: a spreadsheet has changed it"
KNOWN_CHARACTERS = 3
"""Of a pattern, when no policy says another number (policy.model.Lists)."""
WILD = frozenset("?*")
_NO_WILDCARDS: Mapping[str, str] = {}

_NOT_PATTERN_CHARACTERS = re.compile(r"[^A-Z0-9?*]+")
_WILD_RUN = re.compile(r"[?*]+")
_BY_SPREADSHEET = re.compile(r"[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]+")
"""12E4567 as a spreadsheet saves it, having taken it for a number: 1.2E+4568."""


class PlateCell(NamedTuple):
    """Exactly one of the three is not ""."""

    plate: str
    """Normalised (domain.plate.normalise)."""
    pattern: str
    """Normalised with its `?` and `*`."""
    problem: str


def plate_of(
    raw: str, known: int = KNOWN_CHARACTERS, wildcards: Mapping[str, str] = _NO_WILDCARDS
) -> PlateCell:
    """A plate cell. With a `?` (one character) or `*` (any run, also none) it is a pattern.

    `wildcards` are a vendor's further wildcards (Template.wildcards: "%" to "*"). A pattern needs
    at least `known` letters and digits; in each run of wildcards the `?` come first and one `*`
    last, so equal patterns have equal texts.
    """
    if is_normal(raw):
        return PlateCell(raw, "", "")
    text = raw.strip()
    if not text:
        return PlateCell("", "", NO_PLATE)
    if _BY_SPREADSHEET.fullmatch(text):
        return PlateCell("", "", SPREADSHEET)
    for theirs, ours in wildcards.items():
        text = text.replace(theirs, ours)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if "?" in text or "*" in text:
        return _pattern(text, known)
    try:
        return PlateCell(normalise(text), "", "")
    except BadPlate as bad:
        return PlateCell("", "", f"LIC {bad.problem}")


def _pattern(text: str, known: int) -> PlateCell:
    plain = _NOT_PATTERN_CHARACTERS.sub("", text.upper())
    letters = _WILD_RUN.sub("", plain)
    if not letters:
        return PlateCell("", "", "LIC has no letter or digit beside its wildcards")
    if letters in NOT_PLATES:
        return PlateCell("", "", f"LIC {letters} says that there is no plate")
    if len(letters) < known:
        problem = f"LIC is a pattern with fewer than {known} known characters"
        return PlateCell("", "", problem)
    pattern = _WILD_RUN.sub(_run_in_order, plain)
    if len(pattern.replace("*", "")) > LIC_MAX:
        return PlateCell("", "", f"LIC is a pattern of more than {LIC_MAX} characters")
    return PlateCell("", pattern, "")


def _run_in_order(found: re.Match[str]) -> str:
    run = found.group()
    return "?" * run.count("?") + ("*" if "*" in run else "")


# --- states ---------------------------------------------------------------------------------

_POSTAL = {
    "NB": "NK",  # New Brunswick by post, Nebraska by NCIC
    "NL": "NF",  # Newfoundland and Labrador by post, Nuevo Leon by NCIC
    "NE": "NB", "QC": "PQ", "SK": "SN", "NU": "XN", "AS": "AM", "MP": "MK",
    "GU": "GM",  # Guam by post, Guanajuato by NCIC
}  # fmt: skip
"""Postal codes that differ from NCIC's."""
_BOTH = frozenset({"NB", "NL", "GU"})
"""Codes of both, each with a meaning of its own."""
_NAMES = {
    "NEWFOUNDLAND AND LABRADOR": "NF", "NEWFOUNDLAND & LABRADOR": "NF", "PEI": "PE",
    "WASHINGTON DC": "DC", "WASHINGTON D C": "DC", "D C": "DC", "DIST OF COLUMBIA": "DC",
    "THE DISTRICT OF COLUMBIA": "DC", "YUKON TERRITORY": "YT", "WASHINGTON STATE": "WA",
    "NEW YORK STATE": "NY", "NORTHERN MARIANAS": "MK", "US VIRGIN ISLANDS": "VI",
}  # fmt: skip
_WITH_COUNTRY = re.compile(r"(?:US|USA|CA|CAN|MX|MEX)[-_/ ]([A-Z]{2})")
"""ISO 3166-2 and the like: "us-mo"; what follows the country is the postal code."""


@lru_cache(maxsize=4096)
def state_of(raw: str, *, postal: bool = False) -> str:
    """The NCIC code of a state by code or name, or the text in upper case when it is not known.

    Postal codes that are no NCIC code are understood anyway (NE, QC); NB, NL and GU are both, and
    are NCIC's unless `postal` (Template.states) says otherwise.
    """
    text = " ".join(raw.split()).upper()
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in parts if not unicodedata.combining(c))
    if found := _WITH_COUNTRY.fullmatch(text):
        return _POSTAL.get(found[1], found[1])
    if postal and text in _POSTAL:
        return _POSTAL[text]
    code = state_code(text)
    if code in STATES:
        return code
    words = " ".join(text.replace(".", " ").split())
    if words in _POSTAL and words not in _BOTH:
        return _POSTAL[words]
    return _NAMES.get(words) or state_code(words)


def is_state(code: str) -> bool:
    """Whether `state_of` knew it: its answer is a code of the NCIC table."""
    return code in STATES


# --- dates ----------------------------------------------------------------------------------

_NEVER = frozenset({
    "NONEXP", "NON-EXP", "NON EXP", "NONEXPIRING", "NEVER", "NONE", "INDEFINITE", "PERMANENT",
    "99999999", "9999", "00000000", "0000-00-00", "N/A",
})  # fmt: skip
_FOREVER = 9999
_ORDERS = {"ymd": (1, 2, 3), "mdy": (3, 1, 2), "dmy": (3, 2, 1)}
_SHOWN = {
    "ymd": "YYYY-MM-DD or YYYYMMDD",
    "mdy": "YYYY-MM-DD, YYYYMMDD or MM/DD/YYYY",
    "dmy": "YYYY-MM-DD, YYYYMMDD or DD/MM/YYYY",
}
_MONTHS = {
    "JAN": 1, "FEB": 2, "MAR": 3, "APR": 4, "MAY": 5, "JUN": 6,
    "JUL": 7, "AUG": 8, "SEP": 9, "OCT": 10, "NOV": 11, "DEC": 12,
}  # fmt: skip
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.]?)([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
_DAY_NAMED = re.compile(r"([0-9]{1,2})[- ]?([A-Z]{3})[A-Z]*[- ,.]*([0-9]{4})")
_MONTH_NAMED = re.compile(r"([A-Z]{3})[A-Z]*[ .]+([0-9]{1,2}),? +([0-9]{4})")
_TIME = re.compile(
    r"[T ]\s*([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,][0-9]{1,9})?)?\s*([AP]M)?\s*"
    r"(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?$"
)


class DateCell(NamedTuple):
    """A date cell. `day` None without a `problem`: blank, or `never`, or not to be limited."""

    day: date | None = None
    """The calendar day as it is written, whatever its offset."""
    moment: datetime | None = None
    """Aware UTC, when the cell has a time of day and an offset."""
    never: bool = False
    """It says in so many words that there is no such day: NONEXP, 9999-12-31, 00000000."""
    problem: str = ""
    """Follows the column's name: "is not a date (...)"."""


_BLANK = DateCell()
_ALWAYS = DateCell(never=True)


@lru_cache(maxsize=65536)
def date_of(raw: str, order: str = "mdy") -> DateCell:
    """A date by day; `order` (Template.dates) is for those that do not begin with the year.

    Understood: YYYY-MM-DD, YYYYMMDD, a month by its name, month or day first by `order` with
    `/`, `-` or `.`, years of two digits there (69 and below are 20..), each with a time and offset
    or without. A day that the order does not allow is a problem, never turned round.
    """
    text = " ".join(raw.split()).upper()
    if not text:
        return _BLANK
    if text in _NEVER:
        return _ALWAYS
    clock = _TIME.search(text)
    day = _day(text[: clock.start()].rstrip() if clock else text, order)
    if isinstance(day, str):
        return DateCell(problem=day)
    if day is None:
        return _ALWAYS
    return DateCell(day, _moment(day, clock) if clock else None)


def _day(text: str, order: str) -> date | str | None:
    """The day, None for the year 9999, or why it is none."""
    problem = f"is not a date ({_SHOWN[order]})"
    if (found := _YEAR_FIRST.fullmatch(text)) and (found[2] or len(text) == 8):
        parts = found[1], found[3], found[4]
    elif (found := _YEAR_LAST.fullmatch(text)) and order != "ymd":
        cells = ("", found[1], found[3], found[4])
        parts = tuple(cells[n] for n in _ORDERS[order])  # type: ignore[assignment]
    elif (found := _DAY_NAMED.fullmatch(text)) and found[2] in _MONTHS:
        parts = found[3], str(_MONTHS[found[2]]), found[1]
    elif (found := _MONTH_NAMED.fullmatch(text)) and found[1] in _MONTHS:
        parts = found[3], str(_MONTHS[found[1]]), found[2]
    else:
        return problem
    year, month, number = (int(part) for part in parts)
    if len(parts[0]) == 2:
        year += 2000 if year < 70 else 1900
    if year == _FOREVER:
        return None
    try:
        return date(year, month, number)
    except ValueError:
        return problem


def _moment(day: date, clock: re.Match[str]) -> datetime | None:
    hour, minute, second, half, offset = clock.groups()
    if not offset:
        return None
    hours = int(hour) % 12 + (12 if half == "PM" else 0) if half else int(hour)
    sign = offset if offset[0] in "+-" else "+0000"
    text = f"{day.isoformat()}T{hours:02d}:{minute}:{second or '00'}{sign}"
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


# --- actions of an incremental list ---------------------------------------------------------

_ACTIONS = {
    **dict.fromkeys(("ADD", "A", "INSERT", "I", "NEW", "N", "UPDATE", "U", "MODIFY", "M"), "add"),
    **dict.fromkeys(("REMOVE", "R", "DELETE", "DEL", "D", "CLEAR", "CANCEL", "X"), "remove"),
}


def action_of(raw: str, actions: Mapping[str, str] = _NO_WILDCARDS) -> str:
    """Says "add", "remove", or "" for neither. `actions` has the template's words; blank adds."""
    word = raw.strip().upper()
    if not word:
        return "add"
    return actions.get(word) or _ACTIONS.get(word, "")
