"""From what a camera said to a read: the rules every read passes, pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from cameras.incoming import IncomingRead
from cameras.registry import PLACE_MAX, checked_camera_id, checked_place
from domain.clock import as_utc
from domain.errors import BadInput, BadPlate, BadRead
from domain.ids import READS, read_id
from domain.place import Place
from domain.plate import normalise
from domain.read import Read
from domain.vehicle import Guess, VehicleSeen

AHEAD = timedelta(hours=24)
BEHIND = timedelta(days=731)
"""Two years: no agency of the policy notes may keep a read longer (Kansas City KS, order 80.12)."""

PLATE_MAX = 64
TEXT_MAX = 100
GUESSES_MAX = 20

_PLATE_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_HALF = "holds half a character (a lone surrogate)"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_STATE = re.compile(r"[A-Z]{2}")


def read_of(
    incoming: IncomingRead,
    agency: str,
    received_at: datetime,
    place: Place,
    *,
    zone: str = "UTC",
) -> Read:
    """The read, still without images. `place` stands in when the read brings none.

    A camera that gives only a name or a heading has the rest filled in from `place`. `zone` is the
    IANA name of the time zone that a time without an offset is read in (`in_zone`).
    Raises BadRead, BadPlate or BadInput, each with the read's dotted field.
    """
    camera = checked_camera_id(incoming.camera, incoming.at("camera"))
    checked_text(camera, incoming.at("camera"))
    moment = in_zone(incoming.seen_at, zone, incoming.at("seen_at"))
    seen_at = checked_moment(moment, received_at, incoming.at("seen_at"))
    plate = checked_plate(incoming.plate, incoming.at("plate"))
    guesses = ranked(incoming.candidates, incoming.at("candidates"))
    confidence = checked_confidence(incoming.confidence, incoming.at("confidence"))
    if confidence is None:
        confidence = next((g.confidence for g in guesses if g.value == plate), None)
    where = place
    if incoming.place is not None:
        checked_text(incoming.place.name, incoming.at("place.name"), PLACE_MAX)
        where = merged(checked_place(incoming.place, incoming.at("place")), place)
    return Read(
        read_id=_id(incoming, agency, camera, seen_at, plate),
        agency=agency,
        camera=camera,
        seen_at=seen_at,
        received_at=received_at,
        plate=plate,
        plate_raw=incoming.plate,
        confidence=confidence,
        character_confidences=aligned(
            incoming.character_confidences,
            incoming.plate,
            plate,
            incoming.at("character_confidences"),
        ),
        state=checked_state(incoming.state, incoming.at("state")),
        state_confidence=checked_confidence(
            incoming.state_confidence, incoming.at("state_confidence")
        ),
        candidates=tuple(g for g in guesses if g.value != plate),
        vehicle=checked_vehicle(incoming.vehicle, incoming.at("vehicle")),
        place=where,
        format=incoming.format,
    )


def _id(i: IncomingRead, agency: str, camera: str, seen_at: datetime, plate: str) -> UUID:
    if not i.event_id:
        return read_id(agency, camera, seen_at, plate)
    event = checked_text(i.event_id, i.at("id"))
    return uuid5(READS, f"{agency}|{camera}|event|{event}")


def in_zone(moment: datetime, zone: str, field: str) -> datetime:
    """The moment with its offset: a naive one is a clock on the wall of `zone`.

    At the end of daylight saving an hour comes twice; the earlier one is taken, since nothing in a
    naive time tells which it was. An hour that the clocks skip in spring is taken as if they had
    not been put forward yet. Raises BadRead when `zone` is no time zone that is known.
    """
    if moment.tzinfo is not None:
        return moment
    try:
        return moment.replace(tzinfo=ZoneInfo(zone), fold=0)
    except (KeyError, ValueError, OSError) as bad:
        problem = "has no offset, and the camera's time zone is not known: set an IANA name for it"
        raise BadRead(field, problem) from bad


def aligned(numbers: tuple[float, ...], raw: str, plate: str, field: str) -> tuple[float, ...]:
    """One confidence for each character of `plate`, from those of `raw`, which became `plate`.

    The numbers of characters that `normalise` dropped are dropped, too. () when there are not as
    many as `raw` has characters. Raises BadRead for one that is not between 0 and 1.
    """
    for number in numbers:
        checked_confidence(number, field)
    if len(numbers) != len(raw):
        return ()
    kept: list[tuple[str, float]] = []
    for character, number in zip(raw, numbers, strict=True):
        upper = unicodedata.normalize("NFKC", character).upper()
        kept += [(one, number) for one in upper if one in _PLATE_CHARACTERS]
    kept = kept[-len(plate) :]
    # A character and its accent that were sent apart become one, and then none; then it cannot fit.
    return tuple(n for _, n in kept) if "".join(c for c, _ in kept) == plate else ()


def checked_moment(seen_at: datetime, now: datetime, field: str) -> datetime:
    """In UTC. Raises BadRead without an offset, over 24 h ahead or over two years ago."""
    try:
        moment = as_utc(seen_at)
    except (ValueError, OverflowError) as bad:
        problem = "needs its offset, for example 2026-11-21T21:02:09-06:00"
        raise BadRead(field, problem) from bad
    if moment - now > AHEAD:
        problem = f"is {_span(moment - now)} in the future: set the camera's clock and time zone"
        raise BadRead(field, problem)
    if now - moment > BEHIND:
        problem = f"is {_span(now - moment)} ago, more than {BEHIND.days} days: set the camera's"
        raise BadRead(field, f"{problem} clock, or leave reads this old out")
    return moment


def _span(gap: timedelta) -> str:
    hours = round(gap.total_seconds() / 3600)
    return f"{hours} hours" if hours < 72 else f"{gap.days} days"


def checked_plate(raw: str, field: str) -> str:
    """Normalised. Raises BadPlate with the field."""
    if len(raw) > PLATE_MAX:
        raise BadPlate(field, f"is longer than {PLATE_MAX} characters")
    if "\0" in raw:
        raise BadPlate(field, "holds a NUL character")
    if not _encodable(raw):
        raise BadPlate(field, _HALF)
    try:
        return normalise(raw)
    except BadPlate as bad:
        raise BadPlate(field, bad.problem) from bad


def checked_confidence(value: float | None, field: str) -> float | None:
    """Between 0 and 1, or None. Raises BadRead."""
    if value is not None and not 0 <= value <= 1:
        raise BadRead(field, "must be between 0 and 1")
    return value


def checked_state(state: str, field: str) -> str:
    """Two letters or "". Raises BadRead."""
    if state and not _STATE.fullmatch(state):
        raise BadRead(field, 'must be an NCIC state code of two letters, for example "KS"')
    return state


def checked_text(text: str, field: str, longest: int = TEXT_MAX) -> str:
    """One line of bounded length. Raises BadRead."""
    if len(text) > longest:
        raise BadRead(field, f"is longer than {longest} characters")
    if _CONTROL.search(text):
        raise BadRead(field, "holds a control character")
    if not _encodable(text):
        raise BadRead(field, _HALF)
    return text


def _encodable(text: str) -> bool:
    """Whether UTF-8 can hold it: a lone surrogate would stop Kafka, the store and the read's id."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def ranked(candidates: tuple[Guess, ...], field: str) -> tuple[Guess, ...]:
    """Candidates normalised, best first, each once, at most GUESSES_MAX.

    A candidate that is no plate ("", "UNK") is left out: it can never match anything.
    """
    best: dict[str, Guess] = {}
    for n, guess in enumerate(candidates):
        checked_confidence(guess.confidence, f"{field}[{n}].confidence")
        if len(guess.value) > PLATE_MAX:
            where = f"{field}[{n}].plate"
            raise BadRead(where, f"is longer than {PLATE_MAX} characters")
        try:
            plate = normalise(guess.value)
        except BadPlate:
            continue
        if plate not in best or (guess.confidence or 0) > (best[plate].confidence or 0):
            best[plate] = Guess(plate, guess.confidence)
    in_order = sorted(best.values(), key=lambda g: -(g.confidence or 0))
    return tuple(in_order[:GUESSES_MAX])


