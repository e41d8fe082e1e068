"""More than one person must verify it: who counts, who sees what when, and nobody counts twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alerts.model import (
    ENDED,
    TOLD,
    UNVERIFIED,
    Alert,
    Outcome,
    RejectReason,
    SecondSource,
    State,
)
from alerts.needing import contradicts, covered_for, needed_for
from alerts.transitions import (
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
from domain.entry import Entry
from domain.errors import BadInput, IllegalTransition, SamePerson
from domain.read import Read
from matchers.evidence import Evidence, Feature
from matchers.watch import Holder, Match
from policy.explaining import explain
from policy.loading import parse, standard
from policy.model import CategoryRule, Policy
from policy.sentences import conflict, verified

NOW = datetime(2026, 11, 22, 3, 12, tzinfo=UTC)
ANNA, BEN, CARLA = UUID(int=1), UUID(int=2), UUID(int=3)


def fresh(needed: int = 2) -> Alert:
    return Alert(
        id=UUID(int=9), agency="KS0190100", state=State.RAISED, version=1, raised_at=NOW,
        state_since=NOW, needed=needed,
    )  # fmt: skip


def verify(by: UUID, reference: str = "NIC-7") -> Verify:
    return Verify(by, SecondSource.NCIC_QUERY, reference)


def after(alert: Alert, *events: Event, now: datetime = NOW) -> Alert:
    for event in events:
        alert, _ = apply(alert, event, now)
    return alert


def waiting() -> Alert:
    """Anna has verified it; somebody else must."""
    return after(fresh(), Claim(ANNA), verify(ANNA))


def test_a_first_verification_tells_nobody_and_frees_the_alert() -> None:
    alert, effects = apply(after(fresh(), Claim(ANNA)), verify(ANNA, " HIT 41 "), NOW)
    assert (alert.state, alert.claimed_by, alert.lease_until) == (State.RAISED, None, None)
    assert effects == (Effect.WATCH_SECOND,)
    assert (alert.verified_by, alert.verified_at, alert.second_reference) == (None, None, "")
    assert alert.waits
    (first,) = alert.confirmations
    assert (first.by, first.at, first.reference) == (ANNA, NOW, "HIT 41")
    assert first.source == "NCIC, live query"


def test_another_person_looks_and_then_makes_it_verified() -> None:
    claimed = after(waiting(), Claim(BEN))
    with pytest.raises(IllegalTransition, match="look at the pictures first"):
        apply(claimed, verify(BEN), NOW)
    with pytest.raises(IllegalTransition, match="look at the pictures first"):
        apply(claimed, Reject(BEN, RejectReason.MISREAD), NOW)
    looked, effects = apply(claimed, Look(BEN, "482KT?", "KS"), NOW)
    assert (looked.state, effects, looked.lease_until) == (State.CLAIMED, (), claimed.lease_until)
    alert, effects = apply(looked, verify(BEN, "HIT 42"), NOW)
    assert (alert.state, effects) == (State.VERIFIED, (Effect.TELL,))
    assert [c.by for c in alert.confirmations] == [ANNA, BEN]
    assert (alert.verified_by, alert.second_reference) == (BEN, "HIT 42")
    assert not alert.waits


@pytest.mark.parametrize("event", [Claim(ANNA), verify(ANNA), Look(ANNA, "482KTB", "KS")])
def test_the_same_person_is_refused_as_such_whatever_happened_in_between(event: Event) -> None:
    by_ben = after(waiting(), Claim(BEN))
    lapsed = after(by_ben, Lapse(), now=NOW + timedelta(minutes=6))
    released = after(by_ben, Look(BEN, "", ""), Release(BEN))
    for alert in (waiting(), by_ben, lapsed, released):
        with pytest.raises(SamePerson, match="another person must look"):
            apply(alert, event, NOW + timedelta(minutes=7))


def test_a_lapse_a_release_and_a_look_keep_the_first_verification() -> None:
    alert = after(waiting(), Claim(BEN), Look(BEN, "482KTB", "KS"))
    lapsed = after(alert, Lapse(), now=NOW + timedelta(minutes=6))
    assert [c.by for c in lapsed.confirmations] == [ANNA]
    assert lapsed.look_of(BEN) is not None, "who has seen it cannot unsee it"
    by_carla = after(lapsed, Claim(CARLA), Look(CARLA, "482KT8", ""), verify(CARLA))
    assert [c.by for c in by_carla.confirmations] == [ANNA, CARLA]


def test_a_second_person_who_rejects_it_ends_it_with_both_recorded() -> None:
    alert = after(waiting(), Claim(BEN), Look(BEN, "482KT8", "KS"))
    rejected, effects = apply(alert, Reject(BEN, RejectReason.MISREAD), NOW)
    assert (rejected.state, effects) == (State.REJECTED, ())
    assert (rejected.claimed_by, [c.by for c in rejected.confirmations]) == (BEN, [ANNA])


def test_the_first_person_may_think_again_and_reject() -> None:
    assert after(waiting(), Reject(ANNA, RejectReason.NOT_THE_VEHICLE)).state is State.REJECTED
    with pytest.raises(IllegalTransition, match="another person holds the claim"):
        apply(after(waiting(), Claim(BEN)), Reject(ANNA, RejectReason.MISREAD), NOW)


def test_a_recall_in_between_wins_and_tells_nobody() -> None:
    for alert in (waiting(), after(waiting(), Claim(BEN))):
        recalled, effects = apply(alert, Recall(None, "entry withdrawn"), NOW)
        assert (recalled.state, effects) == (State.RECALLED, ())
        with pytest.raises(IllegalTransition):
            apply(recalled, verify(BEN), NOW)


def test_one_look_each_and_only_where_somebody_verified_before() -> None:
    with pytest.raises(IllegalTransition, match="nobody has verified it yet"):
        apply(after(fresh(), Claim(ANNA)), Look(ANNA, "482KTB", "KS"), NOW)
    looked = after(waiting(), Claim(BEN), Look(BEN, "482KT8", "KS"))
    with pytest.raises(IllegalTransition, match="you have looked already"):
        apply(looked, Look(BEN, "482KTB", "KS"), NOW)


def test_three_needed_are_three_people() -> None:
    two = after(fresh(3), Claim(ANNA), verify(ANNA), Claim(BEN), Look(BEN, "", ""), verify(BEN))
    assert two.state is State.RAISED
    for person in (ANNA, BEN):
        with pytest.raises(SamePerson):
            apply(two, Claim(person), NOW)
    done = after(two, Claim(CARLA), Look(CARLA, "", ""), verify(CARLA))
    assert (done.state, len(done.confirmations)) == (State.VERIFIED, 3)


def test_it_is_covered_from_the_first_verification_until_each_has_looked() -> None:
    assert not covered_for(fresh(), BEN)
    alert = waiting()
    assert [covered_for(alert, who) for who in (ANNA, BEN, CARLA)] == [False, True, True]
    looked = after(alert, Claim(BEN), Look(BEN, "482KTB", "KS"))
    assert [covered_for(looked, who) for who in (ANNA, BEN, CARLA)] == [False, False, True]
    assert not covered_for(after(looked, verify(BEN)), CARLA), "settled: nobody judges any more"


# --- how many ----------------------------------------------------------------------------------

PRIORITY = {"purpose": "x", "priority": 2}
RULES = {
    "strict": CategoryRule(name="Strict", verifiers=2, conflict_verifiers=3, **PRIORITY),  # type: ignore[arg-type]
    "usual": CategoryRule(name="Usual", **PRIORITY),  # type: ignore[arg-type]
    "loose": CategoryRule(name="Loose", conflict_verifiers=1, **PRIORITY),  # type: ignore[arg-type]
}
POLICY = msgspec.structs.replace(standard(), categories=RULES)


def entry(category: str) -> Entry:
    return Entry(
        entry_id=uuid4(), agency="KS0190100", source="ncic", category=category, priority=2,
        plate="482KTB", state="KS",
    )  # fmt: skip


def match(category: str, *also: str, tier: str = "exact", conflict: bool = False) -> Match:
    against = Feature(
        name="body", words="SUV, not motorcycle", expected="motorcycle", seen="SUV", weight=-5.0,
        verdict="conflict",
    )  # fmt: skip
    return Match(
        read=Read(
            read_id=uuid4(), agency="KS0190100", camera="c", seen_at=NOW, received_at=NOW,
            plate="482KTB", plate_raw="482KTB",
        ),
        entry=entry(category),
        evidence=Evidence(
            reading="482KTB", tier=tier, score=9.0, threshold=1.0,  # type: ignore[arg-type]
            features=(against,) if conflict else (),
        ),
        generation=1, source_name="NCIC", list_refreshed_at=NOW, matched_at=NOW,
        also=tuple(
            Holder(entry=entry(c), source_name="own", generation=1, list_refreshed_at=NOW)
            for c in also
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("made", "people"),
    [
        (match("usual"), 1),
        (match("usual", tier="exact-conflict"), 2),
        (match("usual", tier="fuzzy-conflict"), 2),
        (match("usual", tier="description", conflict=True), 2),
        (match("loose", conflict=True), 1),
        (match("loose", "usual", conflict=True), 2),
        (match("strict"), 2),
        (match("loose", "strict", conflict=True), 3),
        (match("gone from the policy"), 1),
        (match("gone from the policy", conflict=True), 2),
    ],
)
def test_the_policy_says_how_many_by_category_and_conflict(made: Match, people: int) -> None:
    assert needed_for(made, POLICY) == people


def test_every_category_of_the_standard_policy_asks_two_people_about_a_contradiction() -> None:
    policy: Policy = standard()
    for code in policy.categories:
        assert needed_for(match(code, conflict=True), policy) == 2
        assert needed_for(match(code), policy) == 1
    assert not contradicts(match("usual").evidence)


# --- whatever people try -----------------------------------------------------------------------


def _event(name: str, who: UUID) -> Event:
    match name:
        case "claim":
            return Claim(who)
        case "release":
            return Release(who)
        case "look":
            return Look(who, "482KTB", "KS")
        case "verify":
            return verify(who)
        case "reject":
            return Reject(who, RejectReason.MISREAD)
        case "acknowledge":
            return Acknowledge(who)
        case "recall":
            return Recall(who, "withdrawn")
        case "close":
            return Close(who, Outcome.ARREST)
        case _:
            return Lapse()


NAMES = ["claim", "release", "look", "verify", "reject", "acknowledge", "recall", "close", "lapse"]
# Mostly what leads on, so that many runs get far.
TRIES = st.tuples(
    st.sampled_from([*NAMES, *["claim", "look", "verify"] * 4, *["lapse"] * 2]),
    st.sampled_from([0, 0, 0, 1, 301]),
)


@given(st.integers(2, 4), st.lists(TRIES, max_size=60))
@settings(max_examples=400, deadline=None)
def test_no_sequence_of_one_person_ever_verifies_what_needs_two(
    needed: int, tries: list[tuple[str, int]]
) -> None:
    alert, now = fresh(needed), NOW
    for name, seconds in tries:
        now += timedelta(seconds=seconds)
        try:
            alert, effects = apply(alert, _event(name, ANNA), now)
        except (IllegalTransition, BadInput):
            continue
        assert alert.state not in TOLD
        assert alert.verified_at is None
        assert set(effects) <= {Effect.WATCH_LEASE, Effect.WATCH_SECOND}
        assert len(alert.confirmations) <= 1


class People(RuleBasedStateMachine):
    """Four people, the clock, and sightings that ask for more of them."""

    @initialize(needed=st.integers(1, 3))
    def begin(self, needed: int) -> None:
        self.now, self.alert = NOW, fresh(needed)
        self.told: list[Effect] = []

    @rule(seconds=st.integers(0, 400))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(more=st.integers(1, 3))
    def a_sighting_asks_for_more(self, more: int) -> None:
        if self.alert.state in UNVERIFIED:  # as the store does
            most = max(self.alert.needed, more)
            self.alert = msgspec.structs.replace(self.alert, needed=most)

    @rule(
        name=st.sampled_from([*NAMES, *["claim", "look", "verify"] * 3]),
        who=st.sampled_from([ANNA, BEN, CARLA, UUID(int=4)]),
    )
    def somebody_tries(self, name: str, who: UUID) -> None:
        before = self.alert
        try:
            after, effects = apply(before, _event(name, who), self.now)
        except (IllegalTransition, BadInput):
            return
        assert after.needed == before.needed
        assert after.confirmations[: len(before.confirmations)] == before.confirmations
        assert after.looks[: len(before.looks)] == before.looks
        if len(after.confirmations) > len(before.confirmations):
            assert name == "verify"
            assert not before.confirmations or before.look_of(who) is not None
        self.alert = after
        self.told += [e for e in effects if not e.startswith("watch")]

    @invariant()
    def every_verifier_is_another_person(self) -> None:
        people = [c.by for c in self.alert.confirmations]
        assert len(people) == len(set(people)) <= self.alert.needed

    @invariant()
    def nobody_is_told_by_fewer_than_it_needs(self) -> None:
        enough = len(self.alert.confirmations) == self.alert.needed
        assert (self.alert.verified_at is not None) is enough
        if self.told:
            assert enough
        if self.alert.state in TOLD:
            assert enough
        if self.alert.state in ENDED and not enough:
            assert self.told == []


TestPeople = People.TestCase
TestPeople.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_the_policy_says_in_words_how_many_people_verify() -> None:
    usual, loose, strict = RULES["usual"], RULES["loose"], RULES["strict"]
    assert conflict(usual) == (
        "When the vehicle's description contradicts the entry, 2 different people verify, each "
        "after a look of their own."
    )
    assert conflict(loose) == (
        "When the vehicle's description contradicts the entry, one person still verifies."
    )
    assert verified(strict).startswith("2 different people verify a hit")
    assert "stated" not in "".join(f(rule) for f in (conflict, verified) for rule in RULES.values())


def test_explain_says_so_of_an_entry_and_names_the_line() -> None:
    text = 'name = "Night desk"\n[categories.stolen-vehicle]\nconflict_verifiers = 1\n'
    policy = parse(text)
    said = "\n".join(explain(policy, {"plate": "482KTB", "state": "KS", "mke": "EV"}))
    assert "one person still verifies [policy.toml:3]" in said
