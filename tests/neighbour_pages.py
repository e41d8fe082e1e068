"""What a neighbour's bolo gives, for tests: entries, pages, and whole pulls as they arrive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

ORI = "KS0999900"
NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
ENDS = (NOW + timedelta(days=7)).isoformat()


def entry(n: int, **changes: Any) -> dict[str, Any]:
    """Entry `n`; a change of None leaves the field out."""
    made = {
        "key": f"00000000-0000-4000-8000-{n:012}",
        "category": "stolen-vehicle",
        "plate": f"{n:03}KTB",
        "state": "KS",
        "make": "HYUN",
        "color": "BLU",
        "ori": ORI,
        "oca": f"26-{n:05}",
        "reason": "Taken from a driveway on Elm Street",
        "expires_at": ENDS,
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def key(n: int) -> str:
    return str(entry(n)["key"])


def page(
    since: int, cursor: int, *entries: Any, withdrawn: Sequence[str] = (), **changes: Any
) -> dict[str, Any]:
    """One page as the giver sends it."""
    return {
        "version": 1,
        "agency": ORI,
        "since": since,
        "cursor": cursor,
        "mark": f"m{cursor}",
        "more": False,
        "entries": list(entries),
        "withdrawn": list(withdrawn),
        **changes,
    }


def pull(
    *pages: dict[str, Any], had: tuple[int, str] | None = None, since: int | None = None
) -> bytes:
    """Pages as one pull brings them; `had` is (cursor, mark) of what was remembered."""
    begun = had[0] if had else 0
    beginning = {
        "had": {"cursor": had[0], "mark": had[1]} if had else None,
        "since": begun if since is None else since,
        "name": f"{begun}-{pages[-1]['cursor']}" if pages else "none",
    }
    return b"".join(msgspec.json.encode(one) + b"\n" for one in (beginning, *pages))
