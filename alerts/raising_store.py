"""The statements by which matches become alerts and sightings, each for all of them at once."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from alerts.model import State
from alerts.record import OPEN
from domain.errors import Unavailable
from matchers.watch import Match
from storage.postgres import Connection, Row
from storage.texts import storable_json

CODE_ALPHABET = "ACDEFGHJKLMNPQRTUVWXY34679"
"""Of the code by which an SMS names an alert: none of 0 O 1 I 2 Z 5 S 8 B."""


Key = tuple[UUID, UUID]
"""Target and read."""


@dataclass(frozen=True)
class Case:
    """A new match, and the alert that it opens (`state` None) or is a sighting of.

    `body` is the match as JSON; `needed`, how many people it asks for.
    """

    match: Match
    body: msgspec.Raw
    late: bool
    needed: int
    alert: UUID
    state: State | None

    @property
    def opens(self) -> bool:
        """Whether it opens the alert."""
        return self.state is None

    @property
    def agency(self) -> str:
        """Whose alert it is."""
        return self.match.entry.agency


def key_of(match: Match) -> Key:
    """By which a sighting is known, whatever is replayed."""
    return match.wanted, match.read.read_id


def lock_key(target: UUID) -> int:
    """The advisory lock of a target, which whoever raises an alert for it has."""
    return int.from_bytes(target.bytes[:8], "big", signed=True)


async def lock(conn: Connection, targets: set[UUID], *, wait: bool) -> set[UUID]:
    """Those of the targets that are ours until the end of the transaction.

    Two workers may hold matches of one target for a moment after a rebalance.
    """
    keys = {lock_key(target): target for target in targets}
    asked = "pg_advisory_xact_lock(key) is not null" if wait else "pg_try_advisory_xact_lock(key)"
    cursor = await conn.execute(
        # In order, so that no two wait for each other.
        f"select key, {asked} as had from unnest(%s::bigint[]) key",
        (sorted(keys),),
    )
    had = {row["key"] for row in await cursor.fetchall() if row["had"]}
    ours = {target for target in targets if lock_key(target) in had}
    return ours if wait else ours - await _busy(conn, ours)


async def _busy(conn: Connection, targets: set[UUID]) -> set[UUID]:
    """Those whose open alert somebody else has right now; the other open alerts are ours then."""
    cursor = await conn.execute(
        "with ours as (select id from alerts where target = any(%(targets)s)"
        f" and state in {OPEN}"
        " for update skip locked) select target from alerts where target = any(%(targets)s)"
        f" and state in {OPEN}"
        " and id not in (select id from ours)",
        {"targets": list(targets)},
    )
    return {row["target"] for row in await cursor.fetchall()}


async def known(conn: Connection, matches: Sequence[Match]) -> dict[Key, UUID]:
    """The alerts of those that are sightings already."""
    cursor = await conn.execute(
        "select target, read, s.alert from sightings s"
        " join unnest(%s::uuid[], %s::uuid[]) as given(target, read) using (target, read)",
        ([m.wanted for m in matches], [m.read.read_id for m in matches]),
    )
    return {(row["target"], row["read"]): row["alert"] for row in await cursor.fetchall()}


async def open_now(conn: Connection, matches: Sequence[Match]) -> dict[tuple[UUID, str], Row]:
    """The open alerts, by target and agency."""
    if not matches:
        return {}
    cursor = await conn.execute(
        # Locked: an episode that is being ended right now must not swallow a match.
        "select a.id, target, agency, a.state, a.needed from alerts a"
        " join unnest(%s::uuid[], %s::text[]) as given(target, agency) using (target, agency)"
        f" where a.state in {OPEN}"
        " order by a.id for update of a",
        ([m.wanted for m in matches], [m.entry.agency for m in matches]),
    )
    return {(row["target"], row["agency"]): row for row in await cursor.fetchall()}


async def sight_again(conn: Connection, cases: Sequence[Case]) -> None:
    """What further sightings change of alerts that are open."""
    if not cases:
        return
    await conn.execute(
        "update alerts a set sightings = a.sightings + 1,"
        " first_seen_at = least(a.first_seen_at, seen),"
        " last_place = case when seen >= a.last_seen_at then place else a.last_place end,"
        " last_seen_at = greatest(a.last_seen_at, seen),"
        # Opened by an old upload, now seen live, and nobody looks at it yet: then the live
        # match is what a person judges, and what is told.
        " match = case when a.late and a.state = 'raised' and not given.late"
        " then given.match else a.match end,"
        " late = a.late and not (a.state = 'raised' and not given.late)"
        " from json_to_recordset(%s) as"
        " given(id uuid, seen timestamptz, place text, late boolean, match jsonb)"
        " where a.id = given.id",
        (
            storable_json(
                [
                    {
                        "id": case.alert,
                        "seen": case.match.read.seen_at,
                        "place": case.match.read.place.name,
                        "late": case.late,
                        "match": case.body,
                    }
                    for case in cases
                ]
            ),
        ),
    )


async def open_alerts(conn: Connection, cases: Sequence[Case], now: datetime) -> None:
    """Insert the alerts under codes that are free, and the first rows of their histories.

    There are 26 ** 7 codes: among 100,000 alerts two draw the same about as likely as not.
    """
    numbers = await _numbers(conn, cases, now)
    left = {
        case.alert: {
            "id": case.alert,
            "agency": case.agency,
            "target": case.match.wanted,
            "number": number,
            "priority": case.match.entry.priority,
            "category": case.match.entry.category,
            "late": case.late,
            "needed": case.needed,
            "match": case.body,
            "seen": case.match.read.seen_at,
            "place": case.match.read.place.name,
        }
        for case, number in zip(cases, numbers, strict=True)
    }
    for _ in range(8):
        if not left:
            break
        given = [{**values, "code": _code()} for values in left.values()]
        cursor = await conn.execute(
            "insert into alerts (id, agency, target, number, code, state, version, priority,"
            " category, late, raised_at, state_since, match, first_seen_at, last_seen_at,"
            " last_place, needed) select id, agency, target, number, code, 'raised', 1, priority,"
            " category, late, %(now)s, %(now)s, match, seen, seen, place, needed"
            " from json_to_recordset(%(given)s) as given(id uuid, agency text, target uuid,"
            " number text, code text, priority integer, category text, late boolean,"
            " needed integer, match jsonb, seen timestamptz, place text)"
            " on conflict (code) do nothing returning id",
            {"given": storable_json(given), "now": now},
        )
        for row in await cursor.fetchall():
            del left[row["id"]]
    if left:
        what = "a free alert code"
        raise Unavailable(what)
    if cases:
        await conn.execute(
            "insert into alert_history (alert, version, at, event, detail)"
            " select alert, 1, %s, 'raised', detail"
            " from json_to_recordset(%s) as given(alert uuid, detail jsonb)",
            (now, storable_json([{"alert": c.alert, "detail": facts_of(c)} for c in cases])),
        )


def _code() -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(7))


async def _numbers(conn: Connection, cases: Sequence[Case], now: datetime) -> list[str]:
    """The next number of its agency for each, without a gap.

    Two transactions that take numbers of the same agencies in rounds of opposite order are a
    deadlock, which PostgreSQL ends; the one that it ends is done again.
    """
    asked = Counter(case.agency for case in cases)
    upto: dict[str, int] = {}
    for agency in sorted(asked):  # two that take numbers of several wait for each other in order
        cursor = await conn.execute(
            "insert into alert_numbers as n (agency, year, last) values (%(agency)s, %(year)s,"
            " %(many)s) on conflict (agency, year) do update set last = n.last + %(many)s"
            " returning last",
            {"agency": agency, "year": now.year, "many": asked[agency]},
        )
        row = await cursor.fetchone()
        assert row is not None
        upto[agency] = row["last"] - asked[agency]
    numbers = []
    for case in cases:
        agency = case.agency
        upto[agency] += 1
        numbers.append(f"{now.year % 100:02d}-{upto[agency]:05d}")
    return numbers


async def note_sightings(conn: Connection, cases: Sequence[Case]) -> None:
    """One sighting for each."""
    if not cases:
        return
    await conn.execute(
        "insert into sightings (target, read, alert, agency, seen_at, match, latitude, longitude,"
        " exact) select target, read, alert, agency, seen, match, latitude, longitude, exact"
        " from json_to_recordset(%s) as given(target uuid, read uuid, alert uuid, agency text,"
        " seen timestamptz, match jsonb, latitude double precision, longitude double precision,"
        " exact boolean)",
        (
            storable_json(
                [
                    {
                        "target": case.match.wanted,
                        "read": case.match.read.read_id,
                        "alert": case.alert,
                        "agency": case.agency,
                        "seen": case.match.read.seen_at,
                        "match": case.body,
                        "latitude": case.match.read.place.latitude,
                        "longitude": case.match.read.place.longitude,
                        "exact": case.match.evidence.tier == "exact",
                    }
                    for case in cases
                ]
            ),
        ),
    )


def facts_of(case: Case) -> dict[str, Any]:
    """What history and audit both say of it."""
    return {
        "read": str(case.match.read.read_id),
        "entry": str(case.match.entry.entry_id),
        "needed": case.needed,
    }
