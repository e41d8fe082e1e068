"""Deliveries in PostgreSQL. Every function takes a connection that is inside a transaction.

A delivery moves forward only: waiting -> sent -> delivered, or to failed or superseded. Whatever
fails is, in the same transaction, an audit row and a NOTIFY on the desk's channel, so that a
person sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from alerts.changes import notify
from alerts.model import TOLD, State
from alerts.needing import OVERDUE, OVERDUE_SECOND
from alerts.store import LAPSE
from notifiers.model import DELIVER, SILENCE, Delivery, DeliveryState, Done, NotYet, Work
from notifiers.recipients import off, recipient_of
from notifiers.routing import RECALLED, VERIFIED
from storage.audit import Act, append
from storage.jobs import Job, enqueue
from storage.postgres import Connection, Row

_SHOWN = (
    "select d.id, d.alert, a.number, a.code, e.type as event, d.recipient, r.name, r.kind,"
    " d.channel, d.state, d.attempts, d.problem, d.created_at, d.sent_at, d.delivered_at,"
    " d.failed_at from deliveries d join alerts a on a.id = d.alert"
    " join events_out e on e.id = d.event join recipients r on r.id = d.recipient"
)


async def deliveries_of(conn: Connection, agency: str, alert: UUID) -> list[Delivery]:
    """Every delivery of one alert of the agency, oldest first."""
    cursor = await conn.execute(
        _SHOWN + " where d.agency = %s and d.alert = %s order by d.created_at, r.name, d.id",
        (agency, alert),
    )
    return [_shown(row) for row in await cursor.fetchall()]


async def failed_deliveries(
    conn: Connection, agency: str, since: datetime | None = None, limit: int = 100
) -> list[Delivery]:
    """Who was not reached and must be reached by a person, newest first."""
    cursor = await conn.execute(
        _SHOWN + " where d.agency = %s and d.state = 'failed'"
        " and (%s::timestamptz is null or d.failed_at >= %s) order by d.failed_at desc limit %s",
        (agency, since, since, limit),
    )
    return [_shown(row) for row in await cursor.fetchall()]


async def begin(
    conn: Connection, delivery: UUID, now: datetime, stale: timedelta
) -> Work | NotYet | Done:
    """Take up one attempt, or say why not. Commit before talking to the gateway.

    The alert is read under a share lock: a recall either is seen here, or commits after this
    attempt is on record, and then waits for its end (NotYet), so no phone ever reads the
    recall first and the hit after it. An attempt that a killed courier left open counts as
    over after `stale`.
    """
    cursor = await conn.execute(
        "select d.id, d.agency, d.alert, d.state as delivery_state, d.attempts, d.trying_since,"
        " d.created_at, e.type as event, e.body::text as body, a.code, a.late,"
        " a.state as alert_state, to_jsonb(r) as recipient"
        " from deliveries d join events_out e on e.id = d.event join alerts a on a.id = d.alert"
        " join recipients r on r.id = d.recipient"
        " where d.id = %s for update of d for share of a",
        (delivery,),
    )
    row = await cursor.fetchone()
    if row is None:
        return Done("unknown")
    if row["delivery_state"] != DeliveryState.WAITING:
        return Done(row["delivery_state"])
    recipient = recipient_of(row["recipient"])
    if row["trying_since"] is not None and row["trying_since"] > now - stale:
        return NotYet(row["trying_since"] + stale - now)
    if not recipient.active and row["event"] == VERIFIED and row["alert_state"] in TOLD:
        await fail(conn, delivery, "the recipient was switched off before it was sent", now)
        return Done(DeliveryState.FAILED)
    overtaken = _overtaken(row, recipient.active)
    if overtaken:
        await conn.execute(
            "update deliveries set state = 'superseded', problem = %s, trying_since = null"
            " where id = %s",
            (overtaken, delivery),
        )
        return Done(DeliveryState.SUPERSEDED)
    if row["event"] == RECALLED:
        cursor = await conn.execute(
            "select 1 from deliveries where alert = %s and recipient = %s and id <> %s"
            " and trying_since > %s limit 1",
            (row["alert"], recipient.id, delivery, now - stale),
        )
        if await cursor.fetchone():
            return NotYet(min(timedelta(milliseconds=500), stale))
    await conn.execute(
        "update deliveries set attempts = attempts + 1, trying_since = %s where id = %s",
        (now, delivery),
    )
    return Work(
        id=row["id"],
        agency=row["agency"],
        alert=row["alert"],
        code=row["code"],
        event=row["event"],
        late=row["late"],
        body=row["body"].encode(),
        recipient=recipient,
        attempts=row["attempts"] + 1,
        created_at=row["created_at"],
    )


def _overtaken(row: Row, active: bool) -> str:
    """Why this delivery is not to be sent any more, or ""."""
    if row["event"] == RECALLED:
        return ""
    if row["alert_state"] == State.RECALLED:
        return "recalled before it was sent"
    by_sms = row["recipient"]["channel"] == "sms"
    if row["event"] == VERIFIED and row["alert_state"] == State.CLOSED and by_sms:
        return "closed before it was sent"
    return "" if active else "the recipient was switched off before it was sent"


async def sent(
    conn: Connection, delivery: UUID, provider_id: str, now: datetime, *, arrived: bool
) -> None:
    """The gateway has it; `arrived` when its answer is all the confirmation there is.

    A callback may have been quicker: what it said stands.
    """
    await conn.execute(
        "update deliveries set trying_since = null, provider_id = %(provider)s,"
        " problem = case when state = 'waiting' then '' else problem end,"
        " sent_at = coalesce(sent_at, %(now)s),"
        " delivered_at = case when %(arrived)s then coalesce(delivered_at, %(now)s)"
        "   else delivered_at end,"
        " state = case when state <> 'waiting' then state"
        "   when %(arrived)s then 'delivered' else 'sent' end"
        " where id = %(id)s",
        {"id": delivery, "provider": provider_id, "now": now, "arrived": arrived},
    )


async def try_again(conn: Connection, delivery: UUID, reason: str) -> bool:
    """The attempt failed and another will follow. False when a callback ended it meanwhile."""
    cursor = await conn.execute(
        "update deliveries set trying_since = null,"
        " problem = case when state = 'waiting' then %s else problem end"
        " where id = %s returning state = 'waiting' as waits",
        (reason, delivery),
    )
    row = await cursor.fetchone()
    return row is not None and bool(row["waits"])


async def fail(
    conn: Connection,
    delivery: UUID,
    reason: str,
    now: datetime,
    *,
    gone: bool = False,
    actor: str = "courier",
) -> bool:
    """Give the delivery up and hand it to a person: audit row, NOTIFY, and `failed` on the desk.

    `gone`: the recipient wants no more, so they are switched off. False when it had already ended.
    """
    cursor = await conn.execute(
        "update deliveries set state = 'failed', problem = %s, failed_at = %s, trying_since = null"
        " where id = %s and state in ('waiting', 'sent')"
        " returning agency, alert, recipient, channel, attempts",
        (reason, now, delivery),
    )
    row = await cursor.fetchone()
    if row is None:
        return False
    facts = {
        "delivery": str(delivery),
        "recipient": str(row["recipient"]),
        "channel": row["channel"],
        "attempts": row["attempts"],
    }
    acts = [Act(row["agency"], actor, "delivery.failed", f"alert:{row['alert']}", reason, facts)]
    if gone and await off(conn, row["recipient"]):
        what = f"recipient:{row['recipient']}"
        acts.append(Act(row["agency"], actor, "recipient.deactivated", what, reason, {}))
    await append(conn, now, acts)
    await tell_desk(conn, row["agency"], row["alert"])
    return True


async def tell_desk(conn: Connection, agency: str, alert: UUID) -> None:
    """Wake the pages of the agency: something about this alert's deliveries needs a person."""
    await notify(conn, [(agency, alert, "delivery")])


