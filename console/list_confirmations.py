"""Records that a person must read before they count: the words marked, what they may mean, the
answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from pydantic import Field

from console import list_store
from console.auth import Viewer
from console.list_looking import looked
from console.list_words import category_name, vehicle_said
from console.models import Shown
from console.requests import Asked
from console.services import Services
from domain.entry import Entry
from domain.errors import BadInput
from domain.plate import shown
from hotlists import confirming, local
from hotlists.cap.pending import Pending, confirm
from hotlists.cap.vehicles import Vehicle
from hotlists.cells import is_state, plate_of, state_of
from hotlists.confirming import Confirmation
from hotlists.sources.amber import cells_of
from people.roles import require
from policy.model import Policy

OWN, NOTHING = "own", "nothing"
"""Answers beside a candidate's number."""


class Piece(Shown):
    """A stretch of a text; `marked`: these are the words in doubt."""

    text: str
    marked: bool


class QuestionShown(Shown):
    """One text, and why it is not clear."""

    pieces: tuple[Piece, ...]
    why: tuple[str, ...]


class CandidateShown(Shown):
    """What the words may mean. An answer names it by `number`."""

    number: int
    plate: str
    state: str
    vehicle: str


class RecordShown(Shown):
    """One record that waits."""

    id: UUID
    source: UUID
    list: str
    state: Literal["waiting", "confirmed", "dismissed", "ended"]
    headline: str
    category: str
    found_at: datetime
    expires: datetime | None
    questions: tuple[QuestionShown, ...]
    candidates: tuple[CandidateShown, ...]
    decided_by: str
    decided_at: datetime | None
    decision: str


class RecordsShown(Shown):
    """Everything that waits, the longest waiting first."""

    now: datetime
    records: tuple[RecordShown, ...]


class AnswerAsked(Asked):
    """`chosen` is a candidate's number, "own" with a `plate`, or "nothing" to look for."""

    chosen: str = Field(min_length=1, max_length=10)
    plate: str = Field(default="", max_length=60)
    state: str = Field(default="", max_length=60)
    reason: str = Field(min_length=1, max_length=500)


async def waiting(s: Services, viewer: Viewer) -> RecordsShown:
    """What people are asked. Raises NotAllowed."""
    require(viewer.person, "approve entries")
    now, agency = s.clock(), viewer.person.agency
    async with s.db.transaction() as conn:
        found = await confirming.waiting(conn, agency)
        detail = {"records": [str(one.id) for one in found[:200]]}
        await looked(conn, viewer, now, "records.viewed", f"agency:{agency}", detail)
    nobody = list_store.Names({})
    return RecordsShown(
        now=now, records=tuple(record(one, nobody, s.means.policy) for one in found)
    )


async def one(s: Services, viewer: Viewer, which: UUID) -> RecordShown:
    """One record. Raises NotAllowed and NotFound."""
    require(viewer.person, "approve entries")
    async with s.db.transaction() as conn:
        found = await confirming.load(conn, viewer.person.agency, which)
        names = await list_store.names_of(conn, [found.decided_by])
        subject = f"confirmation:{which}"
        await looked(conn, viewer, s.clock(), "record.viewed", subject)
    return record(found, names, s.means.policy)


async def answer(s: Services, viewer: Viewer, which: UUID, asked: AnswerAsked) -> None:
    """Say what is meant: it is in force at once; or that there is nothing to look for.

    Raises NotAllowed, NotFound, BadInput with the field, Prohibited.
    """
    require(viewer.person, "approve entries")
    why = local.check_reason(asked.reason, "an answer")
    agency, by, now, policy = viewer.person.agency, viewer.person.id, s.clock(), s.means.policy
    async with s.db.transaction() as conn:
        found = await confirming.load(conn, agency, which, lock=True)
        if asked.chosen == NOTHING:
            await confirming.dismiss(conn, agency, which, by=by, reason=why, now=now)
            return
        pending = pending_of(found.body)
        if pending is None:
            raise BadInput("chosen", "this record cannot be read; choose nothing to look for")
        chosen = _own(asked, pending, policy) if asked.chosen == OWN else _number(asked.chosen)
        cells = cells_of(confirm(pending, chosen))
        source = await list_store.source_of(conn, agency, found.source)
        await confirming.confirm(conn, source, which, cells, policy, by=by, reason=why, now=now)


def record(one: Confirmation, names: list_store.Names, policy: Policy) -> RecordShown:
    """A record as a page shows it; of a body that is no AMBER alert's, its headline alone."""
    pending = pending_of(one.body)
    base = pending.base if pending else {}
    ends = base.get("expires_at")
    return RecordShown(
        id=one.id,
        source=one.source,
        list=one.source_name,
        state=one.state,
        headline=str(one.body.get("headline") or "no headline"),
        category=category_name(str(base.get("category", "")), policy),
        found_at=one.found_at,
        expires=datetime.fromisoformat(ends) if isinstance(ends, str) and ends else None,
        questions=tuple(
            QuestionShown(pieces=pieces(q.text, q.marks), why=q.why) for q in pending.questions
        )
        if pending
        else (),
        candidates=tuple(
            CandidateShown(
                number=n,
                plate=shown(c.plate) if c.plate else c.pattern or "no plate",
                state=c.state,
                vehicle=_vehicle(c),
            )
            for n, c in enumerate(pending.candidates if pending else ())
        ),
        decided_by=names.of(one.decided_by),
        decided_at=one.decided_at,
        decision=one.decision,
    )


def pending_of(body: Mapping[str, Any]) -> Pending | None:
    """The question as hotlists.cap asked it; None for what is not its."""
    try:
        return msgspec.convert(dict(body), Pending)
    except msgspec.ValidationError:
        return None


def pieces(text: str, marks: tuple[tuple[int, int], ...]) -> tuple[Piece, ...]:
    """The text in stretches, marked or not; marks may overlap and lie outside."""
    said: list[Piece] = []
    at = 0
    for start, end in sorted((max(0, a), min(len(text), b)) for a, b in marks):
        start = max(start, at)
        if end <= start:
            continue
        if start > at:
            said.append(Piece(text=text[at:start], marked=False))
        said.append(Piece(text=text[start:end], marked=True))
        at = end
    if at < len(text):
        said.append(Piece(text=text[at:], marked=False))
    return tuple(said)


def _vehicle(c: Vehicle) -> str:
    seen = Entry(
        entry_id=UUID(int=0), agency="", source="", category="", priority=1,
        year=c.year, make=c.make, model=c.model, color=c.color, style=c.style,
    )  # fmt: skip
    return vehicle_said(seen)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise BadInput("chosen", "choose what is meant")
    return int(text)


def _own(asked: AnswerAsked, pending: Pending, policy: Policy) -> Vehicle:
    """The plate as the person read it, with the description where all candidates share one."""
    cell = plate_of(asked.plate, policy.lists.known_characters)
    if not asked.plate.strip() or cell.problem:
        problem = cell.problem.removeprefix("LIC ") if asked.plate.strip() else ""
        raise BadInput("plate", problem or "write the plate as you read it in the text")
    state = state_of(asked.state)
    if state and not is_state(state):
        raise BadInput("state", "no state is known by this; give its two letters or its name")
    said = {(c.year, c.make, c.model, c.color, c.style) for c in pending.candidates}
    year, make, model, color, style = said.pop() if len(said) == 1 else ("", "", "", "", "")
    return Vehicle(
        plate=cell.plate, pattern=cell.pattern, state=state,
        year=year, make=make, model=model, color=color, style=style,
    )  # fmt: skip
