"""The parts of a multipart body: a form's fields and files, or the pieces of a camera's stream.

Cameras write more loosely than forms do: multipart/x-mixed-replace and multipart/mixed have
no names, some end their lines with LF alone, and a captured stream has no last boundary. A form
(multipart/form-data) must be whole: half of one is no request.
"""

from __future__ import annotations

import re

import msgspec
from python_multipart.multipart import parse_options_header

from cameras.incoming import BadBody

PARTS_MAX = 40
HEADER_MAX = 4096
BOUNDARY_MAX = 200

_FIRST = re.compile(rb"--([^\s]{1,200}?)[ \t]*\r?\n")


class Part(msgspec.Struct, frozen=True):
    """One part: its form name and file name ("" without), the kind it claims, and its bytes."""

    name: str
    filename: str
    kind: str
    data: bytes


def leading_boundary(body: bytes) -> bytes:
    """The boundary of a multipart body that begins with it, b"" when it does not."""
    found = _FIRST.match(body.lstrip(b"\r\n"))
    return found[1] if found else b""


def parts_of(content_type: str, body: bytes) -> tuple[Part, ...]:
    """The parts in order. Raises BadBody.

    The boundary is the one that `content_type` names, else the one that the body begins with.
    """
    kind, options = parse_options_header(content_type.encode(errors="replace"))
    boundary = options.get(b"boundary", b"").strip() or leading_boundary(body)
    if not boundary or len(boundary) > BOUNDARY_MAX:
        raise BadBody("Content-Type", "names no boundary of its parts")
    mark = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|\Z)")
    parts: list[Part] = []
    begin, whole = -1, False
    for found in mark.finditer(body):
        if begin >= 0:
            if len(parts) >= PARTS_MAX:
                raise BadBody("body", f"has more than {PARTS_MAX} parts")
            parts.append(_part(body[begin : found.start()]))
        # the line's end belongs to the next boundary, too: a part may be empty
        begin = found.end()
        if found[1]:
            whole = True
            break
    if not whole and kind == b"multipart/form-data":
        raise BadBody("body", "is not a whole multipart form: its last boundary is missing")
    if not whole and begin >= 0 and body[begin:].strip(b"\r\n"):
        parts.append(_part(body[begin:]))
    if not parts:
        raise BadBody("body", "is not multipart: it has no part")
    return tuple(parts)


def _part(raw: bytes) -> Part:
    head, gap, data = _split(raw)
    if not gap or len(head) > HEADER_MAX:
        raise BadBody("body", "has a part without the blank line after its headers")
    headers: dict[str, str] = {}
    for line in head.decode("latin-1").splitlines():  # as parse_options_header has it
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    said = headers.get("content-length", "")
    if said.isascii() and said.isdigit() and len(said) < 10 and not data[int(said) :].strip():
        data = data[: int(said)]  # without the line's end after the last part of a stream
    options = parse_options_header(headers.get("content-disposition", ""))[1]
    return Part(
        name=options.get(b"name", b"").decode("utf-8", "replace")[:60],
        filename=options.get(b"filename", b"").decode("utf-8", "replace")[:120],
        kind=headers.get("content-type", "").partition(";")[0].strip().lower(),
        data=data,
    )


def _split(raw: bytes) -> tuple[bytes, bytes, bytes]:
    """Headers, the blank line, the content; a part may begin with the blank line."""
    for blank in (b"\r\n", b"\n"):
        if raw.startswith(blank):
            return b"", blank, raw[len(blank) :]
    for blank in (b"\r\n\r\n", b"\n\n"):
        head, gap, data = raw.partition(blank)
        if gap:
            return head, gap, data
    return raw, b"", b""
