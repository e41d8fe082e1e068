"""What the API answers with, and what the pages are rendered from: the same models.

Times are aware UTC; priorities 1 Immediate to 4 Note; plates are normalised text. Everything is
frozen and complete: a value that is not known says so in words or is null, it is never left out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from alerts.model import State
from hotlists.staleness import Grade
from matchers.evidence import Tier, Verdict
from notifiers.model import DeliveryState


class Shown(BaseModel):
    """The base of all answers."""

    model_config = ConfigDict(frozen=True)


class Char(Shown):
    """One character of a plate; `group` says that a gap stands before it."""

    text: str
    differs: bool = False
    group: bool = False


class PlateText(Shown):
    """A plate as the queue shows it. `state` is "" when it was not seen or not given."""

    state: str
    state_name: str
    text: str
    chars: tuple[Char, ...]


class Claim(Shown):
    """Whose it is. `lapsed`: a lease ran out and nobody has it. `another`: you verified it, and
    another person must look now."""

    kind: Literal["open", "yours", "other", "lapsed", "another", "none"]
    who: str = ""
    until: datetime | None = None


class ConfirmedBy(Shown):
    """One person's verification. Source and reference are "" as long as somebody must still judge
    without them."""

    name: str
    at: datetime
    source: str
    reference: str


class QueueRow(Shown):
    """One open alert of the queue.

    `needed` people must verify it, `confirmed` did; `waits` says that more must, and nobody was
    told. `covered`: you are one who may, and you look at the pictures before you are shown the
    plate, the entry and the evidence; what would show them is empty or null until then.
    """

    id: UUID
    number: str
    code: str
    state: State
    version: int
    priority: int
    priority_word: str
    category: str
    late: bool
    verified: bool
    plate: PlateText
    differs: int
    conflict: bool
    place: str
    raised_at: datetime
    seen_at: datetime
    sightings: int
    claim: Claim
    needed: int
    confirmed: tuple[ConfirmedBy, ...]
    waits: bool
    covered: bool


class Tally(Shown):
    """Unclaimed of all open, for one priority."""

    priority: int
    word: str
    unclaimed: int
    all: int
    first: UUID | None


class Ended(Shown):
    """An alert that was rejected, recalled or closed in the last hours."""

    id: UUID
    number: str
    state: State
    category: str
    plate: PlateText
    reason: str
    at: datetime


class Queue(Shown):
    """What is open at the agency: by priority, then oldest first.

    `ended` is what ended within a shift, newest first; officers get none.
    """

    now: datetime
    alerts: tuple[QueueRow, ...]
    ended: tuple[Ended, ...]
    unclaimed: int
    yours: int
    tally: tuple[Tally, ...]


class Column(Shown):
    """One place of the character grid. "" is a character that is missing on that side."""

    read: str
    entry: str
    differs: bool
    group: bool


class Comparison(Shown):
    """What the camera read over what the list has, aligned; `notes` says the differences."""

    columns: tuple[Column, ...]
    read_state: str
    entry_state: str
    state_differs: bool
    notes: tuple[str, ...]
    caption: str


class Fact(Shown):
    """One line of the description. "" is not given (entry) or not seen (camera)."""

    field: str
    expected: str
    seen: str
    verdict: Verdict


class Weight(Shown):
    """One piece of evidence; `x` and `width` draw its bar on an 88 wide ground, `axis` is zero.
    `expected` is the entry's value, `seen` the camera's, "" where there is none."""

    name: str
    words: str
    expected: str
    seen: str
    weight: float
    weight_words: str
    against: bool
    conflict: bool
    axis: float
    x: float
    width: float


class EvidenceShown(Shown):
    """Why a person is asked: the score is the sum of the weights (natural log), and what it needed.

    `every` is all that was weighed, `weights` what of it a person can check; `outcome`, `odds`,
    `needed`, `needed_by` and `legend` say in words what came of it, what the sum means, what it had
    to reach and who says so, and what such numbers are.
    """

    score: float
    threshold: float
    tier: Tier
    weights: tuple[Weight, ...]
    every: tuple[Weight, ...]
    always: bool = Field(description="asks a person whatever the sum is")
    outcome: str
    odds: str
    needed: str
    needed_by: str
    legend: str
    twins: str = Field(description="how many look-alikes of the wanted plate are on the road")


class EntryShown(Shown):
    """The wanted entry. "" is not given. `list_refreshed_at` is of the list that matched.
    `list_limit_hours` is how old that list may be; None for what people entered by hand."""

    source: str
    list_refreshed_at: datetime
    list_limit_hours: float | None
    generation: int
    ori: str
    nic: str
    oca: str
    vin: str
    vehicle: str
    entered: str
    expires_on: str
    caution: str


class HolderShown(Shown):
    """Another list's entry for the same vehicle. `numbers` are its case and record numbers;
    `gone_at` is since when it no longer holds, and why."""

    source: str
    category: str
    numbers: tuple[str, ...]
    gone_at: datetime | None
    gone_because: str


class SightingShown(Shown):
    """One read of the episode, with the kinds of image that came with it.

    `unconfirmed`: it came after the verification, so nobody has judged it.
    """

    read_id: UUID
    camera: str
    seen_at: datetime
    place: str
    read: str
    images: tuple[str, ...]
    unconfirmed: bool = False


class MisreadShown(Shown):
    """A text that a person rejected as a misread of a wanted plate: not held for it `until` then,
    unless lifted. `number` and `alert` are the alert that was rejected."""

    id: UUID
    read: str
    wanted: str
    category: str
    alert: UUID
    number: str
    by: str
    at: datetime
    until: datetime
    holds: bool
    lifted_at: datetime | None
    lifted_by: str
    lifted_because: str


class Told(Shown):
    """One message to one recipient: who was told what, and whether it arrived."""

    alert: UUID
    number: str
    to: str
    channel: str
    about: str
    state: DeliveryState
    problem: str
    at: datetime


class Happening(Shown):
    """One transition or answer, as it happened. `detail` is what the person gave with it."""

    version: int
    at: datetime
    event: str
    person: UUID | None
    name: str
    words: str
    detail: dict[str, str | float | bool | None]


class Another(Shown):
    """Somebody who may verify it beside you. `here`: they used the console just now."""

    name: str
    role: str
    here: bool


class Stuck(Shown):
    """An alert that waits for another person and is escalated: too long, or nobody can come."""

    alert: UUID
    number: str
    first: str
    since: datetime
    you_can: bool = Field(description="you are one who may verify it now")
    others: tuple[Another, ...]


class LookedAt(Shown):
    """What a person read off the pictures before they were shown anything. "" could not be read."""

    name: str
    at: datetime
    state: str
    plate: str
    columns: tuple[Column, ...] = Field(description="typed (read) over listed (entry)")
    differs: bool
    notes: tuple[str, ...]


class AlertShown(QueueRow):
    """Everything a verifier sees of one alert."""

    comparison: Comparison | None
    facts: tuple[Fact, ...]
    conflicts: int
    evidence: EvidenceShown | None
    entry: EntryShown | None
    also: tuple[HolderShown, ...] = Field(description="other lists, and those that let it go")
    vehicle: str
    conflict_words: tuple[str, ...]
    seen: tuple[SightingShown, ...]
    picture: SightingShown | None = Field(description="the read whose pictures are shown")
    heading: float | None
    verified_by: str
    verified_at: datetime | None
    second_source: str
    second_reference: str
    ended_by: str
    ended_reason: str
    ended_note: str
    state_since: datetime
    others: tuple[Another, ...] = Field(description="who else may verify it; empty when settled")
    overdue_at: datetime | None = Field(description="when it is escalated that nobody came")
    looks: tuple[LookedAt, ...]
    told: tuple[Told, ...]
    nobody_told: bool = Field(description="verified a while ago, and nobody was told by message")
    happened: tuple[Happening, ...]
    recall_read_by: tuple[str, ...]
    your_answers: dict[str, datetime]
    misreads: tuple[MisreadShown, ...] = Field(
        default=(), description="rejected before as misreads of the same wanted vehicle"
    )
    no_marker: str = Field(default="", description="why a rejected misread is not remembered")


class History(Shown):
    """An alert's life, oldest first."""

    alert: UUID
    events: tuple[Happening, ...]


class ListAge(Shown):
    """One of the agency's lists: how old what is in force is, and whether a newer was refused."""

    name: str
    generation: int | None
    entries: int
    refreshed_at: datetime | None
    age_seconds: int | None
    limit_hours: float
    grade: Grade
    refused: int


class Lists(Shown):
    """The agency's lists, oldest first."""

    lists: tuple[ListAge, ...]


class Problem(Shown):
    """What is wrong, and with which field ("" when with none)."""

    field: str
    problem: str


class Failure(Shown):
    """The shape of every error."""

    error: Problem
