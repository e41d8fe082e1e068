"""Frigate: the JSON messages of its MQTT topic frigate/tracked_object_update.

Sources: Frigate's pages "License Plate Recognition" and "MQTT" (docs.frigate.video), and how it
publishes (mixin.py and license_plate.py of frigate/data_processing in its source).

- A message of type "lpr" is published each time a plate of a tracked car was recognized and taken
  over, and Frigate goes on refining while the car moves. Nothing marks the last message of an
  object, so waiting for one would lose every plate. Each *different* text of an object is
  therefore a read, with an event id of object and plate: the same text again is the same read (the
  first is kept), a better text is another one, and a match of either reaches a person.
- `timestamp` is epoch seconds, `score` 0-1 (the mean over the characters: it has none of each).
  There is no state. `name` is the label of a plate in Frigate's own configuration: left out.
- When no car is left in sight Frigate sends the type with a plate of null and no id: left out.
- `plate_box` is in the camera's frame, which does not come along: left out.
- The topic carries other types (face, description, classification). They say nothing of a plate and
  are left out unread: bolo takes no faces.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from cameras.fields import PLATE_LONG, a_moment, a_share, a_text, an_id, an_object, says_no_plate
from cameras.incoming import Attachment, IncomingRead, Parsed
from domain.errors import BadRead
from domain.plate import normalise

NAME = "frigate"
TITLE = "Frigate"

OTHERS = ("face", "description", "classification")


def recognizes(payload: Any) -> bool:
    """An object of type "lpr" or another of the topic's, with its camera or its id."""
    return (
        isinstance(payload, dict)
        and _type(payload) in ("lpr", *OTHERS)
        and ("camera" in payload or "id" in payload)
    )


def resembles(payload: Any) -> str:
    """A message of the topic frigate/events, or one of the right topic without its camera."""
    if not isinstance(payload, dict) or recognizes(payload):
        return ""
    if "before" in payload and "after" in payload:
        return (
            f"looks like {TITLE}: a message of its topic frigate/events; "
            "plates come on frigate/tracked_object_update"
        )
    if _type(payload) == "lpr":
        return f'looks like {TITLE}: has the type "lpr", but no camera'
    if "recognized_license_plate" in payload:
        return f'looks like {TITLE}: has recognized_license_plate, but no type "lpr"'
    return ""


def parse(payload: Any, attachments: Sequence[Attachment] = ()) -> Parsed:
    """One read of an object's plate, or nothing."""
    if attachments:
        raise BadRead(attachments[0].field, "is a file; Frigate's messages have none")
    root = an_object(payload, "body")
    kind = _type(root)
    if kind in OTHERS:
        return Parsed((), ignored=(f"a message of type {kind}: it is not about a plate",))
    if kind != "lpr":
        raise BadRead("type", 'must be "lpr"')
    plate = a_text(root.get("plate"), "plate")
    tracked = an_id(root.get("id"), "id")
    if not plate and not tracked:
        return Parsed((), ignored=("a message that no vehicle is in sight any more",))
    camera = an_id(root.get("camera"), "camera")
    if not camera:
        raise BadRead("camera", "is missing")
    seen_at = a_moment(root.get("timestamp"), "timestamp", timedelta(seconds=1))
    score = a_share(root.get("score"), "score")
    if len(plate) > PLATE_LONG:
        raise BadRead("plate", f"is longer than {PLATE_LONG} characters")
    if says_no_plate(plate):
        return Parsed((), 1)
    read = IncomingRead(
        camera=camera,
        seen_at=seen_at,
        plate=plate,
        format=NAME,
        confidence=score,
        event_id=f"{tracked}:{normalise(plate)}" if tracked else "",
    )
    return Parsed((read,))


def _type(payload: dict[Any, Any]) -> str:
    kind = payload.get("type")
    return kind if isinstance(kind, str) else ""
