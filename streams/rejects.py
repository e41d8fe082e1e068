"""What could not be read goes to bolo.rejects: the bytes as they were, the reason, where from."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import faust
import structlog

from streams.batches import Event
from streams.metrics import REJECTED
from streams.patience import TRANSIENT, until_done

log = structlog.get_logger(__name__)


PART = 256 * 1024
"""Bytes that are kept of a reject that is too large even for bolo.rejects."""


@dataclass(frozen=True)
class Reject:
    """Bytes that cannot be processed, and why in a sentence."""

    value: bytes
    reason: str
    event: Event


async def send(rejects: faust.TopicT[bytes], agent: str, what: Reject) -> None:
    """Return only after Kafka has the reject; waits in place while it has not.

    What the broker finds too large is cut to PART, with its whole size and SHA-256 in the headers;
    the record itself stays where topic, partition and offset say, as long as the log keeps it.
    """
    message = what.event.message
    headers = {
        "reason": what.reason.encode(errors="replace")[:1000],
        "topic": message.topic.encode(),
        "partition": str(message.partition).encode(),
        "offset": str(message.offset).encode(),
    }

    async def publish(value: bytes, more: dict[str, bytes]) -> None:
        await (await rejects.send(value=value, headers={**headers, **more}))

    try:
        await until_done(agent, publish, what.value, {})
    except TRANSIENT:  # too large, or it would have been waited for
        whole = {
            "cut-from-bytes": str(len(what.value)).encode(),
            "sha256": hashlib.sha256(what.value).hexdigest().encode(),
        }
        await until_done(agent, publish, what.value[:PART], whole)
    REJECTED.labels(message.topic).inc()
    log.warning("rejected", reason=what.reason[:200], topic=message.topic, offset=message.offset)


async def settle(
    rejects: faust.TopicT[bytes],
    agent: str,
    events: list[Event],
    work: Callable[[list[Event]], Awaitable[None]],
) -> None:
    """Do `work` for the batch. If it fails for good, do it for each event alone and reject those
    that fail again: one bad record never takes its neighbours along, nor stops the agent."""
    try:
        await until_done(agent, work, events)
        return
    except Exception as wrong:
        if len(events) == 1:
            log.exception("cannot process a record", agent=agent)
            reason = f"{agent}: {type(wrong).__name__}: {wrong}"
            await send(rejects, agent, Reject(events[0].value or b"", reason, events[0]))
            return
    for event in events:
        await settle(rejects, agent, [event], work)
