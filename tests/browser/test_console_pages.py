"""The pages as people use them, in a real Chromium: the desk and the phone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect

from alerts import store as alerts
from alerts.transitions import Claim, Recall
from console.app import create_app
from domain.clock import system_clock
from tests.browser.looking import DESK, PHONE, banner, is_accessible, log_in, opened, verified
from tests.browser.world import World, services
from tests.serving import serve

pytestmark = pytest.mark.browser


async def test_from_a_possible_hit_to_an_acknowledgement_and_a_recall(
    world: World, browser: Browser
) -> None:
    await world.list_of("NCIC", timedelta(hours=14))
    which = await world.raise_(await world.possible_hit())
    async with opened(browser, DESK) as desk, opened(browser, PHONE) as phone:
        await log_in(desk, world, "m.alvarez")
        await expect(banner(desk)).to_contain_text("Possible hit — not verified")
        await expect(banner(desk)).to_contain_text("Nobody outside dispatch has been told.")
        await expect(desk.locator(".cells-note")).to_contain_text("8 read, B listed")
        await expect(desk).to_have_title("1 unclaimed - bolo, Cedar Falls KS PD")
        await expect(desk.locator("#connection")).to_have_attribute("data-state", "live")

        await desk.keyboard.press("c")
        await expect(desk.locator(".verify-head")).to_contain_text("Yours")
        await desk.keyboard.press("v")
        await expect(desk.locator("#said")).to_have_text(
            "Verify needs the second source and its reference number."
        )
        await expect(desk.get_by_label("Source", exact=True)).to_be_focused()
        assert await world.state(which) == "claimed"

        await desk.get_by_label("Source", exact=True).select_option("NCIC, live query")
        await desk.keyboard.press("Tab")
        await desk.keyboard.type("KQ-7731-0412")
        await desk.get_by_role("button", name="Verify").click()
        await expect(banner(desk)).to_contain_text("Verified")
        await expect(banner(desk)).to_contain_text("KQ-7731-0412")

        await log_in(phone, world, "ruiz", f"/a/{await world.code(which)}")
        await expect(phone.locator("#live")).to_have_attribute("data-state", "live")
        await phone.get_by_role("button", name="Acknowledge").tap()
        await expect(phone.locator(".acts")).to_contain_text("Acknowledged")
        assert await world.state(which) == "acknowledged"
        await expect(desk.locator("#verify")).to_contain_text("Ofc. Ruiz acknowledged it")

        await desk.get_by_label("Why. Officers read this").fill("The owner has the car back.")
        await desk.get_by_role("button", name="Recall").click()
        await expect(phone.locator("body")).to_have_class("phone phone--recalled")
        await expect(phone.locator("h1")).to_contain_text("Do not stop")
        await expect(phone.locator("dl")).to_contain_text("The owner has the car back.")
        await phone.get_by_role("button", name="I have read this").tap()
        await expect(phone.locator(".dock")).to_contain_text("You have read this")
        await expect(desk.locator("#verify")).to_contain_text("Ofc. Ruiz")
        await phone.reload()
        await expect(phone.locator("h1")).to_contain_text("Do not stop")


async def test_a_reject_needs_its_reason_and_tells_nobody(world: World, browser: Browser) -> None:
    which = await world.raise_(await world.possible_hit())
    async with opened(browser, DESK) as desk:
        await log_in(desk, world, "m.alvarez")
        await desk.keyboard.press("c")
        await expect(desk.locator(".verify-head")).to_contain_text("Yours")
        await desk.keyboard.press("r")
        await expect(desk.locator("#said")).to_have_text("Reject needs a reason.")
        await desk.keyboard.press("1")
        await desk.keyboard.press("r")
        await expect(banner(desk)).to_contain_text("Rejected: misread")
        await expect(banner(desk)).to_contain_text("Nobody outside dispatch was told.")
    assert await world.state(which) == "rejected"


async def test_a_new_possible_hit_arrives_without_a_reload_and_typing_survives_it(
    world: World, browser: Browser
) -> None:
    first = await world.possible_hit()
    async with opened(browser, DESK) as desk:
        await log_in(desk, world, "m.alvarez")
        await expect(desk.locator("#alert")).to_contain_text("No possible hit waits")
        await is_accessible(desk)
        await expect(desk.locator("#connection")).to_have_attribute("data-state", "live")
        await world.raise_(first)
        await expect(banner(desk)).to_contain_text("Possible hit — not verified")
        await desk.keyboard.press("c")
        await desk.get_by_label("Reference no.").fill("KQ-77")
        await world.raise_(
            await world.possible_hit(read="316PNL", entry="316PNL", category="amber", priority=1)
        )
        await expect(desk.locator("a.row")).to_have_count(2)
        await expect(desk.locator(".fresh")).to_contain_text("Immediate, nobody has it")
        await expect(desk).to_have_title("1 unclaimed, 1 immediate - bolo, Cedar Falls KS PD")
        # A sighting of the chosen alert replaces the middle, not what was typed beside it.
        again = await world.possible_hit()
        await world.raise_(
            type(first)(
                **{f: getattr(first, f) for f in first.__struct_fields__ if f != "read"},
                read=again.read,
            )
        )
        await expect(desk.locator(".alert-no")).to_contain_text("2 sightings")
        await expect(desk.get_by_label("Reference no.")).to_have_value("KQ-77")
        await expect(desk.get_by_label("Reference no.")).to_be_focused()


async def test_a_button_is_not_replaced_under_the_hand(world: World, browser: Browser) -> None:
    which = await world.raise_(await world.possible_hit())
    async with opened(browser, DESK) as desk:
        await log_in(desk, world, "m.alvarez")
        await expect(desk.locator("#connection")).to_have_attribute("data-state", "live")
        await desk.get_by_role("button", name="Claim C").hover()
        await desk.mouse.down()
        await world.raise_(await world.possible_hit(read="205JGM", entry="205JGM"))
        await expect(desk.locator("a.row")).to_have_count(2)
        await desk.mouse.up()
        await expect(desk.locator(".verify-head")).to_contain_text("Yours")
    assert await world.state(which) == "claimed"


async def test_somebody_elses_claim_shows_their_name_and_no_steps(
    world: World, browser: Browser
) -> None:
    which = await world.raise_(await world.possible_hit())
    async with opened(browser, DESK) as desk:
        await log_in(desk, world, "m.alvarez")
        other = world.people["j.ortiz"]
        async with world.db.transaction() as conn:
            await alerts.transition(
                conn, other.agency, which, Claim(other.id), system_clock(), actor=str(other.id)
            )
        await expect(desk.locator("#verify")).to_contain_text("J. Ortiz has it.")
        await expect(desk.get_by_role("button", name="Verify")).to_have_count(0)
        await expect(desk.locator("a.row .claim")).to_contain_text("J. Ortiz")


async def test_the_forms_work_without_script(world: World, browser: Browser) -> None:
    which = await world.raise_(await world.possible_hit())
    async with opened(browser, {**DESK, "java_script_enabled": False}) as desk:
        await log_in(desk, world, "m.alvarez")
        await desk.get_by_role("button", name="Claim C").click()
        await desk.get_by_role("button", name="Verify").click()
        await expect(desk.locator(".error-what")).to_contain_text("source", ignore_case=True)
        await desk.go_back()
        await desk.get_by_label("Source", exact=True).select_option("State registration")
        await desk.get_by_label("Reference no.").fill("R-1")
        await desk.get_by_role("button", name="Verify").click()
        await expect(banner(desk)).to_contain_text("Verified")
    async with opened(browser, {**PHONE, "java_script_enabled": False}) as phone:
        await log_in(phone, world, "ruiz", f"/a/{await world.code(which)}")
        await phone.get_by_text("Not the vehicle").first.tap()
        await phone.get_by_role("button", name="Yes, not the vehicle").tap()
        await expect(phone.locator("h1")).to_contain_text("Do not stop")


async def test_single_keys_can_be_turned_off(world: World, browser: Browser) -> None:
    which = await world.raise_(await world.possible_hit())
    async with opened(browser, DESK) as desk:
        await log_in(desk, world, "m.alvarez")
        await desk.get_by_role("switch", name="Single keys on").click()
        await desk.keyboard.press("c")
        await desk.wait_for_timeout(300)
        assert await world.state(which) == "raised"
        await desk.get_by_role("switch", name="Single keys off").click()
        await desk.keyboard.press("c")
        await expect(desk.locator(".verify-head")).to_contain_text("Yours")


async def test_a_phone_that_lost_its_connection_says_so_and_catches_up(
    world: World, browser: Browser
) -> None:
    which, code = await verified(world)
    async with opened(browser, PHONE) as phone:
        async with serve(create_app(services(world))) as url:
            port = int(url.rsplit(":", 1)[1])
            other = World(world.db, world.images, url, world.people)
            await log_in(phone, other, "ruiz", f"/a/{code}")
            await expect(phone.locator("#live")).to_have_attribute("data-state", "live")
        await expect(phone.locator("#live")).to_have_attribute("data-state", "lost")
        await expect(phone.locator("#lost")).to_contain_text("A recall cannot reach this page")
        desk = world.people["m.alvarez"]
        async with world.db.transaction() as conn:
            await alerts.transition(
                conn, desk.agency, which, Recall(desk.id, "cleared"), system_clock(), actor="desk"
            )
        async with serve(create_app(services(world)), port):
            await expect(phone.locator("h1")).to_contain_text("Do not stop", timeout=15_000)
            await phone.goto("about:blank")
