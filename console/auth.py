"""Who is asking: the session cookie, the CSRF token, the origin.

The cookie is SameSite=Lax and not Strict: an officer arrives by a link in an SMS, and with Strict
the phone would open that link without the session and ask for a password on the road. Nothing
that changes anything is a GET, and every POST needs the token and the right origin, so Lax
gives nothing away.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from console import store
from console.security import same_origin
from console.services import Services
from domain.errors import NotAllowed
from people.model import Person, Session
from people.store import person_of


class LogInFirst(Exception):
    """There is no session, or it ended."""


@dataclass(frozen=True)
class Viewer:
    """The person behind a request, with what their pages need."""

    person: Person
    agency: store.Agency
    csrf: str = field(repr=False)
    token: str = field(repr=False)


def services(request: Request) -> Services:
    """What the app was built with."""
    found = request.app.state.services
    assert isinstance(found, Services)
    return found


Wired = Annotated[Services, Depends(services)]


def cookie_name(https: bool) -> str:
    """With https the name itself binds the cookie to this host, path / and Secure."""
    return "__Host-bolo" if https else "bolo"


def is_https(s: Services) -> bool:
    """Whether people reach the console by https."""
    return s.public_url.startswith("https://")


def set_session(response: Response, s: Services, session: Session) -> None:
    """Give the browser its session; it ends with the session itself."""
    response.set_cookie(
        cookie_name(is_https(s)),
        session.token,
        max_age=max(0, int((session.expires_at - s.clock()).total_seconds())),
        httponly=True,
        secure=is_https(s),
        samesite="lax",
        path="/",
    )


def drop_session(response: Response, s: Services) -> None:
    """Take the cookie back."""
    response.delete_cookie(
        cookie_name(is_https(s)),
        path="/",
        secure=is_https(s),
        httponly=True,
        samesite="lax",
    )


def token_of(request: Request, s: Services) -> str:
    """The session token the browser sent; "" when it sent none."""
    return request.cookies.get(cookie_name(is_https(s)), "")


async def viewer(request: Request, s: Wired) -> Viewer:
    """The person who is logged in. Raises LogInFirst."""
    token = token_of(request, s)
    if not token:
        raise LogInFirst
    async with s.db.connection() as conn:
        found = await person_of(conn, token, s.clock())
        if found is None:
            raise LogInFirst
        person, csrf = found
        return Viewer(person, await store.agency(conn, person.agency), csrf, token)


LoggedIn = Annotated[Viewer, Depends(viewer)]


async def posting(request: Request, who: LoggedIn, s: Wired) -> Viewer:
    """The person who is logged in and means it: their page sent this. Raises NotAllowed."""
    check_origin(request, s)
    given = request.headers.get("x-csrf", "")
    kind = request.headers.get("content-type", "")
    if not given and kind.startswith("application/x-www-form-urlencoded"):
        value = (await request.form()).get("csrf", "")
        given = value if isinstance(value, str) else ""
    if not hmac.compare_digest(given.encode(), who.csrf.encode()):
        old = "this page is from an older session; reload it and try again"
        raise NotAllowed(old)
    return who


Posting = Annotated[Viewer, Depends(posting)]


def check_origin(request: Request, s: Services) -> None:
    """Raise NotAllowed when another site's page sent this."""
    if not same_origin(request.headers, s.public_url):
        foreign = "this request came from another site and was not carried out"
        raise NotAllowed(foreign)
