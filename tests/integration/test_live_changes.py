"""Adds and withdrawals between refreshes: in force at once, and no file undoes them silently."""

from __future__ import annotations

import asyncio
import fcntl
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from domain.entry import Entry
from domain.errors import BadInput
from domain.ids import entry_id
from hotlists import live_store, mapping, store
from hotlists.keeper import WatchKeeper
from hotlists.model import HotlistSource
from hotlists.refresh import accept, refresh, rollback
from storage.postgres import Database
from tests.integration.list_world import (
    acts,
    entry_of,
    hits,
    in_force,
    keeping,
    matched,
    new_source,
    states,
    until,
)
from tests.lists import AGENCY, NOW, record, records, table

FIRST = table(records(0, 400))
SECOND = table(records(20, 420))
STAYS, GOES, COMES = (record(n)["LIC"] for n in (100, 5, 405))
HOURS = timedelta(hours=1)


async def put(db: Database, source: HotlistSource, data: bytes, hours: int = 0) -> int:
    result = await refresh(db, source, data, by="feed", now=NOW + hours * HOURS)
    assert result.outcome in ("active", "unchanged"), result.sentences()
    return result.generation


def extra(source: HotlistSource, plate: str = "NEW7777") -> Entry:
    return Entry(
        entry_id=entry_id(AGENCY, str(source.id), plate), agency=AGENCY, source=str(source.id),
        category="local", priority=2, plate=plate, state="KS",
    )  # fmt: skip


async def withdrawn(
    db: Database, source: HotlistSource, entry: Entry, hours: int = 72, at: int = 0
) -> int:
    now = NOW + at * HOURS
    async with db.transaction() as conn:
        return await live_store.withdraw(
            conn, source, entry, by="dana", reason="recovered", now=now, until=now + hours * HOURS
        )


async def added(db: Database, source: HotlistSource, entry: Entry) -> int:
    async with db.transaction() as conn:
        return await live_store.add(conn, source, entry, by="dana", reason="seen", now=NOW)


async def now_matching(db: Database, folder: Path, *plates: str) -> list[str]:
    """What a worker that starts this moment matches."""
    keeper = WatchKeeper(db, lambda: NOW, folder)
    await keeper.load_once()
    return hits(keeper.watch(AGENCY), *plates)


async def words(db: Database) -> list[tuple[int, str, str]]:
    async with db.connection() as conn:
        cursor = await conn.execute("select number, op, reason from changes order by number")
        return [(r["number"], r["op"], r["reason"]) for r in await cursor.fetchall()]


async def test_a_withdrawal_stands_against_files_until_one_confirms_it(
    db: Database, tmp_path: Path
) -> None:
    source = await new_source(db)
    await put(db, source, FIRST)
    async with keeping(db, tmp_path / "a") as keeper:
        entry = entry_of(keeper.watch(AGENCY), GOES)
        number = await withdrawn(db, source, entry)
        await until(lambda: hits(keeper.watch(AGENCY), STAYS, GOES) == [STAYS])
        (one,) = matched(keeper.watch(AGENCY), STAYS)
        assert (one.change, one.generation) == (number, 1)
        await put(db, source, FIRST, hours=1)  # the same bytes again
        still = table([*records(0, 400), record(419)])
        assert await put(db, source, still, hours=2) == 2
        await until(lambda: matched(keeper.watch(AGENCY), STAYS)[0].generation == 2)
        assert hits(keeper.watch(AGENCY), STAYS, GOES) == [STAYS], "the file still holds it"
        assert await now_matching(db, tmp_path / "b", STAYS, GOES) == [STAYS]
        async with db.connection() as conn:
            (standing,) = await live_store.standing(conn, AGENCY)
        assert (standing.op, standing.held_by) == ("withdraw", 2)
        assert await put(db, source, SECOND, hours=3) == 3
        await until(lambda: matched(keeper.watch(AGENCY), STAYS)[0].generation == 3)
        async with db.connection() as conn:
            assert await live_store.standing(conn, AGENCY) == []
        assert (await words(db))[-1][1:] == ("gone", "confirmed: generation 3 no longer holds it")
        assert hits(keeper.watch(AGENCY), STAYS, GOES, COMES) == [STAYS, COMES]
    assert [a["action"] for a in await acts(db)].count("hotlist.withdraw") == 1


