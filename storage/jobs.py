"""The job engine's queue as other packages use it: enqueue inside your own transaction.

PgQueuer's rows live in the same database, so a job exists exactly when the transaction that asked
for it commits (the transactional outbox). notifiers.courier runs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pgqueuer import PsycopgDriver, Queries

from storage.postgres import Connection


@dataclass(frozen=True)
class Job:
    """Work for later. `key` makes it unique among the jobs still waiting; "" does not."""

    name: str
    payload: bytes
    after: timedelta = timedelta(0)
    key: str = ""
    priority: int = 0


async def enqueue(conn: Connection, jobs: Sequence[Job]) -> None:
    """Enqueue in this transaction; a job whose key already waits is left out."""
    if not jobs:
        return
    driver = PsycopgDriver(conn)  # type: ignore[arg-type]  # any row factory will do
    await Queries(driver).enqueue(
        [job.name for job in jobs],
        [job.payload for job in jobs],
        [job.priority for job in jobs],
        execute_after=[job.after for job in jobs],
        dedupe_key=[job.key or None for job in jobs],
        on_conflict="skip",
    )
