"""Frigate: each different text of a tracked car is a read, and nothing else on the topic is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cameras.building import read_of
from cameras.formats import format_of
from cameras.formats.frigate import parse, resembles
from cameras.incoming import Attachment, IncomingRead
from domain.errors import BadInput
from domain.place import Place
from tests.camera_samples import FRIGATE, SECONDS

SEEN = datetime(2026, 11, 22, 3, 2, 9, tzinfo=UTC)


def only(payload: Any) -> IncomingRead:
    (read,) = format_of(payload).parse(payload, ()).reads
    return read


def id_of(**change: Any) -> Any:
    return read_of(only(FRIGATE | change), "KS0190100", SEEN, Place()).read_id


def test_a_message_arrives_whole() -> None:
    read = only(FRIGATE | {"timestamp": SECONDS + 0.748393})
    assert (read.format, read.camera, read.plate) == ("frigate", "gate-1", "482 KTB")
    assert (read.confidence, read.state) == (0.5, "")
    assert read.seen_at == SEEN + timedelta(microseconds=748393)
    assert "chief" not in repr(read), "the label of a known plate is not of the read"


def test_the_same_text_of_a_car_is_one_read_and_a_better_one_another() -> None:
    assert id_of() == id_of(score=0.9, timestamp=SECONDS + 4) == id_of(plate="482ktb")
    assert len({id_of(), id_of(plate="482KT8"), id_of(id="1795316599.1-b")}) == 3


def test_an_empty_scene_and_other_types_are_left_out_with_words() -> None:
    gone = {"type": "lpr", "name": None, "plate": None, "camera": "gate-1"}
    assert "in sight" in parse(gone).ignored[0]
    for kind in ("face", "description", "classification"):
        other = {"type": kind, "id": "1.2-a", "name": "A. Person", "camera": "gate-1"}
        parsed = format_of(other).parse(other, ())
        assert (parsed.reads, len(parsed.ignored)) == ((), 1)
        assert "Person" not in parsed.ignored[0]


@pytest.mark.parametrize("words", ["", "unknown", "NO PLATE", "none", None])
def test_a_car_without_a_plate_is_counted(words: str | None) -> None:
    assert parse(FRIGATE | {"plate": words}).without_plate == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"score": 90}, "score"),
        ({"score": "nan"}, "score"),
        ({"timestamp": None}, "timestamp"),
        ({"timestamp": float("nan")}, "timestamp"),
        ({"timestamp": SECONDS * 1000}, "timestamp"),
        ({"camera": ""}, "camera"),
        ({"plate": {}}, "plate"),
        ({"plate": "A" * 65}, "plate"),
        ({"id": []}, "id"),
        ({"type": "end"}, "type"),
        ({"type": []}, "type"),
    ],
)
def test_a_mistake_is_named_where_it_stands(change: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as bad:
        parse(FRIGATE | change)
    assert bad.value.field == field


def test_a_file_is_refused_rather_than_lost() -> None:
    with pytest.raises(BadInput, match="upload"):
        parse(FRIGATE, (Attachment("upload", b""),))


def test_what_is_not_this_topic_is_told() -> None:
    event = {"type": "update", "before": {}, "after": {"id": "1.2-a"}}
    assert "frigate/events" in resembles(event)
    assert "no camera" in resembles({"type": "lpr", "plate": "x"})
    assert resembles(FRIGATE) == resembles({"type": "x"}) == resembles([]) == ""
