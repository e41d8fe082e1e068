"""How fast a consumer group drains what waits on a topic, seen from outside the worker."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bolo.offsets import GroupOffsets
from bolo.watchdog import Group
from domain.errors import Unavailable


@contextmanager
def process(
    arguments: Sequence[str], env: dict[str, str], log: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A python child, its output in the file `log`; ended by SIGTERM, then SIGKILL, by its pid.

    Raises RuntimeError, with the end of the log, when it had ended by itself.
    """
    with open(log, "ab") as out:  # noqa: PTH123
        child = subprocess.Popen(
            [sys.executable, "-m", *arguments], env={**os.environ, **env}, stdout=out, stderr=out
        )
        try:
            yield child
        finally:
            if child.poll() is not None:
                msg = f"{' '.join(arguments)} ended: {Path(log).read_text()[-2000:]}"
                raise RuntimeError(msg)
            else:
                child.send_signal(signal.SIGTERM)
                try:
                    child.wait(20)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait(10)


async def drained(
    bootstrap: str, group: str, topic: str, until: int, seconds: float = 120
) -> tuple[float, int]:
    """Wait until `group` committed `until` records. (seconds from the first commit seen, records).

    The clock starts at the first commit beyond the start, so joining the group does not count.
    """
    async with GroupOffsets(bootstrap) as offsets:
        before = await _committed(offsets, group, topic)
        start, first, at = 0.0, 0, before
        end = time.monotonic() + seconds
        while at < until:
            if time.monotonic() > end:
                msg = f"{group} committed {at} of {until} records in {seconds:.0f} s"
                raise TimeoutError(msg)
            await asyncio.sleep(0.1)
            at = await _committed(offsets, group, topic)
            if at > before and not start:
                start, first = time.monotonic(), at
        return time.monotonic() - start, at - first


async def _committed(offsets: GroupOffsets, group: str, topic: str) -> int:
    """How many records the group has committed; none while it has no coordinator."""
    try:
        sample = await offsets.read(Group(group, (topic,)))
    except Unavailable:
        return 0
    return sum(max(0, one.committed) for one in sample.values())
