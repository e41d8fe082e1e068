"""What every camera format keeps, whatever it is sent: one test over all that are there."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from cameras.bodies import understood
from cameras.building import read_of
from cameras.formats import Format, all_formats, format_of, resemblances
from cameras.incoming import Parsed
from cameras.payloads import EventStream
from domain.errors import BadInput
from domain.place import Place
from domain.read import Read
from tests.camera_samples import SAMPLES as JSON_SAMPLES
from tests.camera_samples import SECONDS, Sample
from tests.camera_samples_xml import XML_SAMPLES
from tests.decoding import decode_record

SAMPLES: dict[str, list[Sample]] = {**JSON_SAMPLES, **XML_SAMPLES}
EACH = [
    pytest.param(name, sample, id=f"{name}: {sample.note}")
    for name, samples in SAMPLES.items()
    for sample in samples
]
DAMAGES = 200
NOW = datetime.fromtimestamp(SECONDS + 60, UTC)
AGENCY = "KS0190100"


def test_every_format_has_samples() -> None:
    assert set(SAMPLES) == set(all_formats())
    assert all(samples[0].reads == 1 for samples in SAMPLES.values())


@pytest.mark.parametrize(("name", "sample"), EACH)
def test_a_sample_is_recognized_by_its_format_and_gives_its_reads(
    name: str, sample: Sample
) -> None:
    payload, files = understood(sample.content_type, sample.body)
    assert name == format_of(payload).NAME
    assert [one.NAME for one in all_formats().values() if one.recognizes(payload)] == [name]
    parsed = all_formats()[name].parse(payload, files)
    assert len(parsed.reads) == sample.reads
    assert all(read.format == name for read in parsed.reads)
    if not parsed.reads:
        assert parsed.without_plate or parsed.ignored or parsed.health, "it says what it is"


@pytest.mark.parametrize("name", SAMPLES)
def test_the_first_sample_is_the_same_event_in_every_format(name: str) -> None:
    sample = SAMPLES[name][0]
    payload, files = understood(sample.content_type, sample.body)
    (read,) = built(all_formats()[name].parse(payload, files))
    assert (read.camera, read.plate) == ("gate-1", "482KTB")
    assert read.seen_at.timestamp() == SECONDS
    assert read.confidence in (0.5, None)


@pytest.mark.parametrize(("name", "sample"), EACH)
def test_a_sample_survives_the_log_and_posted_twice_is_one_read(name: str, sample: Sample) -> None:
    ids: list[list[UUID]] = []
    for _ in range(2):
        payload, files = understood(sample.content_type, sample.body)
        reads = built(all_formats()[name].parse(payload, files))
        for one in reads:
            again, rejected = decode_record(msgspec.json.encode(one), received_at=NOW)
            assert (again, rejected) == ([one], [])
            assert len(one.character_confidences) in (0, len(one.plate))
        ids.append([one.read_id for one in reads])
    assert ids[0] == ids[1]


@pytest.mark.parametrize(("name", "sample"), EACH)
def test_a_damaged_sample_is_refused_by_field_or_read_and_never_crashes(
    name: str, sample: Sample
) -> None:
    seen = {"refused": 0, "read": 0, "unknown": 0, "other": 0}
    for n in range(DAMAGES):
        body, content_type = damaged(sample, random.Random(f"{name}|{sample.note}|{n}"))
        try:
            payload, files = understood(content_type, body)
        except BadInput as bad:
            says_what_and_where(bad)
            seen["refused"] += 1
            continue
        for one in all_formats().values():
            assert one.recognizes(payload) in (True, False)
            assert isinstance(one.resembles(payload), str)
        assert all(isinstance(hint, str) and hint for hint in resemblances(payload))
        try:
            chosen = format_of(payload)
        except BadInput:
            seen["unknown"] += 1
            chosen = all_formats()[name]  # the vendor's own address asks no one
        if refuses_cleanly(chosen, payload, files):
            seen["read" if name == chosen.NAME else "other"] += 1
        else:
            seen["refused"] += 1
    assert seen["refused"] + seen["unknown"] > DAMAGES / 20, f"the damages do nothing: {seen}"


def refuses_cleanly(chosen: Format, payload: Any, files: Any) -> bool:
    """Whether it was read; its reads are sound, and no more than there are results."""
    try:
        parsed = chosen.parse(payload, files)
    except BadInput as bad:
        says_what_and_where(bad)
        return False
    assert len(parsed.reads) + parsed.without_plate <= results(payload)
    for read in parsed.reads:
        both = [read.confidence, read.state_confidence, *read.character_confidences]
        guesses = [*read.candidates, *(read.vehicle.color if read.vehicle else ())]
        for number in [*both, *(guess.confidence for guess in guesses)]:
            assert number is None or 0 <= number <= 1
        assert len(read.character_confidences) in (0, len(read.plate))
    try:
        built(parsed)
    except BadInput as bad:
        says_what_and_where(bad)
        return False
    return True


def says_what_and_where(bad: BadInput) -> None:
    assert bad.problem
    assert len(bad.field) < 200


def built(parsed: Parsed) -> list[Read]:
    """The reads as the intake builds them; a camera that is not named is the token's."""
    reads = []
    for one in parsed.reads:
        named = one if one.camera else msgspec.structs.replace(one, camera="gate-1")
        reads.append(read_of(named, AGENCY, NOW, Place(), zone="America/Chicago"))
    return reads