async def test_a_withdrawal_lapses_after_its_time_and_the_entry_counts_again(
    db: Database, tmp_path: Path
) -> None:
    source = await new_source(db)
    await put(db, source, FIRST)
    async with keeping(db, tmp_path) as keeper:
        await withdrawn(db, source, entry_of(keeper.watch(AGENCY), GOES), hours=2)
        await until(lambda: hits(keeper.watch(AGENCY), GOES) == [])
        async with db.transaction() as conn:
            assert await live_store.lapse_withdrawals(conn, NOW + HOURS) == 0
            assert await live_store.lapse_withdrawals(conn, NOW + 2 * HOURS) == 1
        await until(lambda: hits(keeper.watch(AGENCY), GOES) == [GOES])
    assert "still holds the entry" in (await words(db))[-1][2]


async def test_a_refresh_after_its_time_lapses_a_withdrawal_too(
    db: Database, tmp_path: Path
) -> None:
    source = await new_source(db)
    await put(db, source, FIRST)
    keeper = WatchKeeper(db, lambda: NOW, tmp_path)
    await keeper.load_once()
    await withdrawn(db, source, entry_of(keeper.watch(AGENCY), GOES), hours=2)
    await put(db, source, table([*records(0, 400), record(419)]), hours=1)
    assert await now_matching(db, tmp_path, GOES) == []
    await put(db, source, table([*records(0, 400), record(418)]), hours=2)
    assert await now_matching(db, tmp_path, GOES) == [GOES]


async def test_what_was_added_survives_refreshes_and_restarts_until_it_ends(
    db: Database, tmp_path: Path
) -> None:
    source = await new_source(db)
    await put(db, source, FIRST)
    entry = extra(source)
    async with keeping(db, tmp_path / "a") as keeper:
        number = await added(db, source, entry)
        await until(lambda: hits(keeper.watch(AGENCY), entry.plate) == [entry.plate])
        (one,) = matched(keeper.watch(AGENCY), entry.plate)
        assert (one.change, one.generation, one.source_name) == (number, 1, "NCIC")
        await put(db, source, SECOND)
        await until(lambda: matched(keeper.watch(AGENCY), entry.plate)[0].generation == 2)
    assert await now_matching(db, tmp_path / "b", entry.plate, GOES) == [entry.plate]
    async with db.transaction() as conn:
        await live_store.end(conn, source, entry, by="dana", reason="found", now=NOW)
    assert await now_matching(db, tmp_path / "b", entry.plate) == []


async def test_an_entry_can_be_added_where_no_list_is_in_force(
    db: Database, tmp_path: Path
) -> None:
    source = await new_source(db)
    entry = extra(source)
    await added(db, source, entry)
    assert await now_matching(db, tmp_path, entry.plate) == [entry.plate]
    await withdrawn(db, source, entry)
    assert await now_matching(db, tmp_path, entry.plate) == []


@contextmanager
def held_up(folder: Path, generation: int) -> Iterator[None]:
    """Another process of the host is making that generation's file, and takes its time."""
    folder.mkdir(exist_ok=True)
    with mapping.path_of(folder, generation).with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


async def next_id(db: Database) -> int:
    async with db.connection() as conn:
        cursor = await conn.execute("select max(id) + 1 as next from generations")
        row = await cursor.fetchone()
    assert row is not None
    return int(row["next"])


async def test_live_changes_do_not_wait_for_a_list_that_is_being_loaded(
    db: Database, tmp_path: Path
) -> None:
    source = await new_source(db)
    await put(db, source, FIRST)
    async with keeping(db, tmp_path) as keeper:
        with held_up(tmp_path, await next_id(db)):
            await put(db, source, SECOND)
            await withdrawn(db, source, entry_of(keeper.watch(AGENCY), STAYS))
            await added(db, source, extra(source))
            await until(lambda: hits(keeper.watch(AGENCY), STAYS, "NEW7777") == ["NEW7777"])
            (one,) = matched(keeper.watch(AGENCY), GOES)
            assert (one.generation, one.change) == (1, 2)
        await until(lambda: hits(keeper.watch(AGENCY), STAYS, GOES, COMES) == [COMES])


