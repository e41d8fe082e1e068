"""The operator's door of each process: /metrics, /healthz and /readyz, for this machine alone.

/healthz says that the process lives: its event loop answered. /readyz asks each thing the process
depends on and names every answer; 503 when one fails. Neither says anything of plates or people.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest

from domain.errors import CannotStart

Check = Callable[[], Awaitable[bool]]

OFF = 0
ANY = -1
"""Port numbers with a meaning: no server at all; any port that is free."""

log = structlog.get_logger(__name__)


class OpsServer:
    """``async with OpsServer(9101, {"database": check}) as ops: ops.url``.

    A check answers within `timeout` seconds or counts as failed; so does one that raises. The
    server binds to this machine alone unless `host` says otherwise (in a container: 0.0.0.0).
    """

    def __init__(
        self,
        port: int,
        checks: Mapping[str, Check] | None = None,
        *,
        host: str = "127.0.0.1",
        registry: CollectorRegistry = REGISTRY,
        timeout: float = 2.0,
    ) -> None:
        self.port = port
        self.host = host
        self._checks = dict(checks or {})
        self._registry = registry
        self._timeout = timeout
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def start(self) -> None:
        """Listen; nothing at all when the port is OFF. Raises CannotStart when it is taken."""
        if self.port == OFF:
            return
        app = web.Application()
        app.add_routes(
            [
                web.get("/metrics", self._metrics),
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            site = web.TCPSite(self._runner, self.host, max(self.port, 0))
            await site.start()
        except (OSError, OverflowError) as problem:
            await self.stop()
            msg = (
                f"metrics and health cannot listen on {self.host}:{self.port}: {problem}."
                " Choose another port, or 0 for none."
            )
            raise CannotStart(msg) from problem
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> OpsServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _metrics(self, _request: web.Request) -> web.Response:
        text = generate_latest(self._registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def _readyz(self, _request: web.Request) -> web.Response:
        answers = await readiness(self._checks, self._timeout)
        ready = all(answer["ok"] for answer in answers.values())
        return web.json_response({"ready": ready, "checks": answers}, status=200 if ready else 503)


async def readiness(checks: Mapping[str, Check], timeout: float = 2.0) -> dict[str, dict[str, Any]]:
    """Every check's answer by its name: ``ok``, ``ms`` and, when it failed, ``problem``."""
    answers = await asyncio.gather(*(_ask(check, timeout) for check in checks.values()))
    return dict(zip(checks, answers, strict=True))


async def missing(checks: Mapping[str, Check], timeout: float = 2.0) -> str:
    """The names of the checks that fail, "" when none does: an excuse for the watchdog."""
    answers = await readiness(checks, timeout)
    return ", ".join(name for name, answer in answers.items() if not answer["ok"])


async def _ask(check: Check, timeout: float) -> dict[str, Any]:
    start = time.perf_counter()
    try:
        async with asyncio.timeout(timeout):
            ok = bool(await check())
        problem = "" if ok else "not ready"
    except TimeoutError:
        ok, problem = False, f"no answer within {timeout:g} s"
    except Exception as wrong:  # whatever a check raises means the same: it is not ready
        ok, problem = False, type(wrong).__name__
        log.warning("a readiness check failed", kind=problem)
    answer = {"ok": ok, "ms": round((time.perf_counter() - start) * 1000, 1)}
    return answer if ok else answer | {"problem": problem}
