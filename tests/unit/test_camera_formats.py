"""Every format that is there: recognizes its own, refuses by field, never crashes."""

from __future__ import annotations

import json
from contextlib import suppress
from types import ModuleType
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cameras.bodies import understood
from cameras.formats import Format, all_formats, format_of
from cameras.incoming import Attachment, Parsed
from domain.errors import BadInput
from tests.camera_samples import SAMPLES as JSON_SAMPLES
from tests.camera_samples_xml import XML_SAMPLES

JSON = {
    name: json.loads(samples[0].body)
    for name, samples in {**JSON_SAMPLES, **XML_SAMPLES}.items()
    if samples[0].content_type == "application/json"
}
"""The smallest JSON payload of each format that has one."""

FORMATS = [pytest.param(f, id=name) for name, f in all_formats().items()]

anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_a_format_is_found_because_its_file_is_there() -> None:
    assert set(JSON) < set(all_formats())
    for found in all_formats().values():
        assert cast("ModuleType", found).__name__.startswith("cameras.formats.")


def test_the_native_format_is_asked_last() -> None:
    assert format_of(JSON["verkada"] | {"plate": "482 KTB"}).NAME == "verkada"


@pytest.mark.parametrize("found", FORMATS)
@settings(deadline=None)
@given(payload=anything)
def test_no_payload_makes_a_format_raise_anything_but_bad_input(
    found: Format, payload: Any
) -> None:
    refuses_cleanly(found, payload)


@pytest.mark.parametrize("found", [all_formats()[name] for name in JSON], ids=list(JSON))
@settings(deadline=None)
@given(data=st.data())
def test_no_broken_sample_makes_a_format_raise_anything_but_bad_input(
    found: Format, data: st.DataObject
) -> None:
    sample = json.loads(json.dumps(JSON[found.NAME]))
    places = [(holder, key) for holder, key in walk(sample)]
    for holder, key in data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=3)):
        holder[key] = data.draw(anything)
    refuses_cleanly(found, sample)


@settings(deadline=None)
@given(body=st.binary(max_size=200))
def test_no_bytes_crash_the_choice_of_a_format(body: bytes) -> None:
    with suppress(BadInput):
        payload, files = understood("", body)
        format_of(payload).parse(payload, (*files, Attachment("upload", body)))


def refuses_cleanly(found: Format, payload: Any) -> None:
    assert found.recognizes(payload) in (True, False)
    assert isinstance(found.resembles(payload), str)
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
