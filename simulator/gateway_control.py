"""The fake gateway's own routes: what it received, how it behaves, and answering from a phone."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from simulator.gateway_model import Behaviour, Memory
from simulator.gateway_page import POLICY, STYLE, page

_OWN_NAMES = {"127.0.0.1", "localhost"}


class Controlled(Protocol):
    """The gateway, as far as these routes need it."""

    memory: Memory
    behaviour: Behaviour

    async def reply(self, number: str, body: str) -> str:
        """The person with this phone answers."""
        ...


def control(gateway: Controlled) -> list[Route]:
    """GET / (a page), /messages, /events, /healthz; GET and PUT /behaviour; POST /replies."""

    async def shown(_: Request) -> Response:
        headers = {"content-security-policy": POLICY, "x-content-type-options": "nosniff"}
        return Response(page(gateway.memory), media_type="text/html", headers=headers)

    async def style(_: Request) -> Response:
        return Response(STYLE, media_type="text/css")

    async def health(_: Request) -> Response:
        return Response("ok\n", media_type="text/plain")

    async def texts(_: Request) -> Response:
        return _json(gateway.memory.texts)

    async def events(_: Request) -> Response:
        return _json(list(gateway.memory.hooks.values()))

    async def behave(request: Request) -> Response:
        """Ask or tell how it behaves, as JSON."""
        if request.method == "PUT":
            if _foreign(request):
                return _refused()
            try:
                gateway.behaviour = msgspec.json.decode(await request.body(), type=Behaviour)
            except msgspec.MsgspecError as bad:
                return JSONResponse({"error": str(bad)}, 422)
        return _json(gateway.behaviour)

    async def replies(request: Request) -> Response:
        """{"from": number, "body": words}, or the page's form."""
        if _foreign(request):
            return _refused()
        body = await request.body()
        form = not request.headers.get("content-type", "").startswith("application/json")
        try:
            said = (
                dict(parse_qsl(body.decode()))
                if form
                else msgspec.json.decode(body, type=dict[str, str])
            )
            answer = await gateway.reply(said["from"], said["body"])
        except (msgspec.MsgspecError, KeyError, ValueError, httpx.HTTPError) as bad:
            return JSONResponse({"error": f"{type(bad).__name__}: {bad}"}, 422)
        return RedirectResponse("/", 303) if form else JSONResponse({"answer": answer})

    return [
        Route("/", shown),
        Route("/style.css", style),
        Route("/healthz", health),
        Route("/messages", texts),
        Route("/events", events),
        Route("/behaviour", behave, methods=["GET", "PUT"]),
        Route("/replies", replies, methods=["POST"]),
    ]


def _foreign(request: Request) -> bool:
    """Whether another page, or another name for this address, is behind the request."""
    host = request.headers.get("host", "")
    if host.rpartition(":")[0] not in _OWN_NAMES:
        return True
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != host


def _refused() -> Response:
    return JSONResponse({"error": "only from this gateway's own page"}, 403)


def _json(what: object) -> Response:
    return Response(msgspec.json.encode(what), media_type="application/json")
