"""A refresh: parse off the loop, guard, store, swap, stamp. No broken list replaces a good one.

Everything is one transaction: what is found goes to the database as it comes, and the verdict at
the end says whether it is in force, in quarantine, or nothing new. Interrupted at any moment, it
leaves nothing behind, and the last good generation in force. The superseding of the one before, the
consequences for withdrawals, the audit row and the word to the workers belong to it.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import structlog

from domain.errors import BadInput, Unavailable
from hotlists import metrics, store
from hotlists.assembling import Built
from hotlists.building import Job, build
from hotlists.confirming import note_confirmations
from hotlists.guards import Last, inspect
from hotlists.incremental import merged, take_over
from hotlists.live_store import settle_withdrawals, withdraw_again
from hotlists.model import Finding, HotlistSource, RefreshResult
from hotlists.progress import Progress
from hotlists.rechecking import recheck
from hotlists.rules import drops_alike, rules_of
from hotlists.settings import limits_of
from hotlists.twin_counting import counted_twins
from policy.loading import standard
from policy.model import Policy
from storage.audit import Act, append
from storage.postgres import Connection, Database

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Means:
    """What a refresh works with beside the database. `key` seals originals; None: they are not
    kept. `secrets` are the settings that sources and templates name (passwords), by name."""

    policy: Policy = field(default_factory=standard)
    key: bytes | None = field(default=None, repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


AGAIN = timedelta(hours=72)
"""How long a withdrawal stands that a list somebody went back to would undo."""


async def refresh(
    db: Database,
    source: HotlistSource,
    data: bytes | AsyncIterator[bytes],
    *,
    by: str,
    now: datetime,
    means: Means | None = None,
    accept_anyway: str | None = None,
) -> RefreshResult:
    """Make `data` the source's next generation, if the guards find nothing wrong with it.

    `by` is a person's id or the name of the part that asked. `accept_anyway` is that person's
    reason to put it in force whatever the guards say (except where nothing could be read). The
    same bytes as the generation in force confirm that one; the same bytes as the newest,
    quarantined one are not stored again. Raises Unavailable when another refresh of the source is
    running, BadInput and Prohibited for the source's settings, what `data` raises, and what
    storage.postgres.AWAY lists when the database is away.
    """
    means = means or Means()
    started = time.perf_counter()
    if accept_anyway is not None and not accept_anyway.strip():
        raise BadInput("reason", "accepting a suspicious list needs a reason")
    limits = limits_of(source.settings)
    digest = hashlib.sha256()
    pieces = _hashed(_pieces(data) if isinstance(data, bytes) else data, digest)
    try:
        async with db.transaction() as conn:
            await store.one_refresh(conn, source)
            async with Progress(db, source, by, now) as progress:
                begun = await store.begin_generation(conn, source, now=now, by=by)
                built = await _stored(conn, source, begun.id, pieces, progress, means, now)
                async for _ in pieces:  # a parser may stop early; the bytes have a sum all the same
                    pass
            await store.lock_source(conn, source.id)
            await _unless_overtaken(conn, source, built)
            sha256 = built.content or digest.digest()
            rules = rules_of(source.settings, means.policy)
            await _unless_known(conn, source, sha256, rules, built, accept_anyway)
            last = await _last(conn, source, built, sha256, begun.number)
            findings = inspect(built.found, last, limits)
            forced = bool(accept_anyway) and not any(finding.final for finding in findings)
            state = "active" if not findings or forced else "quarantined"
            because = (accept_anyway or "") if findings and forced else ""
            stored = await store.finish_generation(
                conn,
                source,
                begun.id,
                built,
                findings,
                state=state,
                sha256=sha256,
                kept=means.policy.retention.generations,
                rules=rules,
                accepted=(by if because else "", because),
                twins=await counted_twins(conn, source, built),
            )
            result = _result(source, stored, state, because, time.perf_counter() - started)
            if state == "active":
                await note_confirmations(conn, source, built.unclear, now)
                await _in_force(conn, source, stored, now)
            action = "hotlist.refreshed" if state == "active" else "hotlist.quarantined"
            detail = _facts(stored, findings)
            await _audit(conn, source, action, by, now, accept_anyway or "", detail)
    except _KnownError as known:
        result = await _of_known(db, source, known, by, now)
    return _counted(result, now)


async def accept(
    db: Database,
    source: HotlistSource,
    number: int,
    *,
    by: str,
    reason: str,
    now: datetime,
    policy: Policy | None = None,
) -> RefreshResult:
    """Put a quarantined generation in force, by a named person with a reason.

    Raises NotFound, and BadInput when it is not in quarantine, when there is nothing to accept, or
    when what is dropped (the source's settings, `policy`) has changed since it was made.
    """
    return await _put_in_force(db, source, number, "quarantined", by, reason, now, policy)


async def rollback(
    db: Database,
    source: HotlistSource,
    number: int,
    *,
    by: str,
    reason: str,
    now: datetime,
    policy: Policy | None = None,
) -> RefreshResult:
    """Go back to a superseded generation, by a named person with a reason. It stays as old as it
    is, and the next good file replaces it. Raises NotFound and BadInput."""
    return await _put_in_force(db, source, number, "superseded", by, reason, now, policy)


async def _put_in_force(
    db: Database,
    source: HotlistSource,
    number: int,
    was: str,
    by: str,
    reason: str,
    now: datetime,
    policy: Policy | None,
) -> RefreshResult:
    if not reason.strip():
        raise BadInput("reason", "putting a list in force by hand needs a reason")
    async with db.transaction() as conn:
        await store.lock_source(conn, source.id)
        stored = await store.put_in_force(
            conn,
            source,
            number,
            now,
            was=was,
            accepted=(by, reason.strip()),
            rules=rules_of(source.settings, policy or standard()),
        )
        await withdraw_again(conn, source, stored.id, now, now + AGAIN)
        await _in_force(conn, source, stored, now)
        detail = {"generation": number, "findings": [f.guard for f in stored.reasons]}
        action = "hotlist.accepted" if was == "quarantined" else "hotlist.rolled-back"
        await _audit(conn, source, action, by, now, reason, detail)
    return _counted(_result(source, stored, "active", reason), now)


class _KnownError(Exception):
    """These bytes are known: nothing of this refresh is kept."""

    def __init__(self, stored: store.StoredGeneration, built: Built) -> None:
        super().__init__()
        self.stored = stored
        self.built = built


async def _unless_overtaken(conn: Connection, source: HotlistSource, built: Built) -> None:
    """Changes are laid over the list they were made for: if a person put another one in force
    meanwhile, they must come again. Raises Unavailable."""
    if not source.settings.get("incremental"):
        return
    current = await store.active(conn, source.id)
    if (current.id if current else 0) != built.laid_over:
        what = f"{source.name}: another list was put in force meanwhile; the list"
        raise Unavailable(what)


async def _unless_known(
    conn: Connection,
    source: HotlistSource,
    sha256: bytes,
    rules: str,
    built: Built,
    accept_anyway: str | None,
) -> None:
    current = await store.active(conn, source.id)
    if current is not None and current.sha256 == sha256 and current.rules == rules:
        raise _KnownError(current, built)
    newest = await store.latest(conn, source.id, but_empty=True)
    if (
        newest is not None
        and newest.sha256 == sha256
        and newest.state == "quarantined"
        and not accept_anyway
        and newest.rules == rules
    ):
        raise _KnownError(newest, built)


async def _of_known(
    db: Database, source: HotlistSource, known: _KnownError, by: str, now: datetime
) -> RefreshResult:
    if known.stored.state != "active":
        return _result(source, known.stored, "quarantined")
    async with db.transaction() as conn:
        await store.lock_source(conn, source.id)
        current = await store.active(conn, source.id)
        if current is None or current.id != known.stored.id:
            # Another list came in force since: the one that is confirmed says nothing of it.
            return _result(source, known.stored, "unchanged")
        await store.confirm(conn, source, known.stored.id, now)
        await settle_withdrawals(conn, source, known.stored.id, known.stored.number, now)
        if known.built.state:
            await store.remember(conn, source.id, known.built.state)
        await note_confirmations(conn, source, known.built.unclear, now)
        detail = {"generation": known.stored.number}
        await _audit(conn, source, "hotlist.unchanged", by, now, "", detail)
    return _result(source, known.stored, "unchanged")


async def _in_force(
    conn: Connection, source: HotlistSource, stored: store.StoredGeneration, now: datetime
) -> None:
    """What follows from another generation being in force."""
    await settle_withdrawals(conn, source, stored.id, stored.number, now)
    await recheck(conn, source)


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 1 << 20):
        yield data[start : start + (1 << 20)]


async def _hashed(data: AsyncIterator[bytes], digest: Any) -> AsyncIterator[bytes]:
    async for piece in data:
        digest.update(piece)
        yield piece


def _password(source: HotlistSource) -> str:
    """The name of the one secret that the parsing of the source's file may need."""
    return str(source.settings.get("template", {}).get("password_setting", "")).upper()


async def _stored(
    conn: Connection,
    source: HotlistSource,
    generation: int,
    pieces: AsyncIterator[bytes],
    progress: Progress,
    means: Means,
    now: datetime,
) -> Built:
    """Store what is found as it comes."""
    job = Job(
        id=source.id,
        agency=source.agency,
        name=source.name,
        kind=source.kind,
        settings=dict(source.settings),
        policy=means.policy,
        now=now,
        secrets={n: v for n, v in means.secrets.items() if n.upper() == _password(source)},
        state=await store.remembered(conn, source.id),
        key=means.key,
    )
    before = await store.active(conn, source.id) if source.settings.get("incremental") else None
    if before and not drops_alike(before.rules, rules_of(source.settings, means.policy)):
        problem = "what is dropped has changed since the last file; send the whole list once"
        raise BadInput("incremental", problem)
    taken = await take_over(conn, before.id, generation) if before else 0
    chunks, originals = taken, 0
    # Closed at once, whatever happens here: else the parsing process lives until it is collected.
    async with aclosing(build(job, pieces)) as parsing:
        async for one in parsing:
            if isinstance(one, Built):
                if not source.settings.get("incremental"):
                    return one
                return await merged(conn, generation, before.id if before else None, taken, one)
            tag, frame = one
            if tag == "chunk":
                await store.add_chunk(conn, generation, chunks, frame)
                chunks += 1
            elif tag == "original":
                await store.add_original(conn, generation, originals, frame)
                originals += 1
            elif tag == "progress":
                await progress.at(int(frame))
    msg = "a file was not parsed to its end"  # build() ends with a Built, or raises
    raise RuntimeError(msg)


async def _last(
    conn: Connection, source: HotlistSource, built: Built, sha256: bytes, number: int
) -> Last | None:
    """What the guards compare with: the generation in force."""
    current = await store.active(conn, source.id)
    if current is None:
        return None
    before = await store.with_bytes(conn, source.id, sha256, before=number)
    keys = await store.keys_of(conn, current.id)
    kept = await asyncio.to_thread(_common, keys, built.keys) if len(keys) else None
    # A source that remembers comes back to what it said before: an alert begins and ends.
    old = before and before.state == "superseded" and not built.content
    unknown = sum(current.unknown.values())
    seen = before.number if before and old else 0
    return Last(current.number, current.entries, kept, current.newest, seen, unknown)


def _common(before: store.Keys, after: bytes) -> int:
    """How many keys two generations share; both are sorted, and each has a key once."""
    keys = np.frombuffer(after, dtype="<u8")
    if not len(keys):
        return 0
    at = np.searchsorted(keys, before)
    return int((keys.take(at, mode="clip") == before).sum())


def _result(
    source: HotlistSource,
    stored: store.StoredGeneration,
    outcome: str,
    because: str = "",
    seconds: float = 0.0,
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
        waiting=stored.waiting,
        rejected=dict(stored.rejected),
        unknown=dict(stored.unknown),
        codes={word: dict(counts) for word, counts in stored.codes.items()},
        findings=stored.reasons,
        accepted_because=because,
        twins=dict(stored.twins),
        seconds=seconds,
    )


def _facts(stored: store.StoredGeneration, findings: tuple[Finding, ...]) -> dict[str, Any]:
    """What the audit row keeps: counts and reasons, no plates."""
    return {
        "generation": stored.number,
        "rows": stored.rows,
        "entries": stored.entries,
        "rejected": dict(stored.rejected),
        "prohibited": stored.prohibited,
        "waiting": stored.waiting,
        "unknown": dict(stored.unknown),
        "codes": {word: dict(counts) for word, counts in stored.codes.items()},
        "twins": dict(stored.twins),
        "findings": msgspec.to_builtins(findings),
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
