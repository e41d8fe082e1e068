"""What of an agency's own entries a neighbour receives, and in which form. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime

import msgspec

from domain.entry import Entry
from hotlists.neighbour.wire import Shared
from neighbours.agreement import Agreement
from policy.model import Policy
from policy.prohibited import said_in, why_prohibited, why_prohibited_use

_NAMES = tuple(f.name for f in msgspec.structs.fields(Shared) if f.name != "key")


def categories_of(agreement: Agreement, policy: Policy) -> frozenset[str]:
    """The categories that it gives by the policy of today."""
    rules = policy.categories
    return frozenset(
        code
        for code in agreement.categories
        if code in rules
        and rules[code].share
        and code not in policy.limits.no_share
        and rules[code].purpose in agreement.purposes
    )


def gives(entry: Entry, categories: Collection[str], now: datetime) -> bool:
    """Whether an entry of ours that is in force goes to a neighbour with these categories."""
    if entry.category not in categories:
        return False
    if entry.expires_at is not None and entry.expires_at <= now:
        return False
    said = [entry.reason, entry.caution, entry.oca, entry.model]
    if said_in(",".join(said), said) or why_prohibited(entry.mke, entry.ori):
        return False
    return not any(map(why_prohibited_use, (entry.reason, entry.caution)))


def shared(entry: Entry) -> Shared:
    """The entry as it goes out: no source, no priority, no number of ours but its key."""
    fields = {name: getattr(entry, name) for name in _NAMES}
    return Shared(key=str(entry.entry_id), **fields)


def mark(agreement: Agreement, categories: Collection[str], change: str) -> str:
    """What the taker hands back with a cursor. It is the same while the agreement gives the same
    categories, and the change at the cursor is the one that it was; `change` is that one's row."""
    said = "|".join((str(agreement.id), *sorted(categories), change))
    return hashlib.sha256(said.encode()).hexdigest()[:24]
