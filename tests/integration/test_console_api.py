"""The API over a real server: decisions, who sees what, the audit trail, health."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from console.app import create_app
from domain.clock import system_clock
from domain.read import ImageRef
from matchers.watch import Match
from storage.postgres import Database
from tests.browser.world import CEDAR, WALNUT, World, services, world_of
from tests.serving import serve

VERIFY = {"source": "NCIC, live query", "reference": "KQ-7731-0412"}


@pytest.fixture
async def world(db: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(db, tmp_path / "images") as made:
        yield made


async def verify(world: World, which: object) -> None:
    """Claim and verify as the dispatcher."""
    async with world.logged_in("m.alvarez") as desk:
        for step, body in (("claim", None), ("verify", VERIFY)):
            answer = await desk.post(f"/api/alerts/{which}/{step}", json=body)
            assert answer.status_code == 200, answer.text


@asynccontextmanager
async def no_commit_of_audit(world: World) -> AsyncIterator[None]:
    """The trail takes rows and loses them at the commit, like a server that dies in between."""
    async with world.db.transaction() as conn:
        await conn.execute(
            "create function no_audit() returns trigger language plpgsql as"
            " $$ begin raise exception 'the disk is full'; end $$"
        )
        await conn.execute(
            "create constraint trigger no_audit after insert on audit"
            " deferrable initially deferred for each row execute function no_audit()"
        )
    try:
        yield
    finally:
        async with world.db.transaction() as conn:
            await conn.execute("drop trigger no_audit on audit")
            await conn.execute("drop function no_audit")


async def test_an_alert_goes_from_claim_to_outcome_over_the_api(world: World) -> None:
    which = await world.raise_(await world.possible_hit())
    async with world.logged_in("m.alvarez") as desk, world.logged_in("ruiz") as officer:
        queue = (await desk.get("/api/alerts")).json()
        assert [r["claim"]["kind"] for r in queue["alerts"]] == ["open"]
        assert queue["unclaimed"] == 1
        one = (await desk.post(f"/api/alerts/{which}/claim")).json()
        assert one["claim"]["kind"] == "yours"
        assert one["comparison"]["notes"] == ["8 read, B listed"]
        assert [f["verdict"] for f in one["facts"] if f["field"] == "Color"] == ["conflict"]
        one = (await desk.post(f"/api/alerts/{which}/verify", json=VERIFY)).json()
        assert (one["state"], one["verified_by"]) == ("verified", "M. Alvarez")
        for answer in ("going", "going", "seen"):
            replied = await officer.post(f"/api/alerts/{which}/reply", json={"answer": answer})
            assert replied.status_code == 200
        assert set(replied.json()["your_answers"]) == {"going", "seen"}
        done = {"outcome": "vehicle recovered", "note": "At 9th and Elm."}
        one = (await officer.post(f"/api/alerts/{which}/close", json=done)).json()
        assert (one["state"], one["ended_note"]) == ("closed", "At 9th and Elm.")
        life = (await desk.get(f"/api/alerts/{which}/history")).json()["events"]
        words = [(e["name"], e["words"]) for e in life]
        assert ("Ofc. Ruiz", "is on the way") in words
        assert words[-1] == ("Ofc. Ruiz", "closed it: vehicle recovered")
        assert [w for _, w in words].count("is on the way") == 1
        assert (await desk.get("/api/alerts")).json()["ended"][0]["state"] == "closed"


@pytest.mark.parametrize(
    ("step", "body", "field"),
    [
        ("verify", {}, "source"),
        ("verify", {"source": "NCIC, live query"}, "reference"),
        ("verify", {"source": "NCIC, live query", "reference": "   "}, "reference"),
        ("verify", {"source": "a friend", "reference": "1"}, "source"),
        ("verify", {**VERIFY, "extra": 1}, "extra"),
        ("reject", {}, "reason"),
        ("reject", {"reason": "because"}, "reason"),
        ("reject", {"reason": "misread", "note": "x" * 501}, "note"),
        ("recall", {"reason": "  "}, "reason"),
        ("close", {"outcome": ""}, "outcome"),
        ("reply", {"answer": "maybe"}, "answer"),
    ],
)
async def test_what_is_missing_is_named_and_nothing_changes(
    world: World, step: str, body: dict[str, Any], field: str
) -> None:
    which = await world.raise_(await world.possible_hit())
    async with world.logged_in("m.alvarez") as desk:
        await desk.post(f"/api/alerts/{which}/claim")
        answer = await desk.post(f"/api/alerts/{which}/{step}", json=body)
        assert answer.status_code == 422
        assert answer.json()["error"]["field"] == field
        assert answer.json()["error"]["problem"]
        broken = await desk.post(
            f"/api/alerts/{which}/{step}",
            content=b"{not json",
            headers={"Content-Type": "application/json"},
        )
        assert broken.status_code == 422
    assert await world.state(which) == "claimed"


async def test_what_does_not_fit_the_state_is_a_conflict(world: World) -> None:
    which = await world.raise_(await world.possible_hit())
    async with world.logged_in("m.alvarez") as desk, world.logged_in("j.ortiz") as other:
        answer = await desk.post(f"/api/alerts/{which}/verify", json=VERIFY)
        assert answer.status_code == 409
        await desk.post(f"/api/alerts/{which}/claim")
        answer = await other.post(f"/api/alerts/{which}/claim")
        assert answer.status_code == 409
        assert "another person holds the claim" in answer.json()["error"]["problem"]
        answer = await other.post(f"/api/alerts/{which}/reject", json={"reason": "misread"})
        assert answer.status_code == 409


async def test_officers_know_nothing_of_an_unverified_alert(world: World) -> None:
    which = await world.raise_(await world.possible_hit())
    match = await world.possible_hit(read="205JGM", entry="205JGM")
    recalled = await world.raise_(match)
    read = match.read.read_id
    async with world.logged_in("m.alvarez") as desk:
        await desk.post(f"/api/alerts/{recalled}/recall", json={"reason": "typing error"})
    async with world.logged_in("ruiz") as officer:
        assert (await officer.get("/api/alerts")).json()["alerts"] == []
        for hidden in (which, recalled, uuid4()):
            code = await world.code(hidden) if hidden in (which, recalled) else "7K3QHTA"
            for path in (
                f"/api/alerts/{hidden}",
                f"/alerts/{hidden}",
                f"/a/{code}",
                f"/fragments/a/{code}",
                f"/images/{hidden}/{read}/plate",
            ):
                answer = await officer.get(path)
                assert answer.status_code == 404, path
                assert str(hidden) not in answer.text
            for step, body in (
                ("reply", {"answer": "acknowledge"}),
                ("close", {"outcome": "arrest"}),
                ("recall-read", None),
            ):
                answer = await officer.post(f"/api/alerts/{hidden}/{step}", json=body)
                assert answer.status_code == 404, step
            for step, body in (("claim", None), ("verify", VERIFY), ("recall", {"reason": "x"})):
                answer = await officer.post(f"/api/alerts/{hidden}/{step}", json=body)
                assert answer.status_code == 403, step
        await verify(world, which)
        assert len((await officer.get("/api/alerts")).json()["alerts"]) == 1
        assert (await officer.get(f"/a/{await world.code(which)}")).status_code == 200
        assert (await officer.get(f"/alerts/{which}")).status_code == 303


async def test_another_agencys_alert_looks_like_no_alert(world: World) -> None:
    match = await world.possible_hit()
    which = await world.raise_(match)
    await verify(world, which)
    code = await world.code(which)
    for login in ("walnut.desk", "walnut.ofc"):
        async with world.logged_in(login) as client:
            assert (await client.get("/api/alerts")).json()["alerts"] == []
            for path in (
                f"/api/alerts/{which}",
                f"/alerts/{which}",
                f"/a/{code}",
                f"/images/{which}/{match.read.read_id}/plate",
            ):
                assert (await client.get(path)).status_code == 404, path
            answer = await client.post(f"/api/alerts/{which}/close", json={"outcome": "arrest"})
            assert answer.status_code == 404
    async with world.logged_in("walnut.desk") as client:
        assert (await client.get(f"/api/alerts/{which}/history")).status_code == 404
        assert (await client.post(f"/api/alerts/{which}/claim")).status_code == 404


async def test_an_admin_sees_what_is_verified_and_decides_nothing(world: World) -> None:
    which = await world.raise_(await world.possible_hit())
    code = await world.code(which)
    await world.list_of("NCIC", timedelta(hours=1))
    async with world.logged_in("admin") as admin:
        for path in (f"/alerts/{which}", f"/api/alerts/{which}", f"/a/{code}"):
            assert (await admin.get(path)).status_code == 404, path
        assert (await admin.get("/api/alerts")).json()["alerts"] == []
        for path in (f"/fragments/alerts/{which}", f"/api/alerts/{which}/history"):
            assert (await admin.get(path)).status_code == 403, path
        home = await admin.get("/")
        assert home.status_code == 200
        assert "No verified alert is open" in home.text
        assert "by SMS" not in home.text
        assert len((await admin.get("/api/lists")).json()["lists"]) == 1
        for step, body in (("claim", None), ("recall", {"reason": "x"})):
            answer = await admin.post(f"/api/alerts/{which}/{step}", json=body)
            assert answer.status_code == 403
            assert "ask a" in answer.json()["error"]["problem"]
        await verify(world, which)
        assert f"/a/{code}" in (await admin.get("/")).text
        assert f"/a/{code}" in (await admin.get("/fragments/queue")).text
        page = await admin.get(f"/a/{code}")
        assert page.status_code == 200
        assert "<form" not in page.text, "there is nothing an admin may answer"


async def test_a_match_nobody_judged_reaches_no_officer_as_part_of_a_verified_alert(
    world: World,
) -> None:
    first = await world.possible_hit(read="482KTB")
    which = await world.raise_(first)
    early = await world.possible_hit(place="Pine Rd", age=timedelta(seconds=90))
    await world.raise_(msgspec.structs.replace(early, entry=first.entry))
    await verify(world, which)
    code = await world.code(which)
    other = await world.possible_hit(
        place="Oak Ave", age=timedelta(seconds=5), read="482KT8", seen_color="white"
    )
    later = msgspec.structs.replace(other, entry=first.entry)
    assert await world.raise_(later) == which
    picture = f"/images/{which}/{{}}/vehicle"
    async with world.logged_in("m.alvarez") as desk:
        one = (await desk.get(f"/api/alerts/{which}")).json()
        assert one["place"].startswith("Oak Ave")
        assert [s["unconfirmed"] for s in one["seen"]] == [False, False, True]
        assert "After verification, not confirmed" in (await desk.get(f"/alerts/{which}")).text
        assert (await desk.get(picture.format(later.read.read_id))).status_code == 200
        assert "Oak Ave" not in (await desk.get(f"/a/{code}")).text
    for login in ("ruiz", "admin"):
        async with world.logged_in(login) as client:
            one = (await client.get(f"/api/alerts/{which}")).json()
            row = (await client.get("/api/alerts")).json()["alerts"][0]
            for told in (one, row):
                assert told["place"] == "US-77 at 5th Ave, northbound"
                assert told["seen_at"] == first.read.seen_at.isoformat().replace("+00:00", "Z")
                assert told["sightings"] == 1
            assert [s["read_id"] for s in one["seen"]] == [str(first.read.read_id)]
            assert one["picture"]["read_id"] == str(first.read.read_id)
            assert one["conflict_words"] == ["Listed blue. Camera saw silver."]
            for path in ("/", f"/a/{code}", f"/fragments/a/{code}", "/fragments/queue"):
                text = (await client.get(path)).text
                assert "US-77 at 5th Ave" in text, path
                assert "Oak Ave" not in text, path
                assert "Pine Rd" not in text, path
                assert str(later.read.read_id) not in text, path
            assert (await client.get(picture.format(first.read.read_id))).status_code == 200
            for unjudged in (early, later):
                answer = await client.get(picture.format(unjudged.read.read_id))
                assert answer.status_code == 404


async def test_a_picture_that_came_with_a_later_sighting_is_not_lent_to_the_road(
    world: World,
) -> None:
    first = await world.possible_hit(pictures=False)
    which = await world.raise_(first)
    await verify(world, which)
    later = msgspec.structs.replace(await world.possible_hit(), entry=first.entry)
    await world.raise_(later)
    async with world.logged_in("ruiz") as officer:
        assert (await officer.get(f"/api/alerts/{which}")).json()["picture"] is None
        assert "No picture came" in (await officer.get(f"/a/{await world.code(which)}")).text


async def test_a_late_hit_stays_late_on_the_road_whatever_is_seen_live_afterwards(
    world: World,
) -> None:
    first = await world.possible_hit(age=timedelta(minutes=40))
    which = await world.raise_(first)
    await verify(world, which)
    live = await world.possible_hit(age=timedelta(seconds=1))
    await world.raise_(msgspec.structs.replace(live, entry=first.entry))
    async with world.logged_in("ruiz") as officer:
        assert (await officer.get(f"/api/alerts/{which}")).json()["late"] is True


async def test_every_look_and_act_is_in_the_audit_trail_and_live_looks_do_not_flood_it(
    world: World,
) -> None:
    which = await world.raise_(await world.possible_hit())
    me = str(world.people["m.alvarez"].id)
    async with world.logged_in("m.alvarez") as desk:
        for _ in range(5):
            await desk.get(f"/fragments/alerts/{which}")
            await desk.get("/fragments/queue")
        assert len(await world.audited("alert.viewed")) == 1
        assert len(await world.audited("queue.viewed")) == 1
        await desk.get(f"/alerts/{which}")
        await desk.get(f"/api/alerts/{which}")
        viewed = await world.audited("alert.viewed")
        assert [r["actor"] for r in viewed] == [me] * 3
        assert {r["subject"] for r in viewed} == {f"alert:{which}"}
        await desk.get(f"/api/alerts/{which}/history")
        assert len(await world.audited("alert.history-viewed")) == 1
        await desk.post(f"/api/alerts/{which}/claim")
        await desk.post(f"/api/alerts/{which}/reject", json={"reason": "misread"})
    assert [r["actor"] for r in await world.audited("alert.claim")] == [me]
    assert [r["reason"] for r in await world.audited("alert.reject")] == ["misread"]


async def test_a_queue_in_the_trail_names_every_alert_it_showed_once(world: World) -> None:
    first, ended = [
        await world.raise_(await world.possible_hit(read=r, entry=r)) for r in ("482KTB", "205JGM")
    ]
    async with world.logged_in("j.ortiz") as other:
        await other.post(f"/api/alerts/{ended}/reject", json={"reason": "misread"})

    async def details() -> list[dict[str, Any]]:
        rows = await world.audited("queue.viewed")
        return [msgspec.json.decode(r["detail"]) for r in rows]

    async with world.logged_in("m.alvarez") as desk:
        await desk.get("/api/alerts")
        assert await details() == [{"open": 1, "alerts": [str(first), str(ended)]}]
        new = await world.raise_(await world.possible_hit())
        for _ in range(3):
            await desk.get("/fragments/queue")
        assert (await details())[1:] == [{"open": 2, "new": [str(new)]}]
        await desk.post(f"/api/alerts/{new}/claim")
        await desk.get("/fragments/queue")
        assert len(await details()) == 2
    async with world.logged_in("m.alvarez") as again:  # another session has seen none of them
        await again.get("/fragments/queue")
        assert set((await details())[2]["alerts"]) == {str(first), str(ended), str(new)}


async def test_pictures_asked_for_without_their_alert_are_in_the_trail(world: World) -> None:
    match = await world.possible_hit()
    which = await world.raise_(match)
    path = f"/images/{which}/{match.read.read_id}"
    async with world.logged_in("m.alvarez") as desk:
        for kind in ("plate", "vehicle", "vehicle"):
            assert (await desk.get(f"{path}/{kind}")).status_code == 200
        assert (await desk.get(f"{path}/context")).status_code == 404
        rows = await world.audited("pictures.viewed")
        assert [(r["actor"], r["subject"]) for r in rows] == [
            (str(world.people["m.alvarez"].id), f"alert:{which}")
        ]
        # The row of the pictures does not stand for a look at the alert.
        await desk.get(f"/fragments/alerts/{which}")
        assert len(await world.audited("alert.viewed")) == 1
    async with world.logged_in("j.ortiz") as other:
        await other.get(f"/alerts/{which}")
        await other.get(f"{path}/plate")
    assert len(await world.audited("pictures.viewed")) == 1


async def test_no_picture_goes_out_when_its_row_cannot_be_written(world: World) -> None:
    match = await world.possible_hit()
    which = await world.raise_(match)
    async with world.logged_in("m.alvarez") as desk:
        async with no_commit_of_audit(world):
            answer = await desk.get(f"/images/{which}/{match.read.read_id}/plate")
            assert answer.status_code == 500
            assert not answer.content.startswith(b"\xff\xd8\xff")
        await desk.get(f"/images/{which}/{match.read.read_id}/plate")
    assert len(await world.audited("pictures.viewed")) == 1


async def test_a_look_whose_row_was_not_committed_is_written_the_next_time(world: World) -> None:
    which = await world.raise_(await world.possible_hit())
    code = await world.code(which)
    async with world.logged_in("m.alvarez") as desk:
        await verify(world, which)
        async with no_commit_of_audit(world):
            for path in (f"/fragments/alerts/{which}", "/fragments/queue", f"/fragments/a/{code}"):
                assert (await desk.get(path)).status_code == 500
        me = str(world.people["m.alvarez"].id)
        before = len([r for r in await world.audited("alert.viewed") if r["actor"] == me])
        await desk.get(f"/fragments/alerts/{which}")
        await desk.get("/fragments/queue")
        looked = [r for r in await world.audited("alert.viewed") if r["actor"] == me]
        assert len(looked) == before + 1
        assert len(await world.audited("queue.viewed")) == 1


async def test_pictures_come_with_a_type_of_our_own_and_only_those_of_the_alert(
    world: World,
) -> None:
    match, other = await world.possible_hit(), await world.possible_hit(read="9", entry="9")
    match = await with_picture(world, match, f"{CEDAR}/a.jpg", b"<html>not a picture")
    which = await world.raise_(match)
    await world.raise_(other)
    async with world.logged_in("m.alvarez") as desk:
        answer = await desk.get(f"/images/{which}/{match.read.read_id}/vehicle")
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.content.startswith(b"\xff\xd8\xff")
        assert answer.headers["cache-control"] == "no-store"
        odd = await desk.get(f"/images/{which}/{match.read.read_id}/plate")
        assert odd.headers["content-type"] == "application/octet-stream"
        for path in (
            f"/images/{which}/{other.read.read_id}/plate",
            f"/images/{which}/{match.read.read_id}/context",
            f"/images/{which}/{match.read.read_id}/secret",
        ):
            assert (await desk.get(path)).status_code == 404


async def test_a_picture_that_was_replaced_or_is_another_agencys_is_not_served(
    world: World,
) -> None:
    replaced, foreign = await world.possible_hit(), await world.possible_hit(read="9", entry="9")
    theirs = await world.possible_hit(read="8", entry="8", agency=WALNUT)
    plate = theirs.read.images[0]
    foreign = msgspec.structs.replace(
        foreign, read=msgspec.structs.replace(foreign.read, images=(plate,))
    )
    outside = await with_picture(world, await world.possible_hit(read="7", entry="7"), "x/y", b"x")
    one, two, three = [await world.raise_(m) for m in (replaced, foreign, outside)]
    key = replaced.read.images[0].key
    sent = await world.images.get(key)
    async with world.logged_in("m.alvarez") as desk:
        path = f"/images/{one}/{replaced.read.read_id}/plate"
        assert (await desk.get(path)).content == sent
        await world.images.put(key, await world.images.get(plate.key) + b"\0", "image/jpeg")
        assert (await desk.get(path)).status_code == 404
        for alert, match in ((two, foreign), (three, outside)):
            path = f"/images/{alert}/{match.read.read_id}/plate"
            assert (await desk.get(path)).status_code == 404


async def with_picture(world: World, match: Match, key: str, data: bytes) -> Match:
    """The match with these bytes as its plate's picture, stored and named truthfully."""
    await world.images.put(key, data, "image/jpeg")
    ref = ImageRef(kind="plate", key=key, sha256=hashlib.sha256(data).hexdigest())
    others = tuple(i for i in match.read.images if i.kind != "plate")
    read = msgspec.structs.replace(match.read, images=(ref, *others))
    return msgspec.structs.replace(match, read=read)


