"""Genetec AutoVu: a read as JSON over HTTP, in either of two shapes.

The *template* shape is what an export with its own template posts: CameraName, Plate, State,
DateUtc (dd/MM/yyyy), TimeUtc (HH:mm:ss), ConfidenceScore ("0" to "100"), ContextImage and
PlateImage in base64, and Attributes, an object with "Vehicle Color", "Vehicle Make", "Vehicle
Type" and "State Name Confidence Score". Its numbers are texts. Source: the formats notes.

The *Sharp* shape is what the HTTP extension of a SharpV or SharpZ3 posts: LprCameraName, SourceUrl
(the unit), PlateRead, Timestamp, Id, Latitude, Longitude and PlateAnalytics, a list of {Key, Value,
Score}. Source: "Examples of JSON and XML ALPR events for the SharpV HTTP extension" (SharpV
Administrator Guide 14.2, techdocs.genetec.com).

- "-" is Genetec's word for nothing, a Score of -1 means none, 0.0 and 0.0 is no position.
- A date has the day first, or the year. A template that puts the month first is noticed only after
  the 12th of a month; docs/cameras.md says how to set it.
- The example's Timestamp has no offset, and the guide does not say whose clock it is: without one
  it is the camera's local clock.
- "Relative Motion" is towards or away, not a heading.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from cameras.fields import (
    a_list,
    a_local_moment,
    a_number,
    a_place,
    a_share,
    a_text,
    an_id,
    an_image,
    an_object,
    says_no_plate,
)
from cameras.incoming import Attachment, IncomingRead, Parsed
from cameras.state_text import of_words
from domain.errors import BadRead
from domain.vehicle import Guess, VehicleSeen

NAME = "genetec"
TITLE = "Genetec AutoVu"

TEMPLATE = ("CameraName", "Plate", "DateUtc", "TimeUtc")
SHARP = ("PlateRead", "Timestamp")
_DATE = re.compile(r"(?:(\d{4})[-:/.](\d\d?)[-:/.](\d\d?))|(?:(\d\d?)/(\d\d?)/(\d{4}))", re.ASCII)
_TIME = re.compile(r"(\d\d?):(\d\d):(\d\d)(?:\.(\d{1,9}))?", re.ASCII)


def recognizes(payload: Any) -> bool:
    """An object with all fields of the template shape, or PlateRead and Timestamp of the other."""
    return isinstance(payload, dict) and (
        all(name in payload for name in TEMPLATE) or all(name in payload for name in SHARP)
    )


def resembles(payload: Any) -> str:
    """Two of a shape's own names, but not all that are needed."""
    if not isinstance(payload, dict) or recognizes(payload):
        return ""
    template = [name for name in (*TEMPLATE, "ConfidenceScore") if name in payload]
    sharp = [name for name in (*SHARP, "LprCameraName", "PlateAnalytics") if name in payload]
    shape, has = (SHARP, sharp) if len(sharp) > len(template) else (TEMPLATE, template)
    if len(has) < 2:
        return ""
    missing = " and ".join(name for name in shape if name not in payload)
    return f"looks like {TITLE}: has {has[0]} and {has[1]}, but no {missing}"


def parse(payload: Any, attachments: Sequence[Attachment] = ()) -> Parsed:
    """One read, or none when the plate is a word for no plate. Files are not of this format."""
    if attachments:
        raise BadRead(attachments[0].field, "is a file; Genetec's images stand in its JSON")
    root = an_object(payload, "body")
    sharp = "PlateRead" in root
    field = "PlateRead" if sharp else "Plate"
    plate = a_text(root.get(field), field)
    camera = _camera(root, ("SourceUrl", "LprCameraName") if sharp else ("CameraName",))
    seen_at = a_local_moment(root.get("Timestamp"), "Timestamp") if sharp else _utc(root)
    if says_no_plate(plate):
        return Parsed((), 1)
    notes = _notes(root)
    state, state_sure = _state(root, notes)
    images = an_image(root.get("PlateImage"), "plate", "PlateImage")
    images += an_image(root.get("ContextImage"), "context", "ContextImage")
    score, at = root.get("ConfidenceScore"), "ConfidenceScore"
    if score in (None, "", "-"):
        score, at, _ = _word(notes, "confidence score")
    return Parsed(
        (
            IncomingRead(
                camera=camera,
                seen_at=seen_at,
                plate=plate,
                format=NAME,
                confidence=a_share(score, at, 100),
                state=state,
                state_confidence=state_sure if state else None,
                vehicle=VehicleSeen(
                    make=_guess(notes, "vehicle make", "make"),
                    model=_guess(notes, "vehicle model", "model"),
                    color=_guess(notes, "vehicle color", "color"),
                    body=_guess(notes, "vehicle type", "type"),
                ),
                place=a_place(
                    root.get("Latitude"), root.get("Longitude"), ("Latitude", "Longitude")
                ),
                images=images,
                event_id=_event(an_id(root.get("Id") or root.get("Guid"), "Id"), seen_at),
            ),
        )
    )


