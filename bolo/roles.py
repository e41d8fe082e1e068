"""What the supervisor runs: a role's command, and when to start it again. No I/O."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

BOLO = (sys.executable, "-m", "bolo")


@dataclass(frozen=True)
class Role:
    """One child process: ``program args``.

    `ready` is the address of its /readyz, waited for at the start ("" does not wait). `group` is
    its consumer group, for the watchdog. Roles of a lower `stops` are stopped before those of a
    higher one, together. One with `restart` False (a simulator for a minute) may end by itself.
    """

    name: str
    args: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: str = ""
    group: str = ""
    stops: int = 1
    stop_seconds: float = 10.0
    restart: bool = True
    program: tuple[str, ...] = BOLO


class Server(Protocol):
    """A server that outlives every role: storage.embedded's two are such."""

    @property
    def name(self) -> str: ...
    def running(self) -> bool: ...
    def spawn(self) -> None: ...
    def wait(self) -> None: ...
    def stop(self) -> None: ...


@dataclass(frozen=True)
class Backoff:
    """Seconds before a crashed one starts again: doubling from `first`, never above `longest`.

    Whoever ran for `steady` seconds is forgiven its earlier crashes. There is no last try: a system
    that alerts people does not give up, it says loudly that it is trying.
    """

    first: float = 0.5
    longest: float = 30.0
    steady: float = 60.0

    def failures(self, before: int, lived: float) -> int:
        """Crashes in a row, counting the one after `lived` seconds."""
        return 1 if lived >= self.steady else before + 1

    def pause(self, failures: int) -> float:
        """Before the start that follows `failures` crashes in a row (1 or more)."""
        return min(self.longest, self.first * 2.0 ** min(failures - 1, 30))


def how_it_ended(code: int | None) -> str:
    """An exit code in words."""
    if code is None:
        return "still runs"
    return f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
