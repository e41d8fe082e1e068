"""What score a match must reach, by the urgency of what is wanted.

A score is on one scale for every agency: the natural log of the odds that this is the wanted
vehicle. Which odds are worth a person's time is the agency's to say, as a budget of false alerts;
matchers only compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

STANDARD = -2.0
"""Before an agency's own traffic was measured: about 1 in 8 right (judgement; docs/quality.md says
how many false alerts that is)."""


@dataclass(frozen=True)
class Thresholds:
    """By priority (1 Immediate to 4 Note); `standard` for a priority that has none of its own."""

    by_priority: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))
    standard: float = STANDARD

    def of(self, priority: int) -> float:
        """The least score that alerts for an entry of this priority."""
        return self.by_priority.get(priority, self.standard)

    @property
    def least(self) -> float:
        """No match scores less than this and alerts."""
        return min((self.standard, *self.by_priority.values()))
