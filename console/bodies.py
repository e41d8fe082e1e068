"""Bodies from machines: limited while they stream in, then JSON or a form."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from cameras.incoming import Attachment, BadBody, TooLarge, WrongKind

SECONDS_MAX = 60.0
"""For the whole body: a camera that needs longer holds a connection for nothing."""

FILES_MAX = 4
FIELDS_MAX = 10
FIELD = "json"
"""The form field that holds the payload."""

KINDS = ("application/json", "multipart/form-data", "application/x-www-form-urlencoded")


async def payload_of(request: Request, limit: int) -> tuple[Any, tuple[Attachment, ...]]:
    """The decoded JSON of a request of at most `limit` bytes, and the files beside it.

    Raises TooLarge, WrongKind (Content-Type) or BadBody. A larger body is refused as soon as it
    is known to be one, whatever Content-Length says.
    """
    content_type = request.headers.get("content-type", "").strip()
    kind = content_type.partition(";")[0].strip().lower()
    json = kind == "" or kind == "application/json" or kind.endswith("+json")
    if not json and kind not in KINDS:
        raise WrongKind("Content-Type", "must be one of " + ", ".join(KINDS))
    body = await _read(request, limit)
    if json:
        return _decoded(body, "body"), ()
    if kind == "multipart/form-data":
        fields, files = await _multipart(request, body, limit)
    else:
        fields, files = _urlencoded(body), ()
    if FIELD not in fields:
        problem = "is missing: a form must hold the payload in this field."
        problem += " To send plain JSON, set Content-Type: application/json"
        raise BadBody(FIELD, problem)
    return _decoded(fields[FIELD], FIELD), files


async def _read(request: Request, limit: int) -> bytes:
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(SECONDS_MAX):
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise _too_large(limit)
                parts.append(part)
    except TimeoutError as slow:
        raise BadBody("body", f"took longer than {SECONDS_MAX:.0f} s to arrive") from slow
    except ClientDisconnect as gone:
        raise BadBody("body", "ended before it was whole") from gone
    return b"".join(parts)


def _too_large(limit: int) -> TooLarge:
    return TooLarge("body", f"is larger than the limit of {limit} bytes: send fewer reads at once")


def _decoded(text: bytes, field: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except RecursionError as deep:
        raise BadBody(field, "is nested too deeply") from deep
    except (msgspec.MsgspecError, ValueError) as bad:
        raise BadBody(field, f"is not JSON: {bad}") from bad


def _urlencoded(body: bytes) -> dict[str, bytes]:
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError as bad:
        raise BadBody("body", f"is a form of more than {FIELDS_MAX} fields") from bad
    return {name.decode("utf-8", "replace"): value for name, value in pairs}


async def _multipart(
    request: Request, body: bytes, limit: int
) -> tuple[dict[str, bytes], tuple[Attachment, ...]]:
    async def once() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(
        request.headers,
        once(),
        max_files=FILES_MAX,
        max_fields=FIELDS_MAX,
        max_part_size=limit,
    )
    parser.spool_max_size = limit  # it is in memory already
    try:
        form = await parser.parse()
    except (MultiPartException, MultipartParseError) as bad:
        raise BadBody("body", f"is not a whole multipart form: {bad}") from bad
    except (KeyError, ValueError, LookupError) as bad:  # boundary or charset make no sense
        raise BadBody("Content-Type", "is no usable multipart/form-data") from bad
    fields: dict[str, bytes] = {}
    files: list[Attachment] = []
    try:
        for name, value in form.multi_items():
            if not isinstance(value, UploadFile):
                fields[name] = value.encode("utf-8", "surrogateescape")
            elif name == FIELD:  # some clients send the JSON as a file
                fields[name] = await value.read()
            else:
                files.append(Attachment(name[:60], await value.read()))
    finally:
        await form.close()
    return fields, tuple(files)
