"""What was learned, in lines of text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rapidfuzz.distance import OSA

from matchers.characters import ALPHABET
from matchers.folding import CLASSES, CLOSE, WIDE
from matchers.reach import within_reach
from quality.learning.counting import count
from quality.learning.pairs import Pair
from quality.learning.partition import collisions, reachable, whole
from quality.learning.priors import prior
from quality.learning.shapes import load
from quality.learning.writing import SHAPES, fitted


def lines(train: Sequence[Pair], test: Sequence[Pair]) -> list[str]:
    """Each source's edits, the table's likeliest confusions, and what is within reach."""
    learned = fitted(train)
    counts = count(train, prior(load(SHAPES)))
    found = ["training: source, misreads, shares shown/dropped/added/swapped of one-edit misreads"]
    for name, c in counts.items():
        found.append(f"  {name:16} {c.misreads:6}  {_shares(c.split())}")
    found.append(f"  table                    {_shares(learned.split)}")
    off = learned.shown - np.diag(np.diag(learned.shown))
    order = np.argsort(off, axis=None)[::-1][:60]
    named = [f"{ALPHABET[i // 36]}>{ALPHABET[i % 36]} {off.flat[i]:.2%}" for i in order]
    found.append("likeliest: " + ", ".join(named))
    for title, pairs in (("training", train), ("test", test)):
        found.append(f"{title}: share of misreads at most one edit apart, each source the same")
        for name, groups in (
            ("not folded", ()),
            ("CLASSES", CLASSES),
            ("CLOSE", CLOSE),
            ("WIDE", WIDE),
        ):
            share, more = reachable(pairs, groups), collisions(groups)
            found.append(
                f"  {name:11} {len(whole(groups))} groups {share:.1%}, collisions x{more:.1f}"
            )
        for name in sorted({p.source for p in pairs}):
            wrong = [p for p in pairs if p.source == name and p.read != p.truth]
            near = sum(within_reach(p.read, p.truth) for p in wrong) / len(wrong)
            one = sum(OSA.distance(p.read, p.truth) == 1 for p in wrong) / len(wrong)
            words = f"{one:.1%} one edit, {near:.1%} within reach of the index"
            found.append(f"  {name}: {len(wrong)} misreads, {words}")
    return found


def _shares(row: np.typing.NDArray[np.float64]) -> str:
    return " / ".join(f"{share:.3f}" for share in row)
