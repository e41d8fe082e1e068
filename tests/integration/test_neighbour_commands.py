"""`bolo neighbours` on a real database: what it prints, keeps and refuses."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bolo.cli import app
from domain.clock import system_clock
from people.model import Role
from people.store import create_agency, create_person
from storage.postgres import Database

A, B = "KS0190100", "KS0999900"
POLICY = 'name = "A"\nstate = "KS"\n[categories.stolen-vehicle]\nshare = true\n'


async def settled(url: str) -> None:
    async with Database(url, size=2) as db, db.transaction() as conn:
        now = system_clock()
        await create_agency(conn, A, "Cedar Falls", "America/Chicago", by="test", now=now)
        await create_person(conn, A, "whitfield", "Sgt", Role.SUPERVISOR, "x", by="test", now=now)


def run(*args: str) -> Result:
    return CliRunner().invoke(app, ["neighbours", *args])


def agree(**changes: str) -> Result:
    until = (system_clock() + timedelta(days=100)).strftime("%Y-%m-%d")
    options = {
        "--agency": A, "--ori": B, "--state": "KS", "--category": "stolen-vehicle",
        "--purpose": "stolen-vehicles", "--until": until, "--approved-by": "whitfield",
        "--reason": "MOU 26-014", **{f"--{name}": value for name, value in changes.items()},
    }  # fmt: skip
    return run("agree", "Walnut County SO", *(part for pair in options.items() for part in pair))


async def test_agree_list_revoke_and_take(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await settled(database_url)
    (tmp_path / "policy.toml").write_text(POLICY)
    monkeypatch.setenv("BOLO_DATABASE_URL", database_url)
    monkeypatch.setenv("BOLO_KAFKA", "127.0.0.1:9")
    monkeypatch.setenv("BOLO_IMAGES_URL", (tmp_path / "images").as_uri())
    monkeypatch.setenv("BOLO_PUBLIC_URL", "http://127.0.0.1:8000")
    monkeypatch.setenv("BOLO_POLICY", str(tmp_path / "policy.toml"))
    await asyncio.to_thread(commands)
    async with Database(database_url, size=2) as db, db.connection() as conn:
        cursor = await conn.execute(
            "select action, actor from audit where action like 'agreement.%%'"
            " or action like 'hotlist.source%%' order by at, seq"
        )
        acts = [(row["action"], row["actor"][:4]) for row in await cursor.fetchall()]
    assert acts == [
        ("agreement.made", "cli:"), ("agreement.revoked", "cli:"), ("hotlist.source-added", "cli:"),
    ]  # fmt: skip


def commands() -> None:
    done = agree()
    assert done.exit_code == 0, done.output
    first, token = done.output.split("\n")[:2]
    assert token.startswith("bolo_neighbour_")
    which = first.removeprefix("agreement ")
    (listed,) = json.loads(run("list", "--agency", A, "--json").output)
    assert (listed["id"], listed["ori"], listed["why_not"]) == (which, B, "")
    assert token not in json.dumps(listed)
    assert "in force" in run("list", "--agency", A).output
    assert "no agreement" in run("list", "--agency", B).output

    for changes, said in (
        ({"state": "MO", "ori": "MO0480100"}, "shares nothing out of state"),
        ({"category": "gang"}, "does not share gang"),
        ({"until": "June"}, "is a day as YYYY-MM-DD"),
        ({"reason": "for ICE agents"}, "never used for"),
        ({"approved-by": "nobody"}, "nobody of the agency"),
        ({"agency": B}, "is not an agency"),
    ):
        refused = agree(**changes)
        assert refused.exit_code == 1, changes
        assert said in refused.stderr, refused.stderr
        assert "bolo_neighbour_" not in refused.output

    assert run("revoke", "7", "--agency", A, "--reason", "x").exit_code == 1
    assert run("revoke", which, "--agency", A, "--reason", "MOU ended").exit_code == 0
    assert "revoked on" in run("list", "--agency", A).output
    assert run("revoke", which, "--agency", A, "--reason", "MOU ended").exit_code == 1

    there = ("--agency", A, "--secret", "WALNUT", "--from")
    done = run("take", "Walnut", *there, "bolo+https://bolo.walnut.example.gov")
    assert done.exit_code == 0, done.output
    assert "* * * * *" in done.output
    for location in ("bolo+http://bolo.walnut.example.gov", "bolo+https://", "bolo+https://a?b=c"):
        assert run("take", "Walnut", *there, location).exit_code == 1, location
