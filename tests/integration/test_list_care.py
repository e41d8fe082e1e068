"""A real courier looks for lists when their time comes, and looks after them every minute."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import prometheus_client
import pytest

from bolo import list_care
from bolo.stale_lists import StaleLists
from domain.clock import Clock, system_clock
from domain.errors import BadInput
from hotlists import arrival_store, local_store, scheduling
from hotlists.arrivals import https
from hotlists.configuring import ensure_source
from hotlists.local import Asked
from hotlists.model import HotlistSource
from hotlists.refresh import Means, refresh
from hotlists.sealing import key_of, new_key
from hotlists.standing_store import Standing, standings
from hotlists.watching import follow, followed
from notifiers.courier import Courier
from policy.loading import standard
from storage.postgres import Database
from tests.integration.couriers import ORI, Topic, Town, quick, settle_town, until
from tests.integration.list_servers import WebList, web
from tests.integration.listed import Listed

MEANS = Means(standard(), key_of(new_key()), {})
SOON = tuple(timedelta(milliseconds=50) for _ in range(4))
GOOD = b"LIC,LIS,MKE,NIC\n482KTB,KS,EV,V1\nABC123,KS,EV,V2\n"


@pytest.fixture
async def town(db: Database) -> Town:
    return await settle_town(db, None)


@pytest.fixture
async def page(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WebList]:
    monkeypatch.setattr(https, "PAUSES", ())
    async with web(WebList(GOOD, etag='"one"')) as it:
        yield it


@asynccontextmanager
async def courier(
    db: Database,
    clock: Clock = system_clock,
    pauses: Sequence[timedelta] = SOON,
    *,
    minute: bool = False,
) -> AsyncIterator[None]:
    """A courier as an installation has it, that reaches nobody."""
    one = Courier(
        db,
        Topic(db),
        {},
        clock,
        quick("http://127.0.0.1"),
        jobs=list_care.jobs(db, MEANS, clock, pauses),
        each_minute=list_care.each_minute(db, MEANS, clock) if minute else (),
    )
    running = asyncio.create_task(one.run())
    try:
        yield
    finally:
        one.stop()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def source_of(
    db: Database, location: str, name: str = "County", **settings: Any
) -> HotlistSource:
    async with db.transaction() as conn:
        return await ensure_source(conn, ORI, name, "table", location, settings)


async def stands(db: Database, now: datetime | None = None, name: str = "County") -> Standing:
    async with db.connection() as conn:
        every = await standings(conn, now or system_clock(), standard(), ORI)
    return next(one for one in every if one.source.name == name)


async def test_a_list_whose_time_has_come_is_fetched_once(
    db: Database, town: Town, page: WebList
) -> None:
    await source_of(db, page.url, schedule="* * * * *")
    await source_of(db, page.url, "By hand")
    now = system_clock()
    for _ in range(3):  # what waits already is not asked for again
        assert await scheduling.enqueue_due(db, now, standard()) == 1
    async with courier(db):
        await until(lambda: _generation(db, 1))
    assert len(page.asked) == 1
    assert await scheduling.enqueue_due(db, now, standard()) == 0
    assert await scheduling.enqueue_due(db, now + timedelta(minutes=2), standard()) == 1
    assert town.ori == ORI


async def test_a_list_is_fetched_at_once_when_a_person_asks(
    db: Database, town: Town, page: WebList
) -> None:
    source = await source_of(db, page.url)
    empty = await source_of(db, "", "By hand")
    async with db.transaction() as conn:
        await scheduling.ask(conn, source, "cli:kelly", system_clock())
        with pytest.raises(BadInput, match="import a file"):
            await scheduling.ask(conn, empty, "cli:kelly", system_clock())
    async with courier(db):
        await until(lambda: _generation(db, 1))
    (act,) = await town.acts("hotlist.refresh-asked")
    assert act["actor"] == "cli:kelly"


async def test_a_failing_list_is_tried_five_times_and_then_at_its_next_time(
    db: Database, town: Town, page: WebList
) -> None:
    source = await source_of(db, page.url, schedule="0 4 * * *")
    page.statuses = [503] * 5
    before = _failures(town.ori)
    await scheduling.enqueue_due(db, system_clock(), standard())
    async with courier(db):
        await until(lambda: len(page.asked) == 5)
        await until(lambda: _no_jobs(db))
        one = await stands(db)
        assert (one.generation, one.arrival.problem) == (None, "127.0.0.1 answered 503")
        assert _failures(town.ori) - before == 5
        await scheduling.enqueue_due(db, system_clock() + timedelta(days=1), standard())
        await until(lambda: _generation(db, 1))
    async with db.connection() as conn:
        assert (await arrival_store.arrival(conn, source.id)).problem == ""


async def test_what_only_a_person_can_mend_is_not_tried_again_before_its_time(
    db: Database, town: Town, page: WebList
) -> None:
    await source_of(db, page.url, schedule="0 4 * * *", secret="NOT_SET")
    await scheduling.enqueue_due(db, system_clock(), standard())
    async with courier(db):
        await until(lambda: _looked(db))
        await until(lambda: _no_jobs(db))
    one = await stands(db)
    assert one.arrival.problem.startswith("the secret NOT_SET is not set")
    assert page.asked == []
    assert one.next_look is not None
    assert not one.due(system_clock())
    assert town.ori == ORI


async def test_an_alert_is_recalled_when_a_fetched_list_no_longer_holds_its_entry(
    db: Database, town: Town, page: WebList
) -> None:
    listed = Listed(town, db)
    page.body = GOOD + b"".join(b"X%05d,KS,EV,W%d\n" % (n, n) for n in range(50))
    source = await source_of(db, page.url)
    await refresh(db, source, page.body, by="test", now=system_clock())
    alert = await listed.alert(await listed.matched("482KTB"))
    page.body = page.body.replace(b"482KTB,KS,EV,V1\n", b"")
    async with db.transaction() as conn:
        await scheduling.ask(conn, source, "cli:kelly", system_clock())
    async with courier(db):
        await until(lambda: _generation(db, 2))
        await until(lambda: _recalled(town, alert))


async def test_how_a_list_stands_has_age_limit_next_look_and_quarantine(
    db: Database, town: Town
) -> None:
    now = system_clock()
    source = await source_of(db, "/in/x.csv", schedule="0 4 * * *", max_age_hours=24)
    never = await stands(db, now)
    assert (never.staleness.words, never.next_look, never.due(now)) == ("never loaded", None, True)
    data = GOOD + b"".join(b"X%05d,KS,EV,W%d\n" % (n, n) for n in range(50))
    await refresh(db, source, data, by="test", now=now - timedelta(hours=26))
    await refresh(db, source, GOOD, by="test", now=now)
    async with db.transaction() as conn:
        await arrival_store.checked(conn, source.id, now, problem="it was too small")
    one = await stands(db, now)
    assert (one.generation, one.entries, one.quarantined) == (1, 52, (2,))
    assert one.staleness.stale
    assert one.staleness.words == "list 26 h old, the limit is 24 h"
    assert one.arrival.problem == "it was too small"
    assert one.next_look is not None
    assert now < one.next_look < now + timedelta(hours=25)
    async with db.transaction() as conn:  # what people enter by hand has no file, and so no age
        asked = Asked(
            plate="9??XYZ", state="KS", reason="Armed robbery at the bank", case_number="26-1",
            category="felony-vehicle", expires_at=now + timedelta(days=1),
        )  # fmt: skip
        await local_store.make(conn, ORI, asked, standard(), by=town.officer.id, now=now)
    async with db.connection() as conn:
        assert len(await standings(conn, now, standard(), ORI)) == 1


@pytest.mark.slow
async def test_every_minute_what_is_due_by_the_clock_really_happens(
    db: Database, town: Town, page: WebList
) -> None:
    """Everything is prepared by today's clock; then a courier works whose clock is weeks ahead."""
    today = system_clock()
    listed = Listed(town, db)
    await source_of(db, page.url, schedule="0 4 * * *")
    tomorrow = (today + timedelta(days=1)).date().isoformat()
    await listed.list_of("NCIC", "111AAA:KS", f"222BBB:KS:EV:{tomorrow}")
    sealed = await source_of(db, "", "Sealed")
    await refresh(db, sealed, GOOD, by="test", now=today, means=MEANS)
    assert await _originals(db, sealed, 1)
    expiring = await listed.alert(await listed.matched("222BBB"))
    await listed.withdraw((await listed.matched("111AAA")).entry)
    async with db.transaction() as conn:
        asked = Asked(
            plate="999ZZZ", state="KS", reason="Armed robbery at the bank", case_number="26-1",
            category="felony-vehicle", expires_at=today + timedelta(days=1),
        )  # fmt: skip
        local = await local_store.make(conn, ORI, asked, standard(), by=town.officer.id, now=today)
    ahead = timedelta(days=max(standard().retention.originals_days, 5) + 1)
    async with courier(db, lambda: system_clock() + ahead, minute=True):
        await until(lambda: _generation(db, 1), 90)
        await until(lambda: _recalled(town, expiring))
        await until(lambda: _acted(town, "hotlist.gone"))
        await until(lambda: _local(db, local.id, "expired"))
        await until(lambda: _originals(db, sealed, 0))
        await until(lambda: _stale(town.ori, "NCIC") == 1.0)
    assert _stale(town.ori, "County") == 0.0


