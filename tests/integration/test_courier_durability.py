"""The courier killed, its database cut away: every alert is still delivered, duplicates counted."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from domain.clock import system_clock as now
from notifiers.courier import Courier
from simulator.gateway import FakeGateway
from simulator.gateway_model import Behaviour
from storage.postgres import AWAY, Database
from tests.integration.couriers import (
    Topic,
    Town,
    channels,
    console_for,
    quick,
    settle_town,
    until,
    working,
)

ALERTS = 15


@pytest.fixture
async def gateway() -> AsyncIterator[FakeGateway]:
    async with FakeGateway() as one:
        yield one


@pytest.fixture
async def town(db: Database, gateway: FakeGateway) -> Town:
    return await settle_town(db, gateway)


@pytest.fixture
async def console(db: Database, gateway: FakeGateway) -> AsyncIterator[str]:
    async with console_for(db, gateway) as url:
        yield url


async def start_courier(database_url: str, gateway: FakeGateway, console: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.integration.courier_process",
        database_url,
        str(gateway.port),
        console,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def kill(courier: Process) -> None:
    if courier.returncode is None:
        os.kill(courier.pid, signal.SIGKILL)
    await courier.wait()


async def delivered_once(town: Town, gateway: FakeGateway, alerts: int) -> Counter[int]:
    """Check that every alert reached everybody; how often each SMS came."""
    async with town.db.connection() as conn:
        cursor = await conn.execute("select state, count(*) as n from deliveries group by state")
        states = {row["state"]: row["n"] for row in await cursor.fetchall()}
    assert states == {"delivered": 3 * alerts}
    assert len(gateway.events()) == alerts  # a webhook that came twice was taken once
    each = Counter((t.number, t.body) for t in gateway.texts())
    assert len(each) == 2 * alerts
    return Counter(each.values())


async def test_a_courier_killed_in_the_middle_loses_nothing(
    database_url: str, town: Town, gateway: FakeGateway, console: str
) -> None:
    gateway.behaviour = Behaviour(delay=0.15)
    for _ in range(ALERTS):
        await town.verified()
    kills = 0
    for share in (0.2, 0.5):
        courier = await start_courier(database_url, gateway, console)
        try:
            await until(lambda s=share: len(gateway.texts()) >= 2 * ALERTS * s, 30)
        finally:
            await kill(courier)
            kills += 1
    courier = await start_courier(database_url, gateway, console)
    try:
        await until(town.quiet, 40)
    finally:
        await kill(courier)
    await gateway.settle()
    times = await delivered_once(town, gateway, ALERTS)
    # What was being sent when it was killed is sent again; no SMS more often than that.
    assert max(times) <= 1 + kills
    assert sum(n * (often - 1) for often, n in times.items()) <= kills * 2 * ALERTS


async def at_last(town: Town) -> bool:
    with suppress(*AWAY):
        return await town.quiet()
    return False


async def verified_at_last(town: Town) -> None:
    """Verify as a person does: again, when the console says that the database is away."""
    for _ in range(10):
        with suppress(*AWAY):
            await town.verified()
            return
    pytest.fail("the database did not come back")


async def test_connections_that_are_cut_are_made_again(
    db: Database, town: Town, gateway: FakeGateway, console: str, caplog: pytest.LogCaptureFixture
) -> None:
    topic = Topic(db)
    gateway.behaviour = Behaviour(delay=0.05)
    async with working(db, topic, channels(gateway, console), quick(console)):
        for n in range(ALERTS):
            await verified_at_last(town)
            if n in (4, 9):
                conn = await db.connect_alone()
                await conn.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                )
                await conn.close()
        await until(lambda: at_last(town), 40)
    await gateway.settle()
    await delivered_once(town, gateway, ALERTS)
    assert "482KTB" not in caplog.text


async def test_two_couriers_share_the_work_and_send_nothing_twice(
    db: Database, town: Town, gateway: FakeGateway, console: str
) -> None:
    for _ in range(ALERTS):
        await town.verified()
    topic = Topic(db)
    async with (
        working(db, topic, channels(gateway, console), quick(console)),
        working(db, topic, channels(gateway, console), quick(console)),
    ):
        await until(town.quiet, 30)
    await gateway.settle()
    assert set(await delivered_once(town, gateway, ALERTS)) == {1}


async def test_a_courier_that_is_stopped_finishes_what_is_under_way(
    db: Database, town: Town, gateway: FakeGateway, console: str
) -> None:
    gateway.behaviour = Behaviour(delay=0.5)
    by = channels(gateway, console)
    courier = Courier(db, Topic(db), by, now, quick(console))
    running = asyncio.create_task(courier.run())
    alert = await town.verified()
    await until(lambda: len(gateway.texts()) == 2)
    courier.stop()
    await asyncio.wait_for(running, 10)
    for channel in by.values():
        await channel.aclose()
    assert not set((await town.states(alert)).values()) & {"waiting"}
    async with db.connection() as conn:
        cursor = await conn.execute(
            "select count(*) as n from pgqueuer where entrypoint = 'deliver'"
        )
        assert (await cursor.fetchone()) == {"n": 0}


async def test_a_courier_started_before_its_database_waits_for_it(database_url: str) -> None:
    away = Database(database_url.replace("/t_", "/absent_"))
    courier = Courier(away, Topic(away), {}, now, quick("https://b.example.org"))
    running = asyncio.create_task(courier.run())
    await asyncio.sleep(0.5)
    assert not running.done()
    courier.stop()
    await asyncio.wait_for(running, 10)
