"""Genetec: the template's texts and the Sharp's own shape."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cameras.building import read_of
from cameras.formats import format_of
from cameras.formats.genetec import parse, resembles
from cameras.incoming import Attachment, IncomingRead
from domain.errors import BadInput, BadRead
from domain.place import Place
from domain.vehicle import Guess
from tests.camera_samples import GENETEC, PICTURE, PNG, SHARP

SEEN = datetime(2026, 11, 22, 3, 2, 9, tzinfo=UTC)


def only(payload: Any) -> IncomingRead:
    (read,) = format_of(payload).parse(payload, ()).reads
    return read


def test_a_read_of_texts_arrives_whole() -> None:
    read = only(GENETEC)
    assert (read.format, read.camera, read.plate, read.seen_at) == (
        "genetec",
        "gate-1",
        "482 KTB",
        SEEN,
    )
    assert (read.confidence, read.state, read.state_confidence) == (0.5, "KS", 0.72)
    assert read.vehicle is not None
    assert read.vehicle.make == (Guess("Ford"),)
    assert read.vehicle.color == (Guess("White"),)
    assert read.vehicle.body == (Guess("Pickup"),)
    assert [(i.kind, i.data) for i in read.images] == [("plate", PNG), ("context", PNG)]


def test_the_sharps_own_shape_arrives_too() -> None:
    read = only(SHARP)
    assert (read.camera, read.plate, read.confidence) == ("SHARPV00001", "482KTB", 0.88)
    assert (read.state, read.state_confidence) == ("NB", 0.75), "Nebraska by its name"
    assert read.seen_at == datetime(2026, 11, 22, 3, 2, 9, 797000)
    assert read.seen_at.tzinfo is None, "whose clock it is depends on the camera's time zone"
    assert only(SHARP | {"Timestamp": "2026-11-22T03:02:09.8627622+00:00"}).seen_at.tzinfo
    assert read.place is None, "0.0 and 0.0 is no position"
    assert only(SHARP | {"Latitude": 37.4, "Longitude": -94.7}).place == Place(
        latitude=37.4, longitude=-94.7
    )
    assert read.vehicle is not None
    assert read.vehicle.body == (), "a dash says nothing"
    assert read.event_id == f"{SHARP['Id']}@261122030209"


@pytest.mark.parametrize(
    ("state", "code"),
    [("ne", "NB"), ("Nebraska", "NB"), ("KS", "KS"), ("Quebec", "PQ"), ("-", ""), ("Bavaria", "")],
)
def test_a_state_is_taken_by_code_or_name(state: str, code: str) -> None:
    read = only(GENETEC | {"State": state})
    assert (read.state, read.state_confidence) == (code, 0.72 if code else None)


@pytest.mark.parametrize(
    ("date", "time", "seen"),
    [
        ("01/12/2026", "00:00:00", datetime(2026, 12, 1, tzinfo=UTC)),
        ("2026-12-01", "23:59:59.5", datetime(2026, 12, 1, 23, 59, 59, 500000, tzinfo=UTC)),
        ("2026:12:01", "1:02:03.123456789", datetime(2026, 12, 1, 1, 2, 3, 123456, tzinfo=UTC)),
    ],
)
def test_a_date_has_the_day_or_the_year_first(date: str, time: str, seen: datetime) -> None:
    assert only(GENETEC | {"DateUtc": date, "TimeUtc": time}).seen_at == seen


def test_the_same_event_twice_is_one_read() -> None:
    for sample in (GENETEC, SHARP):
        both = [
            read_of(only(sample | change), "KS0190100", SEEN, Place()).read_id
            for change in ({}, {"ContextImage": PICTURE, "ConfidenceScore": "51"})
        ]
        assert both[0] == both[1]
        later = {"TimeUtc": "03:02:10", "Id": "another"}
        assert read_of(only(sample | later), "KS0190100", SEEN, Place()).read_id != both[0]


@pytest.mark.parametrize("words", ["", "unknown", "NO PLATE", "none", "-", None])
def test_a_read_without_a_plate_is_counted(words: str | None) -> None:
    for sample, name in ((GENETEC, "Plate"), (SHARP, "PlateRead")):
        assert parse(sample | {name: words}).without_plate == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"DateUtc": "11/22/2026"}, "DateUtc"),
        ({"DateUtc": "31/02/2026"}, "DateUtc"),
        ({"DateUtc": 20261122}, "DateUtc"),
        ({"DateUtc": "22/11/26"}, "DateUtc"),
        ({"TimeUtc": "24:00:00"}, "TimeUtc"),
        ({"TimeUtc": "3 pm"}, "TimeUtc"),
        ({"ConfidenceScore": "101"}, "ConfidenceScore"),
        ({"ConfidenceScore": "high"}, "ConfidenceScore"),
        ({"ConfidenceScore": "9" * 5000}, "ConfidenceScore"),
        ({"ConfidenceScore": []}, "ConfidenceScore"),
        ({"CameraName": ""}, "CameraName"),
        ({"Plate": 482}, "Plate"),
        ({"PlateImage": "?"}, "PlateImage"),
        ({"Attributes": []}, "Attributes"),
        ({"Attributes": {"Vehicle Make": {}}}, "Attributes"),
        ({"Attributes": {"State Name Confidence Score": "-5"}}, "Attributes"),
        ({"PlateAnalytics": [{}] * 100_000}, "PlateAnalytics"),
        ({"PlateAnalytics": [{"Score": "x"}]}, "PlateAnalytics[0].Score"),
        ({"Latitude": 91, "Longitude": 1}, "Latitude"),
    ],
)
def test_a_mistake_is_named_where_it_stands(change: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as bad:
        parse(GENETEC | change)
    assert bad.value.field == field


def test_an_attribute_that_nobody_asks_for_may_be_anything() -> None:
    odd = GENETEC["Attributes"] | {"Lane": 2.5, "Speed": None, "More": {"deep": []}}
    assert only(GENETEC | {"Attributes": odd}).plate == "482 KTB"


def test_files_beside_it_are_refused_rather_than_lost() -> None:
    with pytest.raises(BadRead, match="upload: is a file"):
        parse(GENETEC, (Attachment("upload", PNG),))


def test_what_lacks_a_field_is_told_by_its_names() -> None:
    bare = {k: v for k, v in GENETEC.items() if k != "DateUtc"}
    assert resembles(bare) == "looks like Genetec AutoVu: has CameraName and Plate, but no DateUtc"
    assert "Timestamp" in resembles({k: v for k, v in SHARP.items() if k != "Timestamp"})
    assert resembles(GENETEC) == resembles({"Plate": "x"}) == resembles(None) == ""
