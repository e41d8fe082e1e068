"""The cameras against a real HTTP intake on 127.0.0.1 that refuses, stalls and goes away."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiohttp import web

from cameras.formats import native
from cameras.incoming import IncomingRead
from domain.clock import system_clock
from domain.errors import NotAllowed
from simulator.camera import SimulatorConfig, run
from simulator.town import CAMERAS, CITY, COUNTY
from simulator.traffic import Mix
from simulator.wanted import WANTED

TOKENS = {CITY: "city-token", COUNTY: "county-token"}
Answer = Callable[[int], web.Response | None]


@dataclass
class Intake:
    """Takes what the native format takes. `answer` may give another answer to the nth request."""

    url: str = ""
    answer: Answer = lambda _: None
    requests: int = 0
    reads: list[IncomingRead] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    peers: set[object] = field(default_factory=set)
    ids: Counter[str] = field(default_factory=Counter)

    async def take(self, request: web.Request) -> web.Response:
        self.requests += 1
        body = await request.read()
        assert request.transport is not None
        self.peers.add(request.transport.get_extra_info("peername"))
        if (other := self.answer(self.requests)) is not None:
            return other
        token = request.headers["Authorization"].removeprefix("Bearer ")
        reads = native.parse(json.loads(body)).reads
        for read in reads:
            if TOKENS[CAMERAS[read.camera].agency] != token:
                return web.json_response({"field": "camera"}, status=403)
        self.reads.extend(reads)
        self.sizes.append(len(reads))
        self.ids.update(f"{read.camera}/{read.event_id}" for read in reads)
        return web.json_response({"accepted": len(reads)}, status=202)


@pytest.fixture
async def intake() -> AsyncIterator[Intake]:
    server = Intake()
    app = web.Application(client_max_size=32 * 1024 * 1024)
    app.router.add_post("/api/reads", server.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


def config(intake: Intake, reads: int, rate: float = 400, **more: float) -> SimulatorConfig:
    mix = Mix(rate=rate, first_wanted=0.01, wanted_every=0.5, look_alike_every=0.5)
    return SimulatorConfig(
        url=intake.url,
        tokens=TOKENS,
        mix=mix,
        reads=reads,
        buffer=int(more.get("buffer", 20_000)),
        drain_seconds=more.get("drain_seconds", 20.0),
    )


async def test_every_read_arrives_once_in_the_native_format(intake: Intake) -> None:
    began = system_clock()
    done = await run(config(intake, 300), asyncio.Event())
    assert (done.seen, done.accepted, done.unsent, done.problem) == (300, 300, 0, "")
    assert len(intake.ids) == 300
    assert set(intake.ids.values()) == {1}
    for read in intake.reads:
        assert read.plate
        assert read.vehicle is not None
        assert read.place is not None
        assert read.place.name == CAMERAS[read.camera].name
        assert began - timedelta(seconds=1) < read.seen_at < system_clock() + timedelta(seconds=5)
    assert len(intake.peers) <= len(CAMERAS), "connections are kept"


async def test_wanted_cars_always_come_with_pictures_the_rest_by_a_share(intake: Intake) -> None:
    done = await run(config(intake, 400), asyncio.Event())
    assert done.wanted >= 1
    assert done.with_pictures < 60
    first = next(r for r in intake.reads if r.plate == WANTED[0].vehicle.plate)
    assert first.state == WANTED[0].vehicle.state
    for read in intake.reads:
        if read.plate in {w.vehicle.plate for w in WANTED} and read.state == "KS":
            assert [i.kind for i in read.images] in ([], ["plate", "vehicle"])
    assert [i.kind for i in first.images] == ["plate", "vehicle"]
    for image in first.images:
        data = image.data if isinstance(image.data, bytes) else b64decode(image.data)
        assert data.startswith(b"\xff\xd8")


async def test_at_a_towns_own_pace_every_read_has_its_pictures(intake: Intake) -> None:
    done = await run(config(intake, 12, rate=5), asyncio.Event())
    assert done.with_pictures == done.accepted == 12
    assert all(len(read.images) == 2 for read in intake.reads)


async def test_a_busy_camera_packs_several_reads_in_a_request(intake: Intake) -> None:
    done = await run(config(intake, 4000, rate=4000), asyncio.Event())
    assert done.accepted == 4000
    assert done.requests < 1500
    assert max(intake.sizes) > 5
    assert max(intake.sizes) <= 500


async def test_a_503_is_waited_out_and_nothing_is_lost_or_doubled(intake: Intake) -> None:
    def away(n: int) -> web.Response | None:
        return web.Response(status=503, headers={"Retry-After": "0.3"}) if n <= 12 else None

    intake.answer = away
    done = await run(config(intake, 200), asyncio.Event())
    assert done.accepted == 200
    assert done.retries == 12
    assert set(intake.ids.values()) == {1}


async def test_retry_after_is_honored(intake: Intake) -> None:
    times: list[float] = []

    def away(n: int) -> web.Response | None:
        times.append(asyncio.get_running_loop().time())
        return web.Response(status=503, headers={"Retry-After": "1"}) if n == 1 else None

    intake.answer = away
    await run(config(intake, 1), asyncio.Event())
    assert len(times) == 2
    assert times[1] - times[0] >= 1


async def test_a_full_buffer_loses_the_oldest_and_says_so(intake: Intake) -> None:
    intake.answer = lambda _: web.Response(status=503, headers={"Retry-After": "30"})
    done = await run(config(intake, 500, buffer=10, drain_seconds=0.1), asyncio.Event())
    assert done.accepted == 0
    assert done.dropped > 300
    assert 0 < done.unsent <= 10 * len(CAMERAS) + 500
    assert done.seen == 500 == done.accepted + done.refused + done.dropped + done.unsent


async def test_an_intake_that_is_not_there_is_waited_for() -> None:
    mix = Mix(rate=400)
    nowhere = SimulatorConfig("http://127.0.0.1:9", TOKENS, mix, 50, drain_seconds=0.7)
    done = await run(nowhere, asyncio.Event())
    assert (done.seen, done.accepted, done.unsent) == (50, 0, 50)
    assert done.retries > 0


async def test_a_request_that_is_too_large_goes_in_halves(intake: Intake) -> None:
    take = intake.take

    async def strict(request: web.Request) -> web.Response:
        reads = json.loads(await request.read())
        if isinstance(reads, list) and len(reads) > 4:
            return web.json_response({"field": "reads"}, status=413)
        return await take(request)

    app = web.Application(client_max_size=32 * 1024 * 1024)
    app.router.add_post("/api/reads", strict)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    intake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    done = await run(config(intake, 1500, rate=5000), asyncio.Event())
    await runner.cleanup()
    assert (done.accepted, done.refused) == (1500, 0)
    assert max(intake.sizes) <= 4


async def test_a_refused_read_is_counted_and_its_field_named_but_not_its_text(
    intake: Intake,
) -> None:
    def refuse(n: int) -> web.Response | None:
        body = {"field": "seen_at", "problem": "482KTB was read in the future"}
        return web.json_response(body, status=422) if n == 1 else None

    intake.answer = refuse
    done = await run(config(intake, 100), asyncio.Event())
    assert done.refused >= 1
    assert done.accepted + done.refused == 100
    assert done.problem == "422 seen_at"
    assert f"{done.refused} refused (422 seen_at)" in str(done)
    assert "482KTB" not in str(done)


async def test_a_token_that_is_not_taken_stops_the_run_with_advice(intake: Intake) -> None:
    intake.answer = lambda _: web.Response(status=401)
    with pytest.raises(NotAllowed, match="make a new one for its agency"):
        await run(config(intake, 10_000), asyncio.Event())


async def test_only_cameras_with_a_token_post_and_none_at_all_is_an_error(intake: Intake) -> None:
    mix = Mix(rate=400)
    only = SimulatorConfig(intake.url, {CITY: "city-token"}, mix, 40, drain_seconds=10)
    done = await run(only, asyncio.Event())
    assert done.accepted == 40
    assert {CAMERAS[read.camera].agency for read in intake.reads} == {CITY}
    with pytest.raises(NotAllowed, match="no intake token for any camera"):
        await run(SimulatorConfig(intake.url, {"KS0000000": "x"}), asyncio.Event())


async def test_a_stop_ends_it_at_once_and_sends_the_rest(intake: Intake) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(run(SimulatorConfig(intake.url, TOKENS, Mix(rate=50)), stop))
    await asyncio.sleep(1)
    stop.set()
    done = await asyncio.wait_for(task, 5)
    assert done.unsent == 0
    assert done.accepted == done.seen > 20
