"""How likely a camera says a word of a vehicle, and what its guesses say for an entry.

`RATIO[aspect][seen, expected]` is P(camera says `seen` | the vehicle is `expected`) over P(camera
says `seen` | any vehicle on the road), by numbers of words (`number_of`): above 1 speaks for the
entry's vehicle. Aspects are ASPECTS. Number 0 is a word that the table does not know: row and
column 0 are all 1, it says nothing. The numbers and their sources stand in vehicle_tables.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from domain.vehicle import Guess
from matchers import vehicle_words as words

TABLE = Path(__file__).with_name("vehicle_tables.toml")

BOUNDS = (1 / 50, 100.0)
"""No single look at a vehicle is taken for more than this (judgement): a word so rare that it would
say more is more often a mistake of the camera or of the list."""
SURE = 0.97
"""A camera is never surer than this of all its guesses of one aspect together."""
UNSAID = 0.85
"""Of what its earlier guesses left, how much a guess without a confidence is taken for
(judgement)."""

_UNSURE = 1 - SURE
_REMEMBERED = 8192

Ratios = npt.NDArray[np.float64]

_WORD_OF: dict[str, Callable[[str], str]] = {
    "make": words.make_of,
    "color": words.color_of,
    "body": words.body_of,
    "plate_type": words.plate_type_of,
}
ASPECTS = tuple(_WORD_OF)


@lru_cache(maxsize=1)
def vocabulary() -> Mapping[str, tuple[str, ...]]:
    """The canonical words of each aspect, word number n at n; number 0 is "", not known."""
    return {
        "make": ("", *words.MAKES),
        "color": ("", *words.COLORS),
        "body": ("", *words.BODIES),
        "plate_type": ("", *words.PLATE_TYPES),
    }


def word(aspect: str, number: int) -> str:
    """The canonical word of a number: "" for 0."""
    return vocabulary()[aspect][number]


@lru_cache(maxsize=8192)
def number_of(aspect: str, text: str) -> int:
    """The number of an NCIC code or a camera's word; 0 when the table does not know it, or it is
    two colors ("BLK/WHI", see `numbers_of`)."""
    known = _WORD_OF[aspect](text)
    return _numbers(aspect)[known] if known else 0


@lru_cache(maxsize=8192)
def numbers_of(aspect: str, text: str) -> tuple[int, ...]:
    """The numbers of an entry's code: two for two colors, () when there is none that is known."""
    known = words.colors_of(text) if aspect == "color" else (_WORD_OF[aspect](text),)
    return tuple(_numbers(aspect)[one] for one in known if one)


def log_ratio(aspect: str, guesses: tuple[Guess, ...], expected: tuple[int, ...]) -> float:
    """ln of how much likelier the camera says all this of an `expected` vehicle (any one of them)
    than of some other. Each guess counts by its confidence, the rest says nothing. 0 when either
    side has nothing; never outside `bounds`."""
    if not guesses or not expected:
        return 0.0
    rows, numbers = _rows(aspect), known_numbers(aspect)
    first, alone = expected[0], len(expected) == 1
    left, total = 1.0, 0.0
    for guess in guesses:
        share = guess.confidence
        if share is None:
            share = UNSAID * left if left > 0.0 else 0.0
        row = rows[numbers[guess.value]]
        total += share * (row[first] if alone else sum(row[e] for e in expected) / len(expected))
        left -= share
    if left < _UNSURE:
        total *= SURE / (1.0 - left)
        left = _UNSURE
    return log(total + left)


@lru_cache(maxsize=8)
def bounds(aspect: str) -> tuple[float, float]:
    """Between these lies every `log_ratio` of the aspect."""
    table = RATIO[aspect]
    return log(SURE * table.min() + _UNSURE), log(SURE * table.max() + _UNSURE)


class _Known(dict[str, int]):
    """The numbers of texts as cameras send them, remembered: `number_of`, quicker."""

    def __init__(self, aspect: str) -> None:
        super().__init__()
        self._aspect = aspect

    def __missing__(self, text: str) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        self[text] = number = number_of(self._aspect, text)
        return number


