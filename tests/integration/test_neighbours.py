"""Two installations, each with its own database and console: what one enters, the other looks for,
and what one takes back, the other recalls. Nobody sees more than an agreement in force gives."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI, Response

from domain.clock import system_clock as now
from domain.errors import BadInput, NotAllowed, NotFound, Prohibited, Unavailable
from hotlists.arrivals import Arrived, NotArrived, Wanted, way
from hotlists.configuring import ensure_source
from hotlists.refresh import refresh
from neighbours import store as agreements
from neighbours.agreement import LONGEST
from policy.loading import parse, preset
from records.audit import verify
from storage.embedded import EmbeddedPostgres
from storage.postgres import Database
from tests.conftest import _database
from tests.integration.between import Between
from tests.integration.installation import Installation, installation
from tests.serving import serve

A, B, C = "KS0190100", "KS0999900", "KS0500200"
ONLY_STOLEN = parse('name = "A"\nstate = "KS"\n[categories.stolen-vehicle]\nshare = true\n')


@pytest.fixture
def second_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    yield from _database(postgres, "template template_bolo strategy file_copy")


@pytest.fixture
async def a(database_url: str, tmp_path: Path) -> AsyncIterator[Installation]:
    """The one that gives; the county C is an agency of the same installation."""
    async with installation(database_url, tmp_path, A, C) as one:
        yield one


@pytest.fixture
async def b(second_database_url: str, tmp_path: Path) -> AsyncIterator[Installation]:
    """The one that takes; the county C is an agency here, too."""
    async with installation(second_database_url, tmp_path, B, C) as one:
        yield one


async def test_what_a_neighbor_enters_alerts_here_and_what_it_withdraws_is_recalled(
    a: Installation, b: Installation
) -> None:
    agreement, token = await a.agree(B)
    source = await b.take(a.url, token)
    empty = await b.pull(source)
    assert empty is not None
    assert (empty.outcome, empty.entries) == ("active", 0), "an empty list is ordinary"

    entry = await a.enter("482KTB")
    pulled = await b.pull(source)
    assert pulled is not None
    assert (pulled.outcome, pulled.entries, pulled.rejected) == ("active", 1, {})
    (found,) = await b.matches("482KTB")
    assert (found.entry.oca, found.entry.ori) == ("26-482KTB", A)
    assert found.entry.expires_at == entry.expires_at
    assert (found.entry.agency, found.source_name) == (B, "Neighbor")
    alert = await b.seen("482KTB")
    assert (await b.state_of(alert))[0] == "raised"

    await a.withdraw(entry)
    after = await b.pull(source)
    assert after is not None
    assert (after.outcome, after.entries) == ("active", 0)
    state, why = await b.state_of(alert)
    assert (state, why) == ("recalled", "Neighbor: the list no longer holds the entry")
    assert await b.matches("482KTB") == []

    acts = await a.rows("select * from audit where action like 'agreement.%%' order by at, seq")
    assert [act["action"] for act in acts] == ["agreement.made", *["agreement.pulled"] * 3]
    pulls = [json.loads(act["detail"]) for act in acts[1:]]
    assert [(p["entries"], p["withdrawn"]) for p in pulls] == [(0, 0), (1, 0), (0, 1)]
    assert {act["actor"] for act in acts[1:]} == {f"neighbour:{agreement.id}"}
    assert "482KTB" not in str(acts)
    for one in (a, b):
        assert not (await verify(one.db)).problems


async def test_a_pull_that_finds_nothing_new_makes_the_list_fresh_and_no_generation(
    a: Installation, b: Installation
) -> None:
    _, token = await a.agree(B)
    await a.enter("482KTB")
    source = await b.take(a.url, token)
    await b.pull(source)
    before = await b.standing(source)
    assert await b.pull(source, at=timedelta(minutes=30)) is None
    after = await b.standing(source)
    assert (after.generation, after.entries) == (1, 1)
    assert before.refreshed_at is not None
    assert after.refreshed_at is not None
    assert after.refreshed_at - before.refreshed_at > timedelta(minutes=29)
    # A change at the neighbour that is none for us is none.
    await a.enter("77GANG", "wanted-person")
    assert await b.pull(source) is None
    assert (await b.standing(source)).generation == 1


async def test_only_what_the_agreement_names_is_given_and_only_by_its_own_people(
    a: Installation, b: Installation
) -> None:
    _, token = await a.agree(B)
    await a.enter("GIVEN1")
    await a.enter("FELONY", "felony-vehicle")
    await a.enter("WANTED", "wanted-person")
    async with a.db.transaction() as conn:
        ncic = await ensure_source(conn, A, "NCIC")
    listed = b"LIC,LIS,MKE,NIC\nNCIC11,KS,EV,V1\n"
    done = await refresh(a.db, ncic, listed, by="test", now=now())
    assert done.outcome == "active"
    # What A itself takes from C is C's to give.
    async with a.db.transaction() as conn:
        await conn.execute("update people set agency = %s where login = 'sgt'", (C,))
    _, of_c = await a.agree(A, agency=C)
    async with a.db.transaction() as conn:
        await conn.execute("update people set agency = %s where login = 'sgt'", (A,))
    taken = await a.take(a.url, of_c, "County")
    await a.pull(taken)

    source = await b.take(a.url, token)
    await b.pull(source)
    page = (await a.get(token)).json()
    assert [entry["plate"] for entry in page["entries"]] == ["GIVEN1"]
    assert page["withdrawn"] == []
    for plate, hits in (("GIVEN1", 1), ("FELONY", 0), ("WANTED", 0), ("NCIC11", 0)):
        assert len(await b.matches(plate)) == hits, plate


async def test_what_was_taken_is_not_passed_on(a: Installation, b: Installation) -> None:
    _, token = await a.agree(B)
    await a.enter("482KTB")
    source = await b.take(a.url, token)
    await b.pull(source)
    _, of_b = await b.agree(C)
    page = (await b.get(of_b)).json()
    assert (page["agency"], page["entries"]) == (B, [])


async def test_a_third_agency_sees_nothing(a: Installation, b: Installation) -> None:
    _, token = await a.agree(B)
    await a.enter("482KTB")
    source = await b.take(a.url, token)
    await b.pull(source)
    assert await b.matches("482KTB", C) == [], "the other agency of the taking installation"
    assert len(await b.matches("482KTB")) == 1

    await a.do(lambda c: c.execute("update people set agency = %s where login = 'sgt'", (C,)))
    _, of_c = await a.agree(B, agency=C)
    page = (await a.get(of_c)).json()
    assert (page["agency"], page["entries"]) == (C, []), "the other agency of the giving one"
    for nobody in ("", "made-up", "bolo_" + "x" * 43, "bolo_neighbour_" + "x" * 43):
        answer = await a.get(nobody)
        assert answer.status_code == 401, nobody
        assert "482KTB" not in answer.text
    b.secrets["NEIGHBOR"] = "bolo_neighbour_" + "x" * 43
    with pytest.raises(NotArrived, match=r"refuses \(401\)"):
        await b.pull(source)
    assert (await a.do(lambda c: agreements.agreements(c, B))) == []


async def test_a_revoked_agreement_leaves_the_last_good_list_which_goes_stale_and_says_so(
    a: Installation, b: Installation
) -> None:
    agreement, token = await a.agree(B)
    await a.enter("482KTB")
    source = await b.take(a.url, token)
    await b.pull(source)
    with pytest.raises(NotFound):
        await a.do(
            lambda c: agreements.revoke(
                c, B, agreement.id, reason="not mine", by="cli:test", now=now()
            )
        )
    await a.do(
        lambda c: agreements.revoke(
            c, A, agreement.id, reason="MOU ended", by="cli:test", now=now()
        )
    )
    await a.enter("NEW111")
    for hours in (0, 2):
        with pytest.raises(NotArrived, match=r"refuses \(403\): the agreement was revoked on"):
            await b.pull(source, at=timedelta(hours=hours))
    assert len(await b.matches("482KTB")) == 1
    standing = await b.standing(source, at=timedelta(hours=2))
    assert (standing.staleness.stale, standing.generation) == (True, 1)
    assert "revoked" in standing.arrival.problem
    with pytest.raises(NotFound):
        await a.do(
            lambda c: agreements.revoke(
                c, A, agreement.id, reason="again", by="cli:test", now=now()
            )
        )


async def test_an_agreement_that_has_ended_gives_nothing(a: Installation) -> None:
    agreement, token = await a.agree(B)
    await a.enter("482KTB")
    await a.do(
        lambda c: c.execute(
            "update agreements set made_at = made_at - interval '200 days',"
            " valid_until = now() - interval '1 second' where id = %s",
            (agreement.id,),
        )
    )
    answer = await a.get(token)
    assert answer.status_code == 403
    assert "the agreement ended on" in answer.json()["error"]["problem"]
    assert "482KTB" not in answer.text


async def test_a_renewed_agreement_recalls_nothing(a: Installation, b: Installation) -> None:
    _, token = await a.agree(B)
    await a.enter("482KTB")
    source = await b.take(a.url, token)
    await b.pull(source)
    alert = await b.seen("482KTB")
    _, renewed = await a.agree(B)
    b.secrets["NEIGHBOR"] = renewed
    await a.enter("NEW111")
    result = await b.pull(source)
    assert result is not None
    assert (result.outcome, result.entries) == ("active", 2)
    assert (await b.state_of(alert))[0] == "raised"


async def test_a_stricter_policy_acts_at_the_next_pull(a: Installation, b: Installation) -> None:
    _, token = await a.agree(B, "stolen-vehicle", "felony-vehicle")
    await a.enter("482KTB")
    await a.enter("FELONY", "felony-vehicle")
    source = await b.take(a.url, token)
    await b.pull(source)
    alert = await b.seen("FELONY")
    await a.stop()
    a.policy = ONLY_STOLEN
    await a.start()
    result = await b.pull(source)
    assert result is not None
    assert (result.outcome, result.entries) == ("active", 1)
    assert (await b.state_of(alert))[0] == "recalled"
    await a.stop()
    a.policy = preset("virginia")
    await a.start()
    with pytest.raises(NotArrived, match="shares nothing out of state"):
        await b.pull(source)


async def test_pages_are_pulled_to_the_last(a: Installation, b: Installation) -> None:
    _, token = await a.agree(B)
    made = [await a.enter(f"{n:03}KTB") for n in range(7)]
    await a.withdraw(made[2])
    async with Between(lambda: a.url) as wire:
        source = await b.take(wire.url, token)
        result = await b.pull(source)
        assert result is not None
        assert (result.outcome, result.entries) == ("active", 6)
        assert len(wire.asked) >= 3
        for one in made[:2]:
            await a.withdraw(one)
        for n in range(20, 25):
            await a.enter(f"{n:03}KTB")
        result = await b.pull(source)
        assert result is not None
        assert result.entries == 9
    answer = await a.get(token, limit=5000)
    assert answer.status_code == 422
    assert (await a.get(token, cursor="-1")).status_code == 422
    assert (await a.get(token, cursor=10**17, mark="x")).status_code == 410


async def test_a_pull_that_is_cut_leaves_the_last_good_list(
    a: Installation, b: Installation
) -> None:
    _, token = await a.agree(B)
    await a.enter("482KTB")
    async with Between(lambda: a.url) as wire:
        source = await b.take(wire.url, token)
        await b.pull(source)
        for n in range(5):
            await a.enter(f"{n:03}NEW")
        wire.cut_at = len(wire.asked) + 2
        with pytest.raises(NotArrived, match="is not a page"):
            await b.pull(source)
        assert (await b.standing(source)).generation == 1
        assert len(await b.matches("482KTB")) == 1
        assert "is not a page" in (await b.standing(source)).arrival.problem
        wire.cut_at = 0
        result = await b.pull(source)
        assert result is not None
        assert result.entries == 6


async def test_a_pull_that_is_killed_in_the_middle_leaves_the_last_good_list(
    a: Installation, b: Installation, second_database_url: str
) -> None:
    _, token = await a.agree(B)
    await a.enter("482KTB")
    async with Between(lambda: a.url) as wire:
        source = await b.take(wire.url, token)
        await b.pull(source)
        for n in range(5):
            await a.enter(f"{n:03}NEW")
        wire.hang_at = len(wire.asked) + 2
        pulling = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.pull_process",
             second_database_url, B, source.name, token],
        )  # fmt: skip
        try:
            async with asyncio.timeout(60):
                await wire.hanging.wait()
        finally:
            pulling.send_signal(signal.SIGKILL)
            await asyncio.to_thread(pulling.wait, 20)
        assert pulling.returncode == -signal.SIGKILL
        standing = await b.standing(source)
        assert (standing.generation, standing.quarantined) == (1, ())
        assert len(await b.matches("482KTB")) == 1
        wire.hang_at = 0
        async with asyncio.timeout(30):
            while (result := await _unless_running(b, source)) is None:
                await asyncio.sleep(0.2)
        assert (result.outcome, result.entries) == ("active", 6)


async def _unless_running(b: Installation, source: Any) -> Any:
    """The killed one's transaction ends when the server sees that nobody is there."""
    try:
        return await b.pull(source)
    except Unavailable:
        return None


