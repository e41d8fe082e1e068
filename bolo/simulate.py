"""`bolo simulate`: the town's cameras, posting to a console."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bolo import logs
from bolo.up import until_told
from domain.errors import BadInput
from simulator.camera import SimulatorConfig, run
from simulator.traffic import Mix


async def simulate(
    url: str, tokens: Sequence[str], *, rate: float, seconds: float, seed: int
) -> None:
    """Drive through town until told to stop, then say what came of it."""
    logs.configure(role="simulator", level="warning")
    pairs = dict(pair.split("=", 1) for pair in tokens if "=" in pair)
    if len(pairs) != len(tokens):
        raise BadInput("--token", "give it as AGENCY=TOKEN, for example KS0999900=bolo_...")
    stop = asyncio.Event()
    config = SimulatorConfig(url, pairs, Mix(rate=rate, seed=seed))
    driving = asyncio.create_task(run(config, stop))
    told = asyncio.create_task(until_told(seconds))
    await asyncio.wait({driving, told}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    print(await driving)
    told.cancel()
