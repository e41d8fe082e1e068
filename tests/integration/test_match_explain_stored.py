"""`bolo match explain` over a real database: alerts, stored reads and plates on lists."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import pytest

from alerts import store as alerts
from alerts.raising import raise_alert
from domain.clock import system_clock as now
from domain.read import Read
from records.archive import Archive
from storage.postgres import Database
from tests import commands
from tests.integration.couriers import ORI, settle_town
from tests.integration.listed import Listed
from tests.seeding import ONE_PERSON, alert_of

WHY = ("--agency", ORI, "--reason", "review of alert 26-1, case 26-114")


@pytest.fixture
async def listed(db: Database) -> Listed:
    listed = Listed(await settle_town(db, None), db)
    await listed.list_of("NCIC", "482KTB:KS", "518RBA")
    return listed


async def explain(url: str, *arguments: str) -> tuple[int, str, str]:
    return await commands.bolo("match", "explain", *arguments, url=url)


async def told(url: str, *arguments: str) -> dict[str, object]:
    code, out, err = await explain(url, *arguments, "--json")
    assert code == 0, err
    whole: dict[str, object] = json.loads(out)
    return whole


def read_of(plate: str) -> Read:
    return Read(
        read_id=uuid4(), agency=ORI, camera="bridge-north", seen_at=now(), received_at=now(),
        plate=plate, plate_raw=plate, state="KS",
    )  # fmt: skip


async def test_an_alert_is_told_by_its_number_code_and_id_as_its_page_tells_it(
    listed: Listed, db: Database, database_url: str
) -> None:
    found = await listed.matched("482KTB")
    async with db.transaction() as conn:
        which = alert_of(await raise_alert(conn, found, now(), policy=ONE_PERSON))
        record = await alerts.load(conn, ORI, which)
    for name in (record.number, record.code.lower(), str(which)):
        whole = await told(database_url, name, *WHY)
        evidence = whole["evidence"]
        assert isinstance(evidence, dict)
        assert evidence["sum"] == found.evidence.score
        assert [f["words"] for f in evidence["features"]] == [
            f.words for f in found.evidence.features
        ]
    acts = await listed.town.acts("match.explained")
    assert len(acts) == 3
    assert {act["reason"] for act in acts} == {WHY[3]}


async def test_a_stored_read_and_a_plate_on_a_list_are_weighed_as_a_worker_weighs_them(
    listed: Listed, db: Database, database_url: str
) -> None:
    read = read_of("482KT8")
    await Archive(db).store([read])
    whole = await told(database_url, str(read.read_id), "482KTB", *WHY)
    (by_worker,) = await listed.matches("482KT8")
    evidence = whole["evidence"]
    assert isinstance(evidence, dict)
    assert whole["alerts"] is True
    assert evidence["sum"] == pytest.approx(by_worker.evidence.score, abs=0.01)
    assert [f["name"] for f in evidence["features"]][:2] == ["plate", "look-alike"]


@pytest.mark.usefixtures("listed")
async def test_a_read_from_a_file_meets_an_entry_on_a_list_by_its_plate_and_its_id(
    database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "read.json"
    said = {"camera": "c1", "plate": "482KTB", "seen_at": now().isoformat(), "state": "KS"}
    file.write_text(json.dumps(said))
    by_plate = await told(database_url, str(file), "482ktb", *WHY)
    entry = by_plate["entry"]
    assert isinstance(entry, dict)
    by_id = await told(database_url, str(file), entry["entry_id"], *WHY)
    assert (by_plate["evidence"], by_plate["alerts"]) == (by_id["evidence"], True)
    options = await told(database_url, "--plate", "482KTB", "--state", "KS", "482KTB", *WHY)
    assert options["alerts"] is True


async def test_a_withdrawn_entry_is_told_to_give_no_alert(
    listed: Listed, database_url: str
) -> None:
    found = await listed.matched("482KTB")
    await listed.withdraw(found.entry.entry_id)
    whole = await told(database_url, "--plate", "482KTB", str(found.entry.entry_id), *WHY)
    assert whole["alerts"] is False
    assert "The entry is withdrawn" in str(whole["outcome"])


@pytest.mark.usefixtures("listed")
async def test_what_is_not_there_or_has_no_reason_ends_with_one_clear_line(
    database_url: str,
) -> None:
    for arguments, said in (
        (("26-99999", *WHY), "alert or read 26-99999"),
        ((str(uuid4()), *WHY), "alert or read"),
        (("--plate", "482KTB", "NOSUCH1", *WHY), "entry for NOSUCH1"),
        (("--plate", "482KTB", "482KTB", "--agency", ORI), "reason"),
        (("26-1", "--agency", "TX2270000", "--reason", WHY[3]), "alert or read 26-1"),
    ):
        code, out, err = await explain(database_url, *arguments)
        assert (code, out) == (1, "")
        assert err.startswith("bolo: ")
        assert said in err
        assert "Traceback" not in err
