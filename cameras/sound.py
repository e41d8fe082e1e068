"""Whether reads are as the intake writes them: then nothing of them needs to be mended.

Asked of every read twice (for alerts, for the archive), so of a whole batch: what all its reads say
in one field is gathered and looked at once. What is stricter here than cameras.building costs only
time: its record is then read element by element (cameras.records).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from cameras.building import AHEAD, BEHIND, GUESSES_MAX, TEXT_MAX
from cameras.registry import CAMERA_MAX, checked_place
from domain.errors import BadInput
from domain.place import Place
from domain.plate import all_normal
from domain.read import ImageRef, Read
from domain.vehicle import Guess, VehicleSeen
from storage.images import KEY_MAX

IMAGES_MAX = 10
AGENCY_MAX = 64
"""Characters of an agency's id."""


def all_sound(reads: Sequence[Read], first: datetime, last: datetime) -> bool:
    """Whether each is, in records that came between `first` and `last` (aware UTC)."""
    if not reads:
        return True
    seen = [read.seen_at for read in reads]
    guesses = [guess for read in reads if read.candidates for guess in read.candidates]
    plates = [read.plate for read in reads]
    plates += [guess.value for guess in guesses]
    confidences = [read.confidence for read in reads]
    confidences += [read.state_confidence for read in reads]
    return (
        all(moment.tzinfo is UTC for moment in seen)
        and all(read.received_at.tzinfo is UTC for read in reads)
        and last - min(seen) <= BEHIND
        and max(seen) - first <= AHEAD
        and all_normal(plates)
        and _brief({read.plate_raw for read in reads}, TEXT_MAX)
        and _brief({read.format for read in reads}, TEXT_MAX)
        and _names({read.camera for read in reads}, CAMERA_MAX)
        and _names({read.agency for read in reads}, AGENCY_MAX)
        and all(not state or _state(state) for state in {read.state for read in reads})
        and _sure(confidences)
        and _sure([guess.confidence for guess in guesses])
        and all(len(read.candidates) <= GUESSES_MAX for read in reads)
        and _vehicles([read.vehicle for read in reads if read.vehicle is not None])
        and all(map(_on_earth, {read.place for read in reads}))
        and all(_by_character(read) for read in reads if read.character_confidences)
        and all(own(read.images, read.agency) for read in reads if read.images)
    )


def own(images: Sequence[ImageRef], agency: str) -> bool:
    """Whether these are few, and each lies in the agency's part of the image store."""
    prefix = agency + "/"
    for image in images:
        key = image.key
        if not key.startswith(prefix) or len(key) > KEY_MAX or "/." in key:
            return False
        if len(image.sha256) != 64:
            return False
    return len(images) <= IMAGES_MAX and "/" not in agency


def _brief(texts: Iterable[str], most: int) -> bool:
    return max(map(len, texts), default=0) <= most


def _names(texts: set[str], most: int) -> bool:
    return "" not in texts and _brief(texts, most)


def _state(text: str) -> bool:
    return len(text) == 2 and text.isupper()


def _sure(numbers: Iterable[float | None]) -> bool:
    """Whether they are 0-1 where they were given; JSON has no NaN."""
    given = [number for number in numbers if number is not None]
    return not given or (min(given) >= 0 and max(given) <= 1)


def _by_character(read: Read) -> bool:
    return len(read.character_confidences) == len(read.plate) and _sure(read.character_confidences)


def _vehicles(seen: Sequence[VehicleSeen]) -> bool:
    guesses: list[Guess] = []
    for one in seen:
        for said in (one.make, one.model, one.color, one.body, one.plate_type, one.year):
            if said:
                if len(said) > GUESSES_MAX:
                    return False
                guesses += said
    return (
        _brief([guess.value for guess in guesses], TEXT_MAX)
        and _sure([guess.confidence for guess in guesses])
        and _brief([one.orientation for one in seen], TEXT_MAX)
    )


def _on_earth(place: Place) -> bool:
    try:
        checked_place(place)
    except BadInput:
        return False
    return True
