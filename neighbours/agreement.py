"""An agreement: what a neighbour may receive of ours, for what, until when, approved by whom. Pure.

It narrows what the policy shares and never widens it. Every rule is asked twice: when the agreement
is made (`checked`), and at every pull, of the policy of that day (`why_not`), so that a policy
that becomes stricter acts at once. Prohibited uses are refused whatever a policy says.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from domain.clock import as_utc
from domain.errors import BadInput, NotAllowed, Prohibited
from people.fields import ori_of, text_of
from people.model import Person, Role
from policy.model import Policy
from policy.ncic_states import POSTAL, STATES
from policy.prohibited import refuse, why_prohibited_use
from policy.schema import near

LONGEST = timedelta(days=366)
"""An agreement is never open-ended: a year at most, then somebody must want it again."""
APPROVERS = frozenset({Role.ADMIN, Role.SUPERVISOR})
PREFIX = "bolo_neighbour_"

_TOKEN = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")  # 32 bytes as unpadded base64url
_FREE = ("neighbour", "reason", "declaration", "process")
_FREE_MAX = 500


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. `ori` and `state` (NCIC code) are the neighbour's; `federal`: it is a
    federal agency. `declaration` is its written declaration, or where that is kept; `process` the
    warrant, subpoena or order of a court behind it."""

    neighbour: str
    ori: str
    state: str
    categories: tuple[str, ...]
    purposes: tuple[str, ...]
    valid_until: datetime
    reason: str
    federal: bool = False
    declaration: str = ""
    process: str = ""


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """One that was checked; `agency` is ours, and gives."""

    id: UUID
    agency: str
    direction: Literal["give"] = "give"
    neighbour: str
    ori: str
    state: str
    federal: bool
    categories: tuple[str, ...]
    purposes: tuple[str, ...]
    reason: str
    declaration: str
    process: str
    approved_by: UUID
    made_at: datetime
    valid_until: datetime
    revoked_at: datetime | None = None
    revoked_because: str = ""
    last_pulled_at: datetime | None = None


def checked(
    asked: Asked, agency: str, approver: Person, policy: Policy, now: datetime, which: UUID
) -> Agreement:
    """The agreement. Raises BadInput with the field, NotAllowed for who may not approve it, and
    Prohibited, with the rule and where the policy says it."""
    if approver.agency != agency or approver.role not in APPROVERS:
        msg = f"{approver.name} may not approve it: a supervisor or admin of {agency} may"
        raise NotAllowed(msg)
    free = {name: " ".join(getattr(asked, name).split()) for name in _FREE}
    for name, text in free.items():
        if why := why_prohibited_use(text):
            msg = f"{name}: {why}"
            raise Prohibited(msg)
        if len(text) > _FREE_MAX or not text.isprintable():
            raise BadInput(name, f"may have at most {_FREE_MAX} printable characters")
    refuse("", asked.ori)
    ori = ori_of(asked.ori)
    if ori == agency:
        raise BadInput("ori", "is our own: an agreement is with another agency")
    if not any(c.isalnum() for c in free["reason"]):
        raise BadInput("reason", "say what it is for and who agreed to it, or its number")
    made = Agreement(
        id=which,
        agency=agency,
        neighbour=text_of("neighbour", free["neighbour"]),
        ori=ori,
        state=_state(asked.state, ori),
        federal=asked.federal,
        categories=_named("categories", asked.categories),
        purposes=_named("purposes", asked.purposes),
        reason=free["reason"],
        declaration=free["declaration"],
        process=free["process"],
        approved_by=approver.id,
        made_at=as_utc(now),
        valid_until=_end(asked.valid_until, now),
    )
    _check_purposes(made, policy)
    _check_categories(made, policy)
    if why := why_not_shared_with(made, policy):
        raise Prohibited(why)
    return made


def why_not(agreement: Agreement, policy: Policy, now: datetime) -> str:
    """Why nothing is given under it now, in words for the neighbour; "" when it is in force."""
    if agreement.revoked_at is not None:
        return f"the agreement was revoked on {agreement.revoked_at:%Y-%m-%d}"
    if agreement.valid_until <= now:
        return f"the agreement ended on {agreement.valid_until:%Y-%m-%d}; ask for a new one"
    return why_not_shared_with(agreement, policy)


