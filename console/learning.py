"""What taught the matcher: misread markers, cameras and the traffic, and taking any of it back."""

from __future__ import annotations

from datetime import date, datetime
from math import exp
from uuid import UUID

from pydantic import Field

from alerts import learning_store, traffic_store
from alerts.learning_store import CameraRow
from alerts.traffic_store import TrafficRow
from console import list_store
from console.auth import Viewer
from console.list_looking import looked
from console.misreads import marker
from console.models import MisreadShown, Shown
from console.requests import Asked
from console.services import Services
from console.words import state_name
from people.roles import may, require

TOGETHER = 500
"""Markers on the page, the newest first."""


class CameraShown(Shown):
    """One camera: its judged hits since the reset, and what they say. `times` is how many times as
    often as usual it is taken to misread; 1: as usual."""

    camera: str
    name: str
    words: str
    times: float
    verified: int
    misread: int
    rejected: int
    since: datetime | None
    reset_at: datetime | None
    reset_by: str
    reset_because: str


class StateShown(Shown):
    """One state's plates: how many reads showed them, and their share of the traffic as it is
    weighed and as it was taken for before anything was counted (0 to 1)."""

    state: str
    name: str
    reads: int
    share: float
    usual: float


class TrafficShown(Shown):
    """What the agency's traffic says before looking, from the whole `days` with reads from `first`
    to `last`: `words` is what an alert says of it. One read in `one_in` is of a wanted vehicle;
    `own`, 0 to 1, is how much of that its own `confirmed` exact readings and reads say, and the
    rest is the standard, one in `standard`."""

    words: str
    days: int
    first: date | None
    last: date | None
    reads: int
    shown: int
    reads_a_day: float
    confirmed: int
    one_in: float
    standard: float
    own: float
    states: tuple[StateShown, ...]
    reset_at: datetime | None
    reset_by: str
    reset_because: str


class LearnedShown(Shown):
    """What was learned. An admin gets how many markers there are and none of them."""

    now: datetime
    markers: tuple[MisreadShown, ...]
    markers_count: int
    cameras: tuple[CameraShown, ...]
    traffic: TrafficShown


class LiftAsked(Asked):
    """Why the text should ask a person again."""

    reason: str = Field(min_length=1, max_length=500)


class ResetAsked(Asked):
    """Which camera, and why what was learned of it no longer holds."""

    camera: str = Field(min_length=1, max_length=200)
    reason: str = Field(min_length=1, max_length=500)


class TrafficResetAsked(Asked):
    """Why what was learned of the traffic no longer holds."""

    reason: str = Field(min_length=1, max_length=500)


async def learned(s: Services, viewer: Viewer) -> LearnedShown:
    """Everything of the agency. Raises NotAllowed."""
    require(viewer.person, "see what is learned")
    now, agency = s.clock(), viewer.person.agency
    async with s.db.transaction() as conn:
        markers = await learning_store.markers(conn, agency, now, limit=TOGETHER)
        count = await learning_store.count_markers(conn, agency, now)
        cameras = await learning_store.cameras(conn, agency, now)
        traffic = await traffic_store.traffic(conn, agency, now)
        said = [m.lifted_by for m in markers] + [c.reset_by for c in cameras] + [traffic.reset_by]
        names = await list_store.names_of(conn, said)
        await looked(conn, viewer, now, "learned.viewed", f"agency:{agency}")
    plates = may(viewer.person, "lift markers")
    return LearnedShown(
        now=now,
        markers=tuple(marker(m, names, now) for m in markers) if plates else (),
        markers_count=count,
        cameras=tuple(_camera(c, names) for c in cameras),
        traffic=_traffic(traffic, names),
    )


async def lift(s: Services, viewer: Viewer, which: UUID, asked: LiftAsked) -> None:
    """Lift a marker: its text asks a person again within a second or two. Raises NotAllowed,
    NotFound, BadInput, Prohibited."""
    require(viewer.person, "lift markers")
    person = viewer.person
    async with s.db.transaction() as conn:
        await learning_store.lift(
            conn, person.agency, which, by=str(person.id), reason=asked.reason, now=s.clock()
        )


async def reset(s: Services, viewer: Viewer, asked: ResetAsked) -> None:
    """Forget what was learned of a camera. Raises NotAllowed, NotFound, BadInput, Prohibited."""
    require(viewer.person, "reset cameras")
    person = viewer.person
    async with s.db.transaction() as conn:
        await learning_store.reset(
            conn, person.agency, asked.camera, by=str(person.id), reason=asked.reason, now=s.clock()
        )


async def reset_traffic(s: Services, viewer: Viewer, asked: TrafficResetAsked) -> None:
    """Forget what was learned of the traffic. Raises NotAllowed, BadInput, Prohibited."""
    require(viewer.person, "reset traffic")
    person = viewer.person
    async with s.db.transaction() as conn:
        await traffic_store.reset(
            conn, person.agency, by=str(person.id), reason=asked.reason, now=s.clock()
        )


def _traffic(one: TrafficRow, names: list_store.Names) -> TrafficShown:
    return TrafficShown(
        words=one.words,
        days=one.days,
        first=one.first,
        last=one.last,
        reads=one.reads,
        shown=one.shown,
        reads_a_day=round(one.reads_a_day, 1),
        confirmed=one.confirmed,
        one_in=round(1 / one.wanted_share, 1),
        standard=round(1 / one.standard, 1),
        own=round(one.own, 3),
        states=tuple(
            StateShown(
                state=state.state,
                name=state_name(state.state),
                reads=state.reads,
                share=round(state.share, 5),
                usual=round(state.usual, 5),
            )
            for state in one.states
        ),
        reset_at=one.reset_at,
        reset_by=names.of(one.reset_by),
        reset_because=one.reset_because,
    )


def _camera(one: CameraRow, names: list_store.Names) -> CameraShown:
    return CameraShown(
        camera=one.camera,
        name=one.name,
        words=one.words,
        times=round(exp(one.factor), 2),
        verified=one.verified,
        misread=one.misread,
        rejected=one.rejected,
        since=one.since,
        reset_at=one.reset_at,
        reset_by=names.of(one.reset_by),
        reset_because=one.reset_because,
    )
