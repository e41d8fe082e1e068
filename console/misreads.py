"""Misread markers as pages show them, and those of the vehicle that an alert is about."""

from __future__ import annotations

from datetime import datetime

from alerts import learning_store
from alerts.learning_store import Marker
from alerts.record import AlertRecord, HistoryRow
from console import list_store
from console.models import MisreadShown
from console.shown import category
from domain.plate import shown
from storage.postgres import Connection


async def of_target(
    conn: Connection, record: AlertRecord, now: datetime
) -> tuple[MisreadShown, ...]:
    """What was rejected as a misread for the vehicle that this alert is about, newest first."""
    found = await learning_store.markers(
        conn, record.alert.agency, now, target=record.target, limit=20
    )
    names = await list_store.names_of(conn, [m.lifted_by for m in found])
    return tuple(marker(m, names, now) for m in found)


def why_no_marker(history: HistoryRow | None) -> str:
    """Why a rejection as a misread is not remembered, as a sentence; "" when it is, or was none."""
    said = str((history.detail if history else {}).get("no_marker", "") or "")
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def marker(one: Marker, names: list_store.Names, now: datetime) -> MisreadShown:
    """A marker as a page shows it."""
    return MisreadShown(
        id=one.id,
        read=shown(one.reading),
        wanted=shown(one.wanted) if one.wanted else "",
        category=category(one.category),
        alert=one.alert,
        number=one.number,
        by=one.rejected_name,
        at=one.rejected_at,
        until=one.expires_at,
        holds=one.holds(now),
        lifted_at=one.lifted_at,
        lifted_by=names.of(one.lifted_by),
        lifted_because=one.lifted_because,
    )