def results(payload: Any) -> int:
    """An upper bound of the observations in a payload: each is an object of its own, or a word of
    a text (two lines of plates in one memo)."""
    if isinstance(payload, EventStream):
        return sum(max(1, results(dict(event))) for event in payload.events)
    if isinstance(payload, dict):
        return 1 + sum(results(one) for one in payload.values())
    if isinstance(payload, list):
        return sum(results(one) for one in payload)
    if isinstance(payload, str):
        return len(re.findall(r"\w+", payload[:10_000]))
    return 1


def damaged(sample: Sample, chance: random.Random) -> tuple[bytes, str]:
    """One damage of a kind that networks, firmwares and people make."""
    body, content_type = sample.body, sample.content_type
    kinds = [flipped, cut, doubled, dropped, recoded, nested]
    if content_type == "application/json":
        kinds += [changed] * 8
    else:
        kinds += [retagged] * 6
    body = chance.choice(kinds)(body, chance)
    if chance.random() < 0.1:
        content_type = chance.choice(["", "text/plain", "application/json", "application/xml"])
    return body, content_type


def flipped(body: bytes, chance: random.Random) -> bytes:
    changed_body = bytearray(body)
    for _ in range(chance.randint(1, 8)):
        changed_body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(changed_body)


def cut(body: bytes, chance: random.Random) -> bytes:
    return body[: chance.randrange(len(body))]


def doubled(body: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(body))
    piece = body[start : start + chance.randint(1, 200)]
    return body[:start] + piece + body[start:]


def dropped(body: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(body))
    return body[:start] + body[start + chance.randint(1, 60) :]


def recoded(body: bytes, chance: random.Random) -> bytes:
    text = body.decode("utf-8", "replace")
    return text.encode(
        chance.choice(["utf-16", "utf-16-be", "utf-32", "cp037", "utf-8-sig"]), "replace"
    )


def nested(body: bytes, chance: random.Random) -> bytes:
    depth = chance.choice([10, 100, 5_000, 200_000])
    opening, closing = chance.choice([(b"[", b"]"), (b'{"data":', b"}"), (b"<ANPR>", b"</ANPR>")])
    return opening * depth + body + closing * depth


STRANGE: list[Any] = [
    None,
    True,
    "",
    "  ",
    "\0",
    "x" * 5_000,
    "\ud83d\ude97",
    "482 KTB\n\n",
    "1e309",
    -1,
    0,
    101,
    1.7e308,
    10**30,
    -(10**300),
    [],
    {},
    [[]],
    [None, {}, 1, "a"],
    {"plate": {"props": {"plate": [{"value": 1}]}}},
    "2026-02-30T25:61:61Z",
    "us-zz",
    ["us-ks"],
]


def changed(body: bytes, chance: random.Random) -> bytes:
    """Values of JSON exchanged, deleted, repeated, moved or renamed."""
    thing = json.loads(body)
    for _ in range(chance.randint(1, 3)):
        places = list(walked(thing))
        if not places:
            break
        holder, key = chance.choice(places)
        match chance.randrange(5):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, list):
                holder.extend(deepcopy(holder[key]) for _ in range(chance.choice([1, 3, 700])))
            case 2 if isinstance(holder, dict):
                holder[str(key).swapcase()] = holder.pop(key)
            case 3:
                other, place = chance.choice(places)
                other[place] = deepcopy(holder[key])
            case _:
                holder[key] = deepcopy(chance.choice(STRANGE))
    return json.dumps(thing).encode()


def walked(thing: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(thing) if isinstance(thing, dict) else range(len(thing))
    for key in keys:
        yield thing, key
        if isinstance(thing[key], dict | list):
            yield from walked(thing[key])


WORDS = (b"", b"-1", b"101", b"1e309", b"nan", b"unknown", b"9" * 400, b"\x00", b"&lt;", b"\xff")


def retagged(body: bytes, chance: random.Random) -> bytes:
    """What stands between tags, quotes, or after an equals sign, exchanged or gone."""
    spots = list(re.finditer(rb"(?<=>)[^<>]+(?=<)|(?<=\")[^\"\r\n]+(?=\")|(?<==)[^;\r\n{]+", body))
    numbers = list(re.finditer(rb"(?<=: )-?\d+", body))
    if not spots + numbers:
        return doubled(body, chance)
    found = chance.choice(spots + numbers)
    return body[: found.start()] + chance.choice(WORDS) + body[found.end() :]
