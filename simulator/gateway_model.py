"""What the fake gateway remembers, how it was told to behave, and how it signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec


class Behaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the gateway treats its callers; the default is a good day.

    delay     seconds between taking a message and answering: longer than the caller waits,
              and the caller sends again what was taken
    fail      answer everything with this HTTP status and take nothing; 0: do not
    down      answer 503 with a page of HTML, as a load balancer before a dead server does
    refuse    Twilio error code by phone number, answered at once
    lose      Twilio error code by phone number, by a status callback after it was taken
    callbacks whether status callbacks are sent; shuffle: in any order; pause: seconds between them
    """

    delay: float = 0.0
    fail: int = 0
    down: bool = False
    refuse: dict[str, int] = {}
    lose: dict[str, int] = {}
    callbacks: bool = True
    shuffle: bool = False
    pause: float = 0.01


class Text(msgspec.Struct, kw_only=True):
    """One SMS. `way` is "out" to a phone, "in" from it; `number` is the phone's in both."""

    sid: str
    way: str
    number: str
    body: str
    at: datetime
    status: str
    segments: int = 1
    callback: str = ""
    error: int | None = None


class Hook(msgspec.Struct, kw_only=True):
    """One webhook that was verified. `times`: how often it came; it is taken only once."""

    id: str
    event: dict[str, Any]
    at: datetime
    times: int = 1


class Memory:
    """Everything since the start, oldest first. `refused` counts what had no valid signature."""

    def __init__(self) -> None:
        self.texts: list[Text] = []
        self.hooks: dict[str, Hook] = {}
        self.stopped: set[str] = set()
        self.refused = 0

    def threads(self) -> dict[str, list[Text]]:
        """The texts by phone number."""
        found: dict[str, list[Text]] = {}
        for text in self.texts:
            found.setdefault(text.number, []).append(text)
        return found


def now() -> datetime:
    """The gateway's own clock: it is another machine."""
    return datetime.now(UTC)


def new_sid() -> str:
    """A message id as Twilio makes them: SM and 32 hex digits."""
    return "SM" + secrets.token_hex(16)


def sign(token: str, url: str, fields: Mapping[str, str]) -> str:
    """X-Twilio-Signature: base64 HMAC-SHA1 over the URL and the sorted fields (Twilio's docs).

    Written out here on purpose: the console checks it with Twilio's own library.
    """
    told = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), told.encode(), hashlib.sha1).digest()).decode()
