"""Who is told: the list of stages, case by case and for every case there is."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import get_args
from uuid import UUID, uuid4

import pytest

from alerts.model import State
from notifiers.routing import (
    ACKNOWLEDGED,
    CLOSED,
    RECALLED,
    VERIFIED,
    Kind,
    Recipient,
    Recipients,
    Situation,
    route,
)

OURS, THEIRS = "KS0190100", "KS0410000"


def somebody(kind: Kind, channel: str, agency: str = OURS, *, active: bool = True) -> Recipient:
    return Recipient(
        id=uuid4(),
        agency=agency,
        name=f"{kind} by {channel}",
        kind=kind,
        channel=channel,
        address="+16205550142",
        active=active,
    )


DISPATCH = somebody("dispatch", "sms")
DESK = somebody("dispatch", "webhook")
OFFICER = somebody("officer", "sms")
SYSTEM = somebody("system", "webhook")
RETIRED = somebody("officer", "sms", active=False)
NEIGHBOR = somebody("officer", "sms", THEIRS)
ALL = (DISPATCH, DESK, OFFICER, SYSTEM, RETIRED, NEIGHBOR)

LIVE = Situation(
    event=VERIFIED,
    agency=OURS,
    state=State.VERIFIED,
    verified=True,
    late=False,
    told=frozenset[UUID](),
)


def everyone(*who: Recipient) -> set[UUID]:
    return {r.id for r in who}


def chosen(now: Situation, among: Recipients = ALL) -> set[UUID]:
    return everyone(*route(now, among))


def test_a_verified_alert_is_told_to_dispatch_officers_and_systems() -> None:
    assert chosen(LIVE) == everyone(DISPATCH, DESK, OFFICER, SYSTEM)


def test_a_late_alert_rings_no_officers_phone() -> None:
    assert chosen(replace(LIVE, late=True)) == everyone(DISPATCH, DESK, SYSTEM)


@pytest.mark.parametrize("event", [ACKNOWLEDGED, CLOSED])
def test_progress_is_told_by_webhook_alone(event: str) -> None:
    state = State.ACKNOWLEDGED if event == ACKNOWLEDGED else State.CLOSED
    assert chosen(replace(LIVE, event=event, state=state)) == everyone(DESK, SYSTEM)


def test_a_recall_is_told_to_whoever_was_told_even_if_switched_off_since() -> None:
    told = frozenset(everyone(OFFICER, RETIRED))
    now = replace(LIVE, event=RECALLED, state=State.RECALLED, told=told)
    assert chosen(now) == everyone(OFFICER, RETIRED)


def test_a_recall_that_nobody_had_cause_for_is_told_to_nobody() -> None:
    assert chosen(replace(LIVE, event=RECALLED, state=State.RECALLED)) == set()


@pytest.mark.parametrize("event", [VERIFIED, ACKNOWLEDGED, CLOSED])
def test_after_a_recall_nothing_else_is_told(event: str) -> None:
    assert chosen(replace(LIVE, event=event, state=State.RECALLED)) == set()


def test_a_closed_alert_wakes_no_phone() -> None:
    assert chosen(replace(LIVE, state=State.CLOSED)) == everyone(DESK, SYSTEM)


def test_nobody_hears_of_an_unverified_alert_and_nobody_outside_hears_of_any() -> None:
    events = (VERIFIED, ACKNOWLEDGED, RECALLED, CLOSED)
    flags = (True, False)
    for event, state, verified, late, told in product(events, State, flags, flags, flags):
        now = Situation(
            event=event,
            agency=OURS,
            state=state,
            verified=verified,
            late=late,
            told=frozenset(everyone(*ALL)) if told else frozenset(),
        )
        to = route(now, ALL)
        assert NEIGHBOR not in to
        assert verified or to == ()
        assert event == RECALLED or RETIRED not in to
        assert set(to) <= set(ALL)


def test_every_kind_has_its_place_in_an_audience() -> None:
    for kind in get_args(Kind):
        assert route(LIVE, (somebody(kind, "sms"),))


def test_a_category_is_told_to_whom_its_policy_names_and_a_recall_to_whoever_was_told() -> None:
    kinds: frozenset[Kind] = frozenset({"dispatch"})
    for event in (VERIFIED, ACKNOWLEDGED, CLOSED):
        now = replace(LIVE, event=event, kinds=kinds)
        assert all(r.kind == "dispatch" for r in route(now, ALL))
    told = frozenset(r.id for r in ALL)
    now = replace(LIVE, event=RECALLED, state=State.RECALLED, kinds=kinds, told=told)
    assert {r.kind for r in route(now, ALL)} > kinds
