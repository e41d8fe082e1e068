"""Innocent traffic: vehicles that hold no wanted plate and state, as cameras read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from quality import noise
from quality.generating import Sightings, Vehicles, apart_from, read_by_cameras, see
from quality.pairs import Pair, Pairs
from quality.texts import texts

ENOUGH = 30
"""Pairs read rightly whose confidences say how sure a camera is then (judgement)."""


@dataclass(frozen=True)
class Innocents:
    """`misread` says which of the reads are not the true text."""

    true: Vehicles
    seen: Sightings
    misread: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.true)


def draw_innocents(
    count: int, wanted: Vehicles, errors: noise.Errors, like: Sequence[Pair], seed: Sequence[int],
    rightly: Sequence[Pair] = (), unsure_of: Sequence[str] = (),
) -> Innocents:  # fmt: skip
    """`count` innocent reads. When the pairs `like` have confidences or candidates, these have such
    as well: how many and how sure is the file's, what texts they are is drawn. Of texts that are
    right the confidences are those of the pairs read `rightly`, or drawn when these are few. Of
    the aspects `unsure_of` ("state", "make", ...) the camera gives no confidence."""
    rng = np.random.default_rng(seed)
    true = apart_from(count, wanted, rng)
    read, misread = read_by_cameras(true, errors, rng)
    seen = see(true, read, rng)
    sure = dict(seen.sure)
    for name in unsure_of:
        sure[name] = np.full(count, np.nan)
    said = confidences_of(like)
    if said:
        known = confidences_of(rightly)
        drawn = rng.beta(*noise.PLATE_RIGHT, size=len(read)).round(3)
        right = rng.choice(np.array(known), size=len(read)) if len(known) >= ENOUGH else drawn
        wrong = rng.choice(np.array(said), size=len(read))
        sure["plate"] = np.where(misread, wrong, right)
    seen = replace(seen, sure=sure)
    offers = [p for p in like if p.candidates]
    if offers:
        share = len(offers) / len(like)
        seen = replace(seen, candidates=_candidates(seen.texts, true, share, offers, errors, rng))
    return Innocents(true, seen, misread)


def assumed(pairs: Pairs) -> Iterator[str]:
    """What a person should know of how sure the cameras are of what they see."""
    right = len(confidences_of(pairs.exact))
    if confidences_of(pairs.misread) and right < ENOUGH:
        yield (
            "How sure the camera is of plates that it reads rightly is drawn: the file has"
            f" {right} such lines with a confidence, {ENOUGH} would do."
        )
    if pairs.seen:
        yield (
            f"Of what the file gives as seen ({', '.join(pairs.seen)}) neither its reads nor the"
            " innocent ones have a confidence."
        )


def confidences_of(pairs: Sequence[Pair]) -> list[float]:
    """Those that are given."""
    return [p.confidence for p in pairs if p.confidence is not None]


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