@lru_cache(maxsize=8)
def known_numbers(aspect: str) -> dict[str, int]:
    """`number_of` by text, of any text, remembered: a quicker way to it."""
    return _Known(aspect)


@lru_cache(maxsize=8)
def _numbers(aspect: str) -> dict[str, int]:
    return {known: n for n, known in enumerate(vocabulary()[aspect])}


@lru_cache(maxsize=8)
def _rows(aspect: str) -> list[list[float]]:
    rows: list[list[float]] = RATIO[aspect].tolist()
    return rows


class _Tables(Mapping[str, Ratios]):
    """Built from the file at first use."""

    def __getitem__(self, aspect: str) -> Ratios:
        return _ratios(aspect)

    def __iter__(self) -> Iterator[str]:
        return iter(ASPECTS)

    def __len__(self) -> int:
        return len(ASPECTS)


RATIO: Mapping[str, Ratios] = _Tables()


@lru_cache(maxsize=8)
def shares_of(aspect: str) -> Ratios:
    """Of the vehicles on the road, the share that each word has; words that stand for several
    (`_members`) and number 0 have none of their own. Sums to 1."""
    table = _table()[aspect]
    said: dict[str, float] = table["share"]
    share = np.array([said.get(known, table["each"]) for known in vocabulary()[aspect]])
    share[0] = 0.0
    share[list(_members(aspect))] = 0.0
    return np.asarray(share / share.sum())


@lru_cache(maxsize=8)
def said_of(aspect: str) -> Ratios:
    """`[expected, seen]`: P(the camera says seen | the vehicle is expected), over the plain words:
    0 in the rows and columns of words that stand for several, and of number 0."""
    table, share, numbers = _table()[aspect], shares_of(aspect), _numbers(aspect)
    said = np.zeros((len(numbers), len(numbers)))
    other = table["other"] / 100
    for known, n in numbers.items():
        if not share[n]:
            continue
        wrong = {numbers[seen]: percent / 100 for seen, percent in _wrong(aspect, known).items()}
        said[n] = other * share
        said[n, n] += 1 - other - sum(wrong.values())
        for seen, part in wrong.items():
            said[n, seen] += part
    return said


def _wrong(aspect: str, known: str) -> dict[str, float]:
    """Of 100 looks at this vehicle, how many are taken for which other word."""
    table = _table()[aspect]
    row: dict[str, float] | None = table["seen"].get(known)
    if row is not None:
        return row
    share, numbers = shares_of(aspect), _numbers(aspect)
    near = {
        other: share[n]
        for other, n in numbers.items()
        if share[n] and other != known and words.is_near(aspect, known, other)
    }
    rest = 100 - table["right"] - table["other"]
    total = sum(near.values())
    return {other: rest * part / total for other, part in near.items()}


@lru_cache(maxsize=8)
def _ratios(aspect: str) -> Ratios:
    said, share, members = said_of(aspect), shares_of(aspect), _members(aspect)
    size = len(share)
    # Each word as the plain words it may mean: one itself, or several by their shares.
    means = np.eye(size)
    for n, several in members.items():
        means[n] = 0.0
        means[n, several] = share[several] / share[several].sum()
    # Seeing a word that stands for several is seeing any one of them.
    shows = np.eye(size)
    for n, several in members.items():
        shows[n] = 0.0
        shows[n, several] = 1.0
    seen = shows @ (means @ said).T  # [seen, expected]
    anyway = shows @ (share @ said)
    ratio = np.ones((size, size))
    known = [n for n in range(1, size) if vocabulary()[aspect][n] not in words.ANY_COLOR]
    plain = np.ix_(known, known)
    ratio[plain] = np.clip((seen / np.maximum(anyway, 1e-12)[:, None])[plain], *BOUNDS)
    return ratio


def _members(aspect: str) -> dict[int, list[int]]:
    """Words that stand for several others (four-door), by number. A color that is any color
    stands for none: it says nothing."""
    numbers = _numbers(aspect)
    if aspect == "color":
        return {numbers[known]: [] for known in words.ANY_COLOR}
    if aspect != "body":
        return {}
    return {numbers[known]: [numbers[m] for m in sorted(several)]
            for known, several in words.SAME_BODIES.items()}  # fmt: skip


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads(TABLE.read_text())
