"""What a worker matches against: current within a second, and never lost while a server is away."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from domain.read import Read
from hotlists import mapped, mapping
from hotlists.chunks import entry_ids, pack
from hotlists.columns import Rows
from hotlists.configuring import ensure_source
from hotlists.keeper import WatchKeeper
from hotlists.model import HotlistSource
from hotlists.refresh import refresh
from matchers.engine import match
from storage.embedded_postgres import EmbeddedPostgres
from storage.migrate import migrate
from storage.postgres import Database

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
AGENCY, OTHER = "KS0190100", "TX2270000"


def csv(*plates: str, expires: str = "") -> bytes:
    rows = [f"{plate},KS,EV,V{n:09},{expires}" for n, plate in enumerate(plates)]
    return "\n".join(("LIC,LIS,MKE,NIC,EXPIRES", *rows, "")).encode()


def read(plate: str, agency: str = AGENCY) -> Read:
    return Read(
        read_id=uuid4(), agency=agency, camera="c", seen_at=NOW, received_at=NOW,
        plate=plate, plate_raw=plate, state="KS",
    )  # fmt: skip


async def new_source(db: Database, agency: str = AGENCY, name: str = "NCIC") -> HotlistSource:
    async with db.transaction() as conn:
        await conn.execute(
            "insert into agencies (ori, name, timezone) values (%s, %s, 'America/Chicago')"
            " on conflict do nothing",
            (agency, agency),
        )
        return await ensure_source(conn, agency, name)


@asynccontextmanager
async def running(keeper: WatchKeeper) -> AsyncIterator[None]:
    task = asyncio.create_task(keeper.run())
    try:
        await asyncio.wait_for(keeper.ready(), 10)
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    while not true():
        assert loop.time() < start + seconds, "it did not happen in time"
        await asyncio.sleep(0.01)


async def test_a_worker_matches_against_the_lists_in_force(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotlists.keeper.POLL", 60.0)  # it is told, and need not look
    source = await new_source(db)
    keeper = WatchKeeper(db, lambda: NOW)
    async with running(keeper):
        assert keeper.watch(AGENCY) is None
        await refresh(db, source, csv("ABC123", "XYZ789"), by="op", now=NOW)
        await until(lambda: keeper.watch(AGENCY) is not None)
        watch = keeper.watch(AGENCY)
        assert watch is not None
        (found,) = match([read("ABC123"), read("QQQ111")], watch, NOW)
        assert (found.entry.plate, found.generation, found.source_name) == ("ABC123", 1, "NCIC")
        assert found.list_refreshed_at == NOW
        await refresh(db, source, csv("QQQ111"), by="op", now=NOW)
        await until(lambda: keeper.watch(AGENCY) is not watch and generation(keeper) == 2)
        changed = keeper.watch(AGENCY)
        assert changed is not None
        (found,) = match([read("ABC123"), read("QQQ111")], changed, NOW)
        assert (found.entry.plate, found.generation) == ("QQQ111", 2)


def generation(keeper: WatchKeeper, agency: str = AGENCY) -> int:
    watch = keeper.watch(agency)
    return max((g.number for g in watch.generations.values()), default=0) if watch else 0


async def test_each_agency_has_its_own_watch_over_all_its_lists(db: Database) -> None:
    for agency, name, plate in (
        (AGENCY, "NCIC", "ABC123"), (AGENCY, "Local", "ABC123"), (OTHER, "NCIC", "TEX123"),
    ):  # fmt: skip
        await refresh(db, await new_source(db, agency, name), csv(plate), by="op", now=NOW)
    keeper = WatchKeeper(db, lambda: NOW)
    await keeper.load_once()
    ours, theirs = keeper.watch(AGENCY), keeper.watch(OTHER)
    assert ours is not None
    assert theirs is not None
    (found,) = match([read("ABC123"), read("TEX123")], ours, NOW)
    assert sorted(holder.source_name for holder in found.holders) == ["Local", "NCIC"]
    assert match([read("ABC123", OTHER)], theirs, NOW) == []


async def test_expiry_goes_by_the_agency_s_time_zone(db: Database) -> None:
    source = await new_source(db)
    today = date(2026, 11, 20)
    data = csv("ABC123", expires=today.isoformat())
    await refresh(db, source, data, by="op", now=NOW - timedelta(days=2))
    keeper = WatchKeeper(db, lambda: NOW)
    await keeper.load_once()
    watch = keeper.watch(AGENCY)
    assert watch is not None
    evening = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
    base = read("ABC123")
    late = Read(
        read_id=base.read_id, agency=AGENCY, camera="c", seen_at=evening, received_at=evening,
        plate="ABC123", plate_raw="ABC123",
    )  # fmt: skip
    assert len(match([late], watch, evening)) == 1
    assert match([base], watch, NOW) == []


async def test_a_quarantined_list_changes_nothing(db: Database) -> None:
    source = await new_source(db)
    await refresh(db, source, csv("ABC123"), by="op", now=NOW)
    keeper = WatchKeeper(db, lambda: NOW)
    await keeper.load_once()
    before = keeper.watch(AGENCY)
    assert (await refresh(db, source, b"", by="op", now=NOW)).outcome == "quarantined"
    await keeper.load_once()
    after = keeper.watch(AGENCY)
    assert before is not None
    assert after is not None
    assert dict(after.generations) == dict(before.generations)


async def test_a_list_confirmed_by_its_source_gets_a_new_time_and_is_not_loaded_again(
    db: Database,
) -> None:
    source = await new_source(db)
    await refresh(db, source, csv("ABC123"), by="op", now=NOW)
    keeper = WatchKeeper(db, lambda: NOW)
    await keeper.load_once()
    first = keeper.watch(AGENCY)
    later = NOW + timedelta(hours=12)
    await refresh(db, source, csv("ABC123"), by="op", now=later)
    await keeper.load_once()
    second = keeper.watch(AGENCY)
    assert first is not None
    assert second is not None
    (one,), (other,) = first.generations.values(), second.generations.values()
    assert other.refreshed_at == later
    assert one.index is other.index


async def test_damaged_storage_keeps_the_last_good_generation(db: Database) -> None:
    source = await new_source(db)
    await refresh(db, source, csv("ABC123"), by="op", now=NOW)
    keeper = WatchKeeper(db, lambda: NOW)
    await keeper.load_once()
    await refresh(db, source, csv("ABC123", "QQQ111"), by="op", now=NOW)
    async with db.transaction() as conn:
        await conn.execute(
            "update generation_chunks set data = overlay(data placing '\\x00' from 60)"
            " where generation = (select id from generations where state = 'active')"
        )
    for _ in range(2):
        await keeper.load_once()
        assert generation(keeper) == 1
        assert str(source.id) in keeper.problems
    async with db.transaction() as conn:
        await conn.execute("delete from generation_chunks")
    await keeper.load_once()
    assert generation(keeper) == 1


async def test_a_mapped_file_of_an_older_release_or_a_broken_one_is_made_again(
    db: Database, tmp_path: Path
) -> None:
    source = await new_source(db)
    await refresh(db, source, csv("ABC123", "XYZ789"), by="op", now=NOW)
    await WatchKeeper(db, lambda: NOW, tmp_path).load_once()
    (path,) = tmp_path.glob(f"*{mapping.SUFFIX}")
    whole = path.read_bytes()
    for other in (whole.replace(mapped.MAGIC, b"BOLO-LIST-3\n"), whole[:1000], b""):
        path.write_bytes(other)
        keeper = WatchKeeper(db, lambda: NOW, tmp_path)
        await keeper.load_once()
        assert not keeper.problems
        watch = keeper.watch(AGENCY)
        assert watch is not None
        (found,) = match([read("ABC123")], watch, NOW)
        assert found.entry.plate == "ABC123"
        assert path.read_bytes() == whole


async def test_the_last_watch_is_kept_while_the_database_is_away(data_folder: Path) -> None:
    server = EmbeddedPostgres(data_folder, fast=True)
    await asyncio.to_thread(server.start)
    await asyncio.to_thread(migrate, server.url)
    async with Database(server.url, size=3) as db:
        source = await new_source(db)
        await refresh(db, source, csv("ABC123"), by="op", now=NOW)
        keeper = WatchKeeper(db, lambda: NOW)
        async with running(keeper):
            assert keeper.stale_since is None
            await asyncio.to_thread(server.stop)
            await until(lambda: keeper.stale_since is not None)
            watch = keeper.watch(AGENCY)
            assert watch is not None
            assert len(match([read("ABC123")], watch, NOW)) == 1
            await asyncio.sleep(0.5)
            await asyncio.to_thread(server.start)
            await until(lambda: keeper.stale_since is None, 30)
            await refresh(db, source, csv("QQQ111"), by="op", now=NOW)
            await until(lambda: generation(keeper) == 2)
    await asyncio.to_thread(server.stop)


async def test_a_list_withdrawn_with_its_source_leaves_the_watch(db: Database) -> None:
    source = await new_source(db)
    await refresh(db, source, csv("ABC123"), by="op", now=NOW)
    keeper = WatchKeeper(db, lambda: NOW)
    await keeper.load_once()
    assert UUID(next(iter(keeper.watches[AGENCY].generations))) == source.id
    async with db.transaction() as conn:
        await conn.execute("update generations set state = 'superseded'")
    await keeper.load_once()
    assert keeper.watch(AGENCY) is None


async def test_a_keeper_outlives_any_error_of_the_database(db: Database) -> None:
    source = await new_source(db)
    await refresh(db, source, csv("ABC123"), by="op", now=NOW)
    keeper = WatchKeeper(db, lambda: NOW)
    async with running(keeper):
        assert await keeper.current()
        async with db.transaction() as conn:
            await conn.execute("alter table generations rename to not_here")
        await until(lambda: keeper.stale_since is not None)
        assert not await keeper.current()
        assert keeper.watch(AGENCY) is not None, "the last watch stays"
        async with db.transaction() as conn:
            await conn.execute("alter table not_here rename to generations")
        await refresh(db, source, csv("NEW7777"), by="op", now=NOW)
        await until(lambda: generation(keeper) == 2)
        assert await keeper.current()


async def test_a_worker_that_cannot_load_a_list_in_force_does_not_match_without_it(
    db: Database,
) -> None:
    source = await new_source(db)
    await refresh(db, source, csv("ABC123"), by="op", now=NOW)
    async with db.transaction() as conn:
        await conn.execute("update generation_chunks set data = 'damaged'::bytea")
    keeper = WatchKeeper(db, lambda: NOW)
    task = asyncio.create_task(keeper.run())
    try:
        await until(lambda: bool(keeper.problems))
        waiting = asyncio.create_task(keeper.ready())
        await asyncio.sleep(0.3)
        assert not waiting.done(), "its reads wait in the log"
        await refresh(db, source, csv("ABC123", "NEW7777"), by="op", now=NOW)
        await asyncio.wait_for(waiting, 10)
        assert generation(keeper) == 2
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_what_a_killed_process_left_of_a_file_is_deleted_and_one_being_made_is_not(
    db: Database, tmp_path: Path
) -> None:
    await refresh(db, await new_source(db), csv("ABC123"), by="op", now=NOW)
    left, made = tmp_path / "generation-7.4711.part", tmp_path / "generation-8.4712.part"
    for path in (left, made):
        path.write_bytes(b"ABC123")
    os.utime(left, (0, time.time() - mapping.LEFT_OVER - 1))
    await WatchKeeper(db, lambda: NOW, tmp_path).load_once()
    assert not left.exists()
    assert made.exists()


async def test_a_list_that_cannot_be_mapped_does_not_keep_the_others_from_being_used(
    db: Database,
) -> None:
    """More categories than a byte tells apart: whole chunks, and still no file of them."""
    odd, good = await new_source(db), await new_source(db, OTHER)
    plates = [f"ABC{n:04}" for n in range(300)]
    await refresh(db, odd, csv(*plates), by="op", now=NOW)
    await refresh(db, good, csv("TEX123"), by="op", now=NOW)
    columns = {"plate": plates, "category": [f"c{n}" for n in range(300)]}
    (chunk,) = pack(Rows(plates, columns), entry_ids(AGENCY, str(odd.id), plates))
    async with db.transaction() as conn:
        await conn.execute(
            "update generation_chunks set data = %b where generation ="
            " (select id from generations where source = %s)",
            (chunk, odd.id),
        )
    keeper = WatchKeeper(db, lambda: NOW)
    await keeper.load_once()
    assert set(keeper.problems) == {str(odd.id)}
    watch = keeper.watch(OTHER)
    assert watch is not None
    assert len(match([read("TEX123", OTHER)], watch, NOW)) == 1
