"""What every installation of the tests is set up with, and what its tests ask of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from alerts.episodes import Raised
from notifiers import recipients
from policy.loading import standard
from simulator.gateway import FakeGateway
from storage.postgres import Connection

ONE_PERSON = msgspec.structs.replace(
    standard(),
    categories={
        code: msgspec.structs.replace(rule, conflict_verifiers=1)
        for code, rule in standard().categories.items()
    },
)
"""A policy under which one person verifies every hit, also one that conflicts: for the tests of
what comes after a verification."""


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