def why_not_shared_with(agreement: Agreement, policy: Policy) -> str:
    """What the policy has against this neighbour, with the place that says so; "" for nothing."""
    rules = policy.sharing
    if agreement.federal:
        if rules.federal == "never":
            where = _where(policy, "federal")
            return f"the policy shares nothing with federal agencies ({where})"
        if rules.federal == "process" and not agreement.process:
            where = _where(policy, "federal")
            return (
                "the policy shares with federal agencies by a warrant, a subpoena or an order of a"
                f" court alone: name it as the process ({where})"
            )
    if policy.state == agreement.state:
        return ""
    where = _where(policy, "out_of_state")
    if rules.out_of_state == "never":
        unsaid = "" if policy.state else "; it does not say which state is its own"
        return f"the policy shares nothing out of state{unsaid} ({where})"
    if rules.states and agreement.state not in rules.states:
        some = ", ".join(rules.states)
        where = _where(policy, "states")
        return f"the policy shares out of state with {some} only, not {agreement.state} ({where})"
    if rules.out_of_state == "declaration" and not agreement.declaration:
        return (
            "the policy wants the neighbor's written declaration before anything is shared out of"
            f" state ({where})"
        )
    return ""


def new_token() -> str:
    """A new token: 256 random bits, told apart from a camera's by its beginning."""
    return PREFIX + secrets.token_urlsafe(32)


def looks_like_token(presented: str) -> bool:
    """Whether it is worth asking the database about it."""
    return _TOKEN.fullmatch(presented) is not None


def digest(presented: str) -> bytes:
    """What is kept of a token. Plain SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(presented.encode()).digest()


def _where(policy: Policy, key: str) -> str:
    """The line that says it, and the law or order behind it where the policy knows one."""
    origin = policy.origin("sharing", key)
    said = f"sharing.{key}, {origin}"
    return "; ".join((said, *policy.sources)) if policy.preset != "standard" else said


def _state(text: str, ori: str) -> str:
    plain = text.strip().upper()
    code = POSTAL.get(plain, plain)
    if code not in STATES:
        raise BadInput("state", "is no NCIC code of a state, such as KS or NB for Nebraska")
    # The first two characters of an ORI are its state: nobody becomes in-state by saying so.
    begins = POSTAL.get(ori[:2], ori[:2])
    if begins in STATES and begins != code:
        raise BadInput("state", f"is {code}, but the ORI {ori} is of {begins}")
    return code


def _named(field: str, names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if why := why_prohibited_use(name.replace("-", " "), purpose=True):
            msg = f"{field}: {why}"
            raise Prohibited(msg)
    unique = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
    if not unique:
        raise BadInput(field, "name at least one: an agreement is never about everything")
    return unique


def _end(until: datetime, now: datetime) -> datetime:
    if until.tzinfo is None:
        raise BadInput("valid_until", "a moment needs its time zone")
    if until <= now:
        raise BadInput("valid_until", "must be in the future")
    if until > now + LONGEST:
        raise BadInput("valid_until", f"is too far away: {LONGEST.days} days at most")
    return as_utc(until)


def _check_purposes(made: Agreement, policy: Policy) -> None:
    for purpose in made.purposes:
        if purpose not in policy.purposes:
            problem = f"no purpose {purpose}{near(purpose, policy.purposes)}"
            raise BadInput("purposes", problem)


def _check_categories(made: Agreement, policy: Policy) -> None:
    for code in made.categories:
        rule = policy.categories.get(code)
        if rule is None:
            raise BadInput("categories", f"no category {code}{near(code, policy.categories)}")
        if code in policy.limits.no_share or not rule.share:
            where = policy.origin("categories", code, "share")
            law = f"; {'; '.join(policy.sources)}" if code in policy.limits.no_share else ""
            msg = f"categories: the policy does not share {code} ({where}{law})"
            raise Prohibited(msg)
        if rule.purpose not in made.purposes:
            problem = f"{code} is for {rule.purpose}, which the agreement's purposes do not name"
            raise BadInput("categories", problem)
