"""What a body is: JSON, XML or a text event stream, told from its bytes and never guessed further.

Cameras say their Content-Type wrongly (XML as text/plain or application/octet-stream), so the first
bytes decide. XML comes from strangers: no DTD, no entity, no external reference, and bounds on
bytes, depth and elements that real messages of two or three thousand bytes never come near.
"""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from cameras.incoming import BadBody
from domain.topics import READS_A_RECORD

XML_BYTES = 2 * 1024 * 1024
XML_DEPTH = 64
XML_ELEMENTS = 20_000

EVENTS_MAX = READS_A_RECORD
KEYS_MAX = 5_000
"""Lines of one text event stream; an event of Dahua's has about 200."""

_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe<\x00", b"\xfe\xff\x00<")
_EVENTS = re.compile(rb"\s*(?:Code=|(?:Return)?Events\[\d{1,6}\]\.|Heartbeat\s*(?:\n|\Z))")
_LINE = re.compile(r"(?:Return)?Events\[(\d{1,6})\]\.([^=]{1,200})=(.*)")
_BLANKS = re.compile(r"\s*")
_json = json.JSONDecoder()


class EventStream(msgspec.Struct, frozen=True):
    """A text event stream: one item an event, each a mapping of its keys to texts.

    Dahua's ``Code=TrafficJunction;action=Pulse;index=0;data={...}`` becomes {"Code":
    "TrafficJunction", "action": "Pulse", "index": "0", "data": <decoded JSON value>}; its lines
    ``Events[0].TrafficCar.PlateNumber=...`` become {"TrafficCar.PlateNumber": ...}, an item for
    each index. A bare ``Heartbeat`` is {"Code": "Heartbeat"}.
    """

    events: tuple[dict[str, Any], ...]


def payload_from(content_type: str, body: bytes, field: str = "body") -> Any:
    """The body as a JSON value, an XML Element, or an EventStream.

    `content_type` only words the error. Raises BadBody with `field`.
    """
    plain = body.removeprefix(_BOM)
    if plain.lstrip(_BLANK)[:1] == b"<" or body.startswith(_UTF16):
        return _xml(body, field)
    if _EVENTS.match(plain):
        return _event_stream(plain, field)
    try:
        return msgspec.json.decode(plain)
    except RecursionError as deep:
        raise BadBody(field, "is nested too deeply") from deep
    except (msgspec.MsgspecError, ValueError) as bad:
        said = content_type.partition(";")[0].strip().lower()
        kinds = "XML" if said.endswith("xml") else "JSON"
        if said in ("text/plain", "application/octet-stream"):
            kinds = "JSON, XML or a text event stream"
        raise BadBody(field, f"is not {kinds}: {bad}") from bad


def structured(data: bytes) -> bool:
    """Whether the bytes begin as JSON, XML or a text event stream do; a picture never does."""
    plain = data.removeprefix(_BOM)
    begins = plain.lstrip(_BLANK)[:1]
    return begins in (b"{", b"[", b"<") or bool(_EVENTS.match(plain)) or data.startswith(_UTF16)


class _Bounded(TreeBuilder):
    """Builds a tree until it is too deep or too large."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._left = XML_ELEMENTS

    def start(self, tag: Any, attrs: Any, /) -> Element:
        self._depth += 1
        self._left -= 1
        if self._depth > XML_DEPTH:
            problem = f"is nested deeper than {XML_DEPTH} elements"
            raise BadBody("", problem)
        if self._left < 0:
            problem = f"has more than {XML_ELEMENTS} elements"
            raise BadBody("", problem)
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def _xml(body: bytes, field: str) -> Element:
    if len(body) > XML_BYTES:
        raise BadBody(field, f"is XML of {len(body)} bytes; the limit for XML is {XML_BYTES}")
    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(body)
        root = parser.close()
    except BadBody as bound:
        raise BadBody(field, bound.problem) from None
    except DefusedXmlException as attack:
        problem = "is XML with a DTD, an entity or an external reference, which is not taken"
        raise BadBody(field, problem) from attack
    except (ParseError, ValueError, LookupError, RecursionError, AssertionError) as bad:
        # ParseError's words are a position ("line 3, column 9") and no content
        words = str(bad) if isinstance(bad, ParseError) else "its encoding is not known here"
        raise BadBody(field, f"is not XML: {words}") from bad
    if not isinstance(root, Element):
        raise BadBody(field, "is XML without an element")
    return root


def local(element: Element) -> str:
    """An element's name without its namespace, which differs between firmwares."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def child(element: Element | None, *path: str) -> Element | None:
    """The first element down the path of local names, or None."""
    for name in path:
        if element is None:
            return None
        element = next((one for one in element if local(one) == name), None)
    return element


def text(element: Element | None, *path: str) -> str:
    """The text of the element down the path, without surrounding blanks; "" when absent."""
    found = child(element, *path)
    return "" if found is None or found.text is None else found.text.strip()


def _event_stream(body: bytes, field: str) -> EventStream:
    try:
        said = body.decode()
    except UnicodeDecodeError as bad:
        raise BadBody(field, "is a text event stream that is not UTF-8") from bad
    events: list[dict[str, Any]] = []
    by_index: dict[str, dict[str, Any]] = {}
    at, lines = 0, 0
    while at < len(said):
        end = said.find("\n", at)
        end = len(said) if end < 0 else end
        line = said[at:end].strip()
        lines += 1
        if lines > KEYS_MAX or len(events) > EVENTS_MAX:
            raise BadBody(field, f"has more than {KEYS_MAX} lines or {EVENTS_MAX} events")
        if line.startswith("Code="):
            event, end = _coded(said, at, end, field)
            events.append(event)
        elif keyed := _LINE.fullmatch(line):
            index, key, value = keyed.groups()
            if index not in by_index:
                by_index[index] = {}
                events.append(by_index[index])
            by_index[index][key.strip()] = value.strip()
        elif line == "Heartbeat":
            events.append({"Code": "Heartbeat"})
        elif line:
            problem = f"line {lines} is neither an event (Code=...) nor a key of one"
            raise BadBody(field, problem)
        at = end + 1
    return EventStream(tuple(events))


def _coded(said: str, at: int, end: int, field: str) -> tuple[dict[str, Any], int]:
    """The event that begins at `at`, and where it ends; its JSON may go over several lines."""
    start = at + len(said[at:end]) - len(said[at:end].lstrip())
    mark = said.find(";data=", start, end)
    head = said[start : end if mark < 0 else mark]
    pairs = (part.partition("=") for part in head.strip().split(";"))
    event: dict[str, Any] = {key.strip(): value.strip() for key, _, value in pairs if key.strip()}
    if mark < 0:
        return event, end
    value = _BLANKS.match(said, mark + len(";data="))
    try:
        event["data"], end = _json.raw_decode(said, value.end() if value else end)
    except RecursionError as deep:
        raise BadBody(field, "is nested too deeply") from deep
    except ValueError as bad:
        raise BadBody(field, "has an event whose data is not JSON") from bad
    return event, end
