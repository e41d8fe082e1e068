"""The API of local entries and of looking up, the same as their pages."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from console import list_entries, list_entry_acting
from console.auth import LoggedIn, Posting, Viewer, Wired
from console.errors import RESPONSES
from console.list_entry_models import (
    ApproveAsked,
    CategoryChoice,
    EndAsked,
    EntriesShown,
    EntryAsked,
    FindAsked,
    FoundAll,
    OneEntry,
    ReasonAsked,
    TakeBackAsked,
)
from console.list_models import Done
from console.services import Services
from people.roles import require

router = APIRouter(prefix="/api/entries", tags=["entries"], responses=RESPONSES)


@router.get("")
async def entries(viewer: LoggedIn, s: Wired) -> EntriesShown:
    """Local entries: what waits for a second person, what is in force, what ended lately. Who does
    not approve sees their own."""
    return await list_entries.entries(s, viewer)


@router.post("")
async def make(asked: EntryAsked, viewer: Posting, s: Wired) -> OneEntry:
    """Enter a plate, a pattern, or a vehicle without a plate: in force at once, or waiting for a
    second person where the category asks for one."""
    made = await list_entry_acting.make(s, viewer, list_entry_acting.asked_for(asked))
    return await _one(s, viewer, made.id)


@router.get("/categories")
async def categories(viewer: LoggedIn, s: Wired) -> tuple[CategoryChoice, ...]:
    """The categories in which a person may enter, with what each means."""
    require(viewer.person, "make entries")
    return list_entries.choices(s.means.policy)


@router.post("/find")
async def find(asked: FindAsked, viewer: Posting, s: Wired) -> FoundAll:
    """Which lists in force want a plate. The search is in the audit trail with its reason."""
    return await list_entry_acting.find(s, viewer, asked)


@router.post("/find/withdraw")
async def take_back(asked: TakeBackAsked, viewer: Posting, s: Wired) -> Done:
    """Take an entry out of force, of whichever list, whatever its file says."""
    stands = await list_entry_acting.take_back(s, viewer, asked.entry, asked.reason)
    if stands is None or stands.until is None:
        return Done(said="It is out of force.")
    return Done(said=f"It is out of force, against its list's file until {stands.until:%F %H:%M}.")


@router.post("/find/lift")
async def lift(asked: TakeBackAsked, viewer: Posting, s: Wired) -> Done:
    """End a withdrawal: what the list says counts again."""
    await list_entry_acting.lift(s, viewer, asked.entry, asked.reason)
    return Done(said="What the list says counts again.")


@router.get("/{entry}")
async def one(entry: UUID, viewer: LoggedIn, s: Wired) -> OneEntry:
    """An entry with its life."""
    return await _one(s, viewer, entry)


@router.post("/{entry}/approve")
async def approve(entry: UUID, asked: ApproveAsked, viewer: Posting, s: Wired) -> OneEntry:
    """You agree, as a second person: to the entry, or to the later end that was asked for."""
    await list_entry_acting.approve(s, viewer, entry, asked.note)
    return await _one(s, viewer, entry)


@router.post("/{entry}/refuse")
async def refuse(entry: UUID, asked: ReasonAsked, viewer: Posting, s: Wired) -> OneEntry:
    """You say no, as a second person."""
    await list_entry_acting.refuse(s, viewer, entry, asked.reason)
    return await _one(s, viewer, entry)


@router.post("/{entry}/withdraw")
async def withdraw(entry: UUID, asked: ReasonAsked, viewer: Posting, s: Wired) -> OneEntry:
    """Take it out of force, or a waiting one back."""
    await list_entry_acting.withdraw(s, viewer, entry, asked.reason)
    return await _one(s, viewer, entry)


@router.post("/{entry}/extend")
async def extend(entry: UUID, asked: EndAsked, viewer: Posting, s: Wired) -> OneEntry:
    """Another end. An earlier one holds at once; a later one may wait for a second person."""
    await list_entry_acting.extend(s, viewer, entry, asked.until, asked.reason)
    return await _one(s, viewer, entry)


async def _one(s: Services, viewer: Viewer, which: UUID) -> OneEntry:
    return await list_entries.one(s, viewer, which)
