"""A file on a web server: https://host/path, asked for only when it has changed (ETag, RFC 9110).

The certificate is verified. A secret goes as a bearer token, or, with a user in the address
(https://county@host/path), as that user's password. Redirects are followed on the same server only.
http:// is for this machine alone.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urljoin, urlsplit

import httpx

from domain.errors import BadInput
from hotlists.arrivals import Arrived, Found, NotArrived, NotChanged, Wanted, careful, too_large

SCHEMES = ("https", "http")
PAUSES = (0.5, 2.0, 6.0)
"""Seconds before each further try of what may pass."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_HOPS = 5
_PASSING = (408, 425, 429)
_TELLING = re.compile(r"(?i)token|secret|passw|api_?-?key|sig(nature)?$|credential|^key$|^auth")


def check(location: str, settings: Mapping[str, Any]) -> None:  # noqa: ARG001
    """https, or http on this machine; nothing in the address that should be secret."""
    parts = urlsplit(location)
    if not parts.hostname:
        raise BadInput("location", "names no server")
    if parts.scheme.lower() == "http" and parts.hostname not in _LOOPBACK:
        problem = "http:// would send the list and its secret in clear: use https://"
        raise BadInput("location", problem)
    for name, _ in parse_qsl(parts.query, keep_blank_values=True):
        if _TELLING.search(name):
            problem = (
                f"has {name} in the address, which everybody who may see the list would see: ask"
                " for a bearer token or a password, and name it with the setting secret"
            )
            raise BadInput("location", problem)


@asynccontextmanager
async def opened(wanted: Wanted) -> AsyncIterator[Found]:
    """Ask, again when the server stumbles, and yield what it answers."""
    async with AsyncExitStack() as stack:
        timeout = httpx.Timeout(wanted.silence, connect=min(15.0, wanted.silence))
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=timeout))
        answer = await _persistent(client, wanted, stack)
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            yield NotChanged(confirms=True)
            return
        length = answer.headers.get("content-length", "")
        if length.isdigit() and int(length) > wanted.largest:
            raise too_large(wanted.largest)
        pieces = await stack.enter_async_context(aclosing(careful(_body(answer), wanted)))
        yield Arrived(pieces, _name(answer))


async def _persistent(
    client: httpx.AsyncClient, wanted: Wanted, stack: AsyncExitStack
) -> httpx.Response:
    for pause in PAUSES:
        try:
            return await _asked(client, wanted, stack)
        except NotArrived as away:
            if not away.passing:
                raise
        await asyncio.sleep(pause)
    return await _asked(client, wanted, stack)


async def _asked(
    client: httpx.AsyncClient, wanted: Wanted, stack: AsyncExitStack
) -> httpx.Response:
    """The answer 200 or 304, with its body not yet read."""
    address = wanted.location
    start = urlsplit(address)
    for _ in range(_HOPS):
        request = client.build_request("GET", _bare(urlsplit(address)), headers=_headers(wanted))
        auth = _auth(start, wanted.secret)
        try:
            async with asyncio.timeout(wanted.silence * 2):  # the headers, however they drip
                answer = await client.send(request, stream=True, auth=auth)
        except TimeoutError as late:
            problem = f"{start.hostname} does not answer in time"
            raise NotArrived(problem) from late
        except httpx.HTTPError as wrong:
            raise _unreached(wrong, start.hostname or "") from wrong
        if answer.status_code in (httpx.codes.OK, httpx.codes.NOT_MODIFIED):
            stack.push_async_callback(answer.aclose)
            return answer
        await answer.aclose()
        if not answer.has_redirect_location:
            raise _refused(answer.status_code, start.hostname or "", wanted)
        address = urljoin(address, answer.headers["location"])
        there = urlsplit(address)
        if (there.scheme, there.hostname, there.port) != (start.scheme, start.hostname, start.port):
            problem = (
                f"{start.hostname} sends us to {there.scheme}://{there.hostname}, which was not"
                " configured; if that is right, make it the list's location"
            )
            raise NotArrived(problem, passing=False)
    problem = f"{start.hostname} sends us around in circles"
    raise NotArrived(problem, passing=False)


def _bare(parts: SplitResult) -> str:
    """The address without its user."""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _headers(wanted: Wanted) -> dict[str, str]:
    headers = {"accept-encoding": "identity", "user-agent": "bolo"}
    what, _, name = wanted.etag.partition(" ")
    if what == "etag":
        headers["if-none-match"] = name
    elif what == "modified":
        headers["if-modified-since"] = name
    return headers


def _auth(parts: SplitResult, secret: str | None) -> httpx.Auth:
    if secret is None:
        return httpx.Auth()
    if parts.username:
        return httpx.BasicAuth(unquote(parts.username), secret)
    return _Bearer(secret)


class _Bearer(httpx.Auth):
    """The secret as RFC 6750 has it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request):  # type: ignore[no-untyped-def]
        request.headers["authorization"] = f"Bearer {self._token}"
        yield request


def _name(answer: httpx.Response) -> str:
    """What the file is called, for the next question; "" when the server does not say."""
    if etag := answer.headers.get("etag"):
        return f"etag {etag}"
    modified = answer.headers.get("last-modified")
    return f"modified {modified}" if modified else ""


async def _body(answer: httpx.Response) -> AsyncGenerator[bytes]:
    size = 0
    try:
        async for piece in answer.aiter_bytes():
            size += len(piece)
            yield piece
    except httpx.TimeoutException as late:
        problem = f"nothing came for a while, after {size:,} bytes"
        raise NotArrived(problem) from late
    except httpx.HTTPError as cut:
        problem = f"the connection was cut after {size:,} bytes"
        raise NotArrived(problem) from cut


def _refused(status: int, host: str, wanted: Wanted) -> NotArrived:
    if status in (401, 403):
        which = "the secret" if wanted.secret is not None else "a request without a secret"
        return NotArrived(f"{host} refuses {which} ({status})", passing=False)
    if status in (404, 410):
        return NotArrived(f"{host} has no such file ({status})", passing=False)
    passing = status >= 500 or status in _PASSING
    return NotArrived(f"{host} answered {status}", passing=passing)


def _unreached(wrong: httpx.HTTPError, host: str) -> NotArrived:
    """Without the library's words: they may quote the address."""
    why: BaseException | None = wrong
    while why is not None:
        if isinstance(why, ssl.SSLCertVerificationError):
            problem = f"the certificate of {host} is not to be trusted: {why.verify_message}"
            return NotArrived(problem, passing=False)
        why = why.__cause__ or why.__context__
    if isinstance(wrong, httpx.TimeoutException):
        return NotArrived(f"{host} does not answer in time")
    return NotArrived(f"{host} cannot be reached")
