"""Alerts in PostgreSQL. Every function takes a connection that is inside a transaction.

A transition is saved together with its history row, its audit row, its outgoing event and its
jobs, or not at all. Who looks at an alert gives the agency they belong to: another agency's
alert is NotFound.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from alerts.changes import notify
from alerts.learning_store import MARKED_FOR, learn
from alerts.model import ENDED, TOLD, Alert, Reply, State
from alerts.needing import OVERDUE, OVERDUE_SECOND
from alerts.outbox import event_out
from alerts.record import OPEN, AlertRecord, HistoryRow, one, record_of
from alerts.transitions import Acknowledge, Effect, Event, Lapse, Recall, Verify, apply
from domain.errors import IllegalTransition
from matchers.watch import Match
from storage.audit import Act, append
from storage.jobs import Job, enqueue
from storage.postgres import Connection
from storage.texts import storable, storable_json

LAPSE = "lapse-claim"
"""Job: lapse the claim on the alert whose id is the payload, if its lease ran out."""

CONFIRM = "confirm"
"""What history and audit call a verification after which another person must still look."""

_TELLS = frozenset({Effect.TELL, Effect.TELL_ACKNOWLEDGED, Effect.TELL_RECALL, Effect.TELL_CLOSED})


async def transition(
    conn: Connection,
    agency: str,
    alert: UUID,
    event: Event,
    now: datetime,
    *,
    actor: str,
    reason: str = "",
    detail: dict[str, Any] | None = None,
    marked_for: timedelta = MARKED_FOR,
) -> AlertRecord:
    """Apply `event`, save it with everything that belongs to it, and return the alert after it.

    `actor` is the person's id as text, or the part of the system that acts; `marked_for` is how
    long a misread is remembered (alerts.learning_store). Raises NotFound, IllegalTransition,
    BadInput.
    """
    before = await load(conn, agency, alert, lock=True)
    after, effects = apply(before.alert, event, now)
    await conn.execute(
        "update alerts set state = %(state)s, version = %(version)s, state_since = %(state_since)s,"
        " claimed_by = %(claimed_by)s, lease_until = %(lease_until)s,"
        " verified_by = %(verified_by)s, verified_at = %(verified_at)s,"
        " second_source = %(second_source)s, second_reference = %(second_reference)s,"
        " ended_reason = %(ended_reason)s, confirmations = %(confirmations)s::jsonb,"
        " looks = %(looks)s::jsonb where id = %(id)s",
        {k: _column(v) for k, v in msgspec.structs.asdict(after).items()},
    )
    name = type(event).__name__.lower()
    taught = await learn(conn, before, after, event, now, marked_for=marked_for)
    facts = {**_facts(event), **(detail or {}), **taught}
    if isinstance(event, Verify) and after.state is not State.VERIFIED:
        name = CONFIRM  # "verify" is the one that people are told of
        facts |= {"verified": len(after.confirmations), "needed": after.needed}
    person = getattr(event, "by", None)
    await _history(conn, after, name, person, now, facts)
    await append(
        conn,
        now,
        [Act(agency, actor, f"alert.{name}", f"alert:{alert}", reason or _reason(event), facts)],
    )
    record = msgspec.structs.replace(before, alert=after)
    jobs: list[Job] = []
    for effect in effects:
        if effect in _TELLS:
            jobs.append(await event_out(conn, record, effect, now, facts))
        elif effect is Effect.WATCH_LEASE and after.lease_until is not None:
            wait = after.lease_until - now + timedelta(milliseconds=200)
            jobs.append(Job(LAPSE, str(alert).encode(), after=wait))
        elif effect is Effect.WATCH_SECOND:
            wait = OVERDUE + timedelta(milliseconds=200)
            jobs.append(Job(OVERDUE_SECOND, str(alert).encode(), after=wait))
    await enqueue(conn, jobs)
    await notify(conn, [(agency, alert, after.state)])
    return record


async def reply(
    conn: Connection, agency: str, alert: UUID, who: UUID, answer: Reply, now: datetime
) -> AlertRecord:
    """An officer's answer from the phone: any answer acknowledges; "not the vehicle" recalls.

    "Not the vehicle" from the road is the strongest evidence there is, so everyone who was told
    is told that it no longer holds.
    """
    record = await load(conn, agency, alert, lock=True)
    if record.alert.state not in TOLD:  # nobody was told: there is nothing to answer
        raise IllegalTransition(record.alert.state, "an answer")
    if answer is not Reply.NOT_THE_VEHICLE or record.alert.state is State.VERIFIED:
        record = await transition(
            conn, agency, alert, Acknowledge(who), now, actor=str(who), detail={"answer": answer}
        )
    if answer is Reply.NOT_THE_VEHICLE:
        record = await transition(
            conn,
            agency,
            alert,
            Recall(who, "not the vehicle, seen on the road"),
            now,
            actor=str(who),
        )
    return record


async def note(
    conn: Connection,
    agency: str,
    alert: UUID,
    what: str,
    detail: dict[str, Any],
    now: datetime,
    *,
    actor: str = "lists",
) -> None:
    """Something that belongs into an alert's life without being a transition: one history row, one
    audit row, the next version. The caller holds the alert's row."""
    row = await one(
        conn,
        "update alerts set version = version + 1 where id = %s and agency = %s returning version",
        (alert, agency),
    )
    assert row is not None
    await conn.execute(
        "insert into alert_history (alert, version, at, event, detail) values (%s, %s, %s, %s, %s)",
        (alert, row["version"], now, what, storable_json(detail)),
    )
    act = Act(agency, actor, f"alert.{what}", f"alert:{alert}", detail=detail)
    await append(conn, now, [act])
    await notify(conn, [(agency, alert, what)])


