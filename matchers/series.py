"""The plate series of the states: which texts their plates have, and how often.

The facts are in series.toml beside this file, each state with how sure they are. States are NCIC
codes (Nebraska is NB); "" or a state without facts means the mix of the whole country, by how many
vehicles each state has registered.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

from matchers.characters import ALPHABET
from matchers.state_words import state_code

FACTS = Path(__file__).with_name("series.toml")

PERSONALIZED = 0.06
"""Share of plates outside the series: personalized ones and everything else (judgement)."""
_LENGTHS = {2: 0.02, 3: 0.04, 4: 0.09, 5: 0.15, 6: 0.3, 7: 0.4}
"""Their lengths (judgement)."""
LETTERS_OF_ANY = 0.75
"""How often a character of them is a letter (judgement)."""
ODD = 0.003
"""How often a character is none that the series has: an older series, a special one, or facts of
ours that are wrong (judgement). Without it, one wrong fact would make a real plate impossible."""

_SLOT = re.compile(r"\[([^\]]+)\]|([LD?0-9])")
_RANGE = re.compile(r"(.)-(.)")


@dataclass(frozen=True)
class Template:
    """One series: L is one of `letters`, D one of `digits`, [..] one of these, ? anything.

    `share` is the series' share among the state's plates on the road, 0 to 1.
    """

    text: str
    share: float
    letters: str = string.ascii_uppercase
    digits: str = string.digits

    @property
    def slots(self) -> tuple[str, ...]:
        """What can stand in each place, as characters."""
        return _slots(self.text, self.letters, self.digits)

    @property
    def syntax(self) -> bool:
        """Whether it says anything: False for personalized plates."""
        return "?" not in self.text


@lru_cache(maxsize=4096)
def _slots(text: str, letters: str, digits: str) -> tuple[str, ...]:
    def expand(found: re.Match[str]) -> str:
        low, high = (ALPHABET.index(character) for character in found.groups())
        return ALPHABET[low : high + 1]

    named = {"L": letters, "D": digits, "?": ALPHABET}
    return tuple(
        _RANGE.sub(expand, found[1]) if found[1] else named.get(found[2], found[2])
        for found in _SLOT.finditer(text)
    )


def odds(slot: str) -> dict[str, float]:
    """How often each character stands in a slot (Template.slots); the sum is 1."""
    if slot == ALPHABET:
        return {
            c: LETTERS_OF_ANY / 26 if c.isalpha() else (1 - LETTERS_OF_ANY) / 10 for c in ALPHABET
        }
    wide = "".join(k for k in (string.ascii_uppercase, string.digits) if set(k) & set(slot))
    return {c: (1 - ODD) * (c in slot) / len(slot) + ODD / len(wide) for c in wide}


def templates(state: str) -> tuple[Template, ...]:
    """The series of a state, personalized plates among them; the shares add up to 1."""
    return _templates(known(state))


def states() -> tuple[str, ...]:
    """The states with facts, by code."""
    return tuple(sorted(_facts()))


@lru_cache(maxsize=4096)
def known(state: str) -> str:
    """The NCIC code of a state with facts, else ""."""
    code = state_code(state)
    return code if code in _facts() else ""


def sure(state: str) -> bool:
    """Whether the facts about a state's main series are well documented."""
    return bool(_facts().get(known(state), {}).get("sure", False))


def vehicle_share(state: str) -> float:
    """The state's share of the registered vehicles of the country (FHWA Highway Statistics, table
    MV-1, rounded); 0 for another country's states and for a state without facts."""
    return float(_facts()[known(state)]["vehicles"]) / _vehicles() if known(state) else 0.0


def fits(text: str, state: str) -> bool:
    """Whether a series of the state has plates of this text. Personalized plates do not count."""
    return _any_of_the_series(known(state)).fullmatch(text) is not None


@lru_cache(maxsize=256)
def _any_of_the_series(state: str) -> re.Pattern[str]:
    return re.compile(
        "|".join(
            "".join(f"[{slot}]" for slot in one.slots) for one in templates(state) if one.syntax
        )
    )


def draw(state: str, random: Random) -> str:
    """A plate text as likely as it is on the state's roads."""
    several = templates(state)
    (one,) = random.choices(several, [each.share for each in several])
    return "".join(_drawn(slot, random) for slot in one.slots)


def _drawn(slot: str, random: Random) -> str:
    shares = _odds(slot)
    return random.choices(shares[0], shares[1])[0]


@lru_cache(maxsize=256)
def _odds(slot: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
    shares = odds(slot)
    return tuple(shares), tuple(shares.values())


@lru_cache(maxsize=1)
def _facts() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(FACTS.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _vehicles() -> float:
    return float(sum(each["vehicles"] for each in _facts().values()))


@lru_cache(maxsize=256)
def _templates(state: str) -> tuple[Template, ...]:
    if not state:
        return _national()
    facts = _facts()[state]
    unused = facts.get("unused", "IOQ")
    letters = "".join(c for c in string.ascii_uppercase if c not in unused)
    whole = sum(weight for _, weight in facts["series"])
    several = [
        Template(text, (1 - PERSONALIZED) * weight / whole, letters)
        for text, weight in facts["series"]
    ]
    return (*several, *_personalized())


def _personalized() -> tuple[Template, ...]:
    return tuple(Template("?" * n, PERSONALIZED * share) for n, share in _LENGTHS.items())


def _national() -> tuple[Template, ...]:
    """The mix of the country: the same series of several states are one, their shares added."""
    shares: dict[tuple[str, str], float] = {}
    for state in states():
        if not vehicle_share(state):
            continue
        for one in _templates(state):
            kind = (one.text, one.letters)
            shares[kind] = shares.get(kind, 0.0) + one.share * vehicle_share(state)
    return tuple(Template(text, share, letters) for (text, letters), share in shares.items())


def typical(state: str) -> str:
    """The state's commonest series for a person: "three letters and four digits, as in ABC1234";
    for an unknown state the country's."""
    return _typical(known(state))


@lru_cache(maxsize=256)
def _typical(state: str) -> str:
    shares: dict[str, float] = {}
    for each in templates(state):
        if each.syntax:
            shares[each.text] = shares.get(each.text, 0.0) + each.share
    most = max(shares, key=lambda text: shares[text])
    one = next(each for each in templates(state) if each.text == most)
    runs = [(kind, len(list(run))) for kind, run in groupby(map(_kind, one.slots))]
    words = [
        f"the letter {kind}" if len(kind) == 1 else f"{_COUNTS[count]} {kind}{'s' * (count > 1)}"
        for kind, count in runs
    ]
    said = " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
    return f"{said}, as in {_example(one)}"


_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def _kind(slot: str) -> str:
    return slot if len(slot) == 1 and slot.isalpha() else "letter" if slot.isalpha() else "digit"


def _example(one: Template) -> str:
    """A plate of the series, of ABC and 123 where it has them."""
    chosen = ""
    for slot in one.slots:
        order = string.ascii_uppercase if slot.isalpha() else "1234567890"
        left = [c for c in order if c in slot and c not in chosen]
        chosen += left[0] if left else slot[0]
    return chosen
