"""What the intake would make of a message, told without sending it anywhere. Pure.

The report has everything of `bolo cameras try`; `Trial.plain` is its --json.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from cameras.bodies import understood
from cameras.building import AHEAD, BEHIND, in_zone, read_of
from cameras.formats import format_of, resemblances
from cameras.incoming import Health, IncomingRead, Parsed
from domain.errors import BadInput
from domain.place import Place
from domain.read import Read
from domain.vehicle import Guess

UNNAMED = "(the token's)"
"""Stands in for a camera that the message does not name."""

AGENCY = "try"


class Problem(msgspec.Struct, frozen=True):
    """What is wrong, and where: a dotted path."""

    field: str
    problem: str


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one message. `vendor` is the format's NAME, "" when none recognizes it.

    `reads` are as bolo keeps them, beside what the vendor said; a message with one bad read has a
    `problem` and the reads before it. `notes` are things that a person should look at though
    the message was understood.
    """

    vendor: str = ""
    title: str = ""
    reads: tuple[tuple[Read, IncomingRead], ...] = ()
    without_plate: int = 0
    ignored: tuple[str, ...] = ()
    health: tuple[Health, ...] = ()
    problem: Problem | None = None
    resembles: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """For scripts: confidences 0-1, times ISO 8601 in UTC."""
        return {
            "vendor": self.vendor or None,
            "reads": [_plain(read, said) for read, said in self.reads],
            "without_plate": self.without_plate,
            "ignored": list(self.ignored),
            "health": [
                {"camera": beat.camera, "time": iso(beat.at), "problem": beat.problem}
                for beat in self.health
            ],
            "problem": None if self.problem is None else msgspec.structs.asdict(self.problem),
            "resembles": list(self.resembles),
            "notes": list(self.notes),
        }


def tried(body: bytes, content_type: str = "", *, zone: str = "", now: datetime) -> Trial:
    """What the intake would make of `body`. Never raises, whatever the bytes are.

    `zone` (an IANA name) is where a time without an offset is read; "" is UTC, with a note. A read
    is not refused for its age, as the intake would, since a captured file is often old: `notes`
    say so.
    """
    try:
        payload, files = understood(content_type, body)
    except BadInput as bad:
        return Trial(problem=Problem(bad.field, bad.problem))
    try:
        chosen = format_of(payload)
    except BadInput as bad:
        hints = tuple(resemblances(payload))
        return Trial(problem=Problem(bad.field, bad.problem), resembles=hints)
    named = Trial(vendor=chosen.NAME, title=chosen.TITLE)
    try:
        parsed = chosen.parse(payload, files)
    except BadInput as bad:
        return msgspec.structs.replace(named, problem=Problem(bad.field, bad.problem))
    return _built(named, parsed, zone, now)


def _built(named: Trial, parsed: Parsed, zone: str, now: datetime) -> Trial:
    reads: list[tuple[Read, IncomingRead]] = []
    notes: dict[str, None] = {}  # each once, in order
    problem: Problem | None = None
    for said in parsed.reads:
        try:
            moment = in_zone(said.seen_at, zone or "UTC", said.at("seen_at")).astimezone(UTC)
            whole = said if said.camera else msgspec.structs.replace(said, camera=UNNAMED)
            read = read_of(whole, AGENCY, moment, Place(), zone=zone or "UTC")
        except BadInput as bad:
            problem = Problem(bad.field, bad.problem)
            break
        except (ValueError, OverflowError):
            problem = Problem(said.at("seen_at"), "lies outside the years 1 to 9999")
            break
        reads.append((read, said))
        notes.update(dict.fromkeys(_notes(read, said, zone, now)))
    return msgspec.structs.replace(
        named,
        reads=tuple(reads),
        without_plate=parsed.without_plate,
        ignored=parsed.ignored,
        health=parsed.health,
        problem=problem,
        notes=tuple(notes),
    )


def _notes(read: Read, said: IncomingRead, zone: str, now: datetime) -> list[str]:
    notes = []
    if said.seen_at.tzinfo is None:
        where = zone or "UTC, a guess: say --zone America/Chicago"
        notes.append(f"the time has no offset; it is read in {where}")
    if not said.camera:
        notes.append("the message does not name its camera: use a camera's own token")
    if now - read.seen_at > BEHIND:
        notes.append(f"it is older than {BEHIND.days} days: the intake would refuse it")
    elif read.seen_at - now > AHEAD:
        notes.append("it is more than 24 hours in the future: the intake would refuse it")
    return notes


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with Z; a naive time as it is; None for none."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        return moment.isoformat()
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _plain(read: Read, said: IncomingRead) -> dict[str, Any]:
    vehicle = read.vehicle
    place = {k: v for k, v in msgspec.structs.asdict(read.place).items() if v not in ("", None)}
    return {
        "plate": read.plate,
        "plate_raw": read.plate_raw,
        "state": read.state,
        "confidence": read.confidence,
        "state_confidence": read.state_confidence,
        "time": iso(read.seen_at),
        "camera": said.camera,
        "candidates": [_guess("plate", guess) for guess in read.candidates],
        "character_confidences": list(read.character_confidences),
        "vehicle": {}
        if vehicle is None
        else {
            name: [_guess("value", one) for one in value] if isinstance(value, tuple) else value
            for name, value in msgspec.structs.asdict(vehicle).items()
            if value
        },
        "place": place,
        "images": [{"kind": one.kind, "bytes": len(one.data)} for one in said.images],
        "event_id": said.event_id,
    }


def _guess(name: str, guess: Guess) -> dict[str, Any]:
    return {name: guess.value, "confidence": guess.confidence}
