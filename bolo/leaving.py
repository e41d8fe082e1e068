"""The end of a worker's process, when a thread that is not ours outlives it."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def leaving() -> Iterator[None]:
    """Leave the process at the end of the block, whatever threads are still there.

    Faust's consumer runs in a thread of its own that now and then goes on after its app was stopped
    and everything of ours was closed; the interpreter would wait for it without end. What it had
    not committed comes again to the next worker, as after a kill, and has no second effect.
    Without such a thread the block ends as it would.
    """
    try:
        yield
    except Exception:
        if not _lingering():
            raise
        logging.getLogger(__name__).exception("the worker failed")
        _leave(1)
    if _lingering():
        _leave(0)


def _lingering() -> bool:
    main = threading.main_thread()
    return any(t is not main and t.is_alive() and not t.daemon for t in threading.enumerate())


def _leave(code: int) -> None:
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
