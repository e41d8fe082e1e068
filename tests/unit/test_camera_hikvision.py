"""Hikvision's alerts, with their traps."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from cameras.bodies import understood
from cameras.formats.hikvision import parse
from cameras.incoming import Attachment, Health, IncomingRead
from cameras.payloads import payload_from
from domain.errors import BadRead
from domain.place import Place
from domain.vehicle import Guess
from tests.camera_samples_xml import BOUNDARY, GPS, HIKVISION_FORM, MAC, UUID, alert, anpr


def one(body: bytes, *files: Attachment) -> IncomingRead:
    (read,) = parse(payload_from("", body), files).reads
    return read


def test_a_form_with_its_pictures_is_one_read_with_all_that_was_said() -> None:
    payload, files = understood(f"multipart/form-data; boundary={BOUNDARY}", HIKVISION_FORM)
    (read,) = parse(payload, files).reads
    assert (read.camera, read.plate, read.confidence) == ("d4:e8:53:00:00:02/1", "482 KTB", 0.5)
    assert read.character_confidences == (0.9, 0.8, 0.7, 0.0, 0.99, 0.99, 0.4)
    assert read.event_id == "20261121210209-0001-gate@261121210209"
    assert read.place == Place(latitude=37.6923333, longitude=-97.3375)
    assert [image.kind for image in read.images] == ["plate", "vehicle"]
    assert read.vehicle is not None
    assert read.vehicle.color == (Guess("white"),)
    assert read.vehicle.body == (Guess("pickupTruck"),)
    assert read.seen_at.utcoffset() == timedelta(hours=-6)


def test_per_character_confidences_of_another_number_are_none() -> None:
    body = alert(anpr().replace("90,80,70,0,99,99,40", "90,80"))
    assert one(body).character_confidences == ()


def test_the_original_plate_is_a_candidate_when_it_differs() -> None:
    more = "<originalLicensePlate>4B2 KTB</originalLicensePlate>"
    assert one(alert(anpr(more=more))).candidates == (Guess("4B2 KTB"),)
    same = "<originalLicensePlate>482 ktb</originalLicensePlate>"
    assert one(alert(anpr(more=same))).candidates == ()


def test_a_retransmission_is_the_same_event() -> None:
    again = "<isDataRetransmission>true</isDataRetransmission>"
    assert one(alert(anpr(), UUID)) == one(alert(anpr(), UUID, again))
    nil = "<UUID>00000000-0000-0000-0000-000000000000</UUID>"
    assert one(alert(anpr(), nil)).event_id == ""


@pytest.mark.parametrize(
    ("gps", "place"),
    [
        (GPS.replace(">W<", ">E<").replace(">N<", ">S<"), (-37.6923333, 97.3375)),
        (GPS.replace("37", "0").replace("41", "0").replace("32.4", "0"), (0, -97.3375)),
        (GPS.replace("97", "0").replace("37", "0").replace("20", "0").replace("41", "0"), None),
        (GPS.replace("37", "117"), None),
        (GPS.replace("37", "x"), None),
        ("<DeviceGPSInfo/>", None),
        ("", None),
    ],
)
def test_a_position_is_taken_when_it_is_one(gps: str, place: tuple[float, float] | None) -> None:
    gps = gps.replace("15.0", "0").replace("32.4", "0") if place is None else gps
    read = one(alert(anpr(), gps))
    if place is None:
        assert read.place is None
    else:
        assert read.place is not None
        assert (read.place.latitude, read.place.longitude) == place


@pytest.mark.parametrize(
    ("abbreviation", "said", "state"),
    [
        ("USA", "<state>KS</state>", "KS"),
        ("", "<state>ne</state>", "NB"),
        ("USA", "<region>us-ca</region>", "CA"),
        ("CAN", "<province>QC</province>", "PQ"),
        ("USA", "<state>12</state>", ""),
        ("DEU", "<state>BY</state>", ""),
        ("NON", "", ""),
    ],
)
def test_a_state_is_taken_unless_another_country_is_named(
    abbreviation: str, said: str, state: str
) -> None:
    country = f"<countryAbbreviation>{abbreviation}</countryAbbreviation>"
    assert one(alert(anpr(more=said), country)).state == state


def test_a_time_may_lack_its_offset_or_a_digit_of_it() -> None:
    naive = alert(anpr()).replace(b"-06:00", b"")
    assert one(naive).seen_at.tzinfo is None
    short = alert(anpr()).replace(b"-06:00", b"-6:00")
    assert one(short).seen_at == one(alert(anpr())).seen_at


def test_events_of_the_camera_itself_are_its_health() -> None:
    beat = parse(payload_from("", alert(kind="videoloss", state="inactive", device=MAC)))
    assert (beat.reads, beat.ignored) == ((), ("a heartbeat",))
    assert [(h.camera, h.problem) for h in beat.health] == [("d4:e8:53:00:00:02/1", "")]
    lost = parse(payload_from("", alert(kind="videoloss", device=MAC)))
    assert [h.problem for h in lost.health] == ["videoloss alarm"]
    other = parse(payload_from("", alert(kind="linedetection")))
    assert (other.reads, other.health) == ((), ())
    assert "linedetection" in other.ignored[0]
    assert isinstance(beat.health[0], Health)


def test_pictures_of_people_are_not_kept() -> None:
    parsed = parse(
        payload_from("", alert(anpr())),
        (
            Attachment("pilotPicture.jpg", b"x"),
            Attachment("pedestrianDetectionPicture.jpg", b"x"),
            Attachment("licensePlatePicture.jpg", b""),
            Attachment("vehiclePicture.jpg", b"v"),
            Attachment("detectionPicture.jpg", b"d"),
        ),
    )
    assert [(i.kind, i.data) for i in parsed.reads[0].images] == [
        ("vehicle", b"v"),
        ("context", b"d"),
    ]
    assert len(parsed.ignored) == 3


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (b">50<", b">101<", "ANPR.confidenceLevel"),
        (b">50<", b">nan<", "ANPR.confidenceLevel"),
        (b"2026-11-21T21:02:09-06:00", b"yesterday", "dateTime"),
        (b"2026-11-21T21:02:09-06:00", b"", "dateTime"),
        (b"ANPR>", b"anpr>", "ANPR"),
    ],
)
def test_what_is_wrong_is_named(old: bytes, new: bytes, field: str) -> None:
    with pytest.raises(BadRead) as refused:
        one(alert(anpr()).replace(b"<eventType>ANPR<", b"<eventType>Anpr<").replace(old, new))
    assert refused.value.field == field


def test_the_capture_of_the_formats_notes_is_read() -> None:
    folder = os.environ.get("BOLO_FORMATS") or str(Path(__file__).parents[3] / "shared/formats")
    sample = Path(folder) / "camera-reads" / "hikvision_anpr.xml"
    if not sample.is_file():
        pytest.skip(f"no formats notes here: {sample}")
    read = one(sample.read_bytes())
    assert (read.camera, len(read.plate)) == ("d4:e8:53:bc:4c:02/1", 7)
    assert read.confidence == 0.97
    assert read.character_confidences == (0.99,) * 7
