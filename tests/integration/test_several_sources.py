"""The same plate on several lists: one alert, every list shown, the priority by policy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alerts import store as alerts
from alerts.holders import holders
from alerts.resting import recheck_source
from domain.clock import system_clock as now
from simulator.gateway import FakeGateway
from storage.postgres import Database
from tests.browser.world import World, world_of
from tests.integration.couriers import (
    ORI,
    Town,
    channels,
    console_for,
    quick,
    settle_town,
    until,
    working,
)
from tests.integration.couriers import Topic as EventTopic
from tests.integration.listed import WHY, Listed

VERIFY = {"source": "NCIC, live query", "reference": "KQ-7731-0412"}


@pytest.fixture
async def world(db: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(db, tmp_path / "images") as made:
        yield made


@pytest.fixture
async def listed(world: World) -> Listed:
    people = world.people
    town = Town(world.db, ORI, people["m.alvarez"], people["ruiz"], {})
    return Listed(town, world.db)


async def three_lists(listed: Listed) -> None:
    """The same plate as a stolen vehicle, a wanted person (more urgent by name), and without a
    state."""
    await listed.list_of("Regional", "482KTB:KS:SVS-STOLEN PLATE")
    await listed.list_of("NCIC", "482KTB:KS:EW")
    await listed.list_of("State", "482KTB::EV")


async def test_three_lists_are_one_alert_and_all_of_them_hold_it(listed: Listed) -> None:
    await three_lists(listed)
    made = await listed.matched("482KTB")
    assert {h.source_name for h in made.holders} == {"NCIC", "Regional", "State"}
    assert made.entry.priority == min(h.entry.priority for h in made.holders)
    alert = await listed.alert(made)
    again = await listed.matched("482KTB")
    assert (await listed.raised(again)).alert == alert
    async with listed.db.connection() as conn:
        rows = await holders(conn, ORI, alert)
        (one,) = await alerts.queue(conn, ORI)
    assert [r.priority for r in rows] == sorted(r.priority for r in rows)
    assert {r.source_name for r in rows} == {"NCIC", "Regional", "State"}
    assert (one.sightings, one.priority) == (2, made.entry.priority)


async def test_the_most_urgent_entry_leads_whichever_list_came_first(listed: Listed) -> None:
    await listed.list_of("A list", "482KTB:KS:EP")
    await listed.list_of("B list", "482KTB:KS:EV")
    made = await listed.matched("482KTB")
    first, second = made.holders
    assert first.entry.priority <= second.entry.priority
    await listed.list_of("C list", "482KTB:KS:AMBER")
    urgent = await listed.matched("482KTB")
    assert (urgent.entry.priority, urgent.source_name) == (1, "C list")
    assert urgent.wanted == made.wanted, "it is the same vehicle that is wanted"


async def test_plates_of_two_states_are_two_vehicles(listed: Listed) -> None:
    """Aurora CO, 2020: the same number, another state."""
    await listed.list_of("NCIC", "482KTB:KS", "482KTB:MO")
    found = await listed.matches("482KTB")
    assert len({m.wanted for m in found}) == 2
    assert {(await listed.raised(m)).alert for m in found} != {None}
    async with listed.db.connection() as conn:
        assert len(await alerts.queue(conn, ORI)) == 2


async def test_an_entry_without_a_state_joins_only_when_there_is_one_to_join(
    listed: Listed,
) -> None:
    await listed.list_of("State", "482KTB")
    alone = await listed.matched("482KTB")
    assert alone.also == ()
    await listed.list_of("NCIC", "482KTB:KS", "482KTB:MO")
    found = await listed.matches("482KTB")
    assert sorted(len(m.holders) for m in found) == [1, 1, 1]


async def test_a_list_that_takes_up_the_plate_later_joins_the_open_alert(listed: Listed) -> None:
    await listed.list_of("NCIC", "482KTB:KS")
    alert = await listed.alert(await listed.matched("482KTB"))
    await listed.list_of("State", "482KTB:KS")
    raised = await listed.raised(await listed.matched("482KTB"))
    assert (raised.alert, raised.new_alert) == (alert, False)
    await listed.withdraw((await listed.matched("482KTB")).entry)
    assert await recheck_source(listed.db, listed.sources["NCIC"].id, now()) == 0
    async with listed.db.connection() as conn:
        rows = await holders(conn, ORI, alert)
    assert [(r.source_name, r.gone_at is None) for r in rows] == [("State", True), ("NCIC", False)]
    assert await listed.state(alert) == "raised"


async def test_the_desk_and_the_api_show_every_list_and_which_let_it_go(
    listed: Listed, world: World
) -> None:
    await three_lists(listed)
    made = await listed.matched("482KTB")
    alert = await listed.alert(made)
    leading, *others = made.holders
    async with world.logged_in("m.alvarez") as desk:
        shown = (await desk.get(f"/api/alerts/{alert}")).json()
        assert shown["entry"]["source"] == leading.source_name
        assert {h["source"] for h in shown["also"]} == {h.source_name for h in others}
        assert all(h["gone_at"] is None and "26-482KTB" in h["numbers"] for h in shown["also"])
        page = (await desk.get(f"/alerts/{alert}")).text
        assert page.count("Also on") == 2
        assert "No longer on" not in page
        for holder in others[:1]:
            await listed.withdraw(holder.entry)
            source = listed.sources[holder.source_name].id
            assert await recheck_source(listed.db, source, now()) == 0
        shown = (await desk.get(f"/api/alerts/{alert}")).json()
        gone = [h for h in shown["also"] if h["gone_at"]]
        assert [h["source"] for h in gone] == [others[0].source_name]
        assert gone[0]["gone_because"] == f"withdrawn ({WHY})"
        words = [e["words"] for e in shown["happened"]]
        let_go = f"one list let it go: {others[0].source_name}: withdrawn ({WHY})"
        assert words[-1] == let_go
        assert [(e["name"], e["version"]) for e in shown["happened"]][-1] == ("bolo", 2)
        page = (await desk.get(f"/alerts/{alert}")).text
        assert (page.count("Also on"), page.count("No longer on")) == (1, 1)
        # The desk decides by the version that it saw; a list that lets go is no decision.
        assert (await desk.post(f"/api/alerts/{alert}/claim")).status_code == 200


async def test_the_list_that_led_is_shown_as_gone_when_another_still_holds(
    listed: Listed, world: World
) -> None:
    await three_lists(listed)
    made = await listed.matched("482KTB")
    alert = await listed.alert(made)
    await listed.withdraw(made.entry)
    assert await recheck_source(listed.db, listed.sources[made.source_name].id, now()) == 0
    async with world.logged_in("m.alvarez") as desk:
        shown = (await desk.get(f"/api/alerts/{alert}")).json()
    assert [h["source"] for h in shown["also"] if h["gone_at"]] == [made.source_name]
    assert len(shown["also"]) == 3


async def test_what_goes_out_names_the_lists_and_the_text_message_does_not(
    db: Database,
) -> None:
    async with FakeGateway() as gateway, console_for(db, gateway) as url:
        listed = Listed(await settle_town(db, gateway), db)
        await three_lists(listed)
        made = await listed.matched("482KTB")
        by = channels(gateway, url)
        async with working(db, EventTopic(db), by, quick(url)):
            await listed.alert(made, verified=True)
            await until(listed.town.quiet)
    (event,) = [e.event for e in gateway.events()]
    assert set(event["data"]["sources"]) == {"NCIC", "Regional", "State"}
    texts = [t.body for t in gateway.texts()]
    assert texts
    assert not any(name in body for body in texts for name in ("NCIC", "Regional", "State"))
