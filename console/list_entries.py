"""Local entries as a person sees them: who may see which, and what they may do with it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from console import list_store
from console.auth import Viewer
from console.list_entry_models import (
    CategoryChoice,
    EntriesShown,
    ExtensionShown,
    LocalShown,
    OneEntry,
    Step,
)
from console.list_looking import looked
from console.list_store import Names
from console.list_words import category_name, pattern_words, vehicle_said, wanted
from console.services import Services
from console.words import PRIORITY
from domain.errors import NotFound
from hotlists import local, local_store
from hotlists.local_store import OPEN, LocalEntry
from matchers.wild import known
from people.model import Person
from people.roles import may, require
from policy.model import Policy

LATELY = timedelta(days=7)
MOST, MOST_ENDED = 1000, 50
MILE = 1609.344
"""Meters."""

_DID = {
    "entry.made": "entered it", "entry.approved": "approved it", "entry.refused": "refused it",
    "entry.withdrawn": "withdrew it", "entry.expired": "its time was over",
    "entry.extension-asked": "asked for a later end", "entry.extension-refused":
    "refused the later end", "entry.end-changed": "changed its end",
}  # fmt: skip


async def entries(s: Services, viewer: Viewer) -> EntriesShown:
    """What waits, what is in force, what ended lately. Raises NotAllowed.

    Who does not approve (an officer) sees their own.
    """
    require(viewer.person, "make entries")
    now, agency, person = s.clock(), viewer.person.agency, viewer.person
    every = may(person, "approve entries")
    async with s.db.transaction() as conn:
        open_ = await local_store.entries(conn, agency, states=OPEN, limit=MOST)
        ended = await local_store.entries(
            conn, agency, states=("refused", "withdrawn", "expired"), limit=MOST
        )
        seen = [one for one in (*open_, *ended) if every or one.made_by == person.id]
        counts = await list_store.counted(conn, agency)
        names = await list_store.names_of(conn, _people(seen))
        await looked(
            conn, viewer, now, "entries.viewed", f"agency:{agency}",
            {"entries": [str(one.id) for one in seen[:200]], "all": len(seen)},
        )  # fmt: skip
    shown = [entry(one, names, person, s.means.policy) for one in seen]
    waiting = sorted(
        (x for x in shown if x.state == "waiting" or x.extension),
        key=lambda x: (x.priority, x.made_at),
    )
    in_force = [x for x in shown if x.state == "in force"]
    lately = [x for x in shown if x.decided_at and x.state not in OPEN]
    lately = [x for x in lately if x.decided_at and now - x.decided_at < LATELY]
    lately.sort(key=lambda x: x.decided_at or now, reverse=True)
    return EntriesShown(
        now=now,
        waiting=tuple(waiting),
        in_force=tuple(in_force),
        ended=tuple(lately[:MOST_ENDED]),
        waiting_all=counts.get("waiting", 0) if every else len(waiting),
        in_force_all=counts.get("in force", 0) if every else len(in_force),
        only_yours=not every,
    )


async def one(s: Services, viewer: Viewer, which: UUID) -> OneEntry:
    """An entry with its life. Raises NotAllowed, and NotFound for what is not theirs to see."""
    require(viewer.person, "make entries")
    now, agency, subject = s.clock(), viewer.person.agency, f"local-entry:{which}"
    async with s.db.transaction() as conn:
        found = await local_store.load(conn, agency, which)
        must_see(viewer.person, found)
        life = await list_store.life_of(conn, agency, subject)
        names = await list_store.names_of(conn, [*_people([found]), *(x.actor for x in life)])
        await looked(conn, viewer, now, "entry.viewed", subject, {"state": found.state})
    return OneEntry(
        now=now,
        entry=entry(found, names, viewer.person, s.means.policy),
        life=tuple(
            Step(
                at=x.at,
                who=names.of(x.actor),
                what=_DID.get(x.action, x.action),
                reason=x.reason,
            )
            for x in life
        ),
    )


def must_see(person: Person, one: LocalEntry) -> None:
    """Raise NotFound unless the person decides about entries, or made this one."""
    if not may(person, "approve entries") and one.made_by != person.id:
        raise NotFound(str(one.id))


def choices(policy: Policy) -> tuple[CategoryChoice, ...]:
    """The categories in which a person may enter, the most urgent first."""
    found = []
    for code in local.categories_for_people(policy):
        rule = policy.categories[code]
        found.append(
            CategoryChoice(
                code=code,
                name=rule.name,
                priority=rule.priority,
                priority_word=PRIORITY[rule.priority],
                purpose=policy.purpose_words.get(rule.purpose, rule.purpose),
                approval=rule.approval,
                max_days=rule.max_days,
            )
        )
    return tuple(found)


def entry(one: LocalEntry, names: Names, person: Person, policy: Policy) -> LocalShown:
    """One entry for this person."""
    made, rule = one.made, policy.categories.get(one.category)
    seen = local.entry_of(made, one.id, one.agency, one.id, policy)
    yours = one.made_by == person.id
    asked, waits = one.extension, one.state == "waiting" or one.extension is not None
    first = asked.by if asked else one.made_by
    does: list[str] = []
    if waits and may(person, "approve entries") and first != person.id:
        does.append("decide")
    if one.state in OPEN and (yours or may(person, "take entries back")):
        does.append("withdraw")
    if one.state == "in force" and (yours or may(person, "approve entries")):
        does.append("extend")
    return LocalShown(
        id=one.id,
        state=one.state,
        kind="vehicle" if made.described else "pattern" if made.pattern else "plate",
        plate=wanted(seen),
        plate_state=made.state,
        known=known(made.pattern or made.plate),
        fits=pattern_words(made.pattern),
        vehicle=vehicle_said(seen),
        vin=made.vin,
        caution=made.caution,
        area=area_said(made),
        since=made.since,
        category=one.category,
        category_name=category_name(one.category, policy),
        priority=seen.priority,
        priority_word=PRIORITY[seen.priority],
        reason=one.reason,
        case_number=one.case_number,
        made_by=names.of(one.made_by),
        made_at=one.made_at,
        yours=yours,
        expires_at=one.expires_at,
        latest_end=one.made_at + timedelta(days=rule.max_days if rule else 0),
        later_needs_approval=rule is None or rule.approval,
        decided_by=names.of(one.decided_by),
        decided_at=one.decided_at,
        decision=one.decision,
        extension=ExtensionShown(
            until=asked.until,
            by=names.of(asked.by),
            yours=asked.by == person.id,
            at=asked.at,
            reason=asked.reason,
        )
        if asked
        else None,
        may=tuple(does),  # type: ignore[arg-type]
        why_not=_why_not(person, yours=first == person.id) if waits else "",
    )


def area_said(made: local.Checked) -> str:
    """ "within 5 miles of US-77 at 5th Ave (37.24000, -96.99000)"; "" without an area."""
    area = made.area
    if area is None:
        return ""
    miles = area.radius / MILE
    far = f"{miles:.0f} miles" if miles >= 10 else f"{miles:.1f} miles".replace(".0 ", " ")
    far = "1 mile" if far == "1 miles" else far
    spot = f"{area.latitude:.5f}, {area.longitude:.5f}"
    return f"within {far} of {area.name} ({spot})" if area.name else f"within {far} of {spot}"


def _why_not(person: Person, *, yours: bool) -> str:
    if yours:
        return "You asked for this yourself: a second person decides."
    if not may(person, "approve entries"):
        return "A dispatcher or a supervisor decides."
    return ""


def _people(found: list[LocalEntry]) -> list[UUID | str | None]:
    said: list[UUID | str | None] = []
    for one in found:
        said += [one.made_by, one.decided_by, one.extension.by if one.extension else None]
    return said
