"""Times without an offset, and confidences of single characters: what building makes of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameras.building import aligned, in_zone, read_of
from cameras.fields import says_no_plate
from cameras.formats import native, plate_recognizer
from cameras.incoming import IncomingRead
from domain.errors import BadInput, BadPlate, BadRead
from domain.place import Place
from domain.plate import normalise
from domain.read import Read
from domain.vehicle import Guess, VehicleSeen
from tests.decoding import decode_record

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
CHICAGO = "America/Chicago"
SURE = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4)


def built(zone: str | None = None, **more: Any) -> Read:
    values: dict[str, Any] = {
        "camera": "gate-1",
        "seen_at": NOW,
        "plate": "482KTB",
        "format": "x",
        "field": "reads[3]",
    }
    incoming = IncomingRead(**values | more)
    if zone is None:
        return read_of(incoming, "KS0190100", NOW, Place())
    return read_of(incoming, "KS0190100", NOW, Place(), zone=zone)


def test_a_time_without_an_offset_is_read_in_the_cameras_zone() -> None:
    wall = datetime(2026, 11, 21, 15, 2, 9)
    assert built(CHICAGO, seen_at=wall).seen_at == NOW
    assert built(seen_at=NOW.replace(tzinfo=None)).seen_at == NOW, "UTC when no zone is given"
    assert built(CHICAGO, seen_at=NOW).seen_at == NOW, "a time with an offset keeps it"
    assert built(CHICAGO, seen_at=wall).read_id == built(seen_at=NOW).read_id


@pytest.mark.parametrize(
    ("wall", "utc"),
    [
        (datetime(2026, 7, 1, 12), datetime(2026, 7, 1, 17, tzinfo=UTC)),
        (datetime(2026, 11, 1, 0, 59), datetime(2026, 11, 1, 5, 59, tzinfo=UTC)),
        (datetime(2026, 11, 1, 1, 30), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
        (datetime(2026, 11, 1, 1, 30, fold=1), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
        (datetime(2026, 11, 1, 2, 0), datetime(2026, 11, 1, 8, 0, tzinfo=UTC)),
        (datetime(2026, 3, 8, 2, 30), datetime(2026, 3, 8, 8, 30, tzinfo=UTC)),
    ],
)
def test_an_hour_that_comes_twice_is_the_earlier_one(wall: datetime, utc: datetime) -> None:
    assert in_zone(wall, CHICAGO, "seen_at").astimezone(UTC) == utc


@pytest.mark.parametrize("zone", ["", "Kansas", "America", "../etc/passwd", "a\0b", "x" * 300])
def test_a_zone_that_is_none_is_named_at_the_time(zone: str) -> None:
    with pytest.raises(BadRead, match=r"reads\[3\]\.seen_at: has no offset"):
        built(zone, seen_at=NOW.replace(tzinfo=None))
    assert built(zone).seen_at == NOW, "it is not needed for a time with an offset"


def test_a_wall_clock_years_off_is_still_refused() -> None:
    with pytest.raises(BadRead, match="in the future"):
        built(CHICAGO, seen_at=NOW.replace(tzinfo=None) + timedelta(days=3))
    for extreme in (datetime.min, datetime.max):
        with pytest.raises(BadRead, match="seen_at"):
            built(CHICAGO, seen_at=extreme)


@pytest.mark.parametrize(
    ("raw", "numbers", "kept"),
    [
        ("482KTB", SURE, SURE),
        ("482-ktb", (0.9, 0.8, 0.7, 0.0, 0.6, 0.5, 0.4), SURE),
        ("\uff14\uff18\uff12 KTB", (0.9, 0.8, 0.7, 0.0, 0.6, 0.5, 0.4), SURE),
        ("AAAA482KTB1234", (*[0.1] * 4, *SURE, 0.3, 0.2, 0.1, 0.0), (*SURE, 0.3, 0.2, 0.1, 0.0)),
        ("482\ufb00", (0.9, 0.8, 0.7, 0.5), (0.9, 0.8, 0.7, 0.5, 0.5)),
        ("482KTB", SURE[:5], ()),
        ("482-KTB", SURE, ()),
        ("482KTB", (), ()),
        ("482A\u0301", (0.9, 0.8, 0.7, 0.6, 0.5), ()),
    ],
)
def test_character_confidences_follow_the_plate(
    raw: str, numbers: tuple[float, ...], kept: tuple[float, ...]
) -> None:
    read = built(plate=raw, character_confidences=numbers)
    assert read.character_confidences == kept
    assert len(kept) in (0, len(read.plate))


@pytest.mark.parametrize("bad", [-0.1, 1.1, 90, float("nan")])
def test_a_character_confidence_that_is_none_is_named(bad: float) -> None:
    with pytest.raises(BadRead, match=r"reads\[3\]\.character_confidences: must be between"):
        built(character_confidences=(*SURE[:5], bad))


@given(raw=st.text(max_size=20))
def test_there_are_as_many_numbers_as_characters_or_none(raw: str) -> None:
    try:
        plate = normalise(raw)
    except BadPlate:
        assert says_no_plate(raw)
        return
    numbers = tuple(n / 100 for n in range(len(raw)))
    kept = aligned(numbers, raw, plate, "")
    assert len(kept) in (0, len(plate))
    assert set(kept) <= set(numbers)
    if raw.isascii():
        assert len(kept) == len(plate), "of ordinary text no number is lost"
        by_hand = [n for c, n in zip(raw, numbers, strict=True) if c.isalnum()][-len(plate) :]
        assert list(kept) == by_hand


@pytest.mark.parametrize(
    ("field", "half"),
    [
        ("camera", "gate-\ud800"),
        ("plate", "482KTB\ud800"),
        ("event_id", "\udc00"),
        ("place", Place(name="4th \ud800")),
        ("vehicle", VehicleSeen(make=(Guess("\ud800"),))),
    ],
)
def test_half_a_character_is_refused_before_anything_is_built(field: str, half: Any) -> None:
    with pytest.raises(BadInput, match="lone surrogate"):
        built(**{field: half})


def test_half_a_character_that_is_dropped_anyway_does_no_harm() -> None:
    read = built(candidates=(Guess("4B2KTB\ud800"),))
    assert msgspec.json.decode(msgspec.json.encode(read), type=Read) == read


def record(**more: Any) -> bytes:
    values = {
        "read_id": str(uuid4()),
        "agency": "KS0190100",
        "camera": "gate-1",
        "seen_at": NOW.isoformat(),
        "received_at": NOW.isoformat(),
        "plate": "482KTB",
        "plate_raw": "482-KTB",
    }
    return json.dumps(values | more).encode()


def test_a_record_keeps_one_confidence_for_each_character() -> None:
    full = built(character_confidences=SURE)
    assert decode_record(msgspec.json.encode(full), received_at=NOW) == ([full], [])
    seven = [0.9, 0.8, 0.7, 0.0, 0.6, 0.5, 0.4]
    for plate, numbers in (("482KTB", list(SURE)), ("482-KTB", seven), ("482-KTB", list(SURE))):
        (read,), rejected = decode_record(
            record(plate=plate, character_confidences=numbers), received_at=NOW
        )
        assert (read.character_confidences, rejected) == (SURE, [])


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        (SURE[:5], "character_confidences: has 5 numbers for a plate of 6"),
        ([0.5] * 50_000, "the limit for a read"),
        ([0.5] * 5000, "character_confidences: has 5000 numbers"),
        ([*SURE[:5], 1.5], "character_confidences: must be between 0 and 1"),
        ([*SURE[:5], -0.1], "character_confidences: must be between 0 and 1"),
        (["x"] * 6, "float"),
        ({}, "array"),
    ],
)
def test_a_record_with_other_numbers_is_rejected_by_the_field(numbers: Any, reason: str) -> None:
    good = record()
    value = b"[" + record(character_confidences=numbers) + b"," + good + b"]"
    reads, (rejected,) = decode_record(value, received_at=NOW)
    assert len(reads) == 1
    assert reason in rejected.reason


@pytest.mark.parametrize("sure", [90, -5, 1e308])
def test_a_whole_record_with_a_confidence_out_of_bounds_is_rejected(sure: float) -> None:
    """Written as the intake writes them, too: the matcher takes logarithms of these."""
    one, other = built(), (Guess("482KT8", sure),)
    for bad in (
        msgspec.structs.replace(one, candidates=other),
        *(msgspec.structs.replace(one, vehicle=VehicleSeen(**{name: other}))  # type: ignore[arg-type]
          for name in ("make", "model", "color", "body", "plate_type")),
    ):  # fmt: skip
        reads, (rejected,) = decode_record(msgspec.json.encode([bad, one]), received_at=NOW)
        assert reads == [one]
        assert "must be between 0 and 1" in rejected.reason


def test_the_native_format_takes_character_confidences_as_many_as_characters() -> None:
    payload = {"camera": "gate-1", "plate": "482 KTB", "seen_at": NOW.isoformat()}
    numbers = [0.9, 0.8, 0.7, 0.0, 0.6, 0.5, 0.4]
    (read,) = native.parse(payload | {"character_confidences": numbers}).reads
    assert read.character_confidences == tuple(numbers)
    for odd, words in (
        (numbers[:6], "6 numbers for a plate of 7"),
        ([*numbers[:6], 40], "at most 1"),
        ([0.5] * 65, "character_confidences"),
        ("0.5", "character_confidences"),
    ):
        with pytest.raises(BadRead, match=words) as bad:
            native.parse(payload | {"character_confidences": odd})
        assert bad.value.field.startswith("character_confidences")


def test_formats_that_have_no_own_test_of_it_say_what_an_unknown_payload_resembles() -> None:
    assert "no data.results" in plate_recognizer.resembles(
        {"data": {"camera_id": "a", "timestamp": "b"}}
    )
    assert "not within data" in plate_recognizer.resembles({"camera_id": "a", "results": []})
    assert "no data" in plate_recognizer.resembles({"hook": {"event": "recognition"}})
    assert "seen_at" in native.resembles({"camera": "gate-1", "timestamp": "noon"})
    assert native.resembles({"camera": "x"}) == plate_recognizer.resembles({}) == ""


def test_plate_recognizer_counts_the_words_for_no_plate_and_bounds_its_candidates() -> None:
    def parse(**more: Any) -> Any:
        result = {"plate": "482ktb", "score": 0.9} | more
        data = {"camera_id": "c", "timestamp": NOW.isoformat(), "results": [result]}
        return plate_recognizer.parse({"data": data})

    for words in ("", "unknown", "NO PLATE", "none", None):
        parsed = parse(plate=words)
        assert (parsed.reads, parsed.without_plate) == ((), 1)
    for field, value in (
        ("candidates", [{"plate": "A1"}] * 100_000),
        ("model_make", [{"make": "Ford"}] * 100_000),
    ):
        with pytest.raises(BadInput) as bad:
            parse(**{field: value})
        assert bad.value.field == f"data.results[0].{field}"
    with pytest.raises(BadInput, match="camera_id"):
        plate_recognizer.parse({"data": {"camera_id": 10**5000, "results": []}})
