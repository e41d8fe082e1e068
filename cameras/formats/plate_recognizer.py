"""Plate Recognizer Stream's webhook.

The payload is {"hook": {...}, "data": {camera_id, timestamp, results: [...]}}, and comes as a
JSON body or as the form field ``json`` with the frame beside it as a file. A result has one of
two shapes: flat (plate is text, beside it score, region, candidates, model_make, color), or
with properties (plate.props.plate is a list of {value, score}, likewise vehicle.props). Fields
we do not know are left alone: the vendor adds some with every version.

Not used, on purpose: `direction` is an angle within the picture and not a compass heading, and
`timestamp_local` may lack its offset while `timestamp` is UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from cameras.fields import a_list, a_text, an_id, says_no_plate
from cameras.incoming import Attachment, Box, IncomingImage, IncomingRead, Parsed
from cameras.states import from_region
from domain.errors import BadRead
from domain.vehicle import Guess, VehicleSeen

NAME = "plate-recognizer"
TITLE = "Plate Recognizer Stream"
RESULTS_MAX = 100
"""Vehicles in one frame; real frames hold a handful."""


def recognizes(payload: Any) -> bool:
    """An object whose `data` holds `results`, or whose `hook` names an event."""
    if not isinstance(payload, dict):
        return False
    data, hook = payload.get("data"), payload.get("hook")
    return (isinstance(data, dict) and "results" in data) or (
        isinstance(hook, dict) and isinstance(data, dict) and "event" in hook
    )


def resembles(payload: Any) -> str:
    """A hook without its data, data without its results, or a result by itself."""
    if not isinstance(payload, dict) or recognizes(payload):
        return ""
    data, hook = payload.get("data"), payload.get("hook")
    if isinstance(data, dict) and "camera_id" in data and "timestamp" in data:
        return f"looks like {TITLE}: has data with camera_id and timestamp, but no data.results"
    if isinstance(hook, dict) and ("event" in hook or "target" in hook):
        return f"looks like {TITLE}: has a hook, but no data"
    if isinstance(payload.get("results"), list) and "camera_id" in payload:
        return f"looks like {TITLE}: has camera_id and results, but not within data"
    return ""


def parse(payload: Any, attachments: Sequence[Attachment] = ()) -> Parsed:
    """A read for each result that has a plate. The first file is the frame they were seen in."""
    root = _object(payload, "body")
    hook = _object(root.get("hook") or {}, "hook")
    if an_id(hook.get("event") or "recognition", "hook.event") != "recognition":
        return Parsed((), ignored=("a notice of the device that is no recognition",))
    data = _object(root.get("data"), "data")
    results = _list(data.get("results"), "data.results")
    if len(results) > RESULTS_MAX:
        raise BadRead("data.results", f"has {len(results)} results; the limit is {RESULTS_MAX}")
    camera = data.get("camera_id") or hook.get("id")
    if not camera or not isinstance(camera, str | int) or isinstance(camera, bool):
        raise BadRead("data.camera_id", "is missing")
    camera = an_id(camera, "data.camera_id")
    images: tuple[IncomingImage, ...] = ()
    if attachments:
        frame = attachments[0]
        images = (IncomingImage(kind="vehicle", data=frame.data, field=frame.field),)
    reads = []
    for n, result in enumerate(results):
        field = f"data.results[{n}]"
        read = _result(_object(result, field), field, camera, data.get("timestamp"), images)
        if read is not None:
            reads.append(read)
    return Parsed(tuple(reads), len(results) - len(reads))


def _result(
    result: dict[str, Any],
    field: str,
    camera: str,
    timestamp: Any,
    images: tuple[IncomingImage, ...],
) -> IncomingRead | None:
    plate = result.get("plate")
    if isinstance(plate, dict):
        at = f"{field}.plate.props"
        props = _object(plate.get("props") or {}, at)
        guesses = _guesses(props.get("plate"), ("value", "plate"), f"{at}.plate")
        regions = _guesses(props.get("region"), ("value", "code"), f"{at}.region")
        text, score = (guesses[0].value, guesses[0].confidence) if guesses else ("", None)
        box = plate.get("box") or result.get("box")
    else:
        guesses = _guesses(result.get("candidates"), ("plate", "value"), f"{field}.candidates")
        regions = _guesses(_one(result.get("region")), ("code", "value"), f"{field}.region")
        text, score = a_text(plate, f"{field}.plate"), _score(result, f"{field}.score")
        box = result.get("box")
    if says_no_plate(text):
        return None
    region = regions[0] if regions else Guess("")
    state = from_region(region.value)
    return IncomingRead(
        camera=camera,
        seen_at=_moment(timestamp),
        plate=text,
        format=NAME,
        field=field,
        confidence=score,
        state=state,
        state_confidence=region.confidence if state else None,
        candidates=guesses,
        vehicle=_vehicle(result, field),
        images=images,
        plate_box=_box(box) if images else None,
    )


def _vehicle(result: dict[str, Any], field: str) -> VehicleSeen:
    vehicle = _object(result.get("vehicle") or {}, f"{field}.vehicle")
    source, at = result, field
    if isinstance(vehicle.get("props"), dict):
        source, at = vehicle["props"], f"{field}.vehicle.props"
    name = "make_model" if "make_model" in source else "model_make"
    models, at_models = source.get(name), f"{at}.{name}"
    facing = _guesses(source.get("orientation"), ("orientation", "value"), f"{at}.orientation")
    body = a_text(vehicle.get("type"), f"{field}.vehicle.type")
    return VehicleSeen(
        make=_once(_guesses(models, ("make",), at_models)),
        model=_once(_guesses(models, ("model",), at_models)),
        color=_guesses(source.get("color"), ("color", "value"), f"{at}.color"),
        body=(Guess(body, _score(vehicle, f"{field}.vehicle.score")),) if body else (),
        orientation=next((g.value for g in facing if g.value.lower() != "unknown"), ""),
    )


def _guesses(many: Any, names: tuple[str, ...], field: str) -> tuple[Guess, ...]:
    """The named values with their scores, as the vendor has ordered them; blanks left out."""
    found = []
    for n, one in enumerate(a_list(many or [], field)):
        item = _object(one, f"{field}[{n}]")
        name = next((name for name in names if name in item), names[0])
        value = a_text(item.get(name), f"{field}[{n}].{name}")
        if value:
            found.append(Guess(value, _score(item, f"{field}[{n}].score")))
    return tuple(found)


def _once(guesses: Iterable[Guess]) -> tuple[Guess, ...]:
    """Each value once, with its best score: one make comes with each of its models."""
    best: dict[str, Guess] = {}
    for guess in guesses:
        if guess.value not in best:
            best[guess.value] = guess
    return tuple(best.values())


def _one(thing: Any) -> list[Any]:
    return [] if not thing else [thing]


def _object(thing: Any, field: str) -> dict[str, Any]:
    if not isinstance(thing, dict):
        raise BadRead(field, "must be an object")
    return thing


def _list(thing: Any, field: str) -> list[Any]:
    if not isinstance(thing, list):
        raise BadRead(field, "must be an array")
    return thing


def _number(thing: Any) -> float | None:
    if isinstance(thing, bool) or not isinstance(thing, int | float):
        return None
    return float(thing) if -1e9 < thing < 1e9 else None


def _score(item: dict[str, Any], field: str) -> float | None:
    """The score, which Plate Recognizer gives as 0-1; None when it gave none."""
    score = item.get("score")
    if score is None or score == "":
        return None
    number = _number(score)
    if number is None or not 0 <= number <= 1:
        raise BadRead(field, "must be a number between 0 and 1")
    return number


def _moment(timestamp: Any) -> datetime:
    field = "data.timestamp"
    if not isinstance(timestamp, str) or not timestamp:
        raise BadRead(field, "is missing")
    try:
        moment = datetime.fromisoformat(timestamp.strip())
    except ValueError as bad:
        raise BadRead(field, "is not a time, for example 2026-11-21T21:02:09Z") from bad
    if moment.tzinfo is None:
        raise BadRead(field, "needs its offset, for example 2026-11-21T21:02:09Z")
    return moment


def _box(box: Any) -> Box | None:
    """The plate's place in the frame; None when there is none that makes sense."""
    if not isinstance(box, dict):
        return None
    sides = [_number(box.get(side)) for side in ("xmin", "ymin", "xmax", "ymax")]
    xmin, ymin, xmax, ymax = sides
    if xmin is None or ymin is None or xmax is None or ymax is None:
        return None
    if xmax <= xmin or ymax <= ymin:
        return None
    return Box(xmin=xmin, ymin=ymin, xmax=xmax, ymax=ymax)
