"""What an agency's reads and verifications teach of its traffic: counted by a worker, learned by
whole days, weighed by the next worker, shown, and taken back by name."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from alerts import score_store, traffic_store
from alerts.model import RejectReason
from alerts.transitions import Recall
from domain.clock import system_clock
from domain.errors import BadInput, NotFound, Prohibited
from hotlists import traffic_store as read_traffic
from hotlists.keeper import WatchKeeper
from hotlists.remembering import Memories
from matchers.background_tables import state_number
from matchers.scales import Scales
from matchers.tally import Tally
from matchers.traffic_learning import A_DAY, FORGOTTEN, OF_ONE_ALERT, PRIOR, Learned, usual
from matchers.watch import Traffic
from people.model import Role
from people.store import create_agency
from records.audit import verify as audit_holds
from storage.postgres import Database
from streams.tallying import Tallies
from tests.browser.world import CEDAR, WALNUT, World, world_of
from tests.integration.alerting import rows
from tests.integration.taught import (
    NOW,
    ORI,
    OTHER,
    a_list,
    acts,
    does,
    match,
    person,
    raised,
    rejected,
    remembered,
    verified,
)
from tests.integration.test_learned_console import bolo

TODAY = NOW.date()  # early in the afternoon in Chicago
DAY = timedelta(days=1)


@pytest.fixture
async def desk(db: Database) -> UUID:
    """Two agencies of Chicago's time, and a dispatcher of the first."""
    return await person(db, "m.ortiz")


