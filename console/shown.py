"""From stored alerts to what API and pages show. Pure: everything it needs is handed in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from alerts.holders import HolderRow
from alerts.model import TOLD, UNVERIFIED, Alert, Outcome, RejectReason, Reply, State
from alerts.record import AlertRecord, HistoryRow
from console import compare, describe, second
from console.models import (
    AlertShown,
    Another,
    Claim,
    Ended,
    Happening,
    HolderShown,
    Queue,
    QueueRow,
    SightingShown,
    Tally,
    Told,
)
from console.words import PRIORITY, where
from matchers.watch import Match
from notifiers.model import Delivery
from policy.categories import CATEGORIES

Names = Mapping[UUID, str]
SOMEBODY = second.SOMEBODY

_CHANNELS = {"sms": "SMS", "webhook": "Webhook"}
_HAPPENED = {
    "raised": "raised",
    "claim": "claimed it",
    "release": "gave it back",
    "lapse": "the claim lapsed",
    "look": "looked at the picture first",
    "confirm": "verified it, another person must too",
    "second-person-overdue": "nobody came as the next person: escalated",
    "needs-more": "a sighting asks for another person",
    "verify": "verified it",
    "reject": "rejected it",
    "acknowledge": "acknowledged it",
    "recall": "recalled it",
    "close": "closed it",
    "list-let-go": "one list let it go",
}
_ANSWERED = {
    Reply.ACKNOWLEDGE: "acknowledged it",
    Reply.GOING: "is on the way",
    Reply.SEEN: "sees it",
    Reply.NOT_THE_VEHICLE: "says it is not the vehicle",
}

TELLING_TAKES = timedelta(seconds=10)
"""From a verification to its deliveries it takes well under a second when all is well."""


def category(code: str) -> str:
    """The category as a person reads it; a code of an older policy stays as it is."""
    known = CATEGORIES.get(code)
    return known.name if known else code


def people_of(records: Sequence[AlertRecord], history: Sequence[HistoryRow] = ()) -> set[UUID]:
    """Everyone whose name the pages will need."""
    ids = {r.alert.claimed_by for r in records} | {r.alert.verified_by for r in records}
    ids |= {person for r in records for person in second.people_of(r.alert)}
    return {i for i in ids | {h.person for h in history} if i is not None}


def called(person: UUID, names: Names) -> str:
    """The person's name, or that nobody knows it any more."""
    return names.get(person, SOMEBODY)


def row(record: AlertRecord, viewer: UUID, names: Names, now: datetime) -> QueueRow:
    """One line of the queue as `viewer` sees it."""
    return QueueRow(**_row(record, viewer, names, now))


def queue(
    records: Sequence[AlertRecord],
    ended: Sequence[AlertRecord],
    viewer: UUID,
    names: Names,
    now: datetime,
) -> Queue:
    """The queue with its counts; the tally counts what waits for a verifier."""
    rows = tuple(row(r, viewer, names, now) for r in records)
    tally = []
    for priority, word in PRIORITY.items():
        here = [r for r in rows if r.priority == priority and not r.verified]
        free = [r for r in here if unclaimed(r)]
        first = free[0].id if free else None
        tally.append(
            Tally(priority=priority, word=word, unclaimed=len(free), all=len(here), first=first)
        )
    return Queue(
        now=now,
        alerts=rows,
        ended=tuple(_ended(r) for r in ended),
        unclaimed=sum(t.unclaimed for t in tally),
        yours=sum(r.claim.kind == "yours" for r in rows),
        tally=tuple(tally),
    )


def unclaimed(r: QueueRow) -> bool:
    """Whether anybody may take it: nobody did, or the lease ran out."""
    return r.claim.kind in ("open", "lapsed")


