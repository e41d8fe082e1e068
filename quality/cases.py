"""The wanted vehicles of a file of pairs: for each round, one entry a plate and one read a pair.

What the file does not say is drawn: the entry's state, make, color and body by how common they are,
the camera's by quality.noise. Few pairs are drawn in several rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from matchers import vehicle_words
from quality import noise, plates, vehicles
from quality.generating import UNKNOWN, Numbers, Sightings, Vehicles, describe, see
from quality.listed import Lexicon
from quality.pairs import Pair
from quality.texts import Ints, codes

READS_WANTED = 1_800
MOST_ROUNDS = 20

_WORD_OF: dict[str, Callable[[str], str]] = {
    "make": vehicle_words.make_of,
    "color": vehicle_words.color_of,
    "body": vehicle_words.body_of,
}
_DESCRIBED = ("make", "color", "body")


@dataclass(frozen=True)
class Round:
    """`wanted` are the entries; read n of `seen` is of pair n and of entry `entry_of[n]`."""

    wanted: Vehicles
    seen: Sightings
    entry_of: Ints


@dataclass(frozen=True)
class Cases:
    """The pairs as columns: `truth` and `read` have for each aspect the file's values by the
    lexicon's numbers (UNKNOWN: an empty cell), or None when the file has no such column."""

    pairs: tuple[Pair, ...]
    lexicon: Lexicon
    truth: dict[str, Ints | None]
    read: dict[str, Ints | None]
    standard: dict[str, Ints]
    """For each aspect, the number in quality.vehicles of each value of the lexicon, or UNKNOWN."""
    entry_of: Ints
    """The entry of each pair: pairs with one truth, described alike, are one entry."""
    leaders: Ints
    """For each entry, its first pair."""

    @property
    def rounds(self) -> int:
        """How often the missing columns are drawn."""
        return max(1, min(MOST_ROUNDS, READS_WANTED // max(1, len(self.pairs))))


def cases_of(pairs: Sequence[Pair], columns: frozenset[str]) -> Cases:
    """The pairs of a file (or some of them) whose optional columns are `columns`."""
    lexicon = Lexicon.standard()
    truth: dict[str, Ints | None] = {"state": _states(pairs, columns, "state_truth")}
    read: dict[str, Ints | None] = {"state": _states(pairs, columns, "state_read")}
    standard: dict[str, Ints] = {}
    for aspect in vehicles.ASPECTS:
        name = aspect.name
        fields = [f for f in (f"{name}_truth", f"{name}_read") if f in columns]
        own = sorted({p.said[f] for p in pairs for f in fields if p.said[f]})
        first = len(aspect.words)
        number = {text: n for n, text in enumerate(own, start=first)} | {"": UNKNOWN}
        lexicon = lexicon.and_also(name, own)
        standard[name] = np.array([*range(first), *(_standard(aspect, text) for text in own)])
        for side, into in (("truth", truth), ("read", read)):
            field = f"{name}_{side}"
            given = [number[p.said[field]] for p in pairs] if field in fields else None
            into[name] = None if given is None else np.array(given, dtype=np.int64)
    kinds = [(p.truth, *(p.said.get(f"{n}_truth") for n in ("state", *_DESCRIBED))) for p in pairs]
    numbers: dict[object, int] = {}
    entry_of = np.array([numbers.setdefault(kind, len(numbers)) for kind in kinds], dtype=np.int64)
    leaders = np.unique(entry_of, return_index=True)[1]
    return Cases(tuple(pairs), lexicon, truth, read, standard, entry_of, leaders)


def _states(pairs: Sequence[Pair], columns: frozenset[str], field: str) -> Ints | None:
    if field not in columns:
        return None
    number = {code: n for n, code in enumerate(plates.STATES)} | {"": UNKNOWN}
    return np.array([number[p.said[field]] for p in pairs], dtype=np.int64)


def _standard(aspect: vehicles.Aspect, text: str) -> int:
    """The number of the value that a text of a file means; UNKNOWN when there is none."""
    word_of = _WORD_OF[aspect.name]
    for n, (word, listed) in enumerate(zip(aspect.words, aspect.codes, strict=True)):
        if text.upper() in listed or text.lower() == word.lower():
            return n
        if word_of(text) and word_of(text) == word_of(word):
            return n
    return UNKNOWN


def draw_round(cases: Cases, rng: np.random.Generator) -> Round:
    """One drawing of everything that the file does not say."""
    leaders, count = cases.leaders, len(cases.leaders)
    truths = [cases.pairs[n].truth for n in leaders.tolist()]
    state = cases.truth["state"]
    given = np.full(count, UNKNOWN) if state is None else state[leaders]
    states = np.array(given, dtype=np.int64)
    for n in np.flatnonzero(states == UNKNOWN).tolist():
        states[n] = plates.state_for(truths[n], rng)
    drawn = dict(zip(_DESCRIBED, describe(count, rng), strict=True))
    for name in _DESCRIBED:
        drawn[name] = _wanted(cases, name, drawn[name], rng)
    wanted = Vehicles(codes(truths), states, drawn["make"], drawn["color"], drawn["body"])
    return Round(wanted, _seen(cases, wanted, drawn, rng), cases.entry_of)


def _wanted(cases: Cases, name: str, drawn: Ints, rng: np.random.Generator) -> Ints:
    """What the entries say of one aspect."""
    truth, read, standard = cases.truth[name], cases.read[name], cases.standard[name]
    if truth is not None:
        return truth[cases.leaders]
    if read is None:
        return drawn
    # Only the camera's side is given: as often as cameras are right, it is what the vehicle is.
    seen = np.where(read >= 0, standard[read], UNKNOWN)[cases.leaders]
    right = rng.random(len(drawn)) >= _WRONG[name]
    return np.where(right & (seen != UNKNOWN), seen, drawn)


_WRONG = {"make": noise.MAKE_WRONG, "color": noise.COLOR_WRONG, "body": noise.BODY_WRONG}


def _seen(
    cases: Cases, wanted: Vehicles, values: dict[str, Ints], rng: np.random.Generator
) -> Sightings:
    """What the cameras say of each pair's vehicle."""
    entry_of = cases.entry_of
    any_value = dict(zip(_DESCRIBED, describe(len(entry_of), rng), strict=True))
    true: dict[str, Ints] = {}
    for name in _DESCRIBED:
        listed = values[name][entry_of]
        known = np.where(listed >= 0, cases.standard[name][listed], UNKNOWN)
        true[name] = np.where(known >= 0, known, any_value[name])
    one_each = Vehicles(
        wanted.plates[entry_of], wanted.states[entry_of], true["make"], true["color"], true["body"]
    )
    seen = see(one_each, [p.read for p in cases.pairs], rng)
    columns = {"state": seen.states, "make": seen.makes, "color": seen.colors, "body": seen.bodies}
    sure = dict(seen.sure)
    for name in ("state", *_DESCRIBED):
        given = cases.read[name]
        if given is None:
            continue
        columns[name] = given
        # The file does not say how sure the camera was, and drawing that would tell what is right.
        sure[name] = np.full(len(given), np.nan)
    sure["plate"] = _confidences(cases.pairs)
    return Sightings(
        seen.texts, columns["state"], columns["make"], columns["color"], columns["body"], sure,
        [p.candidates for p in cases.pairs],
    )  # fmt: skip


def _confidences(pairs: Sequence[Pair]) -> Numbers:
    return np.array([np.nan if p.confidence is None else p.confidence for p in pairs])
