"""AXIS License Plate Verifier and the fflprapp of FF Group on Axis cameras: pushed JSON events.

Sources: "License plate verifier API" (developer.axis.com/vapix), "JSON Fields (Protocol 1.6)" of FF
Group, and the formats notes. Numbers mostly come as texts.

- A car (carID) is reported when it is first seen ("new"), whenever something changes ("update",
  "updated") and once it has left ("lost"), some seconds later. The plate may change in between, so
  only "lost" is a read.
- carID is a counter of the running program and starts again; with the camera's serial number and
  the time of capture it makes the event's id, so that the same event posted twice is one read and
  a restarted counter is not.
- plateConfidence is 0-1. plateCountry is a country of three letters (ISO 3166), and no field for
  a state is documented: `state` stays empty.
- carMoveDirection is in or out of a zone that was drawn, not a heading.
- plateCoordinates (left, top, width, height) lie in the full frame; they are used when the file
  that came along is the frame.
- imagesURI are addresses on the camera: they are not fetched.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from cameras.fields import (
    a_moment,
    a_number,
    a_place,
    a_share,
    a_text,
    an_id,
    an_object,
    says_no_plate,
)
from cameras.incoming import Attachment, Box, IncomingImage, IncomingRead, Parsed
from domain.errors import BadRead
from domain.place import Place
from domain.read import ImageKind

NAME = "axis"
TITLE = "AXIS License Plate Verifier"

PLATES = ("plateUTF8", "plateUnicode", "plateText", "plateASCII")
"""Where the plate stands, the first that is there. Which ones are sent is a setting."""
NOT_FINAL = ("new", "update", "updated")
_KINDS: dict[str, ImageKind] = {
    "plate": "plate",
    "mmrcrop": "vehicle",
    "vehicle": "vehicle",
    "frame": "vehicle",
}


def recognizes(payload: Any) -> bool:
    """An object with carState and a plate."""
    return isinstance(payload, dict) and "carState" in payload and any(n in payload for n in PLATES)


def resembles(payload: Any) -> str:
    """One of the two, or two other names of an event."""
    if not isinstance(payload, dict) or recognizes(payload):
        return ""
    others = ("carID", "capture_timestamp", "plateCountry", "plateConfidence", "packetCounter")
    has = [name for name in ("carState", *PLATES, *others) if name in payload]
    if len(has) < 2:
        return ""
    missing = PLATES[0] if "carState" in payload else "carState"
    return f"looks like {TITLE}: has {has[0]} and {has[1]}, but no {missing}"


def parse(payload: Any, attachments: Sequence[Attachment] = ()) -> Parsed:
    """One read of a car that has left, nothing of one that is still in sight."""
    root = an_object(payload, "body")
    state = a_text(root.get("carState"), "carState").lower()
    if state in NOT_FINAL:
        return Parsed((), ignored=("a car still in sight, whose plate may change: lost follows",))
    if state != "lost":
        raise BadRead("carState", "must be one of new, update, lost")
    field = next((name for name in PLATES if root.get(name)), PLATES[0])
    plate = a_text(root.get(field), field)
    camera = _camera(root)
    said = root.get("capture_timestamp")
    seen_at = a_moment(said, "capture_timestamp", timedelta(milliseconds=1))
    if says_no_plate(plate):
        return Parsed((), 1)
    car = an_id(root.get("carID"), "carID")
    kind = _KINDS.get(a_text(root.get("imageType"), "imageType").lower(), "context")
    images = tuple(
        IncomingImage(kind=kind, data=file.data, field=file.field) for file in attachments[:1]
    )
    framed = bool(images) and a_text(root.get("imageType"), "imageType").lower() == "frame"
    return Parsed(
        (
            IncomingRead(
                camera=camera,
                seen_at=seen_at,
                plate=plate,
                format=NAME,
                confidence=a_share(root.get("plateConfidence"), "plateConfidence"),
                place=_place(root.get("geotag")),
                images=images,
                plate_box=_box(root.get("plateCoordinates")) if framed else None,
                event_id=f"{camera}:{car}:{seen_at.isoformat()}" if car else "",
            ),
        )
    )


def _camera(root: dict[Any, Any]) -> str:
    """The serial number; the name given to the sensor where there is none."""
    said = root.get("camera_info")
    info = {} if said is None else an_object(said, "camera_info")
    camera = an_id(info.get("SerialNumber"), "camera_info.SerialNumber")
    camera = camera or an_id(root.get("sensorProviderID"), "sensorProviderID")
    if not camera:
        raise BadRead("camera_info.SerialNumber", "is missing")
    return camera


def _place(thing: Any) -> Place | None:
    if thing is None:
        return None
    spot = an_object(thing, "geotag")
    return a_place(spot.get("lat"), spot.get("lon"), ("geotag.lat", "geotag.lon"))


def _box(thing: Any) -> Box | None:
    if not isinstance(thing, list) or len(thing) != 4:
        return None
    try:
        left, top, width, height = (a_number(one, "plateCoordinates") for one in thing)
    except BadRead:
        return None
    if left is None or top is None or not width or not height or width < 0 or height < 0:
        return None
    return Box(xmin=left, ymin=top, xmax=left + width, ymax=top + height)
