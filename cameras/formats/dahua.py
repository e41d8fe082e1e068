"""Dahua ITC and WizMind cameras: TrafficJunction events.

An event comes in three shapes of one content, and all are taken:

- eventManager's text, ``Code=TrafficJunction;action=Pulse;index=0;data={...}`` (Dahua "HTTP API",
  eventManager.cgi attach; quoted at qna.habr.com/q/1338700), with a bare ``Heartbeat`` between;
- snapManager's lines, ``Events[0].TrafficCar.PlateNumber=...``, with pictures as further parts
  (Dahua "ANPR API", snapManager.cgi attachFileProc; scribd.com/document/655257845);
- JSON, {"Events": [{"Code", "Action", "Index", "Data"}]}, or a client.notifyEventStream message
  with ``params.eventList`` (a capture at github.com/YutthapoomSa/dahua-api, text.js).

These are posted by a relay, or by firmwares that push them. Pulling from the camera's own address
is out of scope here, and so is ITSAPI's ``{"Picture": {"Plate": ...}}``, another message.

- Plate: ``TrafficCar.PlateNumber``, else ``Object.Text`` when ``Object.ObjectType`` is "Plate" (of
  other objects the text is the make). Absent, empty or a word like "unlicensed": no plate.
- Time: ``RealUTC`` is the true epoch in seconds. ``UTC`` is the camera's LOCAL clock written as if
  it were an epoch (in the capture 7 hours from RealUTC), so without RealUTC it is a naive local
  time. ``UTCMS`` is the milliseconds of either.
- Confidence: ``Object.Confidence`` of the plate. The NetSDK says 0-255 (nConfidence of
  NET_MSG_OBJECT), captures of plates hold percents; so above 100 it is of 255, otherwise of 100,
  and 0 is "none given". A device that really counts to 255 is overrated below 101: known, and
  not to be told apart.
- Camera: ``TrafficCar.MachineName`` (a serial number from the factory), else ``DeviceAddress``,
  with "/N" for a channel other than 0. An event that names none has "" and needs a camera's own
  token.
- ``action`` Stop is taken as well: some firmwares put the plate there alone, and a read twice is
  better than none.
- The message has no state; ``Country`` is not one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from cameras.fields import a_number, a_text, an_id, says_no_plate
from cameras.incoming import Attachment, Health, IncomingImage, IncomingRead, Parsed
from cameras.payloads import EVENTS_MAX, EventStream
from domain.errors import BadRead
from domain.place import Place
from domain.read import ImageKind
from domain.vehicle import Guess, VehicleSeen

NAME = "dahua"
TITLE = "Dahua ITC camera (TrafficJunction events)"

CODE = "TrafficJunction"
NO_PLATE = ("unlicensed", "null")
"""Beside the words of all vendors (cameras.fields.says_no_plate)."""
NOTHING_SAID = ("", "unknown", "unknow", "other", "null")
FAULTS = ("VideoLoss", "VideoBlind", "VideoAbnormalDetection", "StorageFailure", "StorageNotExist")
"""Event codes about the camera itself (HTTP API, event codes)."""

_EPOCH = datetime(1970, 1, 1)  # naive on purpose: the camera's wall clock


def recognizes(payload: Any) -> bool:
    """A text event stream, or JSON whose events have a Code and Data."""
    if isinstance(payload, EventStream):
        return bool(payload.events)
    events = _json_events(payload)
    return bool(events) and all(
        isinstance(one, dict) and isinstance(one.get("Code"), str) for one in events
    )


def resembles(payload: Any) -> str:
    """Other messages of Dahua's."""
    if isinstance(payload, EventStream) and not payload.events:
        return "looks like Dahua, but holds no event"
    if not isinstance(payload, dict) or recognizes(payload):
        return ""
    picture = payload.get("Picture")
    if isinstance(picture, dict) and "Plate" in picture:
        return "looks like Dahua ITSAPI (Picture.Plate), which is not taken: send TrafficJunction"
    if "TrafficCar" in payload:
        return "looks like the Data of a Dahua event without its Code"
    if _json_events(payload):
        return "looks like Dahua, but an event has no Code"
    return ""


def parse(payload: Any, attachments: Sequence[Attachment] = ()) -> Parsed:
    """A read for each TrafficJunction that has a plate; pictures belong to a single read."""
    events = payload.events if isinstance(payload, EventStream) else _json_events(payload)
    if not events:
        raise BadRead("body", "holds no event with a Code")
    if len(events) > EVENTS_MAX:
        raise BadRead("Events", f"has {len(events)} events; the limit is {EVENTS_MAX}")
    reads: list[IncomingRead] = []
    ignored: list[str] = []
    health: list[Health] = []
    without = 0
    for n, event in enumerate(events):
        field = f"Events[{n}]"
        if not isinstance(event, dict):
            raise BadRead(field, "must be an object")
        code = _word(_first(event, "Code", "EventBaseInfo.Code", "Data.Code"))
        if code != CODE:
            ignored.append(_ignored(event, code, health))
            continue
        read = _read(event, field)
        if read is None:
            without += 1
        else:
            reads.append(read)
    if len(reads) == 1:
        reads = [_with_images(reads[0], attachments)]
    elif attachments:
        ignored.append(f"{len(attachments)} pictures, since nobody knows of which event they are")
    return Parsed(tuple(reads), without, tuple(dict.fromkeys(ignored)), tuple(health))


def _json_events(payload: Any) -> list[Any]:
    if not isinstance(payload, dict):
        return []
    if isinstance(events := payload.get("Events"), list):
        return events
    params = payload.get("params")
    if isinstance(params, dict) and isinstance(events := params.get("eventList"), list):
        return events
    return []


