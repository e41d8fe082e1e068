"""How often other traffic shows just this text: ln P(text read | another vehicle, state read).

An innocent vehicle has a plate of its state's series (matchers.series), and the camera shows it as
it shows characters (matchers.confusion). With k the state read, the definition is

    P = (1 - GARBAGE) * ((1 - STATE_WRONG) * own(k) + STATE_WRONG * national) + GARBAGE * anything

where national (alone, if no state was read) is the mix of the whole country: the state is misread
as often as weights.STATE_WRONG says. own and national are sums over the templates of their series,
share times:

    as long as the text    no mistake of length, each character shown for its slot
    ..                     two neighbors swapped, the others shown for their slots
    one longer             one character dropped, the others shown for their slots
    one shorter            one character added, the others shown for their slots
    two longer             the first two or the last two cut off, the others shown for their slots

The first is exact for each character where the text has at most ONE letter for a digit, or digit
for a letter, of the template. Everything else, and all of national, is the average over the texts
of the text's shape (which places are letters). So a plate of the state's series, a text that is
one mistake away from it, and a letter that the state never uses all get their own probability, and
the rest is one number a shape. `anything` is every text of a length alike: no text is impossible.

`but_right` leaves out that a plate of the same state has this text and is read right: a vehicle
other than the wanted one cannot hold its plate, it can only be misread into it.

This is the slow, obvious form; matchers.background_scores is the same for many at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import exp, log, prod
from operator import getitem

from matchers.background_tables import GARBAGE, state_number
from matchers.characters import ALPHABET, CODE, WIDTH
from matchers.confusion import standard
from matchers.folding import CUT, CUT_FROM
from matchers.series import known, odds, templates
from matchers.weights import STATE_WRONG

__all__ = ["background", "state_number"]

_KINDS = str.maketrans({c: "L" if c.isalpha() else "D" for c in ALPHABET})

_Series = tuple[float, float, tuple[Mapping[str, float], ...]]
"""A template's share, P(no mistake of length), and what each slot says of every character."""


def background(text: str, state: str, *, but_right: bool = False) -> float:
    """ln P of the definition above. `text` has 1 to 10 of A-Z and 0-9; an unknown state is none,
    and then `but_right` changes nothing: all other states remain."""
    shape, own_state = shape_of(text), known(state)
    national = _elsewhere(shape, "")
    if own_state:
        own = _elsewhere(shape, own_state) + _straight(text, _near(shape, own_state))
        if but_right:
            own -= _straight(text, _held(len(text), own_state))
        mixed = (1 - STATE_WRONG) * max(own, 0.0) + STATE_WRONG * national
    else:
        mixed = national
    anything = 1 / WIDTH / len(ALPHABET) ** len(text)
    return log((1 - GARBAGE) * mixed + GARBAGE * anything)


def shape_of(text: str) -> str:
    """L for each letter, D for each digit: "ABC1234" is "LLLDDDD"."""
    return text.translate(_KINDS)


def _straight(text: str, series: tuple[_Series, ...]) -> float:
    """P(this text) over these templates, by what each slot says of its character."""
    return sum(share * (whole * prod(map(getitem, slots, text))) for share, whole, slots in series)


@lru_cache(maxsize=1 << 14)
def _near(shape: str, state: str) -> tuple[_Series, ...]:
    """The templates whose characters count one by one: as long, and at most one place of another
    kind; with how often each slot shows a character."""
    return tuple(
        (one.share, _whole(one.slots), tuple(map(_shows, one.slots)))
        for one in templates(state)
        if len(one.slots) == len(shape) and _apart(one.slots, shape) <= 1
    )


@lru_cache(maxsize=1 << 10)
def _held(length: int, state: str) -> tuple[_Series, ...]:
    """The templates of a length, with how often each slot has a character and it is read right."""
    return tuple(
        (one.share, _whole(one.slots), tuple(map(_right, one.slots)))
        for one in templates(state)
        if len(one.slots) == length
    )


def _apart(slots: tuple[str, ...], shape: str) -> int:
    """Places where a template has only letters and the shape a digit, or the reverse."""
    return sum(kind not in shape_of(slot) for slot, kind in zip(slots, shape, strict=True))


