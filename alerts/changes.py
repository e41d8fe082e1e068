"""Telling whoever listens that alerts changed: pages, and couriers."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from storage.postgres import Connection

CHANGED = "bolo_alerts"
"""NOTIFY channel; the payload is ``AGENCY alert-uuid what``. It fires when the change commits."""


async def notify(conn: Connection, changes: Iterable[tuple[str, UUID, str]]) -> None:
    """Notify of each agency's alert and what became of it: a state, or a word for it."""
    payloads = [f"{agency} {alert} {what}" for agency, alert, what in changes]
    await conn.execute(
        "select pg_notify(%s, payload) from unnest(%s::text[]) payload", (CHANGED, payloads)
    )
