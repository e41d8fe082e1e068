"""One look for a list's file where it comes from, and its refresh if there is a new one."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

import structlog

from domain.errors import BoloError
from hotlists import arrival_store, metrics, store
from hotlists.arrivals import Arrived, Found, NotArrived, NotChanged, Wanted, way
from hotlists.live_store import settle_withdrawals
from hotlists.model import HotlistSource, RefreshResult
from hotlists.refresh import Means, refresh
from storage.audit import Act, append
from storage.postgres import AWAY, FAILED, Database

log = structlog.get_logger(__name__)


async def fetch(
    db: Database, source: HotlistSource, *, by: str, now: datetime, means: Means
) -> RefreshResult | None:
    """Go and look, refresh, and note how it went. None when the file is the one that came last.

    The last good list stays whatever happens. Raises NotArrived, what refresh raises (Unavailable
    when another refresh of the list is running), and AWAY when the database is away.
    """
    try:
        async with db.connection() as conn:
            last = await arrival_store.arrival(conn, source.id)
            state = await store.remembered(conn, source.id)
        number, _, etag = last.etag.partition(" ")
        wanted = Wanted(source.location, etag, _secret(source, means), source.settings, state)
        async with way(source.location).opened(wanted) as found:
            if isinstance(found, NotChanged):
                await _unchanged(db, source, found, number, by, now)
                return None
            return await taken(db, source, found, by=by, now=now, means=means)
    except AWAY:
        raise
    except BoloError as wrong:
        await failed(db, source, str(wrong), now)
        raise


async def taken(
    db: Database, source: HotlistSource, found: Arrived, *, by: str, now: datetime, means: Means
) -> RefreshResult:
    """Refresh with what has arrived, and remember what it was called. Raises as refresh does."""
    result = await refresh(db, source, found.pieces, by=by, now=now, means=means)
    etag = f"{result.generation} {found.etag}" if found.etag else ""
    async with db.transaction() as conn:
        await arrival_store.checked(conn, source.id, now, etag=etag)
    return result


async def failed(db: Database, source: HotlistSource, problem: str, now: datetime) -> None:
    """Keep for everybody to see why a look failed. `problem` has no secret and no plate in it."""
    metrics.ARRIVALS_FAILED.labels(source.agency, source.name).inc()
    log.warning("hotlist.not_arrived", agency=source.agency, source=source.name, why=problem)
    with suppress(*FAILED):
        async with db.transaction() as conn:
            await arrival_store.checked(conn, source.id, now, problem=problem)


async def _unchanged(
    db: Database, source: HotlistSource, found: Found, number: str, by: str, now: datetime
) -> None:
    """A sender that says its list is still the one in force confirms that one."""
    async with db.transaction() as conn:
        await store.lock_source(conn, source.id)
        await arrival_store.checked(conn, source.id, now)
        current = await store.active(conn, source.id)
        confirms = isinstance(found, NotChanged) and found.confirms
        if not confirms or current is None or str(current.number) != number:
            return
        await store.confirm(conn, source, current.id, now)
        await settle_withdrawals(conn, source, current.id, current.number, now)
        detail = {"generation": current.number}
        subject = f"hotlist:{source.id}"
        act = Act(source.agency, by, "hotlist.unchanged", subject, detail=detail)
        await append(conn, now, [act])


def _secret(source: HotlistSource, means: Means) -> str | None:
    name = source.settings.get("secret")
    if not name:
        return None
    if name not in means.secrets:
        problem = f"the secret {name} is not set: give the courier BOLO_SECRET_{name}"
        raise NotArrived(problem, passing=False)
    return means.secrets[name]
