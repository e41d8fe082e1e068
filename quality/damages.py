"""Beside the real pairs: exact reads of wanted plates, and damages from a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quality import plates
from quality.generating import Sightings, Vehicles, describe, see
from quality.listed import watch
from quality.results import DamageResult, ExactResult, Step
from quality.scoring import NOTHING, score
from quality.texts import Ints, texts

if TYPE_CHECKING:
    from quality.bench import Bench

KINDS: tuple[str, ...] = ("look-alike", "any", "drop", "addition", "swap", "cut", "two as one")
EACH = 400
"""Damaged reads of each kind."""
EXACT = 2_000
"""Drawn entries that are read exactly, beside the file's truths."""
NEVER = 1_000_000.0
"""A threshold that nothing reaches by its score."""
_EXACT, _DAMAGES = 4, 5


def exact(bench: Bench) -> ExactResult:
    """Exact reads against a watch whose thresholds no score reaches: none may be lost."""
    rng = np.random.default_rng([bench.plan.seed, _EXACT])
    first = bench.rounds[0].wanted
    rows = np.concatenate(
        (
            rng.choice(len(bench.base), size=min(EXACT, len(bench.base)), replace=False),
            np.arange(len(first)) + len(bench.base),
        )
    )
    true = bench.listed.at(rows)
    read = texts(true.plates)
    other = Vehicles(true.plates, plates.draw_states(len(true), rng), *describe(len(true), rng))
    as_drawn = see(_described(true, bench), read, rng)
    contradicted = see(other, read, rng)
    lost = [_lost(bench, seen, rows) for seen in (as_drawn, contradicted)]
    return ExactResult(len(rows), lost[0], len(rows), lost[1])


def _lost(bench: Bench, seen: Sightings, rows: Ints) -> int:
    strict = watch(bench.base_layer, bench.layers[0], floor=NEVER)
    evidence = frozenset(bench.plan.evidence)
    meant = score(seen, bench.lexicon, evidence, strict, rows + 1).meant[0]
    return int((meant == NOTHING).sum())


def seeded(bench: Bench, all_evidence: Step) -> tuple[DamageResult, ...]:
    """Drawn entries' plates with one damage of each kind, at the thresholds of `all_evidence`."""
    results = []
    for number, kind in enumerate(KINDS):
        rng = np.random.default_rng([bench.plan.seed, _DAMAGES, number])
        rows = rng.choice(len(bench.base), size=min(EACH, len(bench.base)), replace=False)
        true = bench.base.at(rows)
        read = [_damaged(bench, text, kind, rng) for text in texts(true.plates)]
        now = watch(bench.base_layer, bench.layers[0])
        seen = see(true, read, rng)
        meant = score(seen, bench.lexicon, frozenset(bench.plan.evidence), now, rows + 1).meant[0]
        changed = np.array(read) != np.array(texts(true.plates))
        scores = meant[changed]
        share = tuple(round(float((scores > a.threshold).mean()), 4) for a in all_evidence.at)
        results.append(DamageResult(kind, int(changed.sum()), share))
    return tuple(results)


def _damaged(bench: Bench, text: str, kind: str, rng: np.random.Generator) -> str:
    """One damage that changes the text, if some twenty tries find one."""
    for _ in range(20):
        wrong = bench.errors.damaged(text, kind, rng)
        if wrong != text:
            return wrong
    return text


def _described(wanted: Vehicles, bench: Bench) -> Vehicles:
    """The vehicles with standard values, for what a file's own words mean (or any)."""
    standard = bench.cases.standard
    columns = {}
    for name, values in (("make", wanted.makes), ("color", wanted.colors), ("body", wanted.bodies)):
        known = np.where(values >= 0, standard[name][values], 0)
        columns[name] = np.maximum(known, 0)
    return Vehicles(
        wanted.plates, wanted.states, columns["make"], columns["color"], columns["body"]
    )
