"""The page of what was learned, in Chromium: at a desk and on a phone, by keyboard."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.async_api import Browser, expect

from alerts import learning_store, score_store
from domain.clock import system_clock
from tests.browser.looking import DESK, PHONE, is_accessible, log_in, opened
from tests.browser.test_console_lists import fits, tab_to
from tests.browser.world import CEDAR, World
from tests.integration.test_learned_console import ODD, an_alert, rejected, verified
from tests.integration.test_match_traffic import put, tally

pytestmark = pytest.mark.browser


def yesterday() -> date:
    """The last whole day of the agency's calendar."""
    return score_store.day_of(system_clock(), "America/Chicago") - timedelta(days=1)


async def learned(world: World) -> None:
    """Markers, one of them lifted, cameras that are good, bad, new and reset, and traffic."""
    await put(world.db, 20, tally(KS=900, MO=300), agency=CEDAR, last=yesterday())
    await rejected(world)
    await rejected(world, "4B2KTB")
    await rejected(world, "77A8C12345", "77ABC12345")
    await verified(world, 30, 20)
    await verified(world, 15, 1, camera="North gateway of the county " * 3)
    await verified(world, 3, 0, camera="CF-08")
    async with world.db.transaction() as conn:
        now, by = system_clock(), str(world.people["whitfield"].id)
        (first, *_) = await learning_store.markers(conn, CEDAR, now)
        await learning_store.lift(conn, CEDAR, first.id, by=by, reason=ODD, now=now)
        await learning_store.reset(conn, CEDAR, "CF-08", by="cli:ops", reason=ODD, now=now)


@pytest.mark.parametrize("size", ["desk", "phone"])
async def test_what_was_learned_is_accessible_in_both_themes(
    world: World, browser: Browser, size: str
) -> None:
    await learned(world)
    later = await an_alert(world, "A82KTB")
    for who, paths in (
        ("whitfield", ("/learned", f"/alerts/{later}")), ("m.alvarez", ("/learned",)),
        ("admin", ("/learned",)),
    ):  # fmt: skip
        async with opened(browser, DESK if size == "desk" else PHONE) as page:
            await log_in(page, world, who)
            for path in paths:
                answer = await page.goto(world.url + path)
                assert answer is not None
                assert answer.status == 200
                if path == "/learned":
                    await page.evaluate(
                        "document.querySelectorAll('details').forEach(d => { d.open = true })"
                    )
                    await fits(page)
                await is_accessible(page)
                assert "undefined" not in await page.inner_text("main")


async def test_by_keyboard_a_marker_is_lifted_and_a_camera_reset(
    world: World, browser: Browser
) -> None:
    await rejected(world)
    await verified(world, 30, 20)
    async with opened(browser, DESK) as page:
        await log_in(page, world, "whitfield", "/learned")
        await tab_to(page, "#markers summary")
        await page.keyboard.press("Enter")
        await tab_to(page, "#markers input[name=reason]")
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
        await expect(page.locator("#trouble")).to_contain_text("Say why, in a few words.")
        await expect(page.locator("#markers input[name=reason]")).to_be_focused()
        await page.keyboard.type("It was the car")
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
        await expect(page.locator("#markers")).to_contain_text("Lifted by Sgt. Whitfield")
        await tab_to(page, "#cameras summary")
        await page.keyboard.press("Enter")
        await tab_to(page, "#cameras input[name=reason]")
        await page.keyboard.type("Lens cleaned")
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
        await expect(page.locator("#cameras")).to_contain_text("Lens cleaned")
        await tab_to(page, "#traffic summary")
        await page.keyboard.press("Enter")
        await tab_to(page, "#traffic input[name=reason]")
        await page.keyboard.type("Cameras moved")
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
        await expect(page.locator("#traffic")).to_contain_text("Reset by Sgt. Whitfield")
        await expect(page.locator("#cameras")).to_contain_text("about as often as usual")
