"""/healthz: this process runs. /readyz: it can do its work right now."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from console.auth import Wired
from console.events import Hub
from console.store import alive
from storage.postgres import AWAY

router = APIRouter(tags=["health"])

AWAY_OR_SLOW: tuple[type[Exception], ...] = (*AWAY, TimeoutError)

PATIENCE = 2.0
"""Seconds after which a server that does not answer counts as away."""


@router.get("/healthz")
async def healthz() -> dict[str, bool]:
    """The process answers."""
    return {"alive": True}


@router.get("/readyz")
async def readyz(request: Request, s: Wired) -> JSONResponse:
    """200 when database, live events and broker answer; else 503, and which does not."""
    hub: Hub = request.app.state.hub

    async def database() -> bool:
        try:
            async with asyncio.timeout(PATIENCE), s.db.connection() as conn:
                await alive(conn)
        except AWAY_OR_SLOW:
            return False
        return True

    async def broker() -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                return await s.broker_ready()
        except Exception:  # whatever the client raises: it is not ready
            return False

    there = await asyncio.gather(database(), broker())
    found = {"database": there[0], "broker": there[1], "live_events": hub.listening}
    ready = all(found.values())
    return JSONResponse({"ready": ready, **found}, status_code=200 if ready else 503)
