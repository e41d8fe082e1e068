"""A neighbour's list: bolo+https://host, pulled page by page from where the last pull ended.

What arrives is one document of all pages (hotlists.neighbour.wire); a pull that found nothing new
confirms the list in force. The token of the agreement goes as a bearer token. The certificate is
verified, redirects are not followed, and bolo+http:// is for this machine alone.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from domain.errors import BadInput
from hotlists.arrivals import Arrived, Found, NotArrived, NotChanged, Wanted, careful
from hotlists.neighbour.memory import Memory, recalled
from hotlists.neighbour.wire import (
    MOST,
    PAGE_BYTES,
    PAGES,
    PATH,
    PULL_BYTES,
    START,
    Beginning,
    From,
    Page,
    page_of,
)

SCHEMES = ("bolo+https", "bolo+http")

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_WORDS_MAX = 300
_PASSING = (408, 425, 429)


def check(location: str, settings: Mapping[str, Any]) -> None:
    """A server and nothing else, and the name of the setting that holds the agreement's token."""
    parts = urlsplit(location)
    if not parts.hostname:
        raise BadInput("location", "names no server, as in bolo+https://bolo.example.gov")
    if parts.scheme.lower() == "bolo+http" and parts.hostname not in _LOOPBACK:
        problem = "bolo+http:// would send the list and its token in clear: use bolo+https://"
        raise BadInput("location", problem)
    if parts.query or parts.fragment or parts.username:
        problem = "must be the neighbor's address alone, as in bolo+https://bolo.example.gov"
        raise BadInput("location", problem)
    if not settings.get("secret"):
        problem = "name the secret that holds the agreement's token, which the neighbor gave"
        raise BadInput("settings.secret", problem)


@asynccontextmanager
async def opened(wanted: Wanted) -> AsyncIterator[Found]:
    """Ask for what is new since the last pull, and yield it, or that there is nothing."""
    token = wanted.secret or ""
    if not token.isascii() or not token.isprintable() or not token or " " in token:
        problem = "the list's secret is no token: put there what the neighbor's bolo printed"
        raise NotArrived(problem, passing=False)
    before = recalled(wanted.remembered)
    timeout = httpx.Timeout(wanted.silence, connect=min(15.0, wanted.silence))
    async with httpx.AsyncClient(timeout=timeout, follow_redirects=False) as client:
        place = before.place if before is not None else START
        first = await _page(client, wanted, place)
        if first is None:  # it has another history than the one that we know
            place = START
            first = await _page(client, wanted, place)
        if first is None:
            problem = f"{_host(wanted)} answers that a pull cannot begin at its beginning"
            raise NotArrived(problem)
        if before is not None and _same(before, first, place, wanted):
            yield NotChanged(confirms=True)
            return
        beginning = Beginning(
            had=before.place if before is not None else None,
            since=place.cursor,
            name=f"{place.cursor}-{first.cursor}-{first.mark}",
        )
        async with aclosing(_document(client, wanted, beginning, first)) as lines:
            yield Arrived(careful(lines, wanted), beginning.name)


def _same(before: Memory, page: Page, place: From, wanted: Wanted) -> bool:
    """Whether it changes nothing of what the last pull put in force. That one's name must be noted
    as well, or the confirmation would be of a list that somebody went back to."""
    return (
        place == before.place
        and wanted.etag == before.name
        and page.agency == before.agency
        and not page.more
        and not page.entries
        and not any(key in before.entries for key in page.withdrawn)
    )


async def _document(
    client: httpx.AsyncClient, wanted: Wanted, beginning: Beginning, first: Page
) -> AsyncGenerator[bytes]:
    """The lines of hotlists.neighbour.wire, page after page."""
    yield msgspec.json.encode(beginning) + b"\n"
    page, size = first, 0
    for _ in range(PAGES):
        line = msgspec.json.encode(page)
        if b"\n" in line:  # an entry is passed on as it came, and JSON may be laid out
            line = line.replace(b"\r", b" ").replace(b"\n", b" ")
        size += len(line)
        if size > PULL_BYTES:
            break
        yield line + b"\n"
        if not page.more:
            return
        following = await _page(client, wanted, From(page.cursor, page.mark))
        if following is None:
            problem = f"the history of {_host(wanted)} changed while it was read"
            raise NotArrived(problem)
        page = following
    problem = f"{_host(wanted)} has more to give than any list has"
    raise NotArrived(problem, passing=False)


