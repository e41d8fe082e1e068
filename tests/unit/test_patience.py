"""How much of an agent waits for a server that is away, where it works on several records."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import REGISTRY

from streams.patience import until_done


def waiting(agent: str) -> float:
    return REGISTRY.get_sample_value("bolo_waiting", {"agent": agent}) or 0.0


async def test_an_agent_waits_until_the_last_of_its_records_went_through() -> None:
    away = {"first", "second"}
    tried: set[str] = set()

    async def work(name: str) -> str:
        tried.add(name)
        if name in away:
            raise ConnectionError
        return name

    one, two = (asyncio.create_task(until_done("several", work, n)) for n in sorted(away))
    while tried != away:
        await asyncio.sleep(0)
    assert waiting("several") == 2
    away.remove("first")
    assert await one == "first"
    assert waiting("several") == 1
    two.cancel()
    with pytest.raises(asyncio.CancelledError):
        await two
    assert waiting("several") == 0


async def test_what_can_never_succeed_is_raised_and_does_not_wait() -> None:
    async def work() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await until_done("never", work)
    assert waiting("never") == 0
