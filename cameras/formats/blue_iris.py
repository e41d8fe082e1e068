"""Blue Iris with CodeProject.AI: the web request of an alert action.

The post's text is written by whoever sets Blue Iris up, with macros in it. The shape here is the
one that is in public use, {"ai_dump": &JSON, "Image": "&ALERT_JPEG", "camera": "&CAM", "timestamp":
...} (the README and the receiver of the project algertc/ALPR-Database), so that a camera set up
for that needs another address and token alone. `ai_dump` is one object or a list; that of `api`
"alpr" holds found.predictions[{plate, confidence 0-1, x_min, y_min, x_max, y_max}]. Without an
`ai_dump`, `plate_number` (&PLATE) or `memo` (&MEMO: "ABC123:90%,car:80%") are taken.

Not established from documentation of the vendor:

- How &ALERT_TIME writes a time. So a time must be ISO 8601, best written with Blue Iris' own time
  codes (docs/cameras.md); without an offset it is the camera's local clock.
- Whether the boxes are in the pixels of the alert's picture. They are used as such, as others do; a
  box that lies outside gives no crop.
- That a memo tells plates from other objects: words of letters alone are not taken for plates.

A plate of two lines comes with a space between them, which is dropped like any other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cameras.fields import (
    a_list,
    a_local_moment,
    a_moment,
    a_number,
    a_share,
    a_text,
    an_id,
    an_image,
    an_object,
    says_no_plate,
)
from cameras.incoming import Attachment, Box, IncomingImage, IncomingRead, Parsed
from domain.errors import BadRead

NAME = "blue-iris"
TITLE = "Blue Iris with CodeProject.AI"
DUMPS_MAX = 100
PLATES_MAX = 100
"""Plates of one alert; real ones hold a handful."""

_MEMO = re.compile(r"([^:,]{1,64}):\s*([0-9]{1,3})%")


def recognizes(payload: Any) -> bool:
    """An object with ai_dump, or with plate_number or memo beside a camera and a timestamp."""
    if not isinstance(payload, dict):
        return False
    if "ai_dump" in payload:
        return True
    named = "camera" in payload and "timestamp" in payload
    return named and ("plate_number" in payload or "memo" in payload)


def resembles(payload: Any) -> str:
    """CodeProject.AI's own answer, or an alert action that lacks the camera or the time."""
    if not isinstance(payload, dict) or recognizes(payload):
        return ""
    if "predictions" in payload or "ALERT_PATH" in payload or "ALERT_CLIP" in payload:
        return f"looks like {TITLE}: has its names, but no ai_dump (docs/cameras.md has the text)"
    if "plate_number" in payload or "memo" in payload:
        return f"looks like {TITLE}: has a plate, but no camera and timestamp beside it"
    return ""


def parse(payload: Any, attachments: Sequence[Attachment] = ()) -> Parsed:
    """A read for each plate of the alert. The first file is the alert's picture, like `Image`."""
    root = an_object(payload, "body")
    camera = an_id(root.get("camera"), "camera")
    if not camera:
        raise BadRead("camera", 'is missing: write "camera": "&CAM" into the alert action')
    seen_at = _time(root.get("timestamp"))
    picture = an_image(root.get("Image"), "vehicle", "Image")
    if not picture and attachments:
        first = attachments[0]
        picture = (IncomingImage(kind="vehicle", data=first.data, field=first.field),)
    reads: list[IncomingRead] = []
    ignored: list[str] = []
    without = 0
    for plate, sure, box, field in _plates(root, ignored):
        if says_no_plate(plate):
            without += 1
            continue
        reads.append(
            IncomingRead(
                camera=camera,
                seen_at=seen_at,
                plate=plate,
                format=NAME,
                field=field,
                confidence=sure,
                images=picture,
                plate_box=box if picture else None,
            )
        )
    return Parsed(tuple(reads), without, tuple(ignored))


_Found = tuple[str, float | None, Box | None, str]
"""A plate, its confidence 0-1, where it is, and the field it stood in."""


def _plates(root: dict[Any, Any], ignored: list[str]) -> list[_Found]:
    if "ai_dump" in root:
        return _dumped(root["ai_dump"], ignored)
    if "plate_number" in root:
        return [(a_text(root["plate_number"], "plate_number"), None, None, "")]
    return _memo(a_text(root.get("memo"), "memo"), ignored)


def _dumped(dump: Any, ignored: list[str]) -> list[_Found]:
    many = [dump] if isinstance(dump, dict) else a_list(dump, "ai_dump", DUMPS_MAX)
    found: list[_Found] = []
    others = 0
    for i, thing in enumerate(many):
        at = f"ai_dump[{i}]"
        one = an_object(thing, at)
        if a_text(one.get("api"), f"{at}.api").lower() != "alpr":
            others += 1
            continue
        inside = an_object(one.get("found") or {}, f"{at}.found")
        field = f"{at}.found.predictions"
        for n, item in enumerate(a_list(inside.get("predictions"), field, PLATES_MAX)):
            if len(found) == PLATES_MAX:
                raise BadRead("ai_dump", f"has more than {PLATES_MAX} plates")
            prediction, where = an_object(item, f"{field}[{n}]"), f"{field}[{n}]"
            plate = a_text(prediction.get("plate"), f"{where}.plate")
            label = a_text(prediction.get("label"), f"{where}.label")
            if not plate and label.lower().startswith("plate:"):
                plate = label[6:].strip()
            sure = a_share(prediction.get("confidence"), f"{where}.confidence")
            found.append((plate, sure, _box(prediction), where))
    if others:
        ignored.append(f"{others} results of other detectors than the plate reader")
    return found


def _memo(memo: str, ignored: list[str]) -> list[_Found]:
    found: list[_Found] = []
    others = 0
    for match in _MEMO.finditer(memo[:10_000]):
        word = match[1].strip().strip("[]")
        if any(c.isdigit() for c in word) and len(found) < PLATES_MAX:
            found.append((word, a_share(match[2], "memo", 100), None, ""))
        else:
            others += 1
    if others:
        ignored.append(f"{others} words of the memo that are no plate")
    if not found:
        found.append(("", None, None, ""))  # an alert in which no plate was read
    return found


def _time(thing: Any) -> datetime:
    if isinstance(thing, int | float) and not isinstance(thing, bool):
        number = a_number(thing, "timestamp") or 0.0
        unit = timedelta(milliseconds=1) if number > 1e11 else timedelta(seconds=1)
        return a_moment(thing, "timestamp", unit)
    try:
        return a_local_moment(thing, "timestamp")
    except BadRead as bad:
        problem = 'write "timestamp": "%Y-%m-%dT%H:%M:%S" into the alert action'
        raise BadRead("timestamp", f"{bad.problem}; {problem}") from bad


def _box(prediction: dict[Any, Any]) -> Box | None:
    try:
        xmin, ymin, xmax, ymax = (
            a_number(prediction.get(side), side) for side in ("x_min", "y_min", "x_max", "y_max")
        )
    except BadRead:
        return None
    if xmin is None or ymin is None or xmax is None or ymax is None:
        return None
    return Box(xmin=xmin, ymin=ymin, xmax=xmax, ymax=ymax) if xmax > xmin and ymax > ymin else None
