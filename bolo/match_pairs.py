"""The read and the entry that `bolo match explain` is asked about, from files and options; what is
stored is in bolo.match_stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from bolo.bounded_file import read_file
from cameras.building import checked_confidence
from cameras.trying import tried
from domain.clock import system_clock
from domain.entry import Entry
from domain.errors import BadInput
from domain.ids import entry_id, read_id
from domain.plate import is_normal, normalise
from domain.read import Read
from domain.vehicle import Guess, VehicleSeen
from hotlists.cells import plate_of, state_of
from matchers.background import state_number
from matchers.evidence import Evidence
from matchers.scales import Scales
from matchers.series import vehicle_share
from matchers.state_words import STATES
from matchers.traffic_learning import home_of

LARGEST = 16 * 1024 * 1024
"""Bytes of a file that is read."""


@dataclass(frozen=True)
class Pair:
    """What is explained. `shown` is the evidence that an alert already shows, when that is what was
    asked about; `held` says in words what keeps the pair from an alert whatever it scores; `notes`
    what a person should know of where it came from."""

    read: Read
    entry: Entry
    scales: Scales
    shown: Evidence | None = None
    held: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Given:
    """The options: what the camera saw and what is wanted, "" or None when not given."""

    seen: Mapping[str, str] = field(default_factory=dict)
    wanted: Mapping[str, str] = field(default_factory=dict)
    confidence: float | None = None
    state_confidence: float | None = None
    priority: int = 2


def is_file(text: str) -> bool:
    """Whether an argument means a file: "-", or a path that is there."""
    return text == "-" or Path(text).is_file()


def read_of_file(name: str, agency: str) -> tuple[Read, tuple[str, ...]]:
    """The first read of a file in any format a camera speaks, or a read as bolo keeps it, and what
    there is to say of it. Raises BadInput."""
    body = read_file(name, LARGEST)
    try:
        whole = msgspec.json.decode(body)
        if isinstance(whole, dict) and "read_id" in whole:
            return _sound(msgspec.convert(whole, Read, strict=False)), ()
    except msgspec.ValidationError as bad:
        raise BadInput(name, str(bad)) from bad
    except msgspec.DecodeError:
        pass
    trial = tried(body, now=system_clock())
    if trial.problem is not None:
        where = trial.problem.field or name
        raise BadInput(where, trial.problem.problem)
    if not trial.reads:
        raise BadInput(name, "holds no read with a plate")
    more = len(trial.reads) - 1
    notes = (f"the file has {more} more: this is its first read",) if more else ()
    return msgspec.structs.replace(trial.reads[0][0], agency=agency), notes


def _sound(read: Read) -> Read:
    """The read, if its texts and confidences are such as the matcher takes. Raises BadInput."""
    seen = read.vehicle or VehicleSeen()
    looks = (seen.make, seen.model, seen.color, seen.body, seen.plate_type)
    for text in (read.plate, *(guess.value for guess in read.candidates)):
        if not is_normal(text):
            raise BadInput("plate", f"{text!r} is not as bolo keeps plates: 1 to 10 of A-Z and 0-9")
    for sure in (
        read.confidence, read.state_confidence, *read.character_confidences,
        *(guess.confidence for guesses in (read.candidates, *looks) for guess in guesses),
    ):  # fmt: skip
        checked_confidence(sure, "confidence")
    return read


def entry_of_file(name: str, agency: str) -> Entry:
    """An entry as JSON: the fields of a list's row (plate, state, make ...). Raises BadInput."""
    try:
        given = msgspec.json.decode(read_file(name, LARGEST))
    except msgspec.DecodeError as bad:
        raise BadInput(name, f"is not JSON: {bad}") from bad
    if not isinstance(given, dict):
        raise BadInput(name, "must be one JSON object, an entry")
    return entry_of(given, agency, name)


def entry_of(given: Mapping[str, Any], agency: str, where: str = "entry") -> Entry:
    """An entry of some of its fields; the plate may be a pattern. Raises BadInput."""
    known = set(Entry.__struct_fields__)
    if unknown := sorted(set(given) - known):
        raise BadInput(where, f"has no field {unknown[0]}; there are {', '.join(sorted(known))}")
    fields: dict[str, Any] = {
        "agency": agency, "source": "given", "category": "local", "priority": 2, **given,
    }  # fmt: skip
    fields.setdefault("entry_id", entry_id(agency, "given", str(given.get("plate", ""))))
    if text := str(fields.get("plate", "")):
        cell = plate_of(text, known=1)
        if cell.problem:
            raise BadInput("plate", cell.problem.removeprefix("LIC "))
        fields |= {"plate": cell.plate, "plate_raw": text}
        if cell.pattern:
            fields["pattern"] = cell.pattern
    fields["state"] = state_of(str(fields.get("state", "")))
    try:
        return msgspec.convert(fields, Entry, strict=False)
    except msgspec.ValidationError as bad:
        raise BadInput(where, str(bad)) from bad


def read_of_options(given: Given, agency: str) -> Read:
    """A read of what the options say the camera saw, now. Raises BadInput and BadPlate."""
    now = system_clock()
    raw = given.seen["plate"]
    guesses = {
        name: (Guess(text),)
        for name in ("make", "model", "color", "body", "plate_type")
        if (text := given.seen.get(name, ""))
    }
    return Read(
        read_id=read_id(agency, "given", now, raw),
        agency=agency,
        camera="given",
        seen_at=now,
        received_at=now,
        plate=normalise(raw),
        plate_raw=raw,
        confidence=given.confidence,
        state=state_of(given.seen.get("state", "")),
        state_confidence=given.state_confidence,
        vehicle=msgspec.structs.replace(VehicleSeen(), **guesses) if guesses else None,
    )


def entry_of_options(given: Given, agency: str) -> Entry:
    """An entry of what the options say is wanted. Raises BadInput."""
    fields = {name: text for name, text in given.wanted.items() if text}
    return entry_of({**fields, "priority": given.priority}, agency)


def scales_of(agency: str, wanted: int) -> Scales:
    """What pairs are weighed with where there is no database: `wanted` entries, of the states as
    vehicles are."""
    by_state = np.zeros(256, dtype=np.int64)
    for state in STATES:
        if number := state_number(state):
            by_state[number] = round(wanted * vehicle_share(state))
    return Scales(wanted=max(1, wanted), by_state=by_state.tolist(), home=home_of(agency))
