"""The native format: bolo's own JSON, one read or up to 500. Described in docs/reads.md.

Unknown fields are refused by name, because a misspelt field would be a fact lost in silence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, get_args

import msgspec

from cameras.fields import PLATE_LONG
from cameras.incoming import Attachment, IncomingImage, IncomingRead, Parsed
from cameras.states import from_postal
from domain.errors import BadInput, BadRead
from domain.place import Place
from domain.read import ImageKind
from domain.topics import READS_A_RECORD
from domain.vehicle import Guess, VehicleSeen

NAME = "native"
TITLE = "bolo's own JSON"

Confidence = Annotated[float, msgspec.Meta(ge=0, le=1, description="0 to 1")]
Moment = Annotated[
    datetime, msgspec.Meta(tz=True, description="when the camera saw it, with its offset")
]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Candidate(_Strict, frozen=True):
    """Another reading of the same plate."""

    plate: str
    confidence: Confidence | None = None


class Value(_Strict, frozen=True):
    """A value with its confidence."""

    value: str
    confidence: Confidence | None = None


Said = str | Value | list[str | Value]


class Vehicle(_Strict, frozen=True):
    """What the camera saw of the vehicle, in its own words, best guess first."""

    make: Said = ()  # type: ignore[assignment]  # an empty sequence: nothing said
    model: Said = ()  # type: ignore[assignment]
    color: Said = ()  # type: ignore[assignment]
    body: Said = ()  # type: ignore[assignment]
    year: Said | int = ()  # type: ignore[assignment]
    plate_type: Said = ()  # type: ignore[assignment]


class Spot(_Strict, frozen=True):
    """Where the camera is, in WGS 84 degrees; heading in degrees from north, of the traffic."""

    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    heading: Annotated[float, msgspec.Meta(ge=0, le=360)] | None = None


class Image(_Strict, frozen=True):
    """A JPEG or PNG in base64."""

    kind: ImageKind
    data: bytes


class NativeRead(_Strict, frozen=True):
    """One read."""

    camera: str
    plate: str
    seen_at: Moment
    id: str = ""
    confidence: Confidence | None = None
    character_confidences: Annotated[list[Confidence], msgspec.Meta(max_length=PLATE_LONG)] = []
    state: str = ""
    state_confidence: Confidence | None = None
    candidates: list[Candidate] = []
    vehicle: Vehicle | None = None
    place: Spot | None = None
    images: list[Image] = []


def recognizes(payload: Any) -> bool:
    """An object with one of the native read's fields, an array, or {"reads": [...]}.

    A `type` beside the plate is another format's word: ours has none.
    """
    if isinstance(payload, list):
        return True
    if not isinstance(payload, dict) or "type" in payload:
        return False
    return any(name in payload for name in ("reads", "plate", "seen_at"))


def resembles(payload: Any) -> str:
    """An object with names of a native read that lacks what is required, or has them otherwise."""
    if not isinstance(payload, dict) or recognizes(payload):
        return ""
    plain = {name.lower() for name in payload if isinstance(name, str) and len(name) < 40}
    near = plain & {"camera", "plate", "seen_at", "seenat", "timestamp", "time", "number"}
    if "camera" not in near or len(near) < 2:
        return ""
    missing = " and ".join(name for name in ("plate", "seen_at") if name not in payload)
    what = f"no {missing}" if missing else 'a field "type", which is not one of it'
    return f"looks like {TITLE}: has camera, but {what} (docs/reads.md)"


def parse(payload: Any, attachments: Sequence[Attachment] = ()) -> Parsed:
    """The reads of a native payload; files beside it are refused, pictures go into `images`."""
    if attachments:
        raise BadInput(attachments[0].field, "is a file; the native format has images in its JSON")
    many: Any = payload
    if isinstance(payload, dict) and "reads" in payload:
        if other := sorted(str(k) for k in payload if k != "reads"):
            raise BadRead(_short(other[0]), 'is not known beside "reads"')
        many = payload["reads"]
        if not isinstance(many, list):
            raise BadRead("reads", "must be an array")
    if not isinstance(many, list):
        return Parsed((_read(many, ""),))
    if not many:
        raise BadRead("reads", "is empty")
    if len(many) > READS_A_RECORD:
        problem = f"has {len(many)} reads; send at most {READS_A_RECORD} in one request"
        raise BadRead("reads", problem)
    return Parsed(tuple(_read(one, f"reads[{n}]") for n, one in enumerate(many)))


def _read(payload: Any, field: str) -> IncomingRead:
    try:
        said = msgspec.convert(payload, NativeRead)
    except msgspec.ValidationError as bad:
        raise _explained(str(bad), field) from bad
    except (RecursionError, OverflowError, ValueError) as bad:
        raise BadRead(field, "cannot be understood") from bad
    where = f"{field}." if field else ""
    state = from_postal(said.state)
    if said.state.strip() and not state:
        raise BadRead(where + "state", 'must be a state code of two letters, for example "KS"')
    sure = said.character_confidences
    if sure and len(sure) != len(said.plate):
        problem = f"has {len(sure)} numbers for a plate of {len(said.plate)} characters, as sent"
        raise BadRead(where + "character_confidences", problem)
    kinds: set[str] = set()
    for n, image in enumerate(said.images):
        if image.kind in kinds:
            field_of_kind = f"{where}images[{n}].kind"
            raise BadRead(field_of_kind, f'there is already a "{image.kind}" image')
        kinds.add(image.kind)
    return IncomingRead(
        camera=said.camera,
        seen_at=said.seen_at,
        plate=said.plate,
        format=NAME,
        field=field,
        confidence=said.confidence,
        character_confidences=tuple(sure),
        state=state,
        state_confidence=said.state_confidence,
        candidates=tuple(Guess(c.plate, c.confidence) for c in said.candidates),
        vehicle=None if said.vehicle is None else _vehicle(said.vehicle),
        place=None if said.place is None else Place(**msgspec.structs.asdict(said.place)),
        images=tuple(
            IncomingImage(kind=i.kind, data=i.data, field=f"{where}images[{n}].data")
            for n, i in enumerate(said.images)
        ),
        event_id=said.id.strip(),
    )


def _vehicle(said: Vehicle) -> VehicleSeen:
    return VehicleSeen(
        make=_guesses(said.make),
        model=_guesses(said.model),
        color=_guesses(said.color),
        body=_guesses(said.body),
        plate_type=_guesses(said.plate_type),
        year=_guesses(str(said.year) if isinstance(said.year, int) else said.year),
    )


def _guesses(said: Said) -> tuple[Guess, ...]:
    many = [said] if isinstance(said, str | Value) else said
    both = (Value(value=v) if isinstance(v, str) else v for v in many)
    return tuple(Guess(v.value.strip(), v.confidence) for v in both if v.value.strip())


_AT = re.compile(r"^(?P<problem>.*?)(?: - at `(?:key in )?\$?(?P<path>[^`]*)`)?$", re.DOTALL)
_WORDS = (
    ("datetime", "a time"),
    ("float <=", "a number of at most"),
    ("float >=", "a number of at least"),
    ("float", "a number"),
    ("str", "text"),
    ("object", "an object"),
    ("array", "an array"),
    (" | ", " or "),
)
_NAMED = re.compile(r"Object (?P<what>contains unknown|missing required) field `(?P<name>.*)`")


def _explained(message: str, field: str) -> BadRead:
    """A msgspec message as the dotted field and a problem that says what to do."""
    found = _AT.match(message)
    problem, path = (found["problem"], found["path"] or "") if found else (message, "")
    if path == "...":  # a value inside a mapping, which we have none of
        path = ""
    named = _NAMED.fullmatch(problem)
    if named:
        path = f"{path}.{_short(named['name'])}"
        problem = "is missing"
        if named["what"] == "contains unknown":
            problem = "is not a field of the native format (see docs/reads.md)"
    elif "timezone" in problem:
        problem = "needs its offset, for example 2026-11-21T21:02:09-06:00"
    elif "RFC3339" in problem:
        problem = "must be an RFC 3339 time, for example 2026-11-21T21:02:09-06:00"
    elif problem.startswith("Invalid enum value"):
        problem = "must be one of " + ", ".join(get_args(ImageKind))
    elif problem.startswith("Invalid base64"):
        problem = "must be base64"
    elif problem.startswith("Expected "):
        problem = "must be " + problem.removeprefix("Expected ").replace("`", "")
        for theirs, ours in _WORDS:
            problem = problem.replace(theirs, ours)
    return BadRead(f"{field}{path}".lstrip("."), problem)


def _short(name: str) -> str:
    return re.sub(r"[^\w.\-\[\]]", "?", name)[:60]
