"""Every number behind an alert, on the desk and on a narrow screen: nothing that is unexplained."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from playwright.async_api import Browser, Page, expect

from console.words import signed
from matchers import telling
from matchers.evidence import Evidence
from matchers.judging import explain
from matchers.scales import Scales
from tests.browser.looking import DESK, PHONE, is_accessible, log_in, opened
from tests.browser.world import World

pytestmark = pytest.mark.browser


async def shown(page: Page, evidence: Evidence) -> None:
    """The table has every feature with its words, values and weight, the sum and what it needed."""
    numbers = page.locator(".numbers")
    await expect(numbers.locator("summary")).to_contain_text(f"sum {signed(evidence.score)}")
    await expect(numbers.locator("table")).not_to_be_visible()
    await numbers.locator("summary").click()
    bodies = numbers.locator("tbody")
    await expect(bodies).to_have_count(len(evidence.features))
    for n, feature in enumerate(evidence.features):
        for text in (feature.words, feature.expected, feature.seen, signed(feature.weight)):
            await expect(bodies.nth(n)).to_contain_text(text, ignore_case=True)
    await expect(numbers.locator("tfoot")).to_contain_text(signed(evidence.score))
    needed = telling.needed(evidence) if telling.always(evidence) else signed(evidence.threshold)
    await expect(numbers.locator("tfoot")).to_contain_text(needed)
    await expect(numbers.locator("tfoot")).to_contain_text(telling.needed_by(evidence))
    await expect(numbers).to_contain_text(telling.outcome(evidence))
    await expect(numbers).to_contain_text(telling.odds(evidence.score))
    await expect(numbers).to_contain_text(telling.LEGEND)


MARGIN = 12


async def drawn(page: Page, to: Path) -> None:
    """What a person is shown of the evidence, as a picture. The narrow one is the page's in docs/,
    taken anew with `pytest --basetemp=...` when its words have changed."""
    part = page.locator("section", has=page.locator(".numbers"))
    box = await part.bounding_box()
    assert box is not None
    down = await page.evaluate("scrollY")
    await page.screenshot(
        path=to,
        full_page=True,
        scale="css",
        clip={
            "x": box["x"] - MARGIN,
            "y": box["y"] + down - MARGIN,
            "width": box["width"] + 2 * MARGIN,
            "height": box["height"] + 2 * MARGIN,
        },
    )


async def test_every_number_of_an_alert_is_explained(
    world: World, browser: Browser, tmp_path: Path
) -> None:
    hit = await world.possible_hit()
    found = explain(hit.read, hit.entry, Scales(wanted=4_211, home="KS"))
    assert found is not None
    which = await world.raise_(msgspec.structs.replace(hit, evidence=found))
    exact = await world.possible_hit(read="205JGM", entry="205JGM", seen_color="blue")
    second = await world.raise_(exact)
    async with opened(browser, DESK) as desk:
        await log_in(desk, world, "m.alvarez", f"/alerts/{which}")
        await shown(desk, found)
        await expect(desk.locator(".numbers .is-against")).to_have_count(1)
        await is_accessible(desk)
        await desk.goto(f"{world.url}/alerts/{second}")
        await shown(desk, exact.evidence)
    async with opened(browser, PHONE) as narrow:
        await log_in(narrow, world, "m.alvarez", f"/alerts/{which}")
        await shown(narrow, found)
        await drawn(narrow, tmp_path / "evidence.png")
        assert await narrow.evaluate("document.documentElement.scrollWidth") == 390
        await is_accessible(narrow)


async def test_the_open_table_stays_open_when_the_page_is_brought_up_to_date(
    world: World, browser: Browser
) -> None:
    which = await world.raise_(await world.possible_hit())
    async with opened(browser, DESK) as desk:
        await log_in(desk, world, "m.alvarez", f"/alerts/{which}")
        await desk.locator(".numbers summary").click()
        await desk.keyboard.press("c")
        await expect(desk.locator(".verify-head")).to_contain_text("Yours")
        await expect(desk.locator(".numbers table")).to_be_visible()
