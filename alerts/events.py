"""What the world outside the verifiers hears of an alert: CloudEvents on topic bolo.alerts.

Only verified alerts and what follows them are ever published: an unverified alert has no
event, so no consumer of the topic, however wired, can hear of one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from alerts.model import Alert

EventType = Literal[
    "bolo.alert.verified", "bolo.alert.acknowledged", "bolo.alert.recalled", "bolo.alert.closed"
]


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A CloudEvents 1.0 event in the JSON format, the subset that we send."""

    id: str
    source: str
    type: EventType
    subject: str
    time: datetime
    data: dict[str, Any]
    specversion: Literal["1.0"] = "1.0"
    datacontenttype: Literal["application/json"] = "application/json"


def cloud_event(event: UUID, kind: str, alert: Alert, data: dict[str, Any]) -> CloudEvent:
    """The event of a transition. `kind` is the effect's word, for example "verified"."""
    return CloudEvent(
        id=str(event),
        source=f"/agencies/{alert.agency}",
        type=f"bolo.alert.{kind}",  # type: ignore[arg-type]
        subject=str(alert.id),
        time=alert.state_since,
        data=data,
    )
