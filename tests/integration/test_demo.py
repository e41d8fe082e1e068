"""`bolo demo` as a newcomer runs it: a hit on the screen, Ctrl-C, and everything kept."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from pathlib import Path

import pytest

from bolo.visitor import Visitor

pytestmark = pytest.mark.embedded


async def _demo(folder: Path, *more: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bolo", "demo", "--port", "0", "--data", str(folder), *more,
        env={**os.environ, "PYTHONUNBUFFERED": "1"}, stdout=PIPE, stderr=STDOUT,
    )  # fmt: skip


async def _banner(demo: Process) -> tuple[str, str]:
    """The console's address and the password of this run."""
    assert demo.stdout is not None
    text = ""
    async with asyncio.timeout(90):
        while "Ctrl-C" not in text:
            line = await demo.stdout.readline()
            assert line, text
            text += line.decode()
    address = re.search(r"console\s+(http://\S+)", text)
    password = re.search(r"password (\S+)", text)
    assert address, text
    assert password, text
    return address[1], password[1]


async def _end(demo: Process) -> str:
    assert demo.stdout is not None
    rest = (await asyncio.wait_for(demo.stdout.read(), 60)).decode()
    assert await demo.wait() == 0, rest
    return rest


async def test_the_demo_shows_a_hit_stops_on_ctrl_c_and_keeps_its_database(
    data_folder: Path,
) -> None:
    demo = await _demo(data_folder)
    try:
        url, password = await _banner(demo)
        async with Visitor(url) as dispatcher:
            await dispatcher.log_in("alvarez", password)
            async with asyncio.timeout(60):
                while not (alerts := (await dispatcher.get("/api/alerts"))["alerts"]):
                    await asyncio.sleep(0.2)
        first = alerts[0]["number"]
        demo.send_signal(signal.SIGINT)
        said = await _end(demo)
        assert str(data_folder) in said, "it says where the data is"
    finally:
        if demo.returncode is None:
            demo.kill()
    again = await _demo(data_folder, "--seconds", "10")  # enough to log in on a busy machine
    try:
        url, password_now = await _banner(again)
        assert password_now != password, "each run has its own log-in"
        async with Visitor(url) as dispatcher:
            await dispatcher.log_in("alvarez", password_now)
            kept = (await dispatcher.get("/api/alerts"))["alerts"]
            assert first in [a["number"] for a in kept]
        await _end(again)
    finally:
        if again.returncode is None:
            again.kill()
