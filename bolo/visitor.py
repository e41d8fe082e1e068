"""A person at the console, over HTTP: logs in through the form and uses the API as the pages do."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Any

import httpx

from domain.errors import BoloError

_CSRF = re.compile(r'<meta name="csrf" content="([^"]+)"')


class Refused(BoloError):
    """The console did not do what was asked; its answer is the message."""


class Visitor:
    """``async with Visitor(url) as v: await v.log_in(...); await v.post("/api/...", {...})``."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=url, timeout=15, follow_redirects=False, headers={"Origin": url}
        )
        self._csrf = ""

    async def log_in(self, login: str, password: str) -> None:
        """Through the form. Raises Refused."""
        answer = await self._http.post("/login", data={"name": login, "password": password})
        if answer.status_code != 303:
            msg = f"log-in as {login}: {answer.status_code}"
            raise Refused(msg)
        page = await self._http.get("/")
        found = _CSRF.search(page.text)
        if not found:
            msg = f"the page after log-in has no CSRF token ({page.status_code})"
            raise Refused(msg)
        self._csrf = found[1]

    async def get(self, path: str) -> Any:
        """JSON of an API path."""
        return _json(await self._http.get(path))

    async def page(self, path: str) -> httpx.Response:
        """A page or a picture."""
        return await self._http.get(path)

    async def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """JSON to an API path, with the session's CSRF token."""
        return _json(await self._http.post(path, json=body or {}, headers={"X-CSRF": self._csrf}))

    async def __aenter__(self) -> Visitor:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        wrong: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()


def _json(answer: httpx.Response) -> Any:
    if answer.is_success:
        return answer.json()
    asked = f"{answer.request.method} {answer.request.url.path}"
    msg = f"{asked}: {answer.status_code} {answer.text[:300]}"
    raise Refused(msg)
