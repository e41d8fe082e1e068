"""The page "Alert budget" in a real Chromium: seen, measured, without script, by who may."""

from __future__ import annotations

from datetime import timedelta
from math import exp
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from alerts import score_store, tuning
from domain.clock import system_clock
from matchers.tally import BINS, FLOOR, Tally, bin_of, edge
from policy.model import AlertBudget
from tests.browser.looking import DESK, PHONE, is_accessible, log_in, opened
from tests.browser.test_console_lists import fits
from tests.browser.world import CEDAR, World

pytestmark = pytest.mark.browser


async def measured(world: World, days: int = 14) -> None:
    """Counts of so many whole days, falling as real ones do, and thresholds after 12 days."""
    tally = Tally()
    tally.reads(61_000)
    for priority, at_floor in ((1, 900.0), (2, 60_000.0), (3, 22_000.0), (4, 2.0)):
        for at in range(bin_of(FLOOR), BINS):
            falling = at_floor * exp(-0.75 * (edge(at) - FLOOR)) * 0.18
            tally.counts[priority - 1, at] = round(falling)
    now = system_clock()
    async with world.db.transaction() as conn:
        for back in range(1, days + 14):
            day = (now - timedelta(days=back)).date()
            await score_store.add(conn, CEDAR, day, tally)
    for back in range(12, 0, -1):
        await tuning.tune(world.db, AlertBudget(), now - timedelta(days=back))


@pytest.mark.parametrize("size", ["desk", "phone"])
async def test_the_page_shows_thresholds_what_to_expect_and_the_spread(
    world: World, browser: Browser, size: str, tmp_path: Path
) -> None:
    await measured(world)
    async with opened(browser, DESK if size == "desk" else PHONE) as page:
        await log_in(page, world, "whitfield", "/budget")
        await is_accessible(page)
        await fits(page)
        high = page.locator(".sheet--budget").first.locator("tbody tr").nth(1)
        await expect(high).to_contain_text("High")
        await expect(high).to_contain_text("in 1,000 right")
        await expect(high).to_contain_text("counted")
        assert await page.locator(".spread svg[role=img]").count() == 4
        assert await page.locator(".spread").nth(1).locator(".spread-alert").count() > 3
        assert await page.locator(".spread-threshold").count() == 4
        assert "undefined" not in await page.inner_text("main")
        await page.screenshot(path=str(tmp_path / f"budget-{size}.png"), full_page=True)


async def test_before_anything_was_counted_it_says_so(world: World, browser: Browser) -> None:
    async with opened(browser, PHONE) as page:
        await log_in(page, world, "whitfield", "/budget")
        await expect(page.locator(".board-head")).to_contain_text("No read was counted yet")
        await expect(page.locator(".sheet--budget")).to_contain_text("not measured")
        await is_accessible(page)
        await fits(page)


async def test_another_budget_is_shown_without_script_and_nonsense_is_told(
    world: World, browser: Browser
) -> None:
    await measured(world, days=2)
    async with opened(browser, {**DESK, "java_script_enabled": False}) as page:
        await log_in(page, world, "whitfield", "/budget")
        await page.get_by_label("False alerts a day, for each priority").fill("500")
        await page.get_by_role("button", name="Show").click()
        rows = page.locator("#another tbody tr")
        assert await rows.count() == 4
        await expect(rows.nth(1)).to_contain_text("500")
        await page.get_by_label("False alerts a day, for each priority").fill("many")
        await page.get_by_role("button", name="Show").click()
        await expect(page.locator(".wrong")).to_have_text("That is no number from 0 to 10,000.")
        assert await page.locator("#another").count() == 0


async def test_a_dispatcher_has_no_such_page(world: World, browser: Browser) -> None:
    async with opened(browser, DESK) as page:
        await log_in(page, world, "m.alvarez")
        assert await page.locator(".ways a", has_text="Alert budget").count() == 0
        answer = await page.goto(world.url + "/budget")
        assert answer is not None
        assert answer.status == 403
