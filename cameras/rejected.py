"""What a camera sent and nobody could read: kept in bolo.rejects with the reason and a hint.

A camera rarely looks at an answer, so the bytes are kept for the person who wonders why nothing
comes. Kept is little: at most one message a second and A_HOUR an hour for each token, PART bytes
of each, so that a misconfigured camera cannot flood the topic. What is not kept is counted.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Protocol

from cameras.metrics import UNREADABLE
from cameras.registry import IntakeToken
from domain.errors import BoloError
from domain.topics import REJECTS

log = logging.getLogger(__name__)

PART = 256 * 1024
"""Bytes that are kept of one message, as the workers keep of theirs (streams.rejects)."""

APART = 1.0
A_HOUR = 100
"""Seconds between two kept messages of a token, and how many of an hour are kept."""

WAIT = 1.5
"""Seconds for Kafka: the camera's answer waits for it, and Verkada gives up after two."""

TOKENS = 10_000
_HOUR = 3600.0


class Sender(Protocol):
    """What is needed of storage.kafka.Producer."""

    async def publish(
        self, topic: str, value: bytes, *, headers: Sequence[tuple[str, bytes]] = ()
    ) -> None: ...


class Rate:
    """At most one event in APART seconds and A_HOUR in an hour, for each key."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._now = monotonic
        self._kept: OrderedDict[tuple[str, ...], tuple[float, float, int]] = OrderedDict()

    def allows(self, *key: str) -> bool:
        """Whether this one may pass; it is then counted."""
        now = self._now()
        began, last, count = self._kept.pop(key, (now, now - APART, 0))
        if now - began >= _HOUR:
            began, count = now, 0
        allowed = now - last >= APART and count < A_HOUR
        self._kept[key] = (began, now, count + 1) if allowed else (began, last, count)
        if len(self._kept) > TOKENS:
            self._kept.popitem(last=False)  # the one that was quiet for the longest time
        return allowed


class Rejected:
    """Keeps unreadable messages through `producer`. `monotonic` counts seconds."""

    def __init__(
        self, producer: Sender, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._producer = producer
        self._rate = Rate(monotonic)

    async def keep(
        self, token: IntakeToken, body: bytes, content_type: str, reason: str, resembles: str
    ) -> bool:
        """Whether Kafka has it. Never raises, never waits longer than WAIT seconds."""
        if not self._rate.allows(token.agency, token.camera or "", token.label):
            UNREADABLE.labels("limited").inc()
            return False
        headers = {
            "reason": reason,
            "resembles": resembles,
            "agency": token.agency,
            "content-type": content_type,
            "token": token.label,
            "source": "intake",
        }
        if len(body) > PART:
            headers["cut-from-bytes"] = str(len(body))
            headers["sha256"] = hashlib.sha256(body).hexdigest()
        lines = [(k, v.encode(errors="replace")[:1000]) for k, v in headers.items()]
        try:
            async with asyncio.timeout(WAIT):
                await self._producer.publish(REJECTS, body[:PART], headers=lines)
        except (BoloError, TimeoutError):
            UNREADABLE.labels("lost").inc()
            log.warning("an unreadable message of %s could not be kept", token.label)
            return False
        UNREADABLE.labels("kept").inc()
        return True
