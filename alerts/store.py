"""Alerts in PostgreSQL. Every function takes a connection that is inside a transaction.

A transition is saved together with its history row, its audit row, its outgoing event and its
jobs, or not at all. Who looks at an alert gives the agency they belong to: another agency's
alert is NotFound.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from alerts.episodes import LATE_AFTER, Raised, is_late, open_alert
from alerts.events import cloud_event
from alerts.model import ENDED, TOLD, Alert, Reply, State
from alerts.transitions import Acknowledge, Effect, Event, Lapse, Recall, apply
from domain.errors import IllegalTransition, NotFound, Unavailable
from domain.ids import event_id
from matchers.watch import Match
from storage.audit import Act, append
from storage.jobs import Job, enqueue
from storage.postgres import Connection, Row
from storage.texts import storable, storable_json

CHANGED = "bolo_alerts"
"""NOTIFY channel; the payload is ``AGENCY alert-uuid state``. It fires when the change commits."""

PUBLISH = "publish-event"
"""Job: publish the events_out row whose id is the payload (ASCII)."""

LAPSE = "lapse-claim"
"""Job: lapse the claim on the alert whose id is the payload, if its lease ran out."""

_CODE_ALPHABET = "ACDEFGHJKLMNPQRTUVWXY34679"  # none of 0 O 1 I 2 Z 5 S 8 B
_TELLS = frozenset({Effect.TELL, Effect.TELL_ACKNOWLEDGED, Effect.TELL_RECALL, Effect.TELL_CLOSED})


class AlertRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as stored: what transitions use, and what pages show.

    `number` is for people ("26-20417"), `code` for SMS ("7K3QHT"). `match` opened the episode.
    """

    alert: Alert
    number: str
    code: str
    entry: UUID
    priority: int
    category: str
    late: bool
    match: Match
    first_seen_at: datetime
    last_seen_at: datetime
    last_place: str
    sightings: int


class HistoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One transition or reply, as it happened."""

    version: int
    at: datetime
    event: str
    person: UUID | None
    detail: dict[str, Any]


async def raise_alert(
    conn: Connection, match: Match, now: datetime, *, late_after: timedelta = LATE_AFTER
) -> Raised:
    """One alert or one sighting for a match, whatever is replayed. Notifies the desks."""
    entry, read = match.entry.entry_id, match.read.read_id
    # Two workers may hold matches of one entry for a moment after a rebalance.
    await conn.execute("select pg_advisory_xact_lock(%s)", (_lock_key(entry),))
    known = await _one(
        conn, "select alert from sightings where entry = %s and read = %s", (entry, read)
    )
    if known:
        return Raised(known["alert"], new_alert=False, new_sighting=False)
    open_one = await _one(
        conn,
        # Locked: an episode that is being ended right now must not swallow this match.
        "select id, agency from alerts where entry = %s"
        " and state in ('raised', 'claimed', 'verified', 'acknowledged') for update",
        (entry,),
    )
    body = storable_json(match)
    if open_one:
        alert = UUID(str(open_one["id"]))
        await conn.execute(
            "update alerts set sightings = sightings + 1,"
            " first_seen_at = least(first_seen_at, %(seen)s),"
            " last_place = case when %(seen)s >= last_seen_at then %(place)s else last_place end,"
            " last_seen_at = greatest(last_seen_at, %(seen)s) where id = %(id)s",
            {"seen": match.read.seen_at, "place": storable(match.read.place.name), "id": alert},
        )
    else:
        new = open_alert(match, now)
        alert = new.id
        await _insert(
            conn,
            {
                "id": new.id,
                "agency": new.agency,
                "entry": entry,
                "number": await _next_number(conn, new.agency, now),
                "state": new.state,
                "version": new.version,
                "priority": match.entry.priority,
                "category": match.entry.category,
                "late": is_late(match, late_after),
                "now": now,
                "match": body,
                "seen": match.read.seen_at,
                "place": storable(match.read.place.name),
            },
        )
        await _history(conn, new, "raised", None, now, {"read": str(read), "entry": str(entry)})
    await conn.execute(
        "insert into sightings (entry, read, alert, agency, seen_at, match)"
        " values (%s, %s, %s, %s, %s, %s)",
        (entry, read, alert, match.entry.agency, match.read.seen_at, body),
    )
    act = "alert.sighting" if open_one else "alert.raised"
    detail = {
        "read": str(read),
        "entry": str(entry),
        "generation": match.generation,
        "change": match.change,
        "score": match.evidence.score,
        "threshold": match.evidence.threshold,
    }
    await append(
        conn, now, [Act(match.entry.agency, "matcher", act, f"alert:{alert}", detail=detail)]
    )
    await _notify(conn, match.entry.agency, alert, "sighting" if open_one else State.RAISED)
    return Raised(alert, new_alert=not open_one, new_sighting=True)


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
) -> AlertRecord:
    """Apply `event`, save it with everything that belongs to it, and return the alert after it.

    `actor` is the person's id as text, or the part of the system that acts. Raises NotFound,
    IllegalTransition, BadInput.
    """
    before = await load(conn, agency, alert, lock=True)
    after, effects = apply(before.alert, event, now)
    await conn.execute(
        "update alerts set state = %(state)s, version = %(version)s, state_since = %(state_since)s,"
        " claimed_by = %(claimed_by)s, lease_until = %(lease_until)s,"
        " verified_by = %(verified_by)s, verified_at = %(verified_at)s,"
        " second_source = %(second_source)s, second_reference = %(second_reference)s,"
        " ended_reason = %(ended_reason)s where id = %(id)s",
        {k: storable(v) if type(v) is str else v for k, v in msgspec.structs.asdict(after).items()},
    )
    name = type(event).__name__.lower()
    facts = {**_facts(event), **(detail or {})}
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
            jobs.append(await _event_out(conn, record, effect, now, facts))
        elif effect is Effect.WATCH_LEASE and after.lease_until is not None:
            wait = after.lease_until - now + timedelta(milliseconds=200)
            jobs.append(Job(LAPSE, str(alert).encode(), after=wait))
    await enqueue(conn, jobs)
    await _notify(conn, agency, alert, after.state)
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


async def lapse(conn: Connection, alert: UUID, now: datetime) -> bool:
    """Lapse the claim if its lease ran out. False when there is nothing to lapse any more."""
    row = await _one(
        conn, "select agency, state, lease_until from alerts where id = %s for update", (alert,)
    )
    if row is None or row["state"] != State.CLAIMED or row["lease_until"] > now:
        return False
    await transition(conn, row["agency"], alert, Lapse(), now, actor="clock")
    return True


async def load(conn: Connection, agency: str, alert: UUID, *, lock: bool = False) -> AlertRecord:
    """One alert of the agency. Raises NotFound, also for another agency's."""
    row = await _one(
        conn,
        "select * from alerts where id = %s and agency = %s" + (" for update" if lock else ""),
        (alert, agency),
    )
    return _record(row, f"alert {alert}")


