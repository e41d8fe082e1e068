"""A list beyond its own limit is on the desk and on its alerts; one within it is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from domain.clock import system_clock
from hotlists.configuring import ensure_source
from hotlists.refresh import refresh
from storage.postgres import Database
from tests.browser.world import CEDAR, World, world_of

DATA = b"LIC,LIS,MKE,NIC\n482KTB,KS,EV,V1\n"


@pytest.fixture
async def world(db: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(db, tmp_path / "images") as made:
        yield made


@pytest.mark.parametrize(("hours", "stale"), [(12, True), (16, False)])
async def test_the_desk_and_the_alert_go_by_the_lists_own_limit(
    world: World, hours: int, stale: bool
) -> None:
    """The list is 14 hours old."""
    now = system_clock()
    async with world.db.transaction() as conn:
        source = await ensure_source(
            conn, CEDAR, "County", settings={"max_age_hours": hours}, by="test", now=now
        )
    old = now - timedelta(hours=14, minutes=5)
    await refresh(world.db, source, DATA, by="test", now=old)
    hit = await world.possible_hit()
    entry = msgspec.structs.replace(hit.entry, source=str(source.id))
    hit = msgspec.structs.replace(hit, entry=entry, list_refreshed_at=old)
    which = await world.raise_(hit)
    async with world.logged_in("m.alvarez") as desk:
        strip = (await desk.get("/")).text
        page = (await desk.get(f"/alerts/{which}")).text
        shown = (await desk.get(f"/api/alerts/{which}")).json()
    said = f"County is 14 h old; its limit is {hours} h."
    assert (said in strip) is stale
    assert (f"14 h old, its limit is {hours} h" in page) is stale
    assert "14 h old" in page
    assert shown["entry"]["list_limit_hours"] == hours


async def test_what_people_entered_by_hand_has_no_age(world: World) -> None:
    hit = await world.possible_hit()
    old = system_clock() - timedelta(days=9)
    which = await world.raise_(msgspec.structs.replace(hit, list_refreshed_at=old))
    async with world.logged_in("m.alvarez") as desk:
        assert (await desk.get(f"/api/alerts/{which}")).json()["entry"]["list_limit_hours"] is None
        assert "its limit is" not in (await desk.get(f"/alerts/{which}")).text
