"""The outbox: events that a transition's transaction leaves for the world, until they are out.

An event is a row of events_out and a job; both exist exactly when the transition committed. The
courier publishes it, fan_out turns it into deliveries, and the sweep publishes again what was
never fanned out.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from alerts.events import cloud_event
from alerts.holders import holders
from alerts.record import AlertRecord, one
from alerts.transitions import Effect
from domain.ids import event_id
from storage.jobs import Job, enqueue
from storage.postgres import Connection
from storage.texts import storable_json

PUBLISH = "publish-event"
"""Job: publish the events_out row whose id is the payload (ASCII)."""


async def event_out(
    conn: Connection, record: AlertRecord, effect: Effect, now: datetime, facts: dict[str, Any]
) -> Job:
    """The event's row, in this transaction, and the job that publishes it, for the caller to
    enqueue."""
    alert = record.alert
    entry, read = record.match.entry, record.match.read
    body = cloud_event(
        event_id(alert.id, alert.version),
        effect,
        alert,
        {
            "alert": str(alert.id),
            "number": record.number,
            "code": record.code,
            "agency": alert.agency,
            "state": alert.state,
            "priority": record.priority,
            "category": record.category,
            "late": record.late,
            "plate": entry.plate,
            "plate_state": entry.state,
            "plate_read": record.match.evidence.reading,
            "conflicts": [f.words for f in record.match.evidence.conflicts],
            "camera": read.camera,
            "place": msgspec.to_builtins(read.place),
            "seen_at": read.seen_at.isoformat(),
            "version": alert.version,
            "verified_at": alert.verified_at.isoformat() if alert.verified_at else None,
            "second_source": alert.second_source,
            "reason": alert.ended_reason,
            "sources": await _sources(conn, record),
            "detail": facts,
        },
    )
    event = UUID(body.id)
    await conn.execute(
        "insert into events_out (id, agency, alert, type, body, created_at)"
        " values (%s, %s, %s, %s, %s, %s)",
        (event, alert.agency, alert.id, body.type, storable_json(body), now),
    )
    return Job(PUBLISH, str(event).encode())


async def _sources(conn: Connection, record: AlertRecord) -> list[str]:
    """The lists that hold what the alert is about; when none does any more, those that did."""
    rows = await holders(conn, record.alert.agency, record.alert.id)
    resting = [row for row in rows if row.gone_at is None] or rows
    return list(dict.fromkeys(row.source_name for row in resting)) or [record.match.source_name]


async def event_body(conn: Connection, event: UUID) -> bytes | None:
    """The CloudEvent of an events_out row as JSON bytes; None when there is no such event."""
    row = await one(conn, "select body::text as body from events_out where id = %s", (event,))
    return row["body"].encode() if row else None


async def published(conn: Connection, event: UUID, now: datetime) -> None:
    """Note that Kafka has the event."""
    await conn.execute("update events_out set published_at = %s where id = %s", (now, event))


async def fanned_out(conn: Connection, event: UUID, now: datetime) -> None:
    """Note that the event's delivery rows exist: the sweep need not publish it again."""
    await conn.execute(
        "update events_out set fanned_out_at = coalesce(fanned_out_at, %s) where id = %s",
        (now, event),
    )


async def sweep(conn: Connection, now: datetime, older_than: timedelta) -> int:
    """Publish again what was never fanned out (a broker may forget). How many were found."""
    cursor = await conn.execute(
        "select id from events_out where fanned_out_at is null and created_at < %s"
        " order by published_at nulls first, created_at limit 1000",
        (now - older_than,),
    )
    lost = [row["id"] for row in await cursor.fetchall()]
    await enqueue(conn, [Job(PUBLISH, str(e).encode(), key=f"sweep:{e}") for e in lost])
    return len(lost)


async def must_wait(conn: Connection, event: UUID) -> bool:
    """Whether an earlier event of the same alert is not published yet: consumers read in order."""
    row = await one(
        conn,
        "select 1 from events_out e join events_out o on o.alert = e.alert"
        " where e.id = %s and o.created_at < e.created_at and o.published_at is null limit 1",
        (event,),
    )
    return row is not None


async def overtaken(conn: Connection, event: UUID, now: datetime) -> bool:
    """Whether the alert was recalled meanwhile; then the event ends here, and nobody hears it.

    Published late or again, a "verified" after its "recalled" would leave a consumer of the topic
    with a car that is no longer wanted.
    """
    row = await one(
        conn,
        "update events_out e set published_at = coalesce(published_at, %(now)s),"
        " fanned_out_at = coalesce(fanned_out_at, %(now)s) from alerts a"
        " where e.id = %(event)s and a.id = e.alert and a.state = 'recalled'"
        " and e.type <> 'bolo.alert.recalled' returning e.id",
        {"now": now, "event": event},
    )
    return row is not None
