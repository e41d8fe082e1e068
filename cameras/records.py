"""What a record of bolo.reads holds, whoever wrote it.

The intake writes full reads, and those take the short way. Others may write straight to the
topic; their reads may lack what the intake would have filled in. Nothing here ever raises: what
cannot be read is handed back with the reason, for the topic of rejects.

Every text of a read is bounded, so that no read grows into a match, an alert and a page of a
megabyte; and its images lie in its own agency's part of the image store.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from cameras.building import (
    BEHIND,
    TEXT_MAX,
    aligned,
    checked_confidence,
    checked_moment,
    checked_plate,
    checked_state,
    checked_text,
    checked_vehicle,
    ranked,
)
from cameras.registry import checked_camera_id, checked_place
from cameras.sound import AGENCY_MAX, IMAGES_MAX, all_sound, own
from cameras.states import from_postal
from domain.errors import BadInput, BadRead
from domain.ids import read_id
from domain.place import Place
from domain.read import ImageRef, Read
from domain.vehicle import Guess, VehicleSeen

ELEMENT_MAX = 64 * 1024
"""Bytes of one read's JSON; the intake's own have one or two thousand."""
SUSPICIOUS = 16 * 1024
"""Bytes a read of a record, on the average, above which each is measured by itself."""
REASON_MAX = 200


class Rejected(msgspec.Struct, frozen=True):
    """What could not be read: its bytes as they were, and why, in words without a plate."""

    value: bytes
    reason: str


class _Full(NamedTuple):
    """A record that holds nothing but full reads, by its place among its batch's."""

    number: int
    received_at: datetime
    reads: list[Read]


class _Loose(msgspec.Struct, frozen=True, kw_only=True):
    """A read as another producer may write it: four fields, and any of the others."""

    agency: str
    camera: str
    seen_at: datetime
    plate: str
    read_id: UUID | None = None
    received_at: datetime | None = None
    plate_raw: str | None = None
    confidence: float | None = None
    character_confidences: tuple[float, ...] = ()
    state: str | None = None
    state_confidence: float | None = None
    candidates: tuple[Guess, ...] = ()
    vehicle: VehicleSeen | None = None
    place: Place | None = None
    images: tuple[ImageRef, ...] = ()
    format: str | None = None


_full = msgspec.json.Decoder(Read | list[Read])
_elements = msgspec.json.Decoder(list[msgspec.Raw])
_anything = msgspec.json.Decoder(msgspec.Raw)
_loose = msgspec.json.Decoder(_Loose)
_plain = msgspec.json.Decoder()
_ESCAPED = b"\\u00"  # how JSON writes a control character; PostgreSQL takes no NUL in its texts
_BLANK = b" \t\r\n"
_REPEATED = re.compile(r"Invalid enum value .*?(?= - at `\$|\Z)", re.DOTALL)


class Decoded(NamedTuple):
    """What a record held: its reads, in order, and what of it could not be read."""

    reads: list[Read]
    rejected: list[Rejected]


def decode_records(records: Sequence[tuple[bytes, datetime]]) -> list[Decoded]:
    """What each of these records holds, given with its own time (aware UTC), for reads that bring
    none. One bad read rejects only itself; a record that is no JSON is rejected whole. Never
    raises.
    """
    full = [
        _Full(number, received_at, reads)
        for number, (value, received_at) in enumerate(records)
        if (reads := _whole(value)) is not None
    ]
    sound = {one.number: one.reads for one in _sound(full)}
    return [
        Decoded(sound[number], []) if number in sound else _one_by_one(*record)
        for number, record in enumerate(records)
    ]


def _whole(value: bytes) -> list[Read] | None:
    """The reads of a record that holds nothing but full ones."""
    if _ESCAPED in value:
        return None
    try:
        found = _full.decode(value)
    except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError):
        return None
    reads = found if isinstance(found, list) else [found]
    return reads if len(value) <= SUSPICIOUS * len(reads) else None


def _sound(some: list[_Full]) -> list[_Full]:
    """Those whose reads are all as the intake writes them: all at once, or half by half, so that a
    bad read costs only the records around it."""
    if not some:
        return []
    times = [one.received_at for one in some]
    if all_sound([read for one in some for read in one.reads], min(times), max(times)):
        return some
    half = len(some) // 2
    return _sound(some[:half]) + _sound(some[half:]) if half else []


