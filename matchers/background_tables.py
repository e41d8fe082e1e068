"""The tables by which matchers.background is found for many texts at once, built at first use.

A shape is a number: (1 << length) | the bits of the places that are letters, the first place
lowest. One table [state, shape] has all that is the same for every text of a shape; where the
characters count, at most a few templates a state and shape are multiplied out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matchers.characters import ALPHABET, CODE, SIZE, WIDTH
from matchers.confusion import Confusion, standard
from matchers.folding import CUT, CUT_FROM
from matchers.series import known, odds, states, templates
from matchers.weights import STATE_WRONG

GARBAGE = 1e-3
"""Share of texts that are no plate at all: signs, stickers, grilles (judgement)."""

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

_DIGITS, _LETTERS = slice(1, 11), slice(11, SIZE)
_SHAPES = 2 << WIDTH


def state_number(code: str) -> int:
    """Row of the tables for a state read: 0 for none and for one without facts."""
    return _numbers().get(known(code), 0)


class Tables(NamedTuple):
    """See matchers.background_scores."""

    same: Floats
    """[state, shape]: what is the same for all texts of the shape, the floor among it."""
    own_same: Floats
    """[state, shape]: the part of it that is the state's own series'."""
    near: Numbers
    """[few, state, shape]: where the templates begin in `shown` and `right`; 0 for none."""
    shown: Floats
    """Flat [template, place, code]: P(shown), with the template's weight in the first place."""
    right: Floats
    """Flat [template, place, code]: P(the plate has it, and it is shown right), likewise."""


@lru_cache(maxsize=1)
def _numbers() -> dict[str, int]:
    return {"": 0, **{state: n for n, state in enumerate(states(), start=1)}}


@lru_cache(maxsize=1)
def tables() -> Tables:
    """Made in some 0.3 s."""
    national = sum(one.share * _averages(one.slots).all for one in templates(""))
    weight = (1 - GARBAGE) * (1 - STATE_WRONG)
    own = np.zeros((len(_numbers()), _SHAPES))
    shown, right = [np.zeros((WIDTH, SIZE))], [np.zeros((WIDTH, SIZE))]
    near: list[list[list[int]]] = [[[] for _ in range(_SHAPES)] for _ in _numbers()]
    made: dict[tuple[float, tuple[str, ...]], int] = {}
    for state, number in _numbers().items():
        for one in templates(state) if state else ():
            averages = _averages(one.slots)
            own[number] += weight * one.share * averages.far
            kind = (one.share, one.slots)
            if kind not in made:
                made[kind] = len(shown)
                shown.append(averages.characters(averages.shows, weight * one.share))
                right.append(averages.characters(averages.rights, weight * one.share))
            for shape in averages.near:
                near[number][shape].append(made[kind])
    same = own + (1 - GARBAGE) * STATE_WRONG * national
    same[0] = (1 - GARBAGE) * national
    lengths = np.maximum(np.frexp(np.arange(_SHAPES))[1] - 1, 0)
    same += GARBAGE / WIDTH / float(len(ALPHABET)) ** lengths
    few = max(len(each) for rows in near for each in rows)
    starts = np.zeros((few, len(near), _SHAPES), dtype=np.int64)
    for number, rows in enumerate(near):
        for shape, each in enumerate(rows):
            for n, template in enumerate(each):
                starts[n, number, shape] = template * WIDTH * SIZE
    return Tables(same, own, starts, np.stack(shown).ravel(), np.stack(right).ravel())


