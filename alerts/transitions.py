"""Where an alert's life is decided: one table, and one pure function that applies it.

`apply(alert, event, now)` gives the next alert and the effects that must happen in the same
transaction. It does no I/O; everything illegal is one IllegalTransition.

    raised ── claim ──> claimed ── verify ──> verified ── acknowledge ──> acknowledged
      ^                    │                     │                             │
      └── release, lapse ──┘                     └── close ───────────────────>└──> closed
    raised, claimed ── reject ──> rejected
    raised, claimed, verified, acknowledged ── recall ──> recalled

Where more than one person must verify, every verification but the last leads back to raised: the
alert stays unverified for everybody else, and waits for the next person. That must be another one,
who looks at the pictures first (Look) and only then sees what camera and list have.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from alerts.model import (
    LEASE,
    TOLD,
    UNVERIFIED,
    Alert,
    BlindLook,
    Confirmation,
    Outcome,
    RejectReason,
    SecondSource,
    State,
)
from domain.errors import BadInput, IllegalTransition, SamePerson


@dataclass(frozen=True)
class Claim:
    """A verifier takes the alert for a while; nobody else decides meanwhile."""

    by: UUID
    lease: timedelta = LEASE


@dataclass(frozen=True)
class Release:
    """The claimant gives it back."""

    by: UUID


@dataclass(frozen=True)
class Lapse:
    """The lease ran out: anybody may claim."""


@dataclass(frozen=True)
class Look:
    """The claimant, not the first person to verify it, read this off the pictures, unprompted."""

    by: UUID
    plate: str
    state: str


@dataclass(frozen=True)
class Verify:
    """The claimant confirmed it with a second source; `reference` is that source's answer."""

    by: UUID
    source: SecondSource
    reference: str


@dataclass(frozen=True)
class Reject:
    """The claimant says it is no hit."""

    by: UUID
    reason: RejectReason
    note: str = ""


@dataclass(frozen=True)
class Acknowledge:
    """Somebody who was told has read it."""

    by: UUID


@dataclass(frozen=True)
class Recall:
    """It no longer holds: by a person, or (by=None) because the entry was withdrawn."""

    by: UUID | None
    reason: str


@dataclass(frozen=True)
class Close:
    """The outcome in the field."""

    by: UUID
    outcome: Outcome
    note: str = ""


Event = Claim | Release | Lapse | Look | Verify | Reject | Acknowledge | Recall | Close


class Effect(StrEnum):
    """What must happen with a transition, in its own transaction."""

    TELL = "verified"  # tell dispatch, officers and systems
    TELL_ACKNOWLEDGED = "acknowledged"
    TELL_RECALL = "recalled"  # tell everyone who was told
    TELL_CLOSED = "closed"
    WATCH_LEASE = "watch-lease"  # a timer that lapses the claim
    WATCH_SECOND = "watch-second"  # a timer that escalates when no other person comes


ALLOWED: dict[type[Event], frozenset[State]] = {
    Claim: frozenset({State.RAISED, State.CLAIMED}),
    Release: frozenset({State.CLAIMED}),
    Lapse: frozenset({State.CLAIMED}),
    Look: frozenset({State.CLAIMED}),
    Verify: frozenset({State.CLAIMED}),
    Reject: frozenset({State.RAISED, State.CLAIMED}),
    Acknowledge: frozenset({State.VERIFIED, State.ACKNOWLEDGED}),
    Recall: frozenset({State.RAISED, State.CLAIMED, State.VERIFIED, State.ACKNOWLEDGED}),
    Close: frozenset({State.VERIFIED, State.ACKNOWLEDGED}),
}


