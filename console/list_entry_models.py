"""What the pages and the API of local entries answer with, and what they ask for."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from console.models import Shown
from console.requests import Asked
from hotlists.local_store import State


class CategoryChoice(Shown):
    """A category in which a person may enter, with what it means."""

    code: str
    name: str
    priority: int
    priority_word: str
    purpose: str
    approval: bool
    max_days: int


class ExtensionShown(Shown):
    """A later end that waits for a second person."""

    until: datetime
    by: str
    yours: bool
    at: datetime
    reason: str


class LocalShown(Shown):
    """One local entry. Of a pattern, `known` characters are known and `fits` says what it would
    match. `may` is what the viewer may do with it now; `why_not` says who else decides."""

    id: UUID
    state: State
    kind: Literal["plate", "pattern", "vehicle"]
    plate: str
    plate_state: str
    known: int
    fits: str
    vehicle: str
    vin: str
    caution: str
    area: str
    since: datetime | None
    category: str
    category_name: str
    priority: int
    priority_word: str
    reason: str
    case_number: str
    made_by: str
    made_at: datetime
    yours: bool
    expires_at: datetime
    latest_end: datetime
    later_needs_approval: bool
    decided_by: str
    decided_at: datetime | None
    decision: str
    extension: ExtensionShown | None
    may: tuple[Literal["decide", "withdraw", "extend"], ...]
    why_not: str


class EntriesShown(Shown):
    """The agency's local entries; for who only makes entries, their own."""

    now: datetime
    waiting: tuple[LocalShown, ...]
    in_force: tuple[LocalShown, ...]
    ended: tuple[LocalShown, ...]
    waiting_all: int
    in_force_all: int
    only_yours: bool


class Step(Shown):
    """One thing that happened to an entry."""

    at: datetime
    who: str
    what: str
    reason: str


class OneEntry(Shown):
    """An entry with its life."""

    now: datetime
    entry: LocalShown
    life: tuple[Step, ...]


class WithdrawnShown(Shown):
    """A withdrawal that stands against an entry of a list."""

    at: datetime
    by: str
    reason: str
    until: datetime | None
    held_by: int | None


class FoundShown(Shown):
    """An entry that a list holds. `local`: the local entry behind it, where there is one."""

    entry: UUID
    plate: str
    state: str
    category_name: str
    priority: int
    priority_word: str
    vehicle: str
    list: str
    source: UUID
    generation: int
    nic: str
    oca: str
    ori: str
    expires: str
    caution: str
    local: UUID | None
    withdrawn: WithdrawnShown | None


class FoundAll(Shown):
    """What a search found; `more`: only the first are here."""

    asked: str
    found: tuple[FoundShown, ...]
    more: bool
    stands_hours: float


class EntryAsked(Asked):
    """A local entry. `plate` may be a pattern; `radius` is in meters; leave the area out for a
    plate, and the plate out for a vehicle without one."""

    plate: str = Field(default="", max_length=60, examples=["48?K*"])
    state: str = Field(default="", max_length=60)
    year: str = Field(default="", max_length=60)
    make: str = Field(default="", max_length=60)
    model: str = Field(default="", max_length=60)
    style: str = Field(default="", max_length=60)
    color: str = Field(default="", max_length=60)
    vin: str = Field(default="", max_length=60)
    reason: str = Field(default="", max_length=500)
    case_number: str = Field(default="", max_length=40)
    category: str = Field(default="", max_length=60)
    caution: str = Field(default="", max_length=300)
    expires_at: AwareDatetime | None = None
    since: AwareDatetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    radius: float | None = None
    place: str = Field(default="", max_length=120)


class ApproveAsked(Asked):
    """A note, if there is something to say."""

    note: str = Field(default="", max_length=500)


class ReasonAsked(Asked):
    """Why."""

    reason: str = Field(min_length=1, max_length=500)


class EndAsked(ReasonAsked):
    """Another end, and why."""

    until: AwareDatetime


class FindAsked(Asked):
    """A plate (with its state) or a record number, and why it is looked for."""

    plate: str = Field(default="", max_length=60)
    state: str = Field(default="", max_length=60)
    nic: str = Field(default="", max_length=60)
    reason: str = Field(min_length=1, max_length=500)


class TakeBackAsked(ReasonAsked):
    """Which entry, and why."""

    entry: UUID
