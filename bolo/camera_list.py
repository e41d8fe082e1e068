"""`bolo cameras list`: cameras and their health, as a table for a person or as JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cameras.clocks import grade, words
from cameras.health_store import Standing

HEADS = ("camera", "name", "time zone", "last read", "clock", "problem")
WIDEST = 40


def as_table(many: Sequence[Standing]) -> str:
    """A row for each camera; times in the camera's zone, by our clock."""
    if not many:
        return "no camera is registered, and none has reported"
    rows = [HEADS, *(_row(one) for one in many)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(HEADS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def as_json(many: Sequence[Standing]) -> str:
    """An array of objects; times in ISO 8601 with offset, null where nothing is known."""
    return json.dumps([_object(one) for one in many], indent=2, ensure_ascii=False)


def _row(one: Standing) -> tuple[str, ...]:
    name = one.camera.name if one.camera is not None else "(not registered)"
    health = one.health
    return (
        one.id,
        name if len(name) <= WIDEST else name[: WIDEST - 3] + "...",
        one.zone,
        _local(health.last_received_at, one.zone) or "never",
        words(health.skew) if health.last_received_at or health.heartbeat_at else "",
        health.problem,
    )


def _object(one: Standing) -> dict[str, object]:
    health = one.health
    return {
        "id": one.id,
        "name": one.camera.name if one.camera is not None else "",
        "registered": one.camera is not None,
        "timezone": one.zone,
        "last_seen_at": _iso(health.last_seen_at),
        "last_received_at": _iso(health.last_received_at),
        "skew_seconds": health.skew.seconds,
        "skew_samples": health.skew.samples,
        "skew_grade": grade(health.skew).value,
        "skew": words(health.skew),
        "heartbeat_at": _iso(health.heartbeat_at),
        "problem": health.problem,
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _local(at: datetime | None, zone: str) -> str:
    if at is None:
        return ""
    try:
        at = at.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):  # an agency's zone that nobody checked: as it is kept
        at = at.astimezone(UTC)
    return at.strftime("%Y-%m-%d %H:%M:%S %z")
