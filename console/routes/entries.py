"""The pages of local entries: those there are, a new one, one with its life, and looking up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console import list_entries, list_entry_acting, list_words
from console.auth import LoggedIn, Posting, Viewer, Wired
from console.list_entry_models import (
    ApproveAsked,
    EndAsked,
    EntryAsked,
    FindAsked,
    ReasonAsked,
    TakeBackAsked,
)
from console.list_forms import Given, Trouble, Wrong, asked_of, values_of
from console.pages import page
from console.services import Services
from domain.errors import BadInput
from hotlists import local
from matchers.wild import known
from people.roles import require

router = APIRouter(include_in_schema=False)


@router.get("/entries", response_class=HTMLResponse)
async def all_entries(request: Request, viewer: LoggedIn, s: Wired) -> Response:
    """What waits for a second person, what is in force, what ended lately."""
    shown = await list_entries.entries(s, viewer)
    return page(request, "entries/entries.html", {"shown": shown}, viewer=viewer, now=shown.now)


@router.get("/entries/new", response_class=HTMLResponse)
async def blank(request: Request, viewer: LoggedIn, s: Wired) -> Response:
    """The form, with a short life proposed."""
    require(viewer.person, "make entries")
    return _form(request, s, viewer, Given())


@router.post("/entries/new", response_class=HTMLResponse)
async def make(request: Request, viewer: Posting, s: Wired) -> Response:
    """Check it, or enter it. What was typed comes back with what is wrong with it."""
    require(viewer.person, "make entries")
    values = await values_of(request)
    try:
        asked = asked_of(EntryAsked, list_entry_acting.typed(values, viewer.agency.zone))
        wanted = list_entry_acting.asked_for(asked)
        if values.get("step") == "check":
            made = local.checked(wanted, s.means.policy, s.clock())
            return _form(request, s, viewer, Given(values), checked=_said(made, s))
        entry = await list_entry_acting.make(s, viewer, wanted)
    except Wrong as wrong:
        if isinstance(wrong, BadInput):
            wrong = list_entry_acting.in_miles(wrong)
        return _form(request, s, viewer, Given(values, Trouble.of(wrong)))
    return RedirectResponse(f"/entries/{entry.id}", status_code=303)


@router.get("/entries/find", response_class=HTMLResponse)
async def ask(request: Request, viewer: LoggedIn) -> Response:
    """The form of a search. The plate never stands in an address."""
    require(viewer.person, "search the lists")
    return _find(request, viewer, Given())


@router.post("/entries/find", response_class=HTMLResponse)
async def find(request: Request, viewer: Posting, s: Wired) -> Response:
    """Look a plate up, with a reason."""
    require(viewer.person, "search the lists")
    values = await values_of(request)
    try:
        found = await list_entry_acting.find(s, viewer, asked_of(FindAsked, values))
    except Wrong as wrong:
        return _find(request, viewer, Given(values, Trouble.of(wrong)))
    return _find(request, viewer, Given(values), found=found)


@router.post("/entries/find/withdraw", response_class=HTMLResponse)
async def take_back(request: Request, viewer: Posting, s: Wired) -> Response:
    """Withdraw an entry of a list, with a reason."""
    values = await values_of(request)
    try:
        asked = asked_of(TakeBackAsked, values)
        stands = await list_entry_acting.take_back(s, viewer, asked.entry, asked.reason)
    except Wrong as wrong:
        return _find(request, viewer, Given({**values, "what": "withdraw"}, Trouble.of(wrong)))
    return _find(request, viewer, Given(), withdrawn=stands, ended=stands is None)


@router.post("/entries/find/lift", response_class=HTMLResponse)
async def lift(request: Request, viewer: Posting, s: Wired) -> Response:
    """End a withdrawal, with a reason."""
    values = await values_of(request)
    try:
        asked = asked_of(TakeBackAsked, values)
        await list_entry_acting.lift(s, viewer, asked.entry, asked.reason)
    except Wrong as wrong:
        return _find(request, viewer, Given({**values, "what": "lift"}, Trouble.of(wrong)))
    return _find(request, viewer, Given(), lifted=True)


@router.get("/entries/{entry}", response_class=HTMLResponse)
async def one(request: Request, entry: UUID, viewer: LoggedIn, s: Wired) -> Response:
    """An entry, its life, and what this person may do about it."""
    return await _one(request, s, viewer, entry, Given())


@router.post("/entries/{entry}/approve", response_class=HTMLResponse)
async def approve(request: Request, entry: UUID, viewer: Posting, s: Wired) -> Response:
    """A second person agrees."""
    return await _decide(request, s, viewer, entry, "approve")


@router.post("/entries/{entry}/refuse", response_class=HTMLResponse)
async def refuse(request: Request, entry: UUID, viewer: Posting, s: Wired) -> Response:
    """A second person says no, with a reason."""
    return await _decide(request, s, viewer, entry, "refuse")


@router.post("/entries/{entry}/withdraw", response_class=HTMLResponse)
async def withdraw(request: Request, entry: UUID, viewer: Posting, s: Wired) -> Response:
    """Take it out of force, or a waiting one back, with a reason."""
    return await _decide(request, s, viewer, entry, "withdraw")


@router.post("/entries/{entry}/extend", response_class=HTMLResponse)
async def extend(request: Request, entry: UUID, viewer: Posting, s: Wired) -> Response:
    """Another end, with a reason."""
    return await _decide(request, s, viewer, entry, "extend")


async def _decide(
    request: Request, s: Services, viewer: Viewer, which: UUID, what: str
) -> Response:
    values = await values_of(request)
    acting = list_entry_acting
    try:
        if what == "approve":
            await acting.approve(s, viewer, which, asked_of(ApproveAsked, values).note)
        elif what == "refuse":
            await acting.refuse(s, viewer, which, asked_of(ReasonAsked, values).reason)
        elif what == "withdraw":
            await acting.withdraw(s, viewer, which, asked_of(ReasonAsked, values).reason)
        else:
            asked = asked_of(EndAsked, acting.typed(values, viewer.agency.zone))
            await acting.extend(s, viewer, which, asked.until, asked.reason)
    except Wrong as wrong:
        given = Given({**values, "what": what}, Trouble.of(wrong))
        return await _one(request, s, viewer, which, given)
    return RedirectResponse(f"/entries/{which}", status_code=303)


async def _one(
    request: Request, s: Services, viewer: Viewer, which: UUID, given: Given
) -> Response:
    shown = await list_entries.one(s, viewer, which)
    context = {"shown": shown, "given": given}
    status = 422 if given.trouble else 200
    return page(request, "entries/entry.html", context, viewer=viewer, now=shown.now, status=status)


def _form(
    request: Request, s: Services, viewer: Viewer, given: Given, checked: Any = None
) -> Response:
    now, policy = s.clock(), s.means.policy
    choices = list_entries.choices(policy)
    longest = max((c.max_days for c in choices), default=0)
    context = {
        "given": given,
        "choices": choices,
        "checked": checked,
        "proposed": now + local.PROPOSED,
        "longest": longest,
        "characters": policy.lists.known_characters,
    }
    status = 422 if given.trouble else 200
    return page(request, "entries/new.html", context, viewer=viewer, now=now, status=status)


def _said(made: local.Checked, s: Services) -> dict[str, Any]:
    """What a form would look for, before it does."""
    agency, nobody = "", UUID(int=0)
    seen = local.entry_of(made, nobody, agency, nobody, s.means.policy)
    return {
        "made": made,
        "wanted": list_words.wanted(seen),
        "fits": list_words.pattern_words(made.pattern),
        "known": known(made.pattern or made.plate),
        "vehicle": list_words.vehicle_said(seen),
        "area": list_entries.area_said(made),
        "rule": s.means.policy.categories[made.category],
    }


def _find(request: Request, viewer: Viewer, given: Given, **more: Any) -> Response:
    context = {
        "given": given, "found": None, "withdrawn": None, "ended": False, "lifted": False, **more,
    }  # fmt: skip
    status = 422 if given.trouble else 200
    return page(request, "entries/find.html", context, viewer=viewer, status=status)
