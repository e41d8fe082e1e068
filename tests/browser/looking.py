"""Chromium as a dispatcher's desk and as an officer's phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.async_api import Browser, FloatRect, Locator, Page

from alerts import store as alerts
from alerts.model import SecondSource
from alerts.transitions import Claim, Verify
from domain.clock import system_clock
from tests.browser.world import PASSWORD, World

DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 3,
    "is_mobile": True,
    "has_touch": True,
}
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]


@asynccontextmanager
async def opened(browser: Browser, options: dict[str, Any]) -> AsyncIterator[Page]:
    """A page in a browser of its own; a script error or a breach of the policy fails the test."""
    context = await browser.new_context(**options)
    page = await context.new_page()
    page.set_default_timeout(10_000)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None,
    )
    try:
        yield page
    finally:
        await context.close()
    assert not wrong


async def log_in(page: Page, world: World, who: str, path: str = "/") -> None:
    await page.goto(world.url + path)
    await page.get_by_label("User name").fill(who)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.wait_for_url(world.url + path)


async def is_accessible(page: Page) -> None:
    """No violation of WCAG 2.2 AA that axe-core can find, in either theme."""
    await page.evaluate(Path(AXE_FILE_PATH).read_text())
    await page.emulate_media(reduced_motion="reduce")  # a color on its way has no contrast
    for theme in ("dark", "light"):
        await page.evaluate("t => { document.documentElement.dataset.theme = t }", theme)
        await page.wait_for_timeout(50)
        found = await page.evaluate(
            "rules => axe.run({runOnly: rules}).then(r => r.violations.map(v =>"
            " v.id + ': ' + v.nodes.map(n => n.html + ' ' + n.failureSummary).join(' | ')))",
            RULES,
        )
        assert found == [], f"{theme}: {found}"
    await page.evaluate("() => { document.documentElement.dataset.theme = 'dark' }")


async def verified(world: World, **changes: Any) -> tuple[Any, str]:
    """A verified alert, and its code."""
    which = await world.raise_(await world.possible_hit(**changes))
    desk = world.people["m.alvarez"]
    async with world.db.transaction() as conn:
        for event in (
            Claim(desk.id),
            Verify(desk.id, SecondSource.NCIC_QUERY, "KQ-7731-0412"),
        ):
            await alerts.transition(
                conn, desk.agency, which, event, system_clock(), actor=str(desk.id)
            )
    return which, await world.code(which)


def banner(page: Page) -> Locator:
    return page.locator(".banner")


async def box_of(where: Locator) -> FloatRect:
    """Where it stands on the page. A live page may replace it just then: so again if need be."""
    for _ in range(30):
        box = await where.bounding_box()
        if box is not None:
            return box
        await where.page.wait_for_timeout(100)
    message = f"{where} is not on the page"
    raise AssertionError(message)
