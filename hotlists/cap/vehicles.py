"""The vehicles that the texts of one alert want, and the questions that a person must answer.

The texts of an alert (headline, description, the two texts for phones, in every language) speak of
the same vehicles. So a plate is sure when a text says it beyond doubt (hotlists.cap.plates) and no
other text contradicts: where two texts each have a plate that the other lacks, all of those go to
a person. A description without a plate is a vehicle of its own only when it cannot be one of those
with a plate.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from hotlists.cap.descriptions import Description, describe
from hotlists.cap.loose import loose
from hotlists.cap.plates import Find, labelled
from hotlists.cap.tokens import Text
from hotlists.cap.words import OVER
from matchers.vehicle_words import (
    NEAR_BODIES,
    NEAR_COLORS,
    NEAR_MAKES,
    SAME_BODIES,
    body_of,
    color_of,
    make_of,
    near,
)

MAX_TEXT = 20_000
"""Characters of one text that are read; hotlists.cap.documents takes no longer ones."""
FAR = 220
_OVER = re.compile(OVER)
_NOT_YET = re.compile(r"\b(?:until|unless|hasta|if|when|si|cuando|anyone|help)\b[^.!?]{0,40}$")
_SENTENCE_END = re.compile(r"[.!?]\s|;|\n\s*\n")
_FIELDS = ("year", "make", "model", "color", "style")


class Vehicle(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One wanted vehicle. `plate` or `pattern`, or neither: a vehicle by its description.

    `state` is an NCIC code. `color` and `style` are in words that the matcher knows, the
    rest as the text said it. `start` and `end` are the place of the plate in its text,
    or of the description.
    """

    plate: str = ""
    pattern: str = ""
    state: str = ""
    year: str = ""
    make: str = ""
    model: str = ""
    color: str = ""
    style: str = ""
    start: int = 0
    end: int = 0
    sure: bool = False
    why: str = ""
    grave: bool = False

    @property
    def name(self) -> str:
        """The plate or the pattern, "" for a vehicle by its description."""
        return self.plate or self.pattern


class Ambiguous(msgspec.Struct, frozen=True):
    """One text with the words marked that a person must judge, and what they may mean."""

    text: str
    marks: tuple[tuple[int, int], ...]
    candidates: tuple[Vehicle, ...]
    why: tuple[str, ...] = ()


class Reading(msgspec.Struct, frozen=True):
    """What an alert says: vehicles beyond doubt, and questions."""

    vehicles: tuple[Vehicle, ...] = ()
    questions: tuple[Ambiguous, ...] = ()


def read_text(text: str, known_characters: int = 3) -> tuple[Vehicle, ...]:
    """Every vehicle that one text speaks of, in order, each with `sure`. Never raises."""
    whole = Text(text[:MAX_TEXT])
    finds = labelled(whole, known_characters)
    descriptions = describe(whole, [(f.start, f.end) for f in finds])
    guesses = loose(whole, finds, descriptions)
    if guesses:
        finds = sorted([*finds, *guesses], key=lambda f: f.start)
        descriptions = describe(whole, [(f.start, f.end) for f in finds])
    owners = _owners(whole, finds, descriptions)
    found = [_vehicle(find, owners.get(n)) for n, find in enumerate(finds)]
    owned = {id(d) for d in owners.values()}
    found += [_described(d) for d in descriptions if id(d) not in owned and (d.make or d.says > 1)]
    return tuple(sorted(found, key=lambda v: v.start))


def read_alert(texts: Sequence[str], known_characters: int = 3) -> Reading:
    """What all texts of one alert say together. Never raises; marks lie within their text."""
    read = {text: read_text(text, known_characters) for text in dict.fromkeys(texts) if text}
    doubted = _contradicted(list(read.values()))
    over = {text: marks for text in read if (marks := over_marks(text))}
    vehicles, unsure = _merged(read, doubted)
    questions = _questions(read, unsure, doubted)
    if over:
        wanted = tuple(vehicles)
        asked = tuple(
            Ambiguous(text, marks, wanted, ("the text says that the alert may be over",))
            for text, marks in over.items()
        )
        return Reading((), (*asked[:1], *questions))
    return Reading(tuple(vehicles), tuple(questions))