class _Averages:
    """What a template gives to each shape, as the average over the shape's texts, share aside."""

    def __init__(self, slots: Sequence[str]) -> None:
        table: Confusion = standard()
        self.held = np.stack([_row(slot) for slot in slots])  # (n, SIZE): what the plate has
        chances = np.exp(table.shown)
        chances[0], chances[:, 0] = 0.0, 0.0
        self.shows = self.held @ chances
        self.rights = self.held * chances.diagonal()
        self.added = np.where(np.arange(SIZE) > 0, np.exp(table.added), 0.0)
        ends = np.ones(len(self.held))
        ends[[0, -1]] = np.exp(table.at_end)
        self.lost = (self.held @ np.exp(table.dropped)) * ends
        self.gaps = np.ones(len(self.held) + 1)
        self.gaps[[0, -1]] = np.exp(table.at_end)
        self.swap = float(np.exp(table.swapped))
        swaps = self.swap * (len(self.held) - 1)
        long = len(self.held) >= CUT_FROM
        self.cut = self.lost[[0, -1]] * np.exp(table.cut) * long
        lost = self.lost.sum() + self.cut.sum()
        self.whole = float(1 - lost - self.added.sum() * self.gaps.sum() - swaps)
        self.near = list(self._near())
        """Shapes with at most one place of another kind than the template's."""
        straight = np.zeros(_SHAPES)
        n = len(self.held)
        straight[1 << n : 2 << n] = self.whole * _product(_means(self.shows))
        others = self._others()
        self.all = others + straight
        """(shapes,): everything."""
        straight[self.near] = 0.0
        self.far = others + straight
        """(shapes,): everything but the straight reading of the shapes in `near`."""

    def _others(self) -> Floats:
        """(shapes,): the readings with one mistake of length, a swap, or an end cut off."""
        by_shape = np.zeros(_SHAPES)
        n = len(self.held)
        shows, held = _means(self.shows), _means(self.held)
        for j in range(n - 1):
            turned = [*shows[:j], held[j + 1], held[j], *shows[j + 2 :]]
            by_shape[1 << n : 2 << n] += self.swap * _product(turned)
        if n > 1:
            for j in range(n):
                rest = [*shows[:j], *shows[j + 1 :]]
                by_shape[1 << (n - 1) : 1 << n] += self.lost[j] * _product(rest)
        if n >= CUT_FROM:
            for share, rest in zip(self.cut, (shows[CUT:], shows[:-CUT]), strict=True):
                by_shape[1 << (n - CUT) : 2 << (n - CUT)] += share * _product(rest)
        if n < WIDTH:
            (added,) = _means(self.added[None, :])
            for j in range(n + 1):
                more = [*shows[:j], added, *shows[j:]]
                by_shape[2 << n : 4 << n] += self.gaps[j] * _product(more)
        return by_shape

    def _near(self) -> Iterator[int]:
        n = len(self.held)
        kinds = [(bool(row[_DIGITS].any()), bool(row[_LETTERS].any())) for row in self.held]
        for bits in range(1 << n):
            apart = sum(not kinds[i][bits >> i & 1] for i in range(n))
            if apart <= 1:
                yield 1 << n | bits

    def characters(self, rows: Floats, weight: float) -> Floats:
        """(WIDTH, SIZE): the template's rows with its weight; 1 where nothing stands."""
        table = np.ones((WIDTH, SIZE))
        table[: len(rows)] = rows
        table[0] *= weight * self.whole
        return table


@lru_cache(maxsize=512)
def _averages(slots: tuple[str, ...]) -> _Averages:
    return _Averages(slots)


@lru_cache(maxsize=512)
def _row(slot: str) -> Floats:
    row = np.zeros(SIZE)
    for character, share in odds(slot).items():
        row[CODE[character]] = share
    return row


def _means(rows: Floats) -> list[Floats]:
    """Of each row the mean over digits and over letters."""
    both = np.stack([rows[:, _DIGITS].mean(axis=1), rows[:, _LETTERS].mean(axis=1)], axis=1)
    return list(both)


def _product(pairs: Sequence[Floats]) -> Floats:
    """(2 ** n,): for each choice of digit or letter in each place the product, the first place in
    the lowest bit."""
    product = np.ones(1)
    for pair in pairs:
        product = (pair[:, None] * product).ravel()
    return product
