"""The API of lists: the same as their pages."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from console import list_acting, list_reading
from console.auth import LoggedIn, Posting, Wired
from console.errors import RESPONSES
from console.list_acting import PutInForce, outcome
from console.list_comparing import compared
from console.list_models import DiffShown, Done, ListsShown, OneList, Outcome
from console.list_uploading import body_pieces, by_header
from console.looks import Seen

router = APIRouter(prefix="/api/lists", tags=["lists"], responses=RESPONSES)

Number = Annotated[int, Query(ge=1, le=2**31 - 1)]


@router.get("")
async def lists(viewer: LoggedIn, s: Wired, looks: Seen) -> ListsShown:
    """Every list of your agency: how old it is against its limit, what runs, what is refused."""
    return await list_reading.lists(s, viewer, looks)


@router.get("/{source}")
async def one(source: UUID, viewer: LoggedIn, s: Wired, looks: Seen) -> OneList:
    """One list: its generations, what is in quarantine and why, its settings, live changes."""
    return await list_reading.one(s, viewer, looks, source)


@router.get("/{source}/compare")
async def compare(
    source: UUID, before: Number, after: Number, viewer: LoggedIn, s: Wired
) -> DiffShown:
    """What changed from one generation to another."""
    return await compared(s, viewer, source, before, after)


@router.post("/{source}/refresh")
async def refresh(source: UUID, viewer: Posting, s: Wired) -> Done:
    """Have the list looked for now."""
    one = await list_acting.look(s, viewer, source)
    return Done(said=f"{one.name} is being looked for.")


@router.post("/{source}/file")
async def file(request: Request, source: UUID, viewer: LoggedIn, s: Wired) -> Outcome:
    """The body is the list's next file, as it is (2 GB at most): parsed as it comes, guarded, and
    in force or in quarantine. Prohibited rows are dropped before anything is stored."""
    by_header(request, s, viewer)
    one = await list_acting.may_send(s, viewer, source)
    return outcome(await list_acting.take(s, viewer, one, body_pieces(request)))


@router.post("/{source}/accept")
async def accept(source: UUID, asked: PutInForce, viewer: Posting, s: Wired) -> Outcome:
    """Put a generation that is in quarantine in force, by your name with a reason."""
    return outcome(await list_acting.accept(s, viewer, source, asked))


@router.post("/{source}/back")
async def back(source: UUID, asked: PutInForce, viewer: Posting, s: Wired) -> Outcome:
    """Go back to an earlier generation, by your name with a reason."""
    return outcome(await list_acting.go_back(s, viewer, source, asked))
