"""When lists are looked for: by their schedules, at once on demand, and again after a failure.

A look is a job in the queue, so that any courier does it, and none is lost with one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from domain.clock import Clock
from domain.errors import BadInput, BoloError
from hotlists import store
from hotlists.arrivals import NotArrived
from hotlists.cron import cron
from hotlists.fetching import failed, fetch
from hotlists.model import HotlistSource
from hotlists.refresh import Means
from hotlists.standing_store import standings
from policy.model import Policy
from storage.audit import Act, append
from storage.jobs import Job, enqueue
from storage.postgres import AWAY, Connection, Database

log = structlog.get_logger(__name__)

REFRESH = "refresh-source"
"""Job: look for a new file of the source (its id is the payload)."""

PAUSES = tuple(timedelta(minutes=n) for n in (1, 2, 5, 15))
"""Before each further try of what may pass; then it waits for its next time."""


async def enqueue_due(db: Database, now: datetime, policy: Policy) -> int:
    """Leave a job for each list whose time has come. How many lists that was."""
    async with db.transaction() as conn:
        due = [one.source for one in await standings(conn, now, policy) if one.due(now)]
        await enqueue(conn, [_job(source, "schedule") for source in due])
    return len(due)


async def ask(conn: Connection, source: HotlistSource, by: str, now: datetime) -> None:
    """Leave the job now, because a person asks. Raises BadInput when nothing can be fetched."""
    if not source.location:
        problem = f"{source.name} comes from nowhere: set a location, or import a file"
        raise BadInput("location", problem)
    await enqueue(conn, [_job(source, "person")])
    await append(
        conn, now, [Act(source.agency, by, "hotlist.refresh-asked", f"hotlist:{source.id}")]
    )


def _job(source: HotlistSource, why: str) -> Job:
    """One at a time waits for each reason: a person's does not wait for another's next try."""
    return Job(REFRESH, str(source.id).encode(), key=f"{REFRESH}:{why}:{source.id}")


class Fetcher:
    """Does the jobs. A failure that may pass is tried again a few times, each time later."""

    def __init__(
        self, db: Database, clock: Clock, means: Means, pauses: Sequence[timedelta] = PAUSES
    ) -> None:
        self._db = db
        self._clock = clock
        self._means = means
        self._pauses = tuple(pauses)
        self._failures: dict[UUID, int] = {}

    async def run(self, which: UUID) -> timedelta | None:
        """Look once. The wait before the next try, or None when there is nothing more to do.

        Raises what says that the database is away, or that another refresh is running.
        """
        async with self._db.connection() as conn:
            source = next((s for s in await store.sources(conn) if s.id == which), None)
        if source is None or not source.location:
            return None
        passing = False
        try:
            await fetch(self._db, source, by="schedule", now=self._clock(), means=self._means)
        except AWAY:
            raise
        except NotArrived as away:
            passing = away.passing
        except BoloError:
            pass  # it is noted; only a person can mend it
        except Exception as bug:
            log.exception("hotlist.fetch_stumbled", source=source.name)
            problem = f"the look stumbled ({type(bug).__name__})"
            await failed(self._db, source, problem, self._clock())
            passing = True
        else:
            self._failures.pop(which, None)
            return None
        return self._again(source) if passing else None

    def _again(self, source: HotlistSource) -> timedelta | None:
        which = source.id
        failures = self._failures.get(which, 0)
        if failures >= len(self._pauses):
            self._failures.pop(which, None)
            return None
        self._failures[which] = failures + 1
        return min(self._pauses[failures], self._until_next(source))

    def _until_next(self, source: HotlistSource) -> timedelta:
        """While a try waits, no other is left in the queue for the schedule: so it must not wait
        beyond that. A time zone that is off by less than an hour does no harm here."""
        schedule = source.settings.get("schedule")
        now = self._clock()
        return cron(schedule).after(now) - now if schedule else timedelta.max
