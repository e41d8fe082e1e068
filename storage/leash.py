"""Run a program so that it dies with the process that started it.

As a module: `command(...)` puts the leash before a command line. As a script it is that leash: it
opens a session of its own (Ctrl-C in the terminal reaches only us), becomes another user when
asked, asks the kernel for a signal at the parent's death (Linux: prctl PR_SET_PDEATHSIG), and
becomes the program. A small program rather than a hook between fork and exec, because running
Python there is unsafe in a process with threads.

The kernel ties the death signal to the *thread* that started the child, so only children started
from the main thread are leashed; where there is no prctl (macOS) none is. What is left over then is
found and stopped at the next start (embedded_postgres, embedded_broker).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def command(
    program: Sequence[str],
    *,
    on_death: signal.Signals = signal.SIGKILL,
    user: tuple[int, int] | None = None,
) -> list[str]:
    """`program` on a leash: it gets `on_death` when this process ends, however it ends.

    `user` is the uid and gid to run as (only root may ask for it); None stays as we are.
    """
    leashed = sys.platform == "linux" and threading.current_thread() is threading.main_thread()
    uid, gid = user or (-1, -1)
    head = [sys.executable, "-I", "-S", __file__]
    return [*head, str(os.getpid() if leashed else 0), str(int(on_death)), f"{uid}:{gid}", *program]


def _become(parent: int, on_death: int, uid: int, gid: int, program: list[str]) -> None:
    if os.getsid(0) != os.getpid():
        os.setsid()
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if parent:  # after the change of user, which would clear it
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, on_death, 0, 0, 0)
        if os.getppid() != parent:  # it died while we were getting here
            sys.exit(1)
    os.execv(program[0], program)


if __name__ == "__main__":
    _uid, _gid = sys.argv[3].split(":")
    try:
        _become(int(sys.argv[1]), int(sys.argv[2]), int(_uid), int(_gid), sys.argv[4:])
    except OSError as problem:
        sys.stderr.write(f"cannot run {sys.argv[4]}: {problem}\n")
        sys.exit(127)