@lru_cache(maxsize=1 << 16)
def _elsewhere(shape: str, state: str) -> float:
    """The averages of the definition: what is not counted for each character."""
    return sum(
        one.share * _averages(one.slots, shape, exact=bool(state)) for one in templates(state)
    )


@lru_cache(maxsize=1 << 16)
def _averages(slots: tuple[str, ...], shape: str, *, exact: bool) -> float:
    n = len(slots)
    end = exp(standard().at_end)
    total = 0.0
    # What each place shows before a mistake of length, and after it.
    before = [_mean(slot, kind) for slot, kind in zip(slots, shape, strict=False)]
    if n == len(shape):
        if not exact or _apart(slots, shape) > 1:
            total += _whole(slots) * prod(before)
        for j in range(n - 1):
            turned = _mean_held(slots[j + 1], shape[j]) * _mean_held(slots[j], shape[j + 1])
            total += exp(standard().swapped) * turned * prod(before[:j] + before[j + 2 :])
    elif n == len(shape) + 1:
        after = [_mean(slot, kind) for slot, kind in zip(slots[1:], shape, strict=True)]
        for j in range(n):
            others = prod(before[:j] + after[j:])
            total += _lost(slots[j]) * (end if j in {0, n - 1} else 1) * others
    elif n == len(shape) - 1:
        after = [_mean(slot, kind) for slot, kind in zip(slots, shape[1:], strict=True)]
        for j in range(n + 1):
            others = prod(before[:j] + after[j:])
            total += _mean_added(shape[j]) * (end if j in {0, n} else 1) * others
    elif n == len(shape) + CUT and n >= CUT_FROM:
        for outer, left in ((slots[0], slots[CUT:]), (slots[-1], slots[:-CUT])):
            others = prod(_mean(slot, kind) for slot, kind in zip(left, shape, strict=True))
            total += _lost(outer) * end * exp(standard().cut) * others
    return total


@lru_cache(maxsize=1 << 12)
def _whole(slots: tuple[str, ...]) -> float:
    """P(no mistake of length): what remains of one dropped, one added, two swapped or cut off."""
    n = len(slots)
    end = exp(standard().at_end)
    lost = sum(_lost(slots[j]) * (end if j in {0, n - 1} else 1) for j in range(n))
    if n >= CUT_FROM:
        lost += (_lost(slots[0]) + _lost(slots[-1])) * end * exp(standard().cut)
    added = sum(exp(standard().added[CODE[c]]) for c in ALPHABET) * (n - 1 + 2 * end)
    return 1 - lost - added - (n - 1) * exp(standard().swapped)


def _shown(plate: str, read: str) -> float:
    return exp(standard().shown[CODE[plate], CODE[read]])


def _of(kind: str) -> str:
    return "".join(c for c in ALPHABET if shape_of(c) == kind)


@lru_cache(maxsize=512)
def _shows(slot: str) -> dict[str, float]:
    """P(each character is shown) where a plate has a character of this slot."""
    return {c: sum(p * _shown(x, c) for x, p in odds(slot).items()) for c in ALPHABET}


@lru_cache(maxsize=512)
def _right(slot: str) -> dict[str, float]:
    """P(a slot has each character and it is read right)."""
    return {c: odds(slot).get(c, 0.0) * _shown(c, c) for c in ALPHABET}


@lru_cache(maxsize=512)
def _mean(slot: str, kind: str) -> float:
    return sum(_shows(slot)[c] for c in _of(kind)) / len(_of(kind))


@lru_cache(maxsize=512)
def _mean_held(slot: str, kind: str) -> float:
    """The same, of what the plate has."""
    return sum(odds(slot).get(c, 0.0) for c in _of(kind)) / len(_of(kind))


@lru_cache(maxsize=2)
def _mean_added(kind: str) -> float:
    return sum(exp(standard().added[CODE[c]]) for c in _of(kind)) / len(_of(kind))


@lru_cache(maxsize=512)
def _lost(slot: str) -> float:
    """P(a character of this slot is not shown), inside a text."""
    return sum(p * exp(standard().dropped[CODE[x]]) for x, p in odds(slot).items())
