"""The desk: queue, chosen alert, steps. Pages for a dispatcher, and their live fragments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console import acting, reading, store
from console.auth import LoggedIn, Posting, Viewer, Wired
from console.forms import asked
from console.looks import Seen
from console.models import AlertShown, Queue
from console.pages import page
from console.requests import CloseAsked, LookAsked, RecallAsked, RejectAsked, VerifyAsked
from console.services import Services
from console.shown import unclaimed
from people.roles import may, require

router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
async def home(request: Request, viewer: LoggedIn, s: Wired, looks: Seen) -> Response:
    """A desk for who verifies; for an officer or an admin the list of verified alerts."""
    queue = await reading.queue(s, viewer, looks)
    if not may(viewer.person, "see the queue"):
        return page(request, "officer.html", {"queue": queue}, viewer=viewer, now=queue.now)
    chosen = _first(queue)
    alert = await reading.alert(s, viewer, looks, chosen) if chosen else None
    return await _desk(request, s, viewer, queue, alert)


@router.get("/alerts/{alert}", response_class=HTMLResponse)
async def chosen(
    request: Request, alert: UUID, viewer: LoggedIn, s: Wired, looks: Seen
) -> Response:
    """The desk with one alert chosen; who does not verify is led to the phone page."""
    shown = await reading.alert(s, viewer, looks, alert)
    if not may(viewer.person, "see the queue"):
        return RedirectResponse(f"/a/{shown.code}", status_code=303)
    return await _desk(request, s, viewer, await reading.queue(s, viewer, looks), shown)


@router.get("/fragments/queue", response_class=HTMLResponse)
async def queue_fragment(request: Request, viewer: LoggedIn, s: Wired, looks: Seen) -> Response:
    """The queue again, because something changed."""
    queue = await reading.queue(s, viewer, looks, live=True)
    if not may(viewer.person, "see the queue"):
        return page(request, "_officer.html", {"queue": queue}, viewer=viewer, now=queue.now)
    context = await _around(s, viewer, queue, None)
    return page(request, "_queue.html", context, viewer=viewer, now=queue.now)


@router.get("/fragments/top", response_class=HTMLResponse)
async def top_fragment(request: Request, viewer: LoggedIn, s: Wired) -> Response:
    """The age of the lists and who was not reached, again."""
    require(viewer.person, "see the queue")
    context = await _around(s, viewer, None, None)
    return page(request, "_top.html", context, viewer=viewer)


@router.get("/fragments/alerts/{alert}", response_class=HTMLResponse)
async def alert_fragment(
    request: Request, alert: UUID, viewer: LoggedIn, s: Wired, looks: Seen
) -> Response:
    """The chosen alert and its steps, again or for the first time."""
    require(viewer.person, "see the queue")
    shown = await reading.alert(s, viewer, looks, alert, live=True)
    return page(request, "_chosen.html", {"alert": shown}, viewer=viewer, now=s.clock())


@router.post("/alerts/{alert}/claim")
async def claim(alert: UUID, viewer: Posting, s: Wired) -> Response:
    """Without script: claim, and back to the alert."""
    await acting.claim(s, viewer, alert)
    return _back(alert)


@router.post("/alerts/{alert}/release")
async def release(alert: UUID, viewer: Posting, s: Wired) -> Response:
    """Without script: release."""
    await acting.release(s, viewer, alert)
    return _back(alert)


@router.post("/alerts/{alert}/look")
async def look(request: Request, alert: UUID, viewer: Posting, s: Wired) -> Response:
    """Without script: what the second person read off the pictures."""
    await acting.look(s, viewer, alert, await asked(request, LookAsked))
    return _back(alert)


@router.post("/alerts/{alert}/verify")
async def verify(request: Request, alert: UUID, viewer: Posting, s: Wired) -> Response:
    """Without script: verify."""
    await acting.verify(s, viewer, alert, await asked(request, VerifyAsked))
    return _back(alert)


@router.post("/alerts/{alert}/reject")
async def reject(request: Request, alert: UUID, viewer: Posting, s: Wired) -> Response:
    """Without script: reject."""
    await acting.reject(s, viewer, alert, await asked(request, RejectAsked))
    return _back(alert)


@router.post("/alerts/{alert}/recall")
async def recall(request: Request, alert: UUID, viewer: Posting, s: Wired) -> Response:
    """Without script: recall."""
    await acting.recall(s, viewer, alert, await asked(request, RecallAsked))
    return _back(alert)


@router.post("/alerts/{alert}/close")
async def close(request: Request, alert: UUID, viewer: Posting, s: Wired) -> Response:
    """Without script: close with an outcome."""
    await acting.close(s, viewer, alert, await asked(request, CloseAsked))
    return _back(alert)


def _back(alert: UUID) -> Response:
    return RedirectResponse(f"/alerts/{alert}", status_code=303)


def _first(queue: Queue) -> UUID | None:
    """What the desk opens with: your own claim, else the first that nobody has, else the first."""
    yours = [r for r in queue.alerts if r.claim.kind == "yours"]
    free = [r for r in queue.alerts if unclaimed(r)]
    return next((r.id for r in (*yours, *free, *queue.alerts)), None)


async def _desk(
    request: Request, s: Services, viewer: Viewer, queue: Queue, alert: AlertShown | None
) -> Response:
    context = await _around(s, viewer, queue, alert)
    return page(request, "desk.html", context, viewer=viewer, now=queue.now)


async def _around(
    s: Services, viewer: Viewer, queue: Queue | None, alert: AlertShown | None
) -> Mapping[str, Any]:
    async with s.db.connection() as conn:
        lists = await store.lists(conn, viewer.person.agency, s.clock(), s.means.policy)
    return {
        "queue": queue,
        "alert": alert,
        "lists": lists,
        "not_reached": await reading.not_reached(s, viewer),
        "stuck": await reading.stuck(s, viewer),
    }
