"""What every answer carries and every request must meet: headers, sizes, origins, local paths."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

BODY_LIMIT = 64 * 1024
"""The most that a form or a JSON request of a person may hold, in bytes."""


class TooLarge(HTTPException):
    """The body is larger than a person's request can be. An HTTPException, because that is what
    passes through the framework's parsing of bodies as it is."""

    def __init__(self, limit: int = BODY_LIMIT) -> None:
        most = f"{limit // 1024} KB" if limit < 1024**2 else f"{limit // 1024**2} MB"
        super().__init__(413, f"a request may hold at most {most}")


Failed = Callable[[Request, Exception], Awaitable[Response]]
OwnLimits = Sequence[tuple[re.Pattern[str], int | None]]


class SecurityHeaders:
    """ASGI middleware: a strict policy on every answer, and a limit on every body.

    `failed` answers for a defect: the framework's own handler stands outside of this one, and
    its answer would carry no policy. `own_limits` are paths with another limit than BODY_LIMIT, in
    bytes; None: the route limits its bodies itself (cameras send pictures).

    Referrer-Policy is same-origin and not no-referrer: with the latter browsers send
    ``Origin: null`` with our own forms, and the origin check could not tell them from others'.
    """

    def __init__(self, app: ASGIApp, *, https: bool, own_limits: OwnLimits, failed: Failed) -> None:
        self.app = app
        self.failed = failed
        self.https = https
        self.own_limits = tuple(own_limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
                static = scope["path"].startswith("/static/")
                headers["Cache-Control"] = "no-cache" if static else "no-store"
                if self.https:
                    headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
            await send(message)

        taken = 0
        limit = self._limit(scope["path"])
        length = Headers(scope=scope).get("content-length", "0")
        if limit is not None and length.isdigit() and int(length) > limit:
            taken = int(length)

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if limit is not None and taken > limit:
                raise TooLarge(limit)
            return message

        try:
            await self.app(scope, receive if limit is None else limited, send_with_headers)
        except Exception as error:
            if started:
                raise
            answer = await self.failed(Request(scope), error)
            await answer(scope, receive, send_with_headers)

    def _limit(self, path: str) -> int | None:
        return next((n for which, n in self.own_limits if which.match(path)), BODY_LIMIT)


def same_origin(headers: Headers, public_url: str) -> bool:
    """Whether a request that changes something comes from our own pages.

    Browsers send Origin with every POST. A client that is no browser sends neither Origin nor
    Sec-Fetch-Site; it cannot be tricked by another site, and still needs the CSRF token.
    """
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    if origin == "{0.scheme}://{0.netloc}".format(urlsplit(public_url)):
        return True
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and parts.netloc == headers.get("host")


def local_path(path: str | None) -> str:
    """`path` if it is a path of ours to go back to after the log-in, else "/".

    ``//host``, ``/\\host`` and control characters lead browsers away; they are not paths of ours.
    """
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")):
        return "/"
    if not path.isprintable() or "\\" in path or len(path) > 500:
        return "/"
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or path.startswith(("/login", "/logout", "/api/")):
        return "/"
    return path
