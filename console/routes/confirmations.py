"""Records to read: what the text says, what it may mean, and a person's answer. Pages and API."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console import list_confirmations
from console.auth import LoggedIn, Posting, Wired
from console.errors import RESPONSES
from console.list_confirmations import AnswerAsked, RecordShown, RecordsShown
from console.list_forms import Given, Trouble, Wrong, asked_of, values_of
from console.pages import page

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/confirmations", tags=["lists"], responses=RESPONSES)


@router.get("/confirmations", response_class=HTMLResponse)
async def every(request: Request, viewer: LoggedIn, s: Wired) -> Response:
    """Everything that waits to be read."""
    shown = await list_confirmations.waiting(s, viewer)
    context = {"shown": shown}
    return page(request, "confirmations/all.html", context, viewer=viewer, now=shown.now)


@router.get("/confirmations/{record}", response_class=HTMLResponse)
async def one(request: Request, record: UUID, viewer: LoggedIn, s: Wired) -> Response:
    """One record, with the words in doubt marked."""
    shown = await list_confirmations.one(s, viewer, record)
    context = {"one": shown, "given": Given()}
    return page(request, "confirmations/one.html", context, viewer=viewer)


@router.post("/confirmations/{record}/answer", response_class=HTMLResponse)
async def answer(request: Request, record: UUID, viewer: Posting, s: Wired) -> Response:
    """The person's answer; what was typed comes back with what is wrong with it."""
    values = await values_of(request)
    try:
        await list_confirmations.answer(s, viewer, record, asked_of(AnswerAsked, values))
    except Wrong as wrong:
        shown = await list_confirmations.one(s, viewer, record)
        context = {"one": shown, "given": Given(values, Trouble.of(wrong))}
        return page(request, "confirmations/one.html", context, viewer=viewer, status=422)
    return RedirectResponse("/confirmations", status_code=303)


@api.get("")
async def records(viewer: LoggedIn, s: Wired) -> RecordsShown:
    """Records that a person must read before they count, the longest waiting first."""
    return await list_confirmations.waiting(s, viewer)


@api.get("/{record}")
async def read(record: UUID, viewer: LoggedIn, s: Wired) -> RecordShown:
    """One record: its text in stretches, the words in doubt marked, and the candidates."""
    return await list_confirmations.one(s, viewer, record)


@api.post("/{record}/answer")
async def decide(record: UUID, asked: AnswerAsked, viewer: Posting, s: Wired) -> RecordShown:
    """Say what is meant, by your name with a reason: it is in force at once."""
    await list_confirmations.answer(s, viewer, record, asked)
    return await list_confirmations.one(s, viewer, record)
