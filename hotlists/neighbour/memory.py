"""What a taker remembers of a neighbour's list between pulls: all of it, and up to where."""

from __future__ import annotations

import msgspec

from hotlists.neighbour.wire import From

Cells = dict[str, str]


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """`entries` by the neighbour's key, as cells (hotlists.columns) with the neighbour's own
    category; `agency` is the ORI whose list it is, `name` what the pull was called."""

    agency: str
    name: str
    cursor: int
    mark: str
    entries: dict[str, Cells]

    @property
    def place(self) -> From:
        """Where the next pull goes on from."""
        return From(self.cursor, self.mark)

    def text(self) -> str:
        """As it is kept."""
        return msgspec.json.encode(self).decode()


def recalled(text: str) -> Memory | None:
    """What was kept; None for nothing, or for what this version cannot read: then all is pulled
    anew."""
    if not text:
        return None
    try:
        return msgspec.json.decode(text, type=Memory)
    except (msgspec.DecodeError, RecursionError):
        return None
