"""The rules of what is learned: plausibility, a camera's errors, misread markers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import log
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.entry import Entry
from domain.ids import target_id
from domain.place import Place
from domain.read import Read
from matchers.camera_learning import (
    A_DAY,
    FORGOTTEN,
    HALVES,
    IGNORED,
    MOST,
    PRIOR,
    USUAL,
    Counted,
    Day,
    factor,
    learned,
    words,
)
from matchers.evidence import Evidence, Tier
from matchers.misreads import EXACT, NO_PLATE, PATTERN, held_back, marker_id, text_to_mark
from matchers.plausible import FASTEST, LEAST, plausibility
from matchers.watch import Match, Seen

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
WICHITA = (37.69, -97.34)
LONGITUDES = st.floats(-180, 180)
LATITUDES = st.floats(-90, 90)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


def read(
    plate: str = "8BC123", at: datetime = NOW, where: tuple[Any, Any] = WICHITA, **more: Any
) -> Read:
    return Read(
        read_id=uuid4(), agency="KS0190100", camera="c", seen_at=at, received_at=at, plate=plate,
        plate_raw=plate, place=Place(latitude=where[0], longitude=where[1]), **more,
    )  # fmt: skip


# --- plausibility ---


def test_400_km_in_10_minutes_is_said_in_words_and_is_a_conflict() -> None:
    there = Seen(41.287, -97.34, NOW - timedelta(minutes=10))  # 400 km north
    found = plausibility(read(), there)
    assert found is not None
    assert found.words == "Seen 400 km away 10 minutes earlier: no vehicle is that fast"
    assert (found.name, found.verdict) == ("plausibility", "conflict")
    assert LEAST <= found.weight <= -3.9
    later = plausibility(read(), Seen(41.287, -97.34, NOW + timedelta(minutes=10)))
    assert later is not None
    assert "10 minutes later" in later.words
    assert later.weight == found.weight


@pytest.mark.parametrize(
    ("kilometers", "apart"),
    [
        (0, timedelta(0)),
        (4.9, timedelta(0)),  # two places a street apart, or a patrol car that drives on
        (12, timedelta(seconds=1)),  # within what two clocks may differ
        (100, timedelta(minutes=30)),
        (1200, timedelta(hours=6)),
    ],
)
def test_what_a_vehicle_can_do_says_nothing(kilometers: float, apart: timedelta) -> None:
    north = WICHITA[0] + kilometers / 111.195
    for when in (NOW - apart, NOW + apart):
        assert plausibility(read(), Seen(north, WICHITA[1], when)) is None


def test_without_a_place_on_both_sides_nothing_is_said() -> None:
    far = Seen(41.287, -97.34, NOW)
    assert plausibility(read(), None) is None
    assert plausibility(read(where=(None, None)), far) is None
    assert plausibility(read(where=(37.69, None)), far) is None
    for odd in (float("nan"), float("inf"), 91.0):
        assert plausibility(read(where=(odd, 0.0)), far) is None
        assert plausibility(read(), Seen(odd, 0.0, NOW)) is None


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES, MOMENTS, MOMENTS)
def test_plausibility_is_bounded_never_for_and_the_same_both_ways(
    a: float, b: float, c: float, d: float, one: datetime, other: datetime
) -> None:
    found = plausibility(read(at=one, where=(a, b)), Seen(c, d, other))
    back = plausibility(read(at=other, where=(c, d)), Seen(a, b, one))
    assert (found.weight if found else 0) == (back.weight if back else 0)
    if found is not None:
        assert LEAST <= found.weight < 0 or found.weight == 0
        assert found.verdict == ("conflict" if found.weight <= -2 else "differs")


@given(st.integers(0, 86_400), st.floats(0, 15_000), st.floats(0, 15_000))
def test_farther_away_never_speaks_less_against_it(apart: int, one: float, other: float) -> None:
    when = NOW - timedelta(seconds=apart)

    def weight(kilometers: float) -> float:
        found = plausibility(
            read(where=(0.0, -80.0)), Seen(0.0, -80.0 + kilometers / 111.195, when)
        )
        return found.weight if found else 0.0

    near, far = sorted((one, other))
    assert weight(far) <= weight(near)
    if near * 3600 <= FASTEST * apart:
        assert weight(near) == 0


# --- cameras ---

TODAY = date(2026, 11, 21)
DAY = timedelta(days=1)


def days(camera: str, misread: int, right: int, *, end: date = TODAY) -> list[Day]:
    """So many hits, one a day up to `end`, the misread ones last in the past."""
    return [Day(camera, end - n * DAY, 1, int(n < misread)) for n in range(misread + right)]


@st.composite
def histories(draw: st.DrawFn) -> list[Day]:
    """Any days of three cameras, each day of each at most once."""
    ages = st.integers(-3, 700)
    keys = draw(st.sets(st.tuples(st.sampled_from("abc"), ages), max_size=80))
    found = []
    for camera, age in sorted(keys):
        judged = draw(st.integers(1, 30))
        found.append(Day(camera, TODAY - age * DAY, judged, draw(st.integers(0, judged))))
    return found


@given(histories())
def test_a_factor_is_bounded_and_the_order_of_days_says_nothing(many: list[Day]) -> None:
    found = learned(many, TODAY)
    assert all(0 < abs(value) <= MOST for value in found.factors.values())
    assert all(found.counted[camera].judged > IGNORED for camera in found.factors)
    again = learned(many[::-1], TODAY)
    for camera in "abc":
        ours, theirs = found.factors.get(camera, 0.0), again.factors.get(camera, 0.0)
        assert theirs == pytest.approx(ours, abs=1e-9)


@given(histories(), st.integers(1, 500), st.booleans())
def test_one_odd_day_moves_a_camera_by_little_however_many_hits_it_brings(
    many: list[Day], hits: int, misread: bool
) -> None:
    before = [one for one in many if one.day < TODAY]
    odd = Day("a", TODAY, hits, hits if misread else 0)
    was, now = learned(before, TODAY), learned([*before, odd], TODAY)
    usual = now.usual["a"]
    # Three hits against a prior of 50, and what they add while a new camera comes in.
    step = log(1 + A_DAY / (PRIOR * usual)) if misread else log(1 + A_DAY / PRIOR)
    ramp = A_DAY / IGNORED * MOST
    assert abs(now.factors.get("a", 0.0) - was.factors.get("a", 0.0)) <= step + ramp + 1e-9
    for other in "bc":  # and what the others are compared with moves less
        moved = now.factors.get(other, 0.0) - was.factors.get(other, 0.0)
        assert abs(moved) <= log(1 + A_DAY / (PRIOR * USUAL)) + 1e-9


def test_one_odd_day_of_20_misreads_makes_an_ordinary_camera_at_most_half_again_as_bad() -> None:
    ordinary = days("a", 5, 60, end=TODAY - DAY)
    was = learned(ordinary, TODAY).factors.get("a", 0.0)
    now = learned([*ordinary, Day("a", TODAY, 20, 20)], TODAY).factors["a"]
    assert abs(was) < 0.15
    assert 0.1 < now - was < log(1.5)


def test_an_odd_day_alone_says_nothing_of_a_new_camera() -> None:
    assert learned([Day("a", TODAY, 500, 500)], TODAY).factors == {}


def test_a_camera_that_misreads_much_is_learned_slowly_and_up_to_three_times() -> None:
    others = days("b", 8, 96)
    some = [learned([*others, *days("a", n, n)], TODAY).factors.get("a", 0.0) for n in range(60)]
    assert some[:6] == [0.0] * 6  # up to 10 judged hits
    assert all(one <= two + 1e-9 for one, two in pairwise(some[:40]))
    assert 0.5 < some[12] < MOST
    assert max(some) == pytest.approx(MOST)


def test_what_all_cameras_do_alike_is_no_fault_of_one() -> None:
    found = learned([one for c in "abcdef" for one in days(c, 20, 40)], TODAY)
    alone = factor(Counted(60, 20), USUAL)
    assert alone > 0.8
    assert all(abs(found.factors[c]) < 0.35 for c in "abcdef")


def test_a_hit_halves_in_90_days_and_is_forgotten_after_540() -> None:
    old = [Day("a", TODAY - HALVES * DAY, 1, 1), Day("a", TODAY - (FORGOTTEN + 1) * DAY, 1, 1)]
    assert learned(old, TODAY).counted["a"] == Counted(0.5, 0.5)
    many = days("a", 30, 30)
    assert learned(many, TODAY).factors["a"] > 0.5
    assert learned(many, TODAY + 5 * HALVES * DAY).factors == {}


def test_a_day_of_the_future_counts_as_today() -> None:
    assert learned([Day("a", TODAY + 900 * DAY, 1, 1)], TODAY).counted["a"].judged == 1.0


@given(st.floats(0, 1e6), st.floats(0, 1), st.floats(0.001, 0.9))
def test_the_factor_alone_is_bounded_for_any_counts(
    judged: float, part: float, usual: float
) -> None:
    value = factor(Counted(judged, judged * part), usual)
    assert abs(value) <= MOST
    assert judged > IGNORED or value == 0
    assert words(value).startswith("misreads ")


def test_the_factor_in_words() -> None:
    assert words(log(2.1)) == "misreads 2.1 times as often as usual"
    assert words(0.0) == "misreads about as often as usual"


# --- markers ---

PLATES = st.text("ABC8D0123", min_size=1, max_size=7)
TIERS = st.sampled_from(["exact", "exact-conflict", "fuzzy", "fuzzy-conflict", "pattern",
                         "description"])  # fmt: skip


def match(
    plate: str, reading: str, tier: Tier = "fuzzy", pattern: str = "", first: str = ""
) -> Match:
    entry = Entry(
        entry_id=UUID(int=7), agency="KS0190100", source="s", category="stolen-vehicle",
        priority=2, plate=plate, state="KS", pattern=pattern,
    )  # fmt: skip
    evidence = Evidence(reading=reading, tier=tier, score=1.0, threshold=0.0, features=())
    return Match(
        read=read(first or reading), entry=entry, evidence=evidence, generation=1, source_name="s",
        list_refreshed_at=NOW, matched_at=NOW, target=target_id("KS0190100", plate, "KS"),
    )  # fmt: skip


def test_a_misread_one_character_off_is_marked_by_the_text_that_matched() -> None:
    assert text_to_mark(match("ABC123", "8BC123")) == ("8BC123", "")
    assert text_to_mark(match("ABC123", "8BC123", first="8BC128")) == ("8BC123", "")


def test_no_marker_of_the_wanted_plate_itself_a_pattern_or_a_description() -> None:
    assert text_to_mark(match("ABC123", "ABC123", "exact")) == ("", EXACT)
    assert text_to_mark(match("ABC123", "ABC123", "exact-conflict")) == ("", EXACT)
    assert text_to_mark(match("ABC123", "ABC123", first="8BC123")) == ("", EXACT)
    assert text_to_mark(match("", "ABX123", "pattern", "AB?123")) == ("", PATTERN)
    assert text_to_mark(match("", "ABX123", "description")) == ("", NO_PLATE)


def test_a_marker_holds_back_its_text_for_its_target_until_its_time_is_over() -> None:
    same = match("ABC123", "8BC123")
    until = NOW + timedelta(days=90)
    marked = {(same.wanted, "8BC123"): until}
    assert held_back(same, marked, NOW)
    assert held_back(match("ABC123", "A8C123", first="8BC123"), marked, NOW)
    assert not held_back(same, marked, until)
    assert not held_back(same, {}, NOW)
    assert not held_back(match("ABC123", "ABC128"), marked, NOW)
    assert not held_back(match("ABC128", "8BC123"), marked, NOW)  # another vehicle, the same text
    assert not held_back(match("ABC123", "ABC123", first="8BC123"), marked, NOW)


@given(PLATES, PLATES, PLATES, TIERS, st.sets(st.tuples(PLATES, PLATES), max_size=12))
def test_no_marker_ever_hides_the_wanted_plate_or_another_target(
    plate: str, reading: str, first: str, tier: Tier, made: set[tuple[str, str]]
) -> None:
    one = match(plate, reading, tier, first=first)
    until = NOW + timedelta(days=1)
    everything = {(target_id("KS0190100", p, "KS"), text): until for p, text in made}
    everything[one.wanted, reading] = until
    everything[one.wanted, first] = until
    held = held_back(one, everything, NOW)
    assert held == (reading != plate and tier not in ("pattern", "description"))
    others = {key: until for key in everything if key[0] != one.wanted}
    assert not held_back(one, others, NOW)


def test_a_marker_s_id_is_of_its_agency_target_and_text() -> None:
    target = uuid4()
    assert marker_id("A", target, "X") == marker_id("A", target, "X")
    different = {
        marker_id("A", target, "X"), marker_id("B", target, "X"),
        marker_id("A", target, "Y"), marker_id("A", uuid4(), "X"),
    }  # fmt: skip
    assert len(different) == 4
