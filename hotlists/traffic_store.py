"""What an agency's traffic was, a day, as a worker and a page read it. Workers of
streams.tallying and decisions about alerts wrote it; alerts.traffic_store resets it.

Only days that were counted whole: before today, not the one on which counting began, not that of
the reset, all by the agency's calendar.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import psycopg

from matchers.traffic_learning import FORGOTTEN, OF_ONE_ALERT, Day, Learned, home_of, learned
from storage.postgres import Connection

WITHIN = 2.0
"""Seconds for the question how many wanted vehicles were confirmed. Lists are asked for in the same
transaction and must never wait for it."""


async def traffic(
    conn: Connection, agency: str, now: datetime, within: float = WITHIN
) -> Learned | None:
    """What is learned of the agency's traffic at `now`. None when the server did not say so in so
    many seconds; the caller's transaction is as good as before."""
    today, days = await _days(conn, agency, now)
    if today is None or not days:
        return Learned()
    try:
        async with conn.transaction():  # what is canceled takes this part of it along, no more
            await conn.execute(f"set local statement_timeout = {round(within * 1000)}")
            alerts = await _alerts(conn, agency, min(days), max(days))
            await conn.execute("set local statement_timeout to default")
    except psycopg.errors.QueryCanceled:
        return None
    states = await _states(conn, agency, min(days), max(days))
    return learned(
        [
            Day(day=day, reads=reads, states=states.get(day, {}), **alerts.get(day, {}))
            for day, reads in days.items()
        ],
        today,
        home_of(agency),
    )


async def _days(
    conn: Connection, agency: str, now: datetime
) -> tuple[date | None, dict[date, int]]:
    """(today, reads of each whole day)."""
    cursor = await conn.execute(
        "select t.today, r.day, r.reads from agencies g"
        " cross join lateral (select (%(now)s::timestamptz at time zone g.timezone)::date as today)"
        " t left join traffic_resets x on x.agency = g.ori"
        " left join score_reads r on r.agency = g.ori and r.reads > 0 and r.day < t.today"
        " and r.day >= t.today - %(back)s::int"
        " and r.day > (select min(f.day) from score_reads f where f.agency = g.ori)"
        " and (x.at is null or r.day > (x.at at time zone g.timezone)::date)"
        " where g.ori = %(agency)s order by r.day",
        {"agency": agency, "now": now, "back": FORGOTTEN},
    )
    rows = await cursor.fetchall()
    today = rows[0]["today"] if rows else None
    return today, {row["day"]: int(row["reads"]) for row in rows if row["day"] is not None}


async def _states(
    conn: Connection, agency: str, first: date, last: date
) -> dict[date, dict[str, int]]:
    cursor = await conn.execute(
        "select day, state, reads from traffic_counts where agency = %s and day between %s and %s"
        " and reads > 0",
        (agency, first, last),
    )
    found: dict[date, dict[str, int]] = {}
    for row in await cursor.fetchall():
        found.setdefault(row["day"], {})[row["state"]] = int(row["reads"])
    return found


async def _alerts(
    conn: Connection, agency: str, first: date, last: date
) -> dict[date, dict[str, Any]]:
    """Of alerts with an exact reading that nothing contradicted, by the day they were raised.

    What a list ended before anybody judged it counts nowhere. A verified hit that a list ended
    later stays one; one that a person recalled has lost its row of camera_hits, and its hit.
    """
    cursor = await conn.execute(
        "select (a.raised_at at time zone g.timezone)::date as day, count(*) as alerts,"
        " count(*) filter (where a.verified_at is not null or a.state = 'rejected') as judged,"
        " coalesce(sum(s.exact) filter (where a.verified_at is not null and a.state <> 'rejected'"
        " and (a.state <> 'recalled' or h.alert is not null)), 0)::bigint as confirmed"
        " from agencies g join alerts a on a.agency = g.ori"
        " left join camera_hits h on h.alert = a.id and h.verdict <> 'rejected'"
        " cross join lateral (select count(*) as exact from (select 1 from sightings s"
        " where s.alert = a.id and s.exact limit %(most)s) e) s"
        # A day around them, so that the index of raised_at serves whatever the time zone is.
        " where g.ori = %(agency)s and a.raised_at >= (%(first)s::date - 1)::timestamptz"
        " and a.raised_at < (%(last)s::date + 2)::timestamptz and s.exact > 0"
        " and (a.raised_at at time zone g.timezone)::date between %(first)s and %(last)s"
        " and (a.state <> 'recalled' or a.verified_at is not null) group by 1",
        {"agency": agency, "first": first, "last": last, "most": OF_ONE_ALERT},
    )
    return {
        row["day"]: {what: int(row[what]) for what in ("alerts", "judged", "confirmed")}
        for row in await cursor.fetchall()
    }
