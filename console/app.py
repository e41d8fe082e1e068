"""The app: routes, headers, errors, live events. bolo/run_console.py hands in its services."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import compile_path
from starlette.staticfiles import StaticFiles

from console import errors, list_templates, list_uploading
from console.auth import viewer
from console.events import Hub
from console.pages import HERE
from console.reading import Looks
from console.routes import (
    alerts,
    budget,
    callbacks,
    confirmations,
    desk,
    entries,
    entries_api,
    health,
    intake,
    learning,
    lists,
    lists_api,
    live,
    login,
    neighbours,
    phone,
    pictures,
    policies,
    templates,
)
from console.security import SecurityHeaders
from console.services import Services
from hotlists.pieces import LARGEST

MACHINES = (intake.router, callbacks.router, neighbours.router)
"""Routes that machines call: they check a token or a signature, and limit their own bodies."""

PEOPLE = (
    login.router, desk.router, phone.router, alerts.router, live.router, pictures.router,
    lists.router, lists_api.router, templates.router, templates.api, entries.router,
    entries_api.router, confirmations.router, confirmations.api, policies.router, policies.api,
    budget.router,
    learning.router, learning.api,
)  # fmt: skip
"""Routes that people's browsers call: behind the log-in."""

WIDER = {
    "/lists/{source}/upload": list_uploading.FORM_LIMIT,
    "/api/lists/{source}/file": LARGEST,
    "/lists/{source}/template": list_uploading.FORM_LIMIT,
    "/lists/{source}/template/columns": list_templates.FORM_LIMIT,
    "/api/lists/{source}/template/guess": list_templates.FORM_LIMIT,
}
"""Paths of people that may send more than a person writes, in bytes. Files among them are streamed,
and their routes check the token before a file is taken."""


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
        own_limits=[
            *((r.path_regex, None) for m in MACHINES for r in m.routes if isinstance(r, APIRoute)),
            *((compile_path(path)[0], limit) for path, limit in WIDER.items()),
        ],
    )

    @app.get("/api/openapi.json", include_in_schema=False, dependencies=[Depends(viewer)])
    async def openapi() -> dict[str, Any]:
        """The API's description; a page of it would need scripts from elsewhere."""
        return app.openapi()

    return app
