"""`bolo hotlists ...` as a person runs it: real processes, a real database, a real courier."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from domain.clock import system_clock
from people.store import create_agency
from storage.postgres import Database
from tests.commands import bolo
from tests.integration.list_servers import WebList, web
from tests.integration.test_list_care import courier

ORI = "KS0190100"
SECRET = "correct horse battery"


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Terminal:
    """Somebody at a keyboard, in an empty folder."""

    folder: Path
    url: str

    async def bolo(self, *args: str, agency: str = ORI) -> Said:
        said = Said(
            *await bolo(
                "hotlists", *args, "--agency", agency,
                url=self.url, folder=self.folder, BOLO_SECRET_COUNTY=SECRET,
            )
        )  # fmt: skip
        assert "Traceback" not in said.err, said.err
        assert SECRET not in said.out + said.err
        return said

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return name


@pytest.fixture
async def terminal(db: Database, database_url: str, tmp_path: Path) -> Terminal:
    async with db.transaction() as conn:
        await create_agency(
            conn, ORI, "Pittsburg PD", "America/Chicago", by="test", now=system_clock()
        )
    return Terminal(tmp_path, database_url)


def csv(*rows: str) -> str:
    return "\n".join(("LIC,LIS,MKE,NIC,VCO", *rows, ""))


MANY = [f"{n:05}KTB,KS,EV,V{n},BLU" for n in range(60)]


async def test_generations_are_compared_put_back_and_accepted(
    terminal: Terminal, db: Database
) -> None:
    first = await terminal.bolo("import", terminal.file("a.csv", csv(*MANY)), "--name", "NCIC")
    assert (first.code, first.out.splitlines()[0]) == (0, "NCIC: generation 1 is in force.")
    changed = [*MANY[2:], "00001KTB,KS,EV,V1,RED", "NEW123,KS,EV,V99,BLK"]
    second = await terminal.bolo(
        "import", terminal.file("b.csv", csv(*changed)), "--name", "NCIC", "--json"
    )
    assert (second.json["outcome"], second.json["generation"]) == ("active", 2)

    diff = await terminal.bolo("diff", "NCIC", "1", "2", "--json")
    found = diff.json
    assert (found["added"], found["removed"], found["changed"], found["unchanged"]) == (1, 1, 1, 58)
    by = {row["what"]: row for row in found["rows"]}
    assert by["added"]["after"]["plate"] == "NEW123"
    assert by["removed"]["before"]["plate"] == "00000KTB"
    assert (by["changed"]["plate"], by["changed"]["before"], by["changed"]["after"]) == (
        "00001KTB", {"color": "BLU"}, {"color": "RED"},
    )  # fmt: skip
    words = await terminal.bolo("diff", "NCIC", "1", "2", "--rows", "0")
    assert words.out.splitlines() == [
        "NCIC: from generation 1 to 2 1 added, 1 removed, 1 changed, 58 the same.",
        "3 more are not shown (--rows).",
    ]
    async with db.connection() as conn:
        cursor = await conn.execute("select detail from audit where action = 'hotlist.compared'")
        acts = [row["detail"] for row in await cursor.fetchall()]
    assert len(acts) == 2
    assert "KTB" not in "".join(acts)

    back = await terminal.bolo("rollback", "NCIC", "1", "--reason", "2 lacks a plate")
    assert (back.code, back.out.splitlines()[0]) == (0, "NCIC: generation 1 is in force.")
    small = terminal.file("c.csv", csv(*MANY[:5]))
    refused = await terminal.bolo("import", small, "--name", "NCIC")
    assert refused.code == 1
    assert "row-count" in refused.out
    empty = await terminal.bolo("accept", "NCIC", "3", "--reason", " ")
    assert (empty.code, "needs a reason" in empty.err) == (1, True)
    await terminal.bolo("accept", "NCIC", "3", "--reason", "purge, J. Kelly")
    stored = (await terminal.bolo("generations", "NCIC", "--json")).json
    assert [(g["number"], g["state"]) for g in stored] == [
        (3, "active"), (2, "superseded"), (1, "superseded"),
    ]  # fmt: skip
    assert stored[0]["accepted_because"] == "purge, J. Kelly"
    unknown = await terminal.bolo("diff", "NCIC", "1", "9")
    assert (unknown.code, unknown.err) == (1, "bolo: generation 9\n")


async def test_columns_that_nobody_named_are_guessed_shown_and_never_taken_in_silence(
    terminal: Terminal, db: Database
) -> None:
    file = terminal.file(
        "wanted.txt",
        "Stolen;KS;482KTB;2026-01-01;2027-01-01;1\nStolen;MO;ABC123;2026-01-01;2027-01-01;2\n"
        "Stolen;KS;7GHT21;2026-01-01;2027-01-01;3\nStolen;KS;77XBA1;2026-01-01;2027-01-01;4\n",
    )
    asked = await terminal.bolo("import", file, "--name", "County")
    assert asked.code == 2
    assert "Nothing was imported" in asked.out
    assert "--template" in asked.out
    assert "--yes" in asked.out
    as_json = await terminal.bolo("import", file, "--name", "County", "--json")
    assert (as_json.code, as_json.json["guessed"]) == (2, True)
    async with db.connection() as conn:
        cursor = await conn.execute("select count(*) as n from hotlist_sources")
        assert (await cursor.fetchone() or {})["n"] == 0
    taken = await terminal.bolo("import", file, "--name", "County", "--yes")
    assert (taken.code, taken.out.splitlines()[0]) == (0, "County: generation 1 is in force.")
    named = await terminal.bolo("import", file, "--name", "Other", "--template", "genetec")
    assert named.code == 0
    again = await terminal.bolo("import", file, "--name", "Other")  # it keeps its template
    assert (again.code, "same as generation 1" in again.out) == (0, True)
    wrong = await terminal.bolo("import", file, "--name", "X", "--template", "genetic")
    assert (wrong.code, "genetec" in wrong.err) == (1, True)


async def test_a_list_is_configured_fetched_on_demand_and_shown(
    terminal: Terminal, db: Database
) -> None:
    page = WebList(csv(*MANY).encode(), etag='"one"')
    async with web(page):
        made = await terminal.bolo("add", "County", "--location", page.url, "--max-age-hours", "24")
        assert (made.code, "no schedule" in made.out) == (0, True)
        made = await terminal.bolo("add", "County", "--schedule", "15 4,16 * * *")
        assert "County of KS0190100 is changed." in made.out
        assert "04:15" in made.out or "16:15" in made.out
        (one,) = (await terminal.bolo("list", "--json")).json
        assert (one["location"], one["limit_seconds"], one["schedule"], one["stale"]) == (
            page.url, 86400, "15 4,16 * * *", True,
        )  # fmt: skip
        async with courier(db):
            done = await terminal.bolo("refresh", "County", "--wait", "--timeout", "40")
            assert (done.code, done.out) == (
                0, "County: generation 1 is in force, 60 entries of 60 rows.\n",
            )  # fmt: skip
            same = await terminal.bolo("refresh", "County", "--wait", "--timeout", "40")
            assert same.out == "County: nothing new; generation 1 stays in force.\n"
            page.statuses = [404]
            gone = await terminal.bolo("refresh", "County", "--wait", "--timeout", "40")
            assert (gone.code, gone.err) == (1, "County: 127.0.0.1 has no such file (404)\n")
        shown = await terminal.bolo("list")
        assert shown.code == 0
        assert "fresh  County: generation 1, 60 entries; list 0 min old" in shown.out
        assert "the last look failed: 127.0.0.1 has no such file (404)" in shown.out
    async with db.transaction() as conn:
        await conn.execute("update generations set refreshed_at = refreshed_at - interval '26 h'")
    stale = await terminal.bolo("list")
    assert stale.code == 1
    assert "STALE  County: generation 1, 60 entries; list 26 h old, the limit is 24 h" in stale.out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--location", "https://a:geheim@lists.example.gov/x"], "holds a password"),
        (["--schedule", "15 25 * * *"], "the hour (field 2) holds 0-23, not '25'"),
        (["--set", "max_ages=3"], "there is no such setting of a hotlist"),
        (["--set", "limits"], "is not key=value"),
        (["--kind", "tables"], "no kind of source 'tables'"),
        (["--category", "immigration"], "no such category"),
        (["--location", "sftp://bolo@lists.example.gov/x"], "ssh-keyscan"),
    ],
)
async def test_a_wrong_configuration_is_refused_in_words(
    terminal: Terminal, db: Database, args: list[str], said: str
) -> None:
    refused = await terminal.bolo("add", "County", *args)
    assert refused.code == 1
    assert said in refused.err
    assert "geheim" not in refused.err
    async with db.connection() as conn:
        cursor = await conn.execute("select count(*) as n from hotlist_sources")
        assert (await cursor.fetchone() or {})["n"] == 0


async def test_settings_are_added_changed_and_taken_out(terminal: Terminal, db: Database) -> None:
    await terminal.bolo("add", "County", "--secret", "county", "--set", 'mke={"XQ": "gang"}')
    await terminal.bolo("add", "County", "--set", "mke=null", "--max-age-hours", "12")
    async with db.connection() as conn:
        cursor = await conn.execute("select settings from hotlist_sources")
        row = await cursor.fetchone()
    assert row is not None
    assert row["settings"] == {"secret": "COUNTY", "max_age_hours": 12}
    nowhere = await terminal.bolo("refresh", "County")
    assert (nowhere.code, "import a file" in nowhere.err) == (1, True)
