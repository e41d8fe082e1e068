"""1,000 reads/s through the real path while the list changes: a refresh that removes 569 and adds
541 of 3,600 entries, a withdrawal and an add.

What each match names (generation and change) is held against what it matched, and for each camera,
whose reads are judged in their order, every read must have matched exactly what was in force
between the first match that names a state and the last.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

import httpx
import pytest

from bench.load import innocent
from cameras.store import create_token
from domain.entry import Entry
from domain.ids import entry_id
from hotlists import live_store
from hotlists.configuring import ensure_source
from hotlists.model import HotlistSource
from hotlists.refresh import refresh
from people.store import create_agency
from storage.postgres import Database
from tests.integration.town import Town
from tests.lists import Row, record, records, table

AGENCY = "KS0999700"
SIZE, REMOVED, ADDED = 3600, 569, 541
BEFORE = records(0, SIZE)
AFTER = records(REMOVED, SIZE + ADDED)
WITHDRAWN, NEW = record(1500), record(4150)
"""On both files, and withdrawn meanwhile; on neither, and added meanwhile."""

CAMERAS, REQUEST, EVERY = 5, 50, 0.25
"""So many cameras send so many reads at once, every so many seconds: 1,000 reads/s."""
ROUNDS, MOST_ROUNDS = 28, 240
"""They go on until everything happened: on a busy machine the refresh takes longer than usual."""
WITHDRAW_AT, REFRESH_AT, ADD_AT = ROUNDS // 4, ROUNDS // 2, ROUNDS * 3 // 4
SEEN = 2.0
"""Seconds of reads after the last of it."""
WANTED = 10
"""Of REQUEST: one each of the withdrawn and the new plate, the others by turns from the lists."""


@dataclass
class Sent:
    """A read that was answered 202. `kind`: both, before, after, withdrawn, new, nobody."""

    camera: str
    place: int
    plate: str
    kind: str
    read: UUID


@dataclass
class Story:
    """What happened, and the change numbers it got."""

    sent: list[Sent] = field(default_factory=list)
    withdrawn: int = 0
    added: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)


def stream(camera: int) -> Iterator[list[tuple[Row, str]]]:
    """The requests of one camera: who is seen, and what they are."""
    chance = random.Random(camera)
    kinds = {"both": AFTER[: SIZE - REMOVED], "before": BEFORE[:REMOVED], "after": AFTER[-ADDED:]}
    kinds["both"] = [row for row in kinds["both"] if row["LIC"] != WITHDRAWN["LIC"]]
    turns = {kind: cycle(chance.sample(rows, len(rows))) for kind, rows in kinds.items()}
    nobody = camera * 100_000
    for _ in range(MOST_ROUNDS):
        request = [(WITHDRAWN, "withdrawn"), (NEW, "new")]
        for n in range(WANTED - 2):
            kind = ("both", "before", "after", "both")[n % 4]
            request.append((next(turns[kind]), kind))
        for _ in range(REQUEST - WANTED):
            nobody += 1
            request.append(({"LIC": innocent(nobody), "LIS": "KS"}, "nobody"))
        chance.shuffle(request)
        yield request


async def send(town: Town, token: str, camera: int, story: Story) -> None:
    """One camera's reads, in order, at the pace of a clock."""
    loop, start, place = asyncio.get_running_loop(), asyncio.get_running_loop().time(), 0
    name, base = f"L-{camera}", datetime.now(UTC)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=town.stack.console_url, timeout=30) as http:
        for n, request in enumerate(stream(camera)):
            if n >= ROUNDS and story.over.is_set():
                return
            await asyncio.sleep(max(0.0, start + n * EVERY - loop.time()))
            body = [
                {
                    "camera": name, "plate": row["LIC"], "state": row["LIS"], "confidence": 0.97,
                    "seen_at": (base + timedelta(milliseconds=place + at)).isoformat(),
                }
                for at, (row, _) in enumerate(request)
            ]  # fmt: skip
            answer = await http.post("/api/reads", json=body, headers=headers)
            assert answer.status_code == 202, answer.text
            for (row, kind), which in zip(request, answer.json()["reads"], strict=True):
                story.sent.append(Sent(name, place, row["LIC"], kind, UUID(which)))
                place += 1


def entry_of(row: Row, source: HotlistSource) -> Entry:
    key = "|".join((row["NIC"], row["LIC"], row["LIS"]))
    return Entry(
        entry_id=entry_id(AGENCY, str(source.id), key), agency=AGENCY, source=str(source.id),
        category="stolen-vehicle", priority=2, plate=row["LIC"], state=row["LIS"],
    )  # fmt: skip


async def happen(db: Database, source: HotlistSource, story: Story) -> None:
    """What happens to the list, each at its round."""
    loop, start = asyncio.get_running_loop(), asyncio.get_running_loop().time()

    async def at(rounds: int) -> datetime:
        await asyncio.sleep(max(0.0, start + rounds * EVERY - loop.time()))
        return datetime.now(UTC)

    now = await at(WITHDRAW_AT)
    async with db.transaction() as conn:
        story.withdrawn = await live_store.withdraw(
            conn, source, entry_of(WITHDRAWN, source), by="test", reason="recovered", now=now,
            until=now + timedelta(days=3),
        )  # fmt: skip
    now = await at(REFRESH_AT)
    done = await refresh(db, source, table(AFTER), by="test", now=now)
    assert (done.outcome, done.generation) == ("active", 2), done.sentences()
    now = await at(ADD_AT)
    async with db.transaction() as conn:
        story.added = await live_store.add(
            conn, source, entry_of(NEW, source), by="test", reason="just taken", now=now
        )
    await asyncio.sleep(SEEN)
    story.over.set()


