"""Plate Recognizer Stream's webhook, in both of its shapes, with its traps."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cameras.formats import format_of
from cameras.formats.plate_recognizer import parse
from cameras.incoming import Attachment, Box
from domain.errors import BadRead
from domain.vehicle import Guess

FLAT: dict[str, Any] = {
    "plate": "482ktb",
    "score": 0.9,
    "box": {"xmin": 10, "ymin": 20, "xmax": 60, "ymax": 40},
    "region": {"code": "us-ne", "score": 0.7},
    "candidates": [{"plate": "482ktb", "score": 0.9}, {"plate": "4b2ktb"}],
    "model_make": [
        {"make": "Ford", "model": "F-150", "score": 0.6},
        {"make": "Ford", "model": "F-250", "score": 0.2},
    ],
    "color": [{"color": "white", "score": 0.8}],
    "orientation": [
        {"orientation": "Unknown", "score": 0.6},
        {"orientation": "Rear", "score": 0.3},
    ],
    "vehicle": {"type": "Pickup Truck", "score": 0.5},
    "direction": "",
}
NESTED: dict[str, Any] = {
    "plate": {
        "score": 0.95,
        "box": {"xmin": 10, "ymin": 20, "xmax": 60, "ymax": 40},
        "props": {
            "plate": [{"value": "482ktb", "score": 0.9}, {"value": "4b2ktb", "score": 0.4}],
            "region": [{"value": "ca-qc", "score": 0.7}],
        },
    },
    "vehicle": {
        "type": "Sedan",
        "score": 0.5,
        "props": {
            "make_model": [{"make": "Ford", "model": "Fusion", "score": 0.6}],
            "color": [{"value": "white", "score": 0.8}],
            "orientation": [{"value": "Front", "score": 0.9}],
        },
    },
    "direction": 210,
}


def hook(*results: Any, **data: Any) -> dict[str, Any]:
    return {
        "hook": {"id": "gate-1", "event": "recognition"},
        "data": {
            "camera_id": "gate-1",
            "timestamp": "2026-11-21T21:02:09.123456Z",
            "results": list(results),
            **data,
        },
    }


def test_the_flat_shape_arrives_whole() -> None:
    (read,) = parse(hook(FLAT)).reads
    assert (read.plate, read.confidence) == ("482ktb", 0.9)
    assert (read.state, read.state_confidence) == ("NB", 0.7)
    assert read.candidates == (Guess("482ktb", 0.9), Guess("4b2ktb"))
    assert read.vehicle is not None
    assert read.vehicle.make == (Guess("Ford", 0.6),)
    assert read.vehicle.model == (Guess("F-150", 0.6), Guess("F-250", 0.2))
    assert read.vehicle.color == (Guess("white", 0.8),)
    assert read.vehicle.body == (Guess("Pickup Truck", 0.5),)
    assert read.vehicle.orientation == "Rear"
    assert read.place is None, "the direction in the picture is no compass heading"


def test_the_shape_with_properties_arrives_whole() -> None:
    (read,) = parse(hook(NESTED)).reads
    assert (read.plate, read.confidence, read.state) == ("482ktb", 0.9, "PQ")
    assert read.candidates[1] == Guess("4b2ktb", 0.4)
    assert read.vehicle is not None
    assert read.vehicle.make == (Guess("Ford", 0.6),)
    assert read.vehicle.color == (Guess("white", 0.8),)
    assert read.vehicle.orientation == "Front"


def test_a_result_without_a_plate_is_counted_and_is_no_read() -> None:
    parsed = parse(
        hook(FLAT, {"plate": "", "vehicle": {}}, {"plate": {"props": {}}}, {"vehicle": {}}, NESTED)
    )
    assert [r.field for r in parsed.reads] == ["data.results[0]", "data.results[4]"]
    assert parsed.without_plate == 3


def test_the_frame_is_the_vehicle_and_the_box_says_where_the_plate_is() -> None:
    (read,) = parse(hook(FLAT), (Attachment("upload", b"jpeg"),)).reads
    assert [(i.kind, i.field) for i in read.images] == [("vehicle", "upload")]
    assert read.plate_box == Box(xmin=10, ymin=20, xmax=60, ymax=40)
    assert parse(hook(FLAT)).reads[0].plate_box is None


@pytest.mark.parametrize("region", ["gb", "de-by", "", "us", "us-", "us-xyz", None])
def test_a_region_that_is_no_state_is_no_state(region: str | None) -> None:
    (read,) = parse(hook(FLAT | {"region": {"code": region, "score": 0.5}})).reads
    assert (read.state, read.state_confidence) == ("", None)


def test_a_notice_of_the_device_holds_no_read() -> None:
    notice = {"hook": {"event": "heartbeat"}, "data": {"camera_id": "gate-1"}}
    assert format_of(notice).parse(notice, ()).reads == ()


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        (hook(FLAT, timestamp="2026-11-21T21:02:09"), "data.timestamp"),
        (hook(FLAT, timestamp=""), "data.timestamp"),
        (hook(FLAT, timestamp="noon"), "data.timestamp"),
        (hook(FLAT | {"score": 90}), "data.results[0].score"),
        (hook(FLAT | {"plate": 7}), "data.results[0].plate"),
        (
            hook(FLAT | {"candidates": [{"plate": "A", "score": 2}]}),
            "data.results[0].candidates[0].score",
        ),
        (hook("car"), "data.results[0]"),
        (hook(*[FLAT] * 101), "data.results"),
        ({"hook": {}, "data": {"results": [FLAT]}}, "data.camera_id"),
        ({"data": {"results": None}}, "data.results"),
        ([], "body"),
    ],
)
def test_a_mistake_is_named_where_it_stands(payload: Any, field: str) -> None:
    with pytest.raises(BadRead) as bad:
        parse(payload)
    assert bad.value.field == field


def formats_notes() -> Path:
    """The folder of real payloads. Skips, saying so, where it is not."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "formats"
    folder = Path(os.environ.get("BOLO_FORMATS", beside))
    if not (folder / "camera-reads").is_dir():
        pytest.skip("no formats notes here: set BOLO_FORMATS to their folder")
    return folder


def test_the_vendors_real_payload_is_one_read() -> None:
    real = formats_notes() / "camera-reads" / "platerecognizer_stream.json"
    payload = msgspec.json.decode(real.read_bytes())
    (read,) = format_of(payload).parse(payload, (Attachment("upload", b"jpeg"),)).reads
    assert (read.camera, read.plate, read.confidence) == ("camera-1", "pl8rec", 0.902)
    assert (read.state, read.state_confidence) == ("CA", 0.179)
    assert read.candidates == (Guess("pl8rec", 0.902), Guess("plbrec", 0.758))
    assert read.vehicle is not None
    assert read.vehicle.make == (Guess("Porsche", 0.43),)
    assert read.vehicle.body == (Guess("Sedan", 0.709),)
    assert read.vehicle.orientation == "Rear"
    assert read.seen_at.isoformat() == "2025-08-11T16:42:58.740143+00:00"
    assert read.plate_box == Box(xmin=337, ymin=270, xmax=412, ymax=305)
