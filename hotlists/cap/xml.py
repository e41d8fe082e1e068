"""XML from strangers: no DTD, no entities, nothing external, and every size bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

MAX_BYTES = 8_000_000
"""A whole feed; one alert is a few thousand bytes."""
MAX_DEPTH = 32
MAX_ELEMENTS = 400_000
MAX_ALERTS = 2_000

CAP = ("urn:oasis:names:tc:emergency:cap:1.2", "urn:oasis:names:tc:emergency:cap:1.1")
ALERTS = frozenset(f"{{{space}}}alert" for space in CAP)
MAY_BE_EMPTY = frozenset({"feed", "alerts", "rss"})
"""Wrappers that hold no alert on a quiet day."""

_BLANKS = re.compile(rb"\s*")
_END_OF_ALERT = re.compile(rb"</(?:[\w.-]{1,40}:)?alert\s{0,20}>")


class TooMuch(Exception):
    """The document goes beyond one of the bounds."""


class _Builder(TreeBuilder):
    """Keeps the alerts alone, outermost ones, as they are completed."""

    def __init__(self) -> None:
        super().__init__()
        self.alerts: list[Element] = []
        self.excess = 0
        self.root = ""
        self._open: list[str] = []
        self._inside = 0
        self._elements = 0

    @property
    def is_closed(self) -> bool:
        """Whether the root element was completed: what comes then is another document."""
        return bool(self.root) and not self._open

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self.root = self.root or tag
        self._open.append(tag)
        self._elements += 1
        if len(self._open) > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise TooMuch
        self._inside += tag in ALERTS
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        element = super().end(tag)
        self._open.pop()
        if tag in ALERTS:
            self._inside -= 1
            if not self._inside:
                if len(self.alerts) < MAX_ALERTS:
                    self.alerts.append(element)
                else:
                    self.excess += 1
        return element


def alerts_in(data: bytes) -> Iterator[Element | str]:
    """Every CAP alert element of a document, a feed, or documents one after the other.

    What cannot be taken comes as its reason instead, one a place. Never raises; nothing at all
    comes of an empty wrapper.
    """
    if len(data) > MAX_BYTES:
        yield f"the document is larger than {MAX_BYTES:,} bytes"
        return
    data = data.strip()
    if not data:
        yield "the document is empty"
        return
    found, problem, junk = _parsed(data)
    if not junk:
        yield from found
        if problem:
            yield problem
        return
    for piece in _pieces(data):
        found, problem, junk = _parsed(piece)
        yield from found
        if problem or junk:
            yield problem or "the XML is broken"


def _pieces(data: bytes) -> Iterator[bytes]:
    """`data` cut after each end of an alert, and the rest."""
    start = 0
    for count, end in enumerate(_END_OF_ALERT.finditer(data)):
        if count >= MAX_ALERTS:
            break
        yield _from_the_head(data[start : end.end()].strip())
        start = end.end()
    rest = data[start:].strip()
    if rest:
        yield rest


def _from_the_head(data: bytes) -> bytes:
    """`data` without comments before its `<?xml`, where XML allows none. One look at each byte."""
    at = 0
    while data.startswith(b"<!--", at):
        end = data.find(b"-->", at + 4)
        if end < 0:
            return data
        blanks = _BLANKS.match(data, end + 3)
        at = blanks.end() if blanks else end + 3
    return data[at:] if data.startswith(b"<?xml", at) else data


def _parsed(data: bytes) -> tuple[list[Element | str], str, bool]:
    """(alerts, why the rest was not read or "", whether another document follows)."""
    builder = _Builder()
    parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    problem, junk = "", False
    try:
        parser.feed(data)
        parser.close()
    except DefusedXmlException:
        return [], "the XML has a DTD or entities, which are never read", False
    except TooMuch:
        problem = "the XML is too deep or has too many elements"
    except (ParseError, ExpatError):
        junk = builder.is_closed
        problem = "" if junk else "the XML is broken"
    except (LookupError, ValueError, AssertionError):  # an encoding nobody knows
        problem = "the XML is broken"
    root = builder.root.rpartition("}")[2]
    if not (problem or junk or builder.alerts or root in MAY_BE_EMPTY):
        problem = "no CAP alert in the document"
    excess = [f"more than {MAX_ALERTS:,} alerts in one document"] * builder.excess
    return [*builder.alerts, *excess], problem, junk