async def test_a_replayed_page_undoes_nothing(a: Installation, b: Installation) -> None:
    _, token = await a.agree(B)
    entry = await a.enter("482KTB")
    async with Between(lambda: a.url, limit=1000) as wire:
        source = await b.take(wire.url, token)
        await b.pull(source)
        first = wire.bodies[-1]
        await a.enter("OTHER1")
        await b.pull(source)
        second = wire.bodies[-1]
        await a.withdraw(entry)
        await b.pull(source)
        assert await b.matches("482KTB") == []
        for old in (first, second):
            wire.instead = old
            with pytest.raises(NotArrived, match="another question"):
                await b.pull(source)
        # An old page that says it answers our question goes backwards.
        told = json.loads(first)
        known = int(wire.asked[-1]["cursor"])
        wire.instead = json.dumps({**told, "since": known}).encode()
        with pytest.raises(NotArrived, match="goes nowhere"):
            await b.pull(source)
        assert await b.matches("482KTB") == []
        assert len(await b.matches("OTHER1")) == 1


async def test_a_neighbor_restored_from_a_backup_is_pulled_from_its_beginning(
    a: Installation, b: Installation, postgres: EmbeddedPostgres, database_url: str
) -> None:
    _, token = await a.agree(B)
    await a.enter("OLD111")
    source = await b.take(a.url, token)
    await b.pull(source)
    backup = database_url.replace("t_", "backup_")
    name, copy = (
        str(psycopg.conninfo.conninfo_to_dict(url)["dbname"]) for url in (database_url, backup)
    )

    def copied() -> None:
        with psycopg.connect(postgres.url_of("postgres"), autocommit=True) as conn:
            conn.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
                (name,),
            )
            conn.execute(f"create database {copy} template {name} strategy file_copy".encode())

    await asyncio.to_thread(copied)
    await a.enter("LOST11")
    await a.enter("LOST22")
    await b.pull(source)
    alert = await b.seen("LOST11")
    await a.stop()
    lost, a.db = a.db, Database(postgres.url_of(copy), size=6)
    try:
        await a.db.open()
        await a.start()
        result = await b.pull(source)
        assert result is not None
        assert (result.outcome, result.entries) == ("active", 1)
        assert (await b.state_of(alert))[0] == "recalled"
        assert await b.pull(source) is None, "and from there it goes on"
        # As many changes as were lost: the number is known again, its history is not.
        known = int((await a.get(token)).json()["cursor"])
        for n in range(3):
            await a.enter(f"{n:03}NEW")
        result = await b.pull(source)
        assert result is not None
        assert result.entries == 4
        assert known < 10
    finally:
        await a.stop()
        await a.db.close()
        a.db = lost
        with psycopg.connect(postgres.url_of("postgres"), autocommit=True) as conn:
            conn.execute(f"drop database if exists {copy} with (force)".encode())


