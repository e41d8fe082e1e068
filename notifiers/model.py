"""What happened to deliveries, as pages and the courier read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from notifiers.routing import Recipient


class DeliveryState(StrEnum):
    """Where a delivery stands. The last three are ends."""

    WAITING = "waiting"
    SENT = "sent"  # the gateway has it; its word that it arrived is awaited
    DELIVERED = "delivered"
    FAILED = "failed"  # a person must reach the recipient another way
    SUPERSEDED = "superseded"  # overtaken before it was sent: a recall, a closing, switched off


SILENCE = "the gateway never said that it arrived"
"""The problem of a delivery that was sent and then heard of no more."""

DELIVER = "deliver"
"""Job: send the delivery whose id is the payload (ASCII)."""


@dataclass(frozen=True)
class Delivery:
    """One message to one recipient, for pages. No address: people read names."""

    id: UUID
    alert: UUID
    number: str
    code: str
    event: str
    recipient: UUID
    name: str
    kind: str
    channel: str
    state: DeliveryState
    attempts: int
    problem: str
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    failed_at: datetime | None


@dataclass(frozen=True)
class Work:
    """A delivery that the courier has taken up: everything that one attempt needs."""

    id: UUID
    agency: str
    alert: UUID
    code: str
    event: str
    late: bool
    body: bytes = field(repr=False)
    recipient: Recipient
    attempts: int
    created_at: datetime


@dataclass(frozen=True)
class NotYet:
    """Another attempt is under way, of this delivery or of one that must go first."""

    wait: timedelta


@dataclass(frozen=True)
class Done:
    """Nothing to send any more, and why."""

    state: str
