"""What a run is to do, and everything that is drawn for it.

Each thing that is drawn has a generator of its own, seeded with the run's seed and its own number,
so that more innocents do not change the list, nor another file of pairs the innocents' misreads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.errors import BadInput
from quality import noise
from quality.cases import Cases, Round, cases_of, draw_round
from quality.generating import Vehicles, draw, joined
from quality.innocents import Innocents, draw_innocents
from quality.listed import EVIDENCE, Lexicon, generation, watch
from quality.pairs import Pairs
from quality.rules import Flags
from quality.scoring import Say, score
from quality.statistics import PER, Sweep
from quality.texts import codes
from quality.without import Variant

FEWEST_ENTRIES, MOST_ENTRIES = 1_000, 1_000_000
_LIST, _ROUNDS, _INNOCENTS = 1, 2, 3


@dataclass(frozen=True)
class Plan:
    """What to run. `evidence` are names of EVIDENCE; budgets are per 100,000 innocent reads."""

    pairs: Pairs
    entries: int
    seed: int
    innocents: int
    budgets: tuple[float, ...]
    evidence: tuple[str, ...]


def planned(
    pairs: Pairs, entries: int, seed: int, innocents: int, budgets: tuple[float, ...],
    evidence: tuple[str, ...] = (),
) -> Plan:  # fmt: skip
    """A plan that can be run. Raises BadInput. No evidence: all that the file has or is drawn."""
    if not FEWEST_ENTRIES <= entries <= MOST_ENTRIES:
        raise BadInput("--entries", f"is from {FEWEST_ENTRIES:,} to {MOST_ENTRIES:,}")
    if len({p.truth for p in pairs.misread}) > entries // 2:
        msg = f"{entries:,} cannot hold this file's wanted plates; take twice as many as it has"
        raise BadInput("--entries", msg)
    if not pairs.misread:
        raise BadInput(pairs.name, "has no misread pair: truth and read are the same everywhere")
    for budget in budgets:
        if not 0 < budget < float("inf"):
            raise BadInput("--budget", f"is a number above 0, {budget:g} is none")
        if budget * innocents < PER:
            least = -(-PER // budget)
            msg = f"{budget:g} of 100,000 needs --innocents {least:,.0f} or more"
            raise BadInput("--budget", msg)
    drawn = ("plate", "state", "make", "color", "body")
    there = tuple(n for n in EVIDENCE if n in drawn or n in pairs.columns)
    for name in evidence:
        if name not in EVIDENCE:
            raise BadInput("--evidence", f"{name!r} is none of {', '.join(EVIDENCE)}")
        if name not in there:
            raise BadInput("--evidence", f"{pairs.name} has no column '{name}'")
    chosen = tuple(n for n in there if not evidence or n in evidence or n == "plate")
    return Plan(pairs, entries, seed, innocents, tuple(sorted(set(budgets))), chosen)


class Bench:
    """Everything that was drawn, and the engine's list of it."""

    def __init__(self, plan: Plan, say: Say) -> None:
        self.plan, self.say = plan, say
        self.errors = noise.generic()
        self.cases: Cases = cases_of(plan.pairs.misread, plan.pairs.columns)
        say(f"Drawing {plan.entries:,} entries and {plan.innocents:,} innocent reads")
        wanted = plan.entries - len(self.cases.leaders)
        self.base: Vehicles = draw(wanted, np.random.default_rng([plan.seed, _LIST]))
        self.rounds: list[Round] = [
            draw_round(self.cases, np.random.default_rng([plan.seed, _ROUNDS, n]))
            for n in range(self.cases.rounds)
        ]
        listed = joined(self.base, self.rounds[0].wanted)
        self.innocents: Innocents = draw_innocents(
            plan.innocents, listed, self.errors, plan.pairs.misread, [plan.seed, _INNOCENTS],
            plan.pairs.exact, plan.pairs.seen,
        )  # fmt: skip
        self.listed = listed
        self.lexicon: Lexicon = self.cases.lexicon
        say("Building the index")
        self.base_layer = generation(self.base, self.lexicon)
        self.layers = [generation(r.wanted, self.lexicon, first_id=wanted + 1) for r in self.rounds]

    def sweeps(
        self, evidence: tuple[str, ...], variants: Sequence[Variant] = ()
    ) -> tuple[list[Sweep], Flags]:
        """The engine's scores with this evidence: the whole one's, then each variant's. And which
        innocents it showed an exact text for."""
        allowed = frozenset(evidence)
        wanted = []
        for drawn, layer in zip(self.rounds, self.layers, strict=True):
            meant = drawn.entry_of + len(self.base) + 1
            now = watch(self.base_layer, layer)
            wanted.append(score(drawn.seen, self.lexicon, allowed, now, meant, variants).meant)
        innocent = score(
            self.innocents.seen, self.lexicon, allowed, watch(self.base_layer, self.layers[0]),
            variants=variants, say=lambda what: self.say(f"Engine, up to {evidence[-1]}: {what}"),
        )  # fmt: skip
        found = [
            Sweep(np.stack([scores[n] for scores in wanted], axis=1), innocent.any_entry[n])
            for n in range(1 + len(variants))
        ]
        return found, innocent.exact

    def recall(self) -> float:
        """The share of misreads whose entry the index yields at all, by the read or a candidate."""
        pairs = self.cases.pairs
        offered = "candidates" in self.plan.evidence
        said = [(p.read, *(text for text, _ in p.candidates if offered)) for p in pairs]
        owner = np.repeat(np.arange(len(pairs)), [len(several) for several in said])
        read = codes([text for several in said for text in several])
        at, rows = self.layers[0].index.candidates(read)
        reached = np.zeros(len(pairs), dtype=bool)
        reached[owner[at[self.cases.entry_of[owner[at]] == rows]]] = True
        return float(reached.mean())
