"""Errors as answers: JSON for the API and for fragments, a readable page for pages."""

from __future__ import annotations

import traceback
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from console.auth import LogInFirst
from console.models import Failure
from console.pages import page
from console.security import local_path
from domain.errors import (
    BadInput,
    BoloError,
    IllegalTransition,
    NotAllowed,
    NotFound,
    Prohibited,
    Unavailable,
)
from storage.postgres import AWAY

log = structlog.get_logger(__name__)

NOT_PAGES = ("/api/", "/fragments/", "/images/", "/healthz", "/readyz", "/static/")
"""Paths whose errors a script or a program reads."""

RESPONSES: dict[int | str, dict[str, Any]] = {
    401: {"model": Failure, "description": "Log in first"},
    403: {"model": Failure, "description": "Your role may not do this, or the CSRF token is wrong"},
    404: {"model": Failure, "description": "No such alert, or not your agency's"},
    422: {"model": Failure, "description": "Bad input; names the field"},
    503: {"model": Failure, "description": "The database is away; see Retry-After"},
}
CONFLICT: dict[int | str, dict[str, Any]] = {
    **RESPONSES,
    409: {"model": Failure, "description": "Not possible in the alert's present state"},
}

FIELDS = {
    "source": "the second source",
    "reference": "the reference number",
    "reason": "the reason",
    "outcome": "the outcome",
    "note": "the note",
    "answer": "the answer",
    "plate": "the plate",
    "state": "the state",
}

HEADINGS = {
    403: "Not allowed",
    404: "Not found",
    405: "Not possible",
    409: "Not possible now",
    413: "Too large",
    422: "That did not work",
    500: "An error of ours",
    503: "Away for the moment",
}


def answer(
    request: Request,
    status: int,
    problem: str,
    *,
    field: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    """The error in the form that whoever asked can read."""
    if request.url.path.startswith(NOT_PAGES):
        body = {"error": {"field": field, "problem": problem}}
        return JSONResponse(body, status_code=status, headers=headers)
    told = f"{FIELDS.get(field, field)} {problem}" if field else problem
    response = page(
        request,
        "error.html",
        {"status": status, "heading": HEADINGS.get(status, "Error"), "problem": told},
        status=status,
    )
    response.headers.update(headers or {})
    return response


async def bolo_error(request: Request, error: Exception) -> Response:
    """A domain error."""
    match error:
        case BadInput(field=field, problem=problem):
            return answer(request, 422, problem, field=field)
        case NotFound():
            return answer(request, 404, "there is nothing here, or it is not yours to see")
        case IllegalTransition():
            return answer(request, 409, str(error))
        case Unavailable(retry_after=seconds):
            return _away(request, str(error), seconds)
        case NotAllowed() | Prohibited():
            return answer(request, 403, str(error))
    log.error("unknown error", kind=type(error).__name__)
    return answer(request, 500, "an error of ours; it is in the log")


async def away(request: Request, error: Exception) -> Response:
    """The database went away in the middle."""
    log.warning("database away", kind=type(error).__name__)
    return _away(request, "the database is not available", 5)


async def log_in_first(request: Request, _: Exception) -> Response:
    """To the log-in page, and back afterwards; programs get 401."""
    path = request.url.path
    if path.startswith(NOT_PAGES):
        return answer(request, 401, "log in first")
    if request.method not in ("GET", "HEAD"):
        path = path.rsplit("/", 1)[0]  # /alerts/ID/claim: back to the alert, to decide again
    return RedirectResponse(f"/login?next={quote(local_path(path))}", status_code=303)


async def invalid(request: Request, error: Exception) -> Response:
    """A body or a parameter that is not what the API asks for: the first problem, by its field."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"] if part not in ("body", "path", "query"))
    if "path" in first["loc"]:
        return answer(request, 404, "there is nothing here, or it is not yours to see")
    return answer(request, 422, _problem(first), field=field)


async def http_error(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: unknown paths, wrong methods."""
    assert isinstance(error, HTTPException)
    problem = {404: "there is no such page", 405: "this address does not take that"}
    text = problem.get(error.status_code, str(error.detail))
    return answer(request, error.status_code, text, headers=dict(error.headers or {}))


async def unforeseen(request: Request, error: Exception) -> Response:
    """A defect of ours: said plainly; the log has the place, not the data (it may hold plates)."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = [f"{frame.filename}:{frame.lineno}" for frame in last]
    log.error("unforeseen", kind=type(error).__name__, path=request.url.path, where=where)
    return answer(request, 500, "an error of ours; it is in the log")


def install(app: FastAPI) -> None:
    """Register every handler."""
    app.add_exception_handler(BoloError, bolo_error)
    for kind in AWAY:
        if not issubclass(kind, BoloError):
            app.add_exception_handler(kind, away)
    app.add_exception_handler(LogInFirst, log_in_first)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http_error)


def _away(request: Request, what: str, seconds: float) -> Response:
    return answer(
        request,
        503,
        f"{what}; nothing was changed. Try again in {seconds:.0f} seconds",
        headers={"Retry-After": f"{seconds:.0f}"},
    )


def _problem(first: dict[str, Any]) -> str:
    kind, context = first["type"], first.get("ctx", {})
    if kind in ("missing", "string_too_short"):
        return "is required"
    if kind == "enum":
        return f"must be one of {context.get('expected', 'the known words')}"
    if kind == "extra_forbidden":
        return "is not a field of this request"
    return str(first["msg"]).lower()
