"""The drawn vehicles as what the engine takes: a watch of a million entries, batches of reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import overload
from uuid import UUID

import numpy as np

from domain.entry import Entry
from domain.read import Read
from domain.vehicle import Guess, VehicleSeen
from matchers.facts import FACTS, Facts, body_fact, color_facts, make_fact, state_fact
from matchers.index import Index
from matchers.thresholds import Thresholds
from matchers.watch import Generation, Watch
from quality import plates, vehicles
from quality.generating import UNKNOWN, Sightings, Vehicles
from quality.texts import Ints, texts

AGENCY = "QUALITY00"
"""Of no state: its cameras see the traffic of the whole country."""
SOURCE = "drawn"
CATEGORY = "stolen-vehicle"
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
FLOOR = -10.0
"""Least score that is looked at: odds of 1 to 22,000."""

EVIDENCE: tuple[str, ...] = ("plate", "state", "make", "color", "body", "confidence", "candidates")
"""What a read may say. "plate" is its first text and always there."""


@dataclass(frozen=True)
class Lexicon:
    """The values of make, color and body: those of quality.vehicles, then those of a file, as it
    writes them."""

    words: dict[str, tuple[str, ...]]
    codes: dict[str, tuple[tuple[str, ...], ...]]

    @classmethod
    def standard(cls) -> Lexicon:
        """Without a file."""
        aspects = vehicles.ASPECTS
        return cls({a.name: a.words for a in aspects}, {a.name: a.codes for a in aspects})

    def and_also(self, name: str, texts: Sequence[str]) -> Lexicon:
        """With more values of one aspect, numbered on from the end."""
        words = {**self.words, name: (*self.words[name], *texts)}
        return Lexicon(words, {**self.codes, name: (*self.codes[name], *((t,) for t in texts))})

    def code(self, name: str, value: int, row: int) -> str:
        """What a list calls the value: one of its codes, by the row."""
        if value == UNKNOWN:
            return ""
        choices = self.codes[name][value]
        return choices[row % len(choices)]


class WatchEntries(Sequence[Entry]):
    """Wanted vehicles as entries, each made when it is asked for. Row n has the id first_id + n."""

    __slots__ = ("_first_id", "_lexicon", "_plates", "_wanted")

    def __init__(self, wanted: Vehicles, lexicon: Lexicon, first_id: int = 1) -> None:
        self._wanted, self._lexicon, self._first_id = wanted, lexicon, first_id
        self._plates = texts(wanted.plates)

    def __len__(self) -> int:
        return len(self._wanted)

    @overload
    def __getitem__(self, at: int) -> Entry: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Entry]: ...
    def __getitem__(self, at: int | slice) -> Entry | Sequence[Entry]:
        if isinstance(at, slice):
            return [self[n] for n in range(*at.indices(len(self)))]
        if at < 0:
            at += len(self)
        if not 0 <= at < len(self):
            raise IndexError(at)
        wanted, lexicon = self._wanted, self._lexicon
        state = int(wanted.states[at])
        return Entry(
            entry_id=UUID(int=self._first_id + at),
            agency=AGENCY,
            source=SOURCE,
            category=CATEGORY,
            priority=2,
            plate=self._plates[at],
            state="" if state == UNKNOWN else plates.STATES[state],
            make=lexicon.code("make", int(wanted.makes[at]), at),
            color=lexicon.code("color", int(wanted.colors[at]), at),
            style=lexicon.code("body", int(wanted.bodies[at]), at),
        )

    @property
    def plates(self) -> list[str]:
        """Their plates, in order."""
        return self._plates


def generation(wanted: Vehicles, lexicon: Lexicon, first_id: int = 1) -> Generation:
    """The wanted vehicles as one list's generation."""
    entries = WatchEntries(wanted, lexicon, first_id)
    index = Index.of_codes(wanted.plates, None, facts_of(wanted, lexicon), (CATEGORY,))
    return Generation(1, SOURCE, "Drawn", AGENCY, NOW, entries, index)


