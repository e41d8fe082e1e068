"""What could not be read goes to bolo.rejects: the bytes as they were, the reason, where from."""

from __future__ import annotations

from dataclasses import dataclass

import faust
import structlog

from streams.batches import Event
from streams.metrics import REJECTED
from streams.patience import until_done

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Reject:
    """Bytes that cannot be processed, and why in a sentence."""

    value: bytes
    reason: str
    event: Event


async def send(rejects: faust.TopicT[bytes], agent: str, what: Reject) -> None:
    """Return only after Kafka has the reject; waits in place while it has not."""
    message = what.event.message
    headers = {
        "reason": what.reason.encode(errors="replace")[:1000],
        "topic": message.topic.encode(),
        "partition": str(message.partition).encode(),
        "offset": str(message.offset).encode(),
    }

    async def publish() -> None:
        await (await rejects.send(value=what.value, headers=headers))

    await until_done(agent, publish)
    REJECTED.labels(message.topic).inc()
    log.warning("rejected", reason=what.reason[:200], topic=message.topic, offset=message.offset)
