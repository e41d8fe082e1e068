"""What an agency may choose for its CAP source. Everything has a careful default."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from domain.errors import BadInput
from policy.categories import CATEGORIES
from policy.prohibited import refuse


class CapSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a source's settings that this package reads; others are left alone.

    `events`: further SAME event codes and the category that their entries get, for example
    {"MEP": "missing-person"}. CAE is always taken, as "amber". `known_characters`: a partial plate
    with fewer goes to a person. `hours_without_expiry`: how long an alert holds that says no end
    (CAP leaves it to the receiver). `longest_hours`: after that an alert ends whatever it says,
    unless it is updated.
    """

    events: dict[str, str] = msgspec.field(default_factory=dict)
    known_characters: int = 3
    hours_without_expiry: float = 24
    longest_hours: float = 168

    @property
    def without_expiry(self) -> timedelta:
        return timedelta(hours=self.hours_without_expiry)

    @property
    def longest(self) -> timedelta:
        return timedelta(hours=self.longest_hours)


def settings_of(settings: Mapping[str, Any]) -> CapSettings:
    """The settings of a source. Raises BadInput, and Prohibited for what no setting may take."""
    names = CapSettings.__struct_fields__
    try:
        said = msgspec.convert({n: settings[n] for n in names if n in settings}, CapSettings)
    except msgspec.ValidationError as wrong:
        raise BadInput("settings", str(wrong)) from None
    for code, category in said.events.items():
        refuse(code)
        if len(code) != 3 or not code.isascii() or not code.isalpha() or code != code.upper():
            where = f"events.{code}"
            raise BadInput(where, "a SAME event code has three capital letters")
        if category not in CATEGORIES:
            known = ", ".join(sorted(CATEGORIES))
            where, problem = f"events.{code}", f"no category {category!r}; there are: {known}"
            raise BadInput(where, problem)
    if said.known_characters < 1:
        raise BadInput("known_characters", "must be at least 1")
    for name in ("hours_without_expiry", "longest_hours"):
        if not 0 < getattr(said, name) <= 24 * 366:
            raise BadInput(name, "must be more than 0 and at most a year in hours")
    return said
