"""Refreshes on a real database: no broken list ever replaces a good one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain.errors import BadInput, NotFound, Prohibited, Unavailable
from hotlists import store
from hotlists.chunks import unpack
from hotlists.configuring import ensure_source
from hotlists.importing import import_file
from hotlists.model import HotlistSource, RefreshResult
from hotlists.refresh import Means, accept, refresh, rollback
from hotlists.sealing import unseal
from hotlists.watching import follow
from policy.loading import standard
from storage.postgres import Database
from tests.lists import KEY

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
AGENCY = "KS0190100"


def csv(*plates: str, mke: str = "EV") -> bytes:
    rows = [f"{plate},KS,{mke},V{n:09}" for n, plate in enumerate(plates)]
    return "\n".join(("LIC,LIS,MKE,NIC", *rows, "")).encode()


GOOD = csv(*(f"{n:03}KTB" for n in range(100)))


async def new_source(db: Database, location: str = "", name: str = "NCIC") -> HotlistSource:
    async with db.transaction() as conn:
        await conn.execute(
            "insert into agencies (ori, name) values (%s, 'Pittsburg PD') on conflict do nothing",
            (AGENCY,),
        )
        return await ensure_source(conn, AGENCY, name, location=location)


async def states(db: Database, source: UUID) -> list[tuple[int, str]]:
    async with db.connection() as conn:
        return [(g.number, g.state) for g in reversed(await store.generations(conn, source))]


async def audit(db: Database, *, sources: bool = False) -> list[dict[str, Any]]:
    """Every audit row of refreshes; with `sources` those of sources instead."""
    async with db.connection() as conn:
        cursor = await conn.execute(
            "select * from audit where (action like 'hotlist.source-%%') = %s"
            " order by at, lane, seq",
            (sources,),
        )
        return list(await cursor.fetchall())


async def test_a_good_list_is_put_in_force_and_audited(db: Database) -> None:
    source = await new_source(db)
    result = await refresh(db, source, GOOD, by="operator", now=NOW)
    assert (result.outcome, result.generation, result.entries) == ("active", 1, 100)
    assert await states(db, source.id) == [(1, "active")]
    (row,) = await audit(db)
    assert (row["action"], row["actor"]) == ("hotlist.refreshed", "operator")
    assert row["subject"] == f"hotlist:{source.id}"
    assert "KTB" not in row["detail"]


async def test_the_next_good_list_supersedes_it(db: Database) -> None:
    source = await new_source(db)
    await refresh(db, source, GOOD, by="operator", now=NOW)
    result = await refresh(db, source, GOOD + b"NEW1,KS,EV,V5\n", by="operator", now=NOW)
    assert (result.generation, result.entries) == (2, 101)
    assert await states(db, source.id) == [(1, "superseded"), (2, "active")]


async def test_the_same_bytes_again_confirm_the_list_in_force(db: Database) -> None:
    source = await new_source(db)
    await refresh(db, source, GOOD, by="operator", now=NOW)
    later = NOW + timedelta(hours=12)
    result = await refresh(db, source, GOOD, by="operator", now=later)
    assert (result.outcome, result.generation) == ("unchanged", 1)
    async with db.connection() as conn:
        (active,) = await store.in_force(conn)
    assert active.refreshed_at == later


@pytest.mark.parametrize(
    ("damage", "guard"),
    [
        (b"", "empty"),
        (GOOD[: len(GOOD) // 3], "row-count"),
        (GOOD.split(b"\n", 1)[1], "missing-columns"),
        (GOOD * 3, "duplicates"),
        (bytes(range(256)) * 40, "not-text"),
    ],
)
async def test_a_broken_list_is_quarantined_and_the_last_good_one_stays(
    db: Database, damage: bytes, guard: str
) -> None:
    source = await new_source(db)
    await refresh(db, source, GOOD, by="operator", now=NOW)
    result = await refresh(db, source, damage, by="operator", now=NOW)
    assert result.outcome == "quarantined"
    assert guard in [finding.guard for finding in result.findings]
    assert await states(db, source.id) == [(1, "active"), (2, "quarantined")]
    again = await refresh(db, source, damage, by="file watcher", now=NOW)
    assert (again.outcome, again.generation) == ("quarantined", 2)
    assert await states(db, source.id) == [(1, "active"), (2, "quarantined")]


async def test_a_person_accepts_a_quarantined_list_by_name_with_a_reason(db: Database) -> None:
    source = await new_source(db)
    await refresh(db, source, GOOD, by="operator", now=NOW)
    await refresh(db, source, csv("ABC123"), by="operator", now=NOW)
    with pytest.raises(BadInput, match="needs a reason"):
        await accept(db, source, 2, by="operator", reason=" ", now=NOW)
    with pytest.raises(NotFound):
        await accept(db, source, 9, by="operator", reason="year's end", now=NOW)
    result = await accept(db, source, 2, by="operator", reason="year's end", now=NOW)
    assert (result.outcome, result.accepted_because) == ("active", "year's end")
    assert await states(db, source.id) == [(1, "superseded"), (2, "active")]
    assert (await audit(db))[-1]["reason"] == "year's end"
    with pytest.raises(BadInput, match="active, not quarantined"):
        await accept(db, source, 2, by="operator", reason="again", now=NOW)


async def test_accepting_at_once_works_but_not_where_there_is_nothing(db: Database) -> None:
    source = await new_source(db)
    await refresh(db, source, GOOD, by="operator", now=NOW)
    small = await refresh(db, source, csv("A1"), by="op", now=NOW, accept_anyway="new source")
    assert (small.outcome, small.findings[0].guard) == ("active", "row-count")
    binary = await refresh(db, source, b"\0", by="op", now=NOW, accept_anyway="please")
    assert binary.outcome == "quarantined"
    with pytest.raises(BadInput, match="nothing to accept"):
        await accept(db, source, binary.generation, by="op", reason="please", now=NOW)


async def test_prohibited_rows_are_stored_nowhere(db: Database) -> None:
    source = await new_source(db)
    data = GOOD + b"SECRET1,KS,EDF,N1\n" + b"SECRET2,KS,IMMIGRATION VIOLATOR,N2\n"
    result = await refresh(db, source, data, by="operator", now=NOW, means=Means(key=KEY))
    assert (result.outcome, result.prohibited, result.entries) == ("active", 2, 100)
    async with db.connection() as conn:
        cursor = await conn.execute("select g.*, a.detail from generations g, audit a")
        everything = repr(await cursor.fetchall()).encode()
        chunk = await store.chunk(conn, 1, 0)
        cursor = await conn.execute("select data from generation_originals")
        (original,) = await cursor.fetchall()
    assert chunk is not None
    kept = unseal(original["data"], KEY, source.id.bytes)
    assert kept == GOOD
    for stored in (everything, unpack(chunk).lines, unpack(chunk).plates, kept):
        assert b"SECRET" not in stored


async def test_the_second_of_two_refreshes_at_once_says_so(db: Database) -> None:
    source = await new_source(db)
    begun, go = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield GOOD[:500]
        begun.set()
        await go.wait()
        yield GOOD[500:]

    first = asyncio.create_task(refresh(db, source, slowly(), by="op 1", now=NOW))
    await begun.wait()
    with pytest.raises(Unavailable, match="another refresh of this list is running"):
        await refresh(db, source, GOOD, by="op 2", now=NOW)
    other = await new_source(db, name="County")
    assert (await refresh(db, other, GOOD, by="op 2", now=NOW)).outcome == "active"
    go.set()
    assert (await first).outcome == "active"
    assert (await refresh(db, source, GOOD, by="op 2", now=NOW)).outcome == "unchanged"


async def test_many_refreshes_at_once_leave_one_list_in_force(db: Database) -> None:
    source = await new_source(db)
    different = [GOOD + b"X%d,KS,EV,V7%d\n" % (n, n) for n in range(4)]
    done = await asyncio.gather(
        *(refresh(db, source, d, by="op", now=NOW) for d in different), return_exceptions=True
    )
    refused = [one for one in done if isinstance(one, Unavailable)]
    active = [one for one in done if isinstance(one, RefreshResult) and one.outcome == "active"]
    assert len(refused) + len(active) == 4
    assert active
    in_force = [state for _, state in await states(db, source.id)]
    assert in_force == ["superseded"] * (len(active) - 1) + ["active"]


async def test_a_refresh_interrupted_anywhere_leaves_the_last_good_list(db: Database) -> None:
    source = await new_source(db)
    await refresh(db, source, GOOD, by="operator", now=NOW)
    large = csv(*(f"{n:06}X" for n in range(60_000)))
    for wait in (0.0, 0.05, 0.3):
        task = asyncio.create_task(refresh(db, source, large, by="operator", now=NOW))
        await asyncio.sleep(wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await states(db, source.id) == [(1, "active")]


async def test_old_entries_are_forgotten_but_their_rows_are_kept(db: Database) -> None:
    source = await new_source(db)
    kept = standard().retention.generations
    for n in range(kept + 3):
        await refresh(db, source, csv("A1", f"B{n}"), by="operator", now=NOW)
    async with db.connection() as conn:
        cursor = await conn.execute("select count(*) as n from generation_chunks")
        counted = await cursor.fetchone()
    assert counted == {"n": kept + 1}
    assert len(await states(db, source.id)) == kept + 3
    with pytest.raises(BadInput, match="no longer kept; import the file again"):
        await rollback(db, source, 1, by="operator", reason="back to the first", now=NOW)


async def test_a_file_is_imported_for_an_agency_by_its_ori(db: Database, tmp_path: Path) -> None:
    await new_source(db)
    file = tmp_path / "list.csv"
    file.write_bytes(GOOD + b"UNK,KS,EV,V1\n")
    result = await import_file(db, AGENCY, "County", file, by="operator", now=NOW)
    said = result.sentences()
    assert said[0] == "County: generation 1 is in force."
    assert "101 rows: 100 entries, 1 rejected" in said[1]
    with pytest.raises(BadInput, match="no agency has the ORI XX0000000"):
        await import_file(db, "XX0000000", "County", file, by="operator", now=NOW)
    with pytest.raises(BadInput, match="cannot be read"):
        await import_file(db, AGENCY, "County", tmp_path / "none.csv", by="operator", now=NOW)
    with pytest.raises(Prohibited):
        await import_file(
            db, AGENCY, "County", file, by="op", now=NOW, settings={"mke": {"EDF": "local"}}
        )


async def test_a_source_keeps_its_id_and_takes_new_settings(db: Database) -> None:
    first = await new_source(db, location="/lists/ncic.csv")
    async with db.transaction() as conn:
        second = await ensure_source(conn, AGENCY, "NCIC", settings={"category": "gang"})
        third = await ensure_source(conn, AGENCY, "NCIC")
        with pytest.raises(BadInput, match="no such setting"):
            await ensure_source(conn, AGENCY, "NCIC", settings={"colour": "red"})
        with pytest.raises(BadInput, match=r"settings\.limits"):
            await ensure_source(conn, AGENCY, "NCIC", settings={"limits": {"drop": "x"}})
        assert await store.source_named(conn, AGENCY, "NCIC") == third
        with pytest.raises(NotFound):
            await store.source_named(conn, "TX2270000", "NCIC")
    assert first.id == second.id
    assert (third.location, third.settings) == ("/lists/ncic.csv", {"category": "gang"})


async def test_a_source_is_audited_when_it_is_made_or_changed_and_only_then(db: Database) -> None:
    def at(minute: int) -> datetime:
        return NOW + timedelta(minutes=minute)

    async with db.transaction() as conn:
        await conn.execute("insert into agencies (ori, name) values (%s, 'x')", (AGENCY,))
        for minute, (location, settings) in enumerate(
            (
                ("", None),
                ("", None),
                ("/lists/ncic.csv", None),
                ("", None),
                ("/lists/ncic.csv", {"mke": {"XQ": "gang"}}),
                ("", {"mke": {"XQ": "gang"}}),
            )
        ):
            await ensure_source(
                conn, AGENCY, "NCIC", "table", location, settings, by="op", now=at(minute)
            )
    rows = await audit(db, sources=True)
    assert [(r["action"], r["actor"], r["at"]) for r in rows] == [
        ("hotlist.source-added", "op", at(0)),
        ("hotlist.source-changed", "op", at(2)),
        ("hotlist.source-changed", "op", at(4)),
    ]
    last = json.loads(rows[-1]["detail"])
    assert (last["settings"], last["before"]["settings"]) == ({"mke": {"XQ": "gang"}}, {})
    assert {last["location"], last["before"]["location"]} == {"/lists/ncic.csv"}


async def test_a_source_made_by_two_at_once_is_made_once(db: Database) -> None:
    await new_source(db, name="other")

    async def ensure() -> None:
        async with db.transaction() as conn:
            await ensure_source(conn, AGENCY, "NCIC", location="/a", by="op", now=NOW)

    await asyncio.gather(*(ensure() for _ in range(6)))
    assert [r["actor"] for r in await audit(db, sources=True)].count("op") == 1


async def test_an_import_says_who_made_the_list(db: Database, tmp_path: Path) -> None:
    await new_source(db, name="other")
    file = tmp_path / "county.csv"
    file.write_bytes(GOOD)
    for _ in range(2):
        await import_file(db, AGENCY, "County", file, by="operator", now=NOW)
    (made,) = [r for r in await audit(db, sources=True) if r["actor"] == "operator"]
    assert (made["action"], made["at"]) == ("hotlist.source-added", NOW)


async def test_at_most_one_generation_can_be_active_whatever_is_written(db: Database) -> None:
    source = await new_source(db)
    await refresh(db, source, GOOD, by="operator", now=NOW)
    await refresh(db, source, csv("A1"), by="operator", now=NOW)
    with pytest.raises(psycopg.errors.UniqueViolation):
        async with db.transaction() as conn:
            await conn.execute("update generations set state = 'active'")


async def test_a_watched_file_is_taken_when_it_is_whole(db: Database, tmp_path: Path) -> None:
    file = tmp_path / "ncic.csv"
    source = await new_source(db, location=str(file))
    stop = asyncio.Event()
    task = asyncio.create_task(follow(db, [source], lambda: NOW, stop, settle=0.3, check=0.5))
    await asyncio.sleep(0.3)
    with file.open("wb") as half:  # written slowly: never still for as long as it settles
        for start in range(0, len(GOOD), 400):
            half.write(GOOD[start : start + 400])
            half.flush()
            await asyncio.sleep(0.1)
    await until(db, source.id, [(1, "active")])
    assert (await audit(db))[0]["actor"] == "file watcher"
    file.write_bytes(GOOD + b"NEW1,KS,EV,V5\n")
    await until(db, source.id, [(1, "superseded"), (2, "active")])
    stop.set()
    await asyncio.wait_for(task, 10)


async def until(db: Database, source: UUID, expected: list[tuple[int, str]]) -> None:
    for _ in range(100):
        if await states(db, source) == expected:
            return
        await asyncio.sleep(0.1)
    assert await states(db, source) == expected
