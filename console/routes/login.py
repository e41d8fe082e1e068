"""The door: log in, log out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console.auth import LogInFirst, Posting, Wired, check_origin, drop_session, set_session
from console.auth import viewer as viewer_of
from console.pages import page
from console.security import local_path
from domain.errors import NotAllowed
from people.store import log_in, log_out

router = APIRouter(include_in_schema=False)


@router.get("/login", response_class=HTMLResponse)
async def form(request: Request, s: Wired, next: str = "/") -> Response:
    """The log-in page; who is logged in already goes straight on."""
    back = local_path(next)
    try:
        await viewer_of(request, s)
    except LogInFirst:
        return page(request, "login.html", {"next": back, "problem": "", "name": ""})
    return RedirectResponse(back, status_code=303)


@router.post("/login", response_class=HTMLResponse)
async def enter(
    request: Request,
    s: Wired,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Log in and go back to the page that was asked for."""
    check_origin(request, s)
    back = local_path(next)
    if not name.strip() or not password:
        problem = "Enter your user name and your password."
        return page(
            request, "login.html", {"next": back, "problem": problem, "name": name}, status=422
        )
    address = request.client.host if request.client else ""
    try:
        session = await log_in(s.db, name, password, address, s.clock())
    except NotAllowed as refused:
        problem = f"{str(refused)[:1].upper()}{str(refused)[1:]}."
        return page(
            request, "login.html", {"next": back, "problem": problem, "name": name}, status=403
        )
    response = RedirectResponse(back, status_code=303)
    set_session(response, s, session)
    return response


@router.post("/logout")
async def leave(viewer: Posting, s: Wired) -> Response:
    """End the session, on the server as well."""
    async with s.db.transaction() as conn:
        await log_out(conn, viewer.token, s.clock())
    response = RedirectResponse("/login", status_code=303)
    drop_session(response, s)
    return response
