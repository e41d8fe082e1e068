"""Two people at two screens: the second looks for themselves before they are shown anything."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID

from playwright.async_api import Browser, Page, expect

from policy.loading import standard
from tests.browser.looking import DESK, PHONE, banner, is_accessible, log_in, opened
from tests.browser.world import World
from tests.conflicts import LISTED, SEEN, evidence

PICTURES = os.environ.get("BOLO_PICTURES", "")
"""A folder for pictures of the pages, to be looked at by people; none are taken without it."""


async def picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page="phone" in name)


async def conflicting(world: World, **more: object) -> UUID:
    hit = await world.possible_hit(evidence=evidence(conflict=True), **more)  # type: ignore[arg-type]
    return await world.raise_(hit, standard())


async def verifies(page: Page, reference: str) -> None:
    """From the keyboard, as it is done at night."""
    await page.keyboard.press("s")
    await expect(page.get_by_label("Source", exact=True)).to_be_focused()
    await page.keyboard.type("NCIC")
    await page.keyboard.press("Tab")
    await page.keyboard.type(reference)
    await page.locator("#alert").focus()
    await page.keyboard.press("v")


async def test_two_people_verify_at_two_desks(browser: Browser, world: World) -> None:
    which = await conflicting(world)
    async with opened(browser, DESK) as anna, opened(browser, DESK) as ben:
        await log_in(anna, world, "m.alvarez")
        await log_in(ben, world, "j.ortiz")
        await anna.keyboard.press("c")
        steps = anna.locator("#verify")
        await expect(steps).to_contain_text("Second person required")
        await expect(steps).to_contain_text("J. Ortiz (here now)")
        await picture(anna, "desk-first")
        await is_accessible(anna)
        await verifies(anna, "FIRST-7731")
        await expect(steps).to_contain_text("Waits for a second person")
        await expect(banner(anna)).to_contain_text("not verified")
        row = anna.locator(".row")
        await expect(row).to_contain_text("Needs a second person, first: M. Alvarez")
        await picture(anna, "desk-waits")
        await is_accessible(anna)

        # The other desk hears of it by itself, and holds nothing that could prompt the eye.
        await expect(ben.locator(".row")).to_contain_text("covered until you have looked")
        await expect(ben.locator("#announce")).to_contain_text("Needs a second person")
        await expect(ben.locator("#alert")).to_contain_text("Covered until you have looked")
        for word in (SEEN, LISTED, "482 KT8", "motorcycle", "FIRST-7731"):
            assert word not in await ben.content()
        await picture(ben, "desk-covered")
        await ben.keyboard.press("c")
        await expect(ben.locator("#verify")).to_contain_text("Look first")
        await ben.keyboard.press("b")
        await ben.keyboard.type("KS")
        await ben.keyboard.press("Tab")
        await expect(ben.get_by_label("Plate", exact=True)).to_be_focused()
        await picture(ben, "desk-look")
        await is_accessible(ben)
        await ben.keyboard.press("Enter")  # nothing typed: it says what is missing
        await expect(ben.locator("#verify .said")).to_have_text(
            "Type what you read, or press Cannot read it."
        )
        await ben.keyboard.type("482ktb")
        await ben.keyboard.press("Enter")
        await expect(ben.locator("#verify")).to_contain_text("You saw KS 482 KTB.")
        await expect(ben.locator("#alert")).to_contain_text("8 read, B listed")
        await expect(ben.locator("#verify")).to_contain_text("With your Verify people are told.")
        assert "FIRST-7731" not in await ben.content()
        await picture(ben, "desk-second")
        await is_accessible(ben)
        await verifies(ben, "SECOND-0412")
        await expect(banner(ben)).to_contain_text("Verified")
        await expect(banner(ben)).to_contain_text("M. Alvarez and J. Ortiz")
        await expect(banner(anna)).to_contain_text("M. Alvarez and J. Ortiz")
        for reference in ("FIRST-7731", "SECOND-0412"):
            await expect(ben.locator("#verify")).to_contain_text(reference)
        await ben.locator(".history summary").click()
        history = ben.locator(".history")
        await expect(history).to_contain_text("M. Alvarez verified it, another person must too")
        await expect(history).to_contain_text("J. Ortiz looked at the picture first")
        await expect(history).to_contain_text("J. Ortiz verified it")
        await picture(ben, "desk-verified")
        await is_accessible(ben)
    assert await world.state(which) == "verified"


async def test_the_second_person_at_a_phone_without_script(browser: Browser, world: World) -> None:
    which = await conflicting(world)
    async with world.logged_in("m.alvarez") as desk:
        await desk.post(f"/api/alerts/{which}/claim")
        body = {"source": "NCIC, live query", "reference": "FIRST-7731"}
        assert (await desk.post(f"/api/alerts/{which}/verify", json=body)).status_code == 200
    async with opened(browser, {**PHONE, "java_script_enabled": False}) as phone:
        await log_in(phone, world, "whitfield")
        await expect(phone.locator("#verify")).to_contain_text("you can be it")
        await picture(phone, "phone-claim")
        await phone.get_by_role("button", name="Claim").click()
        await expect(phone.locator("#verify")).to_contain_text("Look first")
        wide = await phone.locator("body").bounding_box()
        assert wide is not None
        assert wide["width"] <= 390
        await picture(phone, "phone-look")
        await phone.get_by_label("Plate", exact=True).fill("482KT8")
        await phone.get_by_label("State", exact=True).select_option("KS")
        await phone.get_by_role("button", name="Show the entry").click()
        await expect(phone.locator("#verify")).to_contain_text("8 seen, B listed")
        await picture(phone, "phone-second")
        await phone.get_by_role("radio", name="Misread").check()
        await phone.get_by_role("button", name="Reject").click()
        await expect(banner(phone)).to_contain_text("Rejected: misread")
    assert await world.state(which) == "rejected"


async def test_cannot_read_it_is_an_answer_and_no_picture_is_no_obstacle(
    browser: Browser, world: World
) -> None:
    dark = await conflicting(world)
    bare = await conflicting(world, pictures=False, category="stolen-plate")
    async with world.logged_in("m.alvarez") as desk:
        for which in (dark, bare):
            await desk.post(f"/api/alerts/{which}/claim")
            body = {"source": "NCIC, live query", "reference": "FIRST-7731"}
            assert (await desk.post(f"/api/alerts/{which}/verify", json=body)).status_code == 200
    async with opened(browser, DESK) as page:
        await log_in(page, world, "j.ortiz", f"/alerts/{dark}")
        await page.keyboard.press("c")
        await expect(page.locator("#verify")).to_contain_text("Look first")
        await page.keyboard.press("u")
        await expect(page.locator("#verify")).to_contain_text("You could not read it.")
        await picture(page, "desk-unread")
        await is_accessible(page)
        await page.keyboard.press("l")
        await page.goto(f"{world.url}/alerts/{bare}")
        await page.keyboard.press("c")
        await expect(page.locator("#verify")).to_contain_text("no picture of the plate came")
        await picture(page, "desk-bare")
        await is_accessible(page)
        await page.keyboard.press("u")
        await expect(page.locator("#alert")).to_contain_text("The list has")


async def test_what_nobody_can_come_to_is_red_on_the_desk_at_once(
    browser: Browser, world: World
) -> None:
    await conflicting(world)
    async with world.db.transaction() as conn:
        await conn.execute(
            "update people set active = false where login in ('j.ortiz', 'whitfield')"
        )
    async with opened(browser, DESK) as page:
        await log_in(page, world, "m.alvarez")
        await page.keyboard.press("c")
        await expect(page.locator("#verify")).to_contain_text("Nobody else here may verify it.")
        await verifies(page, "FIRST-7731")
        red = page.locator(".trouble[data-stuck]")
        await expect(red).to_contain_text("needs a second person since")
        await expect(red).to_contain_text("call your supervisor")
        await expect(page.locator("#verify")).to_contain_text("Waits for a second person")
        await picture(page, "desk-alone")
        await is_accessible(page)
