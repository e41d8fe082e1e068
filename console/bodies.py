"""Bodies from machines, limited while they stream in. What they hold is for cameras.bodies."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

from cameras.bodies import kind_of
from cameras.incoming import BadBody, TooLarge

SECONDS_MAX = 60.0
"""For the whole body: a camera that needs longer holds a connection for nothing."""


class Incomplete(BadBody):
    """The body never came whole, so nobody can say what it was."""


async def body_of(request: Request, limit: int) -> bytes:
    """The body of a request, of at most `limit` bytes.

    Raises TooLarge, WrongKind (Content-Type) or Incomplete. A larger body is refused as soon as it
    is known to be one, whatever Content-Length says, and a wrong kind before it is read.
    """
    kind_of(request.headers.get("content-type", ""))
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
        raise Incomplete("body", f"took longer than {SECONDS_MAX:.0f} s to arrive") from slow
    except ClientDisconnect as gone:
        raise Incomplete("body", "ended before it was whole") from gone
    return b"".join(parts)


def _too_large(limit: int) -> TooLarge:
    return TooLarge("body", f"is larger than the limit of {limit} bytes: send fewer reads at once")
