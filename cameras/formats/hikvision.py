"""Hikvision ANPR cameras: the alarm server's ``EventNotificationAlert``.

The camera posts XML, alone or as the part ``anpr.xml`` of a form with its pictures beside it
(``licensePlatePicture.jpg``, ``detectionPicture.jpg``, ``vehiclePicture.jpg``). The shape is that
of Hikvision's "Device Network SDK (Traffic) Developer Guide", XML_EventNotificationAlert_ANPR, and
of a real capture (the formats notes). Namespaces differ between firmwares (ver20/XMLSchema, ver10,
isapi, www.isapi.org), so local names count alone.

- Camera: ``macAddress`` and ``channelID`` as "d4:e8:53:00:00:02/1": that pair is unique and stays.
  Without a MAC address ``deviceID``, else ``ipAddress`` in its place. ``channelName`` is not
  used: it is "Camera 01" from the factory on every device.
- ``UUID`` and ``dateTime`` are the event: a retransmission (``isDataRetransmission``) carries them
  again and is the same read.
- ``licensePlate`` is the plate; "unknown" and "" are none. ``originalLicensePlate``, when it
  differs, is a candidate. ``confidenceLevel`` and ``plateCharBelieve`` are 0-100.
- ``DeviceGPSInfo`` (or ANPR/GPSInfo) is the place, unless it is missing, 0/0 or not on the earth:
  devices without a receiver fill it with nonsense.
- The SDK's ANPR message has no state of the United States. A two-letter ``state``, ``stateName``,
  ``province`` or ``region`` is taken where a firmware sends one and no other country is named.
- An event of another type is no read. ``videoloss`` inactive is the heartbeat of the SDK.

Not used: ``plateRect``, whose scale differs between firmwares (pixels or a share of the picture);
``direction``, which is relative to the camera; ``vehicleLogoRecog``, a number of the vendor's own
table; every picture that is none of the plate or the vehicle, since some firmwares add drivers
and pedestrians.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

from cameras.fields import says_no_plate
from cameras.incoming import Attachment, Health, IncomingImage, IncomingRead, Parsed
from cameras.payloads import child, local, text
from cameras.states import from_postal, from_region
from domain.errors import BadRead
from domain.place import Place
from domain.read import ImageKind
from domain.vehicle import Guess, VehicleSeen

NAME = "hikvision"
TITLE = "Hikvision ANPR camera (alarm server, XML)"

ROOT = "EventNotificationAlert"
NOTHING_SAID = ("", "unknown", "other", "vehicle", "0")
"""What a camera writes where it recognized nothing; "vehicle" is the kind of all of them."""

FAULTS = ("videoloss", "shelteralarm", "diskfull", "diskerror", "scenechangedetection", "defocus")
"""Events about the camera itself (SDK guide, event types): active is a fault, inactive is none."""
BEATS = ("videoloss", "heartbeat")

NORTH_AMERICA = {"": "", "non": "", "usa": "us", "us": "us", "can": "ca", "ca": "ca"}
"""countryAbbreviation: the countries whose states NCIC has, and what means none."""
COUNTRY_INDEX = {"169": "ca", "172": "us"}
"""NET_DVR_VEHICLE_PARA.byCountry of the SDK; older firmwares number differently or write names."""

_OFFSET = re.compile(r"([+-])(\d:\d\d)$")


def recognizes(payload: Any) -> bool:
    """XML whose root is EventNotificationAlert, in whatever namespace."""
    return isinstance(payload, Element) and local(payload) == ROOT


def resembles(payload: Any) -> str:
    """XML with an ANPR element below another root, or an alert in JSON."""
    if recognizes(payload):
        return ""
    if isinstance(payload, Element):
        if child(payload, "ANPR") is not None or child(payload, ROOT) is not None:
            return f"looks like Hikvision, but its root element is not {ROOT}"
        return ""
    if isinstance(payload, dict) and ("ANPR" in payload or "aNPR" in payload):
        return "looks like Hikvision in JSON: set the camera's alarm server to XML"
    return ""


def parse(payload: Any, attachments: Sequence[Attachment] = ()) -> Parsed:
    """The one read of an ANPR event; other events are ignored in words."""
    if not isinstance(payload, Element) or local(payload) != ROOT:
        raise BadRead("body", f"is not XML with the root element {ROOT}")
    camera = _camera(payload)
    kind, state = text(payload, "eventType"), text(payload, "eventState").lower()
    if kind.upper() != "ANPR":
        return _other(payload, camera, kind.lower(), state)
    anpr = child(payload, "ANPR")
    if anpr is None:
        raise BadRead("ANPR", "is missing from an event of type ANPR")
    plate = text(anpr, "licensePlate")
    if says_no_plate(plate):
        return Parsed((), 1)
    if not camera:
        raise BadRead("macAddress", "is missing, and deviceID, ipAddress as well")
    images, ignored = _images(attachments)
    original = text(anpr, "originalLicensePlate")
    state_code = _state(payload, anpr)
    seen_at = _moment(text(payload, "dateTime"))
    read = IncomingRead(
        camera=camera,
        seen_at=seen_at,
        plate=plate,
        format=NAME,
        confidence=_percent(text(anpr, "confidenceLevel"), "ANPR.confidenceLevel"),
        character_confidences=_characters(text(anpr, "plateCharBelieve"), plate),
        state=state_code,
        candidates=(Guess(original),) if _differs(original, plate) else (),
        vehicle=_vehicle(anpr),
        place=_place(child(payload, "DeviceGPSInfo")) or _place(child(anpr, "GPSInfo")),
        images=images,
        event_id=_event(text(payload, "UUID"), seen_at),
    )
    return Parsed((read,), ignored=ignored)


def _other(alert: Element, camera: str, kind: str, state: str) -> Parsed:
    words = text(alert, "eventDescription") or kind
    if kind in FAULTS and state == "active":
        ignored = f"an event of the camera itself: {words[:60]}"
        problem = words[:60]
    elif kind in BEATS:
        ignored, problem = "a heartbeat", ""
    else:
        return Parsed((), ignored=(f'an event of type "{kind[:40]}", which is not ANPR',))
    said = text(alert, "dateTime")
    try:
        at = _moment(said) if said else None
    except BadRead:
        at = None
    health = (Health(camera=camera, at=at, problem=problem),) if camera else ()
    return Parsed((), ignored=(ignored,), health=health)


def _camera(alert: Element) -> str:
    device = next(
        (said for n in ("macAddress", "deviceID", "ipAddress") if (said := text(alert, n))), ""
    )
    channel = text(alert, "channelID") or text(alert, "dynChannelID")
    return f"{device.lower()}/{channel}" if device and channel else device.lower()


def _moment(said: str) -> datetime:
    """With its offset, or naive where the firmware sends none (cameras.incoming)."""
    if not said:
        raise BadRead("dateTime", "is missing")
    try:
        return datetime.fromisoformat(_OFFSET.sub(r"\g<1>0\2", said))  # some write +8:00
    except ValueError as bad:
        raise BadRead("dateTime", "is not a time, for example 2026-11-21T21:02:09-06:00") from bad


def _number(said: str) -> float | None:
    try:
        number = float(said)
    except ValueError:
        return None
    return number if -1e9 < number < 1e9 else None


def _percent(said: str, field: str) -> float | None:
    if not said:
        return None
    number = _number(said)
    if number is None or not 0 <= number <= 100:
        raise BadRead(field, "must be a number between 0 and 100")
    return number / 100


def _characters(said: str, plate: str) -> tuple[float, ...]:
    """A number a character, or () when they are not as many: then nobody knows whose is whose."""
    parts = [part for part in said.replace(";", ",").split(",") if part.strip()]
    if len(parts) != len(plate):
        return ()
    numbers = [_number(part) for part in parts]
    if any(n is None or not 0 <= n <= 100 for n in numbers):
        return ()
    return tuple((n or 0.0) / 100 for n in numbers)


def _differs(original: str, plate: str) -> bool:
    return not says_no_plate(original) and original.upper() != plate.upper()


def _event(said: str, seen_at: datetime) -> str:
    """With the time, since a firmware that says one UUID for ever must not make all reads one."""
    if not said.strip("0-"):
        return ""  # all zeros: the firmware has none
    return f"{said}@{seen_at:%y%m%d%H%M%S}"


def _state(alert: Element, anpr: Element) -> str:
    country = NORTH_AMERICA.get(text(alert, "countryAbbreviation").lower())
    if country is None:
        return ""  # another country's: no state that an entry could have
    country = country or COUNTRY_INDEX.get(text(anpr, "country"), "us")
    for name in ("state", "stateName", "province", "region"):
        said = text(anpr, name)
        if "-" in said:
            found = from_region(said)
        elif country == "ca" and len(said) == 2:
            found = from_region(f"ca-{said}")
        else:
            found = from_postal(said)
        if found:
            return found
    return ""


def _vehicle(anpr: Element) -> VehicleSeen:
    def said(*path: str) -> tuple[Guess, ...]:
        word = text(anpr, *path)
        return () if word.lower() in NOTHING_SAID else (Guess(word),)

    return VehicleSeen(
        color=said("vehicleInfo", "color"), body=said("vehicleType"), plate_type=said("plateType")
    )


def _place(gps: Element | None) -> Place | None:
    if gps is None:
        return None
    latitude, longitude = _degrees(gps, "Latitude"), _degrees(gps, "Longitude")
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None
    if text(gps, "latitudeType").upper() == "S":
        latitude = -latitude
    if text(gps, "longitudeType").upper() == "W":
        longitude = -longitude
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return Place(latitude=round(latitude, 7), longitude=round(longitude, 7))


def _degrees(gps: Element, name: str) -> float | None:
    angle = child(gps, name)
    if angle is None:
        angle = child(gps, name.lower())
    if angle is None:
        return None
    parts = [_number(text(angle, unit) or "0") for unit in ("degree", "minute", "sec")]
    degree, minute, second = parts
    if degree is None or minute is None or second is None or min(degree, minute, second) < 0:
        return None
    return degree + minute / 60 + second / 3600


def _images(
    attachments: Sequence[Attachment],
) -> tuple[tuple[IncomingImage, ...], tuple[str, ...]]:
    """The plate, the vehicle and the whole scene, by the names of their parts."""
    found: dict[ImageKind, IncomingImage] = {}
    ignored: list[str] = []
    names = [(f"{one.field} {one.name}".lower(), one) for one in attachments]
    has_vehicle = any("vehiclepicture" in name and one.data for name, one in names)
    for name, one in names:
        kind: ImageKind | None = None
        if "licenseplate" in name:
            kind = "plate"
        elif "vehiclepicture" in name:
            kind = "vehicle"
        elif "detection" in name and "pedestrian" not in name:
            kind = "context" if has_vehicle else "vehicle"
        if kind is None:
            ignored.append("a picture that is neither of the plate nor of the vehicle")
        elif not one.data:
            ignored.append(f"an empty picture of the {kind}")
        elif kind not in found:
            found[kind] = IncomingImage(kind=kind, data=one.data, field=one.field)
    return tuple(found.values()), tuple(ignored)