async def test_a_confirmed_withdrawal_does_not_come_back_while_the_next_list_is_loaded(
    db: Database, tmp_path: Path
) -> None:
    source = await new_source(db)
    await put(db, source, FIRST)
    async with keeping(db, tmp_path) as keeper:
        entry = entry_of(keeper.watch(AGENCY), GOES)
        await withdrawn(db, source, entry)
        await until(lambda: hits(keeper.watch(AGENCY), GOES) == [])
        with held_up(tmp_path, await next_id(db)):
            await put(db, source, SECOND)
            await until(lambda: _change(keeper) == 2)
            for _ in range(3):  # further changes while the old generation is in use
                last = await added(db, source, extra(source))
                await until(lambda last=last: _change(keeper) == last)  # type: ignore[misc]
                assert hits(keeper.watch(AGENCY), GOES, STAYS) == [STAYS]
        await until(lambda: hits(keeper.watch(AGENCY), COMES) == [COMES])
        assert hits(keeper.watch(AGENCY), GOES) == []


async def test_a_withdrawal_that_was_confirmed_before_anybody_saw_it_is_kept_too(
    db: Database, tmp_path: Path
) -> None:
    source = await new_source(db)
    await put(db, source, FIRST)
    keeper = WatchKeeper(db, lambda: NOW, tmp_path)
    await keeper.load_once()
    await withdrawn(db, source, entry_of(keeper.watch(AGENCY), GOES))
    with held_up(tmp_path, await next_id(db)):
        await put(db, source, SECOND)  # both, between two looks of this worker
        loading = asyncio.create_task(keeper.load_once())
        await until(lambda: _change(keeper) == 2)
        assert hits(keeper.watch(AGENCY), STAYS, GOES) == [STAYS]
    await loading
    assert hits(keeper.watch(AGENCY), STAYS, GOES, COMES) == [STAYS, COMES]


async def test_a_lifted_withdrawal_counts_at_once_even_while_a_list_is_loaded(
    db: Database, tmp_path: Path
) -> None:
    source = await new_source(db)
    await put(db, source, FIRST)
    async with keeping(db, tmp_path) as keeper:
        entry = entry_of(keeper.watch(AGENCY), STAYS)
        await withdrawn(db, source, entry)
        await until(lambda: hits(keeper.watch(AGENCY), STAYS) == [])
        with held_up(tmp_path, await next_id(db)):
            await put(db, source, SECOND)
            async with db.transaction() as conn:
                await live_store.end(conn, source, entry, by="dana", reason="mistake", now=NOW)
            await until(lambda: hits(keeper.watch(AGENCY), STAYS) == [STAYS])
            assert matched(keeper.watch(AGENCY), STAYS)[0].generation == 1


def _change(keeper: WatchKeeper) -> int:
    watch = keeper.watch(AGENCY)
    return watch.change if watch else 0


async def test_whatever_comes_together_a_withdrawn_entry_is_never_matched(
    db: Database, tmp_path: Path
) -> None:
    """Withdrawals, files with and without the entries, adds, in a random order; after each change
    that the keeper has seen, a withdrawn entry must not match until its time or a new entry."""
    source = await new_source(db)
    await put(db, source, FIRST)
    chance = random.Random(7)
    async with keeping(db, tmp_path) as keeper:
        gone: set[str] = set()
        seen: list[str] = []

        async def watching() -> None:
            while True:
                watch = keeper.watch(AGENCY)
                for plate in hits(watch, *list(gone)):
                    assert watch is not None
                    seen.append(f"{plate} at change {watch.change}")
                await asyncio.sleep(0.001)

        looking = asyncio.create_task(watching())
        for n in range(25):
            if chance.random() < 0.5:
                plate = record(200 + n)["LIC"]  # on every file
                number = await withdrawn(db, source, entry_of(keeper.watch(AGENCY), plate))
                await until(lambda number=number: _change(keeper) >= number)  # type: ignore[misc]
                gone.add(plate)
            else:
                first = chance.randrange(40)
                await put(db, source, table([*records(first, first + 400), record(1000 + n)]))
        await asyncio.sleep(0.3)
        looking.cancel()
        assert seen == []
        assert len(gone) > 5


