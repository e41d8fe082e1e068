"""Runs bolo's roles as child processes: starts, watches, starts again, stops, leaves no orphan.

Each child is on a leash (storage.leash): it has a session of its own, so that Ctrl-C reaches only
the supervisor, which then stops things in order; and it dies with the supervisor, in any case.
Run it on the main thread: the leash hangs on the thread that starts a child.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from prometheus_client import Counter, Gauge

from bolo.roles import Backoff, Role, Server, how_it_ended
from domain.errors import BoloError, CannotStart
from storage.child import Child

UP = Gauge("bolo_role_up", "1 while the process of a role runs", ["role"])
RESTARTS = Counter("bolo_role_restarts_total", "Starts after the first, by cause", ["role", "why"])

TICK = 0.1
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class _Running:
    role: Role
    child: Child | None = None
    started: float = 0.0
    failures: int = 0
    again_at: float = 0.0
    ended: bool = False
    busy: bool = False


class Supervisor:
    """``await Supervisor(roles, servers, say=print).run()``.

    `servers` are started before the roles and stopped after them. `logs` is a folder for one log a
    role; without it roles write where we write. `say` gets one line for a person at each step.
    """

    def __init__(
        self,
        roles: Sequence[Role],
        servers: Sequence[Server] = (),
        *,
        say: Callable[[str], None],
        logs: Path | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._running = {role.name: _Running(role) for role in roles}
        self._servers = tuple(servers)
        self._say = say
        self._logs = logs
        self._backoff = backoff or Backoff()
        self._stopping = asyncio.Event()
        self._hurry = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._restarting: set[str] = set()
        self._failure: BaseException | None = None

    def add(self, role: Role) -> None:
        """One more role, started at the next tick."""
        self._running[role.name] = _Running(role)

    def pid(self, name: str) -> int | None:
        """The process of a role, when it runs."""
        child = self._running[name].child
        return child.pid if child is not None and child.running() else None

    def ask_to_stop(self) -> None:
        """What SIGINT and SIGTERM do; the second time it stops waiting for anybody."""
        self._hurry = self._stopping.is_set()
        self._stopping.set()

    async def run(self, *, ready_seconds: float = 60.0, seconds: float = 0.0) -> None:
        """Start everything, watch until told to stop (or for `seconds`), stop everything.

        Raises CannotStart when a role is not ready in `ready_seconds`, after stopping all; and
        what made the supervisor itself fail, if anything did.
        """
        loop = asyncio.get_running_loop()
        heard = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
        for number in heard:
            loop.add_signal_handler(number, self.ask_to_stop)
        try:
            await self.start(ready_seconds)
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds or None):
                    await self._stopping.wait()
        finally:
            await self.stop()
            for number in heard:
                loop.remove_signal_handler(number)
        if self._failure is not None:
            raise self._failure

    async def failed(self) -> None:
        """Return when told to stop; raises what made the supervisor itself fail."""
        await self._stopping.wait()
        if self._failure is not None:
            raise self._failure

    async def start(self, ready_seconds: float = 60.0) -> None:
        """Return when all are ready, or when told to stop meanwhile."""
        for server in self._servers:
            if not server.running():
                server.spawn()
                await asyncio.to_thread(server.wait)
                self._say(f"{server.name} is up")
        for one in self._running.values():
            self._launch(one)
        self.keep(self._watch())
        await self._all_ready(ready_seconds)

    def keep(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Run `work` (a watchdog) beside the roles until the stop; if it fails, all stops."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        wrong = None if task.cancelled() else task.exception()
        if wrong is not None:
            self._failure = self._failure or wrong
            self._say(f"the supervisor itself failed ({type(wrong).__name__}); stopping everything")
            self._stopping.set()

    def _launch(self, one: _Running) -> None:
        role = one.role
        log = None
        if self._logs is not None:
            self._logs.mkdir(parents=True, exist_ok=True)
            log = self._logs / f"{role.name}.log"
        one.started = time.monotonic()
        one.child = Child(
            role.name,
            [*role.program, *role.args],
            log,
            env={**os.environ, **role.env},
            cwd=None,
            inherit=True,
        )
        UP.labels(role.name).set(1)
        self._say(f"{role.name} started (process {one.child.pid})")

    async def _watch(self) -> None:
        """Every TICK: what ended is noticed, what is due is started."""
        while not self._stopping.is_set():
            for one in list(self._running.values()):
                if not one.busy and not one.ended:
                    self._look_after(one)
            for server in self._servers:
                if not server.running() and server.name not in self._restarting:
                    self._restarting.add(server.name)
                    self.keep(self._restart_server(server))
            await asyncio.sleep(TICK)

    def _look_after(self, one: _Running) -> None:
        now = time.monotonic()
        if one.child is not None and one.child.running():
            one.child.trim()
        elif one.child is not None:
            self._ended(one, one.child, now)
        elif now >= one.again_at:
            try:
                self._launch(one)
            except OSError as problem:  # no process or file to be had right now
                self._later(one, now, f"could not be started: {problem.strerror}")

    def _ended(self, one: _Running, child: Child, now: float) -> None:
        UP.labels(one.role.name).set(0)
        one.child = None
        how = f"{how_it_ended(child.code)} after {now - one.started:.1f} s"
        if one.role.restart:
            self._later(one, now, how + (f" (its log: {child.log})" if child.log else ""))
        else:
            one.ended = True
            self._say(f"{one.role.name} {how}")

    def _later(self, one: _Running, now: float, how: str) -> None:
        one.failures = self._backoff.failures(one.failures, now - one.started)
        pause = self._backoff.pause(one.failures)
        one.again_at = now + pause
        RESTARTS.labels(one.role.name, "ended").inc()
        self._say(f"{one.role.name} {how}; starting it again in {pause:g} s")

    async def _restart_server(self, server: Server) -> None:
        """Again and again until it is up; its roles wait in place meanwhile."""
        failures = 0
        while not self._stopping.is_set():
            failures += 1
            pause = self._backoff.pause(failures)
            RESTARTS.labels(server.name, "ended").inc()
            self._say(f"{server.name} has ended; starting it again in {pause:g} s")
            await asyncio.sleep(pause)
            try:
                server.spawn()
                await asyncio.to_thread(server.wait)
            except (BoloError, OSError) as problem:
                self._say(f"{server.name}: {problem}")
            else:
                self._say(f"{server.name} is up again")
                break
        self._restarting.discard(server.name)

    async def restart_group(self, group: str, why: str) -> None:
        """Stop and start the roles of a consumer group: what the watchdog asks for."""
        for one in self._running.values():
            if group and one.role.group == group and not self._stopping.is_set():
                await self._restart(one, why)

    async def _restart(self, one: _Running, why: str) -> None:
        one.busy = True
        try:
            self._say(f"{one.role.name}: {why}; starting it anew")
            RESTARTS.labels(one.role.name, "stuck").inc()
            if one.child is not None:
                await asyncio.to_thread(one.child.stop, ((signal.SIGTERM, 5.0),))
            one.child = None
            one.again_at = 0.0
        finally:
            one.busy = False

    async def _all_ready(self, seconds: float) -> None:
        waited = [one for one in self._running.values() if one.role.ready]
        start = time.monotonic()
        timeout = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            while waited and not self._stopping.is_set():
                one = waited[0]
                problem = await _not_ready(http, one.role.ready)
                took = time.monotonic() - start
                if not problem:
                    self._say(f"{one.role.name} is ready after {took:.1f} s")
                    waited.pop(0)
                elif took > seconds:
                    tail = one.child.tail() if one.child is not None else ""
                    msg = f"{one.role.name} is not ready after {seconds:g} s: {problem}\n{tail}"
                    raise CannotStart(msg.rstrip())
                else:
                    await asyncio.sleep(TICK)

    async def stop(self) -> None:
        """Roles by their `stops`, each with its `stop_seconds` before SIGKILL; then the servers."""
        self._stopping.set()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for rank in sorted({one.role.stops for one in self._running.values()}):
            stopping = [
                one for one in self._running.values() if one.role.stops == rank and one.child
            ]
            await asyncio.gather(*(self._stop_role(one) for one in stopping))
        for server in reversed(self._servers):
            self._say(f"stopping {server.name}")
            await asyncio.to_thread(server.stop)

    async def _stop_role(self, one: _Running) -> None:
        assert one.child is not None
        self._say(f"stopping {one.role.name}")
        start = time.monotonic()
        one.child.send(signal.SIGTERM)
        while one.child.running():
            if self._hurry or time.monotonic() - start > one.role.stop_seconds:
                self._say(f"{one.role.name} does not stop; ending it")
                await asyncio.to_thread(one.child.kill)
            else:
                await asyncio.sleep(0.02)
        UP.labels(one.role.name).set(0)
        one.child = None


async def _not_ready(http: aiohttp.ClientSession, url: str) -> str:
    """What is missing, in words; "" when ready."""
    try:
        async with http.get(url) as answer:
            if answer.status == 200:
                return ""
            checks = (await answer.json()).get("checks", {})
            return ", ".join(name for name, at in checks.items() if not at.get("ok")) or "not ready"
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, AttributeError):
        return "it does not answer"
