"""Looking: every look at the queue or at an alert is a row of the audit trail.

A page load and an API answer always write one. A live page fetches again what it already shows
whenever something changes; that writes a row only when this session has none for the same thing
in the last minutes, so the trail says who had it on the screen and when, and stays readable.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from alerts import store as alerts
from alerts.model import TOLD
from alerts.store import AlertRecord
from console import shown, store
from console.auth import Viewer
from console.models import AlertShown, History, Queue, Told
from console.services import Services
from domain.errors import NotFound
from notifiers.routing import RECALLED
from notifiers.store import deliveries_of, failed_deliveries
from people.roles import may, may_see_alert, require
from people.store import names
from storage.audit import Act, append
from storage.postgres import Connection

AGAIN = timedelta(minutes=5)
"""After this a live page's look at the same thing is written down again."""

SHIFT = timedelta(hours=12)
"""How long the desk keeps in sight what ended, and who was not reached."""

REMEMBERED = 10_000
"""How many looks a process remembers; the oldest is forgotten first, and then written again."""


class Looks:
    """Which session looked at what lately. One a process; forgetting only means one row more."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[str, str], datetime] = OrderedDict()

    def lately(self, token: str, what: str, now: datetime) -> bool:
        """Whether a row for this look is recent enough."""
        last = self._last.get((token, what))
        return last is not None and now - last < AGAIN

    def written(self, token: str, what: str, now: datetime) -> None:
        """A row was committed."""
        self._last[token, what] = now
        self._last.move_to_end((token, what))
        while len(self._last) > REMEMBERED:
            self._last.popitem(last=False)


def visible(viewer: Viewer, record: AlertRecord) -> bool:
    """Whether the viewer may know of the alert at all."""
    return may_see_alert(
        viewer.person, record.alert.state, was_verified=record.alert.verified_at is not None
    )


async def queue(s: Services, viewer: Viewer, looks: Looks, *, live: bool = False) -> Queue:
    """What is open; officers get what is verified and of their agency, and nothing else."""
    now = s.clock()
    quiet = live and looks.lately(viewer.token, "queue", now)
    async with s.db.transaction() as conn:
        records = [r for r in await alerts.queue(conn, viewer.person.agency) if visible(viewer, r)]
        if not may(viewer.person, "see the queue"):
            records = [r for r in records if r.alert.state in TOLD]
            ended = []
        else:
            lately = await alerts.recent(conn, viewer.person.agency, limit=30)
            ended = [r for r in lately if now - r.alert.state_since < SHIFT]
        called = await names(conn, shown.people_of(records))
        if not quiet:
            seen = {"open": len(records)}
            await append(conn, now, [_act(viewer, "queue.viewed", "queue:open", seen)])
    if not quiet:
        looks.written(viewer.token, "queue", now)
    return shown.queue(records, ended, viewer.person.id, called, now)


async def alert(
    s: Services, viewer: Viewer, looks: Looks, which: UUID, *, live: bool = False
) -> AlertShown:
    """One alert. Raises NotFound, also for what the viewer may not know of."""
    async with s.db.transaction() as conn:
        record = await alerts.load(conn, viewer.person.agency, which)
        return await _look(s, conn, viewer, looks, record, live)


async def alert_by_code(
    s: Services, viewer: Viewer, looks: Looks, code: str, *, live: bool = False
) -> AlertShown:
    """The alert an SMS names. Raises NotFound: unverified and unknown look the same."""
    async with s.db.transaction() as conn:
        record = await alerts.by_code(conn, viewer.person.agency, code)
        if record.alert.verified_at is None:
            raise NotFound(code)
        return await _look(s, conn, viewer, looks, record, live)


async def history(s: Services, viewer: Viewer, which: UUID) -> History:
    """The alert's life. It is a look at the alert, too."""
    require(viewer.person, "see an alert")
    now = s.clock()
    async with s.db.transaction() as conn:
        await alerts.load(conn, viewer.person.agency, which)
        events = await alerts.history(conn, viewer.person.agency, which)
        called = await names(conn, shown.people_of([], events))
        await append(conn, now, [_act(viewer, "alert.history-viewed", f"alert:{which}", {})])
    return History(alert=which, events=shown.happenings(events, called))


async def not_reached(s: Services, viewer: Viewer) -> tuple[Told, ...]:
    """Who should know and was not reached: of what is open, and of recalls of this shift.

    A recall that did not arrive stays on the desk although the alert has ended: somebody out
    there may still act on it.
    """
    now, agency = s.clock(), viewer.person.agency
    async with s.db.transaction() as conn:
        failed = await failed_deliveries(conn, agency, now - SHIFT, limit=20)
        kept = []
        for d in failed:
            if (
                d.event == RECALLED
                or (await alerts.load(conn, agency, d.alert)).alert.state in TOLD
            ):
                kept.append(shown.told(d))
    return tuple(kept)


async def _look(
    s: Services,
    conn: Connection,
    viewer: Viewer,
    looks: Looks,
    record: AlertRecord,
    live: bool,
) -> AlertShown:
    if not visible(viewer, record):
        raise NotFound(str(record.alert.id))
    now, agency, which = s.clock(), viewer.person.agency, record.alert.id
    subject = f"alert:{which}"
    events = await alerts.history(conn, agency, which)
    called = await names(conn, shown.people_of([record], events))
    read_by = await store.recall_read_by(conn, agency, which)
    built = shown.alert(
        record,
        await alerts.sightings(conn, agency, which),
        events,
        await deliveries_of(conn, agency, which),
        [name for _, name in read_by],
        viewer.person.id,
        called,
        now,
    )
    if not (live and looks.lately(viewer.token, subject, now)):
        seen = {"state": str(record.alert.state), "version": record.alert.version}
        await append(conn, now, [_act(viewer, "alert.viewed", subject, seen)])
        looks.written(viewer.token, subject, now)
    return built


def _act(viewer: Viewer, action: str, subject: str, detail: Mapping[str, object]) -> Act:
    who = str(viewer.person.id)
    return Act(viewer.person.agency, who, action, subject, detail=dict(detail))
