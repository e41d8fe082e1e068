"""The pages of lists, entries, records and policy in a real Chromium: seen, by keyboard, in the
rough, and without script."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page, expect

from console.words import clock, zone
from domain.clock import system_clock
from hotlists import arrival_store
from people.model import Role
from tests.browser import list_world as lists
from tests.browser.list_world import a_list, csv, entered, filled, generation_of
from tests.browser.looking import DESK, PHONE, box_of, is_accessible, log_in, opened
from tests.browser.world import World
from tests.lists import record

pytestmark = pytest.mark.browser

HOSTILE = "\u202eevil\u202c <script>alert(1)</script> {{ 7*7 }} \u0645\u0631\u062d\u0628\u0627"
LONG = "Southwest Walnut County and Neighboring Municipalities Joint Auto Theft Task Force " * 2


async def fits(page: Page) -> None:
    """Nothing sticks out to the side."""
    wide = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], (page.url, wide)


async def tab_to(page: Page, selector: str, *, back: bool = False) -> None:
    """Press Tab until this has the focus."""
    for _ in range(150):
        if await page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
            return
        await page.keyboard.press("Shift+Tab" if back else "Tab")
    message = f"{selector} is not reached by the keyboard on {page.url}"
    raise AssertionError(message)


async def enter(page: Page) -> None:
    """Press Enter, and wait for the page that it leads to."""
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def everything(world: World) -> dict[str, tuple[str, ...]]:
    """One of each thing that the pages show; the addresses to look at, by who looks."""
    ncic = await a_list(world, location="https://lists.example/ncic.csv",
                        settings={"schedule": "15 4,16 * * *"})  # fmt: skip
    await filled(world, ncic, ago=timedelta(hours=50))
    await filled(world, ncic, 10, 205, ago=timedelta(hours=27))
    await lists.quarantined(world, ncic)
    await lists.final(world, ncic)
    await lists.running(world, ncic, 412_000, system_clock())
    await a_list(world, "New list")
    which = await lists.to_read(world)
    waits = await entered(world)
    yours = await entered(world, "m.alvarez", plate="482KTB", category="stolen-vehicle")
    described = await entered(
        world, "whitfield", plate="", state="", category="amber", caution="Armed",
        latitude=37.24, longitude=-96.99, radius=8000.0, since=system_clock(),
    )  # fmt: skip
    holds = await lists.in_force(world, await entered(world, plate="7ABC123"))
    return {
        "m.alvarez": (
            "/lists", f"/lists/{ncic.id}", f"/lists/{ncic.id}/compare?before=1&after=2",
            "/entries", "/entries/new", "/entries/find", f"/entries/{waits.id}",
            f"/entries/{yours.id}", f"/entries/{described.id}", f"/entries/{holds.id}",
            "/confirmations", f"/confirmations/{which}", "/policy",
        ),
        "whitfield": (
            f"/lists/{ncic.id}", f"/lists/{ncic.id}/upload", f"/lists/{ncic.id}/template",
        ),
        "ruiz": ("/entries", f"/entries/{waits.id}", "/entries/new", "/policy"),
    }  # fmt: skip


@pytest.mark.parametrize("size", ["desk", "phone"])
async def test_every_page_is_accessible_in_both_themes(
    world: World, browser: Browser, size: str
) -> None:
    for who, paths in (await everything(world)).items():
        async with opened(browser, DESK if size == "desk" else PHONE) as page:
            await log_in(page, world, who)
            for path in paths:
                answer = await page.goto(world.url + path)
                assert answer is not None
                assert answer.status == 200, path
                await is_accessible(page)
                await fits(page)
                assert "undefined" not in await page.inner_text("main")


async def test_pages_with_something_wrong_or_found_are_accessible_too(
    world: World, browser: Browser
) -> None:
    ncic = await a_list(world)
    await filled(world, ncic)
    async with opened(browser, DESK) as page:
        await log_in(page, world, "whitfield", "/entries/new")
        await page.get_by_role("button", name="Enter it").click()
        await expect(page.locator("#trouble")).to_contain_text("Nothing was entered or changed.")
        await expect(page.get_by_label("Reason")).to_be_focused()
        await is_accessible(page)
        await page.goto(f"{world.url}/lists/{ncic.id}/template")
        await page.get_by_label("First rows").fill(csv(0, 12).decode())
        await page.get_by_role("button", name="Guess the columns").click()
        await expect(page.locator("h2").first).to_have_text("A guess, to be confirmed")
        await is_accessible(page)
        await page.goto(f"{world.url}/entries/find")
        await page.get_by_label("Plate").fill(record(30)["LIC"])
        await page.get_by_label("Reason, required").fill("Owner called, case 26-114")
        await page.get_by_role("button", name="Look it up").click()
        await is_accessible(page)
        await page.get_by_label("Why it no longer holds").fill("Recovered, case 26-114")
        await page.get_by_role("button", name="Withdraw this entry").click()
        await expect(page.locator(".note")).to_contain_text("It stands until")
        await is_accessible(page)


async def test_by_keyboard_an_entry_is_made_and_a_second_person_approves_it(
    world: World, browser: Browser
) -> None:
    async with opened(browser, DESK) as maker, opened(browser, DESK) as second:
        await log_in(maker, world, "ruiz", "/entries")
        await tab_to(maker, 'a[href="/entries/new"]')
        await enter(maker)
        await tab_to(maker, "#f-plate")
        await maker.keyboard.type("48?k*")
        await maker.keyboard.press("Tab")
        await maker.keyboard.type("ks")
        await tab_to(maker, 'input[name="category"]')
        checked = "document.querySelector('input[name=category]:checked')?.value"
        assert await maker.evaluate(checked) is None  # nothing is preselected
        await maker.keyboard.press("ArrowDown")
        await maker.keyboard.press("ArrowDown")
        assert await maker.evaluate(checked) == "felony-vehicle"
        await tab_to(maker, "#f-reason")
        await maker.keyboard.type("Left the robbery at 9th and Elm")
        await maker.keyboard.press("Tab")
        await maker.keyboard.type("26-114")
        await tab_to(maker, 'button[value="check"]')
        await enter(maker)
        await expect(maker.locator("#checked")).to_contain_text(
            "4 8, then any one character, then K, then anything or nothing"
        )
        await tab_to(maker, 'button[value="enter"]')
        await enter(maker)
        await expect(maker.locator("main")).to_contain_text("it waits for a second person")
        await expect(maker.locator("#decide")).to_contain_text(
            "You asked for this yourself: a second person decides."
        )
        await expect(maker.get_by_role("button", name="Approve")).to_have_count(0)

        await log_in(second, world, "m.alvarez", "/entries")
        await tab_to(second, 'main a.btn--small[href$="#decide"]')
        await enter(second)
        await expect(second.locator("main")).to_contain_text("3 characters are known")
        approve, refuse = (
            second.get_by_role("button", name=name) for name in ("Approve", "Refuse")
        )
        for one in (approve, refuse):
            assert (await box_of(one))["height"] >= 44
        weight = (
            "e => { const s = getComputedStyle(e);"
            " return s.fontWeight + s.backgroundColor + s.border }"
        )
        assert await approve.evaluate(weight) == await refuse.evaluate(weight)
        await tab_to(second, 'form[action$="/approve"] button')
        await enter(second)
        await expect(second.locator(".note").first).to_contain_text("In force until")
        await expect(second.locator(".life")).to_contain_text("M. Alvarez approved it")


async def test_by_keyboard_a_list_in_quarantine_is_accepted_with_a_reason(
    world: World, browser: Browser
) -> None:
    ncic = await a_list(world)
    await filled(world, ncic)
    await lists.quarantined(world, ncic)
    async with opened(browser, DESK) as page:
        await log_in(page, world, "whitfield", "/lists")
        await tab_to(page, 'a[href$="#quarantine"]')
        await enter(page)
        await expect(page.locator("#quarantine")).to_contain_text("180 fewer than the 200")
        accept = page.get_by_role("button", name="Accept generation 2")
        leave = page.get_by_role("link", name="Leave it in quarantine")
        boxes = [await box_of(one) for one in (accept, leave)]
        assert abs(boxes[0]["width"] - boxes[1]["width"]) <= 1
        assert boxes[0]["height"] == boxes[1]["height"]
        await tab_to(page, 'form[action$="/accept"] button')
        await enter(page)
        await expect(page.get_by_label("Why it may be put in force")).to_be_focused()
        await expect(page.locator(".wrong")).to_contain_text("Say why, in a few words.")
        assert await generation_of(world, ncic) == 1
        await page.keyboard.type("The county moved its records")
        await enter(page)
        await expect(page.locator("#generations")).to_contain_text("Put in force by Sgt. Whitfield")
        assert await generation_of(world, ncic) == 2


async def test_by_keyboard_a_column_of_a_template_is_corrected(
    world: World, browser: Browser
) -> None:
    source = await a_list(world, "County")
    rows = "".join(
        f"{record(n)['LIC']};{record(n)['LIS']};{record(n)['VMA']};Left on Elm {n}\n"
        for n in range(20)
    )
    async with opened(browser, DESK) as page:
        await log_in(page, world, "whitfield", f"/lists/{source.id}/template")
        await tab_to(page, "#f-sample")
        await page.keyboard.insert_text(rows)
        await tab_to(page, 'form[enctype] button[type="submit"]')
        await enter(page)
        await tab_to(page, "#f-column-4")
        before = await page.locator("#f-column-4").input_value()
        await page.keyboard.type("CAUTION")
        await tab_to(page, 'button[value="rows"]')
        await enter(page)
        await expect(page.locator("#f-column-4")).to_have_value("CAUTION")
        assert before != "CAUTION"
        await tab_to(page, 'button[value="save"]')
        await enter(page)
        await expect(page.locator("#settings")).to_contain_text(
            "Its columns: plate, state of the plate, make, caution."
        )
        await page.goto(f"{world.url}/lists/{source.id}/upload")
        await page.locator("#f-file").set_input_files(
            {"name": "county.csv", "mimeType": "text/csv", "buffer": rows.encode()}
        )
        await tab_to(page, 'form[data-upload] button[type="submit"]')
        await page.keyboard.press("Enter")
        await expect(page.locator("#result")).to_contain_text("generation 1 is in force")
        await expect(page.locator("#result")).to_be_focused()
        await expect(page.locator("#result")).to_contain_text("20 entries")


async def test_a_refresh_is_seen_as_it_goes_and_typing_survives_it(
    world: World, browser: Browser
) -> None:
    ncic = await a_list(world, location="https://lists.example/ncic.csv")
    await filled(world, ncic)
    await lists.quarantined(world, ncic)
    since = system_clock()
    async with opened(browser, DESK) as page:
        await log_in(page, world, "whitfield", f"/lists/{ncic.id}")
        await page.get_by_label("Why it may be put in force").fill("The county moved")
        await lists.running(world, ncic, 12_000, since)
        await expect(page.locator("#standing")).to_contain_text("12,000 rows so far")
        await expect(page.locator("#announce")).to_have_text("A refresh is running.")
        await lists.running(world, ncic, 412_000, since)
        await expect(page.locator("#standing")).to_contain_text("412,000 rows so far")
        told = clock(since, zone("America/Chicago"))
        await expect(page.locator("#standing")).to_contain_text(f"since {told}")
        await filled(world, ncic, 0, 210, ago=timedelta(0))
        await expect(page.locator("#moved")).to_contain_text("This list has changed")
        await expect(page.get_by_label("Why it may be put in force")).to_have_value(
            "The county moved"
        )
        await page.get_by_role("link", name="Show it as it is now").click()
        await expect(page.locator("#standing")).to_contain_text("generation 3")
    assert len(await world.audited("hotlist.viewed")) == 2  # two pages, however often they looked


async def test_the_pages_work_without_script(world: World, browser: Browser) -> None:
    ncic = await a_list(world)
    await filled(world, ncic)
    which = await lists.to_read(world)
    options = {**DESK, "java_script_enabled": False}
    async with opened(browser, options) as page:
        await log_in(page, world, "whitfield", f"/lists/{ncic.id}/upload")
        await page.get_by_role("button", name="Upload and check").click()
        await expect(page.locator("#trouble")).to_contain_text("Choose the file first.")
        await page.locator("#f-file").set_input_files(
            {"name": "half.csv", "mimeType": "text/csv", "buffer": csv(0, 20)}
        )
        await page.get_by_role("button", name="Upload and check").click()
        await expect(page.locator("#result")).to_contain_text("is in quarantine")
        await page.get_by_role("link", name="Show the list").click()
        await page.get_by_label("Why it may be put in force").fill("The county moved its records")
        await page.get_by_role("button", name="Accept generation 2").click()
        await expect(page.locator("#generations")).to_contain_text("Put in force by Sgt. Whitfield")
        await page.get_by_label("Generation", exact=True).select_option("1")
        await page.locator("#f-back-reason").fill("The county was wrong")
        await page.get_by_role("button", name="Go back to this one").click()
        assert await generation_of(world, ncic) == 1
        await page.goto(f"{world.url}/lists/{ncic.id}/template")
        await page.locator("#f-file").set_input_files(
            {"name": "list.csv", "mimeType": "text/csv", "buffer": csv(0, 20)}
        )
        await page.get_by_role("button", name="Guess the columns").click()
        await expect(page.locator("#f-column-1")).to_have_value("LIC")
        await page.goto(f"{world.url}/confirmations/{which}")
        await expect(page.locator("mark").first).to_have_text("482KTB")
        await page.get_by_role("radio").nth(1).check()
        await page.get_by_label("Why").fill("The sheriff's desk read it to me")
        await page.get_by_role("button", name="Answer").click()
        await expect(page.locator("main")).to_contain_text("None waits.")


@pytest.mark.parametrize("size", ["desk", "phone"])
async def test_a_bad_night_stays_readable(world: World, browser: Browser, size: str) -> None:
    """40 lists, long and hostile names and texts, 300 entries that wait."""
    await world.add("long", "Deputy Sgt. Featherstonehaugh-Montgomery-Castellanos", Role.SUPERVISOR)
    worst = await a_list(world, f"{LONG}{HOSTILE}", location="https://lists.example/ncic.csv")
    await filled(world, worst, ago=timedelta(days=9))
    await lists.quarantined(world, worst)
    for n in range(39):
        await world.list_of(f"{n} {LONG if n % 2 else 'List'}", timedelta(hours=n))
    async with world.db.transaction() as conn:
        problem = f"the server answered: {HOSTILE}{LONG * 3}"
        await arrival_store.checked(conn, worst.id, system_clock(), problem=problem)
    first = await entered(
        world, "long", reason=f"Wanted {HOSTILE} {LONG}", case_number="9" * 40,
        plate="AB?C*", make="Freightliner", model="X" * 60, caution=LONG[:200],
    )  # fmt: skip
    async with world.db.transaction() as conn:
        await conn.execute(
            "insert into local_entries (id, agency, state, body, category, case_number, reason,"
            " made_by, made_at, expires_at) select gen_random_uuid(), agency, state, body,"
            " category, case_number, reason, made_by, made_at - n * interval '1 minute', expires_at"
            " from local_entries, generate_series(1, 299) as n where id = %s",
            (first.id,),
        )
    which = await lists.to_read(
        world, f"Take LIC plate 482KTB or 482KTD {HOSTILE} {LONG}", headline=f"{HOSTILE} {LONG}"
    )
    async with opened(browser, DESK if size == "desk" else PHONE) as page:
        await log_in(page, world, "whitfield", "/lists")
        await expect(page.locator(".sheet--lists tbody tr")).to_have_count(41)
        for path in (
            "/lists", f"/lists/{worst.id}", "/entries", f"/entries/{first.id}", "/confirmations",
            f"/confirmations/{which}",
        ):  # fmt: skip
            await page.goto(world.url + path)
            await fits(page)
            await is_accessible(page)
            text = await page.inner_text("main")
            assert "{{ 7*7 }}" in text
            assert "\u202e" not in text  # it would turn what follows: 482KTB reads BTK284
            assert await page.locator("main script").count() == 0
        await page.goto(f"{world.url}/entries")
        await expect(page.locator("#waiting-h")).to_contain_text("300")
        await expect(page.get_by_role("link", name="Read and decide")).to_have_count(300)
