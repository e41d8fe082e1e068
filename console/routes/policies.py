"""The agency's policy in sentences, for everybody who works under it. Page and API."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from console.auth import LoggedIn, Wired
from console.auth import viewer as viewer_of
from console.errors import RESPONSES
from console.list_policy import PolicyShown, policy_shown
from console.pages import page

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/policy", tags=["policy"], responses=RESPONSES)


@router.get("/policy", response_class=HTMLResponse)
async def policy(request: Request, viewer: LoggedIn, s: Wired) -> Response:
    """What entries may be for, what is kept and shared, and what can never be done."""
    context = {"policy": policy_shown(s.means.policy)}
    return page(request, "policy.html", context, viewer=viewer)


@api.get("", dependencies=[Depends(viewer_of)])
async def read(s: Wired) -> PolicyShown:
    """The policy as sentences; `enforced` says of each whether bolo acts on it today."""
    return policy_shown(s.means.policy)
