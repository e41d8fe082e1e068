"""What must never reach a log: plates, people's numbers, secrets. Pure; bolo.logs applies it.

Three nets, each of which a test tries to slip through: values under a telling key; telling patterns
inside text; and messages of exceptions and objects of unknown types, which may hold anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from itertools import pairwise
from pathlib import PurePath
from typing import Any
from uuid import UUID

HIDDEN = "[hidden]"
LONGEST = 2_000
"""Characters of one text in a log line."""

TELLING = frozenset(
    [
        "apikey",
        "authorization",
        "body",
        "bytes",
        "cookie",
        "cookies",
        "credential",
        "credentials",
        "csrf",
        "lic",
        "otp",
        "passwd",
        "password",
        "passwords",
        "payload",
        "phone",
        "phones",
        "pin",
        "plate",
        "plates",
        "raw",
        "secret",
        "secrets",
        "session",
        "signature",
        "text",
        "token",
        "tokens",
        "value",
        "values",
        "vin",
    ]
)
_TELLING_PAIRS = frozenset({("api", "key"), ("private", "key"), ("signing", "key")})
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SIMPLE = (bool, int, float, UUID, datetime, date, timedelta)

_NAMED = (
    r"plates?|lic|vin|passwords?|passwd|secrets?|tokens?|api[-_]?key"
    r"|authorization|cookie|csrf|phone"
)
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # PostgreSQL's detail: Key (agency, plate)=(KS0190100, 8ABC123) already exists.
    (re.compile(r"\(([\w, ]+)\)=\([^)]*\)"), rf"(\1)=({HIDDEN})"),
    (re.compile(r"(://[^/\s:@]+):[^/\s@]+@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/._~=-]{6,}"), rf"\1 {HIDDEN}"),
    (
        re.compile(rf"(?i)\b((?:\w+_)?(?:{_NAMED}))\b(['\"]?\s*[=:]\s*)(['\"]?)[^\s,;&)}}\]'\"]+"),
        rf"\1\2\3{HIDDEN}",
    ),
    (re.compile(r"\?[\w.%~-]+=[^\s\"']*"), f"?{HIDDEN}"),
    (re.compile(r"(?<![\w.])\+\d{7,15}\b"), HIDDEN),
)


def telling(key: str) -> bool:
    """Whether a value under this key could be a plate or a secret: by whole words, any case."""
    words = [word.lower() for word in _WORDS.findall(key)]
    return (
        not TELLING.isdisjoint(words)
        or key.lower() in TELLING
        or not _TELLING_PAIRS.isdisjoint(pairwise(words))
    )


def scrub(text: str) -> str:
    """`text` with what patterns betray taken out, cut at LONGEST."""
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."


def clean(value: Any, depth: int = 4) -> Any:
    """`value` fit for a log: plain JSON types; an object of another type becomes its name."""
    if value is None or isinstance(value, _SIMPLE):
        return value if value is None or isinstance(value, bool | int | float) else str(value)
    if isinstance(value, Enum):
        return clean(value.value, depth)
    if isinstance(value, str | PurePath):
        return scrub(str(value))
    if depth > 0 and isinstance(value, Mapping):
        return {
            scrub(str(key)): hide(str(key), inner, depth - 1)
            for key, inner in list(value.items())[:50]
        }
    if depth > 0 and isinstance(value, list | tuple | set | frozenset):
        return [clean(inner, depth - 1) for inner in list(value)[:50]]
    return f"<{type(value).__name__}>"


def hide(key: str, value: Any, depth: int = 4) -> Any:
    """`value` cleaned, or HIDDEN when its key tells; yes, no and nothing are never a secret."""
    if telling(key) and value is not None and not isinstance(value, bool):
        return HIDDEN
    return clean(value, depth)
