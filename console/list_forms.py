"""Forms of these pages: nothing that was typed is lost, and what is wrong is said at its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi import Request
from pydantic import ValidationError

from console.requests import Asked
from domain.errors import BadInput, NotAllowed, Prohibited, Unavailable

A = TypeVar("A", bound=Asked)

Wrong = (BadInput, Prohibited, NotAllowed, Unavailable)
"""What a form is shown again for."""

NAMES = {
    "plate": "The plate", "state": "The state", "year": "The year", "make": "The make",
    "model": "The model", "style": "The body", "color": "The color", "vin": "The VIN",
    "reason": "The reason", "case_number": "The case number", "category": "The category",
    "caution": "The caution", "expires_at": "The end", "since": "The beginning",
    "latitude": "The latitude", "longitude": "The longitude", "radius": "The radius",
    "place": "The place", "file": "The file", "generation": "The generation",
    "nic": "The record number", "until": "The end", "chosen": "The answer", "sample": "The rows",
    "columns": "The columns",
}  # fmt: skip
_MISSING = {"reason": "say why, in a few words", "generation": "must be chosen"}
_PREDICATES = ("is ", "must ", "may ", "needs ", "has ", "have ", "holds ", "did ", "took ",
               "stopped ", "cannot ")  # fmt: skip


@dataclass(frozen=True)
class Trouble:
    """What was wrong with a form: at which field ("" none), as a sentence."""

    field: str
    sentence: str

    @classmethod
    def of(cls, wrong: Exception) -> Trouble:
        """An error's."""
        if isinstance(wrong, BadInput):
            problem, name = wrong.problem, wrong.field.rpartition(".")[2]
            if problem.startswith(_PREDICATES) and name:
                problem = f"{NAMES.get(name, name)} {problem}"
            return cls(name, _sentence(problem))
        if isinstance(wrong, Prohibited):
            name, _, said = str(wrong).partition(": ")
            where = name.replace(" ", "_")
            if said and where in NAMES:
                return cls(where, _sentence(said))
        return cls("", _sentence(str(wrong)))


@dataclass(frozen=True)
class Given:
    """A form as it was sent, and what was wrong with it; of a fresh one, both are empty."""

    values: Mapping[str, str] = field(default_factory=dict)
    trouble: Trouble | None = None

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def wrong(self, name: str) -> str:
        """The sentence at this field; "" when it is fine."""
        return self.trouble.sentence if self.trouble and self.trouble.field == name else ""


async def values_of(request: Request) -> dict[str, str]:
    """Every text of the form, without the token; of a name that comes twice, the last."""
    form = await request.form()
    return {k: v.strip() for k, v in form.items() if isinstance(v, str) and k != "csrf"}


def asked_of(kind: type[A], values: Mapping[str, str]) -> A:
    """The form as the API's request. Raises BadInput, naming the field."""
    given: dict[str, Any] = {k: v for k, v in values.items() if v and k in kind.model_fields}
    try:
        return kind.model_validate(given)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        missing = first["type"] in ("missing", "string_too_short")
        problem = _MISSING.get(name, "must be given") if missing else str(first["msg"]).lower()
        raise BadInput(name, problem) from wrong


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?")) else f"{text}."
