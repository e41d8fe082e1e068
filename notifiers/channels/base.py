"""What a channel is: one attempt to hand one message to one gateway, and its honest answer.

An adapter answers `Sent | Retryable | Permanent`. It never raises, retries, sleeps or logs
secrets; notifiers.courier holds the one loop that retries.

A channel is one file in this folder. It registers itself with `@channel`, and the contract test
runs over everything that is registered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol, TypeVar
from uuid import UUID

LONGEST_WAIT = timedelta(hours=1)
"""No gateway can ask for a longer pause than this."""

BODY_LIMIT = 64 * 1024
"""Bytes of a gateway's answer that are read; the rest is not."""


@dataclass(frozen=True)
class Message:
    """One delivery as a channel sees it. `text` is for phones, `body` a CloudEvent for systems.

    The address, the secret and the body are kept out of `repr`: they end in logs otherwise.
    `delivery` stays the same however often the message is tried.
    """

    delivery: UUID
    address: str = field(repr=False)
    text: str
    body: bytes = field(repr=False)
    at: datetime
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Sent:
    """The gateway has it. `provider_id` is its name for the message, "" when it gives none."""

    provider_id: str = ""


@dataclass(frozen=True)
class Retryable:
    """Not now. `after` is what the gateway asked for; None leaves it to the courier's backoff."""

    after: timedelta | None
    reason: str


@dataclass(frozen=True)
class Permanent:
    """Never, with this message. `gone`: the recipient does not want any, so switch them off."""

    reason: str
    gone: bool = False


Outcome = Sent | Retryable | Permanent


class Channel(Protocol):
    """One way to reach somebody. `confirms`: delivery is confirmed later by a callback."""

    name: str
    confirms: bool

    async def send(self, message: Message) -> Outcome:
        """One attempt, bounded in time. Never raises."""
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...


REGISTRY: dict[str, type[Channel]] = {}
"""Every channel that is there, by name. notifiers.channels fills it."""

_C = TypeVar("_C", bound=type[Channel])


def channel(name: str) -> Callable[[_C], _C]:
    """Register a channel under the name that recipients and deliveries store."""

    def register(kind: _C) -> _C:
        if name in REGISTRY:
            msg = f"two channels are called {name}"
            raise ValueError(msg)
        REGISTRY[name] = kind
        return kind

    return register


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """A Retry-After header (RFC 9110: seconds or a date) as a pause of 0 to LONGEST_WAIT.

    None when it is absent or makes no sense: a hostile value must not park a delivery.
    """
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta(0)), LONGEST_WAIT)
