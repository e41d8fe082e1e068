"""Every page under axe-core in both themes, and a bad night."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect

from matchers.evidence import Difference, Evidence, Feature
from people.model import Role
from tests.browser.looking import (
    DESK,
    PHONE,
    banner,
    box_of,
    is_accessible,
    log_in,
    opened,
    verified,
)
from tests.browser.world import World

pytestmark = pytest.mark.browser


async def test_every_page_is_accessible_in_both_themes(world: World, browser: Browser) -> None:
    await world.list_of("NCIC", timedelta(hours=30))
    which = await world.raise_(await world.possible_hit())
    await world.raise_(
        await world.possible_hit(
            read="1907AVK", entry="1907AVK", category="gang", priority=4, read_state="",
            pictures=False, caution="",
        )
    )  # fmt: skip
    _, code = await verified(world, read="205JGM", entry="205JGM")
    async with opened(browser, DESK) as desk:
        await desk.goto(world.url + "/login")
        await is_accessible(desk)
        await log_in(desk, world, "m.alvarez", f"/alerts/{which}")
        await is_accessible(desk)
        await desk.keyboard.press("c")
        await desk.get_by_role("button", name="Verify").click()
        await expect(desk.locator("#said")).not_to_be_empty()
        await is_accessible(desk)
        await desk.locator(".plate--verified").click()
        await expect(banner(desk)).to_contain_text("Verified")
        await is_accessible(desk)
        await desk.get_by_label("Why. Officers read this").fill("Cleared.")
        await desk.get_by_role("button", name="Recall").click()
        await expect(banner(desk)).to_contain_text("Recalled")
        await is_accessible(desk)
        await desk.goto(world.url + "/alerts/nothing")
        await is_accessible(desk)
    _, second = await verified(world, read="771LWD", entry="771LWD")
    async with opened(browser, PHONE) as phone:
        await log_in(phone, world, "ruiz", f"/a/{second}")
        await is_accessible(phone)
        await phone.get_by_role("button", name="On my way").tap()
        await expect(phone.locator(".acts")).to_contain_text("Outcome")
        await phone.get_by_text("Outcome").tap()
        await is_accessible(phone)
        await phone.goto(f"{world.url}/a/{code}")
        await expect(phone.locator("h1")).to_contain_text("Do not stop")
        await is_accessible(phone)
        await phone.goto(world.url + "/")
        await is_accessible(phone)


async def test_a_bad_night_stays_readable(world: World, browser: Browser) -> None:
    """40 alerts, long names and places, 10 characters, a missing one, no picture, no state."""
    long_plate = Evidence(
        reading="RIVERB0AT",
        tier="fuzzy-conflict",
        score=6.1,
        threshold=6.0,
        features=(
            Feature(
                name="plate", words="8 of 10 characters agree", expected="R1VERB0ATS",
                seen="RIVERB0AT", weight=7.2, verdict="agrees",
            ),
            Feature(
                name="body", words="Sedan, not truck", expected="truck tractor with semi-trailer",
                seen="sedan", weight=-1.1, verdict="conflict",
            ),
        ),
        differences=(
            Difference(read_at=1, entry_at=1, read="I", entry="1"),
            Difference(read_at=9, entry_at=9, read="", entry="S"),
        ),
    )  # fmt: skip
    await world.add("long", "Deputy Sgt. Featherstonehaugh-Montgomery-Castellanos", Role.SUPERVISOR)
    rough = await world.raise_(
        await world.possible_hit(
            read="RIVERB0AT", entry="R1VERB0ATS", evidence=long_plate, pictures=False,
            priority=1, category="violent-person", read_state="", state="MO", ori="", nic="",
            oca="", entered="", caution="",
            place="Southwest Walnut County Line Road at Old Highway 54 Frontage Road",
        )
    )  # fmt: skip
    for n in range(39):
        await world.raise_(
            await world.possible_hit(
                read=f"{100 + n}XVT", entry=f"{100 + n}XVT", priority=2 + n % 3, pictures=False,
                place="Walnut River Industrial Park Access Road at Grain Elevator Spur",
            )
        )  # fmt: skip
    async with opened(browser, DESK) as desk:
        await log_in(desk, world, "long", f"/alerts/{rough}")
        await expect(desk.locator("a.row")).to_have_count(40)
        await expect(desk.locator(".tally li")).to_have_count(4)
        await expect(desk.locator(".cells-note")).to_contain_text("I read, 1 listed")
        await expect(desk.locator(".cells-note")).to_contain_text("nothing read, S listed")
        await expect(desk.locator(".cells-picture")).to_contain_text("No plate picture came")
        await expect(desk.locator(".entry").first).to_contain_text("not given")
        for name in (".row-place", ".alert-head", ".compare", ".entry"):
            box = await box_of(desk.locator(name).first)
            assert box["x"] + box["width"] <= 1440
        # Only the middle scrolls; the banner stays where it is.
        await desk.locator("#alert").evaluate("e => e.scrollTo(0, 9999)")
        box = await box_of(banner(desk))
        assert box["y"] < 200
        wide = await desk.evaluate("document.documentElement.scrollWidth")
        assert wide <= 1440
        middle = await desk.locator("#alert").evaluate("e => e.scrollWidth - e.clientWidth")
        assert middle <= 0
        await is_accessible(desk)
    _, code = await verified(
        world, read="ABCDE12345", entry="ABCDE12345", pictures=False,
        place="Southwest Walnut County Line Road at Old Highway 54 Frontage Road",
    )  # fmt: skip
    async with opened(browser, PHONE) as phone:
        await log_in(phone, world, "ruiz", f"/a/{code}")
        wide = await phone.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390
        await is_accessible(phone)
