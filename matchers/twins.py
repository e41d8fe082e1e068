"""Look-alike twins of a plate: texts that differ from it only within the classes cameras mix.

The classes are the documented ones (matchers.folding): 0ODQ 1I 2Z 5S 8B 6G. A twin is on the road
by syntax when a series of the plate's state (matchers.series; of any state, when none is given) has
such plates. Whether the vehicle is there nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from matchers.characters import CODE, SIZE, WIDTH, Codes
from matchers.folding import CLASS_OF
from matchers.series import known, states, templates

SHOWN = 50
"""Twins that are named; all are counted."""

PlateKeys = npt.NDArray[np.uint64]
"""A plate as a number, 6 bits a character (matchers.characters), the first lowest; 0: no plate."""
Numbers = npt.NDArray[np.int16]
Flags = npt.NDArray[np.bool_]

_MASK = np.uint64(63)


NAMED = 5
"""Of many twins, how many `told` names."""


def told(plate: str, state: str) -> str:
    """How many other plates look like this one to a camera, in words; "" when none does."""
    count = twin_count(plate, state) if plate else 0
    if not count:
        return ""
    named = ", ".join(twins(plate, state)[:NAMED])
    more = f" and {count - NAMED} more" if count > NAMED else ""
    which = "1 look-alike twin" if count == 1 else f"{count} look-alike twins"
    return f"The wanted plate has {which} on the road by syntax: {named}{more}."


def twins(plate: str, state: str) -> tuple[str, ...]:
    """The twins of a plate on the road by syntax, by alphabet; of many the first SHOWN."""
    found: list[str] = []
    for text in _texts(plate, _alive(plate, state), 0, ""):
        if text != plate:
            found.append(text)
            if len(found) == SHOWN:
                break
    return tuple(found)


def twin_count(plate: str, state: str) -> int:
    """How many twins of a plate are on the road by syntax, exactly."""
    several = _alive(plate, state)
    # How many beginnings of twins each set of series still has plates for.
    beginnings = {several: 1} if several else {}
    for at, character in enumerate(plate):
        longer: dict[frozenset[tuple[str, ...]], int] = {}
        for series, count in beginnings.items():
            for option in _options(character):
                left = frozenset(slots for slots in series if option in slots[at])
                if left:
                    longer[left] = longer.get(left, 0) + count
        beginnings = longer
    itself = any(all(c in s for c, s in zip(plate, one, strict=True)) for one in several)
    return sum(beginnings.values()) - itself


def _texts(
    plate: str, series: frozenset[tuple[str, ...]], at: int, beginning: str
) -> Iterator[str]:
    if at == len(plate):
        yield beginning
        return
    for option in _options(plate[at]):
        left = frozenset(slots for slots in series if option in slots[at])
        # Every series left has a plate that goes on, so no branch is walked in vain.
        if left:
            yield from _texts(plate, left, at + 1, beginning + option)


def _alive(plate: str, state: str) -> frozenset[tuple[str, ...]]:
    """The series that have some plate within the classes of this one."""
    return frozenset(
        one.slots
        for one in templates(state)
        if one.syntax
        and len(one.slots) == len(plate)
        and all(set(_options(c)) & set(s) for c, s in zip(plate, one.slots, strict=True))
    )


def _options(character: str) -> str:
    return "".join(sorted(CLASS_OF.get(character, character)))


# --- of a whole list at once ---


@lru_cache(maxsize=1)
def _numbers() -> dict[str, int]:
    return {"": 0, **{state: n for n, state in enumerate(states(), start=1)}}


def state_numbers(column: Sequence[str]) -> Numbers:
    """(n,): a number for each state of a column, 0 for none and for one without series."""
    number = {text: _numbers()[known(text)] for text in set(column)}
    return np.fromiter((number[text] for text in column), dtype=np.int16, count=len(column))


def on_the_road(codes: Codes, numbers: Numbers) -> Flags:
    """(n,): which plates (n, WIDTH) have a twin by the series of their states (`state_numbers`):
    the ones for which `twin_count` is not 0. By state and length, not one by one."""
    found = np.zeros(len(codes), dtype=np.bool_)
    lengths = np.count_nonzero(codes, axis=1)
    groups = numbers.astype(np.int64) * (WIDTH + 1) + lengths
    order = np.argsort(groups, kind="stable")
    turned = np.ascontiguousarray(codes[order].T)
    several, starts = np.unique(groups[order], return_index=True)
    names = list(_numbers())
    ends = np.append(starts[1:], len(order))[: len(starts)]
    for group, start, end in zip(several, starts, ends, strict=True):
        state, length = divmod(int(group), WIDTH + 1)
        flags = np.zeros(end - start, dtype=np.bool_)
        for slots in _of_length(names[state], length):
            fits = np.full(end - start, 3, dtype=np.uint8)
            twin = np.zeros(end - start, dtype=np.uint8)
            for at, slot in enumerate(slots):
                says = _says(slot).take(turned[at, start:end])
                np.minimum(fits, says, out=fits)
                twin |= says
            flags |= (fits > 0) & (twin > 1)
        found[order[start:end]] = flags
    return found


def plate_keys(codes: Codes) -> PlateKeys:
    """(n,): each plate as a number; equal numbers are equal texts."""
    keys = np.zeros(len(codes), dtype=np.uint64)
    for at in range(WIDTH):
        keys |= codes[:, at].astype(np.uint64) << np.uint64(6 * at)
    return keys


def twins_among(keys: PlateKeys, others: PlateKeys) -> Flags:
    """(n,): which plates of `keys` have a twin among `others`. Both are sorted; a plate is not its
    own twin, and 0 has none. Among themselves: `others` the same."""
    if not len(others) or not len(keys):
        return np.zeros(len(keys), dtype=np.bool_)
    texts = others[np.r_[True, others[1:] != others[:-1]]]
    folded = np.sort(_folded(texts))
    mine = _folded(keys)
    alike = np.searchsorted(folded, mine, "right") - np.searchsorted(folded, mine, "left")
    itself = texts.take(np.searchsorted(texts, keys), mode="clip") == keys
    flags: Flags = (alike > itself) & (keys > 0)
    return flags


def _folded(keys: PlateKeys) -> PlateKeys:
    """The same with one code for each class."""
    folded = np.zeros_like(keys)
    for at in range(WIDTH):
        shift = np.uint64(6 * at)
        folded |= _FOLD.take((keys >> shift & _MASK).astype(np.uint8)) << shift
    return folded


def _fold() -> PlateKeys:
    table = np.arange(64, dtype=np.uint64)
    for character, members in CLASS_OF.items():
        table[CODE[character]] = CODE[members[0]]
    return table


_FOLD = _fold()


@lru_cache(maxsize=1024)
def _of_length(state: str, length: int) -> tuple[tuple[str, ...], ...]:
    several = (one for one in templates(state) if one.syntax and len(one.slots) == length)
    return tuple({one.slots: None for one in several})


@lru_cache(maxsize=256)
def _says(slot: str) -> npt.NDArray[np.uint8]:
    """[code]: 1 if the slot has the character, and 2 if it has another one of its class."""
    table = np.zeros(SIZE, dtype=np.uint8)
    for character, code in CODE.items():
        others = set(_options(character)) - {character}
        table[code] = (character in slot) + 2 * bool(others & set(slot))
    return table
