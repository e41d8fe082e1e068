"""Questions for a person, and what an answer makes of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from domain.errors import BadInput
from domain.plate import normalise
from hotlists.cap.vehicles import Ambiguous, Vehicle

Fields = dict[str, Any]
"""Fields of domain.entry.Entry, and `key`, which stays the same from refresh to refresh."""

UNSURE = ("start", "end", "sure", "why", "grave")


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """What a person must judge in one alert: texts with places marked, and the candidates.

    `key` stays the same while the alert's candidates do, so an answer holds for later messages
    that ask the same. `base` has the fields that every entry of the alert shares.
    """

    key: str
    chain: str
    headline: str
    questions: tuple[Ambiguous, ...]
    base: Fields

    @property
    def candidates(self) -> tuple[Vehicle, ...]:
        """Every candidate once, in order; an answer names them by number."""
        found: dict[tuple[str, str], Vehicle] = {}
        for question in self.questions:
            for one in question.candidates:
                found.setdefault((one.name, one.state) if one.name else (repr(one), ""), one)
        return tuple(found.values())


def question_key(chain: str, questions: Sequence[Ambiguous]) -> str:
    """The same for the same chain, candidates and reasons."""
    said = sorted(
        "|".join(
            (c.plate, c.pattern, c.state, "" if c.name else c.make + c.color + c.style, *q.why)
        )
        for q in questions
        for c in q.candidates or (Vehicle(),)
    )
    return hashlib.sha256("\n".join((chain, *said)).encode()).hexdigest()[:32]


def fields_of(vehicle: Vehicle, label: str, chain: str, base: Fields, area: object) -> Fields:
    """The fields of one vehicle's entry. Only a vehicle without a plate is bound to the area."""
    return {
        **base,
        "key": f"{chain}|{label}",
        "plate": vehicle.plate[-10:],
        "pattern": vehicle.pattern,
        "state": vehicle.state,
        "year": vehicle.year,
        "make": vehicle.make,
        "model": vehicle.model,
        "color": vehicle.color,
        "style": vehicle.style,
        "area": None if vehicle.name else area,
    }


def confirm(pending: Pending, chosen: int | Vehicle) -> Fields:
    """The entry that a person made of a question: a candidate by its number, or as corrected.

    Raises BadInput for a number that there is not, for a plate that is none, and for a vehicle
    of which nothing is said.
    """
    if isinstance(chosen, int):
        if not 0 <= chosen < len(pending.candidates):
            raise BadInput("chosen", f"there are {len(pending.candidates)} candidates, from 0")
        chosen = pending.candidates[chosen]
    if chosen.plate:
        chosen = msgspec.structs.replace(chosen, plate=normalise(chosen.plate))
    said = (chosen.name, chosen.make, chosen.color, chosen.style, chosen.model)
    if not any(said):
        raise BadInput("chosen", "needs a plate, a pattern or a description")
    label = chosen.name or "by a person: " + " ".join(filter(None, said))
    return fields_of(chosen, label, pending.chain, dict(pending.base), pending.base.get("area"))
