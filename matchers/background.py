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

The first is exact for each character where the text has at most ONE letter for a digit, or digit
for a letter, of the template. Everything else, and all of national, is the average over the texts
of the text's shape (which places are letters). So a plate of the state's series, a text that is
one mistake away from it, and a letter that the state never uses all get their own probability, and
the rest is one number a shape. `anything` is every text of a length alike: no text is impossible.

`but_right` leaves out that a plate of the same state has this text and is read right: a vehicle
other than the wanted one cannot hold its plate, it can only be misread into it.

This is the slow, obvious form; matchers.background_tables is the same for many at once.
"""

from __future__ import annotations

from functools import lru_cache
from math import exp, log, prod

from matchers.background_tables import GARBAGE, backgrounds, state_number
from matchers.characters import ALPHABET, CODE, WIDTH
from matchers.confusion import standard
from matchers.series import Template, known, odds, templates
from matchers.weights import STATE_WRONG

__all__ = ["background", "backgrounds", "state_number"]


def background(text: str, state: str, *, but_right: bool = False) -> float:
    """ln P of the definition above. `text` has 1 to 10 of A-Z and 0-9; an unknown state is none,
    and then `but_right` changes nothing: all other states remain."""
    national = _elsewhere(shape_of(text), "")
    if known(state):
        own = _elsewhere(shape_of(text), known(state)) + sum(
            one.share * _straight(one, text) for one in templates(state) if _near(one, text)
        )
        if but_right:
            own -= sum(one.share * _right(one, text) for one in templates(state))
        mixed = (1 - STATE_WRONG) * max(own, 0.0) + STATE_WRONG * national
    else:
        mixed = national
    anything = 1 / WIDTH / len(ALPHABET) ** len(text)
    return log((1 - GARBAGE) * mixed + GARBAGE * anything)


def shape_of(text: str) -> str:
    """L for each letter, D for each digit: "ABC1234" is "LLLDDDD"."""
    return "".join("L" if character.isalpha() else "D" for character in text)


def _near(one: Template, text: str) -> bool:
    """Whether each character counts for itself: as long, and at most one place of another kind."""
    return len(one.slots) == len(text) and _apart(one, shape_of(text)) <= 1


def _apart(one: Template, shape: str) -> int:
    """Places where the template has only letters and the shape a digit, or the reverse."""
    return sum(
        not any(shape_of(c) == kind for c in slot)
        for slot, kind in zip(one.slots, shape, strict=True)
    )


def _straight(one: Template, text: str) -> float:
    """P(this text is read, without a mistake of length) for a plate of the template."""
    return _whole(one) * prod(_shows(s)[c] for s, c in zip(one.slots, text, strict=True))


def _right(one: Template, text: str) -> float:
    """P(the plate has this text and it is read right)."""
    if len(one.slots) != len(text):
        return 0.0
    return _whole(one) * prod(
        odds(s).get(c, 0.0) * _shown(c, c) for s, c in zip(one.slots, text, strict=True)
    )


@lru_cache(maxsize=1 << 16)
def _elsewhere(shape: str, state: str) -> float:
    """The averages of the definition: what is not counted for each character."""
    return sum(one.share * _averages(one, shape, exact=bool(state)) for one in templates(state))


def _averages(one: Template, shape: str, *, exact: bool) -> float:
    slots, n = one.slots, len(one.slots)
    end = exp(standard().at_end)
    total = 0.0
    if n == len(shape):
        if not exact or _apart(one, shape) > 1:
            total += _whole(one) * prod(
                _mean(s, kind) for s, kind in zip(slots, shape, strict=True)
            )
        for j in range(n - 1):
            turned = _mean_held(slots[j + 1], shape[j]) * _mean_held(slots[j], shape[j + 1])
            others = prod(_mean(slots[i], shape[i]) for i in range(n) if i not in {j, j + 1})
            total += exp(standard().swapped) * turned * others
    elif n == len(shape) + 1:
        for j in range(n):
            rest = slots[:j] + slots[j + 1 :]
            others = prod(_mean(s, kind) for s, kind in zip(rest, shape, strict=True))
            total += _lost(slots[j]) * (end if j in {0, n - 1} else 1) * others
    elif n == len(shape) - 1:
        for j in range(n + 1):
            rest_of_shape = shape[:j] + shape[j + 1 :]
            others = prod(_mean(s, kind) for s, kind in zip(slots, rest_of_shape, strict=True))
            total += _mean_added(shape[j]) * (end if j in {0, n} else 1) * others
    return total


def _whole(one: Template) -> float:
    """P(no mistake of length): what remains of one dropped, one added, two swapped."""
    slots, n = one.slots, len(one.slots)
    end = exp(standard().at_end)
    lost = sum(_lost(slots[j]) * (end if j in {0, n - 1} else 1) for j in range(n))
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
