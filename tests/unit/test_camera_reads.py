"""From what a camera said to a read, and what a record of bolo.reads holds, whoever wrote it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cameras.building import merged, read_of
from cameras.incoming import IncomingRead
from cameras.records import decode_records
from domain.errors import BadInput, BadPlate, BadRead
from domain.ids import read_id
from domain.place import Place
from domain.read import ImageRef, Read
from domain.vehicle import Guess, VehicleSeen
from tests.decoding import decode_record

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
ORI = "KS0190100"


def incoming(**more: Any) -> IncomingRead:
    values: dict[str, Any] = {
        "camera": "gate-1",
        "seen_at": NOW,
        "plate": "482-ktb",
        "format": "native",
        "field": "reads[3]",
    }
    return IncomingRead(**values | more)


def read(**more: Any) -> Read:
    values: dict[str, Any] = {
        "read_id": uuid4(),
        "agency": ORI,
        "camera": "gate-1",
        "seen_at": NOW,
        "received_at": NOW,
        "plate": "482KTB",
        "plate_raw": "482-ktb",
    }
    return Read(**values | more)


FULL = read(
    confidence=0.9,
    state="KS",
    state_confidence=1.0,
    candidates=(Guess("4B2KTB", 0.4),),
    vehicle=VehicleSeen(make=(Guess("Ford"),)),
    place=Place(name="4th & Main", latitude=37.4, longitude=-94.7),
    images=(ImageRef(kind="plate", key=f"{ORI}/2026-11-21/b.jpg", sha256="0" * 64),),
)


def image(key: str, sha256: str = "0" * 64) -> dict[str, str]:
    return {"kind": "plate", "key": key, "sha256": sha256}


def built(**more: Any) -> Read:
    return read_of(incoming(**more), ORI, NOW, Place())


def test_the_plate_is_normalised_and_the_original_kept() -> None:
    one = built()
    assert (one.plate, one.plate_raw) == ("482KTB", "482-ktb")
    assert built(plate="O0I1").plate == "O0I1", "O is never folded to 0"


def test_the_same_event_posted_twice_is_one_read_whatever_its_offset() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=-6)))
    assert built().read_id == built(seen_at=there).read_id == read_id(ORI, "gate-1", NOW, "482KTB")
    assert built(event_id="e1").read_id == built(event_id="e1", confidence=0.1).read_id
    assert built(event_id="e1").read_id != built(event_id="e2").read_id != built().read_id


def test_candidates_are_normalised_ranked_each_once_without_the_plate_itself() -> None:
    said = (Guess("4b2 ktb"), Guess("UNK", 0.9), Guess("482KTB", 0.8), Guess("4B2KTB", 0.3))
    one = built(candidates=(*said, Guess("A", 0.5)))
    assert one.candidates == (Guess("A", 0.5), Guess("4B2KTB", 0.3))
    assert one.confidence == 0.8, "the plate's own confidence, given only among the candidates"


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"plate": "---"}, "plate", "no letter or digit"),
        ({"plate": "unknown"}, "plate", "no plate"),
        ({"plate": "A" * 65}, "plate", "longer"),
        ({"plate": "A\0"}, "plate", "NUL"),
        ({"camera": " "}, "camera", "empty"),
        ({"camera": "a\x1bb"}, "camera", "control"),
        (
            {"seen_at": NOW + timedelta(hours=25)},
            "seen_at",
            "25 hours in the future: set the camera",
        ),
        ({"seen_at": NOW - timedelta(days=732)}, "seen_at", "732 days ago"),
        ({"seen_at": datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))}, "seen_at", ""),
        ({"confidence": 1.5}, "confidence", "between 0 and 1"),
        ({"confidence": float("nan")}, "confidence", "between 0 and 1"),
        ({"state": "KSX"}, "state", "two letters"),
        ({"candidates": (Guess("A", 7),)}, "candidates[0].confidence", "between"),
        ({"vehicle": VehicleSeen(make=(Guess("x" * 101),))}, "vehicle.make[0].value", "longer"),
        ({"place": Place(latitude=1.0)}, "place.longitude", "together"),
        ({"event_id": "a\0"}, "id", "control"),
    ],
)
def test_what_is_not_right_is_refused_by_its_field(
    change: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(BadInput) as bad:
        built(**change)
    assert bad.value.field == f"reads[3].{field}"
    assert words in bad.value.problem
    assert isinstance(bad.value, BadPlate | BadRead | BadInput)


def test_what_a_read_leaves_out_comes_from_the_registered_camera() -> None:
    home = Place(name="4th & Main", latitude=37.4, longitude=-94.7, heading=90.0)
    assert read_of(incoming(), ORI, NOW, home).place == home
    assert merged(Place(heading=270.0), home) == Place(
        name="4th & Main", latitude=37.4, longitude=-94.7, heading=270.0
    )
    elsewhere = Place(latitude=38.0, longitude=-95.0)
    assert merged(elsewhere, home) == elsewhere, "a patrol car is not where it was registered"


def test_reads_as_the_intake_writes_them_come_back_as_they_were() -> None:
    encode = msgspec.json.encode
    assert decode_record(encode(FULL), received_at=NOW) == ([FULL], [])
    many = [FULL, read(), read()]
    assert decode_record(encode(many), received_at=NOW) == (many, [])
    assert decode_record(b"[]", received_at=NOW) == ([], [])


def test_a_read_from_elsewhere_gets_what_it_lacks() -> None:
    bare = {"agency": ORI, "camera": "gate-1", "seen_at": NOW.isoformat(), "plate": "482-ktb"}
    (one,), rejected = decode_record(json.dumps(bare).encode(), received_at=NOW)
    assert rejected == []
    assert one.read_id == read_id(ORI, "gate-1", NOW, "482KTB") == built().read_id
    assert (one.received_at, one.plate, one.plate_raw) == (NOW, "482KTB", "482-ktb")


def test_times_with_any_offset_come_back_in_utc() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=-6)))
    (one,), _ = decode_record(
        msgspec.json.encode(read(seen_at=there, received_at=there)), received_at=NOW
    )
    assert (one.seen_at, one.received_at) == (NOW, NOW)
    assert one.seen_at.tzinfo is one.received_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"plate": "---"}, "plate: has no letter or digit"),
        ({"plate": 3}, "plate"),
        ({"plate": "A\0"}, "NUL"),
        ({"camera": ""}, "camera: is empty"),
        ({"agency": ""}, "agency: is empty"),
        ({"seen_at": "2026-11-21T21:02:09"}, "seen_at: needs its offset"),
        ({"seen_at": "2024-01-01T00:00:00Z"}, "days ago"),
        ({"confidence": 93}, "confidence: must be between 0 and 1"),
        ({"state": "Kansas"}, "state"),
        ({"place": {"name": "a\0b"}}, "NUL"),
        ({"place": {"latitude": 99, "longitude": 0}}, "place.latitude"),
        ({"read_id": "x"}, "UUID"),
        ({"plate_raw": "4" * 101}, "plate_raw: is longer than 100"),
        ({"camera": "x" * 65}, "camera: is longer"),
        ({"format": "x" * 101}, "format: is longer than 100"),
        ({"candidates": [{"value": "4" * 65}]}, "candidates[0].plate: is longer"),
        ({"vehicle": {"model": [{"value": "x" * 101}]}}, "vehicle.model[0].value: is longer"),
        ({"vehicle": {"color": [{"value": "x"}] * 21}}, "vehicle.color: has more than 20"),
        ({"vehicle": {"orientation": "x" * 101}}, "vehicle.orientation: is longer"),
        ({"place": {"name": "x" * 201}}, "place.name: is longer than 200"),
        ({"images": [image(f"{ORI}/a.jpg")] * 11}, "images: has 11 images"),
        ({"images": [image("KS0110200/2026-11-21/b.jpg")]}, "images: each needs a key below"),
        ({"images": [image(f"{ORI}2/b.jpg")]}, "images: each needs a key below"),
        ({"images": [image(f"{ORI}/../KS0110200/b.jpg")]}, "images: each needs a key below"),
        ({"images": [image(f"{ORI}/b.jpg", "00")]}, "images: each needs a key below"),
        ({"images": [image(f"{ORI}/b.jpg") | {"kind": "482KTB"}]}, "Invalid enum value - at"),
        ({"vehicle": {"model": [{"value": "x" * 70_000}]}}, "the limit for a read is 65536"),
    ],
)
def test_one_bad_read_rejects_only_itself(change: dict[str, Any], reason: str) -> None:
    good = [msgspec.to_builtins(read()) for _ in range(2)]
    bad = msgspec.to_builtins(FULL) | change
    value = json.dumps([good[0], bad, good[1]]).encode()
    reads, (rejected,) = decode_record(value, received_at=NOW)
    assert [r.read_id for r in reads] == [UUID(g["read_id"]) for g in good]
    assert json.loads(rejected.value) == json.loads(json.dumps(bad))
    assert reason in rejected.reason
    assert "482" not in rejected.reason
    assert len(rejected.reason) <= 200


@settings(deadline=None)
@given(
    kinds=st.lists(
        st.sampled_from(["sound", "many", "bare", "wrong", "garbled", "late"]), max_size=12
    )
)
def test_a_batch_of_records_is_what_each_is_alone(kinds: list[str]) -> None:
    made = {
        "sound": msgspec.json.encode(FULL),
        "many": msgspec.json.encode([FULL, read(), read(plate="A1")]),
        "bare": json.dumps(
            {"agency": ORI, "camera": "gate-1", "seen_at": NOW.isoformat(), "plate": "a-1"}
        ).encode(),
        "wrong": msgspec.json.encode([read(), read(confidence=9.0)]),
        "garbled": b"[{",
        "late": msgspec.json.encode(read(seen_at=NOW + timedelta(hours=30))),
    }
    late = NOW + timedelta(hours=20)
    records = [(made[kind], late if kind == "late" else NOW) for kind in kinds]
    together = decode_records(records)
    assert together == [decode_record(value, received_at=at) for value, at in records]
    assert [len(found.reads) for found in together] == [
        {"many": 3, "garbled": 0}.get(kind, 1) for kind in kinds
    ]


@pytest.mark.parametrize("year", [1, 9999])
def test_a_record_of_an_impossible_time_rejects_its_reads(year: int) -> None:
    at = datetime(year, 12, 31, tzinfo=UTC)
    reads, (rejected,) = decode_record(msgspec.json.encode(FULL), received_at=at)
    assert reads == []
    assert "seen_at: is" in rejected.reason


@pytest.mark.parametrize(
    "change",
    [
        {"plate_raw": "x" * 1_000_000},
        {"place": {"name": "x" * 1_000_000}},
        {"vehicle": {"make": [{"value": "Ford"}] * 60_000}},
        {"candidates": [{"value": "A1"}] * 60_000},
        {"images": [image(f"{ORI}/b.jpg")] * 9000},
        {"unheard_of": "x" * 1_000_000},
    ],
)
@pytest.mark.parametrize("others", [0, 1, 499])
def test_a_read_of_a_megabyte_is_rejected_and_no_other_of_its_record(
    change: dict[str, Any], others: int
) -> None:
    good = [msgspec.to_builtins(read()) for _ in range(others)]
    value = json.dumps([*good, msgspec.to_builtins(read()) | change]).encode()
    reads, rejected = decode_record(value, received_at=NOW)
    if "unheard_of" in change and others == 499:
        assert (len(reads), rejected) == (500, []), "what is dropped in decoding does no harm"
        return
    assert (len(reads), len(rejected)) == (others, 1)
    assert "the limit for a read is 65536" in rejected[0].reason
    assert all(len(msgspec.json.encode(one)) < 1000 for one in reads)


@pytest.mark.parametrize(
    "value", [b"", b"\xff\xfe", b"{", b"[" * 100_000, b'{"a":' * 100_000, b"3", b"null", b'"x"']
)
def test_what_is_no_record_is_rejected_whole(value: bytes) -> None:
    reads, (rejected,) = decode_record(value, received_at=NOW)
    assert reads == []
    assert rejected.value == value
    assert rejected.reason


@settings(deadline=None)
@given(value=st.binary(max_size=400))
def test_no_bytes_make_decoding_raise(value: bytes) -> None:
    reads, rejected = decode_record(value, received_at=NOW)
    assert isinstance(reads, list)
    assert isinstance(rejected, list)


@settings(deadline=None)
@given(data=st.data())
def test_no_change_to_a_record_makes_decoding_raise(data: st.DataObject) -> None:
    value = bytearray(msgspec.json.encode([FULL, FULL]))
    for at in data.draw(st.lists(st.integers(0, len(value) - 1), max_size=8)):
        value[at] = data.draw(st.integers(0, 255))
    reads, rejected = decode_record(bytes(value), received_at=NOW)
    for one in reads:
        assert one.plate == one.plate.upper()
        assert one.seen_at.tzinfo is UTC
        msgspec.json.encode(one)
    assert all(r.reason for r in rejected)


@settings(deadline=None)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(Read.__struct_fields__), inner)
        ),
    )
)
def test_no_json_makes_decoding_raise(value: Any) -> None:
    decode_record(json.dumps(value).encode(), received_at=NOW)
