"""Where a neighbour's bolo pulls what an agreement in force gives it, with the agreement's token.

No session, no cookie: 401 for a token of no agreement, 403 with words for an agreement that is not
in force, 410 for a cursor to start over from, 429 with Retry-After for too many requests. What is
given and its audit row are one transaction.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from fastapi import APIRouter, Request, Response, Security
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer

from domain.errors import NotAllowed, Unavailable
from hotlists.neighbour.wire import LIMIT, MARK_MAX, MOST, PATH
from neighbours import store
from neighbours.agreement import looks_like_token
from neighbours.pace import Pace
from storage.postgres import AWAY

if TYPE_CHECKING:
    from console.services import Services

log = structlog.get_logger(__name__)

# For the description only: what counts as a token, and the answer without one, is decided below.
_described = HTTPBearer(
    scheme_name="neighbourToken",
    description="An agreement's token, bolo_neighbour_...",
    auto_error=False,
)

router = APIRouter(tags=["neighbours"], dependencies=[Security(_described)])

PULLS = Pace(burst=300, rate=2)
"""Of an agreement: a whole list at once (100 pages of 1,000), then two pages a second."""

_NUMBER_MAX = 18
"""Digits of a cursor or a limit: what fits into a bigint."""
_SHAPE = {
    "type": "object",
    "properties": {
        "version": {"type": "integer"},
        "agency": {"type": "string", "description": "ORI of the agency that gives"},
        "since": {"type": "integer"},
        "cursor": {"type": "integer"},
        "mark": {"type": "string"},
        "more": {"type": "boolean"},
        "entries": {"type": "array", "items": {"type": "object"}},
        "withdrawn": {"type": "array", "items": {"type": "string"}},
    },
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "One page", "content": {"application/json": {"schema": _SHAPE}}},
    401: {"description": "No token, or one of no agreement"},
    403: {"description": "The agreement is revoked, has ended, or the policy no longer allows it"},
    410: {"description": "The cursor is of another history: start at 0"},
    422: {"description": "A cursor or limit that is no number"},
    429: {"description": "Too many requests; see Retry-After"},
    503: {"description": "The database is away; see Retry-After"},
}


@router.get(PATH, responses=RESPONSES, summary="Pull a neighbor's shared entries")
async def get_entries(request: Request) -> Response:
    """What the agreement gives, a page at a time; `?cursor=N&mark=M` goes on where a page ended."""
    services: Services = request.app.state.services
    token = _bearer(request)
    if not looks_like_token(token):
        problem = "send Authorization: Bearer and the token of an agreement"
        return _problem(401, "Authorization", problem)
    try:
        async with services.db.transaction() as conn:
            agreement = await store.of_token(conn, token)
            if wait := PULLS.wait(agreement.id, time.monotonic()):
                return _later(wait)
            asked = _asked(request)
            if isinstance(asked, Response):
                return asked
            cursor, limit = asked
            page = await store.pull(
                conn,
                agreement,
                services.means.policy,
                cursor=cursor,
                known_mark=request.query_params.get("mark", "")[:MARK_MAX],
                limit=limit,
                now=services.clock(),
            )
    except store.Unknown as unknown:
        return _problem(401, "Authorization", str(unknown))
    except store.StartOver as gone:
        return _problem(410, "cursor", str(gone))
    except NotAllowed as refused:
        log.info("neighbours.refused", agreement=str(agreement.id), why=str(refused))
        return _problem(403, "", str(refused))
    except AWAY:
        seconds = math.ceil(Unavailable("the database").retry_after)
        headers = {"Retry-After": str(seconds)}
        return _problem(503, "", "the database is not available; try again", headers)
    return Response(msgspec.json.encode(page), media_type="application/json")


def _bearer(request: Request) -> str:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def _asked(request: Request) -> tuple[int, int] | Response:
    """(cursor, limit), or what is wrong with them."""
    numbers = []
    for name, default in (("cursor", 0), ("limit", LIMIT)):
        text = request.query_params.get(name, str(default))
        if not (text.isascii() and text.isdigit()) or len(text) > _NUMBER_MAX:
            return _problem(422, name, "must be a number from 0")
        numbers.append(int(text))
    cursor, limit = numbers
    if not 1 <= limit <= MOST:
        return _problem(422, "limit", f"must be from 1 to {MOST}")
    return cursor, limit


def _later(wait: float) -> Response:
    headers = {"Retry-After": str(max(1, math.ceil(wait)))}
    return _problem(429, "", "too many requests; see Retry-After", headers)


def _problem(
    status: int, field: str, problem: str, headers: dict[str, str] | None = None
) -> Response:
    if status == 401:
        headers = {"WWW-Authenticate": "Bearer"}
    body = {"error": {"field": field, "problem": problem}}
    return JSONResponse(body, status_code=status, headers=headers)