def apply(alert: Alert, event: Event, now: datetime) -> tuple[Alert, tuple[Effect, ...]]:
    """The alert after `event`, and what must happen with it.

    Raises IllegalTransition when the state does not allow the event or another person holds the
    claim, SamePerson when somebody who verified it would count twice, and BadInput when the event
    lacks what it needs (a reference, a reason).
    """
    if isinstance(event, Claim | Look | Verify) and alert.state in UNVERIFIED:
        _must_be_another(alert, event.by, event)
    if alert.state not in ALLOWED[type(event)]:
        raise IllegalTransition(alert.state, _name(event))
    match event:
        case Claim(by=by, lease=lease):
            _must_be_free(alert, by, event, now)
            return (
                _next(alert, State.CLAIMED, now, claimed_by=by, lease_until=now + lease),
                (Effect.WATCH_LEASE,),
            )
        case Release(by=by):
            _must_hold(alert, by, event, now)
            return _next(alert, State.RAISED, now, claimed_by=None, lease_until=None), ()
        case Lapse():
            if alert.lease_until is not None and now < alert.lease_until:
                raise IllegalTransition(alert.state, "lapse", "the lease still runs")
            return _next(alert, State.RAISED, now, claimed_by=None, lease_until=None), ()
        case Verify(by=by, source=source, reference=reference):
            _must_hold(alert, by, event, now)
            if not reference.strip():
                raise BadInput("reference", "the second source's reference number is required")
            _must_have_looked(alert, by, event)
            return _confirmed(
                alert,
                Confirmation(
                    by=by, at=now, source=SecondSource(source), reference=reference.strip()
                ),
            )
        case Look(by=by, plate=plate, state=state):
            _must_hold(alert, by, event, now)
            if not alert.waits:
                raise IllegalTransition(alert.state, "look", "nobody has verified it yet")
            if alert.look_of(by) is not None:
                raise IllegalTransition(alert.state, "look", "you have looked already")
            look = BlindLook(by=by, at=now, plate=plate, state=state)
            return (
                msgspec.structs.replace(
                    alert, version=alert.version + 1, looks=(*alert.looks, look)
                ),
                (),
            )
        case Reject(by=by, reason=reason):
            _must_be_free(alert, by, event, now)
            _must_have_looked(alert, by, event)
            return (
                _next(
                    alert,
                    State.REJECTED,
                    now,
                    claimed_by=by,
                    lease_until=None,
                    ended_reason=RejectReason(reason),
                ),
                (),
            )
        case Acknowledge():
            if alert.state is State.ACKNOWLEDGED:
                return msgspec.structs.replace(alert, version=alert.version + 1), ()
            return _next(alert, State.ACKNOWLEDGED, now), (Effect.TELL_ACKNOWLEDGED,)
        case Recall(reason=reason):
            if not reason.strip():
                raise BadInput("reason", "a recall needs its reason")
            told = alert.state in TOLD
            return (
                _next(alert, State.RECALLED, now, lease_until=None, ended_reason=reason.strip()),
                (Effect.TELL_RECALL,) if told else (),
            )
        case Close(outcome=outcome):
            return (
                _next(alert, State.CLOSED, now, ended_reason=Outcome(outcome)),
                (Effect.TELL_CLOSED,),
            )


def _confirmed(alert: Alert, by: Confirmation) -> tuple[Alert, tuple[Effect, ...]]:
    """One more person verified it: it is verified, or it waits for the next, claimed by nobody."""
    all_of_them = (*alert.confirmations, by)
    if len(all_of_them) < alert.needed:
        waiting = _next(
            alert,
            State.RAISED,
            by.at,
            claimed_by=None,
            lease_until=None,
            confirmations=all_of_them,
        )
        return waiting, (Effect.WATCH_SECOND,)
    verified = _next(
        alert,
        State.VERIFIED,
        by.at,
        lease_until=None,
        verified_by=by.by,
        verified_at=by.at,
        second_source=by.source,
        second_reference=by.reference,
        confirmations=all_of_them,
    )
    return verified, (Effect.TELL,)


def _name(event: Event) -> str:
    return type(event).__name__.lower()


def _next(alert: Alert, state: State, now: datetime, **changes: object) -> Alert:
    return msgspec.structs.replace(
        alert, state=state, state_since=now, version=alert.version + 1, **changes
    )


def _lease_runs(alert: Alert, now: datetime) -> bool:
    return (
        alert.state is State.CLAIMED and alert.lease_until is not None and now < alert.lease_until
    )


def _must_be_free(alert: Alert, by: UUID, event: Event, now: datetime) -> None:
    """A running lease belongs to its holder alone; a lapsed one to nobody."""
    if _lease_runs(alert, now) and alert.claimed_by != by:
        raise IllegalTransition(alert.state, _name(event), "another person holds the claim")


def _must_hold(alert: Alert, by: UUID, event: Event, now: datetime) -> None:
    """Only the holder of a running lease may decide."""
    if alert.claimed_by != by:
        raise IllegalTransition(alert.state, _name(event), "another person holds the claim")
    if not _lease_runs(alert, now):
        raise IllegalTransition(alert.state, _name(event), "your claim lapsed; claim it again")


def _must_be_another(alert: Alert, by: UUID, event: Event) -> None:
    """Who verified it neither counts twice nor holds it up for the person who must look now."""
    if alert.confirmed_by(by):
        raise SamePerson(alert.state, _name(event))


def _must_have_looked(alert: Alert, by: UUID, event: Event) -> None:
    """Who comes after the first decides only after a look of their own; the first may think again
    and reject."""
    if alert.waits and not alert.confirmed_by(by) and alert.look_of(by) is None:
        raise IllegalTransition(alert.state, _name(event), "look at the pictures first")
