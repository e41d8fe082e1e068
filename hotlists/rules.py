"""Which rules a file was understood by: two lists of the same bytes are the same list only under
the same rules, and a list that was made before something became prohibited must not come back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from policy.model import Policy
from policy.prohibited import KEYS, ORIS, STEMS

_NOT_OF_THE_ROWS = frozenset(
    {"limits", "max_age_hours", "schedule", "secret", "host_key", "incremental"}
)
"""Settings that do not change what a file's rows come to."""


def rules_of(settings: Mapping[str, Any], policy: Policy) -> str:
    """Two digests with a colon between them: of what is dropped, and of everything else that
    decides what a row comes to."""
    dropped = (
        sorted(settings.get("drop", ())), KEYS, STEMS, ORIS, sorted(policy.categories),
    )  # fmt: skip
    said = {k: settings[k] for k in sorted(settings) if k not in _NOT_OF_THE_ROWS}
    rest = said, dict(sorted(policy.message_keys.items())), policy.lists.known_characters
    return f"{_digest(dropped)}:{_digest(rest)}"


def drops_alike(one: str, other: str) -> bool:
    """Whether two such texts drop the same. A list of before there were any is not known to."""
    return bool(one) and one.partition(":")[0] == other.partition(":")[0]


def _digest(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()[:32]
