"""How many people must verify a hit, and who of them still sees it covered. Pure.

The description gate: a hit whose vehicle contradicts the entry is never hidden, but more people
must look at it before anybody is told. The number is the policy's, by category, at the moment in
which a match is judged, and it is kept with the alert. It only ever rises: by a sighting that
contradicts, or that is judged under a stricter policy. A policy that is loosened meanwhile changes
nothing for an alert that is open, and a later sighting that agrees takes no doubt away.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from alerts.model import Alert
from matchers.evidence import Evidence
from matchers.watch import Match
from policy.model import CategoryRule, Policy

OVERDUE = timedelta(minutes=3)
"""How long an alert waits for its next person before it is escalated. (judgement) NCIC's urgent
confirmation of a hit is due in 10 minutes; this leaves seven of them to find somebody."""

OVERDUE_SECOND = "second-person-overdue"
"""Job: escalate the alert whose id is the payload, if it still waits for another person. The
history and the audit trail have it under the same name."""

_UNSAID = CategoryRule(name="", priority=1, purpose="")
"""For a category that the policy in force does not know any more: the careful defaults."""


def contradicts(evidence: Evidence) -> bool:
    """Whether the description contradicts the entry (tier CONFLICT)."""
    return evidence.tier.endswith("-conflict") or bool(evidence.conflicts)


def needed_for(match: Match, policy: Policy) -> int:
    """How many people must verify this match: the most that any of its entries asks for."""
    rules = [policy.categories.get(h.entry.category, _UNSAID) for h in match.holders]
    if contradicts(match.evidence):
        return max(rule.conflict_verifiers for rule in rules)
    return max(rule.verifiers for rule in rules)


def covered_for(alert: Alert, person: UUID) -> bool:
    """Whether the person must look at the pictures before they see what camera and list have.

    So it is for everybody but those who verified it, from the first verification until they looked.
    """
    return alert.waits and not alert.confirmed_by(person) and alert.look_of(person) is None
