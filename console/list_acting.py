"""What a person does to a list: have it looked for, send a file, accept, leave, go back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from pydantic import Field

from console import list_store
from console.auth import Viewer
from console.list_models import Outcome
from console.list_uploading import drained
from console.requests import Asked
from console.services import Services
from domain.errors import BadInput
from hotlists import local, refresh, scheduling
from hotlists.model import HotlistSource, RefreshResult
from people.roles import require

WITHIN = timedelta(minutes=30)
"""How long a file may take, from its first byte to the list in force."""


class PutInForce(Asked):
    """A generation by its number, and why."""

    generation: int = Field(ge=1, le=2**31 - 1)
    reason: str = Field(min_length=1, max_length=500)


async def look(s: Services, viewer: Viewer, which: UUID) -> HotlistSource:
    """Have the list looked for now. Raises NotAllowed, NotFound, BadInput when it comes by hand."""
    require(viewer.person, "refresh lists")
    async with s.db.transaction() as conn:
        source = await list_store.source_of(conn, viewer.person.agency, which)
        await scheduling.ask(conn, source, str(viewer.person.id), s.clock())
    return source


async def take(
    s: Services, viewer: Viewer, source: HotlistSource, pieces: AsyncIterator[bytes]
) -> RefreshResult:
    """Make a file the next generation of a list from `may_send`, if the guards find nothing wrong.

    Raises what hotlists.refresh raises.
    """
    require(viewer.person, "change lists")
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            return await refresh.refresh(
                s.db, source, pieces, by=str(viewer.person.id), now=s.clock(), means=s.means
            )
    except TimeoutError as slow:
        raise BadInput("file", f"took longer than {WITHIN.seconds // 60} minutes") from slow
    except Exception:
        await drained(pieces)
        raise


async def may_send(s: Services, viewer: Viewer, which: UUID) -> HotlistSource:
    """The list, if the viewer may send it a file. Raises NotAllowed and NotFound."""
    require(viewer.person, "change lists")
    async with s.db.connection() as conn:
        source = await list_store.source_of(conn, viewer.person.agency, which)
    if source.kind == local.KIND:
        raise BadInput("file", "this list is made by hand, entry by entry")
    return source


async def accept(s: Services, viewer: Viewer, which: UUID, asked: PutInForce) -> RefreshResult:
    """Put what is in quarantine in force. Raises NotAllowed, NotFound, BadInput, Prohibited."""
    require(viewer.person, "accept lists")
    why = local.check_reason(asked.reason, "accepting a list")
    return await _put_in_force(refresh.accept, s, viewer, which, asked.generation, why)


async def go_back(s: Services, viewer: Viewer, which: UUID, asked: PutInForce) -> RefreshResult:
    """Put an earlier generation in force again. Raises as `accept`."""
    require(viewer.person, "change lists")
    why = local.check_reason(asked.reason, "going back")
    return await _put_in_force(refresh.rollback, s, viewer, which, asked.generation, why)


async def _put_in_force(
    action: Callable[..., Awaitable[RefreshResult]],
    s: Services,
    viewer: Viewer,
    which: UUID,
    generation: int,
    why: str,
) -> RefreshResult:
    async with s.db.connection() as conn:
        source = await list_store.source_of(conn, viewer.person.agency, which)
    by, now = str(viewer.person.id), s.clock()
    return await action(s.db, source, generation, by=by, reason=why, now=now, policy=s.means.policy)


def outcome(result: RefreshResult) -> Outcome:
    """The same for a page and the API."""
    return Outcome(
        outcome=result.outcome,
        generation=result.generation,
        rows=result.rows,
        entries=result.entries,
        sentences=tuple(result.sentences()),
    )
