"""An alert: an episode that a person must judge."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec


class State(StrEnum):
    """Where an alert stands. Escalation is a level driven by clocks, not a state."""

    RAISED = "raised"
    CLAIMED = "claimed"
    VERIFIED = "verified"
    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    RECALLED = "recalled"
    CLOSED = "closed"


ENDED = frozenset({State.REJECTED, State.RECALLED, State.CLOSED})
UNVERIFIED = frozenset({State.RAISED, State.CLAIMED})
TOLD = frozenset({State.VERIFIED, State.ACKNOWLEDGED})
"""States in which people beyond the verifiers know of the alert."""


class RejectReason(StrEnum):
    """Why a possible hit was none."""

    MISREAD = "misread"
    WRONG_STATE = "wrong state"
    NOT_THE_VEHICLE = "not the vehicle"
    STALE_ENTRY = "stale entry"
    NOT_ACTIONABLE = "not actionable"


class Outcome(StrEnum):
    """How it ended in the field."""

    VEHICLE_RECOVERED = "vehicle recovered"
    PERSON_LOCATED = "person located"
    ARREST = "arrest"
    STOPPED_AND_RELEASED = "stopped and released"
    GONE_ON_ARRIVAL = "gone on arrival"
    NOT_PURSUED = "not pursued"


class SecondSource(StrEnum):
    """Where the verifier confirmed the record, beside the list that matched."""

    NCIC_QUERY = "NCIC, live query"
    STATE_REGISTRATION = "State registration"
    ORIGINATING_AGENCY = "Originating agency, phone"


class Reply(StrEnum):
    """What an officer can answer from the phone, beside reporting the outcome."""

    ACKNOWLEDGE = "acknowledge"
    GOING = "going"
    SEEN = "seen"
    NOT_THE_VEHICLE = "not the vehicle"


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """One person's verification: who, when, by which second source and its answer."""

    by: UUID
    at: datetime
    source: str
    reference: str


class BlindLook(msgspec.Struct, frozen=True, kw_only=True):
    """What a person read off the pictures before they saw what camera and list have.

    `plate` "" is: could not be read; "?" in it stands for a character that could not. `state` ""
    is: could not be seen.
    """

    by: UUID
    at: datetime
    plate: str
    state: str


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an alert that transitions read and write; the store keeps the rest.

    `version` counts transitions from 1. `lease_until` is when a claim lapses. `needed` is how many
    people must verify it; `confirmations` are those who did, each another person, and `looks` what
    those who come after the first read off the pictures. `verified_by` and what follows it are the
    last confirmation's, and empty until `needed` is reached.
    """

    id: UUID
    agency: str
    state: State
    version: int
    raised_at: datetime
    state_since: datetime
    claimed_by: UUID | None = None
    lease_until: datetime | None = None
    verified_by: UUID | None = None
    verified_at: datetime | None = None
    second_source: str = ""
    second_reference: str = ""
    ended_reason: str = ""
    needed: int = 1
    confirmations: tuple[Confirmation, ...] = ()
    looks: tuple[BlindLook, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether somebody has verified it and another person must: nobody has been told yet."""
        return self.state in UNVERIFIED and bool(self.confirmations)

    def confirmed_by(self, person: UUID) -> bool:
        """Whether the person is one of those who verified it."""
        return any(c.by == person for c in self.confirmations)

    def look_of(self, person: UUID) -> BlindLook | None:
        """What the person read off the pictures, if they were asked to."""
        return next((look for look in self.looks if look.by == person), None)


LEASE = timedelta(minutes=5)
"""How long a claim holds before it lapses back, unless the agency says otherwise."""
