"""What a run found, as values: the report prints them, --json gives all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec


@dataclass(frozen=True)
class Found:
    """Shares are 0 to 1, intervals 95 %; false alerts are per 100,000 innocent reads."""

    found: float
    plus_minus: float
    false_alerts: float
    low: float
    high: float


@dataclass(frozen=True)
class RuleResult:
    """A simple rule, and the engine with all evidence and with plate and state alone at no more
    false alerts than the rule's. `engine_floor`: the engine had no more to show at its floor."""

    name: str
    result: Found
    engine: Found
    engine_plate_state: Found | None
    engine_floor: bool


@dataclass(frozen=True)
class AtBudget:
    """The engine at a budget. `threshold` is the score that gives it; `exact_shown` how many more
    per 100,000 are shown anyway, since an exact text is never held back."""

    budget: float
    threshold: float
    result: Found
    exact_shown: float


@dataclass(frozen=True)
class Step:
    """The engine with some of the evidence, at each budget."""

    name: str
    evidence: tuple[str, ...]
    at: tuple[AtBudget, ...]
    curve: tuple[tuple[float, float], ...]
    """(false alerts, found)"""


@dataclass(frozen=True)
class DamageResult:
    """One seeded kind of damage to drawn entries' plates: the share found at each budget."""

    kind: str
    reads: int
    found: tuple[float, ...]


@dataclass(frozen=True)
class ExactResult:
    """Exact reads of wanted plates, seen right and with another vehicle's description and state."""

    reads: int
    lost: int
    contradicted: int
    contradicted_lost: int


@dataclass(frozen=True)
class Result:
    """A whole run."""

    file: str
    columns: tuple[str, ...]
    pairs: int
    kinds: int
    """Of pairs: different truths and reads."""
    exact_pairs: int
    unread: int
    trained_on: int | None
    """Of the misread pairs, how many the engine's tables were learned from; None: not known."""
    rounds: int
    entries: int
    innocents: int
    innocents_misread: int
    noise: str
    seed: int
    evidence: tuple[str, ...]
    floor: float
    candidate_recall: float
    rules: tuple[RuleResult, ...]
    steps: tuple[Step, ...]
    """Each with one piece of evidence more; the last has all."""
    without: tuple[Step, ...]
    """All evidence, but the engine without one of its parts (quality.without)."""
    exact: ExactResult
    damages: tuple[DamageResult, ...]
    seconds: dict[str, float]
    notes: tuple[str, ...] = ()
    """What a person should know of how the file was read."""

    def as_json(self) -> dict[str, Any]:
        """Plain values. `engine` has the numbers with all evidence, flat, one object a budget: what
        `bolo match evaluate --help` names; the rest is this class as it is."""
        engine = [
            {
                "budget": at.budget,
                "found": at.result.found,
                "found_plus_minus": at.result.plus_minus,
                "false_alerts_per_100000": at.result.false_alerts,
                "false_alerts_low": at.result.low,
                "false_alerts_high": at.result.high,
                "exact_texts_besides_per_100000": at.exact_shown,
                "threshold": at.threshold,
            }
            for at in self.steps[-1].at
        ]
        built: dict[str, Any] = msgspec.to_builtins(self)
        return {"engine": engine, **built}
