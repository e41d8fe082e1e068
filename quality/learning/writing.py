"""matchers/confusion.json, the same bytes for the same pairs on any machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from quality.learning.counting import count
from quality.learning.fitting import Fitted, fit
from quality.learning.pairs import Pair
from quality.learning.priors import prior
from quality.learning.shapes import load
from quality.learning.strengths import CHOSEN

DATA = Path(__file__).parent.parent / "data"
SHAPES = DATA / "shapes.csv"
TRAINING = DATA / "training.csv"
TEST = DATA / "pairs.csv"
PLACES = 4
"""Decimals of a logarithm: a hundredth of a percent, and no machine's rounding shows."""


def fitted(pairs: Sequence[Pair], shapes: Path = SHAPES) -> Fitted:
    """What the pairs teach."""
    believed = prior(load(shapes))
    return fit(count(pairs, believed), believed, CHOSEN)


def table(learned: Fitted) -> str:
    """The JSON that matchers.confusion.standard reads: natural logs."""

    def logs(numbers: np.typing.NDArray[np.float64]) -> list[float]:
        return [round(float(n), PLACES) for n in np.log(numbers)]

    rows = ",\n  ".join(json.dumps(logs(row)) for row in learned.shown)
    return (
        f'{{\n "shown": [\n  {rows}\n ],\n'
        f' "dropped": {json.dumps(logs(learned.dropped))},\n'
        f' "added": {json.dumps(logs(learned.added))},\n'
        f' "at_end": {round(learned.at_end, PLACES)},\n'
        f' "swapped": {round(float(np.log(learned.swapped)), PLACES)},\n'
        f' "cut": {round(learned.cut, PLACES)}\n}}\n'
    )
