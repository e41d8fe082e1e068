"""A wire between two installations that a test can cut, stop, and play back: a real HTTP server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import httpx
from fastapi import FastAPI, Request, Response

from tests.serving import serve


class Between:
    """Passes requests on with pages of `limit`. `hang_at` and `cut_at` are the number of the
    request (from 1) that is never answered, or answered with half of what was promised;
    with `instead`, that is what every request is answered with."""

    def __init__(self, there: Callable[[], str], limit: int = 2) -> None:
        self._there = there
        self._running = AsyncExitStack()
        self.limit = limit
        self.hang_at = self.cut_at = 0
        self.instead = b""
        self.asked: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.hanging = asyncio.Event()
        self.url = ""

    async def __aenter__(self) -> Between:
        app = FastAPI()
        app.add_api_route("/api/neighbours/entries", self._pass, methods=["GET"])
        self.url = await self._running.enter_async_context(serve(app))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._running.aclose()

    async def _pass(self, request: Request) -> Response:
        params = dict(request.query_params)
        self.asked.append(params)
        number = len(self.asked)
        if number == self.hang_at:
            self.hanging.set()
            await asyncio.sleep(20)
        headers = {"authorization": request.headers["authorization"]}
        async with httpx.AsyncClient(timeout=20) as http:
            answer = await http.get(
                self._there() + "/api/neighbours/entries",
                params={**params, "limit": str(self.limit)},
                headers=headers,
            )
        body = self.instead or answer.content
        self.bodies.append(answer.content)
        if number == self.cut_at:
            body = body[: len(body) // 2]
        return Response(body, answer.status_code, media_type="application/json")
