"""Blue Iris: the dump of CodeProject.AI, the plate macro and the memo."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cameras.building import read_of
from cameras.formats import format_of
from cameras.formats.blue_iris import parse, resembles
from cameras.incoming import Attachment, Box, IncomingRead
from domain.errors import BadInput
from domain.place import Place
from tests.camera_samples import BLUE_IRIS, PNG, SECONDS

SEEN = datetime(2026, 11, 22, 3, 2, 9, tzinfo=UTC)
ALERT = {"camera": "gate-1", "timestamp": SECONDS}


def only(payload: Any) -> IncomingRead:
    (read,) = format_of(payload).parse(payload, ()).reads
    return read


def dump(*predictions: Any) -> dict[str, Any]:
    return ALERT | {"ai_dump": {"api": "alpr", "found": {"predictions": list(predictions)}}}


def test_a_dump_arrives_whole() -> None:
    parsed = parse(BLUE_IRIS)
    (read,) = parsed.reads
    assert (read.format, read.camera, read.plate) == ("blue-iris", "gate-1", "482 KTB")
    assert (read.confidence, read.state, read.seen_at) == (0.5, "", SEEN)
    assert [(i.kind, i.data) for i in read.images] == [("vehicle", PNG)]
    assert read.plate_box == Box(xmin=10, ymin=10, xmax=30, ymax=20)
    assert parsed.ignored == ("1 results of other detectors than the plate reader",)


def test_a_plate_of_two_lines_is_one_plate() -> None:
    read = only(dump({"plate": " AB12 \n CD3 ", "confidence": 0.7}))
    assert read_of(read, "KS0190100", SEEN, Place()).plate == "AB12CD3"


def test_every_plate_of_an_alert_is_a_read_and_the_rest_is_counted() -> None:
    parsed = parse(
        dump({"plate": "482KTB"}, {"plate": "unknown"}, {"label": "Plate: GVR311"}, {"plate": None})
    )
    assert [r.plate for r in parsed.reads] == ["482KTB", "GVR311"]
    assert parsed.without_plate == 2
    assert parsed.reads[1].field == "ai_dump[0].found.predictions[2]"


def test_without_a_dump_the_plate_or_the_memo_is_taken() -> None:
    assert only(ALERT | {"plate_number": "482KTB"}).plate == "482KTB"
    parsed = parse(ALERT | {"memo": "482KTB:91%, car:80%,[GVR311]:75%,person: 66%"})
    assert [(r.plate, r.confidence) for r in parsed.reads] == [("482KTB", 0.91), ("GVR311", 0.75)]
    assert parsed.ignored == ("2 words of the memo that are no plate",)
    assert parse(ALERT | {"memo": "car:80%"}).without_plate == 1


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        (SECONDS, SEEN),
        (SECONDS * 1000, SEEN),
        ("2026-11-21T21:02:09-06:00", SEEN),
        ("2026-11-22T03:02:09Z", SEEN),
        ("2026-11-21 21:02:09", datetime(2026, 11, 21, 21, 2, 9)),
    ],
)
def test_a_time_without_an_offset_stays_the_cameras_local_clock(said: Any, seen: datetime) -> None:
    read = only(BLUE_IRIS | {"timestamp": said})
    assert (read.seen_at, read.seen_at.tzinfo is None) == (seen, seen.tzinfo is None)


def test_the_same_alert_twice_is_one_read() -> None:
    both = [
        read_of(only(BLUE_IRIS | change), "KS0190100", SEEN, Place()).read_id
        for change in ({}, {"Image": ""}, {"timestamp": SECONDS + 1})
    ]
    assert both[0] == both[1] != both[2]


def test_the_picture_may_come_as_a_file() -> None:
    parsed = parse(BLUE_IRIS | {"Image": None}, (Attachment("upload", PNG),))
    assert [i.field for i in parsed.reads[0].images] == ["upload"]
    assert parse(BLUE_IRIS | {"Image": None}).reads[0].plate_box is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"camera": None}, "camera"),
        ({"timestamp": None}, "timestamp"),
        ({"timestamp": "11/21/2026 9:02:09 PM"}, "timestamp"),
        ({"timestamp": float("inf")}, "timestamp"),
        ({"timestamp": 10**300}, "timestamp"),
        ({"Image": "*"}, "Image"),
        ({"ai_dump": "x"}, "ai_dump"),
        ({"ai_dump": [3]}, "ai_dump[0]"),
        ({"ai_dump": [{}] * 101}, "ai_dump"),
        ({"ai_dump": {"api": "alpr", "found": []}}, None),
        ({"ai_dump": {"api": "alpr", "found": 3}}, "ai_dump[0].found"),
        ({"ai_dump": {"api": 3}}, "ai_dump[0].api"),
        (dump(*[{"plate": "A1"}] * 100_000), "ai_dump[0].found.predictions"),
        (dump({"plate": 3}), "ai_dump[0].found.predictions[0].plate"),
        (dump({"plate": "A1", "confidence": 90}), "ai_dump[0].found.predictions[0].confidence"),
        ({"ai_dump": dump(*[{"plate": "A1"}] * 60)["ai_dump"]}, None),
        ({"ai_dump": [dump(*[{"plate": "A1"}] * 60)["ai_dump"]] * 2}, "ai_dump"),
    ],
)
def test_a_mistake_is_named_where_it_stands(change: dict[str, Any], field: str | None) -> None:
    named: str | None = None
    try:
        parse(BLUE_IRIS | change)
    except BadInput as bad:
        named = bad.field
    assert named == field


def test_a_box_that_makes_no_sense_is_no_box() -> None:
    odds: tuple[dict[str, Any], ...] = (
        {"x_min": "left"},
        {"x_max": 5},
        {"y_max": None},
        {"y_min": []},
    )
    for odd in odds:
        one = BLUE_IRIS["ai_dump"][0]["found"]["predictions"][0] | odd
        payload = BLUE_IRIS | dump(one) | {"timestamp": SECONDS}
        assert only(payload).plate_box is None


def test_what_lacks_a_field_is_told_by_its_names() -> None:
    assert "Blue Iris" in resembles({"predictions": []})
    assert "camera and timestamp" in resembles({"plate_number": "x"})
    assert resembles(BLUE_IRIS) == resembles({"plate": "x"}) == resembles([]) == ""
