"""What the routes work with; bolo/run_console.py builds it, `app.state.services` carries it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from alerts.episodes import LATE_AFTER
from alerts.model import LEASE
from cameras.intake import Intake
from cameras.rejected import Rejected
from domain.clock import Clock
from hotlists.refresh import Means
from notifiers.channels.sms import SmsChannel
from storage.images import ImageStore
from storage.postgres import Database


@dataclass(frozen=True)
class Services:
    """Handed in once, never imported. `sms` is None when no gateway is configured.

    `public_url` is how phones and Twilio reach the console, without a trailing slash;
    cookies are Secure when it is https. `broker_ready` answers whether Kafka takes records;
    `lease` is how long a claim holds; `late_after` is the workers' limit for a read that is live.
    `rejected` keeps what no format can read (None: nothing is kept); `verkada_secret` is "" when
    Verkada's webhooks are not signed. `means` has the agency's policy, and what a refresh needs.
    """

    db: Database
    clock: Clock
    public_url: str
    images: ImageStore
    intake: Intake
    sms: SmsChannel | None
    broker_ready: Callable[[], Awaitable[bool]]
    lease: timedelta = LEASE
    late_after: timedelta = LATE_AFTER
    intake_body_bytes: int = 16 * 1024 * 1024
    rejected: Rejected | None = None
    verkada_secret: str = field(default="", repr=False)
    means: Means = field(default_factory=Means, repr=False)
