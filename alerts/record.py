"""An alert as stored, and how a row becomes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from alerts.model import Alert, BlindLook, Confirmation, State
from domain.errors import NotFound
from matchers.watch import Match
from storage.postgres import Connection, Row

_CONFIRMATIONS = tuple[Confirmation, ...]
_LOOKS = tuple[BlindLook, ...]
OPEN = "('raised', 'claimed', 'verified', 'acknowledged')"
"""The states of an open episode, as the index alerts_open has them, for a statement."""


class AlertRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as stored: what transitions use, and what pages show.

    `number` is for people ("26-20417"), `code` for SMS ("7K3QHT"). `match` is what is
    judged: the one that opened the episode, or the first live one after an old upload.
    """

    alert: Alert
    number: str
    code: str
    target: UUID
    priority: int
    category: str
    late: bool
    match: Match
    first_seen_at: datetime
    last_seen_at: datetime
    last_place: str
    sightings: int


class HistoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One transition or reply, as it happened."""

    version: int
    at: datetime
    event: str
    person: UUID | None
    detail: dict[str, Any]


async def one(
    conn: Connection, query: str, values: Sequence[Any] | Mapping[str, Any]
) -> Row | None:
    """The first row of a query, or None."""
    cursor = await conn.execute(query, values)
    return await cursor.fetchone()


def record_of(row: Row | None, what: str) -> AlertRecord:
    """The alert of a row. Raises NotFound, naming `what`, when there is none."""
    if row is None:
        raise NotFound(what)
    return AlertRecord(
        alert=Alert(
            **{f: row[f] for f in Alert.__struct_fields__}
            | {
                "state": State(row["state"]),
                "confirmations": msgspec.convert(row["confirmations"], _CONFIRMATIONS),
                "looks": msgspec.convert(row["looks"], _LOOKS),
            }
        ),
        number=row["number"],
        code=row["code"],
        target=row["target"],
        priority=row["priority"],
        category=row["category"],
        late=row["late"],
        match=msgspec.convert(row["match"], Match, strict=False),
        first_seen_at=row["first_seen_at"],
        last_seen_at=row["last_seen_at"],
        last_place=row["last_place"],
        sightings=row["sightings"],
    )
