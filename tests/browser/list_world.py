"""Lists, entries and records for the tests of their pages: made by the code that makes them."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.clock import system_clock
from hotlists import local_store, store
from hotlists.configuring import ensure_source
from hotlists.local import Asked
from hotlists.local_store import LocalEntry
from hotlists.model import HotlistSource, RefreshResult
from hotlists.refresh import refresh
from policy.loading import standard
from tests.browser.world import CEDAR, World
from tests.cap_documents import alert, area, document, info
from tests.lists import records, table

COLUMNS = ("LIC", "LIS", "VYR", "VMA", "VMO", "VST", "VCO", "ORI", "NIC", "OCA", "MKE")
"""Without dates: what is a good list today is one in a year, too."""

AMBIGUOUS = (
    "Take LIC plate 482KTB or 482KTD, a blue Nissan Versa 4 door, last seen on US-77. "
    "Call the Cedar Falls desk."
)


async def a_list(
    world: World,
    name: str = "NCIC",
    *,
    agency: str = CEDAR,
    kind: str = "table",
    location: str = "",
    settings: dict[str, Any] | None = None,
) -> HotlistSource:
    """A list of the agency, without a file."""
    async with world.db.transaction() as conn:
        return await ensure_source(
            conn, agency, name, kind, location, settings, by="test", now=system_clock()
        )


def csv(start: int, end: int) -> bytes:
    """The records `start` to `end` of a list, as a file."""
    return table(records(start, end), COLUMNS)


async def filled(
    world: World,
    source: HotlistSource,
    start: int = 0,
    end: int = 200,
    *,
    by: str = "test",
    data: bytes | None = None,
    ago: timedelta = timedelta(hours=1),
) -> RefreshResult:
    """A file of the list, of the records `start` to `end`."""
    body = csv(start, end) if data is None else data
    return await refresh(world.db, source, body, by=by, now=system_clock() - ago)


async def quarantined(world: World, source: HotlistSource) -> RefreshResult:
    """A file that the guards refuse: a tenth of the last one."""
    result = await filled(world, source, 0, 20, ago=timedelta(minutes=20))
    assert result.outcome == "quarantined", result
    return result


async def final(world: World, source: HotlistSource) -> RefreshResult:
    """A file in which there is nothing to accept."""
    result = await filled(world, source, data=b"\0\1\2" * 4000, ago=timedelta(minutes=5))
    assert result.outcome == "quarantined", result
    assert any(f.final for f in result.findings), result
    return result


async def entered(
    world: World, who: str = "ruiz", *, ago: timedelta = timedelta(0), **changes: Any
) -> LocalEntry:
    """A local entry by a person; of a category that asks for a second one, it waits."""
    now = system_clock() - ago
    given: dict[str, Any] = {
        "plate": "48?K*", "state": "KS", "color": "blue", "make": "Hyundai", "model": "Elantra",
        "reason": "Left the robbery at 9th and Elm", "case_number": "26-114",
        "category": "felony-vehicle", "expires_at": now + timedelta(days=3), **changes,
    }  # fmt: skip
    person = world.people[who]
    async with world.db.transaction() as conn:
        return await local_store.make(
            conn, person.agency, Asked(**given), standard(), by=person.id, now=now
        )


async def in_force(world: World, made: LocalEntry, by: str = "m.alvarez") -> LocalEntry:
    """The same after a second person's approval."""
    person = world.people[by]
    async with world.db.transaction() as conn:
        return await local_store.approve(
            conn, person.agency, made.id, standard(), by=person.id, now=system_clock()
        )


async def to_read(
    world: World,
    text: str = AMBIGUOUS,
    *,
    headline: str = "AMBER Alert: child taken in Cedar Falls",
    agency: str = CEDAR,
) -> UUID:
    """An AMBER alert whose text leaves a doubt: it waits for a person. Its record's id."""
    now = system_clock()
    source = await a_list(world, "AMBER", agency=agency, kind="amber")
    sent, ends = (moment.isoformat(timespec="seconds") for moment in (now, now + timedelta(days=1)))
    message = alert(
        info(text, headline=headline, effective=sent, expires=ends,
             areas=[area(circle="37.24,-96.99 30")]),
        identifier=f"KS-{hashlib.sha256(text.encode()).hexdigest()[:8]}", sent=sent,
    )  # fmt: skip
    result = await refresh(world.db, source, document(message), by="test", now=now)
    assert result.waiting, result
    async with world.db.connection() as conn:
        cursor = await conn.execute(
            "select id from confirmations where agency = %s and state = 'waiting'"
            " order by found_at desc limit 1",
            (agency,),
        )
        row = await cursor.fetchone()
    assert row is not None
    return UUID(str(row["id"]))


async def running(world: World, source: HotlistSource, rows: int, since: datetime) -> None:
    """A refresh of the list is under way, as far as anybody can see."""
    async with world.db.transaction() as conn:
        await conn.execute(
            "insert into arrivals (source, running_since, running_by, rows) values"
            " (%(s)s, %(at)s, 'schedule', %(rows)s) on conflict (source) do update set"
            " running_since = %(at)s, running_by = 'schedule', rows = %(rows)s",
            {"s": source.id, "at": since, "rows": rows},
        )


async def generation_of(world: World, source: HotlistSource) -> int | None:
    """The number of the generation in force."""
    async with world.db.connection() as conn:
        active = await store.active(conn, source.id)
    return active.number if active else None
