"""What a preset's law or order rules out: a value beyond its [limits], with both lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from domain.errors import PolicyProblem
from policy.layers import Merged
from policy.model import Federal, OutOfState, Policy

_NUMBERS = {
    "reads_days": "retention",
    "alerts_days": "retention",
    "originals_days": "retention",
    "unmatched_minutes": "retention",
    "max_age_hours": "lists",
}
_WORDS = {"out_of_state": get_args(OutOfState), "federal": get_args(Federal)}
"""From the narrowest to the widest."""


def beyond(merged: Merged, policy: Policy) -> Iterator[PolicyProblem]:
    """Each value that the limits do not allow; the second line is the limit, with its source."""
    yield from _numbers(merged, policy)
    yield from _words(merged, policy)
    yield from _lists(merged, policy)
    for code, rule in policy.categories.items():
        least = policy.limits.verifiers
        if least is not None and rule.verifiers < least:
            yield PolicyProblem(
                f"{code}: {rule.verifiers} verifiers are fewer than {least}",
                (
                    merged.place("categories", code, "verifiers"),
                    merged.place("limits", "verifiers"),
                ),
            )


def _numbers(merged: Merged, policy: Policy) -> Iterator[PolicyProblem]:
    for key, table in _NUMBERS.items():
        limit = getattr(policy.limits, key)
        value = getattr(getattr(policy, table), key)
        forever = key == "unmatched_minutes" and value == 0
        if limit is not None and (value > limit or forever):
            said = "0, which is as long as other reads," if forever else f"{value:g}"
            yield PolicyProblem(
                f"{key} is {said} and may be {limit:g} at most",
                (merged.place(table, key), merged.place("limits", key)),
            )


def _words(merged: Merged, policy: Policy) -> Iterator[PolicyProblem]:
    for key, order in _WORDS.items():
        value, limit = getattr(policy.sharing, key), getattr(policy.limits, key)
        if order.index(value) > order.index(limit):
            yield PolicyProblem(
                f"{key} is {value} and may be {limit} at most",
                (merged.place("sharing", key), merged.place("limits", key)),
            )


def _lists(merged: Merged, policy: Policy) -> Iterator[PolicyProblem]:
    limits = policy.limits
    for code, rule in policy.categories.items():
        if limits.categories and code not in limits.categories:
            yield PolicyProblem(
                f"there may be no category {code}: only {', '.join(limits.categories)}",
                (merged.place("categories", code), merged.place("limits", "categories")),
            )
        if rule.share and code in limits.no_share:
            yield PolicyProblem(
                f"{code} may not be shared",
                (merged.place("categories", code, "share"), merged.place("limits", "no_share")),
            )
    for purpose in policy.purposes:
        if limits.purposes and purpose not in limits.purposes:
            yield PolicyProblem(
                f"there may be no purpose {purpose}: only {', '.join(limits.purposes)}",
                (merged.place("purposes", purpose), merged.place("limits", "purposes")),
            )


def reworded(merged: Merged, base: Merged, policy: Policy) -> Iterator[PolicyProblem]:
    """A purpose of a closed list keeps the words of the law: other words would be another one."""
    theirs = base.data.get("purposes", {})
    for purpose in base.data.get("limits", {}).get("purposes", ()):
        ours = policy.purpose_words.get(purpose)
        if ours and purpose in theirs and ours != theirs[purpose]:
            yield PolicyProblem(
                f"the words of {purpose} are the law's",
                (merged.place("purposes", purpose), base.place("purposes", purpose)),
            )
