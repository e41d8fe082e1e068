"""An alert budget from the counts of a worker to the thresholds of every worker."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import numpy as np
import pytest
from structlog.testing import capture_logs

from alerts import budget_report, budget_store, budget_words, score_store, tuning
from alerts.budgeting import ENOUGH_READS, EXACT_ONLY, LEAST
from alerts.model import RejectReason, SecondSource
from alerts.raising import raise_alert
from alerts.store import transition
from alerts.transitions import Claim, Event, Reject, Verify
from bolo import list_care
from bolo.wiring import ended
from domain.entry import Entry
from domain.errors import NotFound
from domain.read import Read
from hotlists import threshold_store
from hotlists.keeper import WatchKeeper
from hotlists.refresh import Means, refresh
from matchers.evidence import Evidence
from matchers.tally import BINS, Tally, bin_of
from matchers.thresholds import STANDARD
from matchers.watch import Match
from people.model import Role
from people.store import create_agency, create_person
from policy.loading import standard
from policy.model import AlertBudget
from records.audit import verify
from storage.postgres import Database, server_now
from streams.tallying import Tallies
from tests.integration.test_hotlist_keeper import csv, new_source, running, until
from tests.seeding import alert_of

ORI = "KS0190100"
NOW = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
BUDGET = AlertBudget()


@pytest.fixture
async def agency(db: Database) -> str:
    async with db.transaction() as conn:
        await create_agency(conn, ORI, "Pittsburg PD", "America/Chicago", now=NOW)
    return ORI


def tally(reads: int = 0, **scores: int) -> Tally:
    """`p2_150=7`: seven reads of priority 2 that scored 1.50."""
    made = Tally()
    made.reads(reads)
    for name, count in scores.items():
        priority, hundredths = name.removeprefix("p").split("_")
        score = int(hundredths.replace("m", "-")) / 100
        made.counts[int(priority) - 1, bin_of(score)] = count
    return made


async def put(db: Database, one: Tally, day: date, agency: str = ORI) -> None:
    async with db.transaction() as conn:
        await score_store.add(conn, agency, day, one)


async def days_of(db: Database, one: Tally, count: int = 14, last: date = TODAY) -> None:
    """The same counts on each of `count` whole days before `last`, and one more before those, which
    is the day on which counting began."""
    for back in range(1, count + 2):
        await put(db, one, last - timedelta(back))


async def thresholds(db: Database, agency: str = ORI) -> dict[int, float]:
    async with db.connection() as conn:
        return {p: t.threshold for p, t in (await threshold_store.of_agency(conn, agency)).items()}


async def audited(db: Database) -> list[dict[str, Any]]:
    async with db.connection() as conn:
        cursor = await conn.execute(
            "select subject, actor, reason, detail from audit where action = 'threshold.set'"
            " order by at, lane, seq"
        )
        rows = await cursor.fetchall()
    return [{**row, "detail": json.loads(row["detail"])} for row in rows]


async def test_counts_add_up_whoever_adds_and_only_whole_days_are_measured(
    db: Database, agency: str
) -> None:
    one = tally(20_000, p2_150=7, p1_m400=3, p4_1975=1)
    begun, whole = TODAY - timedelta(2), TODAY - timedelta(1)
    await put(db, one, begun)
    await asyncio.gather(*(put(db, one, whole) for _ in range(8)))
    await put(db, one, TODAY)
    await put(db, one, whole, agency="XX0000000")  # not known: counts nowhere
    async with db.connection() as conn:
        found = await score_store.measured(conn, agency, TODAY)
        assert (found.reads, found.days, found.first, found.last) == (160_000, 1, whole, whole)
        assert np.array_equal(found.counts, one.counts * 8)
        assert (await score_store.measured(conn, agency, whole)).days == 0
        assert await score_store.counting_since(conn, agency) == begun
        assert not (await score_store.measured(conn, "XX0000000", TODAY)).reads


async def test_a_worker_hands_over_what_it_counted_and_keeps_what_it_could_not(
    db: Database, agency: str
) -> None:
    tallies = Tallies(db, lambda: NOW, every=0.05)
    tallies.of(agency).merge(tally(50, p1_200=2))
    tallies.of("XX0000000").merge(tally(9))
    work = asyncio.create_task(tallies.run())
    await _read(db, agency, TODAY, reads=50)
    tallies.of(agency).merge(tally(5))
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    await _read(db, agency, TODAY, reads=55)
    async with Database("postgresql://postgres@127.0.0.1:1/none", size=1) as away:
        lost = Tallies(away, lambda: NOW)
        lost.of(agency).merge(tally(7, p3_0=1))
        with pytest.raises(Exception, match=r"."):
            await asyncio.wait_for(lost.flush(), 20)
        assert (lost.of(agency).read_count, lost.of(agency).counts.sum()) == (7, 1)


async def _read(db: Database, agency: str, day: date, reads: int) -> None:
    """Wait until so many reads are counted on that day."""
    found = None
    for _ in range(400):
        async with db.connection() as conn:
            cursor = await conn.execute(
                "select reads from score_reads where agency = %s and day = %s", (agency, day)
            )
            found = await cursor.fetchone()
        if found and found["reads"] == reads:
            return
        await asyncio.sleep(0.025)
    raise AssertionError(found)


async def test_the_day_is_one_of_the_agencys_calendar(db: Database, agency: str) -> None:
    late = datetime(2026, 11, 23, 5, 59, tzinfo=UTC)  # 23:59 of the 22nd in Chicago
    tallies = Tallies(db, lambda: late)
    tallies.of(agency).reads(3)
    await tallies.flush()
    await _read(db, agency, TODAY, reads=3)


async def test_a_threshold_goes_a_step_a_day_to_where_the_budget_is_kept(
    db: Database, agency: str
) -> None:
    counts = tally(50_000, p2_200=100, p2_225=4, p3_m500=1)
    await days_of(db, counts)
    assert await tuning.tune(db, BUDGET, NOW) == 2
    assert await thresholds(db) == {1: STANDARD, 2: STANDARD + 1, 3: STANDARD - 1, 4: STANDARD}
    assert await tuning.tune(db, BUDGET, NOW + timedelta(hours=3)) == 0
    for later in range(1, 8):
        await put(db, counts, TODAY + timedelta(later - 1))
        await tuning.tune(db, BUDGET, NOW + timedelta(days=later))
    assert await thresholds(db) == {1: STANDARD, 2: 2.25, 3: LEAST, 4: STANDARD}
    rows = await audited(db)
    of_high = [row for row in rows if row["subject"] == f"threshold:{agency}/2"]
    steps = [*np.arange(STANDARD, 2.25, 1.0).tolist(), 2.25]
    assert [row["detail"]["to"] for row in of_high] == steps[1:]
    assert [row["detail"]["from"] for row in of_high] == steps[:-1]
    assert "700,000 reads in 14 days: at 2.25 about 4 false alerts a day" in of_high[-1]["reason"]
    assert (await verify(db)).ok


@pytest.mark.usefixtures("agency")
async def test_several_couriers_at_once_set_each_threshold_once(db: Database) -> None:
    await days_of(db, tally(50_000, p2_200=100))
    changed = await asyncio.gather(*(tuning.tune(db, BUDGET, NOW) for _ in range(6)))
    assert sum(changed) == 1
    assert len(await audited(db)) == 1


@pytest.mark.usefixtures("agency")
async def test_another_budget_counts_at_once_and_nothing_is_a_budget_too(db: Database) -> None:
    await tuning.tune(db, BUDGET, NOW)
    assert await thresholds(db) == dict.fromkeys((1, 2, 3, 4), STANDARD)
    assert await audited(db) == []
    none = AlertBudget(immediate=50, high=5, routine=0, note=0)
    assert await tuning.tune(db, none, NOW) == 2
    assert await thresholds(db) == {1: STANDARD, 2: STANDARD, 3: EXACT_ONLY, 4: EXACT_ONLY}
    assert await tuning.tune(db, BUDGET, NOW) == 2
    assert await thresholds(db) == dict.fromkeys((1, 2, 3, 4), STANDARD)


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(days=365 * 5), timedelta(days=-365)])
async def test_the_couriers_minute_sets_the_thresholds_whatever_its_clock_says(
    db: Database, agency: str, ahead: timedelta
) -> None:
    async with db.connection() as conn:
        now = await server_now(conn)
    await days_of(db, tally(50_000, p2_200=100), last=score_store.day_of(now, "America/Chicago"))
    rules = msgspec.structs.replace(standard(), alert_budget=AlertBudget(high=200, note=0))
    with capture_logs() as said:
        for look_after in list_care.each_minute(db, Means(rules), lambda: now + ahead):
            await look_after()
    wrong = [line["seconds"] for line in said if line["event"] == "courier.clock_wrong"]
    assert wrong == ([] if not ahead else [pytest.approx(ahead.total_seconds(), abs=60)])
    assert await thresholds(db, agency) == {
        1: STANDARD,
        2: STANDARD - 1,
        3: STANDARD,
        4: EXACT_ONLY,
    }


async def _living(db: Database, budget: AlertBudget, number: int) -> None:
    """Wait until so many couriers live that have another budget."""
    for _ in range(400):
        async with db.connection() as conn:
            if await budget_store.others(conn, budget) == number:
                return
        await asyncio.sleep(0.025)
    raise AssertionError(number)


@pytest.mark.usefixtures("agency")
async def test_two_couriers_with_different_policies_do_not_turn_a_threshold_to_and_fro(
    db: Database,
) -> None:
    await days_of(db, tally(50_000, p2_200=100))
    few, many = AlertBudget(), AlertBudget(high=200)
    old, new = (asyncio.create_task(budget_store.hold(db, one, 0.05)) for one in (few, many))
    try:
        await _living(db, few, 1)
        await _living(db, many, 1)
        with capture_logs() as said:
            assert [await tuning.tune(db, one, NOW) for one in (few, many, few, many)] == [
                1, 0, 0, 0,
            ]  # fmt: skip
        assert [s["others"] for s in said if s["event"] == "threshold.policies_differ"] == [1, 1]
        # The next day goes on with the budget that was there, whoever comes first.
        tomorrow = NOW + timedelta(days=1)
        assert [await tuning.tune(db, one, tomorrow) for one in (many, few)] == [0, 1]
        assert (await thresholds(db))[2] == STANDARD + 2
        await ended(old)
        await _living(db, many, 0)
        assert await tuning.tune(db, many, tomorrow) == 1
        assert await tuning.tune(db, few, tomorrow) == 0  # an old file that comes back
        assert (await thresholds(db))[2] < STANDARD + 2
    finally:
        await ended(old)
        await ended(new)
    assert [row["detail"]["budget"] for row in await audited(db)] == [5, 5, 200]


async def test_a_courier_holds_its_budget_again_after_its_session_was_ended(db: Database) -> None:
    held = asyncio.create_task(budget_store.hold(db, BUDGET, 0.05))
    other = AlertBudget(high=1)
    try:
        for _ in range(2):
            await _living(db, other, 1)
            async with db.connection() as conn:
                await conn.execute(
                    "select pg_terminate_backend(pid, 5000) from pg_locks"
                    " where locktype = 'advisory' and database = (select oid from pg_database"
                    " where datname = current_database())"
                )
        await _living(db, other, 1)
    finally:
        await ended(held)
    await _living(db, other, 0)


async def test_every_worker_has_the_threshold_within_a_second_and_nobody_elses(
    db: Database, agency: str
) -> None:
    other = "TX2270000"
    for ori in (agency, other):
        source = await new_source(db, ori)
        await refresh(db, source, csv("ABC123"), by="op", now=NOW)
    await days_of(db, tally(50_000, p2_200=100))
    keeper = WatchKeeper(db, lambda: NOW)

    def threshold(ori: str) -> float:
        watch = keeper.watch(ori)
        assert watch is not None
        return watch.thresholds.of(2)

    async with running(keeper):
        assert threshold(agency) == threshold(other) == STANDARD
        await tuning.tune(db, BUDGET, NOW)
        await until(lambda: threshold(agency) == STANDARD + 1, seconds=5)
        assert threshold(other) == STANDARD
        watch = keeper.watch(agency)
        assert watch is not None
        assert watch.thresholds.of(1) == watch.thresholds.least == STANDARD


async def test_what_a_person_verified_is_no_false_alert_and_what_one_rejected_is(
    db: Database, agency: str
) -> None:
    async with db.transaction() as conn:
        made = await create_person(
            conn, agency, "m.ortiz", "Maria Ortiz", Role.DISPATCHER, "no hash", by="test", now=NOW
        )
    yesterday = NOW - timedelta(days=1)
    await _alert(db, made.id, Verify(made.id, SecondSource.NCIC_QUERY, "hit"), yesterday, score=3.1)
    await _alert(db, made.id, Reject(made.id, RejectReason.MISREAD), yesterday, score=3.1)
    await _alert(db, made.id, None, yesterday, score=3.1)
    for tier in ("exact", "exact-conflict", "pattern", "description"):  # these are not counted
        await _alert(
            db,
            made.id,
            Verify(made.id, SecondSource.NCIC_QUERY, "hit"),
            yesterday,
            score=9.0,
            tier=tier,
        )
    await days_of(db, tally(50_000, p2_300=3, p2_900=1), count=1)
    async with db.connection() as conn:
        found = await score_store.measured(conn, agency, TODAY)
    assert found.counts[1, bin_of(3.1)] == 2
    assert found.counts[1, bin_of(9.0)] == 1


async def _alert(
    db: Database, who: UUID, decided: Event | None, at: datetime, score: float, tier: str = "fuzzy"
) -> None:
    read = Read(
        read_id=uuid4(), agency=ORI, camera="c", seen_at=at, received_at=at,
        plate="4B2KTB", plate_raw="4B2KTB", state="KS",
    )  # fmt: skip
    entry = Entry(
        entry_id=uuid4(), agency=ORI, source="ncic", category="stolen-vehicle", priority=2,
        plate="482KTB", state="KS",
    )  # fmt: skip
    evidence = msgspec.convert(
        {"reading": "4B2KTB", "tier": tier, "score": score, "threshold": 0.0, "features": []},
        Evidence,
    )
    match = Match(
        read=read, entry=entry, evidence=evidence, generation=1, source_name="NCIC",
        list_refreshed_at=at, matched_at=at,
    )  # fmt: skip
    async with db.transaction() as conn:
        alert = alert_of(await raise_alert(conn, match, at))
        if decided is not None:
            for event in (Claim(who), decided):
                await transition(conn, ORI, alert, event, at, actor=str(who))


@pytest.mark.usefixtures("agency")
async def test_old_counts_are_dropped_and_the_rest_stays(db: Database) -> None:
    old = TODAY - timedelta(days=score_store.KEPT_DAYS + 1)
    await put(db, tally(5, p1_0=1), old)
    await put(db, tally(5, p1_0=1), TODAY - timedelta(days=score_store.KEPT_DAYS))
    await tuning.tune(db, BUDGET, NOW)
    async with db.connection() as conn:
        for table in ("score_reads", "score_counts"):
            cursor = await conn.execute(f"select min(day) as day, count(*) as n from {table}")
            row = await cursor.fetchone()
            assert row == {"day": old + timedelta(days=1), "n": 1}


async def test_the_report_says_what_is_in_force_and_what_another_budget_would_give(
    db: Database, agency: str
) -> None:
    await days_of(db, tally(50_000, p2_200=100, p2_225=4))
    await tuning.tune(db, BUDGET, NOW)
    async with db.connection() as conn:
        report, measured = await budget_report.read(conn, agency, BUDGET, NOW)
        with pytest.raises(NotFound):
            await budget_report.read(conn, "XX0000000", BUDGET, NOW)
    high = report.lines[1]
    assert (high.threshold, high.aim, high.expected, high.how) == (
        STANDARD + 1,
        2.25,
        104,
        "counted",
    )
    assert high.over
    assert "over budget" in budget_words.expected(high)
    assert budget_words.moving(high) == "on its way to +2.25"
    assert "700,000 reads measured in 14 days, 2026-11-08 to 2026-11-21; 50,000 a day" in (
        budget_words.measured(report)
    )
    another = budget_report.another(report, measured, 104)
    assert another.lines[1].threshold == LEAST
    assert [line.budget for line in another.lines] == [104] * 4


async def test_before_anything_was_counted_the_report_says_so(db: Database, agency: str) -> None:
    async with db.connection() as conn:
        report, _ = await budget_report.read(conn, agency, BUDGET, NOW)
    assert not report.enough
    assert [line.threshold for line in report.lines] == [STANDARD] * 4
    assert budget_words.expected(report.lines[0]) == "not measured"
    assert "no read was counted yet" in budget_words.measured(report)
    await put(db, tally(ENOUGH_READS - 1), TODAY - timedelta(2))
    await put(db, tally(ENOUGH_READS - 1), TODAY - timedelta(1))
    async with db.connection() as conn:
        report, _ = await budget_report.read(conn, agency, BUDGET, NOW)
    assert "19,999 reads measured in whole days" in budget_words.measured(report)
    assert "counting since 2026-11-20" in budget_words.measured(report)


async def test_counts_of_a_bin_that_this_version_lacks_are_left_out(
    db: Database, agency: str
) -> None:
    await days_of(db, tally(30_000), count=1)
    async with db.transaction() as conn:
        await conn.execute(
            "insert into score_counts (agency, day, priority, bin, count)"
            " values (%s, %s, 1, %s, 9)",
            (agency, TODAY - timedelta(1), BINS),
        )
    async with db.connection() as conn:
        found = await score_store.measured(conn, agency, TODAY)
    assert (found.reads, int(found.counts.sum())) == (30_000, 0)


@pytest.mark.usefixtures("agency")
async def test_a_courier_whose_clock_was_years_ahead_does_not_stop_the_thresholds_for_years(
    db: Database,
) -> None:
    counts = tally(50_000, p2_200=100)
    await days_of(db, counts)
    await tuning.tune(db, BUDGET, NOW.replace(year=2031))
    assert (await thresholds(db))[2] == STANDARD  # nothing was measured by that clock
    await days_of(db, counts)  # it also forgot what is old by it
    assert await tuning.tune(db, BUDGET, NOW) == 1
    assert (await thresholds(db))[2] == STANDARD + 1
    assert await tuning.tune(db, BUDGET, NOW) == 0


@pytest.mark.usefixtures("agency")
async def test_two_couriers_on_two_sides_of_midnight_move_a_threshold_once(db: Database) -> None:
    await days_of(db, tally(50_000, p2_200=100))
    midnight = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)  # of Chicago
    for seconds in (1, -1, 2, -2, 3):
        await tuning.tune(db, BUDGET, midnight + timedelta(seconds=seconds))
    assert len(await audited(db)) == 1


async def test_one_agencys_trouble_does_not_keep_the_others_from_their_thresholds(
    db: Database, agency: str
) -> None:
    async with db.transaction() as conn:
        await create_agency(conn, "KS0000000", "Elsewhere PD", "America/Chicago", now=NOW)
        # As an older copy of the time zones, or a hand in the database, could leave it.
        await conn.execute("update agencies set timezone = 'No/Where' where ori = 'KS0000000'")
    await days_of(db, tally(50_000, p2_200=100))
    assert await tuning.tune(db, BUDGET, NOW) == 1
    assert (await thresholds(db, agency))[2] == STANDARD + 1
    assert await thresholds(db, "KS0000000") == {}


async def test_what_was_verified_counts_as_true_also_when_it_is_closed_and_a_score_is_no_number(
    db: Database, agency: str
) -> None:
    async with db.transaction() as conn:
        made = await create_person(
            conn, agency, "m.ortiz", "Maria Ortiz", Role.DISPATCHER, "no hash", by="test", now=NOW
        )
    yesterday, long_ago = NOW - timedelta(days=1), NOW - timedelta(days=40)
    checked = Verify(made.id, SecondSource.NCIC_QUERY, "hit")
    for at, score in ((yesterday, 3.1), (yesterday, 1.5), (long_ago, 3.1), (yesterday, -0.1)):
        await _alert(db, made.id, checked, at, score=score)
    async with db.transaction() as conn:
        await conn.execute("update alerts set state = 'closed'")
        await conn.execute(
            "update sightings set match = jsonb_set(match, '{evidence,score}', 'null')"
            " where (match->'evidence'->>'score')::float8 = 1.5"
        )
    await days_of(db, tally(50_000, p2_300=3, p2_150=1, p2_m25=1), count=1)
    async with db.connection() as conn:
        found = await score_store.measured(conn, agency, TODAY)
    assert [int(found.counts[1, bin_of(x)]) for x in (3.1, 1.5, -0.1)] == [2, 1, 0]