async def test_the_same_number_of_another_history_is_noticed(
    a: Installation, b: Installation
) -> None:
    _, token = await a.agree(B)
    await a.enter("482KTB")
    source = await b.take(a.url, token)
    await b.pull(source)
    # As after a restore and as many changes again: the number is there, and is another change.
    await a.do(lambda c: c.execute("update changes set at = at + interval '1 second'"))
    await a.do(lambda c: c.execute("update live_entries set op = 'gone'"))
    result = await b.pull(source)
    assert result is not None
    # Noticed: it was asked from the beginning. That this is empty now is for a person to accept.
    assert (result.outcome, result.entries) == ("quarantined", 0)
    assert [finding.guard for finding in result.findings] == ["empty"]
    assert len(await b.matches("482KTB")) == 1


async def test_two_pulls_at_once_leave_one_right_list(a: Installation, b: Installation) -> None:
    _, token = await a.agree(B)
    source = await b.take(a.url, token)
    await b.pull(source)
    for n in range(5):
        await a.enter(f"{n:03}KTB")
    done = await asyncio.gather(*(b.pull(source) for _ in range(4)), return_exceptions=True)
    assert all(one is None or isinstance(one, Unavailable) or one.outcome in ("active", "unchanged")  # type: ignore[union-attr]
               for one in done), done  # fmt: skip
    standing = await b.standing(source)
    assert (standing.generation, standing.entries, standing.quarantined) == (2, 5, ())


