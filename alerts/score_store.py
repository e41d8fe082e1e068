"""How scores are spread over an agency's reads, and what states they show: counts a day, in
PostgreSQL.

Workers add to them; nobody else writes. A day is one of the agency's calendar, when the reads were
judged: counts that a worker hands over after midnight, of half a minute before it, fall on the new
day.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from alerts.budgeting import DAYS, Measured, without
from matchers.tally import BINS, PRIORITIES, WIDTH, Counts, Tally, bin_of, no_counts
from storage.postgres import Connection

KEPT_DAYS = 60
"""Counts are kept so long (judgement): four times what thresholds are made from, and longer than
matchers.traffic_learning looks back."""


def day_of(now: datetime, zone: str) -> date:
    """The day that `now` is in, by the calendar of a time zone (IANA)."""
    return now.astimezone(ZoneInfo(zone)).date()


async def add(conn: Connection, agency: str, day: date, tally: Tally) -> None:
    """Add what a worker counted. An agency that is not known counts nowhere.

    All workers add in the same order, so they wait for each other and never in a circle.
    """
    cursor = await conn.execute(
        "insert into score_reads as r (agency, day, reads) select ori, %s, %s from agencies"
        " where ori = %s on conflict (agency, day) do update set reads = r.reads + excluded.reads",
        (day, tally.read_count, agency),
    )
    if not cursor.rowcount:
        return
    if states := tally.by_state():
        await conn.execute(
            "insert into traffic_counts as c (agency, day, state, reads)"
            " select %s, %s, n.state, n.reads from unnest(%s::text[], %s::bigint[])"
            " as n (state, reads) order by n.state"
            " on conflict (agency, day, state) do update set reads = c.reads + excluded.reads",
            (agency, day, list(states), list(states.values())),
        )
    rows, bins = np.nonzero(tally.counts)
    if not len(rows):
        return
    await conn.execute(
        "insert into score_counts as c (agency, day, priority, bin, count)"
        " select %s, %s, n.priority, n.bin, n.count"
        " from unnest(%s::int[], %s::int[], %s::bigint[]) as n (priority, bin, count)"
        " order by n.priority, n.bin"
        " on conflict (agency, day, priority, bin) do update set count = c.count + excluded.count",
        (agency, day, (rows + 1).tolist(), bins.tolist(), tally.counts[rows, bins].tolist()),
    )


async def measured(conn: Connection, agency: str, today: date) -> Measured:
    """The last DAYS days that were counted whole: before `today`, and not the day on which counting
    began. Without what people verified as true."""
    cursor = await conn.execute(
        "select day, reads from score_reads where agency = %(agency)s and day < %(today)s"
        " and day >= %(today)s - %(days)s and day >"
        " (select min(day) from score_reads where agency = %(agency)s) and reads > 0 order by day",
        {"agency": agency, "today": today, "days": DAYS},
    )
    days = await cursor.fetchall()
    if not days:
        return Measured(no_counts())
    first, last = days[0]["day"], days[-1]["day"]
    counts = await _counts(conn, agency, first, last)
    true = await _verified(conn, agency, first, last)
    return Measured(
        counts=without(counts, true),
        reads=sum(int(row["reads"]) for row in days),
        days=len(days),
        first=first,
        last=last,
    )


async def counting_since(conn: Connection, agency: str) -> date | None:
    """The first day of which there are counts."""
    cursor = await conn.execute(
        "select min(day) as day from score_reads where agency = %s", (agency,)
    )
    row = await cursor.fetchone()
    return row["day"] if row else None


async def forget(conn: Connection, agency: str, before: date) -> None:
    """Drop the agency's counts of the days before that one."""
    for table in ("score_counts", "traffic_counts", "score_reads"):
        await conn.execute(f"delete from {table} where agency = %s and day < %s", (agency, before))


async def _counts(conn: Connection, agency: str, first: date, last: date) -> Counts:
    cursor = await conn.execute(
        "select priority, bin, sum(count)::bigint as count from score_counts"
        " where agency = %s and day between %s and %s group by priority, bin",
        (agency, first, last),
    )
    counts = no_counts()
    for row in await cursor.fetchall():
        if row["bin"] < BINS:
            counts[row["priority"] - 1, row["bin"]] = row["count"]
    return counts


async def _verified(conn: Connection, agency: str, first: date, last: date) -> Counts:
    """Sightings of alerts that a person verified and nobody took back, by score. An alert that was
    recalled counts as false: whoever stood on the road may have said so.

    Added up by the server, or a page would hold an event loop up for an agency with many. An
    episode that closed before those days has no sighting in them: its matches need not be opened.
    """
    cursor = await conn.execute(
        "select (s.match->'entry'->>'priority')::int as priority,"
        " floor((s.match->'evidence'->>'score')::float8 / %(width)s) as step, count(*) as count"
        " from sightings s join alerts a on a.id = s.alert join agencies g on g.ori = a.agency"
        " where a.agency = %(agency)s and a.state in ('verified', 'acknowledged', 'closed')"
        " and (a.state <> 'closed' or a.state_since >= %(first)s::date - 2)"
        " and a.verified_at is not null and s.match->'evidence'->>'score' is not null"
        " and s.match->'evidence'->>'tier' in ('fuzzy', 'fuzzy-conflict')"
        " and ((s.match->>'matched_at')::timestamptz at time zone g.timezone)::date"
        " between %(first)s and %(last)s and (s.match->'entry'->>'priority')::int"
        " between 1 and %(priorities)s group by 1, 2",
        {
            "agency": agency,
            "first": first,
            "last": last,
            "width": WIDTH,
            "priorities": PRIORITIES,
        },
    )
    counts = no_counts()
    for row in await cursor.fetchall():
        counts[row["priority"] - 1, bin_of(row["step"] * WIDTH)] += row["count"]
    return counts
