"""Look-alike twins are counted when a list comes, and a person reads it in words."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from domain.clock import system_clock
from hotlists import store
from hotlists.configuring import ensure_source
from hotlists.layouts import layout
from hotlists.model import HotlistSource, RefreshResult
from hotlists.refresh import refresh, rollback
from storage.postgres import Database
from tests.browser.list_world import a_list, filled
from tests.browser.world import world_of

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
AGENCY, OTHER = "IA0190100", "IA0190200"
PLAIN = [f"7{n:02}AC{letter}" for n in range(40, 50) for letter in "EFHJ"]
"""Plates of Iowa's old series, none a twin of another; the 0s are followed by letters only."""


def csv(*plates: str, state: str = "IA") -> bytes:
    rows = [f"{plate},{state},EV,V{plate}" for plate in plates]
    return "\n".join(("LIC,LIS,MKE,NIC", *rows, "")).encode()


async def new_source(db: Database, name: str, agency: str = AGENCY) -> HotlistSource:
    async with db.transaction() as conn:
        await conn.execute(
            "insert into agencies (ori, name) values (%s, %s) on conflict do nothing",
            (agency, agency),
        )
        return await ensure_source(conn, agency, name)


async def send(db: Database, source: HotlistSource, data: bytes, minutes: int = 0) -> RefreshResult:
    return await refresh(db, source, data, by="test", now=NOW + timedelta(minutes=minutes))


async def test_twins_in_the_list_in_another_and_on_the_road_are_counted(db: Database) -> None:
    first, second = await new_source(db, "NCIC"), await new_source(db, "Local")
    far = await new_source(db, "NCIC", OTHER)
    await send(db, far, csv("OBC777", *PLAIN))  # another agency's list is nobody's business here
    one = await send(db, first, csv("QBC777", "HHI777", "HH1777", *PLAIN))
    # QBC777: D and O on the road. HH1777 and HHI777: twins of each other, the second real.
    assert one.twins == {"here": 2, "elsewhere": 0, "road": 2}
    other = await send(db, second, csv("DBC777", "QBC777", *PLAIN))
    assert other.twins == {"here": 2, "elsewhere": 1, "road": 2}
    again = await send(db, first, csv("QBC777", "HHI777", "HH1777", "JJJ777", *PLAIN), 1)
    assert again.twins == {"here": 2, "elsewhere": 1, "road": 2}
    said = [line for line in again.sentences() if "twin" in line]
    assert said == [
        "Entries whose plate has a look-alike twin (such as O for 0): 2 in this list, 1 in another"
        " list in force, 2 on the road, by the plate series of their states."
    ]
    async with db.connection() as conn:
        current = await store.active(conn, first.id)
        assert current is not None
        assert current.twins == again.twins
        cursor = await conn.execute("select detail from audit where action = 'hotlist.refreshed'")
        details = [json.loads(row["detail"]) for row in await cursor.fetchall()]
    assert again.twins in [detail["twins"] for detail in details]
    assert "QBC777" not in str(details)


async def test_the_same_file_and_an_earlier_list_keep_their_counts(db: Database) -> None:
    source = await new_source(db, "NCIC")
    data = csv("QBC777", *PLAIN)
    one = await send(db, source, data)
    assert one.twins["road"] == 1
    assert (await send(db, source, data, 1)).twins == one.twins
    two = await send(db, source, csv(*PLAIN), 2)
    assert (two.outcome, two.twins["road"]) == ("active", 0)
    assert not [line for line in two.sentences() if "twin" in line]
    back = await rollback(db, source, 1, by="dana", reason="the wrong file", now=NOW)
    assert back.twins == one.twins


async def test_a_list_that_comes_as_changes_counts_what_it_then_holds(db: Database) -> None:
    header = "Hot Plate,State,Alert,Priority,Notes,Expires,Action\n"

    def row(plate: str, action: str = "add") -> str:
        return f"{plate},IA,Stolen vehicle,High,,,{action}\n"

    async with db.transaction() as conn:
        await conn.execute("insert into agencies (ori, name) values (%s, 'A')", (AGENCY,))
        template = msgspec.to_builtins(layout("vigilant-incremental").template)
        made = {"template": template, "incremental": True}
        source = await ensure_source(conn, AGENCY, "Vigilant", settings=made)
    whole = header + "".join(map(row, [*PLAIN, "QBC777", "HHI777"]))
    assert (await send(db, source, whole.encode())).twins["here"] == 0
    added = await send(db, source, (header + row("HH1777")).encode(), 1)
    assert added.twins == {"here": 2, "elsewhere": 0, "road": 2}
    removed = await send(db, source, (header + row("HHI777", "remove")).encode(), 2)
    assert removed.twins == {"here": 0, "elsewhere": 0, "road": 2}


@pytest.mark.parametrize("rows", [60, 30_000])
async def test_a_large_list_is_counted_by_the_process_that_parses_it(
    db: Database, rows: int
) -> None:
    """Below hotlists.building.IN_THREAD a thread parses, above it processes that share the work."""
    source = await new_source(db, "NCIC")
    plates = [f"{n // 1000:03}AC{'EFHJKLMNPR'[n % 10]}{n % 1000:03}" for n in range(rows)]
    result = await send(db, source, csv("HHI777", "HH1777", *plates))
    assert (result.entries, result.twins) == (
        rows + 2,
        {"here": 2, "elsewhere": 0, "road": 1},
    )


WORDS = "look-alike twin (such as O for 0): 2 in this list, 2 on the road"


async def test_the_page_of_the_list_says_it_in_words(db: Database, tmp_path: Path) -> None:
    async with world_of(db, tmp_path / "images") as world:
        ncic = await a_list(world)
        await filled(world, ncic, data=csv("QBC777", "HHI777", "HH1777", *PLAIN))
        async with world.logged_in("m.alvarez") as desk:
            page = (await desk.get(f"/lists/{ncic.id}")).text
            said = (await desk.get(f"/api/lists/{ncic.id}")).json()
    assert WORDS in page
    assert "QBC777" not in page
    assert [WORDS in words for words in said["generations"][0]["twins"]] == [True]


@pytest.mark.parametrize("command", [["list"], ["generations", "NCIC"]])
async def test_the_commands_say_it_in_words(
    db: Database, database_url: str, command: list[str]
) -> None:
    source = await new_source(db, "NCIC")
    data = csv("QBC777", "HHI777", "HH1777", *PLAIN)
    await refresh(db, source, data, by="test", now=system_clock())
    asked = [sys.executable, "-m", "bolo", "hotlists", *command, "--agency", AGENCY]
    env = {k: v for k, v in os.environ.items() if not k.startswith("BOLO_")}
    env |= {"BOLO_DATABASE_URL": database_url, "BOLO_KAFKA": "127.0.0.1:1"}
    words = await asyncio.to_thread(subprocess.check_output, asked, env=env, text=True, timeout=60)
    assert WORDS in words
    numbers = await asyncio.to_thread(
        subprocess.check_output, [*asked, "--json"], env=env, text=True, timeout=60
    )
    assert json.loads(numbers)[0]["twins"] == {"here": 2, "elsewhere": 0, "road": 2}
