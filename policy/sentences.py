"""A policy in plain sentences, for whoever signs it and whoever asks what it means."""

from __future__ import annotations

from collections.abc import Sequence

from policy.enforced import marked
from policy.model import CategoryRule, Policy

PRIORITIES = {1: "Immediate", 2: "High", 3: "Routine", 4: "Note"}
_TOLD = {"dispatch": "dispatch", "officer": "officers", "system": "connected systems"}
NEVER = (
    "Immigration enforcement: records of the Immigration Violator File are dropped before they are "
    "stored, and nothing can be entered or shared for it.",
    "Traffic enforcement: speed, parking, tolls, registration and the like.",
    "Harassment or intimidation.",
    "Use based solely on a protected class, such as race, religion, sex or disability.",
    "Personal use.",
    "No file can allow any of these. In free text they are found by their words, which is a "
    "guard-rail and no proof.",
)


def check(policy: Policy) -> list[str]:
    """The whole policy: a heading, then its sentences, two blanks in."""
    said: list[str] = []
    for heading, sentences in groups(policy):
        said += [heading, *(f"  {sentence}" for sentence in sentences)]
    return said


def groups(policy: Policy) -> list[tuple[str, list[str]]]:
    """The same in groups: (heading, sentences)."""
    return [
        ("Whose", whose(policy)),
        *(
            (f"{rule.name} ({code})", category(policy, rule))
            for code, rule in policy.categories.items()
        ),
        ("Message keys", _keys(policy)),
        ("What entries may be for", _purposes(policy)),
        ("What can never be done", list(NEVER)),
        ("How long things are kept", _kept(policy)),
        ("With whom things are shared", _shared(policy)),
        ("Lists", _lists(policy)),
        ("False alerts", _false_alerts(policy)),
        ("Left to the agency", list(policy.left_open) or ["Nothing."]),
    ]


def whose(policy: Policy) -> list[str]:
    """Name, state, preset and the law behind it."""
    state = f", state {policy.state}" if policy.state else ", state not said"
    built = f", built on the preset {policy.preset}" if policy.preset else ""
    return [f"{policy.name}{state}{built}.", *(f"Source: {source}." for source in policy.sources)]


def category(policy: Policy, rule: CategoryRule) -> list[str]:
    """What one category allows."""
    purpose = policy.purpose_words.get(rule.purpose, rule.purpose)
    return [
        f"Priority {rule.priority}, {PRIORITIES[rule.priority]}.",
        f"For: {purpose} ({rule.purpose}).",
        verified(rule),
        conflict(rule),
        told(rule),
        entered(rule),
        shared(rule),
    ]


def verified(rule: CategoryRule) -> str:
    """Who verifies a hit."""
    if rule.verifiers == 1:
        return "One person verifies a hit, with a second source, before anybody is told."
    return marked(
        f"{rule.verifiers} different people verify a hit, each with a second source, before "
        "anybody is told.",
        "verifiers",
    )


def conflict(rule: CategoryRule) -> str:
    """The description gate."""
    if rule.conflict_verifiers == 1:
        who = "one person still verifies"
    else:
        who = f"{rule.conflict_verifiers} different people verify, each after a look of their own"
    return marked(
        f"When the vehicle's description contradicts the entry, {who}.", "conflict_verifiers"
    )


def told(rule: CategoryRule) -> str:
    """Who hears of a verified hit."""
    who = _and([_TOLD[one] for one in rule.tell]) or "nobody"
    return marked(f"A verified hit is told to {who}.", "tell")


def entered(rule: CategoryRule) -> str:
    """What an entry made by a person needs."""
    second = "needs a second person's approval" if rule.approval else "needs no approval"
    return f"An entry made by a person {second} and lives {_days(rule.max_days)} at most."


def shared(rule: CategoryRule) -> str:
    """Whether neighbors may receive it."""
    if rule.share:
        return "Neighbors may receive its entries where an agreement in force says so."
    return "Its entries are not shared with neighbors."


def _keys(policy: Policy) -> list[str]:
    own = [f"{key} is {code}." for key, code in sorted(policy.message_keys.items())]
    return [*own, "Every other key is known by bolo's own table (policy/mke.py), or not at all."]


def _purposes(policy: Policy) -> list[str]:
    return [f"{policy.purpose_words.get(p, p)} ({p})." for p in policy.purposes]


def _kept(policy: Policy) -> list[str]:
    kept = policy.retention
    unmatched = (
        f"Reads that matched nothing are gone after {_minutes(kept.unmatched_minutes)}."
        if kept.unmatched_minutes
        else "Reads that matched nothing live as long as the others."
    )
    return [
        marked(f"Reads are gone after {_days(kept.reads_days)}.", "reads_days"),
        marked(unmatched, "unmatched_minutes"),
        marked(f"Alerts are gone after {_days(kept.alerts_days)}.", "alerts_days"),
        f"The original files of lists are gone after {_days(kept.originals_days)}.",
        marked(f"The last {kept.generations} generations of a list are kept.", "generations"),
    ]


def _shared(policy: Policy) -> list[str]:
    ours = policy.sharing
    some = f" of {_and(ours.states)}" if ours.states else ""
    out = {
        "never": "Nothing is shared out of state.",
        "declaration": f"Agencies{some} out of state give a written declaration first.",
        "allowed": f"Agencies{some} out of state may receive by agreement.",
    }[ours.out_of_state]
    federal = {
        "never": "Nothing is shared with federal agencies.",
        "process": "Federal agencies need a warrant, a subpoena or an order of a court.",
        "allowed": "Federal agencies may receive by agreement.",
    }[ours.federal]
    names = [rule.name for rule in policy.categories.values() if rule.share]
    what = f"Shared by agreement: {', '.join(names)}." if names else "No category is shared."
    return [what, marked(out, "out_of_state", "states"), marked(federal, "federal")]


def _lists(policy: Policy) -> list[str]:
    lists = policy.lists
    return [
        f"A list older than {lists.max_age_hours:g} hours is stale, and is shown so, unless its "
        "source has a limit of its own.",
        f"A withdrawal stands {lists.withdrawal_hours:g} hours against a file that still holds the "
        "entry.",
        f"Of a pattern at least {lists.known_characters} characters must be known.",
        f"A text that a person rejects as a misread does not alert for the same plate again for "
        f"{_days(lists.misread_marker_days)}; the plate itself, read right, always does."
        if lists.misread_marker_days
        else "What a person rejects as a misread is not remembered.",
    ]


def budget(policy: Policy, priority: int) -> str:
    """What the agency can handle of one priority."""
    most = policy.alert_budget.of(priority)
    name = PRIORITIES[priority]
    if not most:
        return marked(f"{name}: exact readings only; a misread plate never alerts.", "alert_budget")
    times = "1 false alert" if most == 1 else f"{most:,g} false alerts"
    return marked(f"{name}: misread plates may cost {times} a day.", "alert_budget")


def _false_alerts(policy: Policy) -> list[str]:
    return [
        *(budget(policy, priority) for priority in PRIORITIES),
        "bolo sets its thresholds to that, from the scores that it measured on the agency's own "
        "reads. An exact reading always alerts and is in no budget, nor is what fits an entry's "
        "partial plate or description.",
    ]


def _people(count: int) -> str:
    return "one person" if count == 1 else f"{count} people"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count:,} days"


def _minutes(count: int) -> str:
    return "1 minute" if count == 1 else f"{count:,} minutes"


def _and(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