@pytest.fixture
async def world(db: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(db, tmp_path / "images") as made:
        yield made


def tally(**states: int) -> Tally:
    """As many reads of each state as said; `none=2`: two that showed none."""
    made = Tally()
    made.reads(sum(states.values()))
    for state, count in states.items():
        number = 0 if state == "none" else state_number(state)
        made.traffic(np.full(count, number, dtype=np.int64))
    return made


async def put(
    db: Database, days: int, one: Tally, *, agency: str = ORI, last: date = TODAY - DAY
) -> None:
    """The same on each of so many days, after one on which counting began."""
    async with db.transaction() as conn:
        for back in range(days + 1):
            await score_store.add(conn, agency, last - back * DAY, one)


async def learned(db: Database, now: datetime = NOW, agency: str = ORI) -> Learned:
    async with db.transaction() as conn:
        found = await read_traffic.traffic(conn, agency, now)
    assert found is not None
    return found


# --- counting ---


async def test_a_worker_hands_over_the_states_that_its_reads_showed(
    db: Database, desk: UUID
) -> None:
    tallies = Tallies(db, lambda: NOW)
    tallies.of(ORI).merge(tally(KS=3, MO=1, none=2))
    tallies.of(OTHER).merge(tally(none=4))
    tallies.of("XX0000000").merge(tally(KS=9))
    await tallies.flush()
    tallies.of(ORI).merge(tally(KS=1, NE=1))
    await tallies.flush()
    await tallies.flush()
    counts = "select agency, day, state, reads from traffic_counts order by state"
    assert await rows(db, counts) == [
        (ORI, TODAY, "KS", 4),
        (ORI, TODAY, "MO", 1),
        (ORI, TODAY, "NB", 1),
    ]
    assert await rows(db, "select agency, reads from score_reads order by agency") == [
        (ORI, 8),
        (OTHER, 4),
    ]
    assert desk is not None


async def test_only_whole_days_count_and_counts_are_purged_with_the_scores(
    db: Database, desk: UUID
) -> None:
    assert await learned(db) == Learned()
    await put(db, 3, tally(MO=100), last=TODAY)  # today, two whole days, and the day it began
    found = await learned(db)
    assert (found.days, found.reads, dict(found.states)) == (2, 200, {"MO": 200})
    assert (found.first, found.last) == (TODAY - 2 * DAY, TODAY - DAY)
    # 04:30 UTC is still the evening before in Chicago.
    midnight = datetime.combine(TODAY + DAY, time(), UTC)
    assert (await learned(db, midnight + timedelta(hours=4, minutes=30))).last == TODAY - DAY
    assert (await learned(db, midnight + timedelta(hours=6, minutes=30))).last == TODAY
    assert (await learned(db, NOW + timedelta(days=FORGOTTEN + 2))).days == 0
    assert await learned(db, agency="XX0000000") == Learned()
    async with db.transaction() as conn:
        await score_store.forget(conn, ORI, TODAY)
    assert await rows(db, "select day from traffic_counts") == [(TODAY,)]
    assert desk is not None


# --- confirmations ---


async def test_of_wanted_vehicles_only_exact_readings_that_a_person_verified_count(
    db: Database, desk: UUID
) -> None:
    await put(db, 10, tally(KS=1_000))
    day = NOW - 3 * DAY

    async def hit(plate: str, reading: str = "", tier: str = "exact") -> UUID:
        one = match(plate, reading or plate, tier=tier, at=day)  # type: ignore[arg-type]
        return await verified(db, desk, one, day)

    await hit("AAA111")
    await hit("BBB111", "8BB111", "fuzzy")
    await hit("CCC111", tier="exact-conflict")
    await does(db, await hit("DDD111"), Recall(desk, "not the vehicle"))
    await does(db, await hit("EEE111"), Recall(None, "the list no longer holds the entry"))
    wrong = match("FFF111", "FFF111", tier="exact", at=day)
    await rejected(db, desk, wrong, RejectReason.NOT_THE_VEHICLE, now=day)
    await raised(db, match("GGG111", "GGG111", tier="exact", at=day), day)
    unseen = await raised(db, match("HHH111", "HHH111", tier="exact", at=day), day)
    await does(db, unseen, Recall(None, "the list no longer holds the entry"))
    # Counting began, and a day that is not whole: neither is weighed.
    for when in (NOW, NOW - 11 * DAY):
        await verified(
            db, desk, match(f"J{when.day:02}111", f"J{when.day:02}111", tier="exact"), when
        )
    async with db.connection() as conn:
        found = await read_traffic._alerts(conn, ORI, TODAY - 10 * DAY, TODAY - DAY)
        other = await read_traffic._alerts(conn, OTHER, TODAY - 10 * DAY, TODAY - DAY)
    # Of a, d, e, f and g a person judged all but g; a and e are true.
    assert found == {day.date(): {"alerts": 5, "judged": 4, "confirmed": 2}}
    assert other == {}
    assert (await learned(db)).confirmed == 2


async def test_a_vehicle_in_front_of_a_camera_is_not_as_many_wanted_ones(
    db: Database, desk: UUID
) -> None:
    await put(db, 5, tally(KS=1_000))
    day = NOW - DAY
    parked = match("AAA111", "AAA111", tier="exact", at=day)
    which = await verified(db, desk, parked, day)
    for minutes in range(1, 12):
        again = match("AAA111", "AAA111", tier="exact", at=day + timedelta(minutes=minutes))
        assert await raised(db, again, day + timedelta(minutes=minutes)) == which
    assert await rows(db, "select count(*) from sightings where exact") == [(12,)]
    assert (await learned(db)).confirmed == OF_ONE_ALERT


# --- to the watch, and back ---


async def test_what_the_traffic_taught_reaches_the_watch_and_a_reset_takes_it_back(
    db: Database, desk: UUID
) -> None:
    await a_list(db)
    keeper = WatchKeeper(db, lambda: NOW)
    await put(db, 20, tally(MO=15_000, KS=5_000))
    for back in range(1, 21):
        day = NOW - back * DAY
        for n in range(3):
            plate = f"A{back:02}{n}00"
            await verified(db, desk, match(plate, plate, tier="exact", at=day), day)
    await keeper.load_once()
    watch = keeper.watch(ORI)
    assert watch is not None
    said = watch.memory.traffic
    assert said == (await learned(db)).traffic
    assert said.reads_a_day == 20_000
    assert said.shares["MO"] > 2 * usual("KS")["MO"]
    assert said.shares["KS"] < usual("KS")["KS"]
    assert 0.5 < said.own < 1 - PRIOR / (PRIOR + 20 * A_DAY)
    assert 1e-4 < said.wanted_share < 1e-3  # 3 of 20,000, a quarter of reads unlike the plate
    assert Scales.of(watch).traffic_share("MO") == said.shares["MO"]
    assert (await remembered(db, agency=OTHER)).traffic == Traffic()
    await keeper.load_once()
    again = keeper.watch(ORI)
    assert again is not None
    assert again.memory is watch.memory  # nothing new, nothing made anew
    async with db.transaction() as conn:
        for reason in ("", " ", "x" * 2000):
            with pytest.raises(BadInput):
                await traffic_store.reset(conn, ORI, by="cli:ops", reason=reason, now=NOW)
        with pytest.raises(Prohibited):
            await traffic_store.reset(
                conn, ORI, by="cli:ops", reason="for immigration enforcement", now=NOW
            )
        with pytest.raises(NotFound):
            await traffic_store.reset(conn, "XX0000000", by="cli:ops", reason="moved", now=NOW)
        await traffic_store.reset(conn, ORI, by="cli:ops", reason="cameras moved", now=NOW)
        shown = await traffic_store.traffic(conn, ORI, NOW)
    assert (shown.days, shown.own, shown.states) == (0, 0.0, ())
    assert (shown.reset_by, shown.reset_because) == ("cli:ops", "cameras moved")
    await keeper.load_once()
    after = keeper.watch(ORI)
    assert after is not None
    assert after.memory.traffic == Traffic()
    assert Scales.of(after).traffic_share("MO") == usual("KS")["MO"]
    assert await acts(db, "traffic.learning-reset") == [
        ("cli:ops", f"agency:{ORI}", "cameras moved", "{}")
    ]
    assert (await audit_holds(db)).ok
    # Days after the reset's count again; the thresholds' counts never stopped.
    await put(db, 0, tally(MO=100), last=TODAY + DAY)
    later = await learned(db, NOW + 2 * DAY)
    assert (later.days, later.reads) == (1, 100)
    assert len(await rows(db, "select 1 from score_reads where day <= %s", TODAY)) == 21


async def test_a_server_that_does_not_say_it_in_time_costs_no_list_and_no_transaction(
    db: Database, desk: UUID
) -> None:
    await put(db, 3, tally(MO=100))
    async with db.connection() as blocker, blocker.transaction():
        await blocker.execute("lock table sightings in access exclusive mode")
        async with db.transaction() as conn:
            assert await read_traffic.traffic(conn, ORI, NOW, within=0.2) is None
            cursor = await conn.execute("select count(*) as n from agencies")
            assert await cursor.fetchone() == {"n": 2}
    assert (await learned(db)).days == 3
    assert desk is not None


async def test_slow_answers_of_many_agencies_do_not_add_up_before_the_lists(
    db: Database, desk: UUID
) -> None:
    many = [f"MO{n:07}" for n in range(4)]
    async with db.transaction() as conn:
        for agency in many:
            await create_agency(conn, agency, agency, "America/Chicago", now=NOW)
    for agency in many:
        await put(db, 3, tally(MO=100), agency=agency)
    memories = Memories()
    async with db.connection() as blocker, blocker.transaction():
        await blocker.execute("lock table sightings in access exclusive mode")
        async with db.transaction() as conn:
            await memories.look(conn, NOW)
    async with db.transaction() as conn:
        await memories.look(conn, NOW)
    # The one that was asked for in vain waits its hour; the others were not asked for yet.
    known = [agency for agency in many if memories.of(agency).traffic.reads_a_day]
    assert len(known) == len(many) - 1
    assert desk is not None


# --- shown ---


async def test_the_page_and_the_api_show_it_and_a_supervisor_resets_it(world: World) -> None:
    now = system_clock()
    today = score_store.day_of(now, "America/Chicago")
    await put(world.db, 20, tally(MO=1_500, KS=500), agency=CEDAR, last=today - DAY)
    await world.add("walnut.sgt", "Sgt. Boone", Role.SUPERVISOR, WALNUT)
    async with world.logged_in("m.alvarez") as desk:
        found = (await desk.get("/api/learned")).json()["traffic"]
        assert (found["days"], found["reads"], found["reads_a_day"]) == (20, 40_000, 2_000)
        assert (found["confirmed"], found["standard"]) == (0, 1_000)
        assert 1_000 < found["one_in"] < 2_000
        assert [(s["name"], s["reads"]) for s in found["states"]] == [
            ("Missouri", 30_000), ("Kansas", 10_000),
        ]  # fmt: skip
        assert found["states"][0]["share"] > found["states"][0]["usual"]
        page = (await desk.get("/learned")).text
        assert found["words"] in page
        assert "From 40,000 reads of 20 days" in page
        assert 'action="/learned/traffic/reset"' not in page
        refused = await desk.post("/api/learned/traffic/reset", json={"reason": "moved"})
        assert refused.status_code == 403
        assert "ask an admin or supervisor" in refused.json()["error"]["problem"]
    async with world.logged_in("walnut.sgt") as stranger:
        other = (await stranger.get("/api/learned")).json()["traffic"]
        assert (other["days"], other["states"], other["own"]) == (0, [], 0)
        assert "No whole day was counted yet. The standard holds" in (
            await stranger.get("/learned")
        ).text  # fmt: skip
    async with world.logged_in("whitfield") as sergeant:
        empty = await sergeant.post("/learned/traffic/reset", data={"reason": " "})
        assert empty.status_code == 422
        assert "Nothing was entered or changed." in empty.text
        done = await sergeant.post("/learned/traffic/reset", data={"reason": "Cameras <b>moved"})
        assert (done.status_code, done.headers["location"]) == (303, "/learned#traffic")
        page = (await sergeant.get("/learned")).text
        assert "No whole day was counted yet since the reset." in page
        assert "Reset by Sgt. Whitfield" in page
        assert "Cameras &lt;b&gt;moved" in page
        again = await sergeant.post("/api/learned/traffic/reset", json={"reason": "once more"})
        assert again.json()["traffic"]["reset_because"] == "once more"
    actor = str(world.people["whitfield"].id)
    assert [act["actor"] for act in await world.audited("traffic.learning-reset")] == [actor] * 2


async def test_the_command_line_shows_and_resets_it(world: World) -> None:
    today = score_store.day_of(system_clock(), "America/Chicago")
    code, out, err = await bolo(world, "traffic", "--agency", CEDAR)
    assert (code, err) == (0, "")
    assert "About 1 read in 1,000 is of a wanted vehicle\nno whole day was counted yet" in out
    await put(world.db, 20, tally(MO=1_500, KS=500), agency=CEDAR, last=today - DAY)
    code, out, err = await bolo(world, "traffic", "--agency", CEDAR)
    assert (code, err) == (0, "")
    assert "as the standard and your own reads and verifications say" in out
    assert "from 40,000 reads of 20 days" in out
    assert "MO: 30,000 reads, weighed as " in out
    reset = ("traffic", "--agency", CEDAR, "--reset")
    code, _, err = await bolo(world, *reset)
    assert code == 1
    assert "needs a reason" in err
    assert (await bolo(world, *reset, "--reason", "cameras moved"))[0] == 0
    found = json.loads((await bolo(world, "traffic", "--agency", CEDAR, "--json"))[1])
    assert (found["days"], found["reset_because"]) == (0, "cameras moved")
    (act,) = await world.audited("traffic.learning-reset")
    assert act["actor"].startswith("cli:")
    code, _, err = await bolo(world, "traffic", "--agency", "XX0000000")
    assert code == 1
    assert "not an agency" in err
