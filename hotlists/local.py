"""Entries by a person: what is asked for, checked, as an entry. Pure.

An entry is a plate, a plate pattern, or a vehicle without a plate in an area and a time window. It
has a reason, a case number, a category of the policy and an end. Its priority is the policy's, by
category: nobody chooses how urgent their own entry is. What is entered for a prohibited use is
refused, whatever the policy says (policy.prohibited).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from math import isfinite
from uuid import UUID

import msgspec

from domain.clock import as_utc
from domain.entry import Area, Entry
from domain.errors import BadInput, Prohibited
from domain.ids import entry_id
from hotlists.cells import is_state, plate_of, state_of
from matchers import vehicle_words as words
from matchers.described import AGREEING
from matchers.wild import known
from policy.model import Policy
from policy.prohibited import said_in, why_prohibited_use
from policy.schema import near

NAME, KIND = "Local entries", "local"
"""The list of an agency that its people make by hand: a source without a file."""

FROM_FILES: frozenset[str] = frozenset({"cautions"})
"""Purposes of entries that only a criminal-justice file can warrant (supervised release,
a registry, gangs, threats): a person has no file to take them from."""

PROPOSED = timedelta(days=7)
"""What the form proposes, where the policy's maximum is longer: short is easily extended."""
REASON_WORDS = 3
RADIUS = (50.0, 200_000.0)
"""Metres: a street corner, and as far as a car gets in two hours."""

_LONGEST = {"reason": 500, "caution": 300, "case_number": 40, "place": 120}
_LONGEST_OTHER = 60
_PLATES = ("plate", "pattern", "plate_raw")
_WORD = re.compile(r"\w+")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a person fills in; everything may be missing. `plate` may be a pattern: `?` is one
    character, `*` any run. `style` is the body in words or as NCIC code, `radius` in metres, the
    time window of a vehicle without a plate is `since` to `expires_at` (both aware)."""

    plate: str = ""
    state: str = ""
    year: str = ""
    make: str = ""
    model: str = ""
    style: str = ""
    color: str = ""
    vin: str = ""
    reason: str = ""
    case_number: str = ""
    category: str = ""
    caution: str = ""
    expires_at: datetime | None = None
    since: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    radius: float | None = None
    place: str = ""


class Checked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was asked for, checked and normalised; it is also what is stored."""

    plate: str = ""
    pattern: str = ""
    plate_raw: str = ""
    state: str = ""
    year: str = ""
    make: str = ""
    model: str = ""
    style: str = ""
    color: str = ""
    vin: str = ""
    caution: str = ""
    reason: str
    case_number: str
    category: str
    expires_at: datetime
    since: datetime | None = None
    area: Area | None = None

    @property
    def described(self) -> bool:
        """Whether it is a vehicle without a plate."""
        return not self.plate and not self.pattern


def checked(asked: Asked, policy: Policy, now: datetime) -> Checked:
    """Raises BadInput with the field of `Asked` that is wrong, and Prohibited."""
    texts = _texts(asked)
    _refuse_prohibited(texts)
    for name, text in texts.items():
        longest = _LONGEST.get(name, _LONGEST_OTHER)
        if len(text) > longest:
            raise BadInput(name, f"may have at most {longest} characters")
    if len(_WORD.findall(texts["reason"])) < REASON_WORDS:
        raise BadInput("reason", "say why it is wanted, in a few words")
    if not any(c.isalnum() for c in texts["case_number"]):
        raise BadInput("case_number", "give the number of the case that it is for")
    category = texts["category"]
    _check_category(category, policy)
    ends = check_end(asked.expires_at, category, policy, now, begun=now)
    since = _moment("since", asked.since)
    if since is not None and since >= ends:
        raise BadInput("since", "must come before the end")
    kept = {n: texts[n] for n in ("year", "model", "vin", "caution", "reason", "case_number")}
    kept |= {
        "make": words.make_of(texts["make"]) or texts["make"],
        "style": words.body_of(texts["style"]) or texts["style"],
        "color": texts["color"],
    }
    what = _plate(texts, policy) if texts["plate"] else {}
    if not what and texts["state"]:
        raise BadInput("state", "is the plate's: leave it out for a vehicle without a plate")
    made = Checked(
        **kept, **what, category=category, expires_at=ends, since=since, area=_area(asked)
    )
    _check_description(made) if made.described else _check_no_area(made)
    return made


def check_allowed(made: Checked, policy: Policy) -> None:
    """Whether what was asked for once may (still) be entered. Raises BadInput and Prohibited."""
    _refuse_prohibited({
        name: value for name, value in msgspec.structs.asdict(made).items() if type(value) is str
    } | {"place": made.area.name if made.area else ""})  # fmt: skip
    _check_category(made.category, policy)
    if made.pattern and known(made.pattern) < policy.lists.known_characters:
        least = policy.lists.known_characters
        raise BadInput("plate", f"is a pattern with fewer than {least} known characters")


def check_end(
    ends: datetime | None, category: str, policy: Policy, now: datetime, *, begun: datetime
) -> datetime:
    """The end of an entry that was made at `begun`, as UTC. Raises BadInput: never open, never in
    the past, never beyond the category's longest life."""
    most = policy.categories[category].max_days
    days = "1 day" if most == 1 else f"{most} days"
    if ends is None:
        problem = f"an entry is never open-ended: say until when, at most {days}"
        raise BadInput("expires_at", problem)
    moment = _moment("expires_at", ends)
    assert moment is not None
    if moment <= now:
        raise BadInput("expires_at", "must be in the future")
    if moment > begun + timedelta(days=most):
        problem = f"is too far away: an entry of this category lives {days} at most"
        raise BadInput("expires_at", problem)
    return moment