async def test_change_numbers_are_in_the_order_of_commits(db: Database) -> None:
    source = await new_source(db)

    async def one(n: int) -> int:
        return await added(db, source, extra(source, f"P{n:05}"))

    numbers = await asyncio.gather(*(one(n) for n in range(40)))
    assert sorted(numbers) == list(range(1, 41))
    async with db.connection() as conn:
        assert await live_store.heads(conn) == {AGENCY: 40}
        news = await live_store.changed_since(conn, AGENCY, 30)
    assert [one.number for one in news] == list(range(31, 41))


async def test_going_back_is_by_name_with_a_reason_and_withdrawals_stand(
    db: Database, tmp_path: Path
) -> None:
    source = await new_source(db)
    await put(db, source, FIRST)
    await put(db, source, SECOND)
    keeper = WatchKeeper(db, lambda: NOW, tmp_path)
    await keeper.load_once()
    await withdrawn(db, source, entry_of(keeper.watch(AGENCY), STAYS))
    result = await rollback(db, source, 1, by="dana", reason="the wrong county", now=NOW)
    assert (result.outcome, result.generation) == ("active", 1)
    assert await states(db, source.id) == [(1, "active"), (2, "superseded")]
    assert await in_force(db, source) == 1
    await keeper.load_once()
    assert hits(keeper.watch(AGENCY), STAYS, GOES, COMES) == [GOES], "the withdrawal stands"
    last = (await acts(db))[-1]
    assert (last["action"], last["actor"], last["reason"]) == (
        "hotlist.rolled-back", "dana", "the wrong county",
    )  # fmt: skip
    async with db.connection() as conn:
        current = await store.active(conn, source.id)
    assert current is not None
    assert (current.accepted_by, current.accepted_because) == ("dana", "the wrong county")
    assert current.refreshed_at == NOW


async def test_going_back_does_not_undo_a_withdrawal_that_was_confirmed_since(
    db: Database, tmp_path: Path
) -> None:
    source = await new_source(db)
    await put(db, source, FIRST)
    keeper = WatchKeeper(db, lambda: NOW, tmp_path)
    await keeper.load_once()
    await withdrawn(db, source, entry_of(keeper.watch(AGENCY), GOES))
    await put(db, source, SECOND, hours=1)  # confirms it
    await rollback(db, source, 1, by="dana", reason="the wrong county", now=NOW)
    await keeper.load_once()
    assert hits(keeper.watch(AGENCY), STAYS, GOES) == [STAYS]
    async with db.connection() as conn:
        (standing,) = await live_store.standing(conn, AGENCY)
    assert (standing.op, standing.by) == ("withdraw", "lists")
    assert standing.until is not None
    assert standing.until > NOW


async def test_a_list_from_before_something_was_dropped_does_not_come_back(db: Database) -> None:
    source = await new_source(db)
    await put(db, source, FIRST)
    stricter = await new_source(db, settings={"drop": ["XQ"]})
    await put(db, stricter, SECOND)
    with pytest.raises(BadInput, match="what is dropped has changed"):
        await rollback(db, stricter, 1, by="dana", reason="the old one", now=NOW)


async def test_an_accepted_list_is_loaded_and_says_by_whom_and_why(
    db: Database, tmp_path: Path
) -> None:
    source = await new_source(db)
    await put(db, source, FIRST)
    few = table(records(0, 100))
    result = await refresh(db, source, few, by="feed", now=NOW)
    assert result.outcome == "quarantined"
    assert await now_matching(db, tmp_path, record(300)["LIC"]) == [record(300)["LIC"]]
    await accept(db, source, 2, by="dana", reason="the year's purge", now=NOW + HOURS)
    assert await now_matching(db, tmp_path, record(300)["LIC"], record(3)["LIC"]) == [
        record(3)["LIC"]
    ]
    last = (await acts(db))[-1]
    assert (last["action"], last["actor"], last["reason"]) == (
        "hotlist.accepted", "dana", "the year's purge",
    )  # fmt: skip
    async with db.connection() as conn:
        current = await store.active(conn, source.id)
    assert current is not None
    assert (current.accepted_by, current.refreshed_at) == ("dana", NOW + HOURS)
