"""Looking: every look at the queue or at an alert is a row of the audit trail.

A page load and an API answer always write one. A live page fetches again what it already shows
whenever something changes; that writes a row only when this session has none for the same thing
in the last minutes, or when it shows an alert that was not shown to this session yet: so the
trail says who had which alert on the screen and when, and stays readable.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from alerts import store as alerts
from alerts.holders import holders
from alerts.model import TOLD
from alerts.needing import OVERDUE
from alerts.record import AlertRecord
from console import second, shown, store
from console.auth import Viewer
from console.misreads import of_target as misreads_of
from console.misreads import why_no_marker
from console.models import AlertShown, History, Queue, Stuck, Told
from console.second_store import may_verify, others, waiting
from console.services import Services
from console.verified import as_judged, judges
from domain.errors import NotFound
from hotlists.standing_store import limit_hours
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

QUEUES = 1_000
"""How many sessions' queues a process remembers, in the same way."""

IDS_A_ROW = 200
"""How many alerts one audit row names; a longer queue is several rows."""


class Looks:
    """Which session looked at what lately. One a process; forgetting only means one row more."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[str, str], datetime] = OrderedDict()
        self._queues: OrderedDict[str, frozenset[UUID]] = OrderedDict()

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

    def unseen(self, token: str, ids: Sequence[UUID]) -> list[UUID]:
        """Those that the session's queue did not show when it was last written down."""
        known = self._queues.get(token, frozenset())
        return [i for i in ids if i not in known]

    def showed(self, token: str, ids: Sequence[UUID]) -> None:
        """The session's queue shows these, and rows that name them were committed."""
        self._queues[token] = frozenset(ids)
        self._queues.move_to_end(token)
        while len(self._queues) > QUEUES:
            self._queues.popitem(last=False)


def visible(viewer: Viewer, record: AlertRecord) -> bool:
    """Whether the viewer may know of the alert at all."""
    return may_see_alert(
        viewer.person, record.alert.state, was_verified=record.alert.verified_at is not None
    )


async def queue(s: Services, viewer: Viewer, looks: Looks, *, live: bool = False) -> Queue:
    """What is open; who does not verify gets what is verified, as it was judged, and no more."""
    now = s.clock()
    quiet = live and looks.lately(viewer.token, "queue", now)
    async with s.db.transaction() as conn:
        records = [r for r in await alerts.queue(conn, viewer.person.agency) if visible(viewer, r)]
        if not may(viewer.person, "see the queue"):
            records = [as_judged(r, s.late_after) for r in records if r.alert.state in TOLD]
            ended = []
        else:
            lately = await alerts.recent(conn, viewer.person.agency, limit=30)
            ended = [r for r in lately if now - r.alert.state_since < SHIFT]
        called = await names(conn, shown.people_of(records))
        ids = [r.alert.id for r in (*records, *ended)]
        named = looks.unseen(viewer.token, ids) if quiet else ids
        if named or not quiet:
            await append(conn, now, _queue_acts(viewer, len(records), named, quiet))
    if not quiet:
        looks.written(viewer.token, "queue", now)
    looks.showed(viewer.token, ids)
    return shown.queue(records, ended, viewer.person.id, called, now)


async def alert(
    s: Services, viewer: Viewer, looks: Looks, which: UUID, *, live: bool = False
) -> AlertShown:
    """One alert. Raises NotFound, also for what the viewer may not know of."""
    now = s.clock()
    async with s.db.transaction() as conn:
        record = await alerts.load(conn, viewer.person.agency, which)
        built, wrote = await _look(s, conn, viewer, looks, record, now, live)
    if wrote:
        looks.written(viewer.token, _subject(built.id), now)
    return built


async def alert_by_code(
    s: Services, viewer: Viewer, looks: Looks, code: str, *, live: bool = False
) -> AlertShown:
    """The alert an SMS names, as it was judged, whoever reads it: this page is for the road.

    Raises NotFound: unverified and unknown look the same.
    """
    now = s.clock()
    async with s.db.transaction() as conn:
        record = await alerts.by_code(conn, viewer.person.agency, code)
        if record.alert.verified_at is None:
            raise NotFound(code)
        built, wrote = await _look(s, conn, viewer, looks, record, now, live, road=True)
    if wrote:
        looks.written(viewer.token, _subject(built.id), now)
    return built


