"""One run: draw everything from the seed, ask every rule, and count."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from quality import damages, ruling
from quality.bench import Bench, Plan
from quality.counting import step
from quality.innocents import assumed
from quality.listed import FLOOR
from quality.results import Result, Step
from quality.scoring import Say
from quality.statistics import Sweep
from quality.training import shared
from quality.without import VARIANTS

T = TypeVar("T")


def measure(plan: Plan, say: Say) -> Result:
    """Run the plan."""
    clock = _Clock()
    bench = clock("drawing", partial(Bench, plan, say))
    steps: list[Step] = []
    sweeps: list[Sweep] = []
    without: list[Step] = []
    for n in range(1, len(plan.evidence) + 1):
        evidence = plan.evidence[:n]
        variants = VARIANTS if evidence == plan.evidence else ()
        (sweep, *others), exact_text = clock(
            f"engine: {evidence[-1]}", partial(bench.sweeps, evidence, variants)
        )
        name = evidence[0] if n == 1 else f"+ {evidence[-1]}"
        sweeps.append(sweep)
        steps.append(step(name, evidence, sweep, exact_text, plan.budgets, plan.seed))
        without += [
            step(v.name, evidence, other, exact_text, plan.budgets, plan.seed)
            for v, other in zip(variants, others, strict=True)
        ]
    plate_state = sweeps[1] if plan.evidence[1:2] == ("state",) else None
    say("Asking the simpler rules")
    rules = clock("rules", partial(ruling.rules, bench, sweeps[-1], plate_state))
    say("Exact reads and seeded damages")
    exact = clock("exact", partial(damages.exact, bench))
    seeded = clock("damages", partial(damages.seeded, bench, steps[-1]))
    pairs = plan.pairs
    return Result(
        file=pairs.name,
        columns=tuple(sorted(pairs.columns)),
        pairs=len(pairs.misread),
        kinds=len({(p.truth, p.read) for p in pairs.misread}),
        exact_pairs=len(pairs.exact),
        unread=pairs.unread,
        trained_on=shared(pairs),
        rounds=len(bench.rounds),
        entries=len(bench.listed),
        innocents=len(bench.innocents),
        innocents_misread=int(bench.innocents.misread.sum()),
        noise=bench.errors.source,
        seed=plan.seed,
        evidence=plan.evidence,
        floor=FLOOR,
        candidate_recall=bench.recall(),
        rules=rules,
        steps=tuple(steps),
        without=tuple(without),
        exact=exact,
        damages=seeded,
        seconds=clock.seconds,
        notes=(*pairs.notes, *assumed(pairs)),
    )


class _Clock:
    """Seconds each part took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, name: str, work: Callable[[], T]) -> T:
        started = time.monotonic()
        done = work()
        self.seconds[name] = round(time.monotonic() - started, 1)
        return done
