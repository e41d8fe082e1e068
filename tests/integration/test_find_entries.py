"""Finding an entry on the lists as they are stored: every row that is meant, and no other."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from domain.errors import BadInput, NotFound, Prohibited
from hotlists import finding, live_store, local_store
from hotlists.chunks import CHUNK
from hotlists.configuring import ensure_source
from hotlists.finding import LIMIT, Found
from hotlists.local import Asked
from hotlists.refresh import refresh
from people.model import Role
from people.store import create_agency, create_person
from policy.loading import parse, standard
from storage.postgres import Database

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
AGENCY, OTHER = "KS0190100", "MO0500100"
AT_ONCE = parse('name = "A"\n[categories.felony-vehicle]\napproval = false\n')


@pytest.fixture
async def agencies(db: Database) -> Database:
    async with db.transaction() as conn:
        for ori in (AGENCY, OTHER):
            await create_agency(conn, ori, ori, "America/Chicago", by="test", now=NOW)
    return db


async def put(db: Database, name: str, rows: list[str], agency: str = AGENCY) -> None:
    """A list of rows PLATE,STATE,NIC."""
    async with db.transaction() as conn:
        source = await ensure_source(conn, agency, name)
    lines = ["LIC,LIS,NIC,MKE", *(f"{row},EV" for row in rows), ""]
    data = "\n".join(lines).encode()
    done = await refresh(db, source, data, by="test", now=NOW, accept_anyway="a test")
    assert done.outcome == "active", done.sentences()


async def find(db: Database, agency: str = AGENCY, **what: Any) -> list[Found]:
    what.setdefault("reason", "owner called, case 26-114")
    async with db.transaction() as conn:
        return await finding.find(conn, agency, **what, policy=standard(), by="cli:test", now=NOW)


def plates(found: list[Found]) -> list[tuple[str, str, str]]:
    return [(f.source_name, f.entry.plate or f.entry.pattern, f.entry.state) for f in found]


async def test_a_plate_is_found_on_every_list_of_the_agency_and_on_no_other_s(
    agencies: Database,
) -> None:
    await put(agencies, "NCIC", ["482KTB,KS,V1", "482KTB,MO,V2", "482KTBX,KS,V3", "82KTB,KS,V4"])
    await put(agencies, "State", ["482KTB,,V5"])
    await put(agencies, "NCIC", ["482KTB,KS,V6"], OTHER)
    found = await find(agencies, plate="482-ktb")
    assert plates(found) == [
        ("NCIC", "482KTB", "KS"), ("NCIC", "482KTB", "MO"), ("State", "482KTB", ""),
    ]  # fmt: skip
    assert [f.generation for f in found] == [1, 1, 1]
    assert plates(await find(agencies, plate="482KTB", state="Kansas")) == [
        ("NCIC", "482KTB", "KS"), ("State", "482KTB", ""),
    ]  # fmt: skip


async def test_a_record_number_finds_its_entry_and_not_one_that_contains_it(
    agencies: Database,
) -> None:
    await put(agencies, "NCIC", ["AAA111,KS,V12", "BBB222,KS,V1", "CCC333,KS,V1"])
    assert {f.entry.plate for f in await find(agencies, nic="v1")} == {"BBB222", "CCC333"}
    assert [f.entry.plate for f in await find(agencies, nic="V1", plate="CCC333")] == ["CCC333"]
    assert await find(agencies, nic="V9") == []


async def test_a_pattern_that_fits_is_found_and_a_pattern_finds_itself(agencies: Database) -> None:
    await put(agencies, "NCIC", ["482K??,KS,V1", "9*9XY,KS,V2", "482KTB,KS,V3"])
    assert {f.entry.nic for f in await find(agencies, plate="482KTB")} == {"V1", "V3"}
    assert {f.entry.nic for f in await find(agencies, plate="482K??")} == {"V1"}
    assert {f.entry.nic for f in await find(agencies, plate="929XY")} == {"V2"}


@pytest.mark.parametrize("at", [0, CHUNK + 3])
async def test_a_row_that_counts_no_more_is_not_found(agencies: Database, at: int) -> None:
    """A later row of the file replaced it or took it back; in whichever chunk it is."""
    rows = [f"P{n:06d},KS,N{n:06d}" for n in range(at)]
    await put(agencies, "NCIC", [*rows, "482KTB,KS,V1", "XYZ789,KS,V2"])
    assert len(await find(agencies, plate="482KTB")) == 1
    async with agencies.transaction() as conn:
        dead = at.to_bytes(4, "little")
        await conn.execute("update generations set dead = %b, entries = entries - 1", (dead,))
    assert await find(agencies, plate="482KTB") == []
    assert len(await find(agencies, plate="XYZ789")) == 1


async def test_of_the_same_record_twice_in_a_file_the_last_is_found(agencies: Database) -> None:
    await put(agencies, "NCIC", ["482KTB,KS,V1", "XYZ789,KS,V2", "482KTB,KS,V1"])
    assert len(await find(agencies, plate="482KTB")) == 1


async def test_every_row_of_every_chunk_is_found(agencies: Database) -> None:
    rows = [f"P{n:06d},KS,N{n:06d}" for n in range(2 * CHUNK + 7)]
    await put(agencies, "NCIC", rows)
    for n in (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 6):
        (by_plate,) = await find(agencies, plate=f"P{n:06d}")
        (by_number,) = await find(agencies, nic=f"N{n:06d}")
        assert by_plate == by_number
        async with agencies.transaction() as conn:
            assert await finding.held(conn, AGENCY, by_plate.entry.entry_id, standard()) == by_plate


async def test_an_answer_is_bounded(agencies: Database) -> None:
    await put(agencies, "NCIC", [f"482K??,{s},V{n}" for n in range(60) for s in ("KS", "MO")])
    assert len(await find(agencies, plate="482KTB")) == LIMIT


async def test_what_a_newer_generation_no_longer_holds_is_not_found(agencies: Database) -> None:
    await put(agencies, "NCIC", ["482KTB,KS,V1", "XYZ789,KS,V2"])
    await put(agencies, "NCIC", ["XYZ789,KS,V2"])
    assert await find(agencies, plate="482KTB") == []


async def test_entries_by_a_person_are_found_and_withdrawals_are_shown(agencies: Database) -> None:
    await put(agencies, "NCIC", ["482KTB,KS,V1"])
    async with agencies.transaction() as conn:
        ann = await create_person(conn, AGENCY, "ann", "Ann", Role.OFFICER, "x", by="t", now=NOW)
        asked = Asked(
            plate="482KTB", state="KS", reason="Armed robbery at the bank", case_number="26-114",
            category="felony-vehicle", expires_at=NOW + timedelta(days=1),
        )  # fmt: skip
        await local_store.make(conn, AGENCY, asked, AT_ONCE, by=ann.id, now=NOW)
    by_hand, listed = await find(agencies, plate="482KTB")
    assert (by_hand.source_name, by_hand.generation) == ("Local entries", 0)
    assert (listed.source_name, listed.withdrawn) == ("NCIC", None)
    for one in (by_hand, listed):
        async with agencies.transaction() as conn:
            await finding.withdraw(
                conn, AGENCY, one.entry.entry_id, standard(), by=ann.id, reason="found", now=NOW
            )
    (left,) = await find(agencies, plate="482KTB")
    assert left.withdrawn is not None
    assert (left.withdrawn.by, left.withdrawn.reason) == (str(ann.id), "found")
    assert left.withdrawn.until == NOW + timedelta(hours=72)


async def test_what_was_confirmed_by_a_person_is_there_again_after_a_lifted_withdrawal(
    agencies: Database,
) -> None:
    await put(agencies, "AMBER", ["XYZ789,KS,V2"])
    await put(agencies, "NCIC", ["482KTB,KS,V1"])
    (one,) = await find(agencies, plate="482KTB")
    async with agencies.transaction() as conn:
        amber = await ensure_source(conn, AGENCY, "AMBER")
        entry = msgspec.structs.replace(one.entry, entry_id=uuid4(), source=str(amber.id))
        await live_store.add(conn, amber, entry, by="ann", reason="confirmed", now=NOW)
        await finding.withdraw(
            conn, AGENCY, entry.entry_id, standard(), by="cli:test", reason="found", now=NOW
        )
        await finding.lift(
            conn, AGENCY, entry.entry_id, by="cli:test", reason="not found after all", now=NOW
        )
        assert await live_store.holds(conn, amber.id, [entry.entry_id]) == {entry.entry_id}


async def test_every_search_is_an_audit_row_with_its_reason_and_what_was_asked(
    agencies: Database,
) -> None:
    await put(agencies, "NCIC", ["482KTB,KS,V1"])
    await find(agencies, plate="482 KTB", state="ks")
    await find(agencies, plate="NOSUCH1")
    async with agencies.connection() as conn:
        cursor = await conn.execute(
            "select actor, agency, reason, detail::jsonb as detail from audit"
            " where action = 'hotlist.searched' order by at, seq"
        )
        rows = await cursor.fetchall()
    assert {r["reason"] for r in rows} == {"owner called, case 26-114"}
    assert sorted(r["detail"]["plate"] for r in rows) == ["482KTB", "NOSUCH1"]
    assert sorted(r["detail"]["found"] for r in rows) == [0, 1]


@pytest.mark.parametrize(
    ("what", "wrong"),
    [
        ({"plate": "482KTB", "reason": ""}, BadInput),
        ({"plate": "482KTB", "reason": "."}, BadInput),
        ({"plate": "482KTB", "reason": "my ex wife's new car"}, Prohibited),
        ({"plate": "482KTB", "reason": "ICE detainer"}, Prohibited),
        ({}, BadInput),
        ({"plate": "UNKNOWN"}, BadInput),
        ({"plate": "  "}, BadInput),
    ],
)
async def test_a_search_without_a_reason_or_a_question_is_refused(
    agencies: Database, what: dict[str, Any], wrong: type[Exception]
) -> None:
    with pytest.raises(wrong):
        await find(agencies, **what)


async def test_an_entry_that_no_list_holds_is_not_found(agencies: Database) -> None:
    await put(agencies, "NCIC", ["482KTB,KS,V1"])
    (one,) = await find(agencies, plate="482KTB")
    async with agencies.transaction() as conn:
        with pytest.raises(NotFound):
            await finding.held(conn, OTHER, one.entry.entry_id, standard())


async def test_several_searches_at_once_do_not_wait_for_one_another(agencies: Database) -> None:
    await put(agencies, "NCIC", ["482KTB,KS,V1"])
    found = await asyncio.gather(*(find(agencies, plate="482KTB") for _ in range(6)))
    assert [len(one) for one in found] == [1] * 6
