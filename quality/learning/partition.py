"""Which groups of characters an index should fold: misreads within reach against collisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

from rapidfuzz.distance import OSA

from matchers.characters import ALPHABET
from quality.learning.pairs import Pair
from quality.learning.plates import LAYOUTS

Groups = tuple[str, ...]


def whole(groups: Sequence[str]) -> Groups:
    """The partition of all 36 characters: `groups`, and the rest alone."""
    return (*groups, *(c for c in ALPHABET if not any(c in g for g in groups)))


def reachable(pairs: Iterable[Pair], groups: Sequence[str]) -> float:
    """Share of the misreads at most one edit apart after folding; every source weighs the same."""
    same = str.maketrans({c: members[0] for members in groups for c in members})
    by_source: dict[str, list[bool]] = {}
    for pair in pairs:
        if pair.truth != pair.read:
            edits = OSA.distance(pair.truth.translate(same), pair.read.translate(same))
            by_source.setdefault(pair.source, []).append(edits <= 1)
    return sum(sum(near) / len(near) for near in by_source.values()) / max(len(by_source), 1)


def equal_by_chance(groups: Sequence[str]) -> float:
    """Chance that two plates, each of a random one of the layouts, are equal after folding."""
    same = {}
    for one, other in product("LD", repeat=2):
        same[one, other] = sum(_share(one, g) * _share(other, g) for g in whole(groups))
    layouts = [layout for layout in LAYOUTS if "M" not in layout]
    total = 0.0
    for a, b in product(layouts, repeat=2):
        if len(a) == len(b):
            chance = 1.0
            for one, other in zip(a, b, strict=True):
                chance *= same[one, other]
            total += chance
    return total / len(layouts) ** 2


def collisions(groups: Sequence[str]) -> float:
    """How many times as many plates are equal by chance as without folding."""
    return equal_by_chance(groups) / equal_by_chance(())


def _share(kind: str, group: str) -> float:
    if kind == "D":
        return sum(c.isdigit() for c in group) / 10
    return sum(c.isalpha() for c in group) / 26
