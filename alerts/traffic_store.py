"""What an agency's traffic taught, for people: shown with what it was made from, and reset."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from alerts.record import one
from domain.errors import NotFound, Unavailable
from hotlists import memory_store, traffic_store
from hotlists.local import check_reason
from matchers import weights
from matchers.prior_features import wanted_words
from matchers.traffic_learning import Learned, home_of, usual
from storage.audit import Act, append
from storage.postgres import Connection, not_ahead
from storage.texts import storable

WITHIN = 10.0
"""Seconds that a person waits for it at most."""


class StateRow(msgspec.Struct, frozen=True, kw_only=True):
    """One state's plates (NCIC code): how many reads showed it, and its share of the traffic as it
    is weighed, beside the one taken for granted before anything was counted."""

    state: str
    reads: int
    share: float
    usual: float


class TrafficRow(msgspec.Struct, frozen=True, kw_only=True):
    """What was learned of the agency's traffic (matchers.traffic_learning): from the whole `days`
    with reads from `first` to `last`, since the last reset.

    `confirmed`: exact readings that a person verified; `own`, 0 to 1: how much of `wanted_share` is
    the agency's own evidence; `standard`: the one that the rest is. `states` by their reads, the
    most first. `words` is what an alert says.
    """

    agency: str
    days: int = 0
    first: date | None = None
    last: date | None = None
    reads: int = 0
    shown: int = 0
    reads_a_day: float = 0.0
    confirmed: int = 0
    wanted_share: float = weights.WANTED_SHARE
    standard: float = weights.WANTED_SHARE
    own: float = 0.0
    entry_share: float = weights.ENTRY_SHARE
    states: tuple[StateRow, ...] = ()
    words: str = ""
    reset_at: datetime | None = None
    reset_by: str = ""
    reset_because: str = ""


async def traffic(conn: Connection, agency: str, now: datetime) -> TrafficRow:
    """The agency's. Raises Unavailable when the database did not answer in time."""
    said = await traffic_store.traffic(conn, agency, now, WITHIN)
    if said is None:
        what = "what the traffic taught"
        raise Unavailable(what)
    reset = await one(
        conn,
        "select at as reset_at, by as reset_by, reason as reset_because from traffic_resets"
        " where agency = %s",
        (agency,),
    )
    learned = said.traffic
    return TrafficRow(
        agency=agency,
        days=said.days,
        first=said.first,
        last=said.last,
        reads=said.reads,
        shown=said.shown,
        reads_a_day=learned.reads_a_day,
        confirmed=said.confirmed,
        wanted_share=learned.wanted_share,
        own=learned.own,
        entry_share=learned.entry_share,
        states=_states(agency, said),
        words=wanted_words(learned),
        **(reset or {}),
    )


async def reset(conn: Connection, agency: str, *, by: str, reason: str, now: datetime) -> None:
    """Forget what was learned of the agency's traffic, as after it moved its cameras or got another
    list: the standard holds until whole days after today's say otherwise. The counts stay, for the
    thresholds. Raises NotFound, BadInput and Prohibited."""
    why = check_reason(reason, "a reset")
    if await one(conn, "select 1 from agencies where ori = %s", (agency,)) is None:
        what = f"agency {agency}"
        raise NotFound(what)
    now = await not_ahead(conn, now)
    await conn.execute(
        "insert into traffic_resets (agency, at, by, reason) values (%s, %s, %s, %s)"
        # The last word counts, also after one whose clock was ahead.
        " on conflict (agency) do update set at = excluded.at, by = excluded.by,"
        " reason = excluded.reason",
        (agency, now, storable(by), storable(why)),
    )
    await memory_store.changed(conn, agency, "traffic")
    await append(conn, now, [Act(agency, by, "traffic.learning-reset", f"agency:{agency}", why)])


def _states(agency: str, said: Learned) -> tuple[StateRow, ...]:
    before = usual(home_of(agency))
    rows = [
        StateRow(
            state=state,
            reads=reads,
            share=said.traffic.shares.get(state, 0.0),
            usual=before.get(state, 0.0),
        )
        for state, reads in said.states.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.reads, row.state)))
