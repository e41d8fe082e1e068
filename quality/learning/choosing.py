"""Which strengths do best on a source that was not learned from.

Run by `python -m quality.learning --choose`. Training pairs alone. Each source is left out in
turn; the score is the mean over the sources of the mean ln P(shown | plate's character, wrongly
shown) of its substitutions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np

from quality.learning.counting import Counts
from quality.learning.fitting import which_wrong
from quality.learning.shapes import Square
from quality.learning.strengths import Strengths


def score(counts: Mapping[str, Counts], prior: Square, chosen: Strengths) -> list[float]:
    """For each source in turn, sorted by name: what the others and the prior say of it."""
    scores = []
    for left_out in sorted(counts):
        others = [counts[name] for name in sorted(counts) if name != left_out]
        logs = np.log(np.maximum(which_wrong(others, prior, chosen), 1e-9))
        seen = counts[left_out].shown
        scores.append(float((seen * logs).sum() / max(seen.sum(), 1e-9)))
    return scores


def grid(counts: Mapping[str, Counts], prior: Square) -> Iterator[tuple[Strengths, list[float]]]:
    """A coarse grid of strengths with their scores."""
    for own, most, mirror in product(
        (10.0, 25.0, 50.0), (0.0, 10.0, 25.0, 60.0), (0.0, 10.0, 25.0)
    ):
        chosen = Strengths(prior=own, most=most, mirror=mirror)
        yield chosen, score(counts, prior, chosen)