async def enqueue_deliveries(
    conn: Connection, deliveries: Sequence[UUID], priority: int = 0
) -> None:
    """A job for each, unless one waits already. A higher `priority` goes first."""
    await enqueue(
        conn,
        [
            Job(DELIVER, str(d).encode(), key=f"{DELIVER}:{d}", priority=priority)
            for d in deliveries
        ],
    )


async def repair(conn: Connection, now: datetime, older_than: timedelta) -> int:
    """Jobs again for what waits without one: deliveries, claims whose lease ran out, and alerts
    that nobody came to as the second person.

    How many were found; those that still have their job are among them and get no second.
    """
    before = now - older_than
    cursor = await conn.execute(
        "select id from deliveries where state = 'waiting' and created_at < %s"
        " order by created_at limit 1000",
        (before,),
    )
    waiting = [row["id"] for row in await cursor.fetchall()]
    await enqueue_deliveries(conn, waiting)
    cursor = await conn.execute(
        "select id, version from alerts where state = 'claimed' and lease_until < %s"
        " order by lease_until limit 1000",
        (before,),
    )
    claims = await cursor.fetchall()
    await enqueue(
        conn,
        [
            Job(LAPSE, str(c["id"]).encode(), key=f"{LAPSE}:{c['id']}:{c['version']}")
            for c in claims
        ],
    )
    cursor = await conn.execute(
        "select id, jsonb_array_length(confirmations) as so_far from alerts a"
        " where state in ('raised', 'claimed') and confirmations <> '[]'"
        " and (confirmations #>> '{-1,at}')::timestamptz < %s"
        " and not exists (select from alert_history h where h.alert = a.id and h.event = %s"
        " and (h.detail->>'verified')::int = jsonb_array_length(a.confirmations)) limit 1000",
        (before - OVERDUE, OVERDUE_SECOND),
    )
    overdue = await cursor.fetchall()
    await enqueue(
        conn,
        [
            Job(
                OVERDUE_SECOND,
                str(o["id"]).encode(),
                key=f"{OVERDUE_SECOND}:{o['id']}:{o['so_far']}",
            )
            for o in overdue
        ],
    )
    return len(waiting) + len(claims) + len(overdue)


async def give_up_silent(conn: Connection, now: datetime, older_than: timedelta) -> int:
    """Hand to a person what was sent and never confirmed. A confirmation may still come later."""
    cursor = await conn.execute(
        "select id from deliveries where state = 'sent' and sent_at < %s"
        " order by sent_at limit 1000 for update skip locked",
        (now - older_than,),
    )
    silent = [row["id"] for row in await cursor.fetchall()]
    for delivery in silent:
        await fail(conn, delivery, SILENCE, now)
    return len(silent)


def _shown(row: Row) -> Delivery:
    facts: dict[str, Any] = {**row, "state": DeliveryState(row["state"])}
    return Delivery(**facts)