async def _page(client: httpx.AsyncClient, wanted: Wanted, place: From) -> Page | None:
    """One page; None when the neighbour does not know the place. Raises NotArrived."""
    body = await _asked(client, wanted, place)
    if body is None:
        return None
    try:
        page = page_of(body)
    except ValueError as bad:
        problem = f"{_host(wanted)}: what it sent {bad}"
        raise NotArrived(problem, passing=False) from None
    if page.since != place.cursor:
        problem = f"{_host(wanted)} answered another question than ours"
        raise NotArrived(problem, passing=False)
    return page


async def _asked(client: httpx.AsyncClient, wanted: Wanted, place: From) -> bytes | None:
    request = client.build_request(
        "GET",
        _address(wanted.location),
        params={"cursor": place.cursor, "mark": place.mark, "limit": MOST},
        headers={
            "accept": "application/json",
            "accept-encoding": "identity",
            "authorization": f"Bearer {wanted.secret or ''}",
            "user-agent": "bolo",
        },
    )
    try:
        async with asyncio.timeout(wanted.silence * 2):  # one page, however slowly it drips
            answer = await client.send(request, stream=True)
            try:
                body = await _body(answer, wanted)
            finally:
                await answer.aclose()
    except TimeoutError:
        problem = f"{_host(wanted)} does not answer in time"
        raise NotArrived(problem) from None
    except httpx.HTTPError as wrong:
        raise _unreached(wrong, _host(wanted)) from wrong
    if answer.status_code == httpx.codes.GONE:
        return None
    if answer.status_code != httpx.codes.OK:
        raise _refused(answer.status_code, body, wanted)
    return body


async def _body(answer: httpx.Response, wanted: Wanted) -> bytes:
    """The bytes as they come, never unpacked: a small answer cannot become a large one."""
    coding = answer.headers.get("content-encoding", "identity")
    if coding != "identity":
        problem = f"{_host(wanted)} answers packed ({coding[:20]!r}), which it was asked not to"
        raise NotArrived(problem, passing=False)
    most = PAGE_BYTES if answer.status_code == httpx.codes.OK else 4096
    body = b""
    async for piece in answer.aiter_raw(1 << 16):
        body += piece
        if len(body) > most:
            if answer.status_code != httpx.codes.OK:
                return b""
            problem = f"{_host(wanted)} sent a page of more than {PAGE_BYTES // 2**20} MB"
            raise NotArrived(problem, passing=False)
    return body


def _refused(status: int, body: bytes, wanted: Wanted) -> NotArrived:
    """What a person should know, in the neighbour's own words where it has any."""
    said = _words(body)
    if status in (401, 403):
        return NotArrived(f"{_host(wanted)} refuses ({status}): {said}", passing=False)
    passing = status >= 500 or status in _PASSING
    return NotArrived(f"{_host(wanted)} answered {status}: {said}", passing=passing)


def _words(body: bytes) -> str:
    try:
        said = str(msgspec.json.decode(body)["error"]["problem"])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError, TypeError):
        return "it does not say why"
    return "".join(c if c.isprintable() else " " for c in said[:_WORDS_MAX])


def _unreached(wrong: httpx.HTTPError, host: str) -> NotArrived:
    """Without the library's words: they may quote the address."""
    why: BaseException | None = wrong
    for _ in range(10):
        if isinstance(why, ssl.SSLCertVerificationError):
            problem = f"the certificate of {host} is not to be trusted: {why.verify_message}"
            return NotArrived(problem, passing=False)
        why = why and (why.__cause__ or why.__context__)
    if isinstance(wrong, httpx.TimeoutException):
        return NotArrived(f"{host} does not answer in time")
    return NotArrived(f"{host} cannot be reached, or the connection was cut")


def _address(location: str) -> str:
    return location.partition("+")[2].rstrip("/") + PATH


def _host(wanted: Wanted) -> str:
    return urlsplit(wanted.location).hostname or "the neighbor"
