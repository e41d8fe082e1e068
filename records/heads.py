"""The heads of the audit chains, as an earlier report tells them."""

from __future__ import annotations

from typing import TypedDict

import msgspec

from domain.errors import BadInput


class Head(TypedDict):
    """A chain's length and the hash of its last row in hex. JSON."""

    seq: int
    hash: str


def read_heads(heads: object) -> dict[int, Head]:
    """The heads by lane, from the `heads` of a report that somebody kept.

    Raises BadInput for anything else: a check against nothing must not look like a check.
    """
    try:
        known = msgspec.convert(heads, dict[str, Head])
        for lane, head in known.items():
            if not (lane.isascii() and lane.isdecimal() and head["seq"] > 0):
                raise ValueError(lane)
            if len(bytes.fromhex(head["hash"])) != 32:
                raise ValueError(lane)
    except ValueError as broken:  # msgspec's errors are ValueErrors, too
        problem = "give the report that an earlier `bolo audit verify --json` wrote, as it was"
        raise BadInput("against", problem) from broken
    return {int(lane): head for lane, head in known.items()}
