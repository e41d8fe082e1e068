"""Identifiers. Where a replay must arrive at the same id, it is a uuid5 of what it stands for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from domain.clock import as_utc
from domain.entry import Entry

READS = UUID("6f1c2d6e-5a0b-5f0e-9d5b-0a8f5d6a1b01")
ENTRIES = UUID("6f1c2d6e-5a0b-5f0e-9d5b-0a8f5d6a1b02")
TARGETS = UUID("6f1c2d6e-5a0b-5f0e-9d5b-0a8f5d6a1b03")


def read_id(agency: str, camera: str, seen_at: datetime, text: str) -> UUID:
    """The id of a read: the same event posted twice is one read, whatever offset it is told in."""
    return uuid5(READS, f"{agency}|{camera}|{as_utc(seen_at).isoformat()}|{text}")


def entry_id(agency: str, source: str, key: str) -> UUID:
    """The id of an entry: the same record in the next generation of a list is the same entry."""
    return uuid5(ENTRIES, f"{agency}|{source}|{key}")


def target_id(agency: str, plate: str, state: str) -> UUID:
    """The id of what is wanted: a plate and its state, whichever lists hold it."""
    return uuid5(TARGETS, f"{agency}|{plate}|{state}")


def target_of(entry: Entry) -> UUID:
    """What one entry wants: its plate and state, or (by pattern or description) what it says."""
    if not entry.plate:
        return entry.entry_id
    return target_id(entry.agency, entry.plate, entry.state)


def alert_id(target: UUID, first_read: UUID) -> UUID:
    """The id of an alert: what is wanted and the read that opened the episode."""
    return uuid5(target, first_read.hex)


def event_id(alert: UUID, version: int) -> UUID:
    """The id of the outgoing event of an alert's nth version."""
    return uuid5(alert, f"event|{version}")


def delivery_id(event: UUID, recipient: UUID) -> UUID:
    """The id of a delivery: one event is told to one recipient once."""
    return uuid5(event, f"delivery|{recipient.hex}")
