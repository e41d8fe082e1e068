"""Who may do what: one table, read from top to bottom.

Belonging to the agency is another question, and every store asks it: another agency's alert
is NotFound for any role.
"""

from __future__ import annotations

from typing import Final, Literal

from domain.errors import NotAllowed
from people.model import Person, Role

Action = Literal[
    "see the queue",
    "see an alert",
    "see the lists",
    "decide",
    "recall",
    "answer",
    "close",
    "see the audit trail",
    "administer",
]

_D, _O, _S, _A = Role.DISPATCHER, Role.OFFICER, Role.SUPERVISOR, Role.ADMIN

TABLE: Final[dict[Action, frozenset[Role]]] = {
    # Unverified alerts are in both: only for who decides about them, so no officer and no admin.
    # The others see an alert by `may_see_alert`, once it is verified.
    "see the queue": frozenset({_D, _S}),
    "see an alert": frozenset({_D, _S}),
    "see the lists": frozenset({_D, _S, _A}),  # how old they are, not what is on them
    "decide": frozenset({_D, _S}),  # claim, release, verify, reject
    "recall": frozenset({_D, _S}),
    "answer": frozenset({_O, _D, _S}),  # acknowledge, on my way, ...; a desk for an officer
    "close": frozenset({_O, _D, _S}),  # the outcome in the field
    "see the audit trail": frozenset({_S, _A}),
    "administer": frozenset({_A}),
}

_DOING: Final[dict[Action, str]] = {
    "see the queue": "see the queue of possible hits",
    "see an alert": "see this alert",
    "see the lists": "see how old the lists are",
    "decide": "claim, verify or reject a possible hit",
    "recall": "recall an alert",
    "answer": "answer an alert",
    "close": "report an outcome",
    "see the audit trail": "see the audit trail",
    "administer": "change people, cameras or lists",
}

_AFTER_VERIFICATION: Final = frozenset({"verified", "acknowledged", "closed"})
"""States (alerts.model.State) that only a verified alert reaches."""


def may(person: Person, action: Action) -> bool:
    """Whether the person's role allows the action."""
    return person.role in TABLE[action]


def require(person: Person, action: Action) -> None:
    """Raise NotAllowed, in a sentence that says who could, unless `may`."""
    if not may(person, action):
        who = " or ".join(sorted(TABLE[action]))
        msg = f"as {person.role} you may not {_DOING[action]}; ask a {who}"
        raise NotAllowed(msg)


def may_see_alert(person: Person, state: str, *, was_verified: bool = False) -> bool:
    """Whether the person may see or hear of an alert of their agency that is in `state`.

    Who verifies always. An officer or an admin only once it was verified. A recalled alert may
    never have been verified, so for it the caller says whether it `was_verified` (has a
    verified_at); a rejected one never was.
    """
    if may(person, "see an alert"):
        return True
    if state == "recalled":
        return was_verified
    return state in _AFTER_VERIFICATION