def over_marks(text: str) -> tuple[tuple[int, int], ...]:
    """Where a text says that the alert is over or the child found."""
    plain = Text(text[:MAX_TEXT]).folded
    return tuple(
        (found.start(), found.end())
        for found in _OVER.finditer(plain)
        if not _NOT_YET.search(plain, max(0, found.start() - 60), found.start())
    )


def alike(one: Vehicle, other: Vehicle) -> bool:
    """Whether two descriptions can be of one vehicle: nothing said of both contradicts."""
    if one.year and other.year and one.year != other.year:
        return False
    pairs = (
        (make_of(one.make), make_of(other.make), NEAR_MAKES),
        (color_of(one.color), color_of(other.color), NEAR_COLORS),
        (body_of(one.style), body_of(other.style), NEAR_BODIES),
    )
    for mine, yours, groups in pairs:
        doors = yours in SAME_BODIES.get(mine, ()) or mine in SAME_BODIES.get(yours, ())
        if mine and yours and mine != yours and not doors and not near(groups, mine, yours):
            return False
    trailers = [v.style == "trailer" for v in (one, other)]
    return trailers[0] == trailers[1]


def filled(one: Vehicle, other: Vehicle) -> Vehicle:
    """`one` with what only `other` says."""
    gaps = {f: getattr(other, f) for f in (*_FIELDS, "state") if not getattr(one, f)}
    return msgspec.structs.replace(one, **gaps)


def fits(pattern: str, plate: str) -> bool:
    """Whether a plate fits a pattern of `?` and `*`."""
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch("".join(parts), plate) is not None


def _vehicle(find: Find, said: Description | None) -> Vehicle:
    fields = {f: getattr(said, f) for f in _FIELDS} if said else {}
    return Vehicle(
        plate=find.plate, pattern=find.pattern, state=find.state, start=find.start, end=find.end,
        sure=find.sure, why=find.why, grave=find.grave, **fields,
    )  # fmt: skip


def _described(said: Description) -> Vehicle:
    fields = {f: getattr(said, f) for f in _FIELDS}
    return Vehicle(start=said.start, end=said.end, sure=True, **fields)


def _owners(
    text: Text, finds: Sequence[Find], descriptions: Sequence[Description]
) -> dict[int, Description]:
    """Which description each find belongs to: the nearest free one, before it when in doubt."""
    owners: dict[int, Description] = {}
    free = list(descriptions)
    for number, find in enumerate(finds):
        limit = finds[number + 1].since if number + 1 < len(finds) else len(text.text)
        floor = finds[number - 1].end if number else 0
        best, closest = None, FAR + 1
        for one in free:
            if one.start <= find.start <= one.end:
                distance = 0
            elif one.end <= find.start:
                distance = max(0, find.since - one.end)
                distance += 60 * bool(one.end < floor)
                low, high = one.end, max(one.end, find.since)
            else:
                if one.start > limit and number + 1 < len(finds):
                    continue
                distance = one.start - find.end
                low, high = find.end, one.start
            if distance and _SENTENCE_END.search(text.text, low, high):
                distance += 40
            if distance < closest:
                best, closest = one, distance
        if best is None and number and not find.sure and find.start - finds[number - 1].end < 25:
            best = owners.get(number - 1)
        elif best is not None:
            free = [one for one in free if one is not best]
        if best is not None:
            owners[number] = best
    return owners


def _contradicted(read: Sequence[Sequence[Vehicle]]) -> set[str]:
    """Plates that are not sure after all: another text has others instead."""
    sets = [
        found for vehicles in read if (found := {v.plate for v in vehicles if v.plate and v.sure})
    ]
    doubted: set[str] = set()
    for one in sets:
        for other in sets:
            if one - other and other - one:
                doubted |= one ^ other
    return doubted


