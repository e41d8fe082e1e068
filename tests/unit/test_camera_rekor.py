"""OpenALPR and Rekor: groups of both versions, frames, previews, alerts and heartbeats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from cameras.building import read_of
from cameras.formats import format_of
from cameras.formats.openalpr import parse, resembles
from cameras.incoming import Attachment, Box, Health, IncomingRead, TooLarge
from cameras.state_text import of_region, of_words
from domain.errors import BadInput, BadRead
from domain.place import Place
from domain.vehicle import Guess, VehicleSeen
from tests.camera_samples import ALERT, GROUP, GROUP_V1, HEARTBEAT, MILLIS, PNG, RESULTS

SEEN = datetime(2026, 11, 22, 3, 2, 9, tzinfo=UTC)


def ids(reads: Sequence[IncomingRead]) -> list[UUID]:
    return [read_of(read, "KS0190100", SEEN, Place()).read_id for read in reads]


def only(payload: Any, *files: Attachment) -> IncomingRead:
    (read,) = format_of(payload).parse(payload, files).reads
    return read


def test_a_group_of_version_2_arrives_whole() -> None:
    read = only(GROUP)
    assert (read.format, read.camera, read.plate, read.seen_at) == (
        "rekor",
        "gate-1",
        "482 KTB",
        SEEN,
    )
    assert (read.confidence, read.state, read.state_confidence) == (0.5, "KS", 0.835)
    assert read.candidates == (Guess("482KTB", 0.5), Guess("4B2KTB", 0.315))
    assert read.vehicle == VehicleSeen(
        make=(Guess("ford", 0.7),),
        model=(Guess("f-150", 0.6),),
        color=(Guess("white", 0.8), Guess("silver-gray", 0.15)),
        body=(Guess("truck-standard", 0.9),),
        year=(Guess("2015-2019", 0.55),),
        orientation="180",
    )
    assert [(i.kind, i.data) for i in read.images] == [("vehicle", PNG), ("plate", PNG)]
    assert read.place is None, "-1 and -1 is no position, and an angle in the picture no heading"


def test_a_group_of_version_1_has_its_plate_in_an_object_and_a_bare_region() -> None:
    read = only(GROUP_V1)
    assert (read.camera, read.plate, read.confidence) == ("7", "482KTB", 0.9125)
    assert (read.state, read.state_confidence) == ("NB", 0.4), "ne is Nebraska, NB in NCIC"
    assert read.candidates == (Guess("482KTB", 0.9125),)
    assert only(GROUP_V1 | {"best_plate": "482KTB"}).plate == "482KTB"


@pytest.mark.parametrize(
    ("region", "country", "state"),
    [
        ("us-mo", "", "MO"),
        ("mo", "us", "MO"),
        ("MO", "", "MO"),
        ("us-ne", "", "NB"),
        ("ca-qc", "", "PQ"),
        ("qc", "ca", "PQ"),
        ("nb", "us", ""),
        ("by", "de", ""),
        ("de-by", "us", ""),
        ("fr", "", ""),
        ("", "us", ""),
    ],
)
def test_a_region_is_a_state_only_when_it_can_mean_one(
    region: str, country: str, state: str
) -> None:
    assert of_region(region, country) == state
    read = only(GROUP | {"best_region": region, "country": country})
    assert (read.state, read.state_confidence is None) == (state, state == "")


def test_names_and_codes_of_states_are_told_apart_from_words() -> None:
    words = ("Nebraska", "ne", "Kansas", "QC", "NB", "NL", "US", "-", "A state")
    assert [of_words(w) for w in words] == ["NB", "NB", "KS", "PQ", "", "", "", "", ""]


def test_a_preview_never_becomes_a_read() -> None:
    for yes in (True, 1):
        parsed = parse(GROUP | {"is_preview": yes})
        assert parsed.reads == ()
        assert "preview" in parsed.ignored[0]
    wrapped = parse(ALERT | {"group": GROUP | {"is_preview": True}})
    assert (wrapped.reads, len(wrapped.ignored)) == ((), 2)
    with pytest.raises(BadRead, match="is_preview: must be true or false"):
        parse(GROUP | {"is_preview": "maybe"})


def test_an_alerts_group_is_the_same_read_as_the_group_alone() -> None:
    parsed = parse(ALERT)
    assert ids(parsed.reads) == ids(parse(GROUP).reads)
    assert parsed.reads[0].field == "group"
    assert "own list" in parsed.ignored[0]
    assert "482" not in " ".join(parsed.ignored)


def test_the_same_group_twice_is_one_read_and_two_cars_of_one_frame_are_two() -> None:
    again = GROUP | {"best_confidence": 51, "epoch_end": MILLIS + 999}
    assert ids(parse(GROUP).reads) == ids(parse(again).reads)
    other = GROUP | {"best_plate": GROUP["best_plate"] | {"plate_index": 1}}
    assert ids(parse(GROUP).reads) != ids(parse(other).reads)
    no_index = {k: v for k, v in GROUP["best_plate"].items() if k != "plate_index"}
    assert parse(GROUP | {"best_plate": no_index}).reads[0].event_id.endswith(":0"), "from uuids"
    assert parse(GROUP_V1).reads[0].event_id == "", "camera, time and plate decide"


def test_a_frame_is_a_read_for_each_plate() -> None:
    parsed = parse(RESULTS)
    assert [(r.plate, r.state, r.confidence) for r in parsed.reads] == [
        ("482KTB", "MO", 0.925),
        ("GVR311", "KS", 0.8),
    ]
    assert parsed.without_plate == 1
    assert [r.event_id[-2:] for r in parsed.reads] == [":0", ":2"]
    assert len(set(ids(parsed.reads))) == 2
    assert ids(parsed.reads) == ids(parse(RESULTS).reads)
    assert all(r.plate_box is None and r.images == () for r in parsed.reads)


def test_coordinates_are_used_when_their_frame_came_along() -> None:
    read = parse(RESULTS, (Attachment("upload", PNG),)).reads[0]
    assert read.plate_box == Box(xmin=5, ymin=6, xmax=25, ymax=14)
    assert [i.field for i in read.images] == ["upload"]
    assert only(GROUP, Attachment("upload", PNG)).plate_box is None, "the crop has other pixels"


@pytest.mark.parametrize("words", ["", "unknown", "NO PLATE", "none", "---", None])
def test_a_vehicle_without_a_plate_is_counted(words: str | None) -> None:
    bare = GROUP | {"best_plate_number": words, "best_plate": None}
    parsed = parse(bare)
    assert (parsed.reads, parsed.without_plate) == ((), 1)


def test_a_position_arrives_and_half_a_one_is_named() -> None:
    there = GROUP | {"gps_latitude": 37.41, "gps_longitude": -94.7}
    assert only(there).place == Place(latitude=37.41, longitude=-94.7)
    assert only(GROUP | {"gps_latitude": 0, "gps_longitude": 0}).place is None
    with pytest.raises(BadRead, match="gps_longitude"):
        parse(there | {"gps_longitude": None})


def test_a_heartbeat_names_the_health_of_each_camera_and_no_address() -> None:
    parsed = parse(HEARTBEAT)
    assert parsed.reads == ()
    assert parsed.health == (
        Health(camera="7", at=SEEN),
        Health(camera="8", at=SEEN, problem="the video stream is not streaming"),
    )
    assert "secret" not in repr(parsed)
    expired = parse(HEARTBEAT | {"license_valid": False})
    assert ["license" in h.problem for h in expired.health] == [True, True]
    assert "without video streams" in parse(HEARTBEAT | {"video_streams": []}).ignored[0]


def nested(depth: int) -> Any:
    thing: Any = []
    for _ in range(depth):
        thing = [thing]
    return thing


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"best_confidence": 101}, "best_confidence"),
        ({"best_confidence": float("nan")}, "best_confidence"),
        ({"best_confidence": 10**400}, "best_confidence"),
        ({"best_plate_number": 482}, "best_plate_number"),
        ({"best_plate_number": "\ud800"}, "best_plate_number"),
        ({"epoch_start": None, "epoch_end": None}, "epoch_start"),
        ({"epoch_start": 1e19}, "epoch_start"),
        ({"epoch_start": -1}, "epoch_start"),
        ({"epoch_start": True}, "epoch_start"),
        ({"camera_id": 10**5000}, "camera_id"),
        ({"camera_id": {}}, "camera_id"),
        ({"camera_id": None, "agent_uid": None}, "camera_id"),
        ({"candidates": nested(50_000)}, "candidates[0]"),
        ({"candidates": [{"plate": "A1", "confidence": 50}] * 100_000}, "candidates"),
        ({"candidates": [{"plate": "A1", "confidence": -1}]}, "candidates[0].confidence"),
        ({"vehicle": {"color": {}}}, "vehicle.color"),
        ({"vehicle": {"color": [{"name": []}]}}, "vehicle.color[0].name"),
        ({"vehicle_crop_jpeg": "not base64 !"}, "vehicle_crop_jpeg"),
        ({"vehicle_crop_jpeg": "QQ=\u00e9"}, "vehicle_crop_jpeg"),
        ({"best_plate": []}, "best_plate"),
    ],
)
def test_a_mistake_is_named_where_it_stands(change: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as bad:
        parse(GROUP | change)
    assert bad.value.field == field
    if change != {"camera_id": None, "agent_uid": None}:
        with pytest.raises(BadInput) as inside:
            parse(ALERT | {"group": GROUP | change})
        assert inside.value.field == f"group.{field}"


def test_a_picture_over_the_limit_is_refused_by_its_size() -> None:
    with pytest.raises(TooLarge, match="vehicle_crop_jpeg"):
        parse(GROUP | {"vehicle_crop_jpeg": "A" * 8_000_000})


def test_an_unknown_payload_of_the_vendor_is_told_by_its_names() -> None:
    bare = {k: v for k, v in GROUP.items() if k != "data_type"}
    assert "Rekor" in resembles(bare)
    assert "best_plate_number and best_plate" in resembles(bare)
    assert resembles({"data_type": "alpr_vehicle"})
    assert resembles(GROUP) == resembles({"plate": "x"}) == resembles([]) == ""
    with pytest.raises(BadRead, match="data_type"):
        parse(bare)
