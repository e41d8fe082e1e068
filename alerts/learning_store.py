"""What decisions about alerts teach, in PostgreSQL: misread markers and verified hits by camera.

Written in the transaction of the decision, so neither can be without the other. Workers read it
through hotlists.memory_store; `learned_heads` tells them that there is news.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from alerts.model import Alert, RejectReason, State
from alerts.record import AlertRecord, one
from alerts.transitions import Event, Recall, Reject
from domain.clock import as_utc
from domain.errors import BadInput, NotFound
from hotlists import memory_store
from hotlists.local import check_reason
from matchers.camera_learning import FORGOTTEN, USUAL, learned, words
from matchers.misreads import marker_id, text_to_mark
from matchers.watch import Match
from storage.audit import Act, append
from storage.postgres import Connection, not_ahead
from storage.texts import storable

MARKED_FOR = timedelta(days=90)
"""How long a marker holds, unless the policy says otherwise (lists.misread_marker_days)."""
NOT_REMEMBERED = "no marker was made: the policy remembers no misreads"

Verdict = Literal["right", "misread", "rejected"]


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """A text that is not held for a target: who rejected it, until when, who lifted it and why.

    `wanted` is the plate of the entry that it was rejected for, or its pattern.
    """

    id: UUID
    agency: str
    target: UUID
    reading: str
    wanted: str
    category: str
    alert: UUID
    number: str
    rejected_by: UUID
    rejected_name: str
    rejected_at: datetime
    expires_at: datetime
    lifted_at: datetime | None = None
    lifted_by: str = ""
    lifted_because: str = ""

    def holds(self, now: datetime) -> bool:
        """Whether it is in force."""
        return self.lifted_at is None and self.expires_at > now


class CameraRow(msgspec.Struct, frozen=True, kw_only=True):
    """One camera's judged hits since its last reset, each counted whole, and what they say.

    `factor`: ln of how many times likelier than `usual` it misreads (matchers.camera_learning),
    where each hit counts less with age; `words` says it. `rejected` is shown and not weighed.
    """

    camera: str
    name: str
    verified: int
    misread: int
    rejected: int
    since: datetime | None
    reset_at: datetime | None = None
    reset_by: str = ""
    reset_because: str = ""
    factor: float = 0.0
    usual: float = USUAL
    words: str = ""


async def learn(
    conn: Connection,
    record: AlertRecord,
    after: Alert,
    event: Event,
    now: datetime,
    *,
    marked_for: timedelta,
) -> dict[str, Any]:
    """Keep what this decision teaches. Gives what belongs into the alert's history beside it.

    The caller holds the alert's row. A camera's verified hit is taken back when a person recalls
    the alert: then nobody knows any longer whose plate that was.
    """
    match, alert = record.match, after
    if isinstance(event, Reject) and event.reason == RejectReason.MISREAD:
        at = await not_ahead(conn, now)
        await _hit(conn, alert, match, "rejected", at)
        return await _mark(conn, record, event.by, at, marked_for)
    if alert.state is State.VERIFIED and record.alert.state is not State.VERIFIED:
        # A pattern says nothing of the text; a description nothing of the plate.
        if match.entry.plate and not match.entry.pattern:
            right = match.read.plate == match.entry.plate
            at = await not_ahead(conn, now)
            await _hit(conn, alert, match, "right" if right else "misread", at)
    elif isinstance(event, Recall) and event.by is not None and alert.verified_at is not None:
        cursor = await conn.execute("delete from camera_hits where alert = %s", (alert.id,))
        if cursor.rowcount:
            await memory_store.changed(conn, alert.agency, "cameras")
    return {}


async def markers(
    conn: Connection, agency: str, now: datetime, *, target: UUID | None = None, limit: int = 500
) -> list[Marker]:
    """The agency's markers that are not over, newest first; `target`: those of one vehicle."""
    cursor = await conn.execute(
        f"{_MARKER} where m.agency = %(agency)s and m.expires_at > %(now)s"
        " and (%(target)s::uuid is null or m.target = %(target)s)"
        " order by m.rejected_at desc, m.id limit %(limit)s",
        {"agency": agency, "now": now, "target": target, "limit": limit},
    )
    return [Marker(**row) for row in await cursor.fetchall()]


