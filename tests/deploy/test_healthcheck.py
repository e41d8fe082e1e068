"""deploy/healthcheck.py against a real server: 0 when alive, 1 for anything else."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from tests.deploy.conftest import ROOT


async def check(**ports: int) -> int:
    env = {k: v for k, v in os.environ.items() if not k.startswith("BOLO_")}
    argv = [sys.executable, str(ROOT / "deploy/healthcheck.py")]
    done = await asyncio.to_thread(
        subprocess.run, argv, env=env | {k: str(v) for k, v in ports.items()}, timeout=20
    )
    return done.returncode


@pytest.fixture
async def server() -> AsyncIterator[tuple[int, list[int]]]:
    statuses = [200]

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({}, status=statuses[0])

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1], statuses
    await runner.cleanup()


@pytest.mark.parametrize("name", ["BOLO_OPS_PORT", "BOLO_CONSOLE_PORT"])
async def test_a_role_that_answers_is_alive(name: str, server: tuple[int, list[int]]) -> None:
    assert await check(**{name: server[0]}) == 0


async def test_a_role_that_answers_503_or_nothing_is_not(server: tuple[int, list[int]]) -> None:
    port, statuses = server
    statuses[0] = 503
    assert await check(BOLO_OPS_PORT=port) == 1
    assert await check(BOLO_CONSOLE_PORT=9) == 1


async def test_a_console_is_alive_when_both_its_ports_answer(
    server: tuple[int, list[int]],
) -> None:
    port, _ = server
    assert await check(BOLO_OPS_PORT=port, BOLO_CONSOLE_PORT=port) == 0
    assert await check(BOLO_OPS_PORT=port, BOLO_CONSOLE_PORT=9) == 1
    assert await check(BOLO_OPS_PORT=0, BOLO_CONSOLE_PORT=port) == 0
