"""From an event on topic bolo.alerts to delivery rows: who is told, decided once, under lock.

The record on the topic is only a pointer: what it says is read from our own outbox row, so
that nobody who can write to the topic can make bolo tell anything. A replay changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from alerts.events import CloudEvent
from alerts.model import State
from alerts.outbox import fanned_out
from domain.errors import BadInput
from domain.ids import delivery_id
from notifiers import metrics
from notifiers.recipients import listed
from notifiers.routing import RECALLED, Kind, Situation, route
from notifiers.store import enqueue_deliveries, tell_desk
from policy.loading import standard
from policy.model import Policy
from storage.audit import Act, append
from storage.postgres import Connection, Database

_RECALL_FIRST = 10
"""Job priority of a recall: it overtakes whatever else waits."""


async def fan_out(db: Database, value: bytes, now: datetime, policy: Policy | None = None) -> int:
    """Make the deliveries of one event, in one transaction. How many are new.

    `policy` says which kinds of recipients hear of which category; None: the standard one.

    Raises BadInput for a value that can never be fanned out (not a CloudEvent, not an event
    of this installation), and AWAY or CLASH of storage.postgres for what passes.
    """
    event = _event_id(value)
    async with db.transaction() as conn:
        return await _fan_out(conn, event, now, policy or standard())


def _event_id(value: bytes) -> UUID:
    try:
        return UUID(msgspec.json.decode(value, type=CloudEvent).id)
    except (msgspec.MsgspecError, ValueError, UnicodeDecodeError, RecursionError):
        raise BadInput("event", "not a CloudEvent of an alert") from None


async def _fan_out(conn: Connection, event: UUID, now: datetime, policy: Policy) -> int:
    cursor = await conn.execute(
        "select agency, alert, type, fanned_out_at from events_out where id = %s for update",
        (event,),
    )
    row = await cursor.fetchone()
    if row is None:
        raise BadInput("event", "not in this installation's outbox")
    if row["fanned_out_at"] is not None:
        return 0
    agency, alert = row["agency"], row["alert"]
    # A recall either is seen here, or commits after these rows and then finds them.
    cursor = await conn.execute(
        "select state, verified_at, late, category from alerts"
        " where id = %s and agency = %s for share",
        (alert, agency),
    )
    facts = await cursor.fetchone()
    if facts is None:
        raise BadInput("event", "its alert is not of its agency")
    cursor = await conn.execute(
        "select distinct recipient from deliveries where alert = %s and event <> %s",
        (alert, event),
    )
    situation = Situation(
        event=row["type"],
        agency=agency,
        state=State(facts["state"]),
        verified=facts["verified_at"] is not None,
        late=facts["late"],
        told=frozenset(r["recipient"] for r in await cursor.fetchall()),
        kinds=_kinds(policy, facts["category"]),
    )
    chosen = route(situation, tuple(await listed(conn, agency)))
    new: list[UUID] = []
    for recipient in chosen:
        delivery = delivery_id(event, recipient.id)
        cursor = await conn.execute(
            "insert into deliveries (id, agency, alert, event, recipient, channel, state,"
            " created_at) values (%s, %s, %s, %s, %s, %s, 'waiting', %s) on conflict do nothing",
            (delivery, agency, alert, event, recipient.id, recipient.channel, now),
        )
        if cursor.rowcount:
            new.append(delivery)
    await enqueue_deliveries(conn, new, _RECALL_FIRST if row["type"] == RECALLED else 0)
    detail = {
        "event": str(event),
        "type": row["type"],
        "state": facts["state"],
        "recipients": [str(r.id) for r in chosen],
    }
    act = Act(agency, "fan_out", "alert.told", f"alert:{alert}", _why(situation, chosen), detail)
    await append(conn, now, [act])
    if not chosen:
        await tell_desk(conn, agency, alert)
    await fanned_out(conn, event, now)
    metrics.FANNED_OUT.labels(row["type"]).inc()
    return len(new)


def _kinds(policy: Policy, category: str) -> frozenset[Kind]:
    """Of a category that the policy no longer has, everybody: somebody verified the alert."""
    rule = policy.categories.get(category)
    return frozenset(rule.tell) if rule else frozenset({"dispatch", "officer", "system"})


def _why(now: Situation, chosen: tuple[object, ...]) -> str:
    if chosen:
        return ""
    if not now.verified:
        return "nobody: the alert was never verified"
    if now.state is State.RECALLED and now.event != RECALLED:
        return "nobody: recalled meanwhile"
    return "nobody: no recipient for this event"
