"""Deciding: what the API's POSTs and the pages' forms both call."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from alerts import store as alerts
from alerts.model import Reply, State
from alerts.transitions import Claim, Close, Event, Look, Recall, Reject, Release, Verify
from console import store
from console.auth import Viewer
from console.reading import visible
from console.requests import (
    CloseAsked,
    LookAsked,
    RecallAsked,
    RejectAsked,
    ReplyAsked,
    VerifyAsked,
)
from console.second import typed
from console.services import Services
from domain.errors import BadInput, IllegalTransition, NotFound
from people.roles import Action, require
from storage.postgres import Connection


async def claim(s: Services, viewer: Viewer, which: UUID) -> None:
    """Take the alert for the length of a lease."""
    await _do(s, viewer, which, "decide", Claim(viewer.person.id, s.lease))


async def release(s: Services, viewer: Viewer, which: UUID) -> None:
    """Give it back."""
    await _do(s, viewer, which, "decide", Release(viewer.person.id))


async def look(s: Services, viewer: Viewer, which: UUID, asked: LookAsked) -> None:
    """What the next person reads off the pictures. Pressed twice, the first answer stands."""
    require(viewer.person, "decide")
    by = viewer.person.id
    plate = "" if asked.unread else typed(asked.plate)
    if not plate and not asked.unread:
        raise BadInput("plate", "is required: type what you read, or say that you cannot read it")
    async with s.db.transaction() as conn:
        await _must_see(conn, viewer, which)
        record = await alerts.load(conn, viewer.person.agency, which)
        if record.alert.look_of(by) is None:
            event = Look(by, plate, asked.state.strip().upper())
            await alerts.transition(
                conn, viewer.person.agency, which, event, s.clock(), actor=str(by)
            )


async def verify(s: Services, viewer: Viewer, which: UUID, asked: VerifyAsked) -> None:
    """It is a hit, by a second source; from here on people are told, unless another person must
    verify it, too."""
    event = Verify(viewer.person.id, asked.source, asked.reference)
    await _do(s, viewer, which, "decide", event)


async def reject(s: Services, viewer: Viewer, which: UUID, asked: RejectAsked) -> None:
    """It is none; nobody is told."""
    event = Reject(viewer.person.id, asked.reason, asked.note.strip())
    await _do(s, viewer, which, "decide", event)  # a misread is remembered: alerts.learning_store


async def recall(s: Services, viewer: Viewer, which: UUID, asked: RecallAsked) -> None:
    """It no longer holds; everyone who was told is told."""
    await _do(s, viewer, which, "recall", Recall(viewer.person.id, asked.reason))


async def close(s: Services, viewer: Viewer, which: UUID, asked: CloseAsked) -> None:
    """The outcome in the field."""
    event = Close(viewer.person.id, asked.outcome, asked.note.strip())
    await _do(s, viewer, which, "close", event)


async def reply(s: Services, viewer: Viewer, which: UUID, asked: ReplyAsked) -> None:
    """An officer's answer. Pressing the same button twice is one answer."""
    require(viewer.person, "answer")
    async with s.db.transaction() as conn:
        await _must_see(conn, viewer, which)
        answer, person = Reply(asked.answer), viewer.person
        given = {
            str(h.detail.get("answer") or Reply.ACKNOWLEDGE)
            for h in await alerts.history(conn, person.agency, which)
            if h.event == "acknowledge" and h.person == person.id
        }
        if str(answer) in given:
            return
        await alerts.reply(conn, person.agency, which, person.id, answer, s.clock())


async def recall_read(s: Services, viewer: Viewer, which: UUID) -> None:
    """The person has read that it no longer holds."""
    require(viewer.person, "answer")
    async with s.db.transaction() as conn:
        state = await _must_see(conn, viewer, which)
        if state is not State.RECALLED:
            raise IllegalTransition(state, "reading a recall")
        await store.note_recall_read(conn, viewer.person.agency, which, viewer.person.id, s.clock())


async def _do(s: Services, viewer: Viewer, which: UUID, action: Action, event: Event) -> None:
    require(viewer.person, action)
    async with s.db.transaction() as conn:
        await _must_see(conn, viewer, which)
        await alerts.transition(
            conn,
            viewer.person.agency,
            which,
            event,
            s.clock(),
            actor=str(viewer.person.id),
            marked_for=timedelta(days=s.means.policy.lists.misread_marker_days),
        )


async def _must_see(conn: Connection, viewer: Viewer, which: UUID) -> State:
    """Lock the alert; raise NotFound, before anything else can be learned of it."""
    record = await alerts.load(conn, viewer.person.agency, which, lock=True)
    if not visible(viewer, record):
        raise NotFound(str(which))
    return record.alert.state
