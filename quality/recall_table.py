"""Makes matchers/recall.json: how many misread wanted plates each threshold still finds.

    python -m quality.recall_table PAIRS.csv [--entries N] [--seed S] [--out FILE]

The same drawing as `bolo match evaluate`: wanted vehicles on a list of N entries are misread as the
file's pairs say, and the engine scores each read against its own entry. A share is of reads that
are no exact reading; at a threshold those count whose score reaches it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import typer

from matchers import recall
from quality.bench import Bench, planned
from quality.listed import watch
from quality.pairs import load
from quality.scoring import score

EVIDENCE: dict[str, tuple[str, ...]] = {
    "plate and state": ("plate", "state"),
    "plate, state and make": ("plate", "state", "make"),
    "plate, state, make and color": ("plate", "state", "make", "color"),
    "plate, state, make, color and body": ("plate", "state", "make", "color", "body"),
}
THRESHOLDS = tuple(float(t) for t in np.arange(-6.0, 20.001, 0.25))
"""From the lowest score that quality.listed looks at to the highest that is told apart."""
FEW_INNOCENTS = 1_000
"""The drawing wants some; they are not looked at here."""


def made(pairs: Path, entries: int, seed: int) -> dict[str, object]:
    """The table. Raises BadInput for a file that is none, or too large for the list."""
    plan = planned(load(pairs), entries, seed, FEW_INNOCENTS, ())
    bench = Bench(plan, lambda _: None)
    found = {name: _shares(bench, frozenset(there)) for name, there in EVIDENCE.items()}
    reads = sum(len(drawn.seen) for drawn in bench.rounds)
    return {
        "measured": f"{reads:,} misreads of {len(plan.pairs.misread):,} pairs ({plan.pairs.name}), "
        f"on a drawn list of {entries:,} entries",
        "entries": entries,
        "seed": seed,
        "cases": reads,
        "thresholds": THRESHOLDS,
        "found": found,
    }


def _shares(bench: Bench, evidence: frozenset[str]) -> list[float]:
    scores = []
    for drawn, layer in zip(bench.rounds, bench.layers, strict=True):
        meant = drawn.entry_of + len(bench.base) + 1
        now = watch(bench.base_layer, layer)
        scores.append(score(drawn.seen, bench.lexicon, evidence, now, meant).meant)
    every = np.concatenate(scores)
    return [round(float((every >= threshold).mean()), 4) for threshold in THRESHOLDS]


def main(
    pairs: Annotated[Path, typer.Argument(help="CSV as `bolo match evaluate` takes it.")],
    entries: Annotated[int, typer.Option(help="Entries of the list.")] = 1_000_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same table.")] = 1,
    out: Annotated[Path, typer.Option(help="Where to write it.")] = recall.TABLE,
) -> None:
    """Measure, write, and read it back."""
    body = msgspec.json.format(msgspec.json.encode(made(pairs, entries, seed)), indent=1)
    out.write_bytes(body + b"\n")
    table = recall.read(out)
    assert table is not None
    for name in table.evidence:
        typer.echo(f"{name}: at -2 {table.at(-2, name):.1%}, 0 {table.at(0, name):.1%}, "
                   f"2 {table.at(2, name):.1%}, 4 {table.at(4, name):.1%}")  # fmt: skip


if __name__ == "__main__":
    typer.run(main)
