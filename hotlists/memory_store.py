"""What people and alerts taught, as a worker reads it. alerts.learning_store and
alerts.traffic_store write it.

`heads` says whether there is news of markers, of cameras or of a reset: each counts up in the
transaction of a change. Sightings change with the traffic and have no such counter.
hotlists.traffic_store reads what the traffic taught.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

import psycopg

from matchers.camera_learning import FORGOTTEN, Day
from matchers.watch import Seen
from storage.postgres import Connection, Row

LATELY = timedelta(hours=6)
"""An older sighting says nothing any more: a vehicle gets anywhere on the map in that time."""
AHEAD = timedelta(minutes=15)
"""A camera whose clock is ahead by more has no last sighting, or it would have it for years."""
MOST_SEEN = 10_000
"""Sightings that are looked at for one agency, the newest first."""
MOST_MARKERS = 20_000
"""Markers of one agency in memory, the newest first: some 5 MB."""
SEEN_WITHIN = 2.0
"""Seconds for the question where vehicles were seen last. Lists, thresholds and markers are asked
for in the same transaction and must never wait for it."""
AT_ONCE = 1_000
"""Rows that are taken from an answer without letting the worker do anything else."""


class Head(NamedTuple):
    """How often an agency's markers and cameras have changed, and its traffic was reset."""

    markers: int
    cameras: int
    traffic: int


async def heads(conn: Connection) -> dict[str, Head]:
    """Of each agency; zeros for one whose people taught nothing."""
    cursor = await conn.execute(
        "select g.ori, coalesce(h.markers, 0) as markers, coalesce(h.cameras, 0) as cameras,"
        " coalesce(h.traffic, 0) as traffic"
        " from agencies g left join learned_heads h on h.agency = g.ori"
    )
    return {
        row["ori"]: Head(row["markers"], row["cameras"], row["traffic"])
        for row in await cursor.fetchall()
    }


async def changed(
    conn: Connection, agency: str, what: Literal["markers", "cameras", "traffic"]
) -> None:
    """Count it up, in the transaction of the change."""
    await conn.execute(
        f"insert into learned_heads as h (agency, {what}) values (%s, 1)"
        f" on conflict (agency) do update set {what} = h.{what} + 1",
        (agency,),
    )


async def markers(conn: Connection, agency: str, now: datetime) -> dict[tuple[UUID, str], datetime]:
    """Until when each (target, text) of a marker in force does not alert."""
    cursor = await conn.execute(
        "select target, reading, expires_at from misread_markers where agency = %s"
        " and expires_at > %s and lifted_at is null order by rejected_at desc limit %s",
        (agency, now, MOST_MARKERS),
    )
    return {(row["target"], row["reading"]): row["expires_at"] async for row in _in_pieces(cursor)}


async def days(conn: Connection, agency: str, now: datetime) -> list[Day]:
    """The verified hits that say something of a camera: since its reset, not yet forgotten."""
    cursor = await conn.execute(
        "select h.camera, (h.at at time zone 'UTC')::date as day, count(*) as judged,"
        " count(*) filter (where h.verdict = 'misread') as misread from camera_hits h"
        " left join camera_resets r on r.agency = h.agency and r.camera = h.camera"
        " where h.agency = %s and h.at > %s and h.verdict <> 'rejected'"
        " and (r.at is null or h.at > r.at) group by 1, 2 order by 1, 2",
        (agency, now - timedelta(days=FORGOTTEN + 1)),
    )
    return [Day(**row) async for row in _in_pieces(cursor)]


async def seen(conn: Connection, now: datetime) -> Mapping[str, dict[UUID, Seen]] | None:
    """Of each agency, where its targets were seen last, LATELY, by alerts that stand. None when the
    server did not say so within SEEN_WITHIN; the caller's transaction is as good as before.

    A sighting counts when its text was the wanted plate and nothing contradicted it, or when it is
    the one that a person verified. What came after a verification was judged by nobody.
    """
    try:
        async with conn.transaction():  # what is canceled takes this part of it along, no more
            await conn.execute(f"set local statement_timeout = {round(SEEN_WITHIN * 1000)}")
            cursor = await _last_seen(conn, now)
            await conn.execute("set local statement_timeout to default")
    except psycopg.errors.QueryCanceled:
        return None
    found: dict[str, dict[UUID, Seen]] = {}
    async for row in _in_pieces(cursor):
        one = Seen(row["latitude"], row["longitude"], row["seen_at"])
        found.setdefault(row["agency"], {})[row["target"]] = one
    return found


async def _last_seen(conn: Connection, now: datetime) -> psycopg.AsyncCursor[Row]:
    return await conn.execute(
        "select distinct on (s.target) s.agency, s.target, s.latitude, s.longitude, s.seen_at"
        " from agencies g cross join lateral (select s.agency, s.target, s.read, s.alert,"
        " s.latitude, s.longitude, s.seen_at, s.exact from sightings s where s.agency = g.ori"
        " and s.latitude is not null and s.longitude is not null"
        " and s.seen_at > %s and s.seen_at < %s order by s.seen_at desc limit %s) s"
        " join alerts a on a.id = s.alert where a.state not in ('rejected', 'recalled')"
        " and (s.exact or (a.verified_at is not null"
        " and (a.match->'read'->>'read_id')::uuid = s.read))"
        " order by s.target, s.seen_at desc",
        (now - LATELY, now + AHEAD, MOST_SEEN),
    )


async def _in_pieces(cursor: psycopg.AsyncCursor[Row]) -> AsyncIterator[Row]:
    while rows := await cursor.fetchmany(AT_ONCE):
        for row in rows:
            yield row
        await asyncio.sleep(0)