def _ignored(event: dict[str, Any], code: str, health: list[Health]) -> str:
    if code == "Heartbeat":
        return "a heartbeat"
    if code in FAULTS:
        action = _word(_first(event, "action", "Action", "EventBaseInfo.Action"))
        camera = _camera(event, _data(event))
        if camera:
            health.append(Health(camera=camera, problem="" if action == "Stop" else code))
        return f"an event of the camera itself: {code}"
    return f'an event with the code "{code[:40]}", which is not {CODE}'


def _data(event: dict[str, Any]) -> dict[str, Any]:
    """Where the event's own fields stand: in data, in Data, or beside its Code."""
    for name in ("data", "Data"):
        if isinstance(found := event.get(name), dict):
            return found
    return event


def _get(data: dict[str, Any], path: str) -> Any:
    """The value at a dotted path, nested (JSON) or flat (lines); None when absent."""
    if path in data:
        return data[path]
    thing: Any = data
    for name in path.split("."):
        if not isinstance(thing, dict):
            return None
        thing = thing.get(name)
    return thing


def _first(data: dict[str, Any], *paths: str) -> Any:
    return next((found for path in paths if (found := _get(data, path)) not in (None, "")), None)


def _word(thing: Any) -> str:
    """Text or a number as text; anything else is nothing."""
    try:
        return an_id(thing, "")
    except BadRead:
        return ""


def _number(thing: Any) -> float | None:
    try:
        return a_number(thing, "")
    except BadRead:
        return None


def _read(event: dict[str, Any], field: str) -> IncomingRead | None:
    data = _data(event)
    plate = _plate(data, field)
    if not plate:
        return None
    return IncomingRead(
        camera=_camera(event, data),
        seen_at=_moment(data, field),
        plate=plate,
        format=NAME,
        field=field,
        confidence=_confidence(data, field),
        vehicle=_vehicle(data),
        place=_place(data),
    )


def _plate(data: dict[str, Any], field: str) -> str:
    for path, wanted in (("TrafficCar.PlateNumber", True), ("Object.Text", _is_plate(data))):
        said = _get(data, path) if wanted else None
        if said is None:
            continue
        plate = a_text(said, f"{field}.{path}")
        if not says_no_plate(plate) and plate.lower() not in NO_PLATE:
            return plate
    return ""


def _is_plate(data: dict[str, Any]) -> bool:
    return _word(_get(data, "Object.ObjectType")).lower() == "plate"


def _moment(data: dict[str, Any], field: str) -> datetime:
    millis = _number(_get(data, "UTCMS")) or 0
    real = _number(_first(data, "RealUTC"))
    wall = _number(_first(data, "UTC", "TrafficCar.UTC"))
    seconds, name = (real, "RealUTC") if real else (wall, "UTC")  # 0: it has none
    if seconds is None:
        where = f"{field}.RealUTC"
        raise BadRead(where, "is missing, and UTC as well")
    passed = timedelta(milliseconds=millis) if 0 <= millis < 1000 else timedelta(0)
    try:
        moment = _EPOCH + timedelta(seconds=seconds) + passed
    except OverflowError as bad:
        where = f"{field}.{name}"
        raise BadRead(where, "is not a time in seconds since 1970") from bad
    return moment.replace(tzinfo=UTC) if name == "RealUTC" else moment


def _confidence(data: dict[str, Any], field: str) -> float | None:
    where = f"{field}.Object.Confidence"
    number = a_number(_get(data, "Object.Confidence") if _is_plate(data) else None, where)
    if number is None or number == 0:
        return None
    if not 0 <= number <= 255:
        raise BadRead(where, "must be a number between 0 and 255")
    return number / (100 if number <= 100 else 255)


def _camera(event: dict[str, Any], data: dict[str, Any]) -> str:
    said = _first(data, "TrafficCar.MachineName", "TrafficCar.DeviceAddress", "DeviceAddress")
    device = _word(said)
    channel = _word(_first(event, "index", "Index", "EventBaseInfo.Index"))
    return f"{device}/{channel}" if device and channel not in ("", "0") else device


def _vehicle(data: dict[str, Any]) -> VehicleSeen:
    def said(*paths: str) -> tuple[Guess, ...]:
        words = (_word(_get(data, path)) for path in paths)
        return tuple(Guess(w) for w in words if w.lower() not in NOTHING_SAID)[:1]

    return VehicleSeen(
        make=said("TrafficCar.VehicleSign", "Vehicle.Text"),
        color=said("TrafficCar.VehicleColor"),
        body=said("TrafficCar.VehicleType", "Vehicle.Category"),
        plate_type=said("TrafficCar.PlateType"),
    )


def _place(data: dict[str, Any]) -> Place | None:
    latitude = _number(_get(data, "CommInfo.GPSInfo.Latitude"))
    longitude = _number(_get(data, "CommInfo.GPSInfo.Longitude"))
    if latitude is None or longitude is None or latitude == longitude == 0:
        return None
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return Place(latitude=latitude, longitude=longitude)


def _with_images(read: IncomingRead, attachments: Sequence[Attachment]) -> IncomingRead:
    """The largest picture is the frame, the smallest of several the plate (the ANPR API sends
    the whole frame and the crop, in an order that firmwares do not share)."""
    whole = sorted((one for one in attachments if one.data), key=lambda one: len(one.data))
    if not whole:
        return read
    kinds: list[tuple[ImageKind, Attachment]] = [("vehicle", whole[-1])]
    if len(whole) > 1:
        kinds.append(("plate", whole[0]))
    images = tuple(IncomingImage(kind=k, data=one.data, field=one.field) for k, one in kinds)
    return msgspec.structs.replace(read, images=images)