def alert(
    record: AlertRecord,
    sightings: Sequence[Match],
    history: Sequence[HistoryRow],
    deliveries: Sequence[Delivery],
    read_by: Sequence[str],
    viewer: UUID,
    names: Names,
    now: datetime,
    unconfirmed: Collection[UUID] = (),
    holders: Sequence[HolderRow] = (),
    limit_hours: float | None = None,
    others: Sequence[Another] = (),
) -> AlertShown:
    """One alert with everything a verifier needs; `unconfirmed` are reads that nobody judged,
    `holders` the entries that it rests on, `limit_hours` how old the list that matched may be,
    `others` who else may verify it. What the viewer must not see yet is left out (console.second).

    The pictures are those of the read that opened the episode, since the comparison and the
    evidence are about that read; only when it came without any does a later sighting lend its
    own, and says so by its time and camera.
    """
    a, match = record.alert, record.match
    seen = tuple(_sighting(m, unconfirmed) for m in sightings) or (_sighting(match),)
    opened = next((s for s in seen if s.read_id == match.read.read_id), seen[0])
    picture = opened if opened.images else next((s for s in seen if s.images), None)
    last = history[-1] if history else None
    facts = describe.facts(match)
    told_of = second.told_of(a, viewer, history)
    whole = AlertShown(
        **_row(record, viewer, names, now),
        comparison=compare.compare(match),
        facts=facts,
        conflicts=sum(f.verdict == "conflict" for f in facts),
        evidence=describe.evidence(match.evidence, match.entry),
        entry=describe.entry(match, limit_hours),
        also=_also(match, sightings, holders),
        vehicle=describe.vehicle(match),
        conflict_words=describe.conflict_words(match),
        seen=seen,
        picture=picture,
        heading=match.read.place.heading,
        verified_by=_verified_by(a, names),
        verified_at=a.verified_at,
        second_source=a.second_source,
        second_reference=a.second_reference,
        ended_by=_who(last, names) if a.state in _ENDED_STATES else "",
        ended_reason=a.ended_reason,
        ended_note=str((last.detail if last else {}).get("note", "") or ""),
        state_since=a.state_since,
        others=tuple(others),
        overdue_at=second.overdue_at(a),
        looks=second.looks(record, viewer, names),
        told=tuple(told(d) for d in reversed(deliveries)),
        nobody_told=_nobody_told(record, deliveries, now),
        happened=happenings(told_of, names),
        recall_read_by=tuple(read_by),
        your_answers=_answers(history, viewer),
    )
    return second.cover(whole)


def _verified_by(a: Alert, names: Names) -> str:
    """Everyone who verified it, in order; "" before it is verified."""
    if a.verified_by is None:
        return ""
    people = [c.by for c in a.confirmations] or [a.verified_by]
    return " and ".join(names.get(person, SOMEBODY) for person in people)


def _also(
    match: Match, sightings: Sequence[Match], holders: Sequence[HolderRow]
) -> tuple[HolderShown, ...]:
    """Every entry beside the one that is shown; that one, too, once its list has let it go."""
    numbers: dict[UUID, tuple[str, ...]] = {}
    for one in (match, *sightings):
        for holder in one.holders:
            said = (holder.entry.oca, holder.entry.nic)
            numbers[holder.entry.entry_id] = tuple(number for number in said if number)
    return tuple(
        HolderShown(
            source=row.source_name,
            category=category(row.category),
            numbers=numbers.get(row.entry, ()),
            gone_at=row.gone_at,
            gone_because=row.gone_because,
        )
        for row in holders
        if row.entry != match.entry.entry_id or row.gone_at is not None
    )


def _nobody_told(record: AlertRecord, deliveries: Sequence[Delivery], now: datetime) -> bool:
    """Whether a person must tell them: no recipient is set up, or nothing decides who is told."""
    a = record.alert
    waited = a.verified_at is not None and now - a.verified_at > TELLING_TAKES
    return waited and a.state in TOLD and not deliveries


def told(d: Delivery) -> Told:
    """One message, as the desk reads of it."""
    return Told(
        alert=d.alert,
        number=d.number,
        to=d.name,
        channel=_CHANNELS.get(d.channel, d.channel),
        about=d.event.removeprefix("bolo.alert."),
        state=d.state,
        problem=d.problem,
        at=d.delivered_at or d.failed_at or d.sent_at or d.created_at,
    )


