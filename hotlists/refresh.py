"""A refresh: parse off the loop, guard, store, swap, stamp. No broken list replaces a good one.

Everything up to the swap can fail or be interrupted at any moment, and the last good generation
stays in force: the swap, the superseding of the one before, the audit row and the notification are
one transaction.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from datetime import datetime
from typing import Any

import msgspec
import structlog

from domain.errors import BadInput
from hotlists import metrics, store
from hotlists.building import build
from hotlists.guards import Last, inspect
from hotlists.model import HotlistSource, Parsed, RefreshResult
from hotlists.settings import limits_of
from storage.audit import Act, append
from storage.postgres import Connection, Database

log = structlog.get_logger(__name__)


async def refresh(
    db: Database,
    source: HotlistSource,
    data: bytes,
    *,
    by: str,
    now: datetime,
    accept_anyway: str | None = None,
) -> RefreshResult:
    """Make `data` the source's next generation, if the guards find nothing wrong with it.

    `by` is a person's id or the name of the part that asked. `accept_anyway` is that person's
    reason to put it in force whatever the guards say (except where nothing could be read). The
    same bytes as the generation in force confirm that one; the same bytes as the newest,
    quarantined one are not stored again. Raises BadInput and Prohibited for the source's settings,
    and what storage.postgres.AWAY lists when the database is away.
    """
    started = time.perf_counter()
    if accept_anyway is not None and not accept_anyway.strip():
        raise BadInput("reason", "accepting a suspicious list needs a reason")
    limits = limits_of(source.settings)
    digest = await asyncio.to_thread(_digest, data)
    async with db.transaction() as conn:
        known = await _same_bytes(conn, source, digest, by, now, accept_anyway)
    if known is not None:
        return _counted(known, now)
    found, chunks = await build(source, data, now.date())
    async with db.transaction() as conn:
        known = await _same_bytes(conn, source, digest, by, now, accept_anyway)
        if known is not None:  # somebody else was refreshing from the same file
            return _counted(known, now)
        last = await store.active(conn, source.id)
        findings = inspect(found, Last(last.number, last.entries) if last else None, limits)
        forced = bool(accept_anyway) and not any(finding.final for finding in findings)
        state = "active" if not findings or forced else "quarantined"
        stored = await store.store_generation(
            conn, source, found, chunks, findings, state=state, sha256=digest, now=now, by=by
        )
        result = RefreshResult(
            outcome="active" if state == "active" else "quarantined",
            agency=source.agency,
            source=source.id,
            source_name=source.name,
            generation=stored.number,
            rows=found.rows,
            entries=found.accepted,
            prohibited=found.prohibited,
            rejected=found.rejected,
            unknown=found.unknown,
            findings=findings,
            accepted_because=(accept_anyway or "") if findings and forced else "",
            seconds=time.perf_counter() - started,
        )
        action = "hotlist.refreshed" if state == "active" else "hotlist.quarantined"
        await _audit(conn, source, action, by, now, accept_anyway or "", _facts(found, result))
    return _counted(result, now)


async def accept(
    db: Database, source: HotlistSource, number: int, *, by: str, reason: str, now: datetime
) -> RefreshResult:
    """Put a quarantined generation in force, by a named person with a reason.

    Raises NotFound, and BadInput when it is not in quarantine, or when there is nothing to accept.
    """
    if not reason.strip():
        raise BadInput("reason", "accepting a suspicious list needs a reason")
    async with db.transaction() as conn:
        await store.lock_source(conn, source.id)
        stored = await store.put_in_force(conn, source, number, now)
        detail = {"generation": number, "findings": [f.guard for f in stored.reasons]}
        await _audit(conn, source, "hotlist.accepted", by, now, reason, detail)
    return _counted(_of_stored(source, stored, "active", reason), now)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


async def _same_bytes(
    conn: Connection,
    source: HotlistSource,
    digest: bytes,
    by: str,
    now: datetime,
    accept_anyway: str | None,
) -> RefreshResult | None:
    await store.lock_source(conn, source.id)
    current = await store.active(conn, source.id)
    if current is not None and current.sha256 == digest:
        await store.confirm(conn, source, current.id, now)
        detail = {"generation": current.number}
        await _audit(conn, source, "hotlist.unchanged", by, now, "", detail)
        return _of_stored(source, current, "unchanged")
    newest = await store.latest(conn, source.id)
    if newest is None or newest.sha256 != digest or newest.state != "quarantined" or accept_anyway:
        return None
    return _of_stored(source, newest, "quarantined")


def _of_stored(
    source: HotlistSource, stored: store.StoredGeneration, outcome: str, because: str = ""
) -> RefreshResult:
    return RefreshResult(
        outcome=outcome,  # type: ignore[arg-type]
        agency=source.agency,
        source=source.id,
        source_name=source.name,
        generation=stored.number,
        rows=stored.rows,
        entries=stored.entries,
        prohibited=stored.prohibited,
        rejected=dict(stored.rejected),
        findings=stored.reasons,
        accepted_because=because,
    )


def _facts(found: Parsed, result: RefreshResult) -> dict[str, Any]:
    """What the audit row keeps: counts and reasons, no plates."""
    return {
        "generation": result.generation,
        "rows": found.rows,
        "entries": found.accepted,
        "rejected": found.rejected,
        "prohibited": found.prohibited,
        "unknown": found.unknown,
        "findings": msgspec.to_builtins(result.findings),
    }


async def _audit(
    conn: Connection,
    source: HotlistSource,
    action: str,
    by: str,
    now: datetime,
    reason: str,
    detail: dict[str, Any],
) -> None:
    act = Act(source.agency, by, action, f"hotlist:{source.id}", reason, detail)
    await append(conn, now, [act])


def _counted(result: RefreshResult, now: datetime) -> RefreshResult:
    """Metrics and one log line, with no plates in either."""
    metrics.refreshed(result, now)
    log.info(
        "hotlist.refresh",
        outcome=result.outcome,
        agency=result.agency,
        source=result.source_name,
        generation=result.generation,
        rows=result.rows,
        entries=result.entries,
        prohibited=result.prohibited,
        guards=[finding.guard for finding in result.findings],
    )
    return result
