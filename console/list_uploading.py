"""A list's file from a person's hand: streamed into the refresh, never kept on the way.

Rows of a prohibited category must touch no disk of ours, so the framework's parser of forms is not
used here: it writes parts of some size to a temporary file.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from console.auth import Viewer, check_origin
from console.services import Services
from domain.errors import BadInput, NotAllowed
from hotlists.pieces import LARGEST

FORM_LIMIT = LARGEST + 64 * 1024
"""Bytes of a form with a file: the file and what is around it."""
FIELD_LIMIT, FIELDS = 8 * 1024, 20
HEADERS_LIMIT = 4 * 1024
SILENCE = 30.0
"""Seconds without a byte after which a sender counts as gone."""
DRAINED = 64 * 1024 * 1024
"""Bytes that are read away before an early answer: a browser that is still sending sees none."""


@dataclass
class Upload:
    """A form up to its file: the fields before it, and the file's bytes, which may be read once.

    `pieces` raises BadInput when the form does not come to its end.
    """

    fields: dict[str, str]
    filename: str
    pieces: AsyncIterator[bytes]


def by_header(request: Request, s: Services, viewer: Viewer) -> None:
    """Raise NotAllowed unless the viewer's own page or program sent this: for a route whose body is
    too large to look for the token in it."""
    check_origin(request, s)
    _check(request.headers.get("x-csrf", ""), viewer)


async def begun(
    request: Request, s: Services, viewer: Viewer, *, longest: int = FIELD_LIMIT
) -> Upload:
    """The form up to its file, from the viewer's own page. Raises NotAllowed and BadInput.

    A form without a file has the file name "". `longest` is of a field, in bytes. The token stands
    in X-CSRF or in a field before the file, so that nothing of a file is taken from a page that is
    not ours.
    """
    check_origin(request, s)
    given = request.headers.get("x-csrf", "")
    if given:
        _check(given, viewer)
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= 200:
        if not given:
            _check("", viewer)
        raise BadInput("file", "must come as a form with a file")
    parts = _parts(request, boundary)
    fields: dict[str, str] = {}
    async for name, filename, data in parts:
        if filename is None:
            fields[name] = (fields.get(name, "").encode() + data).decode(errors="replace")
            if len(fields[name]) > longest or len(fields) > FIELDS:
                raise BadInput(name, "is too long")
            continue
        if not given:
            _check(fields.get("csrf", ""), viewer)
        return Upload(fields, filename, _rest(data, name, parts))
    if not given:
        _check(fields.get("csrf", ""), viewer)
    return Upload(fields, "", parts_are_over())


async def body_pieces(request: Request) -> AsyncIterator[bytes]:
    """A body that is the file itself, as it comes. Raises BadInput when it stops coming."""
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(SILENCE):
                piece = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError as quiet:
            raise BadInput("file", f"stopped coming: nothing for {SILENCE:.0f} s") from quiet
        except ClientDisconnect as gone:
            raise BadInput("file", "did not come whole") from gone
        if piece:
            yield piece


async def drained(pieces: AsyncIterator[bytes]) -> None:
    """Read away what is still coming, up to a bound, so that the sender sees the answer."""
    size = 0
    try:
        async for piece in pieces:
            size += len(piece)
            if size > DRAINED:
                return
    except (BadInput, MultipartParseError):
        return


async def parts_are_over() -> AsyncIterator[bytes]:
    """The bytes of no file."""
    return
    yield b""


def _check(given: str, viewer: Viewer) -> None:
    if not hmac.compare_digest(given.encode(), viewer.csrf.encode()):
        old = "this page is from an older session; reload it and try again"
        raise NotAllowed(old)


async def _rest(
    first: bytes, name: str, parts: AsyncIterator[tuple[str, str | None, bytes]]
) -> AsyncIterator[bytes]:
    """The file's bytes; fields behind it are not looked at."""
    if first:
        yield first
    async for which, filename, data in parts:
        if filename is not None and which == name and data:
            yield data


async def _parts(request: Request, boundary: bytes) -> AsyncIterator[tuple[str, str | None, bytes]]:
    """(field, file name or None, bytes) as they come; every part at least once, with b"" first."""
    form = _Form(boundary)
    try:
        async for piece in body_pieces(request):
            form.write(piece)
            while form.found:
                yield form.found.pop(0)
    except MultipartParseError as bad:
        raise BadInput("file", "did not come as a whole form; try again") from bad
    if not form.whole:
        raise BadInput("file", "did not come whole; try again")


class _Form:
    """The parser's events as parts. Holds one piece of the body at most."""

    def __init__(self, boundary: bytes) -> None:
        self.found: list[tuple[str, str | None, bytes]] = []
        self.whole = False
        self._name, self._filename = "", None
        self._header, self._value, self._headers = b"", b"", 0
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._on_field,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header,
                "on_headers_finished": lambda: self._add(b""),
                "on_part_data": lambda data, start, end: self._add(data[start:end]),
                "on_end": self._end,
            },
        )

    _filename: str | None

    def write(self, piece: bytes) -> None:
        self._parser.write(piece)

    def _begin(self) -> None:
        self._name, self._filename, self._headers = "", None, 0

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._bounded(end - start)

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._bounded(end - start)

    def _bounded(self, more: int) -> None:
        self._headers += more
        if self._headers > HEADERS_LIMIT:
            long = "the headers of a part are too long"
            raise MultipartParseError(long)

    def _on_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            self._name = options.get(b"name", b"").decode(errors="replace")
            if b"filename" in options:
                self._filename = options[b"filename"].decode(errors="replace")
        self._header, self._value = b"", b""

    def _add(self, data: bytes) -> None:
        self.found.append((self._name, self._filename, data))

    def _end(self) -> None:
        self.whole = True