async def test_lists_say_their_age(world: World) -> None:
    await world.list_of("NCIC", timedelta(hours=30))
    await world.list_of("AMBER", timedelta(minutes=2))
    await world.list_of("Theirs", timedelta(hours=1), WALNUT)
    async with world.logged_in("m.alvarez") as desk:
        lists = (await desk.get("/api/lists")).json()["lists"]
    assert [(x["name"], x["grade"], x["entries"]) for x in lists] == [
        ("NCIC", "now", 4211),
        ("AMBER", "ok", 4211),
    ]


async def test_who_was_not_reached_stands_on_the_desk(world: World) -> None:
    which = await world.raise_(await world.possible_hit())
    await verify(world, which)
    async with world.db.transaction() as conn:
        to, event = uuid4(), (await (await conn.execute("select id from events_out")).fetchone())
        assert event is not None
        await conn.execute(
            "insert into recipients (id, agency, name, kind, channel, address)"
            " values (%s, %s, 'Ofc. Ruiz', 'officer', 'sms', '+16205550123')",
            (to, CEDAR),
        )
        await conn.execute(
            "insert into deliveries (id, agency, alert, event, recipient, channel, state,"
            " problem, created_at, failed_at)"
            " values (%s, %s, %s, %s, %s, 'sms', 'failed', 'the phone is off', %s, %s)",
            (uuid4(), CEDAR, which, event["id"], to, system_clock(), system_clock()),
        )
    async with world.logged_in("m.alvarez") as desk:
        page = (await desk.get(f"/alerts/{which}")).text
        assert "SMS to Ofc. Ruiz failed" in page
        assert "radio them" in page
        told = (await desk.get(f"/api/alerts/{which}")).json()["told"]
        assert [(d["to"], d["state"], d["problem"]) for d in told] == [
            ("Ofc. Ruiz", "failed", "the phone is off")
        ]
    async with world.logged_in("walnut.desk") as desk:
        assert "Ofc. Ruiz" not in (await desk.get("/")).text


