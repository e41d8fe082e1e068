"""Dahua's TrafficJunction events, with their traps."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from cameras.bodies import understood
from cameras.formats import format_of, resemblances
from cameras.formats.dahua import parse
from cameras.incoming import Attachment, IncomingRead, Parsed
from cameras.payloads import payload_from
from domain.errors import BadInput, BadRead
from domain.vehicle import Guess
from tests.camera_samples import SECONDS
from tests.camera_samples_xml import JUNCTION, LINES, LOCAL, STREAM, coded, stream, without


def parsed(*events: str) -> Parsed:
    return parse(payload_from("text/plain", "".join(events).encode()))


def one(**changes: Any) -> IncomingRead:
    (read,) = parsed(coded({**JUNCTION, **changes})).reads
    return read


def test_the_three_shapes_say_the_same() -> None:
    text = one()
    (lines,) = parse(payload_from("", LINES.encode())).reads
    (json,) = parse({"Events": [{"Code": "TrafficJunction", "Data": JUNCTION}]}).reads
    for read in (text, lines, json):
        assert (read.camera, read.plate, read.confidence) == ("gate-1", "482 KTB", 0.5)
        assert read.seen_at == datetime.fromtimestamp(SECONDS, UTC)
        assert read.vehicle is not None
        assert read.vehicle.color == (Guess("White"),)
    assert text.vehicle is not None
    assert (text.vehicle.make, text.vehicle.body) == ((Guess("Ford"),), (Guess("Pickup"),))


def test_the_true_epoch_is_preferred_and_utc_is_the_local_clock() -> None:
    assert one(UTCMS=305).seen_at == datetime.fromtimestamp(SECONDS + 0.305, UTC)
    (read,) = parsed(coded(without(JUNCTION, "RealUTC"))).reads
    assert read.seen_at == datetime(2026, 11, 21, 21, 2, 9)
    assert one(RealUTC=0).seen_at.tzinfo is None, "0: it has none"
    assert one(RealUTC=str(SECONDS), UTC=LOCAL).seen_at.tzinfo is UTC
    with pytest.raises(BadRead, match=r"Events\[0\].RealUTC: is missing"):
        parsed(coded(without(JUNCTION, "RealUTC", "UTC")))
    with pytest.raises(BadRead, match="seconds since 1970"):
        one(RealUTC=10**19)


@pytest.mark.parametrize("plate", ["", "unlicensed", "Unknown", "--", None])
def test_no_plate_is_no_read(plate: str | None) -> None:
    event = {**JUNCTION, "Object": {}, "TrafficCar": {"PlateNumber": plate}}
    assert (parsed(coded(event)).reads, parsed(coded(event)).without_plate) == ((), 1)


def test_the_object_text_is_a_plate_of_a_plate_only() -> None:
    car = {"MachineName": "gate-1"}
    assert one(TrafficCar=car).plate == "482 KTB"
    make = {"ObjectType": "Vehicle", "Text": "Ford", "Confidence": 94}
    assert parsed(coded({**JUNCTION, "TrafficCar": car, "Object": make})).without_plate == 1
    assert one(Object=make).confidence is None, "of the vehicle, not of the plate"


@pytest.mark.parametrize(
    ("said", "confidence"), [(0, None), (86, 0.86), (100, 1), (255, 1), (102, 0.4), (None, None)]
)
def test_confidence_is_a_percentage_or_a_share_of_255(
    said: int | None, confidence: float | None
) -> None:
    assert one(Object={**JUNCTION["Object"], "Confidence": said}).confidence == confidence


def test_a_confidence_that_is_none_is_refused() -> None:
    for bad in (-1, 256, "high"):
        with pytest.raises(BadRead, match=r"Object\.Confidence"):
            one(Object={**JUNCTION["Object"], "Confidence": bad})


def test_a_channel_is_part_of_the_camera() -> None:
    first, second = parsed(coded(JUNCTION), coded(JUNCTION, index=1)).reads
    assert (first.camera, second.camera) == ("gate-1", "gate-1/1")
    assert one(TrafficCar={"PlateNumber": "A1"}).camera == "", "then the token has to say"


def test_other_events_are_ignored_and_faults_are_health() -> None:
    found = parsed(coded(JUNCTION, "VideoMotion"), coded(JUNCTION, "VideoLoss"), "Heartbeat\r\n")
    assert found.reads == ()
    assert len(found.ignored) == 3
    assert [(h.camera, h.problem) for h in found.health] == [("gate-1", "VideoLoss")]


def test_pictures_belong_to_a_single_event() -> None:
    body = stream(
        ("text/plain", coded(JUNCTION).encode()), ("image/jpeg", b"whole"), ("image/jpeg", b"cut")
    )
    payload, files = understood(STREAM, body)
    (read,) = parse(payload, files).reads
    assert [(i.kind, i.data) for i in read.images] == [("vehicle", b"whole"), ("plate", b"cut")]
    two = payload_from("", (coded(JUNCTION) * 2).encode())
    found = parse(two, (Attachment("a", b"x"),))
    assert [r.images for r in found.reads] == [(), ()]
    assert "pictures" in found.ignored[0]


def test_half_a_character_and_numbers_that_are_none_do_not_crash() -> None:
    for body in (
        coded(JUNCTION).replace("482 KTB", "\\ud800"),
        coded(JUNCTION).replace(str(SECONDS), "NaN"),
        coded(JUNCTION).replace(str(SECONDS), "1e999"),
    ):
        payload = payload_from("", body.encode())
        with suppress(BadInput):
            assert all(read.seen_at.tzinfo is None for read in parse(payload).reads)


def test_what_is_like_dahua_is_said() -> None:
    (hint,) = resemblances({"Picture": {"Plate": {"PlateNumber": "A"}}})
    assert "ITSAPI" in hint
    with pytest.raises(BadInput, match="looks like the Data of a Dahua event"):
        format_of({"TrafficCar": {"PlateNumber": "A"}})
