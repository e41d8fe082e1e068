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
    "search the lists",
    "refresh lists",
    "change lists",
    "accept lists",
    "make entries",
    "approve entries",
    "take entries back",
    "decide",
    "recall",
    "answer",
    "close",
    "see what is learned",
    "lift markers",
    "reset cameras",
    "reset traffic",
    "see the alert budget",
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
    # A stale list at 3 a.m. must not wait for a supervisor, and the guards look at what comes.
    "refresh lists": frozenset({_D, _S, _A}),
    "change lists": frozenset({_S, _A}),  # upload a file, its template, back to an older one
    "accept lists": frozenset({_S, _A}),  # what the guards refused, by name with a reason
    # By the pages of the agencies (policy notes): partial plates of major crimes are entered, and
    # who is at the scene has them first. A second person is asked where the policy says so; that is
    # dispatch, too, which is there at night and already decides who is told of a hit. Taking back
    # must never wait for a supervisor. No officer searches: it shows what was never verified.
    "search the lists": frozenset({_D, _S}),
    "make entries": frozenset({_O, _D, _S}),
    "approve entries": frozenset({_D, _S}),
    "take entries back": frozenset({_D, _S}),  # an officer takes back what is their own
    "decide": frozenset({_D, _S}),  # claim, release, verify, reject
    "recall": frozenset({_D, _S}),
    "answer": frozenset({_O, _D, _S}),  # acknowledge, on my way, ...; a desk for an officer
    "close": frozenset({_O, _D, _S}),  # the outcome in the field
    "see what is learned": frozenset({_D, _S, _A}),  # an admin sees cameras and no plates
    # A marker comes of one person's word and keeps hits from everyone: who decides may take it
    # back, at night, too. Nobody must wait for it as for a camera's reset.
    "lift markers": frozenset({_D, _S}),
    "reset cameras": frozenset({_S, _A}),
    "reset traffic": frozenset({_S, _A}),
    "see the alert budget": frozenset({_S, _A}),
    "see the audit trail": frozenset({_S, _A}),
    "administer": frozenset({_A}),
}

_DOING: Final[dict[Action, str]] = {
    "see the queue": "see the queue of possible hits",
    "see an alert": "see this alert",
    "see the lists": "see how old the lists are",
    "search the lists": "search the lists",
    "refresh lists": "have a list looked for",
    "change lists": "change a list",
    "accept lists": "accept a list that is in quarantine",
    "make entries": "enter a plate or vehicle",
    "approve entries": "approve an entry",
    "take entries back": "take an entry back",
    "decide": "claim, verify or reject a possible hit",
    "recall": "recall an alert",
    "answer": "answer an alert",
    "close": "report an outcome",
    "see what is learned": "see what was learned",
    "lift markers": "lift a misread marker",
    "reset cameras": "reset what was learned of a camera",
    "reset traffic": "reset what was learned of the traffic",
    "see the alert budget": "see the alert budget",
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
        an = "an" if who[0] in "aeiou" else "a"
        msg = f"as {person.role} you may not {_DOING[action]}; ask {an} {who}"
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
