"""CAP documents to alerts. Each alert element is one alert or one reason, never an exception.

Source: CAP 1.2 data dictionary; 1.1 has the same elements. Values are taken as senders write them:
fractions of a second and "Z" are accepted, though the schema has neither, and "-00:00" is UTC.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from domain.clock import as_utc
from hotlists.cap.model import CapAlert, CapArea, CapInfo, Reference
from hotlists.cap.xml import alerts_in

STATUSES = ("Actual", "Exercise", "System", "Test", "Draft")
MSG_TYPES = ("Alert", "Update", "Cancel", "Ack", "Error")
LONGEST_TEXT = 20_000
"""Characters; the longest broadcast text (EAS) has 1,800."""
LONGEST_NAME = 500
MAX_INFOS, MAX_AREAS, MAX_PAIRS, MAX_REFERENCES, MAX_POINTS = 30, 500, 200, 200, 5_000

_TIME = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:\.\d{1,9})?(Z|[-+]\d\d:\d\d)", re.ASCII
)


class NotAnAlert(Exception):
    """The alert cannot be understood; the text says why, in words fit for counting."""


def read_documents(documents: Iterable[bytes]) -> Iterator[CapAlert | str]:
    """Every alert in the documents in order, or the reason why it is none. Never raises."""
    for data in documents:
        for found in alerts_in(data):
            yield found if isinstance(found, str) else _taken(found)


def _taken(element: Element) -> CapAlert | str:
    try:
        return _alert(element)
    except NotAnAlert as why:
        return str(why)


def _alert(element: Element) -> CapAlert:
    sent = parsed_time(_text(element, "sent"))
    if sent is None:
        raise NotAnAlert("sent is not a time with its offset")
    status, msg_type = _text(element, "status"), _text(element, "msgType")
    if status not in STATUSES:
        why = f"status is none of {', '.join(STATUSES)}"
        raise NotAnAlert(why)
    if msg_type not in MSG_TYPES:
        why = f"msgType is none of {', '.join(MSG_TYPES)}"
        raise NotAnAlert(why)
    return CapAlert(
        identifier=_name(element, "identifier"),
        sender=_name(element, "sender"),
        sent=sent,
        status=status,
        msg_type=msg_type,
        scope=_text(element, "scope"),
        references=_references(_text(element, "references")),
        infos=tuple(_info(info) for info in _all(element, "info", MAX_INFOS)),
    )


def _info(element: Element) -> CapInfo:
    return CapInfo(
        language=_text(element, "language") or "en-US",
        event=_text(element, "event"),
        codes=_pairs(element, "eventCode"),
        urgency=_text(element, "urgency"),
        effective=parsed_time(_text(element, "effective")),
        onset=parsed_time(_text(element, "onset")),
        expires=parsed_time(_text(element, "expires")),
        sender_name=_text(element, "senderName"),
        headline=_text(element, "headline"),
        description=_text(element, "description"),
        instruction=_text(element, "instruction"),
        contact=_text(element, "contact"),
        web=_text(element, "web"),
        parameters=_pairs(element, "parameter"),
        areas=tuple(_area(area) for area in _all(element, "area", MAX_AREAS)),
    )


def _area(element: Element) -> CapArea:
    polygons = (_polygon(_said(e)) for e in _all(element, "polygon", MAX_AREAS))
    circles = (_circle(_said(e)) for e in _all(element, "circle", MAX_AREAS))
    return CapArea(
        name=_text(element, "areaDesc"),
        polygons=tuple(polygon for polygon in polygons if polygon),
        circles=tuple(circle for circle in circles if circle is not None),
        geocodes=_pairs(element, "geocode"),
    )


def parsed_time(text: str) -> datetime | None:
    """A CAP time as aware UTC; None for anything without a date, a time and an offset."""
    found = _TIME.fullmatch(text)
    if not found:
        return None
    offset = "+00:00" if found[2] in ("Z", "-00:00") else found[2]
    try:
        return as_utc(datetime.fromisoformat(found[1] + offset)).astimezone(UTC)
    except ValueError:
        return None


def _references(text: str) -> tuple[Reference, ...]:
    """ "sender,identifier,sent" triplets apart by blanks; an identifier alone has no sender."""
    found = []
    for triplet in text.split()[:MAX_REFERENCES]:
        sender, comma, rest = triplet.partition(",")
        identifier, _, sent = rest.rpartition(",")
        if not comma:
            sender, identifier, sent = "", triplet, ""
        elif not identifier:
            identifier, sent = rest, ""
        if identifier.strip(","):
            found.append(Reference(sender, identifier, parsed_time(sent)))
    return tuple(found)


def _polygon(text: str) -> tuple[tuple[float, float], ...]:
    points = [_point(pair) for pair in text.split()[:MAX_POINTS]]
    whole = tuple(point for point in points if point is not None)
    return whole if len(whole) == len(points) and len(whole) >= 3 else ()


def _circle(text: str) -> tuple[float, float, float] | None:
    parts = text.split()
    point = _point(parts[0]) if len(parts) == 2 else None
    radius = _number(parts[1]) if point else None
    if point is None or radius is None or not 0 <= radius <= 20_000:
        return None
    return (*point, radius)


def _point(text: str) -> tuple[float, float] | None:
    latitude, _, longitude = text.partition(",")
    north, east = _number(latitude), _number(longitude)
    if north is None or east is None or abs(north) > 90 or abs(east) > 180:
        return None
    return north, east


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _space(element: Element) -> str:
    return element.tag.rpartition("}")[0] + "}"


def _all(element: Element, name: str, most: int) -> list[Element]:
    found = element.findall(_space(element) + name)
    if len(found) > most:
        why = f"more than {most} {name} elements"
        raise NotAnAlert(why)
    return found


def _said(element: Element | None) -> str:
    said = "" if element is None else "".join(element.itertext()).strip()
    if len(said) > LONGEST_TEXT * (
        10 if element is not None and element.tag.endswith("}polygon") else 1
    ):
        why = f"a text is longer than {LONGEST_TEXT:,} characters"
        raise NotAnAlert(why)
    return said


def _text(element: Element, name: str) -> str:
    return _said(element.find(_space(element) + name))


def _name(element: Element, name: str) -> str:
    said = _text(element, name)
    if not said or len(said) > LONGEST_NAME:
        why = f"{name} is missing or too long"
        raise NotAnAlert(why)
    return said


def _pairs(element: Element, name: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (_text(pair, "valueName"), _text(pair, "value")) for pair in _all(element, name, MAX_PAIRS)
    )
