"""Lists, entries, records and policy over a real server: API and forms, who may what, uploads."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from domain.clock import system_clock
from people.model import Role
from storage.postgres import Database
from tests.browser import list_world as lists
from tests.browser.list_world import a_list, csv, entered, filled, generation_of, in_force
from tests.browser.world import CEDAR, WALNUT, World, world_of
from tests.lists import record

PLATE = record(30)["LIC"]


@pytest.fixture
async def world(db: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(db, tmp_path / "images") as made:
        yield made


async def one(client: httpx.AsyncClient, name: str) -> dict[str, Any]:
    """A list by its name, as the API lists it."""
    found: list[dict[str, Any]] = (await client.get("/api/lists")).json()["lists"]
    return next(x for x in found if x["name"] == name)


async def test_a_list_says_how_old_it_is_against_its_limit_and_what_is_refused(
    world: World,
) -> None:
    ncic = await a_list(world, settings={"max_age_hours": 12})
    await filled(world, ncic, ago=timedelta(hours=13))
    await lists.quarantined(world, ncic)
    await a_list(world, "Never")
    await lists.running(world, ncic, 412_000, system_clock())
    async with world.logged_in("m.alvarez") as desk:
        found = (await desk.get("/api/lists")).json()["lists"]
        assert [(x["name"], x["stale"], x["generation"]) for x in found] == [
            ("NCIC", True, 1),
            ("Never", True, None),
        ]
        assert (found[0]["age"], found[0]["limit"], found[0]["refused"]) == ("13 h", "12 h", 1)
        assert found[0]["running"] == {
            "since": found[0]["running"]["since"], "by": "its schedule", "rows": 412_000,
        }  # fmt: skip
        page = (await desk.get("/lists")).text
        again = (await desk.get("/fragments/lists")).text
    for text in (page, again):
        for words in ("Too old", "13 h of 12 h", "1 in quarantine", "412,000 rows so far"):
            assert words in text
    assert (
        len(await world.audited("hotlists.viewed")) == 2
    )  # the API and the page, not the fragment


async def test_a_quarantined_list_is_accepted_by_name_with_a_reason_and_taken_back(
    world: World,
) -> None:
    ncic = await a_list(world)
    await filled(world, ncic)
    await lists.quarantined(world, ncic)
    path = f"/api/lists/{ncic.id}"
    async with world.logged_in("m.alvarez") as desk, world.logged_in("whitfield") as sergeant:
        shown = (await desk.get(path)).json()
        assert [g["state"] for g in shown["generations"]] == ["quarantined", "active"]
        assert any("fewer" in f["sentence"] for f in shown["generations"][0]["findings"])
        assert "A supervisor or an admin decides" in (await desk.get(f"/lists/{ncic.id}")).text
        refused = await desk.post(f"{path}/accept", json={"generation": 2, "reason": "It is right"})
        assert refused.status_code == 403
        assert "ask an admin or supervisor" in refused.json()["error"]["problem"]
        empty = await sergeant.post(f"/lists/{ncic.id}/accept", data={"generation": "2"})
        assert empty.status_code == 422
        assert "Say why, in a few words." in empty.text
        assert await generation_of(world, ncic) == 1
        prohibited = {"generation": 2, "reason": "for immigration enforcement"}
        assert (await sergeant.post(f"{path}/accept", json=prohibited)).status_code == 403
        right = {"generation": "2", "reason": "The county moved its records"}
        assert (await sergeant.post(f"/lists/{ncic.id}/accept", data=right)).status_code == 303
        assert await generation_of(world, ncic) == 2
        page = (await sergeant.get(f"/lists/{ncic.id}")).text
        assert "Put in force by Sgt. Whitfield" in page
        assert "The county moved its records" in page
        back = {"generation": 1, "reason": "The county was wrong"}
        assert (await desk.post(f"{path}/back", json=back)).status_code == 403
        assert (await sergeant.post(f"{path}/back", json=back)).status_code == 200
        assert await generation_of(world, ncic) == 1
        diff = (await sergeant.get(f"{path}/compare?before=1&after=2")).json()
        assert (diff["added"], diff["removed"], diff["same"]) == (0, 180, 20)
        assert {line["what"] for line in diff["first"]} == {"removed"}
    async with world.logged_in("admin") as admin:
        hidden = (await admin.get(f"{path}/compare?before=1&after=2")).json()
        assert (hidden["removed"], hidden["first"], hidden["hidden"]) == (180, [], True)
    (accepted,) = await world.audited("hotlist.accepted")
    assert accepted["actor"] == str(world.people["whitfield"].id)
    assert accepted["reason"] == "The county moved its records"


async def test_what_cannot_be_accepted_says_why_and_offers_no_button(world: World) -> None:
    ncic = await a_list(world)
    await filled(world, ncic)
    await lists.final(world, ncic)
    async with world.logged_in("whitfield") as sergeant:
        page = (await sergeant.get(f"/lists/{ncic.id}")).text
        assert "It cannot be accepted." in page
        assert "Accept generation" not in page
        asked = {"generation": 2, "reason": "I insist on it"}
        answer = await sergeant.post(f"/api/lists/{ncic.id}/accept", json=asked)
        assert answer.status_code == 422
        assert "nothing to accept" in answer.json()["error"]["problem"]
    assert await generation_of(world, ncic) == 1


async def test_refresh_now_leaves_a_job_for_what_can_be_fetched(world: World) -> None:
    by_hand = await a_list(world)
    fetched = await a_list(world, "County", location="https://lists.example/county.csv")
    async with world.logged_in("m.alvarez") as desk:
        assert (await desk.post(f"/api/lists/{fetched.id}/refresh")).status_code == 200
        form = await desk.post(f"/lists/{fetched.id}/refresh", data={"from": "lists"})
        assert form.headers["location"] == f"/lists#l-{fetched.id}"
        answer = await desk.post(f"/api/lists/{by_hand.id}/refresh")
        assert answer.status_code == 422
    async with world.db.connection() as conn:
        cursor = await conn.execute(
            "select payload from pgqueuer where entrypoint = 'refresh-source'"
        )
        jobs = [bytes(row["payload"]).decode() for row in await cursor.fetchall()]
    assert jobs == [str(fetched.id)]  # the second wish waits with the first
    assert len(await world.audited("hotlist.refresh-asked")) == 2


SECRET = "ZYXW9876QV"
"""In every prohibited row of the upload: nothing of it may be anywhere afterwards."""


def large(bad: int) -> bytes:
    """Some 30 MB, `bad` of its rows of a category that is never held."""
    head = "LIC,LIS,VYR,VMA,VMO,VST,VCO,ORI,NIC,OCA,MKE\n"
    rows = [
        f"A{n:06},KS,2019,FORD,F15,PK,BLK,KS0190100,V{n:09},{'c' * 60},EV\n" for n in range(280_000)
    ]
    wrong = (
        f"{SECRET},KS,2019,FORD,F15,PK,BLK,KS0190100,{SECRET},{SECRET},EIV-IMMIGRATION VIOLATOR\n"
    )
    for n in range(bad):
        rows.insert(n * 997, wrong)
    return (head + "".join(rows)).encode()


def written(*folders: Path) -> set[str]:
    """Every file below these folders, and those without a name that we or our child processes have
    open: a spooled part of a form is one of these."""
    found = {str(p) for folder in folders for p in folder.rglob("*") if p.is_file()}
    ours = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    for process in ("self", *ours):
        for one in _inside(Path(f"/proc/{process}/fd")):
            try:
                target = str(one.readlink())
            except OSError:
                continue  # closed meanwhile
            if "(deleted)" in target and "memfd" not in target:
                found.add(target)
    return found


def _inside(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []  # the process has ended


async def test_a_large_file_is_streamed_and_its_prohibited_rows_are_nowhere(
    world: World, tmp_path: Path
) -> None:
    source = await a_list(world)
    body = large(50)
    assert len(body) > 29 * 1024 * 1024
    temporary = Path(tempfile.gettempdir())
    before = written(tmp_path)
    with tempfile.SpooledTemporaryFile(max_size=1) as spool:  # what the framework would do
        spool.write(b"more than one byte")
        assert written(tmp_path) - before, f"a file in {temporary} would not be seen"
    spooled: set[str] = set()
    done = asyncio.Event()

    async def watch() -> None:
        while not done.is_set():
            spooled.update(written(tmp_path) - before)
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    async with world.logged_in("whitfield") as sergeant:
        csrf = sergeant.headers.pop("X-CSRF")
        sergeant.timeout = httpx.Timeout(120)
        form = await sergeant.post(
            f"/lists/{source.id}/upload",
            data={"csrf": csrf},
            files={"file": ("list.csv", body, "text/csv")},
        )
        done.set()
        await watching
        assert form.status_code == 200, form.text[:500]
        assert "generation 1 is in force" in form.text
        assert "50 of prohibited categories dropped" in form.text
        sergeant.headers["X-CSRF"] = csrf
        again = await sergeant.post(f"/api/lists/{source.id}/file", content=body)
        assert again.json()["outcome"] == "unchanged"
    assert not spooled, spooled
    assert await _held_anywhere(world, SECRET.encode()) == []
    (audited,) = await world.audited("hotlist.refreshed")
    assert audited["actor"] == str(world.people["whitfield"].id)


async def _held_anywhere(world: World, secret: bytes) -> list[str]:
    """The tables with a row in which the bytes stand, compressed columns unpacked."""
    from hotlists.chunks import unpack

    found = []
    async with world.db.connection() as conn:
        cursor = await conn.execute(
            "select table_name from information_schema.tables where table_schema = 'public'"
        )
        for row in await cursor.fetchall():
            name = row["table_name"]
            held = await conn.execute(
                f'select count(*) as n from "{name}" t where t::text like %s or t::text like %s',
                (f"%{secret.decode()}%", f"%{secret.hex()}%"),
            )
            if (await held.fetchone() or {})["n"]:
                found.append(name)
        chunks = await conn.execute("select data from generation_chunks")
        for row in await chunks.fetchall():
            chunk = unpack(bytes(row["data"]))
            if secret in chunk.lines or secret in chunk.plates:
                found.append("generation_chunks, unpacked")
    return found


async def test_an_upload_that_breaks_off_or_is_no_form_changes_nothing(world: World) -> None:
    source = await a_list(world)
    await filled(world, source)
    path = f"/lists/{source.id}/upload"
    async with world.logged_in("whitfield") as sergeant:
        csrf = sergeant.headers.pop("X-CSRF")
        mark = "----here"
        kind = {"Content-Type": f"multipart/form-data; boundary={mark[2:]}"}
        token = f'{mark}\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{csrf}\r\n'
        file = f'{mark}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        cut = (token + file).encode() + csv(0, 190)
        answer = await sergeant.post(path, content=cut, headers=kind)
        assert answer.status_code == 422
        assert "did not come whole" in answer.text
        wrong = token.replace(csrf, "wrong").encode() + file.encode() + csv(0, 190)
        end = f"\r\n{mark}--\r\n".encode()
        assert (await sergeant.post(path, content=wrong + end, headers=kind)).status_code == 403
        behind = file.encode() + csv(0, 190) + f"\r\n{token}{mark}--\r\n".encode()
        assert (await sergeant.post(path, content=behind, headers=kind)).status_code == 403
        nothing = await sergeant.post(path, data={"csrf": csrf}, files={"file": ("", b"")})
        assert nothing.status_code == 422
        assert "Choose the file first." in nothing.text
        bare = await sergeant.post(path, data={"csrf": csrf})
        assert bare.status_code == 403  # a plain form is not looked into on this path
        foreign = {**kind, "Origin": "https://elsewhere.example"}
        assert (await sergeant.post(path, content=cut, headers=foreign)).status_code == 403
        host, _, port = world.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        said = {
            "Host": f"{host}:{port}", "X-CSRF": csrf, "Cookie": f"bolo={sergeant.cookies['bolo']}",
            "Content-Length": str(3 * 1024**3),
        }  # fmt: skip
        head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        writer.write(f"POST /api/lists/{source.id}/file HTTP/1.1\r\n{head}\r\nLIC".encode())
        async with asyncio.timeout(20):
            answered = b""
            while b"2048 MB" not in answered and (more := await reader.read(4096)):
                answered += more  # the head may come before the rest
        writer.close()
        assert b" 413 " in answered.partition(b"\r\n")[0], answered
        assert b"2048 MB" in answered
    async with world.logged_in("m.alvarez") as desk:
        files = {"file": ("a.csv", csv(0, 190))}
        assert (await desk.post(path, files=files)).status_code == 403
        answer = await desk.post(f"/api/lists/{source.id}/file", content=csv(0, 190))
        assert answer.status_code == 403
    assert await generation_of(world, source) == 1
    async with world.db.connection() as conn:
        cursor = await conn.execute("select count(*) as n from generations")
        assert (await cursor.fetchone() or {})["n"] == 1


async def test_a_template_is_guessed_corrected_and_saved_and_the_next_file_is_read_by_it(
    world: World,
) -> None:
    source = await a_list(world, "County")
    rows = "".join(
        f"{record(n)['LIC']};{record(n)['LIS']};{record(n)['VMA']};note {n}\n" for n in range(40)
    )
    path = f"/lists/{source.id}/template"
    async with world.logged_in("whitfield") as sergeant:
        csrf = sergeant.headers["X-CSRF"]
        sample = rows + "AAA111;KS;FORD;EIV IMMIGRATION VIOLATOR\n"
        page = await sergeant.post(
            path, data={"csrf": csrf, "sample": sample}, files={"file": ("", b"")}
        )
        assert page.status_code == 200, page.text[:300]
        assert "A guess, to be confirmed" in page.text
        assert "1 row was taken out" in page.text
        assert "AAA111" not in page.text
        guessed = await sergeant.post(f"/api{path}/guess", json={"sample": sample})
        template = guessed.json()["template"]
        assert template["columns"][:2] == ["LIC", "LIS"]
        form = {
            "sample": rows, "template": __import__("json").dumps(template), "columns": "4",
            "column-1": "LIC", "column-2": "LIC", "column-3": "VMA", "column-4": "REASON",
            "step": "save",
        }  # fmt: skip
        twice = await sergeant.post(f"{path}/columns", data=form)
        assert twice.status_code == 422
        assert "stands twice" in twice.text
        assert record(0)["LIC"] in twice.text  # nothing that was sent is lost
        form["column-2"] = "LIS"
        saved = await sergeant.post(f"{path}/columns", data=form)
        assert saved.status_code == 303, saved.text[:500]
        assert (await sergeant.post(f"/api/lists/{source.id}/file", content=rows.encode())).json()[
            "entries"
        ] == 40
        bad = await sergeant.post(f"/api{path}", json={"template": {"name": "x", "columns": ["?"]}})
        assert bad.status_code == 422
    (changed,) = await world.audited("hotlist.source-changed")
    assert changed["actor"] == str(world.people["whitfield"].id)
    assert "AAA111" not in str(await world.audited("hotlist.source-changed"))
    async with world.logged_in("m.alvarez") as desk:
        assert (await desk.get(path)).status_code == 403


async def test_an_entry_waits_for_a_second_person_who_is_not_its_maker(world: World) -> None:
    ask = {
        "plate": "48?k*", "state": "Kansas", "category": "felony-vehicle", "case_number": "26-114",
        "reason": "Left the robbery at 9th and Elm",
        "expires_at": (system_clock() + timedelta(days=3)).isoformat(),
    }  # fmt: skip
    async with world.logged_in("m.alvarez") as maker, world.logged_in("j.ortiz") as second:
        made = (await maker.post("/api/entries", json=ask)).json()["entry"]
        assert (made["state"], made["kind"], made["known"]) == ("waiting", "pattern", 3)
        assert made["fits"] == "4 8, then any one character, then K, then anything or nothing"
        assert made["may"] == ["withdraw"]
        assert "a second person decides" in made["why_not"]
        path = f"/entries/{made['id']}"
        own = await maker.post(f"{path}/approve", data={})
        assert own.status_code == 422
        assert "second person must decide" in own.text
        page = (await second.get(path)).text
        assert "Approve" in page
        assert "4 8, then any one character" in page
        assert "Read and decide" in (await second.get("/entries")).text
        assert "Read and decide" not in (await maker.get("/entries")).text
        refused = await second.post(f"{path}/refuse", data={"reason": " "})
        assert refused.status_code == 422
        assert (await second.post(f"{path}/approve", data={"note": "ok"})).status_code == 303
        after = (await second.get(f"/api{path}")).json()
        assert after["entry"]["state"] == "in force"
        assert [x["what"] for x in after["life"]] == ["entered it", "approved it"]
        gone = await maker.post(f"/api{path}/withdraw", json={"reason": "Found, empty"})
        assert gone.json()["entry"]["state"] == "withdrawn"
    assert [r["subject"] for r in await world.audited("entry.viewed")]
    assert await world.audited("entries.viewed")


async def test_a_bad_form_comes_back_whole_with_the_problem_at_its_field(world: World) -> None:
    typed = {
        "plate": "482KTB", "state": "KS", "color": "blue", "reason": "Reported stolen by phone",
        "case_number": "26-114", "category": "stolen-vehicle", "step": "enter",
        "expires_at": "2031-01-01T08:00",
    }  # fmt: skip
    async with world.logged_in("m.alvarez") as desk:
        for field, value, words in (
            ("expires_at", "2031-01-01T08:00", "lives 30 days at most"),
            ("expires_at", "soon", "needs a day and a time"),
            ("plate", "4?*", "known"),
            ("reason", "x", "say why it is wanted"),
            ("category", "", "choose what kind of entry"),
            ("state", "Neverland", "no state is known"),
            ("radius", "900", "leave the area out"),
        ):
            good = (system_clock() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
            form = {**typed, "expires_at": good, field: value}
            if field == "radius":
                form |= {"latitude": "37.2", "longitude": "-96.9", "radius": "5"}
            answer = await desk.post("/entries/new", data=form)
            assert answer.status_code == 422, (field, answer.headers)
            assert words.lower() in answer.text.lower(), (field, words)
            for kept in ("blue", "26-114"):
                assert f'value="{kept}"' in answer.text
        prohibited = {**typed, "expires_at": good, "reason": "Red light runners on camera"}
        answer = await desk.post("/entries/new", data=prohibited)
        assert answer.status_code == 422
        assert "never used for" in answer.text
        assert 'value="Red light runners on camera"' in answer.text
        checked = await desk.post(
            "/entries/new", data={**typed, "expires_at": good, "step": "check"}
        )
        assert "Not entered yet" in checked.text
        assert (await desk.get("/api/entries")).json()["waiting"] == []
        away = {
            **typed, "plate": "", "state": "", "make": "Hyundai", "expires_at": good,
            "latitude": "37.24", "longitude": "-96.99", "radius": "0.001",
            "since": (system_clock() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"),
        }  # fmt: skip
        answer = await desk.post("/entries/new", data=away)
        assert "must be from 0.03 to 124 miles" in answer.text
        made = await desk.post("/entries/new", data={**away, "radius": "5"})
        assert made.status_code == 303, made.text[:2000]
        page = (await desk.get(made.headers["location"])).text
        assert "within 5 miles of 37.24000, -96.99000" in page


async def test_a_later_end_waits_for_a_second_person_and_an_earlier_one_does_not(
    world: World,
) -> None:
    made = await in_force(world, await entered(world))
    path = f"/api/entries/{made.id}/extend"
    sooner, later = ((system_clock() + timedelta(days=days)).isoformat() for days in (1, 20))
    async with world.logged_in("ruiz") as officer, world.logged_in("j.ortiz") as desk:
        ask = {"until": later, "reason": "Still wanted by detectives"}
        shown = (await officer.post(path, json=ask)).json()["entry"]
        assert shown["extension"]["yours"]
        assert shown["may"] == ["withdraw", "extend"]
        waiting = (await desk.get("/api/entries")).json()["waiting"]
        assert [x["id"] for x in waiting] == [str(made.id)]
        approved = await desk.post(f"/entries/{made.id}/approve", data={})
        assert approved.status_code == 303
        now = (await desk.get(f"/api/entries/{made.id}")).json()["entry"]
        assert now["expires_at"][:10] == later[:10]
        ask = {"until": sooner, "reason": "Only until tomorrow"}
        shown = (await officer.post(path, json=ask)).json()["entry"]
        assert shown["extension"] is None
        assert shown["expires_at"][:10] == sooner[:10]


async def test_a_plate_is_looked_up_withdrawn_and_lifted_with_reasons(world: World) -> None:
    ncic = await a_list(world)
    await filled(world, ncic)
    async with world.logged_in("m.alvarez") as desk:
        none = await desk.post("/entries/find", data={"plate": PLATE})
        assert none.status_code == 422
        listed = await desk.post(
            "/entries/find", data={"plate": PLATE, "reason": "Owner called in"}
        )
        assert "1 entry for" in listed.text
        found = await desk.post(
            "/api/entries/find", json={"plate": PLATE, "reason": "Owner called in"}
        )
        (entry,) = found.json()["found"]
        back = {"entry": entry["entry"], "reason": "Recovered, case 26-114"}
        done = await desk.post("/entries/find/withdraw", data=back)
        assert "Withdrawn, in force everywhere" in done.text
        assert "against the file of" in done.text
        shown = (await desk.get(f"/api/lists/{ncic.id}")).json()["changes"]
        assert [(c["added"], c["by"], c["until"] is not None) for c in shown] == [
            (False, "M. Alvarez", True)
        ]
        await filled(world, ncic, 0, 201)
        page = (await desk.get(f"/lists/{ncic.id}")).text
        assert "generation 2 still holds it" in page
        async with world.logged_in("admin") as admin:
            hidden = (await admin.get(f"/api/lists/{ncic.id}")).json()
            assert (hidden["changes"], hidden["changes_count"]) == ([], 1)
        again = await desk.post("/api/entries/find/lift", json=back)
        assert again.status_code == 200
        assert (await desk.post("/api/entries/find/lift", json=back)).status_code == 404
    searches = await world.audited("hotlist.searched")
    assert [r["reason"] for r in searches] == ["Owner called in", "Owner called in"]


async def test_a_record_in_doubt_is_answered_by_a_person_with_a_reason(world: World) -> None:
    which = await lists.to_read(world)
    other = await lists.to_read(
        world, "Plate 771LWD or 777LWD, green Ford Escape, Texas.", headline="Second"
    )
    async with world.logged_in("m.alvarez") as desk:
        shown = (await desk.get(f"/api/confirmations/{which}")).json()
        assert [p["text"] for q in shown["questions"] for p in q["pieces"] if p["marked"]]
        page = (await desk.get(f"/confirmations/{which}")).text
        assert "<mark>482KTB</mark>" in page
        path = f"/confirmations/{which}/answer"
        for form, words in (
            ({"reason": "Read to me"}, "chosen"),
            ({"chosen": "0"}, "say why"),
            ({"chosen": "9", "reason": "Read to me"}, "candidates"),
            ({"chosen": "own", "reason": "Read to me"}, "write the plate as you read it"),
        ):
            answer = await desk.post(path, data=form)
            assert answer.status_code == 422, form
            assert words in answer.text.lower(), form
        number = next(c["number"] for c in shown["candidates"] if c["plate"] == "482 KTD")
        form = {"chosen": str(number), "reason": "The sheriff's desk read it to me"}
        assert (await desk.post(path, data=form)).status_code == 303
        assert (await desk.get(f"/api/confirmations/{which}")).json()["state"] == "confirmed"
        again = await desk.post(f"/api{path}", json=form)
        assert again.status_code == 422
        nothing = {"chosen": "nothing", "reason": "The child was found"}
        answer = await desk.post(f"/api/confirmations/{other}/answer", json=nothing)
        assert answer.json()["state"] == "dismissed"
        ask = {"plate": "482KTD", "reason": "Is it in force"}
        found = (await desk.post("/api/entries/find", json=ask)).json()["found"]
        assert [f["list"] for f in found] == ["AMBER"]
    (confirmed,) = await world.audited("hotlist.confirmed")
    assert confirmed["reason"] == "The sheriff's desk read it to me"


async def test_everybody_reads_the_policy_and_what_is_only_stated(world: World) -> None:
    for who in ("ruiz", "m.alvarez", "admin"):
        async with world.logged_in(who) as client:
            found = (await client.get("/api/policy")).json()
            page = (await client.get("/policy")).text
            assert found["never"][0] in page
            assert found["only_stated"] > 0
            assert page.count("stated only") == found["only_stated"] + 1
            assert "Every other key" in page


PAGES = ("/lists", "/entries", "/entries/new", "/entries/find", "/confirmations", "/policy")
MAY = {
    "ruiz": (403, 200, 200, 403, 403, 200),
    "m.alvarez": (200, 200, 200, 200, 200, 200),
    "whitfield": (200, 200, 200, 200, 200, 200),
    "admin": (200, 403, 403, 403, 403, 200),
}


@pytest.mark.parametrize("who", MAY)
async def test_each_role_sees_its_pages_and_the_ways_lead_nowhere_else(
    world: World, who: str
) -> None:
    async with world.logged_in(who) as client:
        for path, status in zip(PAGES, MAY[who], strict=True):
            answer = await client.get(path)
            assert answer.status_code == status, path
        home = (await client.get("/")).text.partition("</nav>")[0]
        for path, status in zip(PAGES, MAY[who], strict=True):
            if path in ("/entries/new", "/entries/find"):
                continue
            assert (f'href="{path}"' in home) == (status == 200), path


async def test_an_officer_sees_their_own_entries_and_no_others(world: World) -> None:
    mine, other = await entered(world), await entered(world, "m.alvarez", plate="482KTB")
    async with world.logged_in("ruiz") as officer:
        shown = (await officer.get("/api/entries")).json()
        assert shown["only_yours"]
        assert [x["id"] for x in shown["waiting"]] == [str(mine.id)]
        assert (await officer.get(f"/entries/{mine.id}")).status_code == 200
        assert (await officer.get(f"/entries/{other.id}")).status_code == 404
        assert "482" not in (await officer.get("/entries")).text.replace("48?", "")
        for step, body in (("withdraw", {"reason": "Not mine"}), ("approve", {})):
            answer = await officer.post(f"/api/entries/{other.id}/{step}", json=body)
            assert answer.status_code in (403, 404), step
        done = await officer.post(f"/api/entries/{mine.id}/withdraw", json={"reason": "Found it"})
        assert done.status_code == 200


async def test_another_agency_finds_nothing_of_ours(world: World) -> None:
    """Guarantee 9, on every address that names a list, an entry or a record."""
    ncic = await a_list(world)
    await filled(world, ncic)
    await lists.quarantined(world, ncic)
    made, record_ = await entered(world), await lists.to_read(world)
    await world.add("walnut.sgt", "Sgt. Boone", Role.SUPERVISOR, WALNUT)
    found = await world_entry(world)
    reason = {"reason": "We share a border with them"}
    number = {**reason, "generation": 2}
    until = {**reason, "until": (system_clock() + timedelta(days=1)).isoformat()}
    paths: list[tuple[str, Any]] = [
        (f"/api/lists/{ncic.id}", None),
        (f"/api/lists/{ncic.id}/compare?before=1&after=2", None),
        (f"/api/lists/{ncic.id}/refresh", {}),
        (f"/api/lists/{ncic.id}/accept", number),
        (f"/api/lists/{ncic.id}/back", {**number, "generation": 1}),
        (f"/api/lists/{ncic.id}/template/guess", {"sample": "LIC\n482KTB\n"}),
        (f"/api/lists/{ncic.id}/template", {"template": {"name": "x", "columns": ["LIC"]}}),
        (f"/lists/{ncic.id}", None),
        (f"/lists/{ncic.id}/upload", None),
        (f"/lists/{ncic.id}/template", None),
        (f"/fragments/lists/{ncic.id}", None),
        (f"/api/entries/{made.id}", None),
        (f"/entries/{made.id}", None),
        (f"/api/entries/{made.id}/approve", {}),
        (f"/api/entries/{made.id}/refuse", reason),
        (f"/api/entries/{made.id}/withdraw", reason),
        (f"/api/entries/{made.id}/extend", until),
        (f"/api/confirmations/{record_}", None),
        (f"/confirmations/{record_}", None),
        (f"/api/confirmations/{record_}/answer", {**reason, "chosen": "nothing"}),
        ("/api/entries/find/withdraw", {**reason, "entry": str(found)}),
        ("/api/entries/find/lift", {**reason, "entry": str(found)}),
    ]
    async with world.logged_in("walnut.sgt") as theirs:
        for path, body in paths:
            answer = await (theirs.get(path) if body is None else theirs.post(path, json=body))
            assert answer.status_code == 404, (path, answer.status_code, answer.text[:200])
        answer = await theirs.post(f"/api/lists/{ncic.id}/file", content=csv(0, 10))
        assert answer.status_code == 404
        assert (await theirs.get("/api/lists")).json()["lists"] == []
        assert (await theirs.get("/api/entries")).json()["waiting"] == []
        assert (await theirs.get("/api/confirmations")).json()["records"] == []
        ask = {"plate": PLATE, "reason": "Looking for it"}
        assert (await theirs.post("/api/entries/find", json=ask)).json()["found"] == []
    assert await generation_of(world, ncic) == 1


async def world_entry(world: World) -> UUID:
    """The id of an entry that our list holds."""
    async with world.logged_in("m.alvarez") as desk:
        ask = {"plate": PLATE, "reason": "For the test of another agency"}
        (entry,) = (await desk.post("/api/entries/find", json=ask)).json()["found"]
    return UUID(entry["entry"])


async def test_what_is_not_there_is_not_found(world: World) -> None:
    async with world.logged_in("whitfield") as sergeant:
        for path in ("lists", "entries", "confirmations"):
            assert (await sergeant.get(f"/{path}/{uuid4()}")).status_code == 404
            assert (await sergeant.get(f"/{path}/nothing")).status_code == 404
        local = await entered(world, "whitfield")
        async with world.db.connection() as conn:
            cursor = await conn.execute(
                "select id from hotlist_sources where agency = %s and kind = 'local'", (CEDAR,)
            )
            row = await cursor.fetchone()
        assert row is not None
        # The list that people make has pages of its own, and no file.
        assert (await sergeant.get(f"/lists/{row['id']}")).status_code == 404
        answer = await sergeant.post(f"/api/lists/{row['id']}/file", content=b"LIC\n482KTB\n")
        assert answer.status_code == 422
        assert (await sergeant.get(f"/entries/{local.id}")).status_code == 200
