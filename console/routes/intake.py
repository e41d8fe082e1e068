"""Where cameras and gateways post their reads. 202 means that Kafka has every one of them.

No session, no cookie, no CSRF: a request carries an intake token. The token is checked before the
body is read, so that a stranger cannot make us buffer anything.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Request, Security
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from cameras.formats import all_formats, format_of, native, plate_recognizer
from cameras.incoming import BadBody, TooLarge, WrongKind
from cameras.metrics import REFUSED, WITHOUT_PLATE
from console.bodies import payload_of
from domain.errors import BadInput, BoloError, NotAllowed, Unavailable

if TYPE_CHECKING:
    from console.services import Services

# For the description only: what counts as a token, and the answer without one, is decided below.
_described = HTTPBearer(
    scheme_name="intakeToken", description="An intake token, bolo_...", auto_error=False
)

router = APIRouter(tags=["intake"], dependencies=[Security(_described)])


class Accepted(BaseModel):
    """The reads are in Kafka."""

    model_config = ConfigDict(frozen=True)

    accepted: int = Field(description="How many reads were taken", examples=[1])
    reads: list[UUID] = Field(description="Their ids, in the order they were sent")


class Problem(BaseModel):
    """What is wrong, and where: a dotted path such as reads[3].plate."""

    model_config = ConfigDict(frozen=True)

    field: str = Field(examples=["reads[3].plate"])
    problem: str = Field(examples=["has no letter or digit"])


class Refused(BaseModel):
    """Nothing of the request was taken."""

    model_config = ConfigDict(frozen=True)

    error: Problem


def _refused(description: str, **more: Any) -> dict[str, Any]:
    return {"model": Refused, "description": description, **more}


_RETRY = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}}
RESPONSES: dict[int | str, dict[str, Any]] = {
    400: _refused("The body is not what its Content-Type says"),
    401: _refused("No token, or one that is unknown or revoked"),
    403: _refused("The token is for another camera"),
    413: _refused("The body or an image is too large"),
    415: _refused("A Content-Type, or a kind of image, that is not taken"),
    422: _refused("A read is not right; nothing was taken"),
    503: _refused("Kafka, the database or the image store is away: send it again", headers=_RETRY),
}


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions)
        return {k: _inlined(v, definitions) for k, v in schema.items() if k != "$defs"}
    if isinstance(schema, list):
        return [_inlined(one, definitions) for one in schema]
    return schema


def _native_schema() -> dict[str, Any]:
    schema = msgspec.json.schema(native.NativeRead)
    read = _inlined(schema, schema["$defs"])
    many = {"type": "array", "items": read, "minItems": 1, "maxItems": 500}
    envelope = {"type": "object", "properties": {"reads": many}, "required": ["reads"]}
    return {"oneOf": [read, many, envelope]}


_VENDOR: dict[str, Any] = {
    "type": "object",
    "properties": {"hook": {"type": "object"}, "data": {"type": "object"}},
    "required": ["data"],
}
_FORM = {"type": "object", "properties": {"json": {"type": "string"}}, "required": ["json"]}
_MULTIPART = {
    "type": "object",
    "properties": {"json": {"type": "string"}, "upload": {"type": "string", "format": "binary"}},
    "required": ["json"],
}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": schema},
                "application/x-www-form-urlencoded": {"schema": _FORM},
                "multipart/form-data": {"schema": _MULTIPART},
            },
        }
    }


@router.post(
    "/api/reads",
    status_code=202,
    response_model=Accepted,
    responses=RESPONSES,
    summary="Hand in reads",
    openapi_extra=_body(_native_schema()),
)
async def post_reads(request: Request) -> JSONResponse:
    """One read, an array of up to 500, or {"reads": [...]}; a vendor's payload is recognized.

    The answer comes once Kafka has every read. A request with one bad read takes none.
    """
    return await _take(request, _bearer(request), None)


@router.post(
    "/api/reads/plate-recognizer",
    status_code=202,
    response_model=Accepted,
    responses=RESPONSES,
    summary="Plate Recognizer Stream's webhook",
    openapi_extra=_body(_VENDOR),
)
async def post_plate_recognizer(request: Request, token: str = "") -> JSONResponse:
    """The webhook as Stream sends it: JSON, form field `json`, or multipart with the frame."""
    # Stream's configuration gives a webhook its address and nothing else in many versions, so the
    # token may stand in the address, here only: addresses end in logs of proxies, headers do not.
    return await _take(request, _bearer(request) or token, plate_recognizer.NAME)


def _bearer(request: Request) -> str:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() in ("bearer", "token") else ""


async def _take(request: Request, token: str, wanted: str | None) -> JSONResponse:
    services: Services = request.app.state.services
    name = wanted or "unknown"
    try:
        try:
            known = await services.intake.directory.token(token)
        except NotAllowed as unknown:
            problem = str(unknown) if token else "send Authorization: Bearer and an intake token"
            REFUSED.labels(name, "token").inc()
            return _error(401, "Authorization", problem, {"WWW-Authenticate": "Bearer"})
        payload, files = await payload_of(request, services.intake_body_bytes)
        chosen = all_formats()[wanted] if wanted else format_of(payload)
        name = chosen.NAME
        parsed = chosen.parse(payload, files)
        WITHOUT_PLATE.labels(name).inc(parsed.without_plate)
        ids = await services.intake.accept(known, parsed.reads)
    except BoloError as error:
        return _answer(error, name)
    body = {"accepted": len(ids), "reads": [str(read) for read in ids]}
    return JSONResponse(body, status_code=202)


def _answer(error: BoloError, name: str) -> JSONResponse:
    """What went wrong, for the one who sent it; the reason is counted."""
    status, reason, headers = 422, "read", {}
    field, problem = "", str(error)
    if isinstance(error, BadInput):
        field, problem = error.field, error.problem
    match error:
        case Unavailable(retry_after=seconds):
            status, reason = 503, "away"
            headers = {"Retry-After": str(max(1, math.ceil(seconds)))}
            problem = f"{problem}; send the request again after the time in Retry-After"
        case NotAllowed():
            status, reason = 403, "camera"
            field, _, problem = problem.partition(": ")
        case TooLarge():
            status, reason = 413, "size"
        case WrongKind():
            status, reason = 415, "kind"
        case BadBody():
            status, reason = 400, "body"
            headers = {"Connection": "close"}  # the rest of it may never come
    REFUSED.labels(name, reason).inc()
    return _error(status, field, problem, headers)


def _error(
    status: int, field: str, problem: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    body = {"error": {"field": field, "problem": problem}}
    return JSONResponse(body, status_code=status, headers=headers)
