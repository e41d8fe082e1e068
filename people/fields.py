"""What the fields of a person and an agency must look like. Each raises BadInput and says how."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from domain.errors import BadInput
from people.model import Role

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,62}[a-z0-9]")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_ORI = re.compile(r"[A-Z0-9]{9}")


def is_login(text: str) -> bool:
    """Whether somebody could have this login."""
    return _LOGIN.fullmatch(text) is not None


def is_phone(text: str) -> bool:
    """Whether it is a phone number in E.164 form."""
    return _PHONE.fullmatch(text) is not None


def login_of(text: str) -> str:
    """The login as stored: lower case."""
    login = text.strip().lower()
    if not is_login(login):
        raise BadInput("login", "3 to 64 of a-z, 0-9 and . _ - @, for example m.ortiz")
    return login


def phone_of(text: str) -> str:
    """The phone in E.164 form, or "" for none."""
    if text and not is_phone(text):
        raise BadInput("phone", "in international form, for example +16205550123")
    return text


def ori_of(text: str) -> str:
    """The agency's ORI."""
    if not _ORI.fullmatch(text):
        raise BadInput("ori", "nine capital letters or digits, for example KS0190100")
    return text


def timezone_of(text: str) -> str:
    """A time zone that this installation knows."""
    try:
        return ZoneInfo(text).key
    except (KeyError, ValueError, OSError) as unknown:
        raise BadInput("timezone", "an IANA name, for example America/Chicago") from unknown


def role_of(text: str) -> Role:
    """One of the roles."""
    try:
        return Role(text)
    except ValueError as unknown:
        raise BadInput("role", f"one of {', '.join(Role)}") from unknown


def text_of(field: str, text: str) -> str:
    """A short text that people will read: 1 to 200 printable characters, trimmed."""
    text = text.strip()
    if not text or len(text) > 200 or not text.isprintable():
        raise BadInput(field, "1 to 200 printable characters")
    return text
