"""The officer's phone: one verified alert, four answers, and the recall."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console import acting, reading
from console.auth import LoggedIn, Posting, Viewer, Wired
from console.forms import asked
from console.looks import Seen
from console.pages import page
from console.reading import Looks
from console.requests import CloseAsked, ReplyAsked
from console.services import Services

router = APIRouter(include_in_schema=False)


@router.get("/a/{code}", response_class=HTMLResponse)
async def told(request: Request, code: str, viewer: LoggedIn, s: Wired, looks: Seen) -> Response:
    """What an SMS leads to. Unverified, unknown and another agency's are all "not found"."""
    alert = await reading.alert_by_code(s, viewer, looks, code)
    return page(request, "phone.html", {"alert": alert}, viewer=viewer, now=s.clock())


@router.get("/fragments/a/{code}", response_class=HTMLResponse)
async def again(request: Request, code: str, viewer: LoggedIn, s: Wired, looks: Seen) -> Response:
    """The same again, because something changed: a recall turns the page over."""
    alert = await reading.alert_by_code(s, viewer, looks, code, live=True)
    return page(request, "_phone.html", {"alert": alert}, viewer=viewer, now=s.clock())


@router.post("/a/{code}/reply")
async def reply(request: Request, code: str, viewer: Posting, s: Wired, looks: Seen) -> Response:
    """Without script: an answer."""
    given = await asked(request, ReplyAsked)
    await acting.reply(s, viewer, await _id(s, viewer, looks, code), given)
    return _back(code)


@router.post("/a/{code}/close")
async def close(request: Request, code: str, viewer: Posting, s: Wired, looks: Seen) -> Response:
    """Without script: the outcome."""
    given = await asked(request, CloseAsked)
    await acting.close(s, viewer, await _id(s, viewer, looks, code), given)
    return _back(code)


@router.post("/a/{code}/recall-read")
async def recall_read(code: str, viewer: Posting, s: Wired, looks: Seen) -> Response:
    """Without script: "I have read this"."""
    await acting.recall_read(s, viewer, await _id(s, viewer, looks, code))
    return _back(code)


async def _id(s: Services, viewer: Viewer, looks: Looks, code: str) -> UUID:
    return (await reading.alert_by_code(s, viewer, looks, code, live=True)).id


def _back(code: str) -> Response:
    return RedirectResponse(f"/a/{code.strip().upper()}", status_code=303)
