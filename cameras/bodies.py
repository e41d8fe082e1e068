"""A whole body of a camera's request: its payload, and the files beside it. Pure."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from cameras.incoming import Attachment, BadBody, WrongKind
from cameras.parts import Part, leading_boundary, parts_of
from cameras.payloads import EVENTS_MAX, EventStream, payload_from, structured

FIELD = "json"
"""The form field that holds the payload when a form has several."""
FIELDS_MAX = 10

FORM = "application/x-www-form-urlencoded"
LOOSE = ("", "text/plain", "application/octet-stream")
"""Kinds that cameras give to anything: the bytes decide, a boundary at their beginning as well."""
KINDS = ("JSON", "XML", "text/plain", "multipart/form-data", "multipart/mixed", FORM)


def kind_of(content_type: str) -> str:
    """The media type in lower case. Raises WrongKind for one that no camera's message has."""
    kind = content_type.partition(";")[0].strip().lower()
    known = kind in (*LOOSE, FORM) or kind.startswith("multipart/")
    if not known and not kind.endswith(("/json", "+json", "/xml", "+xml")):
        raise WrongKind("Content-Type", "must be one of " + ", ".join(KINDS))
    return kind


def understood(content_type: str, body: bytes) -> tuple[Any, tuple[Attachment, ...]]:
    """The payload (cameras.payloads) and the files beside it.

    Raises WrongKind (Content-Type) or BadBody. A multipart body has one payload, in the form field
    "json" or in the one part that is JSON or XML; the parts of a text event stream are one
    stream. Other fields of a form are left alone; its other files are the attachments.
    """
    kind = kind_of(content_type)
    if kind.startswith("multipart/") or (kind in LOOSE and leading_boundary(body)):
        return _multipart(content_type if kind.startswith("multipart/") else "", body)
    if kind == FORM and not structured(body):
        return payload_from("application/json", _field(body), FIELD), ()
    return payload_from(content_type, body), ()


def _field(body: bytes) -> bytes:
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError as bad:
        raise BadBody("body", f"is a form of more than {FIELDS_MAX} fields") from bad
    fields = {name.decode("utf-8", "replace"): value for name, value in pairs}
    if FIELD not in fields:
        raise _missing()
    return fields[FIELD]


def _missing() -> BadBody:
    problem = "is missing: a form must hold the payload in this field, or in a part that is JSON"
    problem += " or XML. To send plain JSON, set Content-Type: application/json"
    return BadBody(FIELD, problem)


def _multipart(content_type: str, body: bytes) -> tuple[Any, tuple[Attachment, ...]]:
    parts = parts_of(content_type, body)
    named = [part for part in parts if part.name == FIELD]  # some send it as a file, some as text
    payloads: list[Any] = []
    files: list[Attachment] = []
    for part in parts:
        where = part.name or part.filename or f"part {len(payloads) + len(files) + 1}"
        if part in named:
            payloads.append(payload_from("application/json", part.data, FIELD))
        elif not named and (payload := _payload(part, where)) is not None:
            payloads.append(payload)
        elif part.filename or part.kind.startswith("image/"):
            files.append(Attachment(where, part.data, part.filename))
    if not payloads:
        raise _missing()
    return _one(payloads), tuple(files)


def _payload(part: Part, where: str) -> Any:
    """What the part holds when it says or shows that it is a message, else None."""
    says = part.kind.endswith(("/json", "+json", "/xml", "+xml"))
    says = says or part.filename.lower().endswith((".json", ".xml"))
    if not says and not structured(part.data):
        return None
    try:
        return payload_from(part.kind, part.data, where)
    except BadBody:
        if says:
            raise
        return None  # a field of a form that only begins like one, "[gate 1]"


def _one(payloads: list[Any]) -> Any:
    if len(payloads) == 1:
        return payloads[0]
    streams = [one for one in payloads if isinstance(one, EventStream)]
    if len(streams) < len(payloads):
        raise BadBody("body", f"holds {len(payloads)} messages; send each in its own request")
    events = tuple(event for stream in streams for event in stream.events)
    if len(events) > EVENTS_MAX:
        raise BadBody("body", f"has more than {EVENTS_MAX} events")
    return EventStream(events)
