"""The simpler rules over the same reads, and the engine at their false-alert rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quality.counting import found
from quality.listed import FLOOR
from quality.results import RuleResult
from quality.rules import RULES, near_pairs
from quality.statistics import Rate, Sweep, share_of
from quality.texts import codes

if TYPE_CHECKING:
    from quality.bench import Bench


def rules(bench: Bench, sweep: Sweep, plate_state: Sweep | None) -> tuple[RuleResult, ...]:
    """Each rule, beside the engine's scores with all evidence, and with plate and state."""
    seed = bench.plan.seed
    seen, listed = bench.innocents.seen, bench.listed
    read = codes(seen.texts)
    at, row = near_pairs(read, listed.plates)
    results = []
    for rule in RULES:
        hit = rule.alerts(read[at], listed.plates[row], seen.states[at], listed.states[row])
        alerts = len(np.unique(at[hit]))
        flags = np.stack(
            [
                rule.alerts(
                    codes(r.seen.texts), r.wanted.plates[r.entry_of], r.seen.states,
                    r.wanted.states[r.entry_of],
                )
                for r in bench.rounds
            ],
            axis=1,
        )  # fmt: skip
        results.append(
            RuleResult(
                name=rule.name,
                result=found(share_of(flags.astype(float), seed), Rate(alerts, len(read))),
                engine=found(sweep.share(alerts, seed), sweep.rate(sweep.threshold(alerts))),
                engine_plate_state=None
                if plate_state is None
                else found(
                    plate_state.share(alerts, seed),
                    plate_state.rate(plate_state.threshold(alerts)),
                ),
                # An exact text may score below the floor; what else does was not looked at.
                engine_floor=sweep.threshold(alerts) < FLOOR,
            )
        )
    return tuple(results)