@pytest.mark.embedded
async def test_every_read_is_judged_against_one_generation_and_change_and_none_is_missed(
    town: Town,
) -> None:
    story = Story()
    async with Database(town.stack.database_url, size=4) as db:
        async with db.transaction() as conn:
            await create_agency(conn, AGENCY, "Load County SO", "America/Chicago")
            token = await create_token(conn, AGENCY, "gateway", None, datetime.now(UTC), by="test")
            source = await ensure_source(conn, AGENCY, "NCIC")
        done = await refresh(db, source, table(BEFORE), by="test", now=datetime.now(UTC))
        assert (done.outcome, done.entries) == ("active", SIZE), done.sentences()
        await town.in_force(AGENCY, "NCIC")
        start = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for camera in range(CAMERAS):
                group.create_task(send(town, token, camera, story))
            group.create_task(happen(db, source, story))
        seconds = asyncio.get_running_loop().time() - start
        found = await all_found(db, story)
    assert len(story.sent) >= CAMERAS * ROUNDS * REQUEST
    gaps = Counter[str]()
    for name in sorted({one.camera for one in story.sent}):
        gaps += judged_in_order([one for one in story.sent if one.camera == name], found, story)
    named = Counter((m["generation"], m["change"]) for m in found.values())
    print(  # noqa: T201 - what the run was like
        f"{len(story.sent):,} reads in {seconds:.1f} s ({len(story.sent) / seconds:,.0f}/s), "
        f"{len(found):,} matches; by (generation, change): {dict(sorted(named.items()))}; "
        f"reads between the last match of one state and the first of the next: {dict(gaps)}"
    )
    assert {generation for generation, _ in named} == {1, 2}
    assert {change for _, change in named} == {0, story.withdrawn, story.added}


async def all_found(db: Database, story: Story) -> dict[UUID, dict[str, Any]]:
    """Every match by its read, once every read that must match has one and all is still."""
    must = {one.read for one in story.sent if one.kind == "both"}
    found: dict[UUID, dict[str, Any]] = {}
    still = 0
    async with asyncio.timeout(120):
        while still < 4 or not must <= found.keys():
            async with db.connection() as conn:
                cursor = await conn.execute(
                    "select read, match->'generation' as generation, match->'change' as change,"
                    " match->'entry'->>'plate' as plate from sightings where agency = %s"
                    " and match->'evidence'->>'tier' like 'exact%%'",
                    (AGENCY,),
                )
                rows = await cursor.fetchall()
            still = still + 1 if len(rows) == len(found) else 0
            assert len({row["read"] for row in rows}) == len(rows), "one match a read"
            found = {row["read"]: {**row, "change": row["change"] or 0} for row in rows}
            await asyncio.sleep(0.5)
    return found | await _too_late(db)


async def _too_late(db: Database) -> dict[UUID, dict[str, Any]]:
    """Matches that were made before the withdrawal and arrived after it: no alert, but a word."""
    async with db.connection() as conn:
        cursor = await conn.execute(
            "select detail from audit where agency = %s and action = 'alert.withdrawn-before'",
            (AGENCY,),
        )
        said = [json.loads(row["detail"]) for row in await cursor.fetchall()]
    return {UUID(one["read"]): {**one, "plate": WITHDRAWN["LIC"]} for one in said}


def judged_in_order(
    sent: list[Sent], found: dict[UUID, dict[str, Any]], story: Story
) -> Counter[str]:
    """Hold one camera's reads against what they matched. Returns how many reads lie between the
    last match of one state and the first of the next, where either may have been in force."""
    sent.sort(key=lambda one: one.place)
    states = [
        (one.place, (found[one.read]["generation"], found[one.read]["change"]))
        for one in sent
        if one.read in found
    ]
    order = [state for _, state in states]
    assert order == sorted(order), "a generation or change that was in force came back"
    gaps = Counter[str]()
    for one in sent:
        match = found.get(one.read)
        if match is not None:
            assert match["plate"] == one.plate
            assert _in_force(one.kind, match["generation"], match["change"], story), (one, match)
            continue
        before = max((state for place, state in states if place < one.place), default=order[0])
        after = min((state for place, state in states if place > one.place), default=order[-1])
        if before != after:
            gaps[f"{before} to {after}"] += one.kind != "nobody"
        missed = [_in_force(one.kind, *state, story) for state in (before, after)]
        assert not all(missed), f"{one} matched nothing between {before} and {after}"
    return gaps


def _in_force(kind: str, generation: int, change: int, story: Story) -> bool:
    """Whether what is of this kind was wanted, by the list and the changes up to `change`."""
    return {
        "both": True,
        "before": generation == 1,
        "after": generation == 2,
        "withdrawn": change < story.withdrawn,
        "new": change >= story.added,
        "nobody": False,
    }[kind]
