"""The alert's life: every state with every event, and a machine that tries to cheat."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alerts.model import (
    ENDED,
    LEASE,
    TOLD,
    UNVERIFIED,
    Alert,
    Outcome,
    RejectReason,
    SecondSource,
    State,
)
from alerts.transitions import (
    ALLOWED,
    Acknowledge,
    Claim,
    Close,
    Effect,
    Event,
    Lapse,
    Look,
    Recall,
    Reject,
    Release,
    Verify,
    apply,
)
from domain.errors import BadInput, IllegalTransition

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
ME, OTHER = UUID(int=1), UUID(int=2)


def alert(state: State, **more: object) -> Alert:
    """An alert as it looks in that state, claimed by ME a minute ago where it has a claim."""
    base = Alert(
        id=UUID(int=9),
        agency="KS0190100",
        state=state,
        version=3,
        raised_at=NOW - timedelta(minutes=9),
        state_since=NOW - timedelta(minutes=1),
    )
    if state is State.CLAIMED:
        base = msgspec.structs.replace(base, claimed_by=ME, lease_until=NOW + timedelta(minutes=4))
    if state in TOLD:
        base = msgspec.structs.replace(base, claimed_by=ME, verified_by=ME, verified_at=NOW)
    return msgspec.structs.replace(base, **more)


EVENTS: dict[str, Event] = {
    "claim": Claim(ME),
    "release": Release(ME),
    "lapse": Lapse(),
    "look": Look(ME, "482KTB", "KS"),
    "verify": Verify(ME, SecondSource.NCIC_QUERY, "NIC-7"),
    "reject": Reject(ME, RejectReason.MISREAD),
    "acknowledge": Acknowledge(ME),
    "recall": Recall(ME, "entry withdrawn"),
    "close": Close(ME, Outcome.VEHICLE_RECOVERED),
}

# State: what each legal event leads to, and the effects. Everything that is not here is illegal.
LIFE: dict[State, dict[str, tuple[State, tuple[Effect, ...]]]] = {
    State.RAISED: {
        "claim": (State.CLAIMED, (Effect.WATCH_LEASE,)),
        "reject": (State.REJECTED, ()),
        "recall": (State.RECALLED, ()),
    },
    State.CLAIMED: {
        "claim": (State.CLAIMED, (Effect.WATCH_LEASE,)),
        "release": (State.RAISED, ()),
        "verify": (State.VERIFIED, (Effect.TELL,)),
        "reject": (State.REJECTED, ()),
        "recall": (State.RECALLED, ()),
    },
    State.VERIFIED: {
        "acknowledge": (State.ACKNOWLEDGED, (Effect.TELL_ACKNOWLEDGED,)),
        "recall": (State.RECALLED, (Effect.TELL_RECALL,)),
        "close": (State.CLOSED, (Effect.TELL_CLOSED,)),
    },
    State.ACKNOWLEDGED: {
        "acknowledge": (State.ACKNOWLEDGED, ()),
        "recall": (State.RECALLED, (Effect.TELL_RECALL,)),
        "close": (State.CLOSED, (Effect.TELL_CLOSED,)),
    },
    State.REJECTED: {},
    State.RECALLED: {},
    State.CLOSED: {},
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("name", EVENTS)
def test_every_event_in_every_state(state: State, name: str) -> None:
    before, event = alert(state), EVENTS[name]
    if name in LIFE[state]:
        after, effects = apply(before, event, NOW)
        assert (after.state, effects) == LIFE[state][name]
        assert after.version == before.version + 1
        assert after.id == before.id
        if after.state is not state:
            assert after.state_since == NOW
    else:
        with pytest.raises(IllegalTransition) as refused:
            apply(before, event, NOW)
        assert refused.value.state == state
        assert refused.value.event == name


def test_the_tables_know_every_event_and_every_state() -> None:
    assert set(ALLOWED) == set(get_args(Event)) == {type(e) for e in EVENTS.values()}
    assert set(LIFE) == set(State)
    assert set(State) == UNVERIFIED | TOLD | ENDED


def test_a_claim_belongs_to_its_holder_until_the_lease_runs_out() -> None:
    claimed, _ = apply(alert(State.RAISED), Claim(ME), NOW)
    assert (claimed.claimed_by, claimed.lease_until) == (ME, NOW + LEASE)
    just_before, at_the_end = NOW + LEASE - timedelta(microseconds=1), NOW + LEASE
    for event in (
        Claim(OTHER),
        Release(OTHER),
        Verify(OTHER, SecondSource.NCIC_QUERY, "NIC-7"),
        Reject(OTHER, RejectReason.MISREAD),
    ):
        with pytest.raises(IllegalTransition, match="another person holds the claim"):
            apply(claimed, event, just_before)
    taken, _ = apply(claimed, Claim(OTHER), at_the_end)
    assert taken.claimed_by == OTHER
    for late in (Verify(ME, SecondSource.NCIC_QUERY, "NIC-7"), Release(ME)):
        with pytest.raises(IllegalTransition, match="your claim lapsed"):
            apply(claimed, late, at_the_end)
        with pytest.raises(IllegalTransition, match="another person"):
            apply(taken, late, at_the_end)


def test_a_claim_lapses_only_after_its_lease() -> None:
    claimed = alert(State.CLAIMED)
    assert claimed.lease_until is not None
    with pytest.raises(IllegalTransition, match="the lease still runs"):
        apply(claimed, Lapse(), claimed.lease_until - timedelta(microseconds=1))
    raised, effects = apply(claimed, Lapse(), claimed.lease_until)
    assert (raised.state, raised.claimed_by, raised.lease_until) == (State.RAISED, None, None)
    assert effects == ()


def test_claiming_again_renews_the_lease() -> None:
    renewed, _ = apply(alert(State.CLAIMED), Claim(ME, timedelta(minutes=30)), NOW)
    assert renewed.lease_until == NOW + timedelta(minutes=30)


@pytest.mark.parametrize("reference", ["", "   ", "\t\n"])
def test_a_verification_without_reference_is_refused(reference: str) -> None:
    with pytest.raises(BadInput, match="reference"):
        apply(alert(State.CLAIMED), Verify(ME, SecondSource.NCIC_QUERY, reference), NOW)


def test_a_verification_records_who_when_and_by_what() -> None:
    event = Verify(ME, SecondSource.STATE_REGISTRATION, " R-1138 ")
    after, _ = apply(alert(State.CLAIMED), event, NOW)
    assert (after.verified_by, after.verified_at) == (ME, NOW)
    assert (after.second_source, after.second_reference) == ("State registration", "R-1138")
    assert after.lease_until is None


def test_words_that_are_no_reason_are_refused() -> None:
    with pytest.raises(ValueError, match="bored"):
        apply(alert(State.CLAIMED), Reject(ME, "bored"), NOW)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="fine"):
        apply(alert(State.VERIFIED), Close(ME, "fine"), NOW)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a friend"):
        apply(alert(State.CLAIMED), Verify(ME, "a friend", "1"), NOW)  # type: ignore[arg-type]
    for state in (State.RAISED, State.VERIFIED):
        with pytest.raises(BadInput, match="reason"):
            apply(alert(state), Recall(ME, "  "), NOW)


def test_a_second_acknowledgement_tells_nobody_again_and_keeps_the_first_time() -> None:
    first, _ = apply(alert(State.VERIFIED), Acknowledge(ME), NOW)
    second, effects = apply(first, Acknowledge(OTHER), NOW + timedelta(minutes=1))
    assert effects == ()
    assert second.state_since == NOW
    assert second.version == first.version + 1


def test_who_did_it_is_part_of_every_event_but_the_clocks() -> None:
    for event in EVENTS.values():
        named = "by" in {f.name for f in fields(event)}
        assert named is not isinstance(event, Lapse)


class Life(RuleBasedStateMachine):
    """Three people and a clock do whatever they like to one alert."""

    @initialize()
    def begin(self) -> None:
        self.now = NOW
        self.alert = alert(State.RAISED, version=1)
        self.told: list[Effect] = []

    @rule(seconds=st.integers(0, 400))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(
        name=st.sampled_from(sorted(EVENTS)),
        who=st.sampled_from([ME, OTHER, UUID(int=3)]),
        reference=st.sampled_from(["", " ", "NIC-7"]),
        lease=st.integers(1, 300),
    )
    def somebody_tries(self, name: str, who: UUID, reference: str, lease: int) -> None:
        event: Event
        match name:
            case "claim":
                event = Claim(who, timedelta(seconds=lease))
            case "release":
                event = Release(who)
            case "verify":
                event = Verify(who, SecondSource.NCIC_QUERY, reference)
            case "reject":
                event = Reject(who, RejectReason.STALE_ENTRY)
            case "acknowledge":
                event = Acknowledge(who)
            case "recall":
                event = Recall(who, reference)
            case "close":
                event = Close(who, Outcome.ARREST)
            case "look":
                event = Look(who, "482KTB", "KS")
            case _:
                event = Lapse()
        before = self.alert
        live = before.lease_until is not None and self.now < before.lease_until
        try:
            after, effects = apply(before, event, self.now)
        except (IllegalTransition, BadInput):
            return
        assert before.state not in ENDED, "an ended alert moved"
        if isinstance(event, Verify):
            assert before.state is State.CLAIMED
            assert live
            assert before.claimed_by == who
            assert reference.strip()
        if isinstance(event, Lapse):
            assert not live
        if isinstance(event, Reject | Claim | Release) and live:
            assert before.claimed_by == who
        if after.state in TOLD and before.state in UNVERIFIED:
            assert isinstance(event, Verify)
        assert after.version == before.version + 1
        self.alert = after
        self.told += [e for e in effects if e is not Effect.WATCH_LEASE]

    @invariant()
    def nobody_is_told_before_a_verification(self) -> None:
        if self.told:
            assert self.told[0] is Effect.TELL
            assert self.told.count(Effect.TELL) == 1
            assert self.alert.verified_by is not None
            assert self.alert.second_reference == "NIC-7"
        if self.alert.state in UNVERIFIED or self.alert.state is State.REJECTED:
            assert self.told == []

    @invariant()
    def whoever_was_told_is_told_of_the_end(self) -> None:
        if self.told and self.alert.state in ENDED:
            assert self.told[-1] in (Effect.TELL_RECALL, Effect.TELL_CLOSED)

    @invariant()
    def a_claim_has_a_holder_and_an_end(self) -> None:
        if self.alert.state is State.CLAIMED:
            assert self.alert.claimed_by is not None
        assert (self.alert.lease_until is not None) is (self.alert.state is State.CLAIMED)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
