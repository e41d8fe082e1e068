"""Partial plates through judge and engine: a look-alike is weighed, told, and held to a budget."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from domain.vehicle import Guess
from matchers import telling
from matchers.engine import match
from matchers.evidence import Difference, Evidence
from matchers.judging import explain, judge
from matchers.partial_plates import placements
from matchers.scales import Scales
from matchers.tally import Tally
from matchers.thresholds import Thresholds
from matchers.watch import Memory, Watch
from tests.unit.test_match_engine import NOW, entry, feature, one, read, seen, watch

WANTED = entry("", pattern="51?RB*", state="KS", priority=2)
MISREAD = read("51BR8A", state="KS", confidence=0.8)


def loose(limit: float = -30.0) -> Watch:
    return replace(watch([WANTED]), thresholds=Thresholds(standard=limit))


def weighed(text: str = "51BR8A", pattern: str = "51?RB*", **fields: object) -> Evidence:
    seen_so = msgspec.structs.replace(read(text, state="KS"), **fields)
    found = explain(seen_so, entry("", pattern=pattern), Scales())
    assert found is not None
    return found


def test_a_witness_partial_plate_is_found_when_the_camera_misread_a_known_character() -> None:
    evidence = one(match([MISREAD], loose(), NOW))
    assert (evidence.tier, evidence.reading) == ("fuzzy", "51BR8A")
    assert evidence.differences == (Difference(read_at=4, entry_at=4, read="8", entry="B"),)
    assert feature(evidence, "look-alike").words == "Camera mixes 8 and B"
    said = "The rest fits the partial plate 51?RB*: 3 of its 4 known characters agree"
    assert feature(evidence, "plate").words == said
    assert feature(evidence, "plate").verdict == "differs"
    assert evidence.score == pytest.approx(sum(f.weight for f in evidence.features), abs=1e-3)
    assert telling.outcome(evidence) == "Asks a person, as fuzzy: perhaps a misread of the plate"
    assert telling.needed(evidence) == "-30.00"


def test_it_asks_when_it_reaches_the_threshold_of_its_priority_and_not_below() -> None:
    score = one(match([MISREAD], loose(), NOW)).score
    at = replace(loose(), thresholds=Thresholds({2: score}, standard=90))
    assert one(match([MISREAD], at, NOW)).threshold == score
    above = replace(loose(), thresholds=Thresholds({2: score + 0.001}, standard=-90))
    assert match([MISREAD], above, NOW) == []


def test_a_text_that_fits_asks_whatever_the_threshold_is() -> None:
    for pattern in ("51?RB*", "51B*", "518??A"):
        read_right = read("51BRBA" if pattern != "518??A" else "5188BA", state="KS")
        high = replace(
            watch([entry("", pattern=pattern, state="KS")]), thresholds=Thresholds(standard=90)
        )
        evidence = one(match([read_right], high, NOW))
        assert (evidence.tier, evidence.differences) == ("pattern", ())


def test_it_is_in_the_count_that_thresholds_are_made_of_and_an_exact_fit_is_not() -> None:
    looks = entry("", pattern="51?RB*", state="KS", make="FORD", color="YEL", style="PK")
    high = replace(watch([looks]), thresholds=Thresholds(standard=90))
    ford = seen(make="Ford", color="yellow", body="Truck")
    tally = Tally()
    assert match([read("51BR8A", state="KS", vehicle=ford)], high, NOW, tally) == []
    assert int(tally.counts.sum()) == int(tally.counts[1].sum()) == 1  # priority 2
    assert len(match([read("51BRBA", state="KS", vehicle=ford)], high, NOW, tally)) == 1
    assert (tally.read_count, int(tally.counts.sum())) == (2, 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"vehicle": seen(make="Kia")},
        {"vehicle": seen(body="motorcycle")},
        {"state": "TX", "state_confidence": 0.9},
    ],
)
def test_any_contradiction_drops_it(fields: dict[str, object]) -> None:
    wanted = entry("", pattern="51?RB*", state="KS", make="FORD", style="PK")
    against = replace(watch([wanted]), thresholds=Thresholds(standard=-90))
    near = msgspec.structs.replace(read("51BR8A", state="KS"), **fields)
    assert match([near], against, NOW) == []
    assert explain(near, wanted, Scales()) is None
    assert "near to the partial plate, but something contradicts" in telling.why_none(near, wanted)
    agreeing = read("51BR8A", state="KS", vehicle=seen(make="Ford", body="Truck"))
    assert one(match([agreeing], against, NOW)).tier == "fuzzy"


def test_two_look_alikes_or_too_little_known_is_nothing() -> None:
    scales = Scales(thresholds=Thresholds(standard=-90))
    assert judge(read("51BR8A"), entry("", pattern="51?RBA"), scales) is not None
    assert judge(read("SIBR8A"), entry("", pattern="51?RBA"), scales) is None
    assert judge(read("51BR8"), entry("", pattern="5*RB"), scales) is None
    assert "nor is near to it" in telling.why_none(read("51BR8"), entry("", pattern="5*RB"))


def test_a_common_mix_up_weighs_more_than_a_rare_one_and_less_than_none() -> None:
    common, rare = weighed("51BR8A"), weighed("51BR3A")
    assert feature(common, "look-alike").weight > feature(rare, "look-alike").weight
    assert feature(rare, "look-alike").words == "3 was read for B"
    assert common.score > rare.score


def test_more_that_agrees_is_more_and_a_text_that_fits_in_many_places_is_less() -> None:
    more, less = weighed("518R8A", "518RB*"), weighed("518R8A", "51?RB*")
    assert more.score > less.score > weighed("518R8A", "*51?RB*").score
    assert placements("51?RB*", 6) == placements("*51?RB*", 5) == 1
    assert placements("*5*RB?*", 7) == 10  # 4 characters that nobody knows, 3 of them shared out
    assert placements("*5*RB*", 5) == 6
    spread = weighed(pattern="*5*1*RB*")
    assert "in one of the 10 places where they may lie" in feature(spread, "plate").words


def test_a_character_that_the_camera_doubted_is_the_misread_one() -> None:
    sure = (0.99, 0.99, 0.99, 0.99, 0.99, 0.99)
    doubted = weighed(character_confidences=(*sure[:4], 0.3, 0.99))
    certain = weighed(character_confidences=sure)
    assert doubted.score > certain.score
    assert feature(doubted, "look-alike").words == "Camera mixes 8 and B; it was 30% sure of it"


def test_a_camera_that_errs_often_and_an_unsure_text_weigh_more() -> None:
    wanted = entry("", pattern="51?RB*")
    often = Scales(memory=Memory(cameras={"cam-1": 1.0}))
    usual = explain(read("51BR8A"), wanted, Scales())
    there = explain(read("51BR8A"), wanted, often)
    assert usual is not None
    assert there is not None
    assert there.score == pytest.approx(usual.score + 1.0, abs=1e-3)
    assert weighed(confidence=0.4).score > weighed(confidence=0.99).score


def test_a_later_text_that_fits_wins_over_a_first_one_that_is_near() -> None:
    offered = read("51BR8A", candidates=(Guess("51BRBA", 0.2),))
    evidence = explain(offered, entry("", pattern="51?RB*"), Scales())
    assert evidence is not None
    assert (evidence.tier, evidence.reading) == ("pattern", "51BRBA")


def test_a_later_text_that_is_near_counts_less_than_a_first_one() -> None:
    offered = read("XXXXXX", candidates=(Guess("51BR8A", 0.3),))
    evidence = explain(offered, entry("", pattern="51?RB*"), Scales())
    assert evidence is not None
    assert (evidence.tier, evidence.reading) == ("fuzzy", "51BR8A")
    assert "choice number 2" in feature(evidence, "camera confidence").words
    assert feature(evidence, "camera confidence").weight < 0


def test_a_clean_exact_reading_of_another_wanted_plate_explains_it_away() -> None:
    both = replace(
        watch([WANTED, entry("51BR8A", number=2, state="KS")]),
        thresholds=Thresholds(standard=-90),
    )
    assert [m.evidence.tier for m in match([MISREAD], both, NOW)] == ["exact"]


def test_a_rejected_misread_asks_no_more_and_a_text_that_fits_still_does() -> None:
    (found,) = match([MISREAD], loose(), NOW)
    assert found.wanted == WANTED.entry_id
    marked = {(found.wanted, text): NOW + timedelta(days=1) for text in ("51BR8A", "51BRBA")}
    held = replace(loose(), memory=Memory(misreads=marked))
    assert match([MISREAD], held, NOW) == []
    right = read("51BRBA", state="KS")
    assert one(match([right], held, NOW)).tier == "pattern"
    others = {(UUID(int=99), "51BR8A"): NOW + timedelta(days=1)}
    assert match([MISREAD], replace(loose(), memory=Memory(misreads=others)), NOW) == [found]