async def read(wanted: Wanted) -> int:
    """How many bytes arrive."""
    async with way(wanted.location).opened(wanted) as found:
        assert isinstance(found, Arrived)
        return sum([len(piece) async for piece in found.pieces])


async def test_what_a_hostile_neighbor_answers_is_refused_in_words(b: Installation) -> None:
    answers: dict[str, Response] = {}
    app = FastAPI()

    @app.get("/{name}/api/neighbours/entries")
    async def answer(name: str) -> Response:
        return answers[name]

    page = {"version": 1, "agency": A, "since": 0, "cursor": 1, "mark": "", "more": True,
            "entries": [], "withdrawn": []}  # fmt: skip
    whole = json.dumps(page)
    answers |= {
        "packed": Response(b"\x1f\x8b", headers={"content-encoding": "gzip"}),
        "huge": Response(b" " * (9 << 20)),
        "deep": Response(b"[" * 100_000),
        "elsewhere": Response(status_code=302, headers={"location": "http://127.0.0.1:1/"}),
        "endless": Response(whole),
        "of-tomorrow": Response(whole.replace('"version": 1', '"version": 9')),
        "chatty": Response(json.dumps({"error": {"problem": "x\x1b[2J" * 5000}}), 403),
        "silent": Response(b"", 500),
    }
    said = {}
    async with serve(app) as url:
        for name in answers:
            wanted = Wanted(f"bolo+{url}/{name}", "", "geheim", {"secret": "X"}, silence=5)
            with pytest.raises(NotArrived) as refused:
                await read(wanted)
            said[name] = str(refused.value)
            assert "geheim" not in said[name]
            assert len(said[name]) < 500
            assert said[name].isprintable()
    assert "packed" in said["packed"]
    assert "8 MB" in said["huge"]
    assert "302" in said["elsewhere"]
    assert "another question" in said["endless"]
    assert "version 9" in said["of-tomorrow"]
    assert (await b.rows("select 1 from generations")) == []