def _event(said: str, seen_at: datetime) -> str:
    """The unit's id with the time: should it count from one again, another car is another read."""
    return f"{said}@{seen_at:%y%m%d%H%M%S}" if said else ""


_Note = tuple[Any, str, float | None]
"""An attribute: its value as it came, where it stood, its score 0-1."""


def _notes(root: dict[Any, Any]) -> dict[str, _Note]:
    """The attributes by their lower-case names; only those that are asked for are judged."""
    found: dict[str, _Note] = {}
    said = root.get("Attributes")
    if said is not None:
        for key, value in an_object(said, "Attributes").items():
            if isinstance(key, str):
                found[key.strip().lower()] = (value, "Attributes", None)
    for n, thing in enumerate(a_list(root.get("PlateAnalytics"), "PlateAnalytics")):
        at = f"PlateAnalytics[{n}]"
        one = an_object(thing, at)
        score = a_number(one.get("Score"), f"{at}.Score")
        sure = score if score is not None and 0 <= score <= 1 else None
        found[a_text(one.get("Key"), f"{at}.Key").lower()] = (one.get("Value"), at, sure)
    return found


def _word(notes: dict[str, _Note], *names: str) -> tuple[str, str, float | None]:
    """The first of these attributes that says something; "" and no confidence when none does."""
    for name in names:
        value, at, sure = notes.get(name, (None, "Attributes", None))
        if (text := an_id(value, at)) not in ("", "-"):
            return text, at, sure
    return "", "Attributes", None


def _guess(notes: dict[str, _Note], *names: str) -> tuple[Guess, ...]:
    text, _, sure = _word(notes, *names)
    return (Guess(text, sure),) if text else ()


def _state(root: dict[Any, Any], notes: dict[str, _Note]) -> tuple[str, float | None]:
    sure, at, _ = _word(notes, "state name confidence score")
    confidence = a_share(sure, at, 100)
    text = a_text(root.get("State"), "State")
    if text in ("", "-"):
        text, _, score = _word(notes, "state name")
        confidence = score if confidence is None else confidence
    return of_words(text), confidence


def _camera(root: dict[Any, Any], names: tuple[str, ...]) -> str:
    for name in names:
        if camera := an_id(root.get(name), name):
            return camera
    raise BadRead(names[-1], "is missing")


def _utc(root: dict[Any, Any]) -> datetime:
    date = _DATE.fullmatch(a_text(root.get("DateUtc"), "DateUtc"))
    time = _TIME.fullmatch(a_text(root.get("TimeUtc"), "TimeUtc"))
    if date is None:
        raise BadRead("DateUtc", "must be a date as dd/MM/yyyy, for example 21/11/2026")
    if time is None:
        raise BadRead("TimeUtc", "must be a time as HH:mm:ss, for example 21:02:09")
    year, month, day, d, m, y = date.groups()
    micro = int((time[4] or "0")[:6].ljust(6, "0"))
    try:
        on = datetime(int(year or y), int(month or m), int(day or d), tzinfo=UTC)
    except ValueError as bad:
        raise BadRead("DateUtc", "is no date with the day first; set the export so") from bad
    try:
        return on.replace(
            hour=int(time[1]), minute=int(time[2]), second=int(time[3]), microsecond=micro
        )
    except ValueError as bad:
        raise BadRead("TimeUtc", "is no time of a day") from bad