async def test_a_database_that_is_away_is_said_so(world: World) -> None:
    away = Database("postgresql://nobody@127.0.0.1:9/nothing", size=1)
    await away.open()
    try:
        app = create_app(services(World(away, world.images)))
        async with serve(app) as url, httpx.AsyncClient(base_url=url, timeout=30) as client:
            client.cookies.set("bolo", "a token")
            assert (await client.get("/healthz")).status_code == 200
            page, api, ready = await asyncio.gather(
                client.get("/"), client.get("/api/alerts"), client.get("/readyz")
            )
            assert (page.status_code, page.headers["retry-after"]) == (503, "5")
            assert "The database is not available" in page.text
            assert "nothing was changed" in page.text
            assert api.status_code == 503
            assert "database" in api.json()["error"]["problem"]
            assert ready.json()["database"] is False
    finally:
        await away.close()


async def test_a_sighting_says_how_it_was_read(world: World) -> None:
    first = await world.possible_hit(read="482KTB")
    which = await world.raise_(first)
    second = await world.possible_hit(read="482KT8")
    again = msgspec.structs.replace(second, entry=first.entry)
    assert await world.raise_(again) == which
    async with world.logged_in("m.alvarez") as desk:
        one = (await desk.get(f"/api/alerts/{which}")).json()
        assert [s["read"] for s in one["seen"]] == ["482KTB", "482KT8"]
        assert "482 KT8" in (await desk.get(f"/alerts/{which}")).text