async def pictures(
    s: Services, viewer: Viewer, looks: Looks, which: UUID, detail: Mapping[str, object]
) -> None:
    """Write down that the viewer gets a picture of the alert: call it before the bytes go out.

    Whoever has the alert on the screen has its pictures too; only who asks for a picture
    without a recent look at its alert gets a row, one for all pictures of the next minutes.
    """
    now, subject, mark = s.clock(), _subject(which), f"pictures:{which}"
    if looks.lately(viewer.token, subject, now) or looks.lately(viewer.token, mark, now):
        return
    async with s.db.transaction() as conn:
        await append(conn, now, [_act(viewer, "pictures.viewed", subject, detail)])
    looks.written(viewer.token, mark, now)


async def history(s: Services, viewer: Viewer, which: UUID) -> History:
    """The alert's life. It is a look at the alert, too."""
    require(viewer.person, "see an alert")
    now = s.clock()
    async with s.db.transaction() as conn:
        record = await alerts.load(conn, viewer.person.agency, which)
        events = await alerts.history(conn, viewer.person.agency, which)
        called = await names(conn, shown.people_of([], events))
        await append(conn, now, [_act(viewer, "alert.history-viewed", _subject(which), {})])
    events = second.told_of(record.alert, viewer.person.id, events)
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


async def stuck(s: Services, viewer: Viewer) -> tuple[Stuck, ...]:
    """What waits for another person to verify it, too long or with nobody who could: escalated to
    every verifier's desk, the supervisors' among them, until somebody decides."""
    now, agency, me = s.clock(), viewer.person.agency, viewer.person.id
    found = []
    async with s.db.connection() as conn:
        for record in await waiting(conn, agency):
            alert = record.alert
            done = {c.by for c in alert.confirmations}
            rest = await may_verify(conn, agency, {me, *done}, now)
            you_can = me not in done and judges(viewer.person)
            if now - alert.confirmations[-1].at < OVERDUE and (rest or you_can):
                continue
            called = await names(conn, done)
            found.append(
                Stuck(
                    alert=alert.id,
                    number=record.number,
                    first=shown.called(alert.confirmations[-1].by, called),
                    since=alert.confirmations[-1].at,
                    you_can=you_can,
                    others=tuple(rest),
                )
            )
    return tuple(found)


async def _look(
    s: Services,
    conn: Connection,
    viewer: Viewer,
    looks: Looks,
    record: AlertRecord,
    now: datetime,
    live: bool,
    *,
    road: bool = False,
) -> tuple[AlertShown, bool]:
    """The alert as the viewer may see it, and whether a row of the look waits for the commit."""
    if not visible(viewer, record):
        raise NotFound(str(record.alert.id))
    agency, which, verified_at = viewer.person.agency, record.alert.id, record.alert.verified_at
    after: frozenset[UUID] = frozenset()
    if judges(viewer.person) and not road:
        seen = await alerts.sightings(conn, agency, which)
        if verified_at is not None:
            after = await store.attached_after(conn, agency, which, verified_at)
    else:
        record, seen = as_judged(record, s.late_after), [record.match]
    events = await alerts.history(conn, agency, which)
    called = await names(conn, shown.people_of([record], events))
    read_by = await store.recall_read_by(conn, agency, which)
    built = shown.alert(
        record,
        seen,
        events,
        await deliveries_of(conn, agency, which),
        [name for _, name in read_by],
        viewer.person.id,
        called,
        now,
        after,
        await holders(conn, agency, which),
        await limit_hours(conn, s.means.policy, record.match.entry.source),
        await others(conn, record.alert, viewer.person.id, now) if judges(viewer.person) else (),
    )
    if judges(viewer.person) and not road and not built.covered:
        misreads = await misreads_of(conn, record, now)
        why = why_no_marker(events[-1] if events else None)
        built = built.model_copy(update={"misreads": misreads, "no_marker": why})
    subject = _subject(which)
    wrote = not (live and looks.lately(viewer.token, subject, now))
    if wrote:
        detail = {"state": str(record.alert.state), "version": record.alert.version}
        await append(conn, now, [_act(viewer, "alert.viewed", subject, detail)])
    return built, wrote


def _subject(which: UUID) -> str:
    return f"alert:{which}"


def _queue_acts(viewer: Viewer, count: int, ids: Sequence[UUID], new: bool) -> list[Act]:
    """The look at the queue, naming the alerts; `new`: only those that have come to it."""
    key = "new" if new else "alerts"
    return [
        _act(
            viewer,
            "queue.viewed",
            "queue:open",
            {"open": count, key: [str(i) for i in ids[at : at + IDS_A_ROW]]},
        )
        for at in range(0, max(len(ids), 1), IDS_A_ROW)
    ]


def _act(viewer: Viewer, action: str, subject: str, detail: Mapping[str, object]) -> Act:
    who = str(viewer.person.id)
    return Act(viewer.person.agency, who, action, subject, detail=dict(detail))
