"""What was learned, over a real server: the alert page, the page of markers and cameras, the API,
and the command line."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from alerts import store as alerts
from alerts.model import RejectReason, SecondSource
from alerts.transitions import Claim, Reject, Verify
from domain.clock import system_clock
from domain.ids import target_id
from matchers.evidence import Evidence, Feature
from people.model import Role
from storage.postgres import Database
from tests import commands
from tests.browser.world import CEDAR, WALNUT, World, world_of

ODD = "Wrong car: <script>alert(1)</script> \u202eabc"


@pytest.fixture
async def world(db: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(db, tmp_path / "images") as made:
        yield made


async def an_alert(world: World, read: str = "482KT8", entry: str = "482KTB") -> UUID:
    """An alert as the engine raises it, of a target that later alerts share."""
    tier: Any = "exact" if read == entry else "fuzzy"
    text = Feature(
        name="plate", words="8 for B", expected=entry, seen=read, weight=4.0, verdict="differs"
    )
    evidence = Evidence(reading=read, tier=tier, score=4.0, threshold=0.0, features=(text,))
    one = await world.possible_hit(read=read, entry=entry, evidence=evidence, pictures=False)
    target = target_id(one.entry.agency, entry, "KS")
    return await world.raise_(msgspec.structs.replace(one, target=target))


async def rejected(world: World, read: str = "482KT8", entry: str = "482KTB") -> UUID:
    """The same, rejected as a misread by the dispatcher."""
    which = await an_alert(world, read, entry)
    desk = world.people["m.alvarez"]
    async with world.db.transaction() as conn:
        event = Reject(desk.id, RejectReason.MISREAD)
        await alerts.transition(conn, CEDAR, which, event, system_clock(), actor=str(desk.id))
    return which


async def verified(world: World, count: int, misread: int, camera: str = "CF-07") -> None:
    """So many verified hits of a camera, on a day each, `misread` of them misread."""
    desk = world.people["m.alvarez"]
    for n in range(count):
        plate = f"{n:03}KTB"
        one = await world.possible_hit(
            read=f"{n:03}KT8" if n < misread else plate, entry=plate, pictures=False,
            evidence=Evidence(reading=plate, tier="fuzzy", score=1.0, threshold=0.0, features=()),
        )  # fmt: skip
        seen = msgspec.structs.replace(one.read, camera=camera)
        which = await world.raise_(msgspec.structs.replace(one, read=seen))
        at = system_clock() - timedelta(days=n)
        async with world.db.transaction() as conn:
            for event in (Claim(desk.id), Verify(desk.id, SecondSource.NCIC_QUERY, "KQ-1")):
                await alerts.transition(conn, CEDAR, which, event, at, actor=str(desk.id))


async def test_the_alert_page_says_what_was_rejected_before_and_by_whom(world: World) -> None:
    first = await rejected(world)
    later = await an_alert(world, "4B2KTB")
    async with world.logged_in("m.alvarez") as desk:
        shown = (await desk.get(f"/api/alerts/{later}")).json()
        (marker,) = shown["misreads"]
        assert (marker["read"], marker["alert"], marker["holds"]) == ("482 KT8", str(first), True)
        page = (await desk.get(f"/alerts/{later}")).text
        assert "an alert was rejected as a misread" in page
        assert "M. Alvarez" in page
        assert "that text does not alert for this plate" in page
        own = (await desk.get(f"/alerts/{first}")).text
        assert "it was rejected as a misread" in own
        other = await an_alert(world, "482KT8", "482KTC")
        assert (await desk.get(f"/api/alerts/{other}")).json()["misreads"] == []


async def test_a_rejection_through_the_api_makes_a_marker_or_says_why_none(world: World) -> None:
    off, exact = await an_alert(world), await an_alert(world, "77ABC", "77ABC")
    body = {"reason": "misread"}
    async with world.logged_in("m.alvarez") as desk:
        marked = (await desk.post(f"/api/alerts/{off}/reject", json=body)).json()
        assert [m["read"] for m in marked["misreads"]] == ["482 KT8"]
        assert marked["no_marker"] == ""
        refused = (await desk.post(f"/api/alerts/{exact}/reject", json=body)).json()
        assert refused["misreads"] == []
        assert refused["no_marker"].startswith("No marker was made: the text read is the wanted")
        page = (await desk.get(f"/alerts/{exact}")).text
        assert "a right reading of it must always ask a person" in page
        again = await desk.post(f"/api/alerts/{off}/reject", json=body)
        assert again.status_code == 409
    assert len(await world.audited("marker.made")) == 1


async def test_a_marker_is_lifted_on_the_page_with_a_reason_by_name(world: World) -> None:
    await rejected(world)
    async with world.logged_in("m.alvarez") as desk:
        (marker,) = (await desk.get("/api/learned")).json()["markers"]
        page = (await desk.get("/learned")).text
        assert "482 KT8" in page
        assert "Alert 26-" in page
        path = f"/learned/markers/{marker['id']}/lift"
        empty = await desk.post(path, data={"reason": " "})
        assert empty.status_code == 422
        assert "Say why, in a few words." in empty.text
        prohibited = await desk.post(path, data={"reason": "for immigration enforcement"})
        assert prohibited.status_code == 422
        assert (await desk.get("/api/learned")).json()["markers"][0]["holds"]
        done = await desk.post(path, data={"reason": ODD})
        assert (done.status_code, done.headers["location"]) == (303, "/learned#markers")
        lifted = await desk.get("/learned")
        assert "Lifted by M. Alvarez" in lifted.text
        assert "<script>alert(1)" not in lifted.text
        assert "\u202e" not in lifted.text
        twice = await desk.post(path, data={"reason": "again"})
        assert twice.status_code == 422
        assert "lifted before" in twice.text
    (act,) = await world.audited("marker.lifted")
    assert act["actor"] == str(world.people["m.alvarez"].id)


async def test_who_may_see_and_take_back_what(world: World) -> None:
    await rejected(world)
    await verified(world, 2, 1)
    await world.add("walnut.sgt", "Sgt. Boone", Role.SUPERVISOR, WALNUT)
    async with world.logged_in("whitfield") as sergeant:
        (marker,) = (await sergeant.get("/api/learned")).json()["markers"]
    lift = f"/api/learned/markers/{marker['id']}/lift"
    reset = {"camera": "CF-07", "reason": "Lens cleaned"}
    async with world.logged_in("ruiz") as officer:
        assert (await officer.get("/learned")).status_code == 403
        assert (await officer.get("/api/learned")).status_code == 403
        assert 'href="/learned"' not in (await officer.get("/")).text
        assert (await officer.post(lift, json={"reason": "x"})).status_code == 403
    async with world.logged_in("admin") as admin:
        found = (await admin.get("/api/learned")).json()
        assert (found["markers"], found["markers_count"]) == ([], 1)
        page = (await admin.get("/learned")).text
        assert "482" not in page
        assert "1 is kept." in page
        assert (await admin.post(lift, json={"reason": "x"})).status_code == 403
        done = await admin.post("/api/learned/cameras/reset", json=reset)
        assert done.status_code == 200
        (camera,) = done.json()["cameras"]
        assert (camera["verified"], camera["reset_because"]) == (0, "Lens cleaned")
    async with world.logged_in("m.alvarez") as desk:
        refused = await desk.post("/api/learned/cameras/reset", json=reset)
        assert refused.status_code == 403
        assert "ask an admin or supervisor" in refused.json()["error"]["problem"]
        assert "Reset by" in (await desk.get("/learned")).text
    async with world.logged_in("walnut.sgt") as stranger:
        found = (await stranger.get("/api/learned")).json()
        assert (found["markers"], found["cameras"]) == ([], [])
        assert (await stranger.post(lift, json={"reason": "ours"})).status_code == 404
        other = await stranger.post("/api/learned/cameras/reset", json=reset)
        assert other.status_code == 404
    assert len(await world.audited("camera.learning-reset")) == 1
    assert (await world.audited("marker.lifted")) == []


async def test_a_camera_is_shown_in_words_and_reset_on_the_page(world: World) -> None:
    await verified(world, 30, 20)
    await verified(world, 15, 1, camera="CF-08")
    async with world.logged_in("whitfield") as sergeant:
        found = (await sergeant.get("/api/learned")).json()["cameras"]
        bad, good = found
        assert (bad["camera"], bad["verified"], bad["misread"]) == ("CF-07", 30, 20)
        assert 2 < bad["times"] <= 3
        assert good["times"] < 1
        page = (await sergeant.get("/learned")).text
        assert f"Misreads {bad['times']:.1f} times as often as usual, from 30 judged hits" in page
        empty = await sergeant.post("/learned/cameras/reset", data={"camera": "CF-07"})
        assert empty.status_code == 422
        assert "Nothing was entered or changed." in empty.text
        unknown = await sergeant.post(
            "/learned/cameras/reset", data={"camera": "nowhere", "reason": "cleaned"}
        )
        assert unknown.status_code == 404
        done = await sergeant.post(
            "/learned/cameras/reset", data={"camera": "CF-07", "reason": "Lens cleaned"}
        )
        assert done.status_code == 303
        again = (await sergeant.get("/learned")).text
        assert "Reset by Sgt. Whitfield" in again


async def test_the_road_and_the_unverified_learn_nothing_of_other_peoples_plates(
    world: World,
) -> None:
    await rejected(world)
    which = await an_alert(world, "4B2KTB")
    desk = world.people["m.alvarez"]
    async with world.db.transaction() as conn:
        for event in (Claim(desk.id), Verify(desk.id, SecondSource.NCIC_QUERY, "KQ-1")):
            await alerts.transition(conn, CEDAR, which, event, system_clock(), actor=str(desk.id))
    async with world.logged_in("ruiz") as officer:
        shown = (await officer.get(f"/api/alerts/{which}")).json()
        assert shown["misreads"] == []
        road = (await officer.get(f"/a/{await world.code(which)}")).text
        assert "482 KT8" not in road


async def bolo(world: World, *words: str) -> tuple[int, str, str]:
    return await commands.bolo("match", *words, url=world.db.url)


async def test_the_command_line_lists_and_takes_back(world: World) -> None:
    await rejected(world)
    await verified(world, 2, 1)
    code, out, err = await bolo(world, "markers", "--agency", CEDAR)
    assert (code, err) == (0, "")
    assert "482KT8 for 482KTB: alert 26-00001, rejected by M. Alvarez" in out
    (marker,) = json.loads((await bolo(world, "markers", "--agency", CEDAR, "--json"))[1])
    assert marker["reading"] == "482KT8"
    lift = ("markers", "--agency", CEDAR, "--lift", marker["id"])
    code, _, err = await bolo(world, *lift)
    assert code == 1
    assert "needs a reason" in err
    assert (await bolo(world, *lift, "--reason", "It was the car"))[:2] == (0, "lifted\n")
    assert "lifted by cli:" in (await bolo(world, "markers", "--agency", CEDAR))[1]
    code, _, err = await bolo(world, "markers", "--agency", CEDAR, "--lift", "nonsense")
    assert code == 1
    assert "UUID" in err
    code, out, _ = await bolo(world, "cameras", "--agency", CEDAR)
    assert code == 0
    assert out.startswith("CF-07: misreads about as often as usual (1.00), from 2 judged hits;")
    done = await bolo(
        world, "cameras", "--agency", CEDAR, "--reset", "CF-07", "--reason", "cleaned"
    )
    assert done[0] == 0
    (camera,) = json.loads((await bolo(world, "cameras", "--agency", CEDAR, "--json"))[1])
    assert (camera["verified"], camera["reset_because"]) == (0, "cleaned")
    (act,) = await world.audited("camera.learning-reset")
    assert act["actor"].startswith("cli:")


async def test_to_list_plates_on_the_command_line_is_audited_and_says_how_many_are_left_out(
    world: World,
) -> None:
    await rejected(world)
    await rejected(world, "4B2KTB")
    code, out, err = await bolo(world, "markers", "--agency", CEDAR, "--limit", "1")
    assert (code, err) == (0, "")
    assert "these are the newest 1 of 2" in out
    (look,) = await world.audited("learned.viewed")
    assert look["actor"].startswith("cli:")
    assert "KTB" not in str(look)
    for what in ("markers", "cameras"):
        code, _, err = await bolo(world, what, "--agency", "XX0000000")
        assert code == 1
        assert "not an agency" in err


async def test_an_admin_is_told_the_number_of_markers_and_no_more(world: World) -> None:
    await rejected(world)
    await world.add("it.desk", "IT desk", Role.ADMIN, CEDAR)
    async with world.logged_in("it.desk") as admin:
        found = (await admin.get("/api/learned")).json()
        assert (found["markers"], found["markers_count"]) == ([], 1)
        page = (await admin.get("/learned")).text
        assert "482" not in page
