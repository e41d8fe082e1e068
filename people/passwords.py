"""Passwords: argon2id, off the event loop.

Parameters are argon2-cffi's defaults (RFC 9106, second recommended option: 64 MiB, 3 passes,
4 lanes). The rules for new passwords follow NIST SP 800-63B: length counts, known and
context-bound passwords are refused, no composition rules, no forced change.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.errors import BadInput

SHORTEST = 12
LONGEST = 256
"""Longer input is refused unhashed: nobody buys our CPU with a megabyte of password."""

_HASHER = PasswordHasher()

# Of the much-used ones only those that are long enough to pass the length rule.
_WELL_KNOWN = frozenset(
    {
        "123456789012",
        "1234567890123",
        "12345678901234",
        "123456789123",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "abcdefghijkl",
        "administrator",
        "changeme1234",
        "letmein12345",
        "password1234",
        "password12345",
        "passwordpassword",
        "qwertyuiop12",
        "qwertyuiop123",
        "qwertyuiopasdf",
        "welcome12345",
    }
)
_WORDS_OF_THE_PLACE = ("bolo", "police", "sheriff", "dispatch", "password")


def check_new(password: str, *, login: str = "", name: str = "") -> None:
    """Raise BadInput, saying what to do, unless `password` may become a password."""
    text = _plain(password)
    if len(text) < SHORTEST:
        raise BadInput("password", f"use at least {SHORTEST} characters; a sentence is fine")
    if len(text) > LONGEST:
        raise BadInput("password", f"use at most {LONGEST} characters")
    low = text.lower()
    if low in _WELL_KNOWN or len(set(low)) < 5:
        raise BadInput("password", "is among the first that anyone would try; choose another")
    own = {login.lower(), *name.lower().split(), *_WORDS_OF_THE_PLACE}
    rest = low
    for word in sorted((w for w in own if len(w) > 3), key=len, reverse=True):
        rest = rest.replace(word, "")
    if len(re.sub(r"[\W\d_]", "", rest)) < 5 and rest != low:
        raise BadInput("password", "is built from your name or this place; choose another")


async def hash_password(password: str) -> str:
    """The argon2id hash to store. Does not check the rules: `check_new` does."""
    return await asyncio.to_thread(_HASHER.hash, _bytes(password))


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether `password` is the one that was hashed.

    None (no such person) costs the same time as a wrong password and is False.
    """
    if len(password) > LONGEST:
        stored, password = None, ""
    return await asyncio.to_thread(_verify, stored, _bytes(password))


def needs_rehash(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def _verify(stored: str | None, password: bytes) -> bool:
    nobody = _nobodys_hash()  # made in every first call, so that its cost tells nothing
    try:
        return _HASHER.verify(stored or nobody, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _HASHER.hash(secrets.token_bytes(32))


def _plain(password: str) -> str:
    """NFKC, so that the same keys on another keyboard give the same password."""
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return _plain(password).encode("utf-8", "surrogatepass")
