"""The API: the queue, one alert, and what a person decides about it."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from console import acting, reading
from console.auth import LoggedIn, Posting, Wired
from console.errors import CONFLICT, RESPONSES
from console.looks import Seen
from console.models import AlertShown, History, Queue
from console.requests import (
    CloseAsked,
    LookAsked,
    RecallAsked,
    RejectAsked,
    ReplyAsked,
    VerifyAsked,
)

router = APIRouter(prefix="/api", tags=["alerts"], responses=RESPONSES)


@router.get("/alerts")
async def queue(viewer: LoggedIn, s: Wired, looks: Seen) -> Queue:
    """What is open at your agency, by priority, then oldest first. Officers get verified alerts."""
    return await reading.queue(s, viewer, looks)


@router.get("/alerts/{alert}")
async def alert(alert: UUID, viewer: LoggedIn, s: Wired, looks: Seen) -> AlertShown:
    """One alert: comparison, description, evidence, entry, sightings, who was told."""
    return await reading.alert(s, viewer, looks, alert)


@router.get("/alerts/{alert}/history")
async def history(alert: UUID, viewer: LoggedIn, s: Wired) -> History:
    """Every transition and answer, oldest first."""
    return await reading.history(s, viewer, alert)


@router.post("/alerts/{alert}/claim", responses=CONFLICT)
async def claim(alert: UUID, viewer: Posting, s: Wired, looks: Seen) -> AlertShown:
    """Take it: nobody else can decide until the lease runs out. Claiming again renews it."""
    await acting.claim(s, viewer, alert)
    return await reading.alert(s, viewer, looks, alert, live=True)


@router.post("/alerts/{alert}/release", responses=CONFLICT)
async def release(alert: UUID, viewer: Posting, s: Wired, looks: Seen) -> AlertShown:
    """Give your claim back."""
    await acting.release(s, viewer, alert)
    return await reading.alert(s, viewer, looks, alert, live=True)


@router.post("/alerts/{alert}/look", responses=CONFLICT)
async def look(alert: UUID, asked: LookAsked, viewer: Posting, s: Wired, looks: Seen) -> AlertShown:
    """Where another person has verified it: what you read off the pictures. Then you are shown
    what camera and list have, and may decide."""
    await acting.look(s, viewer, alert, asked)
    return await reading.alert(s, viewer, looks, alert, live=True)


@router.post("/alerts/{alert}/verify", responses=CONFLICT)
async def verify(
    alert: UUID, asked: VerifyAsked, viewer: Posting, s: Wired, looks: Seen
) -> AlertShown:
    """Confirm it by a second source; dispatch, officers and systems are told. Where more than one
    person is `needed`, nobody is told before the last of them; each is another person."""
    await acting.verify(s, viewer, alert, asked)
    return await reading.alert(s, viewer, looks, alert, live=True)


@router.post("/alerts/{alert}/reject", responses=CONFLICT)
async def reject(
    alert: UUID, asked: RejectAsked, viewer: Posting, s: Wired, looks: Seen
) -> AlertShown:
    """It is no hit; nobody is told."""
    await acting.reject(s, viewer, alert, asked)
    return await reading.alert(s, viewer, looks, alert, live=True)


@router.post("/alerts/{alert}/recall", responses=CONFLICT)
async def recall(
    alert: UUID, asked: RecallAsked, viewer: Posting, s: Wired, looks: Seen
) -> AlertShown:
    """It no longer holds; everyone who was told is told."""
    await acting.recall(s, viewer, alert, asked)
    return await reading.alert(s, viewer, looks, alert, live=True)


@router.post("/alerts/{alert}/recall-read", responses=CONFLICT)
async def recall_read(alert: UUID, viewer: Posting, s: Wired, looks: Seen) -> AlertShown:
    """You have read that it was recalled; the desk sees your name."""
    await acting.recall_read(s, viewer, alert)
    return await reading.alert(s, viewer, looks, alert, live=True)


@router.post("/alerts/{alert}/close", responses=CONFLICT)
async def close(
    alert: UUID, asked: CloseAsked, viewer: Posting, s: Wired, looks: Seen
) -> AlertShown:
    """How it ended in the field."""
    await acting.close(s, viewer, alert, asked)
    return await reading.alert(s, viewer, looks, alert, live=True)


@router.post("/alerts/{alert}/reply", responses=CONFLICT)
async def reply(
    alert: UUID, asked: ReplyAsked, viewer: Posting, s: Wired, looks: Seen
) -> AlertShown:
    """Your answer from the road. "not the vehicle" recalls it for everyone who was told."""
    await acting.reply(s, viewer, alert, asked)
    return await reading.alert(s, viewer, looks, alert, live=True)