async def count_markers(conn: Connection, agency: str, now: datetime) -> int:
    """How many there are, also where `markers` gives the newest only."""
    row = await one(
        conn,
        "select count(*) as number from misread_markers where agency = %s and expires_at > %s",
        (agency, now),
    )
    return int(row["number"]) if row else 0


async def marker_of(conn: Connection, agency: str, which: UUID) -> Marker:
    """One marker. Raises NotFound, also for another agency's."""
    row = await one(conn, f"{_MARKER} where m.agency = %s and m.id = %s", (agency, which))
    if row is None:
        what = f"misread marker {which}"
        raise NotFound(what)
    return Marker(**row)


async def lift(
    conn: Connection, agency: str, which: UUID, *, by: str, reason: str, now: datetime
) -> None:
    """End a marker before its time: the text is held again. Raises NotFound, BadInput and
    Prohibited."""
    why = check_reason(reason, "lifting a marker")
    row = await one(
        conn,
        "select lifted_at, expires_at from misread_markers where agency = %s and id = %s"
        " for update",
        (agency, which),
    )
    if row is None:
        what = f"misread marker {which}"
        raise NotFound(what)
    if row["lifted_at"] is not None:
        raise BadInput("marker", "this marker was lifted before")
    if row["expires_at"] <= now:
        raise BadInput("marker", "this marker's time is over")
    await conn.execute(
        "update misread_markers set lifted_at = %s, lifted_by = %s, lifted_because = %s"
        " where id = %s",
        (now, storable(by), storable(why), which),
    )
    await memory_store.changed(conn, agency, "markers")
    await append(conn, now, [Act(agency, by, "marker.lifted", f"marker:{which}", why)])


async def cameras(conn: Connection, agency: str, now: datetime) -> list[CameraRow]:
    """Every camera of the agency with judged hits or a reset, by id."""
    said = learned(await memory_store.days(conn, agency, now), as_utc(now).date())
    cursor = await conn.execute(
        "select coalesce(h.camera, r.camera) as camera, coalesce(c.name, '') as name,"
        " count(*) filter (where h.verdict in ('right', 'misread')) as verified,"
        " count(*) filter (where h.verdict = 'misread') as misread,"
        " count(*) filter (where h.verdict = 'rejected') as rejected, min(h.at) as since,"
        " r.at as reset_at, coalesce(r.by, '') as reset_by,"
        " coalesce(r.reason, '') as reset_because"
        " from (select h.* from camera_hits h left join camera_resets x on x.agency = h.agency"
        " and x.camera = h.camera where h.agency = %(agency)s and h.at > %(from)s"
        " and (x.at is null or h.at > x.at)) h"
        " full join (select * from camera_resets where agency = %(agency)s) r"
        " on r.camera = h.camera left join cameras c on c.agency = %(agency)s"
        " and c.id = coalesce(h.camera, r.camera)"
        " group by 1, 2, r.at, r.by, r.reason order by 1",
        {"agency": agency, "from": now - timedelta(days=FORGOTTEN)},
    )
    return [
        CameraRow(
            **row,
            factor=said.factors.get(row["camera"], 0.0),
            usual=said.usual.get(row["camera"], USUAL),
            words=words(said.factors.get(row["camera"], 0.0)),
        )
        for row in await cursor.fetchall()
    ]


