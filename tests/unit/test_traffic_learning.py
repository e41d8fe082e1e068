"""What an agency's traffic teaches: slow, bounded, never impossible, and told in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from math import exp, isclose, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.score_store import KEPT_DAYS
from matchers import weights
from matchers.prior_features import prior_feature, wanted_words
from matchers.scales import Scales
from matchers.state_words import STATES
from matchers.traffic_learning import (
    A_DAY,
    ENTRY_BOUND,
    FORGOTTEN,
    FOUND,
    LEAST,
    MOST,
    PRIOR,
    RECENT,
    USUAL_READS,
    Day,
    entry_share,
    home_of,
    learned,
    usual,
)
from matchers.watch import Memory, Traffic

TODAY = date(2026, 11, 22)
STANDARD = weights.WANTED_SHARE
HOMES = st.sampled_from(["", "KS", "NY", "YT"])


def day(age: int, reads: int = 20_000, **more: int) -> Day:
    """One day so long ago, whose reads all showed Missouri."""
    return Day(TODAY - timedelta(days=age), reads, {"MO": reads}, **more)


def steady(days: int, reads: int = 20_000, **more: int) -> list[Day]:
    """So many days up to yesterday."""
    return [day(age, reads, **more) for age in range(1, days + 1)]


@st.composite
def histories(draw: st.DrawFn) -> list[Day]:
    """Any days, each date at most once; counts that fit each other."""
    found = []
    for age in sorted(draw(st.sets(st.integers(-2, 90), max_size=70))):
        reads = draw(st.integers(0, 2_000_000))
        shown = draw(st.dictionaries(st.sampled_from([*STATES, "US"]), st.integers(0, reads)))
        alerts = draw(st.integers(0, 3_000))
        judged = draw(st.integers(0, alerts))
        confirmed = draw(st.integers(0, 5 * judged))
        found.append(
            Day(TODAY - timedelta(days=age), reads, shown, alerts, judged, confirmed),
        )
    return found


# --- the mix of states ---


@given(histories(), HOMES)
def test_shares_sum_to_one_and_no_state_becomes_impossible(many: list[Day], home: str) -> None:
    shares = learned(many, TODAY, home).traffic.shares
    if not shares:
        return
    assert set(shares) == set(STATES)
    assert isclose(sum(shares.values()), 1.0)
    assert all(LEAST * share <= shares[s] <= 1 for s, share in usual(home).items())


@given(HOMES)
def test_the_usual_mix_sums_to_one(home: str) -> None:
    assert isclose(sum(usual(home).values()), 1.0)
    assert min(usual(home).values()) > 0


@given(histories(), HOMES, st.randoms())
def test_the_order_of_days_says_nothing(many: list[Day], home: str, luck: object) -> None:
    mixed = sorted(many, key=lambda _: luck.random())  # type: ignore[attr-defined]
    assert learned(mixed, TODAY, home) == learned(many, TODAY, home)


@given(st.integers(1, 56), st.integers(0, 20_000), st.integers(1, 20_000))
def test_more_reads_of_a_state_never_make_it_rarer(age: int, some: int, more: int) -> None:
    def share(count: int) -> float:
        seen = {"KS": 20_000, "OK": count}
        one = Day(TODAY - timedelta(days=age), 40_000, seen)
        return learned([one], TODAY, "KS").traffic.shares["OK"]

    assert share(some + more) >= share(some)


def test_one_day_moves_the_mix_by_an_eleventh_and_two_months_by_most_of_it() -> None:
    before = usual("KS")["MO"]
    after = learned([day(1, 10_000_000)], TODAY, "KS").traffic.shares["MO"]
    assert before < after < before + A_DAY / (A_DAY + PRIOR)
    long = learned(steady(56), TODAY, "KS").traffic.shares
    assert 0.7 < long["MO"] < 1 - LEAST
    assert long["KS"] > LEAST * usual("KS")["KS"]


def test_a_slow_camera_says_little_and_what_showed_no_state_says_nothing() -> None:
    few = learned(steady(30, 50), TODAY, "KS").traffic
    assert few.shares["MO"] < usual("KS")["MO"] + 0.03
    none = learned([Day(TODAY - timedelta(days=1), 20_000)], TODAY, "KS")
    assert (none.traffic.shares, none.shown, none.reads) == ({}, 0, 20_000)


def test_old_days_are_forgotten_before_their_counts_are() -> None:
    assert FORGOTTEN < KEPT_DAYS
    assert learned([day(FORGOTTEN + 1)], TODAY, "KS").days == 0
    assert learned([day(FORGOTTEN)], TODAY, "KS").days == 1
    young, old = (learned([day(age)], TODAY, "KS").traffic.shares["MO"] for age in (1, 40))
    assert young > old


# --- the wanted share ---


@given(histories(), HOMES)
def test_the_wanted_share_and_a_vehicles_are_bounded(many: list[Day], home: str) -> None:
    found = learned(many, TODAY, home).traffic
    assert LEAST * STANDARD <= found.wanted_share <= MOST * STANDARD
    assert 0 <= found.own < 1 - LEAST
    assert abs(log(found.entry_share / weights.ENTRY_SHARE)) <= ENTRY_BOUND + 1e-12


@given(histories(), st.data())
def test_one_more_confirmed_hit_never_lowers_the_share(
    many: list[Day], data: st.DataObject
) -> None:
    judged = [one for one in many if one.judged and one.reads]
    if not judged:
        return
    one = data.draw(st.sampled_from(judged))
    more = [replace(d, confirmed=d.confirmed + (d is one)) for d in many]
    before, after = learned(many, TODAY, "KS"), learned(more, TODAY, "KS")
    assert after.traffic.wanted_share >= before.traffic.wanted_share


def test_agencies_whose_verifications_say_the_standard_keep_it() -> None:
    hits = round(20_000 * STANDARD * FOUND)
    found = learned(steady(56, alerts=hits, judged=hits, confirmed=hits), TODAY, "KS").traffic
    assert found.wanted_share == pytest.approx(STANDARD, rel=0.05)
    assert found.own > 0.7


def test_many_confirmed_hits_raise_it_slowly_and_none_lowers_it_to_a_quarter() -> None:
    many = {"alerts": 900, "judged": 900, "confirmed": 4_500}
    one = learned([day(1, **many)], TODAY, "KS").traffic.wanted_share
    assert STANDARD < one < 2 * STANDARD
    long = learned(steady(56, **many), TODAY, "KS").traffic.wanted_share
    assert 6 * STANDARD < long < MOST * STANDARD
    none = learned(steady(56), TODAY, "KS").traffic.wanted_share
    assert LEAST * STANDARD < none < 0.3 * STANDARD


def test_a_hit_that_nobody_judged_is_no_sign_that_nothing_is_wanted() -> None:
    unjudged = learned(steady(56, alerts=30), TODAY, "KS").traffic
    assert (unjudged.wanted_share, unjudged.own) == (STANDARD, 0.0)
    half = learned(steady(56, alerts=30, judged=15, confirmed=15), TODAY, "KS").traffic
    whole = learned(steady(56, alerts=30, judged=30, confirmed=30), TODAY, "KS").traffic
    assert half.wanted_share == pytest.approx(whole.wanted_share, rel=0.1)


# --- reads a day ---


def test_reads_a_day_are_the_mean_of_the_last_days_that_had_any() -> None:
    many = [day(1, 10_000), day(2, 20_000), day(3, 0), day(RECENT + 1, 900_000)]
    found = learned(many, TODAY, "KS")
    assert found.traffic.reads_a_day == 15_000
    assert (found.days, found.reads) == (3, 930_000)
    assert (found.first, found.last) == (many[-1].day, many[0].day)
    assert learned([day(RECENT + 1)], TODAY, "KS").traffic.reads_a_day == 0


@given(st.floats(1, 1e7), st.floats(1, 1e7), st.floats(0, 1))
def test_more_reads_never_make_one_vehicle_more_of_them(a: float, b: float, known: float) -> None:
    few, many = sorted((a, b))
    assert entry_share(few, known) >= entry_share(many, known)
    assert entry_share(USUAL_READS, known) == weights.ENTRY_SHARE
    assert entry_share(a, 0.0) == entry_share(0.0) == weights.ENTRY_SHARE


# --- what it is used for ---


def test_nothing_learned_is_the_standard() -> None:
    assert learned([], TODAY, "KS").traffic == Traffic()
    plain = Scales(wanted=5_000, home="KS")
    assert plain.traffic == usual("KS")
    assert plain.prior("") == log(STANDARD / 5_000)
    assert prior_feature(plain, "").words == (
        "About 1 read in 1,000 is of a wanted vehicle; 5,000 vehicles are wanted"
    )


def test_the_scales_weigh_by_what_was_learned_and_the_words_say_so() -> None:
    hits = {"alerts": 60, "judged": 60, "confirmed": 60}
    said = learned(steady(56, **hits), TODAY, "KS").traffic
    by_state = [0] * 256
    scales = Scales(wanted=100_000, by_state=by_state, home="KS", memory=Memory(traffic=said))
    assert scales.traffic_share("MO") == said.shares["MO"]
    assert scales.prior("") == log(said.wanted_share / 100_000)
    often = f"{float(f'{1 / said.wanted_share:.2g}'):,.0f}"
    assert prior_feature(scales, "").words == (
        f"About 1 read in {often} here is of a wanted vehicle, as your own reads and verifications"
        " say; about 20,000 reads a day; 100,000 vehicles are wanted"
    )
    young = learned(steady(3, **hits), TODAY, "KS").traffic
    assert "as the standard and your own reads and verifications say" in wanted_words(young)


def test_where_the_list_is_short_the_words_name_what_bounds_the_odds() -> None:
    short = Scales(wanted=10, home="KS")
    feature = prior_feature(short, "")
    assert feature.weight == log(weights.ENTRY_SHARE)
    assert feature.words.endswith(
        "; one vehicle is expected in no more than 1 in 1,000,000 of the reads"
    )
    fewer = replace(short, memory=Memory(traffic=Traffic(entry_share=entry_share(2_000))))
    assert exp(fewer.prior("")) == pytest.approx(3e-6)
    assert "1 in 330,000 of the reads" in prior_feature(fewer, "").words


def test_an_agencys_state_is_that_of_its_ori() -> None:
    assert [home_of(ori) for ori in ("KS0190100", "XX0000000", "")] == ["KS", "", ""]