async def by_code(conn: Connection, agency: str, code: str) -> AlertRecord:
    """The alert an SMS names. Raises NotFound."""
    row = await _one(
        conn,
        "select * from alerts where code = %s and agency = %s",
        (storable(code.strip().upper()), agency),
    )
    return _record(row, f"alert {code}")


async def queue(conn: Connection, agency: str) -> list[AlertRecord]:
    """What is open at the agency, by priority, then oldest first."""
    cursor = await conn.execute(
        "select * from alerts where agency = %s"
        " and state in ('raised', 'claimed', 'verified', 'acknowledged')"
        " order by priority, raised_at, id",
        (agency,),
    )
    return [_record(row, "") for row in await cursor.fetchall()]


async def recent(conn: Connection, agency: str, limit: int = 50) -> list[AlertRecord]:
    """What ended lately, newest first."""
    cursor = await conn.execute(
        "select * from alerts where agency = %s and state = any(%s)"
        " order by state_since desc limit %s",
        (agency, [str(s) for s in ENDED], limit),
    )
    return [_record(row, "") for row in await cursor.fetchall()]


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


async def event_body(conn: Connection, event: UUID) -> bytes | None:
    """The CloudEvent of an events_out row as JSON bytes; None when there is no such event."""
    row = await _one(conn, "select body::text as body from events_out where id = %s", (event,))
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
        " order by created_at limit 1000",
        (now - older_than,),
    )
    lost = [row["id"] for row in await cursor.fetchall()]
    await enqueue(conn, [Job(PUBLISH, str(e).encode(), key=f"sweep:{e}") for e in lost])
    return len(lost)


async def _event_out(
    conn: Connection, record: AlertRecord, effect: Effect, now: datetime, facts: dict[str, Any]
) -> Job:
    """The outbox: the event's row and the job that publishes it, in this transaction."""
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
            "verified_at": alert.verified_at.isoformat() if alert.verified_at else None,
            "second_source": alert.second_source,
            "reason": alert.ended_reason,
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


async def _one(conn: Connection, query: str, values: Sequence[Any]) -> Row | None:
    cursor = await conn.execute(query, values)
    return await cursor.fetchone()


async def _insert(conn: Connection, values: dict[str, Any]) -> None:
    """Insert the alert under a code that is free.

    There are 26 ** 7 codes: among 100,000 alerts two draw the same about as likely as not.
    """
    for _ in range(8):
        code = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(7))
        cursor = await conn.execute(
            "insert into alerts (id, agency, entry, number, code, state, version, priority,"
            " category, late, raised_at, state_since, match, first_seen_at, last_seen_at,"
            " last_place) values (%(id)s, %(agency)s, %(entry)s, %(number)s, %(code)s, %(state)s,"
            " %(version)s, %(priority)s, %(category)s, %(late)s, %(now)s, %(now)s, %(match)s,"
            " %(seen)s, %(seen)s, %(place)s) on conflict (code) do nothing",
            {**values, "code": code},
        )
        if cursor.rowcount:
            return
    what = "a free alert code"
    raise Unavailable(what)


async def _next_number(conn: Connection, agency: str, now: datetime) -> str:
    row = await _one(
        conn,
        "insert into alert_numbers as n (agency, year, last) values (%s, %s, 1)"
        " on conflict (agency, year) do update set last = n.last + 1 returning last",
        (agency, now.year),
    )
    assert row is not None
    return f"{now.year % 100:02d}-{row['last']:05d}"


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


async def _notify(conn: Connection, agency: str, alert: UUID, what: str) -> None:
    await conn.execute("select pg_notify(%s, %s)", (CHANGED, f"{agency} {alert} {what}"))


def _lock_key(entry: UUID) -> int:
    return int.from_bytes(entry.bytes[:8], "big", signed=True)


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


def _record(row: Row | None, what: str) -> AlertRecord:
    if row is None:
        raise NotFound(what)
    return AlertRecord(
        alert=Alert(
            **{f: row[f] for f in Alert.__struct_fields__} | {"state": State(row["state"])}
        ),
        number=row["number"],
        code=row["code"],
        entry=row["entry"],
        priority=row["priority"],
        category=row["category"],
        late=row["late"],
        match=msgspec.convert(row["match"], Match, strict=False),
        first_seen_at=row["first_seen_at"],
        last_seen_at=row["last_seen_at"],
        last_place=row["last_place"],
        sightings=row["sightings"],
    )
