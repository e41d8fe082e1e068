"""Reading a vendor's JSON without taking anything for granted.

Each function gives a plain value or raises BadRead (TooLarge for an image) with the dotted field it
was given, whatever it is handed: other types, NaN, numbers of a thousand digits, texts that no
encoding can hold. None of them repeats a value in its message.
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from cameras.incoming import IncomingImage, TooLarge
from cameras.pictures import BYTES_MAX
from domain.errors import BadPlate, BadRead
from domain.place import Place
from domain.plate import normalise
from domain.read import ImageKind

LIST_MAX = 200
"""Entries of a vendor's list (candidates, vehicle values); real ones hold 1 to 25."""
PLATE_LONG = 64
"""Beyond this many characters a text is refused as a plate (cameras.building.PLATE_MAX)."""

_NUMBER = re.compile(r"[-+]?[0-9]{1,20}(?:\.[0-9]{0,20})?(?:[eE][-+]?[0-9]{1,2})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 253_402_300_000.0  # seconds; just inside the year 9999, the last a datetime can hold


def an_object(thing: Any, field: str) -> dict[Any, Any]:
    """The mapping itself."""
    if not isinstance(thing, dict):
        raise BadRead(field, "is missing" if thing is None else "must be an object")
    return thing


def a_list(thing: Any, field: str, longest: int = LIST_MAX) -> list[Any]:
    """The list itself, of at most `longest` entries; None is an empty one."""
    if thing is None:
        return []
    if not isinstance(thing, list):
        raise BadRead(field, "must be an array")
    if len(thing) > longest:
        raise BadRead(field, f"has {len(thing)} entries; the limit is {longest}")
    return thing


def a_text(thing: Any, field: str) -> str:
    """Stripped text that UTF-8 can hold; None is ""."""
    if thing is None:
        return ""
    if not isinstance(thing, str):
        raise BadRead(field, "must be text")
    try:
        thing.encode()
    except UnicodeEncodeError as bad:
        raise BadRead(field, "holds half a character (a lone surrogate)") from bad
    return thing.strip()


def an_id(thing: Any, field: str) -> str:
    """Text, or a whole number as text; None is ""."""
    if isinstance(thing, int) and not isinstance(thing, bool):
        if abs(thing) >= 10**20:
            raise BadRead(field, "is a number of more than 20 digits")
        return str(thing)
    return a_text(thing, field)


def a_number(thing: Any, field: str) -> float | None:
    """A finite number below 10^20, also when it stands as text; None and "" are None."""
    if thing is None or (isinstance(thing, str) and not thing.strip()):
        return None
    if isinstance(thing, str) and len(thing) <= 60 and _NUMBER.fullmatch(thing.strip()):
        thing = float(thing)
    if isinstance(thing, bool) or not isinstance(thing, int | float) or not -1e20 < thing < 1e20:
        raise BadRead(field, "must be a number")
    return float(thing)


def a_share(thing: Any, field: str, whole: float = 1.0) -> float | None:
    """A confidence of 0 to `whole` as 0 to 1; None when there is none."""
    number = a_number(thing, field)
    if number is None:
        return None
    if not 0 <= number <= whole:
        raise BadRead(field, f"must be a number between 0 and {whole:g}")
    return number / whole


def a_moment(thing: Any, field: str, unit: timedelta) -> datetime:
    """An aware UTC time from a count of `unit` since 1970. Raises when there is none."""
    number = a_number(thing, field)
    if number is None:
        raise BadRead(field, "is missing")
    if not 0 < number * unit.total_seconds() < _LATEST:
        what = "milliseconds" if unit < timedelta(seconds=1) else "seconds"
        raise BadRead(field, f"must be a time in {what} since 1970")
    return _EPOCH + number * unit


def a_local_moment(thing: Any, field: str) -> datetime:
    """An ISO 8601 time; naive when it has no offset. Raises when there is none."""
    text = a_text(thing, field)
    if not text:
        raise BadRead(field, "is missing")
    try:
        return datetime.fromisoformat(text)
    except ValueError as bad:
        raise BadRead(field, "is not a time, for example 2026-11-21T21:02:09-06:00") from bad


def a_place(
    latitude: Any, longitude: Any, names: tuple[str, str], nowhere: tuple[float, ...] = (0,)
) -> Place | None:
    """A position in degrees. None when both are absent or one of `nowhere`, as vendors write it."""
    north, east = a_number(latitude, names[0]), a_number(longitude, names[1])
    if north in (None, *nowhere) and east in (None, *nowhere):
        return None
    for number, most, name in ((north, 90, names[0]), (east, 180, names[1])):
        if number is None or not -most <= number <= most:
            raise BadRead(name, f"must be a number between -{most} and {most}")
    return Place(latitude=north, longitude=east)


def an_image(thing: Any, kind: ImageKind, field: str) -> tuple[IncomingImage, ...]:
    """One image from strict base64, or none. What it holds is judged later (cameras.pictures)."""
    text = a_text(thing, field)
    if not text:
        return ()
    if len(text) > BYTES_MAX * 4 // 3 + 4:
        raise TooLarge(field, f"holds more than the limit of {BYTES_MAX} bytes for an image")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as bad:
        raise BadRead(field, "must be base64") from bad
    return (IncomingImage(kind=kind, data=data, field=field),)


def says_no_plate(text: str) -> bool:
    """Whether this is how a camera says that there was no plate: "", "unknown", "NO PLATE", "---".

    Too long a text is not: that is a mistake, and is named where the plate is checked.
    """
    if len(text) > PLATE_LONG:
        return False
    try:
        normalise(text)
    except BadPlate:
        return True
    return False