def happenings(history: Sequence[HistoryRow], names: Names) -> tuple[Happening, ...]:
    """The alert's life in sentences."""
    return tuple(
        Happening(
            version=h.version,
            at=h.at,
            event=h.event,
            person=h.person,
            name=_who(h, names),
            words=_words(h),
            detail={k: _plain(v) for k, v in h.detail.items()},
        )
        for h in history
    )


_ENDED_STATES = frozenset({State.REJECTED, State.RECALLED, State.CLOSED})
REASONS = tuple(RejectReason)
OUTCOMES = tuple(Outcome)


def _row(record: AlertRecord, viewer: UUID, names: Names, now: datetime) -> dict[str, Any]:
    a, match = record.alert, record.match
    verified = a.verified_at is not None
    grid = compare.columns(
        match.evidence.reading, compare.listed(match), match.evidence.differences
    )
    fields = {
        "id": a.id,
        "number": record.number,
        "code": record.code,
        "state": a.state,
        "version": a.version,
        "priority": record.priority,
        "priority_word": PRIORITY[record.priority],
        "category": category(record.category),
        "late": record.late,
        "verified": verified,
        "plate": compare.plate_wanted(match) if verified else compare.plate_read(match),
        "differs": sum(c.differs for c in grid),
        "conflict": bool(match.evidence.conflicts),
        "place": _place(record),
        "raised_at": a.raised_at,
        "seen_at": record.last_seen_at,
        "sightings": record.sightings,
        "claim": _claim(record, viewer, names, now),
        **second.row(a, viewer, names),
    }
    return second.cover_row(fields)


def _ended(record: AlertRecord) -> Ended:
    a, match = record.alert, record.match
    return Ended(
        id=a.id,
        number=record.number,
        state=a.state,
        category=category(record.category),
        plate=compare.plate_wanted(match) if a.verified_at else compare.plate_read(match),
        reason=a.ended_reason,
        at=a.state_since,
    )


def _place(record: AlertRecord) -> str:
    """Where it was seen last, with the heading when that is the read we know it of."""
    read = record.match.read
    if record.last_place in ("", read.place.name):
        return where(read.place, read.camera)
    return record.last_place


def _claim(record: AlertRecord, viewer: UUID, names: Names, now: datetime) -> Claim:
    a = record.alert
    if a.state is State.CLAIMED and a.claimed_by is not None:
        if a.lease_until is not None and a.lease_until <= now:
            return Claim(kind="another" if a.confirmed_by(viewer) else "lapsed")
        if a.claimed_by == viewer:
            return Claim(kind="yours", who="Yours", until=a.lease_until)
        return Claim(kind="other", who=names.get(a.claimed_by, SOMEBODY), until=a.lease_until)
    if a.waits and a.confirmed_by(viewer):
        return Claim(kind="another")
    return Claim(kind="open" if a.state in UNVERIFIED else "none")


def _sighting(match: Match, unconfirmed: Collection[UUID] = ()) -> SightingShown:
    read = match.read
    return SightingShown(
        read_id=read.read_id,
        camera=read.camera,
        seen_at=read.seen_at,
        place=where(read.place, read.camera),
        read=match.evidence.reading,
        images=tuple(dict.fromkeys(i.kind for i in read.images)),
        unconfirmed=read.read_id in unconfirmed,
    )


def _answers(history: Sequence[HistoryRow], viewer: UUID) -> dict[str, datetime]:
    """What the viewer answered, and when first."""
    out: dict[str, datetime] = {}
    for h in history:
        if h.person == viewer and h.event == "acknowledge":
            out.setdefault(str(h.detail.get("answer") or Reply.ACKNOWLEDGE), h.at)
    return out


def _who(h: HistoryRow | None, names: Names) -> str:
    if h is None or h.person is None:
        return "bolo"
    return names.get(h.person, SOMEBODY)


def _words(h: HistoryRow) -> str:
    if h.event == "acknowledge" and h.detail.get("answer") in list(Reply):
        return _ANSWERED[Reply(h.detail["answer"])]
    words = _HAPPENED.get(h.event, h.event)
    why = h.detail.get("reason") or h.detail.get("outcome")
    return f"{words}: {why}" if why else words


def _plain(value: object) -> str | float | bool | None:
    return value if isinstance(value, str | float | int | bool | None) else str(value)