def checked_vehicle(vehicle: VehicleSeen | None, field: str) -> VehicleSeen | None:
    """The camera's words, unchanged. Raises BadRead; None when nothing was said."""
    if vehicle is None or vehicle == VehicleSeen():
        return None
    for name in ("make", "model", "color", "body", "plate_type", "year"):
        _checked_guesses(getattr(vehicle, name), f"{field}.{name}")
    checked_text(vehicle.orientation, f"{field}.orientation")
    return vehicle


def _checked_guesses(guesses: Iterable[Guess], field: str) -> None:
    for n, guess in enumerate(guesses):
        checked_text(guess.value, f"{field}[{n}].value")
        checked_confidence(guess.confidence, f"{field}[{n}].confidence")
        if n >= GUESSES_MAX:
            raise BadInput(field, f"has more than {GUESSES_MAX} values")


def merged(said: Place, registered: Place) -> Place:
    """What the read says, and what it leaves out from the registered camera.

    A read with a position of its own does not get the camera's name and heading unless it is
    the same spot: a patrol car is not where it was registered.
    """
    moved = said.latitude is not None and (said.latitude, said.longitude) != (
        registered.latitude,
        registered.longitude,
    )
    if moved:
        return said
    return Place(
        name=said.name or registered.name,
        latitude=registered.latitude if said.latitude is None else said.latitude,
        longitude=registered.longitude if said.longitude is None else said.longitude,
        heading=registered.heading if said.heading is None else said.heading,
    )