async def test_a_neighbor_that_asks_too_often_is_told_when_to_come_again(a: Installation) -> None:
    _, token = await a.agree(B)
    answers: list[httpx.Response] = []
    for _ in range(200):  # two a second come back meanwhile
        answers += await asyncio.gather(*(a.get(token) for _ in range(10)))
        if answers[-1].status_code == 429:
            break
    statuses = [one.status_code for one in answers]
    assert set(statuses) == {200, 429}
    assert statuses.count(200) >= 300
    assert int(answers[-1].headers["retry-after"]) >= 1
    _, other = await a.agree(B)
    assert (await a.get(other)).status_code == 200, "each agreement has a pace of its own"


async def test_making_one_asks_the_policy_and_is_audited(a: Installation) -> None:
    with pytest.raises(Prohibited, match="does not share wanted-person"):
        await a.agree(B, "wanted-person", purposes=("wanted-persons",))
    with pytest.raises(Prohibited, match="immigration"):
        await a.agree(B, reason="for ICE agents")
    with pytest.raises(BadInput, match="366 days"):
        await a.agree(B, valid_until=now() + LONGEST + timedelta(days=1))
    with pytest.raises(BadInput, match="nobody of the agency"):
        await a.agree(B, agency=C)
    await a.do(lambda c: c.execute("update people set role = 'officer' where login = 'sgt'"))
    with pytest.raises(NotAllowed, match="supervisor or admin"):
        await a.agree(B)
    await a.do(lambda c: c.execute("update people set role = 'admin' where login = 'sgt'"))
    made, token = await a.agree(B)
    (act,) = await a.rows("select * from audit where action = 'agreement.made'")
    assert (act["subject"], act["reason"]) == (f"agreement:{made.id}", "MOU 26-014")
    kept = str(await a.rows("select * from agreements")) + str(act)
    assert token not in kept
    assert (await a.do(lambda c: agreements.agreements(c, A))) == [made]
