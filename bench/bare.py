"""Bare Faust: an agent that takes raw records and does nothing, with our settings.

python -m bench.bare BOOTSTRAP GROUP DATA_DIR
"""

from __future__ import annotations

import asyncio
import sys

import faust

from domain import topics
from streams.app import Group, StreamConfig, build_app, topic
from streams.worker import run


async def main(bootstrap: str, group: str, data_dir: str) -> None:
    """Consume bolo.reads with a plain `async for`, as Faust's documentation does."""
    app = build_app(Group.ALERTS, StreamConfig(bootstrap=bootstrap, data_dir=data_dir))
    app.conf.id = group
    app.conf.broker_client_id = group

    @app.agent(topic(app, topics.READS), concurrency=1, name="bare")
    async def bare(stream: faust.StreamT[bytes]) -> None:
        async for _ in stream:
            pass

    await run(app)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