def _one_by_one(value: bytes, received_at: datetime) -> Decoded:
    if not value:
        return Decoded([], [Rejected(b"", "the record is empty")])
    try:
        if value.lstrip(_BLANK)[:1] == b"[":
            elements = [bytes(raw) for raw in _elements.decode(value)]
        else:
            elements = [bytes(_anything.decode(value))]
    except (msgspec.MsgspecError, RecursionError, ValueError) as bad:
        return Decoded([], [Rejected(value, f"not JSON: {_words(bad)}")])
    reads: list[Read] = []
    rejected: list[Rejected] = []
    for element in elements:
        if len(element) > ELEMENT_MAX:
            problem = f"has {len(element)} bytes; the limit for a read is {ELEMENT_MAX}"
            rejected.append(Rejected(element, problem))
            continue
        try:
            reads.append(_completed(element, received_at))
        except BadInput as bad:
            rejected.append(Rejected(element, str(bad)))
        except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError) as bad:
            rejected.append(Rejected(element, _words(bad)))
    return Decoded(reads, rejected)


def _words(bad: BaseException) -> str:
    if isinstance(bad, RecursionError):
        return "nested too deeply"
    # msgspec repeats a value that it does not know, which may be anything, a plate or a page.
    return _REPEATED.sub("Invalid enum value", str(bad))[:REASON_MAX]


def _completed(element: bytes, received_at: datetime) -> Read:
    """One read with what its producer left out filled in. Raises BadInput, MsgspecError."""
    said = _loose.decode(element)
    if _ESCAPED in element and _holds_nul(_plain.decode(element)):
        problem = "holds a NUL character"
        raise BadRead("read", problem)
    camera = checked_camera_id(said.camera)
    agency = checked_text(said.agency.strip(), "agency", AGENCY_MAX)
    if not agency:
        raise BadRead("agency", "is empty")
    seen_at = checked_moment(said.seen_at, received_at, "seen_at")
    received = received_at
    if said.received_at is not None and abs(_gap(said.received_at, received_at)) <= BEHIND:
        received = said.received_at.astimezone(UTC)
    plate = checked_plate(said.plate, "plate")
    if said.plate_raw is not None and len(said.plate_raw) > TEXT_MAX:
        raise BadRead("plate_raw", f"is longer than {TEXT_MAX} characters")
    if len(said.images) > IMAGES_MAX:
        raise BadRead("images", f"has {len(said.images)} images; the limit is {IMAGES_MAX}")
    if not own(said.images, agency):
        problem = f"each needs a key below {agency}/ and the SHA-256 of its bytes in hex"
        raise BadRead("images", problem)
    state = said.state or ""
    return Read(
        read_id=said.read_id or read_id(agency, camera, seen_at, plate),
        agency=agency,
        camera=camera,
        seen_at=seen_at,
        received_at=received,
        plate=plate,
        plate_raw=said.plate if said.plate_raw is None else said.plate_raw,
        confidence=checked_confidence(said.confidence, "confidence"),
        character_confidences=_of_characters(said.character_confidences, said.plate, plate),
        state=checked_state(from_postal(state) or state, "state"),
        state_confidence=checked_confidence(said.state_confidence, "state_confidence"),
        candidates=tuple(g for g in ranked(said.candidates, "candidates") if g.value != plate),
        vehicle=checked_vehicle(said.vehicle, "vehicle"),
        place=checked_place(said.place or Place()),
        images=said.images,
        format=checked_text(said.format or "topic", "format"),
    )


def _of_characters(numbers: tuple[float, ...], raw: str, plate: str) -> tuple[float, ...]:
    """Those of the plate, given for it or for the text it was written as."""
    if not numbers:
        return ()
    fitting = aligned(numbers, raw, plate, "character_confidences")
    if not fitting and len(numbers) == len(plate):
        fitting = numbers
    if not fitting:
        problem = f"has {len(numbers)} numbers for a plate of {len(plate)} characters"
        raise BadRead("character_confidences", problem)
    return fitting


def _gap(one: datetime, other: datetime) -> timedelta:
    """Zero for the same moment; far apart for a time without an offset, which says nothing."""
    return timedelta.max if one.tzinfo is None else one - other


def _holds_nul(thing: Any) -> bool:
    if isinstance(thing, str):
        return "\0" in thing
    if isinstance(thing, list):
        return any(_holds_nul(one) for one in thing)
    if isinstance(thing, dict):
        return any("\0" in key or _holds_nul(one) for key, one in thing.items())
    return False
