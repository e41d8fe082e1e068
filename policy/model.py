"""An agency's policy as data: what each category allows, what for, for how long, with whom.

A `Policy` is read from one TOML (policy.loading) and handed in; nothing here reads a file. What
is prohibited is no part of it: policy.prohibited holds whatever a policy says.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Told = Literal["dispatch", "officer", "system"]
OutOfState = Literal["never", "declaration", "allowed"]
Federal = Literal["never", "process", "allowed"]


class CategoryRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a category of entries allows. Every value has a default that is the careful one.

    `priority` 1 Immediate, 2 High, 3 Routine, 4 Note. `verifiers` is how many people verify a hit,
    `conflict_verifiers` how many when the description contradicts (the description gate).
    `approval`: an entry made by a person needs a second person's approval. `max_days` is the
    longest life of an entry made by a person; `share` whether neighbours may receive it at all.
    """

    name: str
    priority: int
    purpose: str
    verifiers: int = 1
    conflict_verifiers: int = 2
    tell: tuple[Told, ...] = ("dispatch", "officer", "system")
    approval: bool = True
    max_days: int = 30
    share: bool = False


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long what is kept. `unmatched_minutes` 0: as long as `reads_days`."""

    reads_days: int = 30
    unmatched_minutes: int = 0
    alerts_days: int = 730
    originals_days: int = 30
    generations: int = 10


class Sharing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With whom entries and hits may be shared at all; an agreement narrows it further.

    `states` are the other states whose agencies may receive, where `out_of_state` is not "never";
    empty for any.
    """

    out_of_state: OutOfState = "never"
    federal: Federal = "never"
    states: tuple[str, ...] = ()


class Lists(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The care of lists. `max_age_hours` is for a source that has no limit of its own.

    `withdrawal_hours`: how long a withdrawal stands against a file that still holds the entry.
    `known_characters`: of a pattern, at least so many characters must be known.
    `misread_marker_days`: how long a text that a person rejected as a misread does not alert for
    the same wanted plate again; 0: it is not remembered.
    """

    max_age_hours: float = 26
    withdrawal_hours: float = 72
    known_characters: int = 3
    misread_marker_days: int = 90


class AlertBudget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """False alerts a day that the agency can handle, by the priority of what is wanted.

    The engine makes its thresholds from them (alerts.budgeting). 0: exact readings only, which are
    never held back and are in no budget. The numbers are bolo's own (judgement): much for what is
    Immediate, few for what can wait.
    """

    immediate: float = 50
    high: float = 5
    routine: float = 5
    note: float = 2

    def of(self, priority: int) -> float:
        """The budget of a priority, 1 Immediate to 4 Note."""
        return (self.immediate, self.high, self.routine, self.note)[priority - 1]


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a file built on a preset cannot widen: the law or order behind it. None, (): no limit.

    `unmatched_minutes` also rules out 0, which keeps unmatched reads as long as the others.
    `categories` and `purposes` are the only ones there may be; `no_share` are never shared.
    """

    reads_days: int | None = None
    unmatched_minutes: int | None = None
    alerts_days: int | None = None
    originals_days: int | None = None
    max_age_hours: float | None = None
    verifiers: int | None = None
    out_of_state: OutOfState = "allowed"
    federal: Federal = "allowed"
    purposes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    no_share: tuple[str, ...] = ()


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """One installation's policy. `state` is the agency's own (NCIC code, "" unsaid).

    `purposes` is the closed list that every category's `purpose` is of; `message_keys` are the
    agency's own NCIC message keys, to category codes; `sources` name the law or order behind it.
    """

    name: str
    state: str = ""
    sources: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    categories: dict[str, CategoryRule]
    message_keys: dict[str, str] = msgspec.field(default_factory=dict)
    retention: Retention = Retention()
    sharing: Sharing = Sharing()
    lists: Lists = Lists()
    alert_budget: AlertBudget = AlertBudget()
    left_open: tuple[str, ...] = ()
    """What the law leaves to the agency, or what could not be established, as sentences."""
    preset: str = ""
    """The preset that the file is built on, or that this is."""
    purpose_words: dict[str, str] = msgspec.field(default_factory=dict)
    """Of every purpose, what it says to a person who chooses it."""
    limits: Limits = Limits()
    origins: dict[str, str] = msgspec.field(default_factory=dict)
    """Where a value is said: "categories.amber.priority" to "policy.toml:14"."""

    def origin(self, *path: str) -> str:
        """The file and line of a value, or of the nearest table around it; "built in" for none."""
        for end in range(len(path), 0, -1):
            found = self.origins.get(".".join(path[:end]))
            if found:
                return found
        return "built in"
