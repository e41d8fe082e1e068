"""The app: routes, headers, errors, live events. bolo/run_console.py hands in its services."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.staticfiles import StaticFiles

from console import errors
from console.auth import viewer
from console.events import Hub
from console.pages import HERE
from console.reading import Looks
from console.routes import alerts, callbacks, desk, health, intake, live, login, phone, pictures
from console.security import SecurityHeaders
from console.services import Services

MACHINES = (intake.router, callbacks.router)
"""Routes that machines call: they check a token or a signature, and limit their own bodies."""

PEOPLE = (login.router, desk.router, phone.router, alerts.router, live.router, pictures.router)
"""Routes that people's browsers call: behind the log-in."""


def create_app(services: Services) -> FastAPI:
    """The console over `services`. It closes nothing that it was handed."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await app.state.hub.start()
        try:
            yield
        finally:
            await app.state.hub.stop()

    app = FastAPI(
        title="bolo",
        version=version("bolo"),
        summary="Possible hits, verified by people.",
        description=(
            "Log in at /login; the session cookie authenticates. Every POST needs the session's "
            "CSRF token in X-CSRF (it stands in each page's meta element `csrf`). Errors are "
            '{"error": {"field", "problem"}}.'
        ),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
    )
    app.state.services = services
    app.state.hub = Hub(services.db)
    app.state.looks = Looks()
    for router in (health.router, *PEOPLE, *MACHINES):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    errors.install(app)
    app.add_middleware(
        SecurityHeaders,
        https=services.public_url.startswith("https://"),
        failed=errors.unforeseen,
        own_limits=[r.path for m in MACHINES for r in m.routes if isinstance(r, APIRoute)],
    )

    @app.get("/api/openapi.json", include_in_schema=False, dependencies=[Depends(viewer)])
    async def openapi() -> dict[str, Any]:
        """The API's description; a page of it would need scripts from elsewhere."""
        return app.openapi()

    return app