def facts_of(wanted: Vehicles, lexicon: Lexicon) -> Facts:
    """What matchers.facts.facts_of_entries says of them, without making an Entry."""
    facts = np.zeros((len(wanted), len(FACTS)), dtype=np.uint8)
    rows = np.arange(len(wanted))
    by_state = [[state_fact(state)] for state in plates.STATES]
    facts[:, FACTS.index("state")] = _looked_up(wanted.states, rows, by_state)
    aspects: tuple[tuple[str, Ints, tuple[str, ...], Callable[[str], tuple[int, ...]]], ...] = (
        ("make", wanted.makes, ("make",), lambda code: (make_fact(code),)),
        ("color", wanted.colors, ("color", "color2"), color_facts),
        ("body", wanted.bodies, ("body",), lambda code: (body_fact(code, ""),)),
    )
    for name, values, into, fact in aspects:
        choices = [[fact(code) for code in several] for several in lexicon.codes[name]]
        for n, column in enumerate(into):
            each = [[one[n] for one in several] for several in choices]
            facts[:, FACTS.index(column)] = _looked_up(values, rows, each)
    return facts


def _looked_up(values: Ints, rows: Ints, choices: Sequence[Sequence[int]]) -> Facts:
    """The fact of each row by its value, as `Lexicon.code` chooses; 0 for UNKNOWN (the last)."""
    table = np.zeros((len(choices) + 1, max(map(len, choices))), dtype=np.uint8)
    for value, several in enumerate(choices):
        table[value, : len(several)] = several
    sizes = np.array([*map(len, choices), 1])
    found: Facts = table[values, rows % sizes[values]]
    return found


def watch(base: Generation, more: Generation | None = None, floor: float = FLOOR) -> Watch:
    """The base list, and `more` as added since; whatever scores `floor` or more alerts."""
    added = {} if more is None else {SOURCE: more}
    return Watch(AGENCY, {SOURCE: base}, added, thresholds=Thresholds(standard=floor))


def reads(
    seen: Sightings, lexicon: Lexicon, evidence: frozenset[str], start: int, end: int
) -> list[Read]:
    """Rows `start` to `end` as reads that say nothing but what is in `evidence`. Read n of them has
    the id start + n + 1."""
    return [_read(seen, lexicon, evidence, at) for at in range(start, min(end, len(seen)))]


def _read(seen: Sightings, lexicon: Lexicon, evidence: frozenset[str], at: int) -> Read:
    def said(name: str, values: Ints) -> tuple[Guess, ...]:
        value = int(values[at])
        if name not in evidence or value == UNKNOWN:
            return ()
        return (Guess(lexicon.words[name][value], _sure(seen, name, at)),)

    vehicle = VehicleSeen(
        make=said("make", seen.makes), color=said("color", seen.colors),
        body=said("body", seen.bodies),
    )  # fmt: skip
    state = int(seen.states[at]) if "state" in evidence else UNKNOWN
    text = seen.texts[at]
    candidates = seen.candidates[at] if "candidates" in evidence else ()
    return Read(
        read_id=UUID(int=at + 1),
        agency=AGENCY,
        camera="cam-1",
        seen_at=NOW,
        received_at=NOW,
        plate=text,
        plate_raw=text,
        confidence=_sure(seen, "plate", at) if "confidence" in evidence else None,
        state="" if state == UNKNOWN else plates.STATES[state],
        state_confidence=None if state == UNKNOWN else _sure(seen, "state", at),
        candidates=tuple(
            Guess(value, None if math.isnan(sure) else sure) for value, sure in candidates
        ),
        vehicle=vehicle if vehicle.make or vehicle.color or vehicle.body else None,
    )


def _sure(seen: Sightings, name: str, at: int) -> float | None:
    value = float(seen.sure[name][at])
    return None if math.isnan(value) else value
