"""`bolo hotlists refresh | diff | accept | rollback`: what is done to a list by hand."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

import msgspec

from bolo import logs
from bolo.admin import operator
from bolo.settings import load
from bolo.wiring import policy
from domain.clock import system_clock
from domain.errors import NotFound
from hotlists import arrival_store, scheduling, store
from hotlists.comparing import compare
from hotlists.model import HotlistSource, RefreshResult
from hotlists.refresh import accept, rollback
from storage.postgres import FAILED, Database

T = TypeVar("T")
LOOK = 0.3
"""Seconds between two looks at a refresh that somebody waits for."""
SILENT = 15.0
"""Seconds after which it is said that no courier seems to be there."""


async def refresh(agency: str, name: str, *, wait: float) -> bool:
    """Ask the courier to look now; with `wait` seconds stay until it did. Whether all is well."""
    async with Database(load().database_url, size=2) as db:
        async with db.transaction() as conn:
            source = await store.source_named(conn, agency, name)
            before = await arrival_store.arrival(conn, source.id)
            newest = await store.latest(conn, source.id, but_empty=True)
            await scheduling.ask(conn, source, operator(), system_clock())
        if not wait:
            print(f"Asked: the courier looks for {name} now. bolo hotlists list shows how it went.")
            return True
        number = newest.number if newest else 0
        return await _watched(db, source, before.checked_at, number, wait)


async def _watched(
    db: Database, source: HotlistSource, checked: datetime | None, number: int, wait: float
) -> bool:
    """Until the row of the arrival says that somebody looked."""
    clock = asyncio.get_running_loop().time
    end, hint = clock() + wait, clock() + SILENT
    seen = -1
    while clock() < end:
        async with db.connection() as conn:
            now = await arrival_store.arrival(conn, source.id)
            newest = await store.latest(conn, source.id, but_empty=True)
        if now.checked_at is not None and now.checked_at != checked and not now.running_since:
            if now.problem:
                print(f"{source.name}: {now.problem}", file=sys.stderr)
                print("The last good list stays. The courier tries again by itself.")
                return False
            if newest is None or newest.number == number:
                print(f"{source.name}: nothing new; generation {number} stays in force.")
                return True
            print(
                f"{source.name}: generation {newest.number} is"
                f" {'in force' if newest.state == 'active' else 'in quarantine'},"
                f" {newest.entries:,} entries of {newest.rows:,} rows."
            )
            for finding in newest.reasons:
                print(f"{finding.guard}: {finding.sentence}")
            return newest.state == "active"
        if now.running_since and now.rows != seen:
            seen = now.rows
            print(f"{seen:,} rows so far", file=sys.stderr)
        if not now.running_since and clock() > hint:
            print("waiting: does a courier run? (bolo courier, bolo up)", file=sys.stderr)
            hint = end
        await asyncio.sleep(LOOK)
    print(f"No end within {wait:g} s; bolo hotlists list shows how it goes.", file=sys.stderr)
    return False


async def with_progress(db: Database, agency: str, name: str, work: Awaitable[T]) -> T:
    """Do the work of a refresh; at a terminal its rows are counted on stderr meanwhile."""
    telling = asyncio.create_task(_tell(db, agency, name)) if sys.stderr.isatty() else None
    try:
        return await work
    finally:
        if telling is not None:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling
            print("\r\033[K", end="", file=sys.stderr, flush=True)


async def _tell(db: Database, agency: str, name: str) -> None:
    while True:
        await asyncio.sleep(LOOK)
        with suppress(NotFound, *FAILED):
            async with db.connection() as conn:
                source = await store.source_named(conn, agency, name)
                now = await arrival_store.arrival(conn, source.id)
            if now.running_since:
                print(f"\r{now.rows:,} rows", end="", file=sys.stderr, flush=True)


async def diff(
    agency: str, name: str, before: int, after: int, *, rows: int, as_json: bool
) -> None:
    """Print what differs between two generations."""
    async with Database(load().database_url, size=2) as db:
        async with db.connection() as conn:
            source = await store.source_named(conn, agency, name)
        found = await compare(
            db, source, before, after, by=operator(), now=system_clock(), rows=rows
        )
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        return
    print(
        f"{name}: from generation {before} to {after} {found.added:,} added,"
        f" {found.removed:,} removed, {found.changed:,} changed, {found.unchanged:,} the same."
    )
    marks = {"added": "+", "removed": "-", "changed": "~"}
    for row in found.rows:
        if row["what"] == "changed":
            cells = ", ".join(
                f"{key}: {row['before'][key] or 'nothing'} -> {row['after'][key] or 'nothing'}"
                for key in row["after"]
            )
            print(f"~ {row['plate'] or row['entry']}  {cells}")
        else:
            cells = row["after"] or row["before"]
            said = "  ".join(cells[key] for key in _SAID if cells.get(key))
            print(f"{marks[row['what']]} {said}")
    hidden = found.added + found.removed + found.changed - len(found.rows)
    if hidden:
        print(f"{hidden:,} more are not shown (--rows).")


_SAID = ("plate", "pattern", "state", "category", "year", "color", "make", "model", "nic", "oca")


async def by_hand(
    action: Callable[..., Awaitable[RefreshResult]],
    agency: str,
    name: str,
    number: int,
    reason: str,
) -> None:
    """Accept, or go back to, a generation; print what came of it."""
    logs.configure(role="hotlists", level="warning")
    settings = load()
    async with Database(settings.database_url, size=2) as db:
        async with db.connection() as conn:
            source = await store.source_named(conn, agency, name)
        result = await action(
            db,
            source,
            number,
            by=operator(),
            reason=reason,
            now=system_clock(),
            policy=policy(settings),
        )
    for sentence in result.sentences():
        print(sentence)


ACTIONS = {"accept": accept, "rollback": rollback}
