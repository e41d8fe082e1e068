"""GET /api/events: what changed, as it changes (server-sent events)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from console.auth import LoggedIn, Wired
from console.errors import RESPONSES
from console.events import Hub, Live
from people.store import person_of
from storage.postgres import AWAY

router = APIRouter(prefix="/api", tags=["live"])

HEARTBEAT = 10.0
"""Seconds between beats. A page that hears nothing for three of them says that it is not live."""

STUCK = 15.0
"""Seconds after which a page that takes no bytes is cut off."""


@router.get(
    "/events",
    responses={
        **RESPONSES,
        200: {
            "content": {"text/event-stream": {}},
            "description": "`changed` with {alert, state}: fetch that alert and the queue again. "
            "`reload`: fetch everything again (sent first, and after PostgreSQL was away). "
            "`lost`: changes do not arrive for now. `beat`: every 10 seconds, all is well. "
            "`over`: the session ended; each beat looks. There is no replay: every connection "
            "starts with `reload`, so Last-Event-ID is not needed.",
        },
    },
)
async def events(request: Request, viewer: LoggedIn, s: Wired) -> EventSourceResponse:
    """Live events of the viewer's own agency; who does not verify hears of verified alerts only."""
    hub: Hub = request.app.state.hub
    clock = asyncio.get_running_loop().time

    async def stream() -> AsyncIterator[ServerSentEvent]:
        with hub.subscribe(viewer.person) as page:
            yield _event(Live("reload" if hub.listening else "lost"))
            due = clock() + HEARTBEAT
            while True:
                if clock() >= due:  # whatever arrives: a busy desk is never silent for so long
                    if await _over():
                        yield ServerSentEvent(event="over", data="{}")
                        return
                    yield ServerSentEvent(event="beat", data=json.dumps({"live": hub.listening}))
                    due = clock() + HEARTBEAT
                try:
                    async with asyncio.timeout_at(due):
                        event = await page.waiting.get()
                except TimeoutError:
                    continue
                if event is None:
                    return
                yield _event(event)

    async def _over() -> bool:
        """Whether the session ended meanwhile (log-out, new password, end of shift).

        A desk that is open and live counts as in use: a dispatcher who watches an empty queue
        for two hours must not be logged out without a word.
        """
        try:
            async with s.db.connection() as conn:
                return await person_of(conn, viewer.token, s.clock()) is None
        except AWAY:
            return False  # not known; the stream says `lost` by itself

    return EventSourceResponse(stream(), ping=0, send_timeout=STUCK)


def _event(event: Live) -> ServerSentEvent:
    data = {"alert": str(event.alert), "state": event.state} if event.alert else {}
    return ServerSentEvent(event=event.kind, data=json.dumps(data), retry=2000)