async def lapse(conn: Connection, alert: UUID, now: datetime) -> bool:
    """Lapse the claim if its lease ran out. False when there is nothing to lapse any more."""
    row = await one(
        conn, "select agency, state, lease_until from alerts where id = %s for update", (alert,)
    )
    if row is None or row["state"] != State.CLAIMED or row["lease_until"] > now:
        return False
    await transition(conn, row["agency"], alert, Lapse(), now, actor="clock")
    return True


async def load(conn: Connection, agency: str, alert: UUID, *, lock: bool = False) -> AlertRecord:
    """One alert of the agency. Raises NotFound, also for another agency's."""
    row = await one(
        conn,
        "select * from alerts where id = %s and agency = %s" + (" for update" if lock else ""),
        (alert, agency),
    )
    return record_of(row, f"alert {alert}")


async def by_code(conn: Connection, agency: str, code: str) -> AlertRecord:
    """The alert an SMS names. Raises NotFound."""
    row = await one(
        conn,
        "select * from alerts where code = %s and agency = %s",
        (storable(code.strip().upper()), agency),
    )
    return record_of(row, f"alert {code}")


async def queue(conn: Connection, agency: str) -> list[AlertRecord]:
    """What is open at the agency, by priority, then oldest first."""
    cursor = await conn.execute(
        "select * from alerts where agency = %s"
        f" and state in {OPEN}"
        " order by priority, raised_at, id",
        (agency,),
    )
    return [record_of(row, "") for row in await cursor.fetchall()]


async def recent(conn: Connection, agency: str, limit: int = 50) -> list[AlertRecord]:
    """What ended lately, newest first."""
    cursor = await conn.execute(
        "select * from alerts where agency = %s and state = any(%s)"
        " order by state_since desc limit %s",
        (agency, [str(s) for s in ENDED], limit),
    )
    return [record_of(row, "") for row in await cursor.fetchall()]


async def sightings(conn: Connection, agency: str, alert: UUID) -> list[Match]:
    """Every match of the episode, oldest first."""
    cursor = await conn.execute(
        "select match from sightings where alert = %s and agency = %s order by seen_at, read",
        (alert, agency),
    )
    return [msgspec.convert(r["match"], Match, strict=False) for r in await cursor.fetchall()]


async def history(conn: Connection, agency: str, alert: UUID) -> list[HistoryRow]:
    """Every transition and reply, oldest first."""
    cursor = await conn.execute(
        "select h.version, h.at, h.event, h.person, h.detail from alert_history h"
        " join alerts a on a.id = h.alert where h.alert = %s and a.agency = %s order by h.version",
        (alert, agency),
    )
    return [HistoryRow(**row) for row in await cursor.fetchall()]


async def _history(
    conn: Connection,
    alert: Alert,
    event: str,
    person: UUID | None,
    now: datetime,
    detail: dict[str, Any],
) -> None:
    await conn.execute(
        "insert into alert_history (alert, version, at, event, person, detail)"
        " values (%s, %s, %s, %s, %s, %s)",
        (alert.id, alert.version, now, event, person, storable_json(detail)),
    )


def _column(value: object) -> object:
    """A field of an alert as its column takes it: records as JSON, text as text can be stored."""
    if isinstance(value, tuple):
        return storable_json(value)
    return storable(value) if type(value) is str else value


def _facts(event: Event) -> dict[str, Any]:
    """The event's own fields beside who did it, as JSON."""
    from dataclasses import asdict

    return {
        k: v.total_seconds() if isinstance(v, timedelta) else v
        for k, v in asdict(event).items()
        if k != "by"
    }


def _reason(event: Event) -> str:
    return str(getattr(event, "reason", "") or getattr(event, "outcome", ""))
