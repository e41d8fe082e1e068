"""What every installation of the tests is set up with, and what its tests ask of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from alerts.episodes import Raised
from notifiers import recipients
from simulator.gateway import FakeGateway
from storage.postgres import Connection


async def add_recipients(
    conn: Connection, agency: str, phone: str, gateway: FakeGateway, now: datetime
) -> None:
    """An officer's phone and a dispatch system, both at the fake gateway."""
    await recipients.add(conn, agency, "Ofc. Nguyen", "officer", "sms", phone, now, by="test")
    await recipients.add(
        conn,
        agency,
        "CAD",
        "system",
        "webhook",
        gateway.webhook_url,
        now,
        by="test",
        secret=gateway.secret,
        allow_private=True,
    )


def alert_of(raised: Raised) -> UUID:
    """The alert that a match opened or joined: it must have done one or the other."""
    assert raised.alert is not None, "every entry of the match was withdrawn"
    return raised.alert
