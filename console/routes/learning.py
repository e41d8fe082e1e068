"""What taught the matcher, and taking it back. Page and API."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console import learning
from console.auth import LoggedIn, Posting, Viewer, Wired
from console.errors import RESPONSES
from console.learning import LearnedShown, LiftAsked, ResetAsked, TrafficResetAsked
from console.list_forms import Given, Trouble, Wrong, asked_of, values_of
from console.pages import page
from console.services import Services

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/learned", tags=["learned"], responses=RESPONSES)


@router.get("/learned", response_class=HTMLResponse)
async def every(request: Request, viewer: LoggedIn, s: Wired) -> Response:
    """Misread markers, how often each camera misreads, and what the traffic is like."""
    return await _page(request, viewer, s)


@router.post("/learned/markers/{marker}/lift", response_class=HTMLResponse)
async def lift(request: Request, marker: UUID, viewer: Posting, s: Wired) -> Response:
    """Lift a marker; what was typed comes back with what is wrong with it."""
    values = await values_of(request)
    try:
        await learning.lift(s, viewer, marker, asked_of(LiftAsked, values))
    except Wrong as wrong:
        given = Given({**values, "which": str(marker)}, Trouble.of(wrong))
        return await _page(request, viewer, s, given)
    return RedirectResponse("/learned#markers", status_code=303)


@router.post("/learned/cameras/reset", response_class=HTMLResponse)
async def reset(request: Request, viewer: Posting, s: Wired) -> Response:
    """Forget what was learned of a camera."""
    values = await values_of(request)
    try:
        await learning.reset(s, viewer, asked_of(ResetAsked, values))
    except Wrong as wrong:
        given = Given({**values, "which": values.get("camera", "")}, Trouble.of(wrong))
        return await _page(request, viewer, s, given)
    return RedirectResponse("/learned#cameras", status_code=303)


@router.post("/learned/traffic/reset", response_class=HTMLResponse)
async def reset_traffic(request: Request, viewer: Posting, s: Wired) -> Response:
    """Forget what was learned of the traffic."""
    values = await values_of(request)
    try:
        await learning.reset_traffic(s, viewer, asked_of(TrafficResetAsked, values))
    except Wrong as wrong:
        given = Given({**values, "which": "", "part": "traffic"}, Trouble.of(wrong))
        return await _page(request, viewer, s, given)
    return RedirectResponse("/learned#traffic", status_code=303)


async def _page(
    request: Request, viewer: Viewer, s: Services, given: Given | None = None
) -> Response:
    shown = await learning.learned(s, viewer)
    context = {"shown": shown, "given": given or Given()}
    status = 422 if given else 200
    return page(request, "learned.html", context, viewer=viewer, now=shown.now, status=status)


@api.get("")
async def read(viewer: LoggedIn, s: Wired) -> LearnedShown:
    """Misread markers that are not over, newest first, cameras with judged hits, the traffic."""
    return await learning.learned(s, viewer)


@api.post("/markers/{marker}/lift")
async def take_back(marker: UUID, asked: LiftAsked, viewer: Posting, s: Wired) -> LearnedShown:
    """Lift a marker, by your name with a reason: its text asks a person again."""
    await learning.lift(s, viewer, marker, asked)
    return await learning.learned(s, viewer)


@api.post("/cameras/reset")
async def forget(asked: ResetAsked, viewer: Posting, s: Wired) -> LearnedShown:
    """Forget what was learned of a camera, by your name with a reason."""
    await learning.reset(s, viewer, asked)
    return await learning.learned(s, viewer)


@api.post("/traffic/reset")
async def forget_traffic(asked: TrafficResetAsked, viewer: Posting, s: Wired) -> LearnedShown:
    """Forget what was learned of the agency's traffic, by your name with a reason."""
    await learning.reset_traffic(s, viewer, asked)
    return await learning.learned(s, viewer)
