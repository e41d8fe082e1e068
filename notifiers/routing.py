"""Who is told of an event: a list of small stages, each of which only ever takes people away.

Pure. The list STAGES is the whole of the rule, in the order in which it is applied.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from alerts.model import State

VERIFIED = "bolo.alert.verified"
ACKNOWLEDGED = "bolo.alert.acknowledged"
RECALLED = "bolo.alert.recalled"
CLOSED = "bolo.alert.closed"

Kind = Literal["dispatch", "officer", "system"]

AUDIENCE: dict[str, frozenset[Kind]] = {
    VERIFIED: frozenset({"dispatch", "officer", "system"}),
    ACKNOWLEDGED: frozenset({"dispatch", "system"}),
    CLOSED: frozenset({"dispatch", "system"}),
}
"""Which kinds hear of which event. A recall is not here: it follows whoever was told."""

LATE_AUDIENCE: frozenset[Kind] = frozenset({"dispatch", "system"})
"""A read that came late is not dispatched as live: no officer's phone rings for it."""


@dataclass(frozen=True)
class Recipient:
    """Somebody or something that can be told. `secret` signs webhooks."""

    id: UUID
    agency: str
    name: str
    kind: Kind
    channel: str
    address: str = field(repr=False)
    secret: str = field(default="", repr=False)
    person: UUID | None = None
    active: bool = True


@dataclass(frozen=True)
class Situation:
    """What is known, under lock, at the moment of deciding.

    `state` and `verified` are the alert's as of now, not as of the event. `told` are the
    recipients who have a delivery of an earlier event of this alert, whatever became of it.
    """

    event: str
    agency: str
    state: State
    verified: bool
    late: bool
    told: frozenset[UUID]
    kinds: frozenset[Kind] = frozenset({"dispatch", "officer", "system"})
    """Whom the policy lets hear of alerts of this category."""


Recipients = tuple[Recipient, ...]
Stage = Callable[[Situation, Recipients], Recipients]


def of_the_owning_agency(now: Situation, to: Recipients) -> Recipients:
    """Another agency's people are never told from here."""
    return tuple(r for r in to if r.agency == now.agency)


def of_verified_alerts_only(now: Situation, to: Recipients) -> Recipients:
    """Before a verification nobody beyond the verifiers hears of an alert, on any channel."""
    return to if now.verified else ()


def not_overtaken(now: Situation, to: Recipients) -> Recipients:
    """After a recall nothing but the recall is told; a closed alert wakes no phone."""
    if now.event == RECALLED:
        return to
    if now.state is State.RECALLED:
        return ()
    if now.event == VERIFIED and now.state is State.CLOSED:
        return tuple(r for r in to if r.channel != "sms")
    return to


def who_still_wants_to_hear(now: Situation, to: Recipients) -> Recipients:
    """Only active recipients; but a recall reaches those who were switched off since."""
    return tuple(r for r in to if r.active or now.event == RECALLED)


def whom_it_concerns(now: Situation, to: Recipients) -> Recipients:
    """The audience of the event; of a recall, exactly those who have heard anything before."""
    if now.event == RECALLED:
        return tuple(r for r in to if r.id in now.told)
    kinds = AUDIENCE[now.event] & (LATE_AUDIENCE if now.late else AUDIENCE[now.event])
    return tuple(r for r in to if r.kind in kinds)


def whom_policy_names(now: Situation, to: Recipients) -> Recipients:
    """The kinds that the category's policy tells; a recall follows whoever was told."""
    return to if now.event == RECALLED else tuple(r for r in to if r.kind in now.kinds)


def progress_rings_no_phone(now: Situation, to: Recipients) -> Recipients:
    """Acknowledged and closed go to systems and desks by webhook; nobody needs an SMS of them."""
    if now.event in {ACKNOWLEDGED, CLOSED}:
        return tuple(r for r in to if r.channel != "sms")
    return to


STAGES: tuple[Stage, ...] = (
    of_the_owning_agency,
    of_verified_alerts_only,
    not_overtaken,
    who_still_wants_to_hear,
    whom_it_concerns,
    whom_policy_names,
    progress_rings_no_phone,
)


def route(now: Situation, recipients: Recipients) -> Recipients:
    """Who of `recipients` is to be told. Raises KeyError for an event that is none of ours."""
    for stage in STAGES:
        recipients = stage(now, recipients)
    return recipients
