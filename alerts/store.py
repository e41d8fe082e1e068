"""Alerts in PostgreSQL. Every function takes a connection that is inside a transaction.

A transition is saved together with its history row, its audit row, its outgoing event and its
jobs, or not at all. Who looks at an alert gives the agency they belong to: another agency's
alert is NotFound.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from alerts.episodes import LATE_AFTER, Raised, is_late, open_alert
from alerts.holders import note_holders
from alerts.learning_store import MARKED_FOR, learn
from alerts.model import ENDED, TOLD, UNVERIFIED, Alert, Reply, State
from alerts.needing import OVERDUE, OVERDUE_SECOND, contradicts, needed_for
from alerts.outbox import event_out
from alerts.record import AlertRecord, HistoryRow, one, record_of
from alerts.transitions import Acknowledge, Effect, Event, Lapse, Recall, Verify, apply
from domain.errors import IllegalTransition, Unavailable
from hotlists.live_store import withdrawn
from hotlists.rechecking import recheck_overtaken
from matchers.watch import Match
from policy.loading import standard
from policy.model import Policy
from storage.audit import Act, append
from storage.jobs import Job, enqueue
from storage.postgres import Connection
from storage.texts import storable, storable_json

CHANGED = "bolo_alerts"
"""NOTIFY channel; the payload is ``AGENCY alert-uuid state``. It fires when the change commits."""

LAPSE = "lapse-claim"
"""Job: lapse the claim on the alert whose id is the payload, if its lease ran out."""

CONFIRM = "confirm"
"""What history and audit call a verification after which another person must still look."""

_CODE_ALPHABET = "ACDEFGHJKLMNPQRTUVWXY34679"  # none of 0 O 1 I 2 Z 5 S 8 B
_TELLS = frozenset({Effect.TELL, Effect.TELL_ACKNOWLEDGED, Effect.TELL_RECALL, Effect.TELL_CLOSED})


async def raise_alert(
    conn: Connection,
    match: Match,
    now: datetime,
    *,
    late_after: timedelta = LATE_AFTER,
    policy: Policy | None = None,
) -> Raised:
    """One alert or one sighting for a match, whatever is replayed. Notifies the desks.

    `policy` (None: the standard one) says how many people must verify it. No alert comes of a match
    whose entries were all withdrawn since it was made.
    """
    needed = needed_for(match, policy or standard())
    target, read = match.wanted, match.read.read_id
    # Two workers may hold matches of one target for a moment after a rebalance.
    await conn.execute("select pg_advisory_xact_lock(%s)", (_lock_key(target),))
    known = await one(
        conn, "select alert from sightings where target = %s and read = %s", (target, read)
    )
    if known:
        return Raised(known["alert"], new_alert=False, new_sighting=False)
    gone = await withdrawn(conn, [h.entry.entry_id for h in match.holders])
    if len(gone) == len(match.holders):
        detail = {"read": str(read), "generation": match.generation, "change": match.change}
        subject = f"entry:{match.entry.entry_id}"
        late = Act(match.entry.agency, "matcher", "alert.withdrawn-before", subject, detail=detail)
        await append(conn, now, [late])
        return Raised(None, new_alert=False, new_sighting=False)
    open_one = await one(
        conn,
        # Locked: an episode that is being ended right now must not swallow this match.
        "select id, state, needed from alerts where target = %s and agency = %s"
        " and state in ('raised', 'claimed', 'verified', 'acknowledged') for update",
        (target, match.entry.agency),
    )
    body = storable_json(match)
    if open_one:
        alert = UUID(str(open_one["id"]))
        await conn.execute(
            "update alerts set sightings = sightings + 1,"
            " first_seen_at = least(first_seen_at, %(seen)s),"
            " last_place = case when %(seen)s >= last_seen_at then %(place)s else last_place end,"
            " last_seen_at = greatest(last_seen_at, %(seen)s),"
            # Opened by an old upload, now seen live, and nobody looks at it yet: then the live
            # match is what a person judges, and what is told.
            " match = case when late and state = 'raised' and not %(late)s then %(match)s::jsonb"
            " else match end,"
            " late = late and not (state = 'raised' and not %(late)s) where id = %(id)s",
            {
                "seen": match.read.seen_at,
                "place": storable(match.read.place.name),
                "late": is_late(match, now, late_after),
                "match": body,
                "id": alert,
            },
        )
        if open_one["state"] in UNVERIFIED and needed > open_one["needed"]:
            await _needs_more(conn, match, alert, needed, now)
    else:
        new = open_alert(match, now)
        alert = new.id
        await _insert(
            conn,
            {
                "id": new.id,
                "agency": new.agency,
                "target": target,
                "number": await _next_number(conn, new.agency, now),
                "state": new.state,
                "version": new.version,
                "priority": match.entry.priority,
                "category": match.entry.category,
                "late": is_late(match, now, late_after),
                "needed": needed,
                "now": now,
                "match": body,
                "seen": match.read.seen_at,
                "place": storable(match.read.place.name),
            },
        )
        facts = {"read": str(read), "entry": str(match.entry.entry_id), "needed": needed}
        await _history(conn, new, "raised", None, now, facts)
    await conn.execute(
        "insert into sightings (target, read, alert, agency, seen_at, match, latitude, longitude,"
        " exact) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            target,
            read,
            alert,
            match.entry.agency,
            match.read.seen_at,
            body,
            match.read.place.latitude,
            match.read.place.longitude,
            match.evidence.tier == "exact",
        ),
    )
    await note_holders(conn, alert, match, now, gone=gone)
    await recheck_overtaken(conn, {h.entry.source: h.generation for h in match.holders})
    act = "alert.sighting" if open_one else "alert.raised"
    detail = {
        "read": str(read),
        "entry": str(match.entry.entry_id),
        "holders": [str(h.entry.entry_id) for h in match.holders],
        "generation": match.generation,
        "change": match.change,
        "score": match.evidence.score,
        "threshold": match.evidence.threshold,
        "needed": needed,
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
    await _notify(conn, agency, alert, what)


async def lapse(conn: Connection, alert: UUID, now: datetime) -> bool:
    """Lapse the claim if its lease ran out. False when there is nothing to lapse any more."""
    row = await one(
        conn, "select agency, state, lease_until from alerts where id = %s for update", (alert,)
    )
    if row is None or row["state"] != State.CLAIMED or row["lease_until"] > now:
        return False
    await transition(conn, row["agency"], alert, Lapse(), now, actor="clock")
    return True


async def _needs_more(
    conn: Connection, match: Match, alert: UUID, needed: int, now: datetime
) -> None:
    """A sighting asks for more people than the open alert did."""
    await conn.execute("update alerts set needed = %s where id = %s", (needed, alert))
    detail = {
        "needed": needed,
        "read": str(match.read.read_id),
        "conflict": contradicts(match.evidence),
    }
    await note(conn, match.entry.agency, alert, "needs-more", detail, now, actor="matcher")


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
        " and state in ('raised', 'claimed', 'verified', 'acknowledged')"
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


async def _insert(conn: Connection, values: dict[str, Any]) -> None:
    """Insert the alert under a code that is free.

    There are 26 ** 7 codes: among 100,000 alerts two draw the same about as likely as not.
    """
    for _ in range(8):
        code = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(7))
        cursor = await conn.execute(
            "insert into alerts (id, agency, target, number, code, state, version, priority,"
            " category, late, raised_at, state_since, match, first_seen_at, last_seen_at,"
            " last_place, needed) values (%(id)s, %(agency)s, %(target)s, %(number)s, %(code)s,"
            " %(state)s, %(version)s, %(priority)s, %(category)s, %(late)s, %(now)s, %(now)s,"
            " %(match)s, %(seen)s, %(seen)s, %(place)s, %(needed)s)"
            " on conflict (code) do nothing",
            {**values, "code": code},
        )
        if cursor.rowcount:
            return
    what = "a free alert code"
    raise Unavailable(what)


async def _next_number(conn: Connection, agency: str, now: datetime) -> str:
    row = await one(
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


def _column(value: object) -> object:
    """A field of an alert as its column takes it: records as JSON, text as text can be stored."""
    if isinstance(value, tuple):
        return storable_json(value)
    return storable(value) if type(value) is str else value


def _lock_key(target: UUID) -> int:
    return int.from_bytes(target.bytes[:8], "big", signed=True)


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
