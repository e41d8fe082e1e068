"""What the OpenALPR (Rekor) agent saw: a group of one vehicle, or the plates of a single frame.

Sources: Rekor Scout's pages "JSON Group Results" and "JSON Plate Results" (docs.rekor.ai/scout),
the older openalpr/doc (source/app_integration.include) and the formats notes.

- Confidences are 0-100. A region is "us-mo" in version 2 and "mo" in version 1 (and, in the older
  documentation, within version 2 as well).
- `best_plate_number` stands beside an object `best_plate`; either may be the only one. The object
  has the crop of the plate, and the candidates of the best frame where the group has none.
- `gps_latitude` and `gps_longitude` are both -1 or both 0 when the agent has no position.
- `travel_direction` is left out: it is an angle within the picture, 0 being the top edge and not
  north (the vendor's forum, discuss.openalpr.com, "Distinguish Between Vehicle Direction").
- A uuid names a frame, in which several plates may have been read. A group's event id is therefore
  the uuid of its best frame with the plate's index there, a frame's the uuid with the position.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cameras.fields import (
    a_list,
    a_moment,
    a_number,
    a_place,
    a_share,
    a_text,
    an_id,
    an_image,
    an_object,
    says_no_plate,
)
from cameras.incoming import Attachment, Box, IncomingImage, IncomingRead
from cameras.state_text import of_region
from domain.errors import BadRead
from domain.place import Place
from domain.vehicle import Guess, VehicleSeen

NAME = "rekor"
MILLISECOND = timedelta(milliseconds=1)
RESULTS_MAX = 100
"""Plates of one frame; real frames hold a handful."""
GUESSES_MAX = 20
"""The best values kept of each list about the vehicle (cameras.building.GUESSES_MAX)."""
UUIDS_MAX = 10_000
"""Frames of a group that are looked through for the best one's index."""


def read_of_group(
    group: dict[Any, Any],
    at: str = "",
    attachments: Sequence[Attachment] = (),
    camera: Any = None,
) -> IncomingRead | None:
    """The read of a group, None when it has no plate. `at` is "" or "group." for its fields.

    `camera` is what a wrapper said for a group that does not name its camera itself.
    """
    best, best_at = _best_plate(group, at)
    plate = a_text(group.get("best_plate_number"), at + "best_plate_number")
    plate = plate or a_text(best.get("plate"), best_at + "plate")
    seen_at = _first_seen(group, at)
    where = _camera(group, at, camera)
    if says_no_plate(plate):
        return None
    region = a_text(group.get("best_region"), at + "best_region")
    sure = a_share(group.get("best_region_confidence"), at + "best_region_confidence", 100)
    if not region:
        region = a_text(best.get("region"), best_at + "region")
        sure = a_share(best.get("region_confidence"), best_at + "region_confidence", 100)
    state = of_region(region, a_text(group.get("country"), at + "country"))
    confidence = a_share(group.get("best_confidence"), at + "best_confidence", 100)
    if confidence is None:
        confidence = a_share(best.get("confidence"), best_at + "confidence", 100)
    crop = an_image(group.get("vehicle_crop_jpeg"), "vehicle", at + "vehicle_crop_jpeg")
    plate_crop = an_image(best.get("plate_crop_jpeg"), "plate", best_at + "plate_crop_jpeg")
    frame = () if crop else _frame(attachments)
    return IncomingRead(
        camera=where,
        seen_at=seen_at,
        plate=plate,
        format=NAME,
        field=at.rstrip("."),
        confidence=confidence,
        state=state,
        state_confidence=sure if state else None,
        candidates=_candidates(group.get("candidates"), at + "candidates")
        or _candidates(best.get("candidates"), best_at + "candidates"),
        vehicle=_vehicle(group.get("vehicle"), at + "vehicle"),
        place=_place(group, at),
        images=crop + plate_crop + frame,
        plate_box=_box(best.get("coordinates")) if frame else None,
        event_id=_group_id(group, best, at),
    )


def reads_of_frame(
    frame: dict[Any, Any], attachments: Sequence[Attachment] = ()
) -> tuple[list[IncomingRead], int]:
    """The reads of an `alpr_results`, and how many of its results had no plate."""
    results = a_list(frame.get("results"), "results", RESULTS_MAX)
    seen_at = a_moment(frame.get("epoch_time"), "epoch_time", MILLISECOND)
    camera, place = _camera(frame, "", None), _place(frame, "")
    uuid = an_id(frame.get("uuid"), "uuid")
    country = a_text(frame.get("country"), "country")
    picture = _frame(attachments)
    reads = []
    for n, thing in enumerate(results):
        at = f"results[{n}]."
        result = an_object(thing, at.rstrip("."))
        plate = a_text(result.get("plate"), at + "plate")
        if says_no_plate(plate):
            continue
        state = of_region(a_text(result.get("region"), at + "region"), country)
        sure = a_share(result.get("region_confidence"), at + "region_confidence", 100)
        crop = an_image(result.get("plate_crop_jpeg"), "plate", at + "plate_crop_jpeg")
        reads.append(
            IncomingRead(
                camera=camera,
                seen_at=seen_at,
                plate=plate,
                format=NAME,
                field=at.rstrip("."),
                confidence=a_share(result.get("confidence"), at + "confidence", 100),
                state=state,
                state_confidence=sure if state else None,
                candidates=_candidates(result.get("candidates"), at + "candidates"),
                place=place,
                images=crop + picture,
                plate_box=_box(result.get("coordinates")) if picture else None,
                event_id=f"{uuid}:{n}" if uuid else "",
            )
        )
    return reads, len(results) - len(reads)


