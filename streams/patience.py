"""Retrying in place: what is transient is tried again for ever, in order, visibly.

There is no give-up: an event that waits blocks its partition, and that is the guarantee, because
skipping it would lose a read. What can never succeed raises something else and is rejected.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar, TypeVarTuple

import structlog
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError
from faust.exceptions import ProducerSendError

from storage.postgres import FAILED, FAULTS
from streams.metrics import RETRIES, WAITING

T = TypeVar("T")
P = TypeVarTuple("P")
log = structlog.get_logger(__name__)

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 5.0
TRANSIENT: tuple[type[Exception], ...] = (
    *FAILED,
    KafkaError,
    ProducerSendError,
    ConnectionError,
    TimeoutError,
)
TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


def can_never_succeed(wrong: BaseException) -> bool:
    """Of those families, what the same work will meet again however long it waits."""
    return isinstance(wrong, (*FAULTS, *TOO_LARGE)) or isinstance(wrong.__cause__, TOO_LARGE)


async def until_done(agent: str, work: Callable[[*P], Awaitable[T]], *args: *P) -> T:
    """The result of `work(*args)`, tried until it does not fail for a transient cause.

    Anything that is not transient is raised at once; the caller rejects the record.
    """
    pause = FIRST_PAUSE
    try:
        while True:
            try:
                return await work(*args)
            except TRANSIENT as away:
                if can_never_succeed(away):
                    raise
                cause = type(away).__name__
                RETRIES.labels(agent, cause).inc()
                if pause == FIRST_PAUSE:
                    WAITING.labels(agent).inc()
                log.warning("waiting for a server that is away", agent=agent, cause=cause,
                            pause=pause)  # fmt: skip
                # Longer from here on, also where the wait is cancelled: it was counted.
                now, pause = pause, min(pause * 2, LONGEST_PAUSE)
                await asyncio.sleep(now)
    finally:
        if pause != FIRST_PAUSE:
            WAITING.labels(agent).dec()
