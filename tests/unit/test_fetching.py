"""The wait that Faust has no setting for is really set in the consumer that a worker makes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from streams.app import Group, StreamConfig, build_app
from streams.fetching import LONGEST_FETCH


async def test_a_workers_consumer_waits_for_quiet_topics_no_longer_than_said(
    tmp_path: Path,
) -> None:
    for group in Group:
        app = build_app(group, StreamConfig("127.0.0.1:1", str(tmp_path)))
        thread = app.consumer._thread
        consumer = thread._create_consumer(loop=asyncio.get_running_loop())
        waits = consumer._fetch_max_wait_ms
        await consumer.stop()
        thread.thread_loop.close()
        assert waits == 1000 * LONGEST_FETCH
