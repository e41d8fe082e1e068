"""A table parsed by several processes, a block of lines each, put together in the file's order.

Only the parsing process (hotlists.building) does this: it has no event loop and no threads, so it
may fork, and its helpers end when it is gone, however it went.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ProcessPoolExecutor

from hotlists.assembling import Assembler, Part, Tag
from hotlists.blocks import Block
from hotlists.model import HotlistSource, Parsed
from hotlists.sources import Context
from hotlists.sources.table import begin
from hotlists.table_lines import Table

PROCESSES = min(4, os.cpu_count() or 1)
AHEAD = 2
"""Blocks a process that wait for it: it never idles, and memory stays bounded."""


def spread_table(
    data: Iterable[bytes], context: Context, out: Assembler, *, key: bytes | None
) -> None:
    """hotlists.sources.table.parse with as many processes as there are cores."""
    begun = begin(data, context, out)
    if begun is None:
        return
    layout, rest = begun
    _Worker.table = Table(context, layout)  # raises here for settings that are wrong
    _Worker.source, _Worker.key = context.source, key
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(PROCESSES, fork, _begin, (os.getpid(),)) as pool:
        waiting: deque[Future[Part]] = deque()
        try:
            for block in rest:
                waiting.append(pool.submit(_take, block))
                if len(waiting) > PROCESSES * AHEAD:
                    out.take(waiting.popleft().result())
            while waiting:
                out.take(waiting.popleft().result())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


class _Worker:
    """What every process has from before it was forked; each keeps what it has understood."""

    table: Table
    source: HotlistSource
    key: bytes | None


def _begin(parent: int) -> None:
    gc.disable()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """A process whose parent was killed would wait for its next block for ever."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _take(block: Block) -> Part:
    found = Parsed()
    frames: list[tuple[Tag, bytes]] = []

    def emit(tag: Tag, frame: bytes) -> None:
        frames.append((tag, frame))

    out = Assembler(_Worker.source, found, emit, _Worker.key)
    _Worker.table.take(block, found, out)
    return out.part(frames)
