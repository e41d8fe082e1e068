"""The town's cameras at work: traffic passes them in real time and each posts what it sees.

The reads of one seed are the same at every start but for their times and ids.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import httpx

from domain.clock import Clock, system_clock
from domain.errors import NotAllowed
from simulator.eyes import look
from simulator.poster import Poster, Waiting
from simulator.reports import is_night, report
from simulator.town import CAMERAS, Camera
from simulator.traffic import Mix, Pass, passes

_TICK = 0.02


@dataclass(frozen=True)
class SimulatorConfig:
    """What to simulate and where to send it.

    `url` is the console's address; `tokens` maps an agency's ORI (or a camera id, which wins) to
    an intake token. `pictures_a_second` bounds the reads that carry pictures; wanted cars always
    do. `reads` stops after that many, None never. `buffer` is reads a camera holds while it
    cannot send; `drain_seconds` is how long a stop waits for the rest to be sent.
    """

    url: str
    tokens: Mapping[str, str]
    mix: Mix = field(default_factory=Mix)
    reads: int | None = None
    pictures_a_second: float = 8.0
    buffer: int = 20_000
    drain_seconds: float = 5.0
    timeout: float = 10.0


@dataclass(frozen=True)
class Summary:
    """What came of it. `seen` = `accepted` + `refused` + `dropped` + `unsent`.

    `refused` reads were answered 4xx (`problem` is the first such answer's status and field);
    `dropped` fell out of a full buffer; `unsent` were still waiting at the end.
    """

    seen: int
    accepted: int
    refused: int
    dropped: int
    unsent: int
    requests: int
    retries: int
    with_pictures: int
    wanted: int
    look_alikes: int
    problem: str

    def __str__(self) -> str:
        lost = [
            f"{count:,} {what}"
            for count, what in (
                (self.refused, f"refused ({self.problem})"),
                (self.dropped, "lost from a full buffer"),
                (self.unsent, "not sent"),
            )
            if count
        ]
        return (
            f"{self.seen:,} reads seen ({self.wanted:,} of wanted cars,"
            f" {self.look_alikes:,} of look-alikes), {self.accepted:,} accepted"
            + "".join(f", {words}" for words in lost)
        )


async def run(config: SimulatorConfig, stop: asyncio.Event, clock: Clock = system_clock) -> Summary:
    """Drive through town until `stop` is set, or `config.reads` reads were seen.

    Cameras without a token stay dark. Raises NotAllowed when no camera has one, or when the
    intake does not take one.
    """
    counts: Counter[str] = Counter()
    problems: list[str] = []
    cameras = _cameras(config)
    url = f"{config.url.rstrip('/')}/api/reads"
    limits = httpx.Limits(max_connections=len(CAMERAS), max_keepalive_connections=len(CAMERAS))
    async with httpx.AsyncClient(timeout=config.timeout, limits=limits) as client:
        posters = {
            camera.id: Poster(
                camera,
                url,
                _token(config, camera),
                config.buffer,
                client,
                counts,
                problems,
                Random(camera.id),
            )
            for camera in cameras
        }
        tasks = [asyncio.create_task(poster.run()) for poster in posters.values()]
        try:
            await _watch(config, stop, clock, posters, counts, tasks)
            await _drain(posters, tasks, config.drain_seconds)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in tasks:
            if not task.cancelled() and (failed := task.exception()) is not None:
                raise failed
    return Summary(
        seen=counts["seen"],
        accepted=counts["accepted"],
        refused=counts["refused"],
        dropped=counts["dropped"],
        unsent=sum(poster.unsent for poster in posters.values()),
        requests=counts["requests"],
        retries=counts["retries"],
        with_pictures=counts["with_pictures"],
        wanted=counts["wanted"],
        look_alikes=counts["look-alike"],
        problem=problems[0] if problems else "",
    )


async def _watch(
    config: SimulatorConfig,
    stop: asyncio.Event,
    clock: Clock,
    posters: Mapping[str, Poster],
    counts: Counter[str],
    tasks: list[asyncio.Task[None]],
) -> None:
    """Hand each pass to its camera when its time has come."""
    loop = asyncio.get_running_loop()
    began, start = loop.time(), clock()
    traffic = passes(config.mix)
    eyes = Random(f"{config.mix.seed} eyes")
    upcoming = next(traffic)
    most = max(1.0, config.pictures_a_second)
    allowance, last = most, 0.0
    while not stop.is_set() and not any(task.done() for task in tasks):
        now = loop.time() - began
        allowance = min(most, allowance + config.pictures_a_second * (now - last))
        last = now
        for _ in range(5000):
            if upcoming.at > now or counts["seen"] == config.reads:
                break
            seen_at = start + timedelta(seconds=upcoming.at)
            if upcoming.camera.id in posters:
                allowance -= _hand_over(upcoming, seen_at, allowance, eyes, posters, counts)
            upcoming = next(traffic)
        if counts["seen"] == config.reads:
            return
        pause = min(1.0, max(_TICK, upcoming.at - (loop.time() - began)))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)


def _hand_over(
    one: Pass,
    seen_at: datetime,
    allowance: float,
    eyes: Random,
    posters: Mapping[str, Poster],
    counts: Counter[str],
) -> float:
    """Look, count and buffer; gives back how much of the pictures' allowance it used."""
    counts["seen"] += 1
    counts[one.role] += 1
    number, night = counts["seen"], is_night(seen_at)
    saw = look(eyes, one.vehicle, night=night, clearly=one.first)
    drawn = one.role == "wanted" or allowance >= 1
    counts["with_pictures"] += drawn
    scene = (one, saw, night, number) if drawn else None
    posters[one.camera.id].put(Waiting(report(one, saw, seen_at, number), scene))
    return float(drawn and one.role != "wanted")


async def _drain(
    posters: Mapping[str, Poster], tasks: list[asyncio.Task[None]], seconds: float
) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while any(p.unsent for p in posters.values()) and not any(t.done() for t in tasks):
        if asyncio.get_running_loop().time() > end:
            return
        await asyncio.sleep(_TICK)


def _token(config: SimulatorConfig, camera: Camera) -> str:
    return config.tokens.get(camera.id) or config.tokens.get(camera.agency, "")


def _cameras(config: SimulatorConfig) -> list[Camera]:
    found = [camera for camera in CAMERAS.values() if _token(config, camera)]
    if not found:
        owners = sorted({camera.agency for camera in CAMERAS.values()})
        msg = f"no intake token for any camera: give one for {' or '.join(owners)}"
        raise NotAllowed(msg)
    return found
