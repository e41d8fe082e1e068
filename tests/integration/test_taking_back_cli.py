"""`bolo hotlists find | withdraw | lift | changes`, as processes over a real database."""

from __future__ import annotations

import json

import pytest

from storage.postgres import Database
from tests import commands
from tests.integration.couriers import ORI, settle_town
from tests.integration.listed import Listed

WHY = ("--agency", ORI, "--reason", "owner called, case 26-114")


@pytest.fixture
async def listed(db: Database) -> Listed:
    return Listed(await settle_town(db, None), db)


async def bolo(url: str, *arguments: str) -> tuple[int, str, str]:
    return await commands.bolo("hotlists", *arguments, url=url)


async def test_an_entry_is_found_withdrawn_shown_and_given_back(
    listed: Listed, database_url: str
) -> None:
    await listed.list_of("NCIC", "482KTB:KS")
    code, out, _ = await bolo(database_url, "find", "482 ktb", *WHY)
    assert (code, out.splitlines()) == (
        0, ["NCIC, 482KTB, KS, stolen-vehicle, VNCIC482KTB 26-482KTB, generation 1"],
    )  # fmt: skip
    code, out, _ = await bolo(database_url, "withdraw", "482KTB", *WHY)
    assert (code, "Withdrawn from NCIC as change 1" in out) == (0, True)
    assert await listed.matches("482KTB") == []
    code, out, _ = await bolo(database_url, "find", "482KTB", *WHY)
    assert "; withdrawn 20" in out
    code, out, _ = await bolo(database_url, "changes", "--agency", ORI)
    assert out.startswith("1. 20")
    assert "withdrawn, NCIC, stolen-vehicle, by cli:" in out
    assert "482KTB" not in out
    code, out, _ = await bolo(database_url, "changes", "--agency", ORI, "--json")
    (one,) = json.loads(out)
    assert (one["op"], one["entry"]["plate"]) == ("withdraw", "482KTB")
    code, _, err = await bolo(database_url, "withdraw", "482KTB", *WHY)
    assert (code, err.strip()) == (1, "bolo: no list has such an entry that is in force")
    code, out, _ = await bolo(database_url, "lift", "482KTB", *WHY)
    assert (code, "In force again by NCIC as change 2" in out) == (0, True)
    assert len(await listed.matches("482KTB")) == 1
    searched = await listed.town.acts("hotlist.searched")
    assert len(searched) == 5
    assert {str(act["actor"])[:4] for act in searched} == {"cli:"}


async def test_of_several_entries_a_script_must_say_which_is_meant(
    listed: Listed, database_url: str
) -> None:
    await listed.list_of("NCIC", "482KTB:KS")
    await listed.list_of("State", "482KTB:KS")
    code, out, err = await bolo(database_url, "withdraw", "482KTB", *WHY)
    assert (code, "several entries are meant" in err) == (1, True)
    assert [line[:3] for line in out.splitlines()] == ["1. ", "2. "]
    assert len((await listed.matched("482KTB")).holders) == 2, "nothing was changed"
    code, _, _ = await bolo(database_url, "withdraw", "482KTB", "--list", "State", *WHY)
    assert code == 0
    assert [h.source_name for h in (await listed.matched("482KTB")).holders] == ["NCIC"]


async def test_what_is_not_there_and_what_is_prohibited_end_with_one_clear_line(
    listed: Listed, database_url: str
) -> None:
    await listed.list_of("NCIC", "482KTB:KS")
    code, out, _ = await bolo(database_url, "find", "NOSUCH1", *WHY)
    assert (code, out.strip()) == (1, "No list in force wants it.")
    code, _, err = await bolo(
        database_url, "find", "482KTB", "--agency", ORI, "--reason", "an ICE detainer"
    )
    assert code == 1
    assert err.startswith("bolo: ")
    assert "immigration enforcement" in err
    assert "Traceback" not in err
