"""`bolo up`: everything on this machine, until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from bolo import logs
from bolo.roles import Role
from bolo.stack import Stack, free_ports, running
from bolo.supervisor import Supervisor

OWN = ("BOLO_CONSOLE_PORT", "BOLO_PUBLIC_URL")


async def up(data: Path) -> None:
    """Run until SIGINT or SIGTERM. Settings in the environment reach the processes."""
    logs.configure(role="up", level="warning")
    port = int(os.environ.get("BOLO_CONSOLE_PORT") or 8000)
    own = {name: os.environ[name] for name in OWN if os.environ.get(name)}
    prepare = _with_mqtt if os.environ.get("BOLO_MQTT_URL") else None
    async with running(data, say=print, console_port=port, env=own, prepare=prepare) as stack:
        print(f"\nThe console: {stack.console_url}")
        print("A first person: bolo agencies add, bolo people add (with these settings:)")
        print(f"  export BOLO_DATABASE_URL='{stack.database_url}' BOLO_KAFKA={stack.kafka}")
        await until_told(supervisor=stack.supervisor)
    print(f"Stopped. The data is in {data.absolute()}.")


async def _with_mqtt(stack: Stack) -> AsyncIterator[None]:
    """Frigate's door. The start does not wait for it: that broker is somebody else's."""
    port = free_ports(1)[0]
    stack.supervisor.add(Role("mqtt", ("mqtt",), {**stack.env, "BOLO_OPS_PORT": str(port)}))
    yield


async def until_told(seconds: float = 0, supervisor: Supervisor | None = None) -> None:
    """Return at SIGINT, SIGTERM or after `seconds` (0: only when told).

    Raises what made the `supervisor` fail: nothing would be started again after that.
    """
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    try:
        waits: list[asyncio.Task[Any]] = [asyncio.create_task(told.wait())]
        if supervisor is not None:
            waits.append(asyncio.create_task(supervisor.failed()))
        done, left = await asyncio.wait(
            waits, timeout=seconds or None, return_when=asyncio.FIRST_COMPLETED
        )
        for task in left:
            task.cancel()
        for task in done:
            task.result()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
