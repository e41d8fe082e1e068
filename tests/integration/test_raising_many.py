"""Many matches in one transaction become what each would have become in one of its own."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4, uuid5

import msgspec
import pytest

from alerts.episodes import Raised
from alerts.model import RejectReason
from alerts.raising import raise_alert, raise_alerts
from alerts.raising_store import lock_key
from alerts.transitions import Claim, Reject
from domain.entry import Entry
from domain.place import Place
from hotlists import live_store
from hotlists.configuring import ensure_source
from hotlists.model import HotlistSource
from matchers.watch import Holder, Match
from records.audit import verify
from storage.postgres import Connection, Database
from tests.conflicts import evidence
from tests.integration.alerting import (
    ENTRY,
    NOW,
    ORI,
    OTHER_ORI,
    does,
    heard,
    listening,
    match,
    person,
    raised,
    rows,
)
from tests.seeding import alert_of

LISTS = ("NCIC", "County")
TABLES = {
    "alerts": "to_jsonb(t) - 'code' - 'number'",
    "sightings": "to_jsonb(t)",
    "alert_history": "to_jsonb(t)",
    "alert_holders": "to_jsonb(t)",
    "audit": "to_jsonb(t) - 'lane' - 'seq' - 'previous' - 'hash'",
    "pgqueuer": "jsonb_build_array(t.entrypoint, t.payload, t.dedupe_key)",
}


@pytest.fixture
async def sources(db: Database) -> list[HotlistSource]:
    """Two lists of one agency; there are two agencies, and a dispatcher."""
    await person(db, "m.ortiz")
    async with db.transaction() as conn:
        return [await ensure_source(conn, ORI, name, now=NOW) for name in LISTS]


def entry(number: int, source: HotlistSource, agency: str = ORI) -> Entry:
    return msgspec.structs.replace(
        ENTRY,
        entry_id=uuid5(ENTRY.entry_id, f"{source.name} {number}"),
        agency=agency,
        source=str(source.id),
        plate=f"ABC{number:03}",
        priority=1 + number % 4,
    )


def mixed(sources: list[HotlistSource], seed: int, many: int = 60) -> list[Match]:
    """Matches of a few vehicles, each of one list or both: live and late, agreeing and conflicting,
    some of them twice, and texts that PostgreSQL cannot hold among them."""
    order = random.Random(seed)
    made: list[Match] = []
    for n in range(many):
        if made and order.random() < 0.2:
            made.append(order.choice(made))
            continue
        wanted = order.randrange(6)
        first, second = order.sample(sources, 2)
        one = match(
            entry(wanted, first),
            read_id=UUID(int=order.getrandbits(128), version=4),
            seen_at=NOW - timedelta(seconds=order.choice([1, 30, 900, 7200])),
            place=Place(name=order.choice(["Elm St", "4th\0 \ud800 and Main", '{"a",\\}'])),
        )
        other = Holder(
            entry=entry(wanted, second),
            source_name=second.name,
            generation=order.randrange(4),
            list_refreshed_at=NOW,
        )
        made.append(
            msgspec.structs.replace(
                one,
                evidence=evidence(conflict=order.random() < 0.3),
                target=uuid5(ENTRY.entry_id, f"target {wanted}"),
                generation=order.randrange(4),
                change=n,
                also=(other,) if order.random() < 0.5 else (),
            )
        )
    return made


async def everything(conn: Connection) -> dict[str, list[str]]:
    found = {}
    for table, shown in TABLES.items():
        cursor = await conn.execute(f"select ({shown})::text as row from {table} t")
        found[table] = sorted(row["row"] for row in await cursor.fetchall())
    return found


async def numbers(conn: Connection) -> list[str]:
    cursor = await conn.execute("select number from alerts order by number")
    return [row["number"] for row in await cursor.fetchall()]


@pytest.mark.parametrize("seed", range(6))
async def test_all_at_once_is_the_same_as_one_after_the_other(
    db: Database, sources: list[HotlistSource], seed: int
) -> None:
    matches = mixed(sources, seed)
    async with db.transaction() as conn:  # wanted no longer: one vehicle on both lists, one on one
        for source, number in ((sources[0], 0), (sources[1], 0), (sources[0], 1)):
            await live_store.withdraw(
                conn, source, entry(number, source), by="test", reason="recovered this morning",
                now=NOW, until=NOW + timedelta(days=1),
            )  # fmt: skip
        for source in sources:  # in force is a newer file than what some were matched against
            await conn.execute(
                "insert into generations (source, number, state, sha256, entries, rows,"
                " refreshed_at, requested_by) values (%s, 3, 'active', '', 1, 1, %s, 'test')",
                (source.id, NOW),
            )

    async def one_by_one(conn: Connection) -> list[Raised | None]:
        return [await raise_alert(conn, one, NOW) for one in matches]

    async def all_at_once(conn: Connection) -> list[Raised | None]:
        return await raise_alerts(conn, matches, NOW, wait=False)

    async def parts(conn: Connection) -> list[Raised | None]:
        cuts = [0, 1, 8, 9, 30, len(matches)]
        return [r for a, b in pairwise(cuts) for r in await raise_alerts(conn, matches[a:b], NOW)]

    outcomes = []
    for way in (one_by_one, all_at_once, parts):
        async with db.connection() as conn, conn.transaction(force_rollback=True):
            made = await way(conn)
            outcomes.append((made, await everything(conn), await numbers(conn)))
    assert outcomes[1] == outcomes[0]
    assert outcomes[2] == outcomes[0]
    made, found, given = outcomes[0]
    assert len(found["alerts"]) == 5  # of six vehicles one is not wanted any longer
    assert given == [f"26-{n:05}" for n in range(1, 6)]
    assert len(found["sightings"]) == sum(r is not None and r.new_sighting for r in made)
    # What makes the comparison worth something did happen.
    assert any("withdrawn-before" in row for row in found["audit"])
    assert any("needs-more" in row for row in found["alert_history"])
    assert any("overtaken" in row for row in found["pgqueuer"])


@pytest.mark.parametrize("how", ["by its target", "by its open alert"])
async def test_a_vehicle_that_another_has_waits_and_the_others_do_not(
    db: Database, sources: list[HotlistSource], how: str
) -> None:
    matches = list({one.read.read_id: one for one in mixed(sources, 1)}.values())
    taken = matches[0].wanted
    async with db.connection() as conn, conn.transaction():
        if how == "by its target":
            await conn.execute("select pg_advisory_xact_lock(%s)", (lock_key(taken),))
        else:
            await raised(db, matches.pop(0))
            await conn.execute("select from alerts where target = %s for update", (taken,))
        async with db.transaction() as ours:
            made = await raise_alerts(ours, matches, NOW, wait=False)
        waiting = asyncio.create_task(_raise(db, matches))
        done, _ = await asyncio.wait([waiting], timeout=0.3)
        assert not done
    left = [one.wanted == taken for one in matches]
    assert [one is None for one in made] == left
    again = await waiting
    assert [one is not None and one.new_sighting for one in again] == left
    assert sum(one is not None and one.new_alert for one in again) == (how == "by its target")
    assert (await verify(db)).ok


async def test_jobs_for_the_same_lists_in_any_order_are_no_deadlock(
    db: Database, sources: list[HotlistSource]
) -> None:
    async with db.transaction() as conn:
        for source in sources:
            await conn.execute(
                "insert into generations (source, number, state, sha256, entries, rows,"
                " refreshed_at, requested_by) values (%s, 9, 'active', '', 1, 1, %s, 'test')",
                (source.id, NOW),
            )

    def seen(vehicle: int, source: HotlistSource) -> Match:
        target = uuid5(ENTRY.entry_id, f"vehicle {vehicle}")
        return msgspec.structs.replace(match(entry(vehicle, source)), target=target)

    for vehicle in range(0, 16, 2):
        orders = [(vehicle, sources), (vehicle + 1, sources[::-1])]
        for number, order in orders:  # so that neither waits for the other's number
            await _raise(db, [seen(number, order[0])])
        async with db.connection() as conn:
            await conn.execute("delete from pgqueuer")
        await asyncio.gather(*(_raise(db, [seen(n, s) for s in order]) for n, order in orders))
    assert await rows(db, "select count(*) from pgqueuer") == [(2,)]


async def _raise(db: Database, matches: list[Match]) -> list[Raised | None]:
    async with db.transaction() as conn:
        return await raise_alerts(conn, matches, NOW)


async def test_two_that_raise_the_same_at_once_make_one_of_each(
    db: Database, database_url: str, sources: list[HotlistSource]
) -> None:
    matches = mixed(sources, 2, 40)
    async with Database(database_url, size=4) as other:

        async def worker(pool: Database, seed: int) -> None:
            order = random.Random(seed)
            theirs = matches.copy()
            order.shuffle(theirs)
            while theirs:
                part, theirs = theirs[:7], theirs[7:]
                made = await _part(pool, part)
                theirs += [m for m, r in zip(part, made, strict=True) if r is None]

        await asyncio.gather(*(worker(p, n) for n, p in enumerate([db, other] * 2)))
    reads = {(m.wanted, m.read.read_id) for m in matches}
    targets = {m.wanted for m in matches}
    assert await rows(db, "select count(*) from sightings") == [(len(reads),)]
    assert await rows(db, "select count(*), sum(sightings) from alerts") == [
        (len(targets), len(reads))
    ]
    given = await rows(db, "select number from alerts order by number")
    assert [n for (n,) in given] == [f"26-{n:05}" for n in range(1, len(targets) + 1)]
    assert (await verify(db)).ok


async def _part(pool: Database, part: list[Match]) -> list[Raised | None]:
    async with pool.transaction() as conn:
        return await raise_alerts(conn, part, NOW, wait=False)


async def test_agencies_have_numbers_of_their_own_and_desks_hear_each(db: Database) -> None:
    await person(db, "m.ortiz")
    entries = [
        Entry(entry_id=uuid4(), agency=ori, source="", category="local", priority=3, plate=f"A{n}")
        for n, ori in enumerate([OTHER_ORI, ORI, ORI, OTHER_ORI, ORI])
    ]
    matches = [match(one) for one in entries]
    async with listening(db) as desk:
        made = await _raise(db, [*matches, matches[0], match(entries[0])])
        said = await heard(desk)
    alerts = [alert_of(one) for one in made if one is not None]
    assert said == [f"{e.agency} {a} raised" for e, a in zip(entries, alerts, strict=False)] + [
        f"{OTHER_ORI} {alerts[0]} sighting"
    ]
    assert await rows(db, "select agency, number from alerts order by 1, 2") == [
        (ori, f"26-{n:05}") for ori, many in ((ORI, 3), (OTHER_ORI, 2)) for n in range(1, many + 1)
    ]


async def test_none_of_them_is_raised_when_one_cannot_be(db: Database) -> None:
    await person(db, "m.ortiz")
    good = match()
    stranger: dict[str, Any] = {"agency": "XX0000000", "entry_id": uuid4()}
    bad = match(msgspec.structs.replace(ENTRY, **stranger))
    with pytest.raises(Exception, match="foreign key"):
        await _raise(db, [good, bad])
    assert await rows(db, "select count(*) from alerts") == [(0,)]
    assert await rows(db, "select count(*) from audit where subject like 'alert:%%'") == [(0,)]


async def test_those_of_one_vehicle_open_an_episode_anew_after_it_ended(db: Database) -> None:
    desk = await person(db, "m.ortiz")
    first = await raised(db)
    await does(db, first, Claim(desk))
    await does(db, first, Reject(desk, RejectReason.NOT_THE_VEHICLE))
    made = await _raise(db, [match(), match(), match()])
    outcomes = [(one.new_alert, one.new_sighting) for one in made if one is not None]
    assert outcomes == [(True, True), (False, True), (False, True)]
    assert {one.alert for one in made if one is not None}.isdisjoint({first})
