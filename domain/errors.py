"""One error tree.

BoloError
├── BadInput            somebody or something sent what we cannot take; names the field
│   ├── BadPlate        not a plate by the NCIC rules
│   └── BadRead         a read that cannot be understood
├── NotAllowed          the person may not do this
├── NotFound            no such thing, or not yours (the two look the same from outside)
├── IllegalTransition   the alert is not in a state where this can happen
│   └── SamePerson      another person must do this: the same one already verified it
├── Prohibited          policy forbids it and no configuration allows it
├── PolicyError         a policy file that is wrong or contradicts itself; names the lines
├── Unavailable         a server we need is away; retry_after says when to try again
└── CannotStart         a server or a part of bolo cannot be started; says what to do about it
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class BoloError(Exception):
    """The root: everything bolo raises on purpose."""


class BadInput(BoloError):
    """Input that cannot be taken. `field` is a dotted path such as ``reads[3].plate``."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}" if field else problem)
        self.field = field
        self.problem = problem


class BadPlate(BadInput):
    """Not a plate by the NCIC rules."""


class BadRead(BadInput):
    """A read that cannot be understood."""


class NotAllowed(BoloError):
    """The person may not do this."""


class NotFound(BoloError):
    """No such thing, or it belongs to another agency: the two must look the same."""


class IllegalTransition(BoloError):
    """The event does not fit the alert's state."""

    def __init__(self, state: str, event: str, why: str = "") -> None:
        super().__init__(f"{event} is not possible when {state}" + (f": {why}" if why else ""))
        self.state = state
        self.event = event


class SamePerson(IllegalTransition):
    """Somebody who verified the alert would be one of its other verifiers, too."""

    def __init__(self, state: str, event: str) -> None:
        super().__init__(state, event, "you verified it already, and another person must look now")


class Prohibited(BoloError):
    """Policy forbids it, and no configuration allows it."""


class PolicyProblem(NamedTuple):
    """What is wrong with a policy, and the lines that say so: (file, line from 1, its text)."""

    sentence: str
    places: tuple[tuple[str, int, str], ...]

    def __str__(self) -> str:
        first = f"{self.places[0][0]}:{self.places[0][1]}: " if self.places else ""
        return "\n".join([first + self.sentence, *map(line_of, self.places)])


def line_of(place: tuple[str, int, str]) -> str:
    """One line of a policy as a message shows it; line 0 is a default that no file says."""
    where, line, text = place
    return f"  {where}:{line}: {text}" if line else f"  {where}: {text}"


class PolicyError(BoloError):
    """A policy that cannot be taken. Every problem names its lines; a contradiction names both."""

    def __init__(self, problems: Sequence[PolicyProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class Unavailable(BoloError):
    """A server we need is away."""

    def __init__(self, what: str, retry_after: float = 5.0) -> None:
        super().__init__(f"{what} is not available")
        self.what = what
        self.retry_after = retry_after


class CannotStart(BoloError):
    """A server or a part of bolo cannot be started. The message says what to do about it."""
