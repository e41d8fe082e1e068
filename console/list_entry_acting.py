"""What a person does about entries: make, decide, extend, withdraw, look up, take back, lift."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from console import list_store
from console.auth import Viewer
from console.list_entries import MILE, must_see
from console.list_entry_models import EntryAsked, FindAsked, FoundAll, FoundShown, WithdrawnShown
from console.list_words import category_name, vehicle_said, wanted
from console.services import Services
from console.words import PRIORITY
from domain.errors import BadInput
from hotlists import finding, live_store, local, local_store
from hotlists.finding import Found
from hotlists.live_store import LiveEntry
from hotlists.local_store import LocalEntry
from people.roles import require
from storage.postgres import Connection

_NUMBERS = ("latitude", "longitude", "radius")
_MOMENTS = ("expires_at", "since", "until")


def typed(values: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """A form's texts as the API's values: moments in the agency's time, the radius in miles.
    Raises BadInput."""
    said: dict[str, Any] = {k: v for k, v in values.items() if v}
    for name in _NUMBERS:
        if name in said:
            said[name] = _number(name, said[name]) * (MILE if name == "radius" else 1)
    for name in _MOMENTS:
        if name in said:
            said[name] = moment(name, said[name], zone)
    return said


def moment(name: str, text: str, zone: ZoneInfo) -> datetime:
    """ "2026-11-28T21:04" on the agency's clocks. Raises BadInput."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(name, "needs a day and a time, such as 2026-11-28 21:04") from None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def asked_for(asked: EntryAsked) -> local.Asked:
    """What hotlists.local checks."""
    return local.Asked(**asked.model_dump())


def in_miles(wrong: BadInput) -> BadInput:
    """The same of a form, which has miles."""
    if wrong.field != "radius":
        return wrong
    least, most = (meters / MILE for meters in local.RADIUS)
    return BadInput("radius", f"must be from {least:.2f} to {most:.0f} miles")


async def make(s: Services, viewer: Viewer, asked: local.Asked) -> LocalEntry:
    """Enter it. Raises NotAllowed, BadInput with the field, Prohibited."""
    require(viewer.person, "make entries")
    async with s.db.transaction() as conn:
        return await local_store.make(
            conn, viewer.person.agency, asked, s.means.policy, by=viewer.person.id, now=s.clock()
        )


async def approve(s: Services, viewer: Viewer, which: UUID, note: str) -> LocalEntry:
    """A second person agrees. Raises NotAllowed, NotFound, BadInput, Prohibited."""
    require(viewer.person, "approve entries")
    who = viewer.person
    async with s.db.transaction() as conn:
        return await local_store.approve(
            conn, who.agency, which, s.means.policy, by=who.id, now=s.clock(), note=note
        )


async def refuse(s: Services, viewer: Viewer, which: UUID, reason: str) -> LocalEntry:
    """A second person says no. Raises as `approve`."""
    require(viewer.person, "approve entries")
    who = viewer.person
    async with s.db.transaction() as conn:
        return await local_store.refuse(
            conn, who.agency, which, by=who.id, reason=reason, now=s.clock()
        )


async def extend(
    s: Services, viewer: Viewer, which: UUID, until: datetime, reason: str
) -> LocalEntry:
    """Another end. Raises as `approve`."""
    require(viewer.person, "make entries")
    who = viewer.person
    async with s.db.transaction() as conn:
        must_see(who, await local_store.load(conn, who.agency, which, lock=True))
        return await local_store.change_end(
            conn, who.agency, which, until, s.means.policy, by=who.id, reason=reason, now=s.clock()
        )


async def withdraw(s: Services, viewer: Viewer, which: UUID, reason: str) -> LocalEntry:
    """Take a local entry out of force; who made it always may. Raises as `approve`."""
    who = viewer.person
    require(who, "make entries")
    async with s.db.transaction() as conn:
        one = await local_store.load(conn, who.agency, which, lock=True)
        must_see(who, one)
        if one.made_by != who.id:
            require(who, "take entries back")
        return await local_store.withdraw(
            conn, who.agency, which, by=who.id, reason=reason, now=s.clock()
        )


async def find(s: Services, viewer: Viewer, asked: FindAsked) -> FoundAll:
    """Which lists in force want a plate; the search is in the audit trail with its reason.
    Raises NotAllowed, BadInput, Prohibited."""
    require(viewer.person, "search the lists")
    policy, agency = s.means.policy, viewer.person.agency
    async with s.db.transaction() as conn:
        found = await finding.find(
            conn, agency, plate=asked.plate, state=asked.state, nic=asked.nic, policy=policy,
            by=str(viewer.person.id), reason=asked.reason, now=s.clock(),
        )  # fmt: skip
        names = await list_store.names_of(conn, [f.withdrawn.by for f in found if f.withdrawn])
        shown = [await _found(conn, s, viewer, f, names) for f in found]
    said = " ".join(part for part in (asked.plate, asked.state, asked.nic) if part)
    return FoundAll(
        asked=said,
        found=tuple(shown),
        more=len(shown) >= finding.LIMIT,
        stands_hours=policy.lists.withdrawal_hours,
    )


async def take_back(s: Services, viewer: Viewer, entry: UUID, reason: str) -> LiveEntry | None:
    """Withdraw an entry, of whichever list. The withdrawal, None for a local entry, which ends for
    good. Raises NotAllowed, NotFound, BadInput, Prohibited."""
    require(viewer.person, "take entries back")
    who = viewer.person
    async with s.db.transaction() as conn:
        await finding.withdraw(
            conn, who.agency, entry, s.means.policy, by=who.id, reason=reason, now=s.clock()
        )
        standing = await live_store.withdrawals(conn, [entry])
        return standing[0] if standing else None


async def lift(s: Services, viewer: Viewer, entry: UUID, reason: str) -> None:
    """End a withdrawal. Raises as `take_back`."""
    require(viewer.person, "take entries back")
    who = viewer.person
    async with s.db.transaction() as conn:
        await finding.lift(conn, who.agency, entry, by=who.id, reason=reason, now=s.clock())


async def _found(
    conn: Connection, s: Services, viewer: Viewer, f: Found, names: list_store.Names
) -> FoundShown:
    e, policy, by_hand = f.entry, s.means.policy, None
    if f.source_name == local.NAME:
        by_hand = (await local_store.of_entry(conn, viewer.person.agency, e.entry_id)).id
    ends = e.expires_on.isoformat() if e.expires_on else ""
    return FoundShown(
        entry=e.entry_id,
        plate=wanted(e),
        state=e.state,
        category_name=category_name(e.category, policy),
        priority=e.priority,
        priority_word=PRIORITY[e.priority],
        vehicle=vehicle_said(e),
        list=f.source_name,
        source=f.source,
        generation=f.generation,
        nic=e.nic,
        oca=e.oca,
        ori=e.ori,
        expires=ends or (e.expires_at.isoformat() if e.expires_at else ""),
        caution=e.caution,
        local=by_hand,
        withdrawn=WithdrawnShown(
            at=f.withdrawn.at,
            by=names.of(f.withdrawn.by),
            reason=f.withdrawn.reason,
            until=f.withdrawn.until,
            held_by=f.withdrawn.held_by,
        )
        if f.withdrawn
        else None,
    )


def _number(name: str, text: str) -> float:
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        found = float("nan")
    if not isfinite(found):
        raise BadInput(name, "must be a number, such as 37.24")
    return found
