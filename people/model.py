"""A person who works with bolo, and the session that says that it is them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec


class Role(StrEnum):
    """What a person is at their agency; people.roles says what each may do."""

    DISPATCHER = "dispatcher"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One person of one agency. `phone` is E.164 ("+16205550123"), "" when there is none."""

    id: UUID
    agency: str
    login: str
    name: str
    badge: str
    role: Role
    phone: str


@dataclass(frozen=True)
class Session:
    """A log-in that succeeded. The token is known to the browser alone: we keep its SHA-256."""

    person: Person
    token: str = field(repr=False)
    csrf: str = field(repr=False)
    expires_at: datetime
