"""Camera health in PostgreSQL: one statement every few seconds, whatever the number of reads."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from cameras.clocks import Skew
from cameras.health import CameraHealth, Tally
from cameras.registry import Camera
from cameras.store import camera_of
from domain.clock import Clock
from storage.postgres import FAILED, Connection, Database, Row

log = logging.getLogger(__name__)

EVERY = 10.0
"""Seconds between two writes."""
FORGET_EVERY = 3600.0
FORGOTTEN = timedelta(days=90)
"""A camera nobody registered that was silent for so long leaves the list."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A camera for a person to look at: as registered (None: it is not), and its health."""

    id: str
    zone: str
    camera: Camera | None
    health: CameraHealth


async def save(conn: Connection, many: Sequence[CameraHealth], now: datetime) -> None:
    """Write them in one statement. Several processes may write the same camera.

    Times only grow. The clock and the problem are those of whoever heard of them last: an
    estimate without samples and a process that heard no heartbeat change nothing there.
    """
    if not many:
        return
    await conn.execute(
        "insert into camera_health (agency, camera, last_seen_at, last_received_at,"
        " skew_seconds, skew_samples, heartbeat_at, problem, updated_at)"
        " select n.*, %s from unnest(%s::text[], %s::text[], %s::timestamptz[],"
        " %s::timestamptz[], %s::float8[], %s::int[], %s::timestamptz[], %s::text[])"
        " n (agency, camera, seen, received, skew, samples, beat, problem)"
        " join agencies on agencies.ori = n.agency"
        " on conflict (agency, camera) do update set"
        " last_seen_at = greatest(camera_health.last_seen_at, excluded.last_seen_at),"
        " last_received_at = greatest(camera_health.last_received_at, excluded.last_received_at),"
        " skew_seconds = coalesce(excluded.skew_seconds, camera_health.skew_seconds),"
        " skew_samples = case when excluded.skew_seconds is null"
        " then camera_health.skew_samples else excluded.skew_samples end,"
        " heartbeat_at = greatest(camera_health.heartbeat_at, excluded.heartbeat_at),"
        " problem = case when excluded.heartbeat_at >= camera_health.heartbeat_at"
        " or camera_health.heartbeat_at is null"
        " then excluded.problem else camera_health.problem end,"
        " updated_at = excluded.updated_at",
        (
            now,
            [one.agency for one in many],
            [one.camera for one in many],
            [one.last_seen_at for one in many],
            [one.last_received_at for one in many],
            [one.skew.seconds for one in many],
            [one.skew.samples for one in many],
            [one.heartbeat_at for one in many],
            [one.problem for one in many],
        ),
    )


async def standings(conn: Connection, agency: str) -> list[Standing]:
    """The agency's cameras by id: all that are registered, and those that report unregistered."""
    cursor = await conn.execute(
        "select coalesce(c.agency, h.agency) as agency, coalesce(c.id, h.camera) as id,"
        " c.id is not null as registered, coalesce(c.name, '') as name, c.latitude, c.longitude,"
        " c.heading, coalesce(c.timezone, '') as timezone, a.timezone as agency_timezone,"
        " h.last_seen_at, h.last_received_at, h.skew_seconds,"
        " coalesce(h.skew_samples, 0) as skew_samples, h.heartbeat_at,"
        " coalesce(h.problem, '') as problem"
        " from (select * from cameras where agency = %s) c"
        " full join (select * from camera_health where agency = %s) h"
        " on h.agency = c.agency and h.camera = c.id"
        " join agencies a on a.ori = coalesce(c.agency, h.agency) order by 2",
        (agency, agency),
    )
    return [_standing(row) for row in await cursor.fetchall()]


async def forget(conn: Connection, now: datetime) -> int:
    """Remove what is known of unregistered cameras that were silent for FORGOTTEN; how many."""
    cursor = await conn.execute(
        "delete from camera_health h where updated_at < %s and not exists"
        " (select 1 from cameras c where c.agency = h.agency and c.id = h.camera)",
        (now - FORGOTTEN,),
    )
    return cursor.rowcount


async def flush(db: Database, tally: Tally, now: datetime) -> int:
    """Write what changed, and say how many cameras that was; on a failure it stays to be written.

    Raises one of storage.postgres.FAILED.
    """
    taken = tally.take(now)
    try:
        if taken:
            async with db.connection() as conn:
                await save(conn, taken, now)
    except BaseException:
        tally.put_back(taken)
        raise
    return len(taken)


async def keep(db: Database, tally: Tally, clock: Clock, *, every: float = EVERY) -> None:
    """Flush every `every` seconds until cancelled, and once more then.

    A database that is away is tried again with the next one: only the newest state matters.
    """
    loop = asyncio.get_running_loop()
    forgets = loop.time()
    try:
        while True:
            await asyncio.sleep(every)
            try:
                await flush(db, tally, clock())
                if loop.time() >= forgets:
                    async with db.connection() as conn:
                        await forget(conn, clock())
                    forgets = loop.time() + FORGET_EVERY
            except FAILED as away:
                log.warning("camera health was not written: %s", type(away).__name__)
    finally:
        with contextlib.suppress(*FAILED, TimeoutError):
            async with asyncio.timeout(2):
                await flush(db, tally, clock())


def _standing(row: Row) -> Standing:
    return Standing(
        id=row["id"],
        zone=row["timezone"] or row["agency_timezone"],
        camera=camera_of(row) if row["registered"] else None,
        health=CameraHealth(
            agency=row["agency"],
            camera=row["id"],
            last_seen_at=row["last_seen_at"],
            last_received_at=row["last_received_at"],
            skew=Skew(row["skew_seconds"], row["skew_samples"]),
            heartbeat_at=row["heartbeat_at"],
            problem=row["problem"],
        ),
    )
