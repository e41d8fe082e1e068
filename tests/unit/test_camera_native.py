"""The native format: every field arrives, every mistake is named."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from cameras.formats.native import parse
from domain.errors import BadRead
from domain.place import Place
from domain.vehicle import Guess, VehicleSeen

READ: dict[str, Any] = {
    "camera": "gate-1",
    "plate": "482 KTB",
    "seen_at": "2026-11-21T21:02:09-06:00",
}


def test_everything_a_camera_can_say_arrives() -> None:
    (read,) = parse(
        READ
        | {
            "id": "e-77",
            "confidence": 1,
            "state": "ks",
            "state_confidence": 0.5,
            "candidates": [{"plate": "4B2KTB", "confidence": 0.25}, {"plate": "482KT8"}],
            "vehicle": {
                "make": "Ford",
                "model": {"value": "F-150", "confidence": 0.75},
                "color": [{"value": "white", "confidence": 0.5}, "silver", " "],
                "year": 2019,
            },
            "place": {"name": "4th & Main", "latitude": 37.41, "longitude": -94.7, "heading": 90},
            "images": [{"kind": "plate", "data": base64.b64encode(b"jpeg").decode()}],
        }
    ).reads
    assert (read.event_id, read.confidence, read.state, read.state_confidence) == (
        "e-77",
        1.0,
        "KS",
        0.5,
    )
    assert read.candidates == (Guess("4B2KTB", 0.25), Guess("482KT8"))
    assert read.vehicle == VehicleSeen(
        make=(Guess("Ford"),),
        model=(Guess("F-150", 0.75),),
        color=(Guess("white", 0.5), Guess("silver")),
        year=(Guess("2019"),),
    )
    assert read.place == Place(name="4th & Main", latitude=37.41, longitude=-94.7, heading=90.0)
    assert [(i.kind, i.data) for i in read.images] == [("plate", b"jpeg")]


def test_one_read_an_array_and_an_envelope_are_the_same() -> None:
    assert parse([READ]).reads == parse({"reads": [READ]}).reads
    assert parse(READ).reads[0].plate == parse([READ]).reads[0].plate


def test_nebraska_is_taken_by_either_of_its_codes() -> None:
    assert [r.state for r in parse([READ | {"state": s} for s in ("NE", "nb")]).reads] == [
        "NB",
        "NB",
    ]


@pytest.mark.parametrize(
    ("change", "field", "problem"),
    [
        ({"plat": "x"}, "plat", "not a field"),
        ({"vehicle": {"maker": "x"}}, "vehicle.maker", "not a field"),
        ({"confidence": 93}, "confidence", "at most 1"),
        ({"confidence": "high"}, "confidence", "must be a number"),
        ({"seen_at": "2026-11-21T21:02:09"}, "seen_at", "offset"),
        ({"seen_at": "yesterday"}, "seen_at", "RFC 3339"),
        ({"plate": 482}, "plate", "must be text"),
        ({"state": "Kansas"}, "state", "two letters"),
        ({"candidates": [{"plate": "A", "confidence": -1}]}, "candidates[0].confidence", "least 0"),
        ({"candidates": [{"confidence": 1}]}, "candidates[0].plate", "is missing"),
        ({"vehicle": {"color": [{"value": 3}]}}, "vehicle.color[0].value", "must be text"),
        ({"place": {"latitude": 91}}, "place.latitude", "at most 90"),
        ({"images": [{"kind": "face", "data": ""}]}, "images[0].kind", "plate, vehicle, context"),
        ({"images": [{"kind": "plate", "data": "*"}]}, "images[0].data", "base64"),
        ({"images": [{"kind": "plate", "data": ""}] * 2}, "images[1].kind", "already"),
    ],
)
def test_a_mistake_is_named_where_it_stands(
    change: dict[str, Any], field: str, problem: str
) -> None:
    for payload, where in ((READ | change, field), ([READ, READ | change], f"reads[1].{field}")):
        with pytest.raises(BadRead) as bad:
            parse(payload)
        assert bad.value.field == where
        assert problem in bad.value.problem


def test_a_field_that_is_missing_is_named() -> None:
    with pytest.raises(BadRead, match=r"reads\[0\]\.camera: is missing"):
        parse([{k: v for k, v in READ.items() if k != "camera"}])


@pytest.mark.parametrize(
    "payload", [[], [READ] * 501, {"reads": {}}, {"reads": [READ], "camera": "x"}, 3, "x", None]
)
def test_what_is_no_list_of_reads_is_refused(payload: Any) -> None:
    with pytest.raises(BadRead):
        parse(payload)
