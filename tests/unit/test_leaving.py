"""A process ends although a thread that is not ours goes on."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import threading, sys
from bolo.leaving import leaving
if "{thread}":
    threading.Thread(target=threading.Event().wait).start()
with leaving():
    print("done")
    {last}
"""


@pytest.mark.parametrize("thread", ["", "one"])
@pytest.mark.parametrize(("last", "code"), [("pass", 0), ("raise ValueError('no')", 1)])
def test_a_thread_that_goes_on_does_not_hold_the_process(thread: str, last: str, code: int) -> None:
    script = SCRIPT.format(thread=thread, last=last)
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == code
    assert ended.stdout == "done\n"
    assert ("ValueError: no" in ended.stderr) is bool(code)
