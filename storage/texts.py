"""Texts and JSON that PostgreSQL can hold.

Its text has no NUL, its jsonb refuses the escape of one, and UTF-8 has no lone surrogates;
cameras, lists and people can send all three. Each becomes U+FFFD, the replacement character:
a strange letter must not keep an alert from being raised or a decision from being audited.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

REPLACEMENT = "\ufffd"

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_NUL_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def storable(text: str) -> str:
    """`text` as a text column can hold it."""
    return _UNSTORABLE.sub(REPLACEMENT, text)


def all_storable(texts: Sequence[str]) -> Sequence[str]:
    """`storable` of each: those of a whole batch hold such a character next to never."""
    return [storable(text) for text in texts] if _UNSTORABLE.search("".join(texts)) else texts


def storable_json(value: Any) -> str:
    """`value` (builtins, msgspec Structs and Raw) as JSON for a json or jsonb column."""
    try:
        encoded = msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_clean(msgspec.to_builtins(value, enc_hook=_opened))).decode()
    if "\\u0000" in encoded:
        encoded = _NUL_ESCAPE.sub(r"\1" + REPLACEMENT, encoded)
    return encoded


def _opened(value: Any) -> Any:
    """For what is no builtin: JSON that was made before."""
    if isinstance(value, msgspec.Raw):
        return msgspec.json.decode(value)
    raise NotImplementedError(type(value))


def _clean(value: Any) -> Any:
    match value:
        case str():
            return storable(value)
        case dict():
            return {_clean(k): _clean(v) for k, v in value.items()}
        case list() | tuple():
            return [_clean(v) for v in value]
        case _:
            return value
