"""Innocent traffic: vehicles that hold no wanted plate and state, as cameras read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from quality import noise
from quality.generating import Sightings, Vehicles, apart_from, read_by_cameras, see
from quality.pairs import Pair
from quality.texts import texts


@dataclass(frozen=True)
class Innocents:
    """`misread` says which of the reads are not the true text."""

    true: Vehicles
    seen: Sightings
    misread: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.true)


def draw_innocents(
    count: int, wanted: Vehicles, errors: noise.Errors, like: Sequence[Pair], seed: Sequence[int]
) -> Innocents:
    """`count` innocent reads. When the pairs `like` have confidences or candidates, these have such
    as well: how many and how sure is the file's, what texts they are is drawn."""
    rng = np.random.default_rng(seed)
    true = apart_from(count, wanted, rng)
    read, misread = read_by_cameras(true, errors, rng)
    seen = see(true, read, rng)
    sure = [p.confidence for p in like if p.confidence is not None]
    if sure:
        right = rng.beta(*noise.PLATE_RIGHT, size=len(read)).round(3)
        wrong = rng.choice(np.array(sure), size=len(read))
        seen = replace(seen, sure={**seen.sure, "plate": np.where(misread, wrong, right)})
    offers = [p for p in like if p.candidates]
    if offers:
        share = len(offers) / len(like)
        seen = replace(seen, candidates=_candidates(seen.texts, true, share, offers, errors, rng))
    return Innocents(true, seen, misread)


def _candidates(
    read: list[str], true: Vehicles, share: float, offers: Sequence[Pair],
    errors: noise.Errors, rng: np.random.Generator,
) -> list[tuple[tuple[str, float], ...]]:  # fmt: skip
    """As many, as sure, and with the truth at the same place as some pair of the file has them."""
    truths = texts(true.plates)
    found: list[tuple[tuple[str, float], ...]] = []
    for at, text in enumerate(read):
        if rng.random() >= share:
            found.append(())
            continue
        like = offers[int(rng.integers(len(offers)))]
        made: dict[str, float] = {}
        for value, sure in like.candidates:
            right = value == like.truth and truths[at] != text
            other = truths[at] if right else errors.misread(text, rng)
            if other != text:
                made.setdefault(other, sure)
        found.append(tuple(made.items()))
    return found