def _best_plate(group: dict[Any, Any], at: str) -> tuple[dict[Any, Any], str]:
    """`best_plate` as an object: version 1 also has the bare text."""
    best = group.get("best_plate")
    if isinstance(best, str):
        return {"plate": best}, at + "best_plate."
    return ({} if best is None else an_object(best, at + "best_plate")), at + "best_plate."


def _first_seen(group: dict[Any, Any], at: str) -> datetime:
    name = "epoch_start" if group.get("epoch_start") is not None else "epoch_end"
    if group.get(name) is None:
        raise BadRead(at + "epoch_start", "is missing")
    return a_moment(group[name], at + name, MILLISECOND)


def _camera(thing: dict[Any, Any], at: str, otherwise: Any) -> str:
    """`camera_id`; the agent's own id stands in for a camera that has none."""
    camera = an_id(thing.get("camera_id"), at + "camera_id")
    camera = camera or an_id(otherwise, "camera_number")
    camera = camera or an_id(thing.get("agent_uid"), at + "agent_uid")
    if not camera:
        raise BadRead(at + "camera_id", "is missing")
    return camera


def _group_id(group: dict[Any, Any], best: dict[Any, Any], at: str) -> str:
    """ "" without the best frame's uuid: camera, time and plate decide then."""
    uuid = an_id(group.get("best_uuid"), at + "best_uuid")
    if not uuid:
        return ""
    index = best.get("plate_index")
    uuids, indexes = group.get("uuids"), group.get("plate_indexes")
    if index is None and isinstance(uuids, list) and isinstance(indexes, list):
        pairs = zip(uuids[:UUIDS_MAX], indexes, strict=False)
        index = next((i for frame, i in pairs if frame == uuid), None)
    return f"group:{uuid}:{an_id(index, at + 'plate_indexes')}"


def _place(thing: dict[Any, Any], at: str) -> Place | None:
    north, east = at + "gps_latitude", at + "gps_longitude"
    found = thing.get("gps_latitude"), thing.get("gps_longitude")
    return a_place(*found, (north, east), nowhere=(-1, 0))


def _candidates(many: Any, field: str) -> tuple[Guess, ...]:
    found = []
    for n, thing in enumerate(a_list(many, field)):
        one = an_object(thing, f"{field}[{n}]")
        plate = a_text(one.get("plate"), f"{field}[{n}].plate")
        sure = a_share(one.get("confidence"), f"{field}[{n}].confidence", 100)
        if plate:
            found.append(Guess(plate, sure))
    return tuple(found)


def _vehicle(thing: Any, field: str) -> VehicleSeen | None:
    if thing is None:
        return None
    said = an_object(thing, field)

    def named(name: str) -> tuple[Guess, ...]:
        found = []
        for n, item in enumerate(a_list(said.get(name), f"{field}.{name}")):
            at = f"{field}.{name}[{n}]"
            one = an_object(item, at)
            value = an_id(one.get("name"), f"{at}.name")
            if value:
                found.append(Guess(value, a_share(one.get("confidence"), f"{at}.confidence", 100)))
        best = sorted(found, key=lambda guess: -(guess.confidence or 0))
        return tuple(best[:GUESSES_MAX])

    facing = named("orientation")
    return VehicleSeen(
        make=named("make"),
        # "ford_f-150": the make, which the list of makes has too, and the model
        model=tuple(
            Guess(guess.value.partition("_")[2] or guess.value, guess.confidence)
            for guess in named("make_model")
        ),
        color=named("color"),
        body=named("body_type"),
        year=named("year"),
        orientation=facing[0].value if facing else "",
    )


def _frame(attachments: Sequence[Attachment]) -> tuple[IncomingImage, ...]:
    """The file that came along: the frame that the coordinates are in."""
    return tuple(
        IncomingImage(kind="vehicle", data=file.data, field=file.field) for file in attachments[:1]
    )


def _box(corners: Any) -> Box | None:
    """The rectangle around the plate's four corners; None when they make no sense."""
    if not isinstance(corners, list) or len(corners) != 4:
        return None
    try:
        xs = [a_number(corner["x"], "x") for corner in corners]
        ys = [a_number(corner["y"], "y") for corner in corners]
    except (BadRead, KeyError, TypeError, IndexError):
        return None
    x = [one for one in xs if one is not None]
    y = [one for one in ys if one is not None]
    if len(x) < 4 or len(y) < 4 or max(x) <= min(x) or max(y) <= min(y):
        return None
    return Box(xmin=min(x), ymin=min(y), xmax=max(x), ymax=max(y))
