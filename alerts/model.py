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


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """The part of an alert that transitions read and write; the store keeps the rest.

    `version` counts transitions from 1. `lease_until` is when a claim lapses.
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


LEASE = timedelta(minutes=5)
"""How long a claim holds before it lapses back, unless the agency says otherwise."""