def check_reason(reason: str, what: str) -> str:
    """The reason for doing `what`, with single blanks. Raises BadInput for none, Prohibited for a
    prohibited use."""
    plain = " ".join(reason.split())
    if not any(c.isalnum() for c in plain):
        raise BadInput("reason", f"{what} needs a reason, in a few words")
    if len(plain) > _LONGEST["reason"]:
        raise BadInput("reason", f"may have at most {_LONGEST['reason']} characters")
    if why := why_prohibited_use(plain):
        raise Prohibited(why)
    return plain


def proposed_end(policy: Policy, category: str, now: datetime) -> datetime:
    """The end that a form proposes."""
    return now + min(PROPOSED, timedelta(days=policy.categories[category].max_days))


def categories_for_people(policy: Policy) -> list[str]:
    """Codes of the categories in which a person may enter, the most urgent first."""
    may = [c for c, rule in policy.categories.items() if rule.purpose not in FROM_FILES]
    return sorted(may, key=lambda code: (policy.categories[code].priority, code))


def entry_of(made: Checked, local: UUID, agency: str, source: UUID, policy: Policy) -> Entry:
    """What workers match against. Its id follows from the local entry's, so a change keeps it; its
    priority is the policy's."""
    rule = policy.categories.get(made.category)
    return Entry(
        entry_id=entry_id(agency, str(source), str(local)),
        agency=agency,
        source=str(source),
        category=made.category,
        priority=rule.priority if rule else 3,
        plate=made.plate,
        pattern=made.pattern,
        plate_raw=made.plate_raw,
        state=made.state,
        vin=made.vin,
        year=made.year,
        make=made.make,
        model=made.model,
        style=made.style,
        color=made.color,
        ori=agency,
        oca=made.case_number,
        caution=made.caution,
        reason=made.reason,
        expires_at=made.expires_at,
        area=made.area,
        since=made.since,
    )


def _texts(asked: Asked) -> dict[str, str]:
    """Every text, with single blanks."""
    fields = msgspec.structs.asdict(asked)
    return {name: " ".join(v.split()) for name, v in fields.items() if isinstance(v, str)}


def _refuse_prohibited(texts: dict[str, str]) -> None:
    for name in ("reason", "caution", "case_number", "place", "model"):
        if why := why_prohibited_use(texts[name]):
            msg = f"{name.replace('_', ' ')}: {why}"
            raise Prohibited(msg)
    every = [text for name, text in texts.items() if name not in _PLATES]
    if said_in(",".join(every), every):
        msg = "it says immigration enforcement, which bolo is never used for"
        raise Prohibited(msg)


def _check_category(code: str, policy: Policy) -> None:
    if not code:
        raise BadInput("category", "choose what kind of entry it is")
    may = categories_for_people(policy)
    if code not in policy.categories:
        raise BadInput("category", f"no category {code}{near(code, may)}")
    if code not in may:
        name = policy.categories[code].name
        problem = f"{name} is for what a criminal-justice file says; a person may enter: "
        raise BadInput("category", problem + ", ".join(may))


def _plate(texts: dict[str, str], policy: Policy) -> dict[str, str]:
    cell = plate_of(texts["plate"], policy.lists.known_characters)
    if cell.problem:
        raise BadInput("plate", cell.problem.removeprefix("LIC "))
    state = state_of(texts["state"])
    if state and not is_state(state):
        raise BadInput("state", "no state is known by this; give its two letters or its name")
    return {
        "plate": cell.plate, "pattern": cell.pattern, "plate_raw": texts["plate"], "state": state,
    }  # fmt: skip


def _area(asked: Asked) -> Area | None:
    given = {n: getattr(asked, n) for n in ("latitude", "longitude", "radius")}
    if all(value is None for value in given.values()):
        return None
    for name, low, high in (
        ("latitude", -90.0, 90.0), ("longitude", -180.0, 180.0), ("radius", *RADIUS),
    ):  # fmt: skip
        value = given[name]
        if value is None:
            raise BadInput(name, "an area needs latitude, longitude and radius")
        if not isfinite(value) or not low <= value <= high:
            unit = " metres" if name == "radius" else " degrees"
            raise BadInput(name, f"must be from {low:g} to {high:g}{unit}")
    return Area(**given, name=" ".join(asked.place.split()))


def _check_description(made: Checked) -> None:
    """A vehicle without a plate: enough to know it by, in words that cameras use, somewhere, for a
    while. The model is shown to people; no camera's model is compared."""
    said = {"make": made.make, "color": made.color, "style": made.style}
    if sum(map(bool, said.values())) < AGREEING:
        problem = "a vehicle without a plate needs at least two of make, color and body"
        raise BadInput("plate", problem)
    camera: dict[str, Collection[str]] = {
        "make": words.make_of(made.make),
        "color": words.colors_of(made.color),
        "style": words.body_of(made.style),
    }
    for name, text in said.items():
        if text and not camera[name]:
            problem = "is no word that a camera uses, so it would never match; choose another"
            raise BadInput(name, problem)
    if made.area is None:
        raise BadInput("latitude", "a vehicle without a plate needs an area to be looked for in")
    if made.since is None:
        raise BadInput("since", "a vehicle without a plate needs a time window: say from when")


def _check_no_area(made: Checked) -> None:
    if made.area is not None:
        raise BadInput("latitude", "a plate is looked for everywhere: leave the area out")


def _moment(name: str, given: datetime | None) -> datetime | None:
    if given is None:
        return None
    try:
        return as_utc(given)
    except ValueError as wrong:
        raise BadInput(name, str(wrong)) from None