async def reset(
    conn: Connection, agency: str, camera: str, *, by: str, reason: str, now: datetime
) -> None:
    """Forget what was learned of a camera, as after cleaning, moving or replacing it: it is as
    usual until new hits say otherwise. Raises NotFound, BadInput and
    Prohibited."""
    why = check_reason(reason, "a reset")
    name, now = storable(camera), await not_ahead(conn, now)
    known = await one(
        conn,
        "select 1 from camera_hits where agency = %(agency)s and camera = %(camera)s union all"
        " select 1 from cameras where agency = %(agency)s and id = %(camera)s limit 1",
        {"agency": agency, "camera": name},
    )
    if known is None:
        what = f"camera {name}"
        raise NotFound(what)
    await conn.execute(
        "insert into camera_resets (agency, camera, at, by, reason) values (%s, %s, %s, %s, %s)"
        # The last word counts, also after one whose clock was ahead: or nothing would be learned of
        # the camera until that time came.
        " on conflict (agency, camera) do update set at = excluded.at, by = excluded.by,"
        " reason = excluded.reason",
        (agency, name, now, storable(by), storable(why)),
    )
    await memory_store.changed(conn, agency, "cameras")
    await append(conn, now, [Act(agency, by, "camera.learning-reset", f"camera:{name}", why)])


async def forget(conn: Connection, now: datetime) -> int:
    """Delete markers whose time is over, with the text that they hold, and hits that count no
    more. How many markers. `now` is the database's clock (storage.postgres.server_now): a courier
    whose clock is ahead must not delete what holds."""
    cursor = await conn.execute("delete from misread_markers where expires_at <= %s", (now,))
    await conn.execute(
        "delete from camera_hits where at <= %s", (now - timedelta(days=FORGOTTEN + 2),)
    )
    return cursor.rowcount


async def _mark(
    conn: Connection, record: AlertRecord, by: UUID, now: datetime, marked_for: timedelta
) -> dict[str, Any]:
    text, why_not = text_to_mark(record.match)
    if not text or not marked_for:
        return {"no_marker": why_not or NOT_REMEMBERED}
    agency, until = record.alert.agency, now + marked_for
    which = marker_id(agency, record.target, storable(text))
    await conn.execute(
        "insert into misread_markers as m (id, agency, target, reading, alert, rejected_by,"
        " rejected_at, expires_at) values (%s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (id) do update set alert = excluded.alert,"
        " rejected_by = excluded.rejected_by, rejected_at = excluded.rejected_at,"
        # One that still holds never ends earlier than it said; a lifted one begins anew.
        " expires_at = case when m.lifted_at is null"
        " then greatest(m.expires_at, excluded.expires_at) else excluded.expires_at end,"
        " lifted_at = null, lifted_by = '', lifted_because = ''",
        (which, agency, record.target, storable(text), record.alert.id, by, now, until),
    )
    await memory_store.changed(conn, agency, "markers")
    detail = {
        "alert": str(record.alert.id), "target": str(record.target), "until": until.isoformat(),
    }  # fmt: skip
    act = Act(agency, str(by), "marker.made", f"marker:{which}", RejectReason.MISREAD, detail)
    await append(conn, now, [act])
    return {"marker": str(which), "marked_until": until.isoformat()}


async def _hit(
    conn: Connection, alert: Alert, match: Match, verdict: Verdict, now: datetime
) -> None:
    await conn.execute(
        "insert into camera_hits (alert, agency, camera, at, verdict) values (%s, %s, %s, %s, %s)"
        " on conflict (alert) do nothing",
        (alert.id, alert.agency, storable(match.read.camera), now, verdict),
    )
    if verdict != "rejected":
        await memory_store.changed(conn, alert.agency, "cameras")


_MARKER = (
    "select m.id, m.agency, m.target, m.reading,"
    " coalesce(nullif(a.match->'entry'->>'plate', ''), a.match->'entry'->>'pattern', '')"
    " as wanted, a.category, m.alert, a.number,"
    " m.rejected_by, p.name as rejected_name, m.rejected_at, m.expires_at, m.lifted_at,"
    " m.lifted_by, m.lifted_because from misread_markers m join alerts a on a.id = m.alert"
    " join people p on p.id = m.rejected_by"
)
