"""The pages of lists: all of them, one with its life, a file from a person's hand."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console import list_acting, list_reading
from console.auth import LoggedIn, Posting, Viewer, Wired
from console.list_acting import PutInForce
from console.list_comparing import compared
from console.list_forms import Given, Trouble, Wrong, asked_of, values_of
from console.list_uploading import begun, drained
from console.looks import Seen
from console.pages import page
from console.reading import Looks
from console.services import Services
from domain.errors import BadInput
from hotlists.pieces import LARGEST

router = APIRouter(include_in_schema=False)

Number = Annotated[int, Query(ge=1, le=2**31 - 1)]


@router.get("/lists", response_class=HTMLResponse)
async def all_lists(request: Request, viewer: LoggedIn, s: Wired, looks: Seen) -> Response:
    """Every list of the agency, who needs a person first."""
    shown = await list_reading.lists(s, viewer, looks)
    return page(request, "lists/lists.html", {"shown": shown}, viewer=viewer, now=shown.now)


@router.get("/fragments/lists", response_class=HTMLResponse)
async def lists_again(request: Request, viewer: LoggedIn, s: Wired, looks: Seen) -> Response:
    """The same for a page that is open: how far a refresh is, what came of it."""
    shown = await list_reading.lists(s, viewer, looks, live=True)
    return page(request, "lists/_lists.html", {"shown": shown}, viewer=viewer, now=shown.now)


@router.get("/fragments/lists/{source}", response_class=HTMLResponse)
async def list_again(
    request: Request, source: UUID, viewer: LoggedIn, s: Wired, looks: Seen
) -> Response:
    """How one list stands, for a page that is open."""
    shown = await list_reading.one(s, viewer, looks, source, live=True)
    context = {"shown": shown}
    return page(request, "lists/_standing.html", context, viewer=viewer, now=shown.now)


@router.get("/lists/{source}", response_class=HTMLResponse)
async def one_list(
    request: Request, source: UUID, viewer: LoggedIn, s: Wired, looks: Seen
) -> Response:
    """One list: what is in quarantine, its generations, its settings, live changes."""
    return await _one(request, s, viewer, looks, source)


@router.get("/lists/{source}/compare", response_class=HTMLResponse)
async def compare(
    request: Request,
    source: UUID,
    before: Number,
    after: Number,
    viewer: LoggedIn,
    s: Wired,
    looks: Seen,
) -> Response:
    """What changed from one generation to another, above the rest of the page."""
    try:
        diff = await compared(s, viewer, source, before, after)
    except BadInput as wrong:
        given = Given({"what": "compare"}, Trouble.of(wrong))
        return await _one(request, s, viewer, looks, source, given=given, asked=(before, after))
    return await _one(request, s, viewer, looks, source, diff=diff, asked=(before, after))


@router.post("/lists/{source}/refresh")
async def refresh(
    request: Request, source: UUID, viewer: Posting, s: Wired, looks: Seen
) -> Response:
    """Have it looked for now."""
    try:
        await list_acting.look(s, viewer, source)
    except Wrong as wrong:
        return await _again(request, s, viewer, looks, source, {}, "refresh", wrong)
    back = "/lists" if (await values_of(request)).get("from") == "lists" else f"/lists/{source}"
    return RedirectResponse(f"{back}#l-{source}", status_code=303)


@router.post("/lists/{source}/accept")
async def accept(
    request: Request, source: UUID, viewer: Posting, s: Wired, looks: Seen
) -> Response:
    """Put what is in quarantine in force, by name with a reason."""
    values = await values_of(request)
    try:
        await list_acting.accept(s, viewer, source, asked_of(PutInForce, values))
    except Wrong as wrong:
        return await _again(request, s, viewer, looks, source, values, "accept", wrong)
    return RedirectResponse(f"/lists/{source}#generations", status_code=303)


@router.post("/lists/{source}/back")
async def back(request: Request, source: UUID, viewer: Posting, s: Wired, looks: Seen) -> Response:
    """Go back to an earlier generation, by name with a reason."""
    values = await values_of(request)
    try:
        await list_acting.go_back(s, viewer, source, asked_of(PutInForce, values))
    except Wrong as wrong:
        return await _again(request, s, viewer, looks, source, values, "back", wrong)
    return RedirectResponse(f"/lists/{source}#generations", status_code=303)


@router.get("/lists/{source}/upload", response_class=HTMLResponse)
async def choose(request: Request, source: UUID, viewer: LoggedIn, s: Wired) -> Response:
    """The form for a file."""
    one = await list_acting.may_send(s, viewer, source)
    context = {"source": one, "given": Given(), "outcome": None, "largest": LARGEST}
    return page(request, "lists/upload.html", context, viewer=viewer)


@router.post("/lists/{source}/upload", response_class=HTMLResponse)
async def upload(request: Request, source: UUID, viewer: LoggedIn, s: Wired) -> Response:
    """Without script: the file as a form; the answer says what came of it."""
    sent = await begun(request, s, viewer)
    given, outcome = Given(), None
    try:
        one = await list_acting.may_send(s, viewer, source)
    except Exception:
        await drained(sent.pieces)
        raise
    try:
        if not sent.filename:
            raise BadInput("file", "choose the file first")
        outcome = list_acting.outcome(await list_acting.take(s, viewer, one, sent.pieces))
    except Wrong as wrong:
        given = Given({}, Trouble.of(wrong))
    context = {"source": one, "given": given, "outcome": outcome, "largest": LARGEST}
    status = 422 if given.trouble else 200
    return page(request, "lists/upload.html", context, viewer=viewer, status=status)


async def _again(
    request: Request,
    s: Services,
    viewer: Viewer,
    looks: Looks,
    which: UUID,
    values: dict[str, str],
    what: str,
    wrong: Exception,
) -> Response:
    given = Given({**values, "what": what}, Trouble.of(wrong))
    return await _one(request, s, viewer, looks, which, given=given)


async def _one(
    request: Request,
    s: Services,
    viewer: Viewer,
    looks: Looks,
    which: UUID,
    **more: Any,
) -> Response:
    given = more.setdefault("given", Given())
    shown = await list_reading.one(s, viewer, looks, which)
    context = {"shown": shown, "diff": None, "asked": None, **more}
    return page(
        request,
        "lists/list.html",
        context,
        viewer=viewer,
        now=shown.now,
        status=422 if given.trouble else 200,
    )
