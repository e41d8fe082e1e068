"""When entries of a list may have ended, somebody must look at the alerts that rest on them.

Lists know nothing of alerts; they leave a job in their own transaction, and alerts.resting does it.
It is left again for later: a match that was made a moment ago against the list before may still
be on its way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from hotlists.model import HotlistSource
from storage.jobs import Job, enqueue
from storage.postgres import Connection

RECHECK = "recheck-alerts"
"""Job: look whether the open alerts that rest on entries of the source (its id is the payload)
still do."""

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

AGAIN = (timedelta(0), timedelta(seconds=10), timedelta(minutes=2))


async def recheck_overtaken(conn: Connection, made_against: Iterable[tuple[str, int]]) -> None:
    """Leave the job for those sources (ids, each with the generation that a match was made against)
    of which another generation is in force by now: the match may rest on what is on the list no
    longer."""
    oldest: dict[UUID, int] = {}
    for source, generation in made_against:
        if generation > 0 and _ID.fullmatch(source):
            oldest[UUID(source)] = min(generation, oldest.get(UUID(source), generation))
    if not oldest:
        return
    cursor = await conn.execute(
        "select source, number from generations where source = any(%s) and state = 'active'"
        " order by source",  # two that leave jobs for several lists wait for each other in order
        (list(oldest),),
    )
    behind = [
        row["source"] for row in await cursor.fetchall() if oldest[row["source"]] < row["number"]
    ]
    await enqueue(conn, [Job(RECHECK, str(s).encode(), key=f"overtaken:{s}") for s in behind])


async def recheck(conn: Connection, source: HotlistSource) -> None:
    """Leave the job, in this transaction."""
    payload = str(source.id).encode()
    await enqueue(conn, [Job(RECHECK, payload, after=after) for after in AGAIN])
