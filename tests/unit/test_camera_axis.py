"""Axis: only the last state of a car is a read, whatever was read of it before."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cameras.building import read_of
from cameras.formats import format_of
from cameras.formats.axis import parse, resembles
from cameras.incoming import Attachment, Box, IncomingRead
from domain.errors import BadInput
from domain.place import Place
from tests.camera_samples import AXIS, MILLIS, PNG

SEEN = datetime(2026, 11, 22, 3, 2, 9, tzinfo=UTC)


def only(payload: Any, *files: Attachment) -> IncomingRead:
    (read,) = format_of(payload).parse(payload, files).reads
    return read


def test_a_car_that_has_left_arrives_whole() -> None:
    read = only(AXIS)
    assert (read.format, read.camera, read.plate, read.confidence) == (
        "axis",
        "gate-1",
        "482 KTB",
        0.5,
    )
    assert (read.seen_at, read.state) == (SEEN, ""), "the country is no state"
    assert read.place == Place(latitude=37.41, longitude=-94.7)


def test_a_car_in_sight_is_not_read_yet_whatever_its_plate_is_at_the_moment() -> None:
    reads: list[IncomingRead] = []
    for state, plate in (
        ("new", "4B2KT8"),
        ("update", "4B2KTB"),
        ("updated", ""),
        ("lost", "482KTB"),
    ):
        parsed = parse(AXIS | {"carState": state, "plateUTF8": plate})
        reads += parsed.reads
        assert bool(parsed.ignored) is (state != "lost")
        assert "4B2" not in " ".join(parsed.ignored)
    assert [r.plate for r in reads] == ["482KTB"]


def test_the_same_event_twice_is_one_read_and_a_restarted_counter_another() -> None:
    def id_of(**change: Any) -> Any:
        return read_of(only(AXIS | change), "KS0190100", SEEN, Place()).read_id

    assert id_of() == id_of(packetCounter="78") == id_of(capture_timestamp=MILLIS)
    different = {
        id_of(),
        id_of(capture_timestamp=str(MILLIS + 3_600_000)),
        id_of(carID="4712"),
        id_of(camera_info={"SerialNumber": "gate-2"}),
    }
    assert len(different) == 4


def test_the_plate_stands_in_whichever_field_is_sent() -> None:
    for name in ("plateUTF8", "plateUnicode", "plateText", "plateASCII"):
        bare = {k: v for k, v in AXIS.items() if not k.startswith("plateUTF8") and k != "plateText"}
        assert only(bare | {name: "482KTB"}).plate == "482KTB"


@pytest.mark.parametrize("words", ["", "unknown", "NO PLATE", "none", "----/----"])
def test_a_car_without_a_plate_is_counted(words: str) -> None:
    parsed = parse({k: v for k, v in AXIS.items() if k != "plateText"} | {"plateUTF8": words})
    assert (parsed.reads, parsed.without_plate) == ((), 1)


def test_a_file_is_what_the_event_says_and_only_the_frame_has_the_coordinates() -> None:
    file = Attachment("image", PNG)
    for said, kind in (("plate", "plate"), ("vehicle", "vehicle"), ("odd", "context")):
        read = only(AXIS | {"imageType": said}, file)
        assert [i.kind for i in read.images] == [kind]
        assert read.plate_box is None
    framed = only(AXIS | {"imageType": "frame"}, file)
    assert framed.plate_box == Box(xmin=10, ymin=10, xmax=30, ymax=20)
    assert only(AXIS | {"imageType": "frame"}).plate_box is None
    odd: Any
    for odd in ([1, 2, 3], [1, 2, 0, 4], ["x", 1, 2, 3], {}, [1, 2, -3, -4]):
        assert only(AXIS | {"imageType": "frame", "plateCoordinates": odd}, file).plate_box is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"carState": "gone"}, "carState"),
        ({"carState": []}, "carState"),
        ({"plateConfidence": "71.9"}, "plateConfidence"),
        ({"plateConfidence": "NaN"}, "plateConfidence"),
        ({"capture_timestamp": ""}, "capture_timestamp"),
        ({"capture_timestamp": "yesterday"}, "capture_timestamp"),
        ({"capture_timestamp": "9" * 19}, "capture_timestamp"),
        ({"capture_timestamp": "9" * 5000}, "capture_timestamp"),
        ({"camera_info": "x"}, "camera_info"),
        ({"camera_info": {}}, "camera_info.SerialNumber"),
        ({"plateUTF8": ["482KTB"]}, "plateUTF8"),
        ({"carID": 1.5}, "carID"),
        ({"geotag": {"lat": "north", "lon": 1}}, "geotag.lat"),
        ({"geotag": {"lat": 37.4}}, "geotag.lon"),
        ({"geotag": 3}, "geotag"),
    ],
)
def test_a_mistake_is_named_where_it_stands(change: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as bad:
        parse(AXIS | change)
    assert bad.value.field == field


def test_what_lacks_a_field_is_told_by_its_names() -> None:
    bare = {k: v for k, v in AXIS.items() if k != "carState"}
    assert "but no carState" in resembles(bare)
    assert resembles(AXIS) == resembles({"plateText": "x"}) == resembles(3) == ""


def test_the_vendors_real_payload_is_one_read() -> None:
    beside = Path(__file__).resolve().parents[3] / "shared" / "formats"
    real = Path(os.environ.get("BOLO_FORMATS", beside)) / "camera-reads" / "axis_fflprapp.json"
    if not real.is_file():
        pytest.skip("no formats notes here: set BOLO_FORMATS to their folder")
    read = only(msgspec.json.decode(real.read_bytes()))
    assert (read.camera, read.plate, read.confidence) == ("ACCC8ED3290D", "RLE11684", 0.719034)
    assert read.seen_at == datetime(2021, 6, 11, 10, 5, 38, 252000, tzinfo=UTC)
