"""A server process of ours: started on a leash, with one log file, stopped by its pid."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from storage import leash

LOG_BYTES = 10_000_000
"""A log larger than this is set aside as ``.1`` when its server starts."""


class Child:
    """One process. `stop` is safe to call at any time, also twice.

    `inherit` lets it write where we write when there is no `log`; else what it says is dropped.
    """

    def __init__(
        self,
        name: str,
        program: Sequence[str],
        log: Path | None = None,
        *,
        on_death: signal.Signals = signal.SIGKILL,
        user: tuple[int, int] | None = None,
        env: Mapping[str, str] | None = None,
        cwd: str | None = "/",
        inherit: bool = False,
    ) -> None:
        self.name = name
        self.log = log
        nowhere = None if inherit else subprocess.DEVNULL
        out = nowhere if log is None else _open_log(log)
        try:
            self._process = subprocess.Popen(
                leash.command(program, on_death=on_death, user=user),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=cwd,
                env=None if env is None else dict(env),
                start_new_session=True,
            )
        finally:
            if log is not None and out is not None:
                os.close(out)

    @property
    def pid(self) -> int:
        return self._process.pid

    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    @property
    def code(self) -> int | None:
        """How it ended: its exit code, or the negative of the signal that ended it."""
        return self._process.poll()

    def tail(self, lines: int = 8) -> str:
        """The end of its log, for a message to a person."""
        if self.log is None:
            return ""
        with suppress(OSError), self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - 8_000))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
        return ""

    def trim(self) -> None:
        """Set a log that has grown above LOG_BYTES aside, while the program goes on writing it."""
        if self.log is None or not self.log.exists() or self.log.stat().st_size <= LOG_BYTES:
            return
        shutil.copyfile(self.log, self.log.with_name(self.log.name + ".1"))
        os.truncate(self.log, 0)  # it is opened for appending, so the next line is the first

    def stop(self, steps: Sequence[tuple[signal.Signals, float]]) -> None:
        """Send each signal in turn and give it its seconds; the last resort is SIGKILL."""
        for number, seconds in (*steps, (signal.SIGKILL, 5.0)):
            if not self.running():
                break
            self._process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens when it has ended."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """As a crash would: SIGKILL, and wait until it is gone."""
        self.stop([])


def _open_log(path: Path) -> int:
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def command_of(pid: int) -> str:
    """The command line of a running process; empty when there is none by that number."""
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        try:
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""
    shown = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip()


def alive(pid: int) -> bool:
    """Whether a process by that number exists and is not a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    status = Path(f"/proc/{pid}/stat")
    with suppress(OSError, IndexError):
        return status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return True


def end_stranger(pid: int, steps: Sequence[tuple[signal.Signals, float]]) -> bool:
    """End a process that is not our child. Returns whether it is gone."""
    for number, seconds in steps:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not alive(pid):
                return True
            time.sleep(0.02)
    return not alive(pid)
