"""Where cameras and gateways post their reads. 202 means that Kafka has every one of them.

/api/reads recognizes what it is sent; each format has an address of its own as well,
/api/reads/NAME, where the token may stand in the address, since most cameras cannot send a header.

No session, no cookie, no CSRF: a request carries an intake token. The token is checked before the
body is read, so that a stranger cannot make us buffer anything. A Verkada webhook is signed as
well where the installation has its secret: the token says whose reads they are, the signature
that Verkada sent them, and both are needed.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Request, Security
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from cameras.bodies import understood
from cameras.formats import all_formats, format_of, native, resemblances, verkada
from cameras.incoming import BadBody, Parsed, TooLarge, WrongKind
from cameras.metrics import REFUSED, WITHOUT_PLATE
from cameras.registry import IntakeToken
from console.bodies import Incomplete, body_of
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
    ignored: list[str] = Field(
        default=[],
        description="What was left out on purpose, in words; absent when nothing was",
        examples=[["a heartbeat"]],
    )


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
    401: _refused("No token, or one that is unknown or revoked; or a signature that is not right"),
    403: _refused("The token is for another camera"),
    413: _refused("The body or an image is too large"),
    415: _refused("A Content-Type, or a kind of image, that is not taken"),
    422: _refused("A read is not right, or no format is like it; nothing was taken"),
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


_FORM = {"type": "object", "properties": {"json": {"type": "string"}}, "required": ["json"]}
_MULTIPART = {
    "type": "object",
    "properties": {"json": {"type": "string"}, "upload": {"type": "string", "format": "binary"}},
}
_TEXT = {"type": "string"}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": schema},
                "application/xml": {"schema": _TEXT},
                "text/plain": {"schema": _TEXT},
                "application/x-www-form-urlencoded": {"schema": _FORM},
                "multipart/form-data": {"schema": _MULTIPART},
                "multipart/x-mixed-replace": {"schema": _TEXT},
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


def _vendors_door(name: str) -> Callable[[Request, str], Awaitable[JSONResponse]]:
    async def post(request: Request, token: str = "") -> JSONResponse:
        # A camera's configuration gives an address and nothing else in most firmwares, so the token
        # may stand in it, here only: addresses end in logs of proxies, headers do not.
        return await _take(request, _bearer(request) or token, name)

    return post


for _name, _format in all_formats().items():
    router.add_api_route(
        f"/api/reads/{_name}",
        _vendors_door(_name),
        methods=["POST"],
        status_code=202,
        response_model=Accepted,
        responses=RESPONSES,
        name=f"post_{_name}",
        summary=_format.TITLE,
        description="As the vendor sends it. The token may stand in the address: ?token=bolo_...",
        openapi_extra=_body(_native_schema() if _name == native.NAME else {}),
    )


def _bearer(request: Request) -> str:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() in ("bearer", "token") else ""


async def _take(request: Request, token: str, wanted: str | None) -> JSONResponse:
    services: Services = request.app.state.services
    name = wanted or "unknown"
    try:
        known = await services.intake.directory.token(token)
    except NotAllowed as unknown:
        problem = str(unknown) if token else "send Authorization: Bearer and an intake token"
        REFUSED.labels(name, "token").inc()
        return _error(401, "Authorization", problem, {"WWW-Authenticate": "Bearer"})
    except BoloError as error:
        return _answer(error, name)
    body, payload = b"", None
    try:
        body = await body_of(request, services.intake_body_bytes)
        if wanted == verkada.NAME and (refused := _unsigned(request, services, body)):
            return refused
        payload, files = understood(request.headers.get("content-type", ""), body)
        chosen = all_formats()[wanted] if wanted else format_of(payload)
        name = chosen.NAME
        if name == verkada.NAME != wanted and (refused := _unsigned(request, services, body)):
            return refused
        parsed = _owned(chosen.parse(payload, files), known)
        WITHOUT_PLATE.labels(name).inc(parsed.without_plate)
        await services.intake.heard(known, parsed.health)
        ids = await services.intake.accept(known, parsed.reads)
    except BoloError as error:
        if services.rejected is not None and _unreadable(error):
            said = request.headers.get("content-type", "")
            await services.rejected.keep(known, body, said, str(error), _hint(payload, name))
        return _answer(error, name)
    answer: dict[str, Any] = {"accepted": len(ids), "reads": [str(read) for read in ids]}
    if ignored := _ignored(parsed):
        answer["ignored"] = ignored
    return JSONResponse(answer, status_code=202)


def _unsigned(request: Request, services: Services, body: bytes) -> JSONResponse | None:
    """The answer to a webhook whose signature is not right; None when it is, or none is asked."""
    if not services.verkada_secret:
        return None
    header = request.headers.get(verkada.HEADER, "")
    try:
        verkada.check_signature(header, body, services.verkada_secret, services.clock())
    except NotAllowed as wrong:
        REFUSED.labels(verkada.NAME, "signature").inc()
        field, _, problem = str(wrong).partition(": ")
        return _error(401, field, problem)
    return None


def _owned(parsed: Parsed, token: IntakeToken) -> Parsed:
    """A read whose message does not say the camera is of the camera that the token is for."""
    if token.camera is None or all(read.camera for read in parsed.reads):
        return parsed
    reads = tuple(
        one if one.camera else msgspec.structs.replace(one, camera=token.camera)
        for one in parsed.reads
    )
    return msgspec.structs.replace(parsed, reads=reads)


def _ignored(parsed: Parsed) -> list[str]:
    words = list(parsed.ignored)
    if parsed.without_plate:
        words.append(f"{parsed.without_plate} without a plate")
    return words


def _hint(payload: Any, name: str) -> str:
    """What an unreadable payload looks like, "" when nothing or when it is what `name` says."""
    if payload is None:  # it never became one
        return ""
    try:
        found = format_of(payload).NAME
    except BadInput:
        return next(iter(resemblances(payload)), "")
    return "" if found == name else f"is of the format {found}"


def _unreadable(error: BoloError) -> bool:
    """Whether the message itself is at fault, so that a person may want to look at it."""
    return isinstance(error, BadInput) and not isinstance(error, TooLarge | WrongKind | Incomplete)


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
