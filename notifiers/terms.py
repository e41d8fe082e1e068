"""What a courier is given to work with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from notifiers.backoff import Backoff
from notifiers.texts import check_public_url


class Producer(Protocol):
    """Kafka, as far as the courier needs it: returns when the broker has acknowledged."""

    async def publish(self, topic: str, value: bytes, *, key: bytes | None = None) -> None:
        """Raises Unavailable, or whatever the client raises, when the broker did not take it."""
        ...


@dataclass(frozen=True)
class CourierConfig:
    """`public_url` is what links in SMS start with.

    `stale`: an attempt left open longer than this is of a killed courier; must exceed the time a
    channel may take. `unconfirmed`: a sent SMS without confirmation goes to a person.
    """

    public_url: str
    backoff: Backoff = field(default_factory=Backoff)
    heartbeat: timedelta = timedelta(seconds=10)
    stale: timedelta = timedelta(seconds=15)
    send_timeout: timedelta = timedelta(seconds=12)
    unconfirmed: timedelta = timedelta(minutes=15)
    repair_after: timedelta = timedelta(seconds=30)
    poll: timedelta = timedelta(seconds=2)
    batch: int = 10
    at_once: int = 100

    def __post_init__(self) -> None:
        object.__setattr__(self, "public_url", check_public_url(self.public_url))
