"""A courier as a process of its own, so that a test can kill it: database, gateway, public URL."""

from __future__ import annotations

import asyncio
import sys

from domain.clock import system_clock
from notifiers.courier import Courier
from simulator.gateway import FakeGateway
from storage.postgres import Database
from tests.integration.couriers import Topic, channels, quick


async def main(database: str, port: str, public_url: str) -> None:
    gateway = FakeGateway(port=int(port))  # only its address and credentials; never started
    async with Database(database, name="courier") as db:
        topic = Topic(db)
        by = channels(gateway, public_url)
        await Courier(db, topic, by, system_clock, quick(public_url)).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
