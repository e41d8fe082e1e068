"""The samples of the JSON formats hold what they say, and their first ones are the same read."""

from __future__ import annotations

import msgspec
import pytest

from cameras.formats import all_formats, format_of
from cameras.incoming import Attachment
from tests.camera_samples import PNG, SAMPLES, Sample

ALL = [
    pytest.param(name, sample, id=f"{name}: {sample.note}")
    for name, samples in SAMPLES.items()
    for sample in samples
]


@pytest.mark.parametrize(("name", "sample"), ALL)
def test_a_sample_is_recognized_by_its_format_alone(name: str, sample: Sample) -> None:
    files: tuple[Attachment, ...] = ()
    body = sample.body
    if sample.content_type != "application/json":
        body, files = body.split(b"\r\n")[3], (Attachment("upload", PNG),)
    payload = msgspec.json.decode(body)
    assert [f.NAME for f in all_formats().values() if f.recognizes(payload)] == [name]
    assert all_formats()[name].resembles(payload) == ""
    parsed = format_of(payload).parse(payload, files)
    assert len(parsed.reads) == sample.reads
    assert parsed.reads or parsed.without_plate or parsed.ignored or parsed.health, "silent loss"


@pytest.mark.parametrize("name", SAMPLES)
def test_the_first_samples_are_the_same_event(name: str) -> None:
    payload = msgspec.json.decode(SAMPLES[name][0].body)
    (read,) = format_of(payload).parse(payload, ()).reads
    assert (read.format, read.camera, read.plate.upper()) == (name, "gate-1", "482 KTB")
    assert (read.confidence, read.seen_at.timestamp()) == (0.5, 1795316529)
