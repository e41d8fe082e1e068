"""Live events over a real server and a real LISTEN connection; health."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from storage.postgres import Database
from tests.browser.world import CEDAR, World, world_of

VERIFY = {"source": "NCIC, live query", "reference": "KQ-7731-0412"}


@pytest.fixture
async def world(db: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(db, tmp_path / "images") as made:
        yield made


async def verify(world: World, which: object) -> None:
    """Claim and verify as the dispatcher."""
    async with world.logged_in("m.alvarez") as desk:
        for step, body in (("claim", None), ("verify", VERIFY)):
            answer = await desk.post(f"/api/alerts/{which}/{step}", json=body)
            assert answer.status_code == 200, answer.text


@asynccontextmanager
async def live(world: World, login: str) -> AsyncIterator[asyncio.Queue[tuple[str, Any]]]:
    """The events a page of `login` gets, as (event, data)."""
    got: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    async def read(client: httpx.AsyncClient) -> None:
        async with client.stream("GET", "/api/events") as answer:
            assert answer.status_code == 200
            kind = ""
            async for line in answer.aiter_lines():
                if line.startswith("event: "):
                    kind = line[7:]
                elif line.startswith("data: "):
                    got.put_nowait((kind, json.loads(line[6:])))

    async with world.logged_in(login) as client:
        task = asyncio.create_task(read(client))
        try:
            async with asyncio.timeout(10):
                assert (await got.get())[0] in ("reload", "lost")
            yield got
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _next(got: asyncio.Queue[tuple[str, Any]]) -> tuple[str, Any]:
    async with asyncio.timeout(10):
        while True:
            kind, data = await got.get()
            if kind != "beat":
                return kind, data


async def _until_ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(10):
        while (await client.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.05)


async def test_changes_reach_the_desk_and_only_verified_ones_the_officer(world: World) -> None:
    async with world.client() as client:
        await _until_ready(client)
    async with (
        live(world, "m.alvarez") as desk,
        live(world, "ruiz") as officer,
        live(world, "walnut.desk") as other,
    ):
        which = await world.raise_(await world.possible_hit())
        assert await _next(desk) == ("changed", {"alert": str(which), "state": "raised"})
        false = await world.raise_(await world.possible_hit(read="9", entry="9"))
        await _next(desk)
        async with world.logged_in("m.alvarez") as acting:
            await acting.post(f"/api/alerts/{false}/recall", json={"reason": "typing error"})
            assert (await _next(desk))[1]["state"] == "recalled"
        await verify(world, which)
        assert [(await _next(desk))[1]["state"] for _ in "12"] == ["claimed", "verified"]
        # The officer's first word of anything is the verification.
        assert await _next(officer) == ("changed", {"alert": str(which), "state": "verified"})
        async with world.logged_in("m.alvarez") as acting:
            await acting.post(f"/api/alerts/{which}/recall", json={"reason": "cleared"})
        assert await _next(officer) == ("changed", {"alert": str(which), "state": "recalled"})
        assert other.empty()


async def test_a_sighting_is_heard_by_those_who_may_judge_it_and_nobody_else(world: World) -> None:
    async with world.client() as client:
        await _until_ready(client)
    first = await world.possible_hit()
    which = await world.raise_(first)
    await verify(world, which)
    async with (
        live(world, "m.alvarez") as desk,
        live(world, "ruiz") as officer,
        live(world, "admin") as admin,
    ):
        again = await world.possible_hit()
        await world.raise_(msgspec.structs.replace(again, entry=first.entry))
        assert (await _next(desk))[1]["state"] == "sighting"
        async with world.logged_in("ruiz") as acting:
            await acting.post(f"/api/alerts/{which}/reply", json={"answer": "going"})
        # Events come in order: had they been told of the sighting, it would stand before this.
        for page in (officer, admin):
            assert (await _next(page))[1]["state"] == "acknowledged"


async def test_a_session_that_ended_hears_nothing_more_however_busy_the_desk_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.routes.live.HEARTBEAT", 0.4)
    which = await world.raise_(await world.possible_hit())
    person = world.people["m.alvarez"].id
    async with world.client() as client:
        await _until_ready(client)
    async with live(world, "m.alvarez") as desk, asyncio.timeout(20):

        async def busy() -> None:
            while True:
                async with world.db.transaction() as conn:
                    await conn.execute(
                        "select pg_notify('bolo_alerts', %s)", (f"{CEDAR} {which} raised",)
                    )
                await asyncio.sleep(0.05)

        noise = asyncio.create_task(busy())
        try:
            kinds = set()
            while "beat" not in kinds:  # a session that holds goes on hearing
                kinds.add((await desk.get())[0])
            async with world.db.transaction() as conn:
                await conn.execute("delete from sessions where person = %s", (person,))
            async with asyncio.timeout(3):
                while (await desk.get())[0] != "over":
                    pass
            await asyncio.sleep(0.3)
            assert desk.empty()
        finally:
            noise.cancel()
            await asyncio.gather(noise, return_exceptions=True)


async def test_pages_are_told_to_fetch_again_when_postgresql_was_away(world: World) -> None:
    async with world.client() as client:
        await _until_ready(client)
        async with live(world, "m.alvarez") as desk:
            async with world.db.connection() as conn:
                await conn.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where query like 'listen %' and datname = current_database()"
                )
            assert (await _next(desk))[0] == "lost"
            assert (await _next(desk))[0] == "reload"
            await _until_ready(client)
            which = await world.raise_(await world.possible_hit())
            assert (await _next(desk))[1]["alert"] == str(which)


async def test_ready_tells_the_truth(world: World) -> None:
    async with world.client() as client:
        assert (await client.get("/healthz")).json() == {"alive": True}
        await _until_ready(client)
        world.broker_is_there = False
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {
            "ready": False, "database": True, "broker": False, "live_events": True,
        }  # fmt: skip