async def test_a_folder_is_followed_and_a_file_that_came_before_is_not_taken_again(
    db: Database, town: Town, tmp_path: Path
) -> None:
    source = await source_of(db, f"{tmp_path}/*.csv")
    scheduled = await source_of(db, f"{tmp_path}/b", "Other", schedule="0 4 * * *")
    assert (followed(source), followed(scheduled)) == (True, False)
    (tmp_path / "list-1.csv").write_bytes(GOOD)

    async def following(until_generation: int) -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(
            follow(db, [source], system_clock, stop, settle=0.1, check=0.2, means=MEANS)
        )
        await until(lambda: _generation(db, until_generation))
        stop.set()
        await task

    await following(1)
    confirmed = (await stands(db)).refreshed_at
    await following(1)  # another courier: the same file lies there
    assert (await stands(db)).refreshed_at == confirmed
    (tmp_path / "list-2.csv").write_bytes(GOOD + b"NEW111,KS,EV,V3\n")
    await following(2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["list-1.csv", "list-2.csv"]
    assert town.ori == ORI


def _failures(agency: str) -> float:
    labels = {"agency": agency, "source": "County"}
    name = "bolo_hotlist_arrival_failures_total"
    return prometheus_client.REGISTRY.get_sample_value(name, labels) or 0.0


def _stale(agency: str, name: str) -> float | None:
    labels = {"agency": agency, "source": name}
    return prometheus_client.REGISTRY.get_sample_value("bolo_watch_list_stale", labels)


async def _generation(db: Database, number: int) -> bool:
    return (await stands(db)).generation == number


async def _looked(db: Database) -> bool:
    return (await stands(db)).arrival.checked_at is not None


async def _recalled(town: Town, alert: Any) -> bool:
    return await town.state(alert) == "recalled"


async def _acted(town: Town, action: str) -> bool:
    return bool(await town.acts(action))


async def _local(db: Database, which: Any, state: str) -> bool:
    async with db.connection() as conn:
        return (await local_store.load(conn, ORI, which)).state == state


async def _originals(db: Database, source: HotlistSource, count: int) -> bool:
    async with db.connection() as conn:
        cursor = await conn.execute(
            "select count(*) as n from generation_originals o"
            " join generations g on g.id = o.generation where g.source = %s",
            (source.id,),
        )
        row = await cursor.fetchone()
    return row is not None and row["n"] == count


async def _no_jobs(db: Database) -> bool:
    """Whether nothing waits in the queue to look for a list."""
    async with db.connection() as conn:
        cursor = await conn.execute(
            "select count(*) as n from pgqueuer where entrypoint = %s", (scheduling.REFRESH,)
        )
        row = await cursor.fetchone()
    return row is not None and row["n"] == 0


async def test_the_supervisor_says_it_when_a_list_becomes_stale_and_when_it_is_fresh_again(
    db: Database, town: Town
) -> None:
    listed = Listed(town, db)
    await listed.list_of("NCIC", "111AAA:KS")
    said: list[str] = []
    ahead = timedelta(0)
    looking = asyncio.create_task(
        StaleLists(said.append).keep_looking(
            db, standard(), lambda: system_clock() + ahead, every=0.05
        )
    )
    try:
        await asyncio.sleep(0.3)
        assert said == []
        ahead = timedelta(hours=30)
        await until(lambda: bool(said))
        ahead = timedelta(0)
        await until(lambda: len(said) == 2)
        await asyncio.sleep(0.2)
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
    assert said == [
        f"{ORI} NCIC is stale: list 30 h old, the limit is 26 h",
        f"{ORI} NCIC is fresh again",
    ]
