"""One entry of a neighbour: understood, rejected with a reason, or prohibited. Pure.

Nothing of it is trusted: sizes, types, characters, plates, places and times are looked at as if a
stranger had sent them, and what bolo is never used for is dropped here as it is at the giver.
No reason repeats what the entry held.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, NamedTuple

import msgspec

from domain.entry import Area
from hotlists.cells import is_state, plate_of, state_of
from hotlists.neighbour.memory import Cells
from hotlists.neighbour.wire import KEY_MAX, Shared
from matchers.described import AGREEING
from policy.model import Policy
from policy.prohibited import is_key, said_in, why_prohibited, why_prohibited_use

LONGEST = timedelta(days=366)
"""No entry of a neighbour holds longer than this, whatever it says."""
_ENTRY_BYTES = 16_384
_RADIUS = (1.0, 500_000.0)
"""Metres."""
_MAX = {"reason": 1_000, "caution": 600, "category": 64, "key": KEY_MAX, "plate": 60, "pattern": 60}
_MAX_OTHER = 120
_TEXTS = tuple(f.name for f in msgspec.structs.fields(Shared) if f.type is str)
_CELLS = tuple(name for name in _TEXTS if name not in ("key", "plate", "pattern", "state"))


class Checked(NamedTuple):
    """`key` is "" when not even that can be read. Of the other three one is not empty."""

    key: str
    cells: Cells
    problem: str = ""
    prohibited: bool = False


def checked(raw: bytes, policy: Policy, now: datetime) -> Checked:
    """An entry as cells (hotlists.columns), with its category as the neighbour says it."""
    if len(raw) > _ENTRY_BYTES:
        return Checked("", {}, "the entry is larger than 16 KB")
    try:
        everything = msgspec.json.decode(raw)
        # lax: nothing is taken for another type; unknown fields of a newer version are left out
        shared = msgspec.json.decode(raw, type=Shared)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, OverflowError, ValueError):
        return Checked("", {}, "the entry cannot be read")
    texts = {name: _plain(getattr(shared, name)) for name in _TEXTS}
    key = texts["key"]
    if not key or len(key) > KEY_MAX or not key.isascii() or not key.isprintable():
        return Checked("", {}, "the entry has no usable key")
    if _is_prohibited(list(_strings(everything)), texts):
        return Checked(key, {}, prohibited=True)
    for name, text in texts.items():
        if len(text) > _MAX.get(name, _MAX_OTHER):
            return Checked(key, {}, f"{name} is too long")
    cells = {name: texts[name] for name in _CELLS if texts[name]}
    problem = _identity(texts, shared, policy, cells) or _times(shared, policy, now, cells)
    return Checked(key, {}, problem) if problem else Checked(key, cells)


def _identity(texts: Cells, shared: Shared, policy: Policy, cells: Cells) -> str:
    """Plate, pattern or description, into the cells; what is wrong with them, or ""."""
    if not texts["category"]:
        return "the entry has no category"
    named = texts["plate"] or texts["pattern"]
    if texts["plate"] and texts["pattern"]:
        return "the entry has both a plate and a pattern"
    if shared.area is not None:
        area = shared.area
        if not _on_earth(area):
            return "the area is not on the earth"
        tidy = Area(
            latitude=area.latitude,
            longitude=area.longitude,
            radius=area.radius,
            name=_plain(area.name)[:_MAX_OTHER],
        )
        cells["area"] = msgspec.json.encode(tidy).decode()
    if named:
        found = plate_of(named, policy.lists.known_characters)
        if found.problem:
            return found.problem
        cells |= {n: v for n, v in (("plate", found.plate), ("pattern", found.pattern)) if v}
        cells["plate_raw"] = named
        state = state_of(texts["state"]) if texts["state"] else ""
        if state and not is_state(state):
            return "the state is not known"
        if state:
            cells["state"] = state
        return ""
    if sum(bool(texts[name]) for name in ("make", "color", "style")) < AGREEING:
        return "no plate, and too little is said of the vehicle"
    if "area" not in cells or shared.since is None or shared.expires_at is None:
        return "a vehicle without a plate needs an area and a time window"
    return ""


def _times(shared: Shared, policy: Policy, now: datetime, cells: Cells) -> str:
    """The end, which every entry gets, and the beginning."""
    for name in ("expires_at", "since"):
        moment = getattr(shared, name)
        if moment is not None and moment.tzinfo is None:
            return f"{name} has no time zone"
    try:
        ends = shared.expires_at.astimezone(UTC) if shared.expires_at else None
        since = shared.since.astimezone(UTC) if shared.since else None
    except OverflowError:
        return "a moment is beyond all time"
    if ends is None:
        rule = policy.categories.get(shared.category)
        days = rule.max_days if rule else min(r.max_days for r in policy.categories.values())
        ends = now + timedelta(days=days)
    ends = min(ends, now + LONGEST)
    if since is not None and since >= ends:
        return "it ends before it begins"
    cells["expires_at"] = ends.isoformat()
    if since is not None:
        cells["since"] = since.isoformat()
    return ""


def _is_prohibited(strings: list[str], texts: Cells) -> bool:
    """Whether any text of the entry, known field or not, says what bolo is never used for. A plate
    may spell anything."""
    said = [text for text in strings if text not in (texts["plate"], texts["pattern"])]
    if said_in(",".join(said), said) or any(map(is_key, said)):
        return True
    if why_prohibited(texts["category"], texts["ori"]):
        return True
    category = texts["category"].replace("-", " ")
    if why_prohibited_use(category, purpose=True):
        return True
    return any(why_prohibited_use(texts[name]) for name in ("reason", "caution"))


def _strings(value: Any) -> Iterator[str]:
    """Every text in it, at any depth (the decoder has limited that)."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            stack += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            stack += one


def _plain(text: str) -> str:
    """Single blanks; no characters that nobody sees, and none that change how others are read."""
    if not text.isascii() or not text.isprintable():
        text = "".join(
            " " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Zs") else c
            for c in text
            if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn")
        )
    return " ".join(text.split())


def _on_earth(area: Area) -> bool:
    numbers = (area.latitude, area.longitude, area.radius)
    low, high = _RADIUS
    return (
        all(map(isfinite, numbers))
        and -90 <= area.latitude <= 90
        and -180 <= area.longitude <= 180
        and low <= area.radius <= high
    )