def _merged(
    read: dict[str, tuple[Vehicle, ...]], doubted: set[str]
) -> tuple[list[Vehicle], list[Vehicle]]:
    """(vehicles beyond doubt, the others): a plate once, descriptions laid together."""
    every = [v for found in read.values() for v in found]
    sure: dict[str, Vehicle] = {}
    grave = {v.plate for v in every if v.grave and v.plate}
    for one in every:
        if not (one.plate and one.sure):
            continue
        before = sure.get(one.plate)
        if before is None:
            sure[one.plate] = one
        elif before.state and one.state and before.state != one.state:
            why = "two texts name different states for it"
            sure[one.plate] = msgspec.structs.replace(before, sure=False, why=why, state="")
        else:
            sure[one.plate] = filled(before, one) if alike(before, one) else before
    for plate in doubted & sure.keys():
        why = "another language or part of the alert names another plate"
        sure[plate] = msgspec.structs.replace(sure[plate], sure=False, why=why)
    for plate in grave & sure.keys():
        why = next(v.why for v in every if v.grave and v.plate == plate)
        sure[plate] = msgspec.structs.replace(sure[plate], sure=False, why=why)
    unsure = [v for v in sure.values() if not v.sure]
    certain = [v for v in sure.values() if v.sure]
    for one in every:
        if one.plate and not one.sure and one.plate not in sure and not _said_better(one, certain):
            unsure.append(one)
    for one in every:
        known = [*certain, *unsure]
        same = [v for v in known if v.pattern and v.pattern == one.pattern]
        covered = any(v.plate and fits(one.pattern, v.plate) for v in known)
        if one.pattern and not same and not covered:
            (certain if one.sure else unsure).append(one)
    return _with_descriptions(every, certain, unsure), unsure


def _said_better(one: Vehicle, certain: Sequence[Vehicle]) -> bool:
    """Whether a doubtful plate is only another way of saying a sure one."""
    return not one.grave and any(one.plate in v.plate or v.plate in one.plate for v in certain)


def _with_descriptions(
    every: Sequence[Vehicle], certain: list[Vehicle], unsure: Sequence[Vehicle]
) -> list[Vehicle]:
    bare: list[Vehicle] = []
    for one in (v for v in every if not v.name):
        places = [n for n, v in enumerate(certain) if alike(v, one)]
        if len(places) == 1:
            certain[places[0]] = filled(certain[places[0]], one)
        elif not places and not any(alike(v, one) for v in unsure):
            _lay(bare, one)
    return certain + bare


def _lay(bare: list[Vehicle], one: Vehicle) -> None:
    """A description beside the others, or laid over the one it can be of."""
    for number, other in enumerate(bare):
        if alike(other, one):
            fuller, lesser = (one, other) if _says(one) > _says(other) else (other, one)
            bare[number] = filled(fuller, lesser)
            return
    bare.append(one)


def _says(one: Vehicle) -> int:
    return sum(bool(getattr(one, f)) for f in _FIELDS)


def _questions(
    read: dict[str, tuple[Vehicle, ...]], unsure: Sequence[Vehicle], doubted: set[str]
) -> list[Ambiguous]:
    """One question for each text that has a candidate no earlier text had."""
    questions: list[Ambiguous] = []
    asked: set[str] = set()
    names = {v.name: v for v in unsure}
    everything = tuple(names.values())
    for text, vehicles in read.items():
        here = [v for v in vehicles if v.name in names]
        if not {v.name for v in here} - asked:
            continue
        asked |= {v.name for v in here}
        marks = tuple(sorted({(v.start, v.end) for v in here}))
        own = tuple(names[n] for n in dict.fromkeys(v.name for v in here))
        candidates = everything if doubted & {v.name for v in here} else own
        questions.append(
            Ambiguous(text, marks, candidates, tuple(dict.fromkeys(v.why for v in candidates)))
        )
    return questions
