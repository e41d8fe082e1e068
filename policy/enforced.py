"""What of a policy bolo enforces today, and what it only states: one table, told to everyone.

`bolo policy check` and docs/policy.md say it of each value; change it here when code follows.
"""

from __future__ import annotations

ENFORCED: dict[str, bool] = {
    # categories.*
    "categories": True,  # a record of a category that the policy lacks is dropped
    "priority": True,
    "purpose": True,  # of entries made by a person
    "approval": True,  # of entries made by a person
    "max_days": True,  # of entries made by a person
    "share": True,  # of entries, with neighbors
    "verifiers": True,  # each of them another person of the agency
    "conflict_verifiers": True,
    "tell": True,
    # the rest
    "message_keys": True,
    "prohibited": True,
    "max_age_hours": True,
    "withdrawal_hours": True,
    "known_characters": True,
    "misread_marker_days": True,
    "alert_budget": True,
    "originals_days": True,
    "generations": True,
    "reads_days": False,
    "unmatched_minutes": False,
    "alerts_days": False,
    "out_of_state": True,  # of entries, with neighbors
    "federal": True,
    "states": True,
}
STATED = " (stated; bolo does not enforce this yet)"


def marked(sentence: str, *keys: str) -> str:
    """The sentence, with a mark when bolo does not enforce all that it says."""
    if all(ENFORCED[key] for key in keys):
        return sentence
    return sentence.removesuffix(".") + STATED + "."
