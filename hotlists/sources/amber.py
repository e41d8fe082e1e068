"""NCMEC AMBER alerts as CAP 1.2 documents (hotlists.cap): those in force now, of all ever sent.

The source remembers earlier messages, since an Update or a Cancel speaks of them. So a file with no
new message still says what is in force: less, when an alert has expired. The alert's text decides
about plates only where it leaves no doubt; the rest waits for a person (`Out.unclear`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import unescape
from typing import Any

import msgspec

from domain.entry import Area
from hotlists.cap.entries import understand
from hotlists.cap.lifecycle import State
from hotlists.columns import COLUMNS, rows_of
from hotlists.encodings import decoded
from hotlists.sources import Context, Out
from policy.prohibited import said_in

KIND = "amber"
LARGEST = 64 * 1024 * 1024
"""Bytes of a feed; one alert has some 10 KB. What is larger is cut off, and then no whole XML."""


def parse(data: Iterable[bytes], context: Context, out: Out) -> None:
    """See hotlists.sources.SourceKind.parse. A row is an alert of the file; what is in force from
    earlier files counts as an accepted row, too."""
    found = context.found
    document = _whole(data)
    known = _state(context.state)
    if known is None:
        found.forgot = True
        known = State()
    settings = {"known_characters": context.policy.lists.known_characters, **_said(context)}
    seen = understand([document] if document.strip() else [], known, context.now, settings)
    records = [
        cells_of(entry) for entry in seen.entries if entry["category"] in context.policy.categories
    ]
    found.accepted = len(records)
    found.prohibited = seen.prohibited + len(seen.entries) - len(records)
    found.waiting = len(seen.pending)
    found.rejected = dict(seen.rejected)
    found.not_failed = seen.ignored
    found.rows = found.accepted + found.prohibited + found.waiting + sum(seen.rejected.values())
    found.unknown = dict(seen.kinds)
    found.may_be_empty = True
    found.columns = ["CAP"]
    if not seen.prohibited and not _may_say_it(document):
        out.original(document)
    out.rows(rows_of(records))
    for one in seen.pending:
        out.unclear(msgspec.to_builtins(one))
    out.remember(msgspec.json.encode(seen.state).decode())


def cells_of(entry: Mapping[str, Any]) -> dict[str, str]:
    """An entry of hotlists.cap as a row's cells, with its "key"."""
    cells = {name: str(entry[name]) for name in ("key", *COLUMNS) if entry.get(name)}
    area = entry.get("area")
    if area is not None:
        circle = area if isinstance(area, Area) else msgspec.convert(area, Area)
        cells["area"] = msgspec.json.encode(circle).decode()
    return cells


def _said(context: Context) -> dict[str, Any]:
    names = ("events", "known_characters", "hours_without_expiry", "longest_hours")
    settings = context.source.settings
    return {name: settings[name] for name in names if name in settings}


def _may_say_it(document: bytes) -> bool:
    """Whether the document says what is never held, also where it was not understood."""
    text = unescape(decoded(document)[0])
    return said_in(text, [text])


def _whole(data: Iterable[bytes]) -> bytes:
    pieces: list[bytes] = []
    length = 0
    for piece in data:
        pieces.append(piece[: LARGEST - length])
        length += len(pieces[-1])
        if length >= LARGEST:
            break
    return b"".join(pieces)


def _state(text: str) -> State | None:
    """What was remembered; None when it cannot be read."""
    if not text:
        return State()
    try:
        return msgspec.json.decode(text, type=State)
    except msgspec.DecodeError:
        return None
