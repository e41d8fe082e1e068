"""Every format that is there: recognizes its own, refuses by field, never crashes."""

from __future__ import annotations

import json
from contextlib import suppress
from types import ModuleType
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cameras.formats import Format, all_formats, format_of
from cameras.incoming import Attachment, Parsed
from domain.errors import BadInput

SAMPLES: dict[str, dict[str, Any]] = {
    "native": {
        "camera": "gate-1",
        "plate": "482 KTB",
        "seen_at": "2026-11-21T21:02:09-06:00",
        "confidence": 0.5,
    },
    "plate-recognizer": {
        "hook": {"id": "gate-1", "event": "recognition"},
        "data": {
            "camera_id": "gate-1",
            "timestamp": "2026-11-22T03:02:09Z",
            "results": [{"plate": "482 ktb", "score": 0.5}],
        },
    },
}
"""One smallest payload of each format, of the same read."""

FORMATS = [pytest.param(f, id=name) for name, f in all_formats().items()]

anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_a_format_is_found_because_its_file_is_there() -> None:
    assert set(all_formats()) == set(SAMPLES)
    for found in all_formats().values():
        assert cast("ModuleType", found).__name__.startswith("cameras.formats.")


@pytest.mark.parametrize("found", FORMATS)
def test_a_format_recognizes_its_own_sample_and_no_other(found: Format) -> None:
    for name, sample in SAMPLES.items():
        assert found.recognizes(sample) is (name == found.NAME)
        assert name == format_of(sample).NAME


@pytest.mark.parametrize("found", FORMATS)
def test_every_format_gives_the_same_read_for_the_same_event(found: Format) -> None:
    (read,) = found.parse(SAMPLES[found.NAME], ()).reads
    assert read.format == found.NAME
    assert read.camera == "gate-1"
    assert read.plate.upper() == "482 KTB"
    assert read.confidence == 0.5
    assert read.seen_at.timestamp() == 1795316529


@pytest.mark.parametrize("found", FORMATS)
@settings(deadline=None)
@given(payload=anything)
def test_no_payload_makes_a_format_raise_anything_but_bad_input(
    found: Format, payload: Any
) -> None:
    refuses_cleanly(found, payload)


@pytest.mark.parametrize("found", FORMATS)
@settings(deadline=None)
@given(data=st.data())
def test_no_broken_sample_makes_a_format_raise_anything_but_bad_input(
    found: Format, data: st.DataObject
) -> None:
    sample = json.loads(json.dumps(SAMPLES[found.NAME]))
    places = [(holder, key) for holder, key in walk(sample)]
    for holder, key in data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=3)):
        holder[key] = data.draw(anything)
    refuses_cleanly(found, sample)


@settings(deadline=None)
@given(body=st.binary(max_size=200))
def test_no_bytes_crash_the_choice_of_a_format(body: bytes) -> None:
    try:
        payload = msgspec.json.decode(body)
    except ValueError:
        return
    with suppress(BadInput):
        format_of(payload).parse(payload, (Attachment("upload", body),))


def refuses_cleanly(found: Format, payload: Any) -> None:
    assert found.recognizes(payload) in (True, False)
    refused: BadInput | None = None
    try:
        assert isinstance(found.parse(payload, ()), Parsed)
    except BadInput as bad:
        refused = bad
    assert refused is None or (refused.problem and len(refused.field) < 200)


def walk(thing: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value that can be written to."""
    keys = list(thing) if isinstance(thing, dict) else range(len(thing))
    found = [(thing, key) for key in keys]
    for key in keys:
        if isinstance(thing[key], dict | list):
            found += walk(thing[key])
    return found
