"""A chain of messages as vehicles: what the last one says, in the light of those before it.

An Update replaces what it updates, so its vehicles are the alert's. Two things go to a person: a
plate that is new and takes the place of another one, and an update that no longer says the plate.
In the second case the vehicle said before stays wanted until the person has answered.

Each vehicle has a label that survives the Updates: the plate it first had, or "vehicle 1", which it
keeps when a later message adds the plate.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hotlists.cap.model import CapAlert, CapInfo
from hotlists.cap.vehicles import Ambiguous, Reading, Vehicle, alike, read_alert

MAX_MESSAGES = 20
"""Messages of a chain that are read, the latest ones; an alert of a day has a handful."""

TOLD_OTHERWISE = "an update names another plate than the alert did"
NO_LONGER_SAID = "the update no longer says the plate"


class Told(msgspec.Struct, frozen=True):
    """What a chain comes to: labeled vehicles in force, and questions."""

    vehicles: tuple[tuple[str, Vehicle], ...]
    questions: tuple[Ambiguous, ...]


def texts_of(alert: CapAlert) -> list[str]:
    """The texts of an alert in which a vehicle may be described, those with most words first."""
    return [text for info in alert.infos for text in _texts(info) if text]


def _texts(info: CapInfo) -> tuple[str, ...]:
    long, short = info.parameter("CMAMlongtext"), info.parameter("CMAMtext")
    return info.description, long, short, info.headline, info.instruction


def told(messages: Sequence[CapAlert], known_characters: int) -> Told:
    """What the last of the messages (earliest first) says. Never raises."""
    labels: list[tuple[str, Vehicle]] = []  # every vehicle the chain has had
    standing: list[tuple[str, Vehicle]] = []  # those with a plate that no one contradicted
    vehicles: tuple[tuple[str, Vehicle], ...] = ()
    questions: tuple[Ambiguous, ...] = ()
    for alert in messages[-MAX_MESSAGES:]:
        texts = texts_of(alert)
        reading = read_alert(texts, known_characters)
        reading, kept = _against(reading, standing, texts)
        vehicles = (*kept, *_labeled(reading.vehicles, labels, kept))
        questions = reading.questions
        plated = [(label, v) for label, v in vehicles if v.plate]
        if plated:
            standing = plated
        have = {label for label, _ in labels}
        labels += [(label, v) for label, v in vehicles if label not in have]
    return Told(vehicles, questions)


def _against(
    reading: Reading, standing: Sequence[tuple[str, Vehicle]], texts: Sequence[str]
) -> tuple[Reading, tuple[tuple[str, Vehicle], ...]]:
    """The reading after comparison with the plates before it, and the vehicles kept from there."""
    before = {v.plate for _, v in standing}
    now = {v.plate for v in reading.vehicles if v.plate}
    if not before or before & now:
        return reading, ()
    if now:
        new = tuple(v for v in reading.vehicles if v.plate)
        others = tuple(v for v in reading.vehicles if not v.plate)
        question = _about(new, texts, TOLD_OTHERWISE)
        return Reading(others, (*reading.questions, question)), ()
    if reading.questions or any(v.pattern for v in reading.vehicles):
        return reading, ()
    kept = tuple(standing)
    rest = tuple(v for v in reading.vehicles if not any(alike(v, k) for _, k in kept))
    question = Ambiguous(
        texts[0] if texts else "", (), tuple(v for _, v in kept), (NO_LONGER_SAID,)
    )
    return Reading(rest, (question,)), kept


def _about(vehicles: tuple[Vehicle, ...], texts: Sequence[str], why: str) -> Ambiguous:
    """A question about plates, in the text that has the most of them."""

    def marks(text: str) -> tuple[tuple[int, int], ...]:
        return tuple((v.start, v.end) for v in vehicles if _stands(text, v))

    text = max(texts, key=lambda t: len(marks(t)), default="")
    return Ambiguous(text, marks(text), vehicles, (why,))


def _stands(text: str, one: Vehicle) -> bool:
    said = "".join(c for c in text[one.start : one.end].upper() if c.isalnum())
    return bool(said) and said == one.plate


def _labeled(
    vehicles: Sequence[Vehicle],
    labels: Sequence[tuple[str, Vehicle]],
    kept: Sequence[tuple[str, Vehicle]],
) -> list[tuple[str, Vehicle]]:
    found: list[tuple[str, Vehicle]] = []
    used = {label for label, _ in kept}
    known = {v.name: label for label, v in reversed(labels) if v.name}
    free = [(label, v) for label, v in labels if label.startswith("vehicle ")]
    count = len(free)
    for one in vehicles:
        label = known.get(one.name, "") if one.name else ""
        if not label or label in used:
            old = [name for name, v in free if name not in used and alike(v, one)]
            label = old[0] if len(old) == 1 else one.name
        if not label or label in used:
            count += 1
            label = f"vehicle {count}"
        used.add(label)
        found.append((label, one))
    return found
