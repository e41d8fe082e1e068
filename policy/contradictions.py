"""Where a policy disagrees with itself: each answer names the two lines that cannot both hold.

CHECKS are about what the file and its preset say together; policy.limiting about what a preset's
law rules out; `in_file` about one file before it is laid over another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from domain.errors import PolicyProblem
from policy.layers import Layer, Merged
from policy.mke import plain
from policy.model import Policy
from policy.schema import near

Problems = Iterator[PolicyProblem]


def in_file(layer: Layer) -> Problems:
    """Of one file: two ids, names or message keys that are the same thing said two ways."""
    ids: dict[str, str] = {}
    for code in layer.data.get("categories", {}):
        other = ids.setdefault(code.replace("-", ""), code)
        if other != code:
            places = (layer.places[("categories", code)], layer.places[("categories", other)])
            yield PolicyProblem(f"{code} and {other} would be one category by two ids", places)
    keys: dict[str, str] = {}
    mapped = layer.data.get("message_keys", {})
    for key, code in mapped.items():
        other = keys.setdefault(plain(key), key)
        if mapped[other] != code:
            places = (layer.places[("message_keys", key)], layer.places[("message_keys", other)])
            sentence = f"message key {plain(key)} cannot be both {code} and {mapped[other]}"
            yield PolicyProblem(sentence, places)


def _purposes(merged: Merged, policy: Policy) -> Problems:
    for code, rule in policy.categories.items():
        if rule.purpose not in policy.purposes:
            yield PolicyProblem(
                f"{code} is for {rule.purpose}, which is not among the purposes"
                f"{near(rule.purpose, policy.purposes)}",
                (merged.place("categories", code, "purpose"), merged.place("purposes")),
            )


def _names(merged: Merged, policy: Policy) -> Problems:
    names: dict[str, str] = {}
    for code, rule in policy.categories.items():
        other = names.setdefault(rule.name.casefold().strip(), code)
        if other != code:
            yield PolicyProblem(
                f"{code} and {other} are both called {rule.name}: nobody could tell them apart",
                (
                    merged.place("categories", code, "name"),
                    merged.place("categories", other, "name"),
                ),
            )


def _verifiers(merged: Merged, policy: Policy) -> Problems:
    for code, rule in policy.categories.items():
        if rule.conflict_verifiers < rule.verifiers:
            yield PolicyProblem(
                f"{code}: a hit whose description contradicts would need fewer people "
                f"({rule.conflict_verifiers}) than one that fits ({rule.verifiers})",
                (
                    merged.place("categories", code, "conflict_verifiers"),
                    merged.place("categories", code, "verifiers"),
                ),
            )


def _told(merged: Merged, policy: Policy) -> Problems:
    for code, rule in policy.categories.items():
        if rule.priority == 1 and not set(rule.tell) & {"dispatch", "officer"}:
            yield PolicyProblem(
                f"{code} is Immediate, but no person is told of a verified hit",
                (
                    merged.place("categories", code, "priority"),
                    merged.place("categories", code, "tell"),
                ),
            )


def _life(merged: Merged, policy: Policy) -> Problems:
    for code, rule in policy.categories.items():
        if rule.max_days > policy.retention.alerts_days:
            yield PolicyProblem(
                f"{code}: an entry could live {rule.max_days} days, but its alerts are gone after "
                f"{policy.retention.alerts_days}",
                (
                    merged.place("categories", code, "max_days"),
                    merged.place("retention", "alerts_days"),
                ),
            )


def _markers(merged: Merged, policy: Policy) -> Problems:
    days = policy.lists.misread_marker_days
    if days > policy.retention.alerts_days:
        yield PolicyProblem(
            f"the text of a rejected misread would be kept {days} days, but its alert is gone "
            f"after {policy.retention.alerts_days}",
            (
                merged.place("lists", "misread_marker_days"),
                merged.place("retention", "alerts_days"),
            ),
        )


def _alone(merged: Merged, policy: Policy) -> Problems:
    for code, rule in policy.categories.items():
        if rule.share and not rule.approval:
            yield PolicyProblem(
                f"{code}: what one person enters without approval would alert other agencies",
                (
                    merged.place("categories", code, "share"),
                    merged.place("categories", code, "approval"),
                ),
            )


def _unmatched(merged: Merged, policy: Policy) -> Problems:
    kept = policy.retention
    if kept.unmatched_minutes > kept.reads_days * 1440:
        yield PolicyProblem(
            f"reads that matched nothing would be kept {kept.unmatched_minutes} minutes, longer "
            f"than any read ({kept.reads_days} days)",
            (
                merged.place("retention", "unmatched_minutes"),
                merged.place("retention", "reads_days"),
            ),
        )


def _withdrawals(merged: Merged, policy: Policy) -> Problems:
    lists = policy.lists
    if lists.withdrawal_hours < lists.max_age_hours:
        yield PolicyProblem(
            f"a withdrawal would lapse after {lists.withdrawal_hours:g} hours while a list "
            f"{lists.max_age_hours:g} hours old, which may still hold the entry, counts as fresh",
            (merged.place("lists", "withdrawal_hours"), merged.place("lists", "max_age_hours")),
        )


def _budgets(merged: Merged, policy: Policy) -> Problems:
    names = ("immediate", "high", "routine", "note")
    for number, urgent in enumerate(names):
        lesser = next((n for n in names[number + 1 :] if getattr(policy.alert_budget, n)), None)
        if lesser and not getattr(policy.alert_budget, urgent):
            yield PolicyProblem(
                f"misread plates never alert for what is {urgent}, but do for {lesser}, which is "
                "less urgent",
                (merged.place("alert_budget", urgent), merged.place("alert_budget", lesser)),
            )


def _states(merged: Merged, policy: Policy) -> Problems:
    others = [s for s in policy.sharing.states if s != policy.state]
    if others and policy.sharing.out_of_state == "never":
        yield PolicyProblem(
            f"{', '.join(others)} may receive, but nothing goes out of state",
            (merged.place("sharing", "states"), merged.place("sharing", "out_of_state")),
        )


def _own_state(merged: Merged, policy: Policy) -> Problems:
    shared = [code for code, rule in policy.categories.items() if rule.share]
    if shared and not policy.state and policy.sharing.out_of_state != "allowed":
        yield PolicyProblem(
            f"{shared[0]} is shared, but not out of state, and `state` does not say which is ours",
            (
                merged.place("categories", shared[0], "share"),
                merged.place("sharing", "out_of_state"),
            ),
        )


def _keys(merged: Merged, policy: Policy) -> Problems:
    for key, code in policy.message_keys.items():
        place = merged.place("message_keys", key)
        if code in merged.dropped:
            sentence = f"message key {key} is {code}, which is taken away"
            yield PolicyProblem(sentence, (place, merged.dropped[code]))
        elif code not in policy.categories:
            sentence = f"message key {key}: no category {code}{near(code, policy.categories)}"
            yield PolicyProblem(sentence, (place,))


CHECKS: tuple[Callable[[Merged, Policy], Problems], ...] = (
    _purposes,
    _names,
    _verifiers,
    _told,
    _life,
    _markers,
    _alone,
    _unmatched,
    _withdrawals,
    _budgets,
    _states,
    _own_state,
    _keys,
)
"""Every contradiction that is looked for, beside those of policy.limiting."""
