"""From scores to shares found and false alerts."""

from __future__ import annotations

from quality.listed import FLOOR
from quality.results import AtBudget, Found, Step
from quality.rules import Flags
from quality.statistics import PER, Rate, Share, Sweep


def step(
    name: str,
    evidence: tuple[str, ...],
    sweep: Sweep,
    exact_text: Flags,
    budgets: tuple[float, ...],
    seed: int,
) -> Step:
    """The engine at each budget."""
    at = []
    for budget in budgets:
        alerts = int(budget * len(sweep.innocent) / PER)
        threshold = sweep.threshold(alerts)
        held = int((exact_text & (sweep.innocent <= threshold)).sum())
        at.append(
            AtBudget(
                budget=budget,
                threshold=round(max(threshold, FLOOR), 3),
                result=found(sweep.share(alerts, seed), sweep.rate(threshold)),
                exact_shown=held / len(sweep.innocent) * PER,
            )
        )
    curve = tuple((round(x, 3), round(y, 5)) for x, y in sweep.curve())
    return Step(name, evidence, tuple(at), curve)


def found(share: Share, rate: Rate) -> Found:
    """The two together."""
    low, high = rate.interval
    return Found(
        round(share.found, 5), round(share.plus_minus, 5),
        round(rate.per, 3), round(low, 3), round(high, 3),
    )  # fmt: skip
