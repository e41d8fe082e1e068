"""The matcher: documented facts, the five known false stops, and a slow reference beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from domain.entry import Entry
from domain.ids import target_id
from domain.read import Read
from domain.vehicle import Guess, VehicleSeen
from matchers import weights
from matchers.characters import CODE
from matchers.confusion import standard
from matchers.engine import match
from matchers.evidence import Evidence, Feature
from matchers.index import Index
from matchers.judging import explain
from matchers.scales import Scales
from matchers.thresholds import Thresholds
from matchers.watch import Generation, Match, Memory, Watch
from matchers.wild import Patterns

AGENCY = "KS0190100"
NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)


def entry(plate: str = "ABC123", number: int = 1, **fields: object) -> Entry:
    known: dict[str, object] = {
        "entry_id": UUID(int=number), "agency": AGENCY, "source": "s1",
        "category": "stolen-vehicle", "priority": 2, "plate": plate,
    }  # fmt: skip
    return Entry(**(known | fields))  # type: ignore[arg-type]


def read(plate: str = "ABC123", number: int = 1, **fields: object) -> Read:
    known: dict[str, object] = {
        "read_id": UUID(int=number), "agency": AGENCY, "camera": "cam-1", "seen_at": NOW,
        "received_at": NOW, "plate": plate, "plate_raw": plate.lower(),
    }  # fmt: skip
    return Read(**(known | fields))  # type: ignore[arg-type]


def seen(**words: str) -> VehicleSeen:
    return VehicleSeen(**{k: (Guess(v, 0.9),) for k, v in words.items()})  # type: ignore[arg-type]


def watch(*lists: Sequence[Entry], timezone: str = "UTC") -> Watch:
    generations = {
        f"s{n}": layer_of(entries, 7 + n, f"s{n}", f"List {n}")
        for n, entries in enumerate(lists, start=1)
    }
    return Watch(AGENCY, generations, timezone=timezone)


def layer_of(entries: Sequence[Entry], number: int, source: str, name: str) -> Generation:
    patterns = Patterns([(n, e.pattern) for n, e in enumerate(entries) if e.pattern])
    described = [n for n, e in enumerate(entries) if not e.plate and not e.pattern]
    index = Index.build(entries)
    return Generation(number, source, name, AGENCY, NOW, entries, index, patterns, described)


def one(found: list[Match]) -> Evidence:
    assert len(found) == 1
    return found[0].evidence


def feature(evidence: Evidence, name: str) -> Feature:
    return next(f for f in evidence.features if f.name == name)


# --- Genetec Security Center Administrator Guide: one OCR equivalent allowed ---


@pytest.mark.parametrize("plate", ["ABC123", "A8C123", "ABC1Z3", "ABCI23"])
def test_the_documented_examples_with_one_equivalent_hit(plate: str) -> None:
    evidence = one(match([read("ABC123")], loose([entry(plate)]), NOW))
    assert evidence.tier == ("exact" if plate == "ABC123" else "fuzzy")
    assert len(evidence.differences) == (0 if plate == "ABC123" else 1)


def test_the_documented_example_with_three_equivalents_does_not_hit() -> None:
    assert match([read("ABC123")], watch([entry("A8CIZ3")]), NOW) == []


def test_a_read_of_8_for_b_hits_and_says_so() -> None:
    evidence = one(match([read("A8C123")], watch([entry("ABC123")]), NOW))
    assert feature(evidence, "look-alike").words == "Camera mixes 8 and B"
    assert feature(evidence, "plate").words == "5 of 6 characters agree"
    (difference,) = evidence.differences
    assert (difference.read_at, difference.read, difference.entry) == (1, "8", "B")


# --- the rules ---


@pytest.mark.parametrize("state", ["AM", "MX", "ON", "KS", "ZZ"])
def test_a_near_text_of_a_state_of_any_kind_is_found_as_the_judge_finds_it(state: str) -> None:
    listed, near = entry("ZAX1203", state=state), read("ZAX1230", state=state)
    against = loose([listed])
    expected = explain(near, listed, Scales.of(against))
    assert expected is not None
    assert one(match([near], against, NOW)) == expected
    # Two plates of a state whose size nobody knows are no evidence; nor is a code of no state.
    assert (feature(expected, "state").weight > 0) is (state in {"ON", "KS"})
    said = feature(expected, "before looking").words
    assert ("of them from" in said) is (state in {"ON", "KS"})


def test_a_code_that_is_no_state_contradicts_nothing_and_drops_no_partial_plate() -> None:
    for listed in (entry(state="KS"), entry("", pattern="ABC*", state="KS")):
        evidence = one(match([read(state="XX")], watch([listed]), NOW))
        assert evidence.tier in {"exact", "pattern"}
        assert feature(evidence, "state").verdict == "no answer"
        assert feature(evidence, "state").weight == 0


def test_a_color_of_three_is_weighed_by_its_first_two_by_engine_and_judge_alike() -> None:
    listed = entry(state="KS", color="BLK/WHI/RED")
    blue = read("A8C123", state="KS", vehicle=seen(color="white"))
    expected = explain(blue, listed, Scales.of(loose([listed])))
    assert expected is not None
    limit = Thresholds(standard=expected.score)
    assert (
        one(match([blue], replace(watch([listed]), thresholds=limit), NOW)).score == limit.standard
    )
    two = feature(one(match([read(vehicle=blue.vehicle)], watch([listed]), NOW)), "color")
    assert two.expected == "Black or White"


def test_no_other_text_of_the_camera_takes_an_exact_reading_away() -> None:
    """Not even with a table by which the plate is shown wrong more often than right."""
    table = standard()
    shown = table.shown.copy()
    shown[CODE["O"], CODE["0"]], shown[CODE["O"], CODE["O"]] = -0.1, -3.0
    scales = Scales(table=replace(table, shown=shown))
    both = read("OOO123", confidence=0.01, candidates=(Guess("000123", 0.9),))
    evidence = explain(both, entry("OOO123"), scales)
    assert evidence is not None
    assert (evidence.tier, evidence.reading) == ("exact", "OOO123")


def test_an_exact_text_is_never_lost_whatever_contradicts_it() -> None:
    against = entry("A1", state="MT", style="MC", make="HD", color="BLK", plate_type="MC")
    other = read(
        "A1", state="CO", state_confidence=1.0, confidence=0.01,
        vehicle=seen(make="Toyota", color="white", body="van", plate_type="passenger"),
    )  # fmt: skip
    evidence = one(match([other], watch([against]), NOW))
    assert evidence.tier == "exact-conflict"
    assert evidence.score >= evidence.threshold


def test_the_threshold_of_an_exact_text_is_out_of_reach_of_everything_against_it() -> None:
    evidence = one(match([read("A1")], watch([entry("A1", state="MT")]), NOW))
    assert evidence.threshold == weights.NEVER_HELD_BACK


def test_one_apart_in_another_state_counts_less_the_surer_the_state_was_read() -> None:
    listed = entry("ABC123", state="KS")
    scores = [
        one(match([read("A8C123", state="CO", state_confidence=sure)], loose([listed]), NOW)).score
        for sure in (0.97, None, 0.5, 0.179)
    ]
    assert scores == sorted(scores)
    assert scores[-1] > scores[0] + 3


def test_a_state_read_with_little_confidence_is_no_contradiction() -> None:
    unsure = read(state="CA", state_confidence=0.179)
    evidence = one(match([unsure], watch([entry(state="KS")]), NOW))
    assert evidence.tier == "exact"
    assert feature(evidence, "state").verdict == "differs"
    assert -0.3 < feature(evidence, "state").weight < 0


def test_one_apart_is_dropped_when_the_vehicle_contradicts() -> None:
    listed = entry("8BC123", state="KS", make="TOYT", style="4D", color="SIL")
    same = seen(make="Toyota", body="Sedan", color="silver")
    fits = read("BBC123", state="KS", vehicle=same)
    assert one(match([fits], watch([listed]), NOW)).tier == "fuzzy"
    van = read("BBC123", state="KS", vehicle=seen(make="Ford", body="Van", color="red"))
    assert match([van], watch([listed]), NOW) == []


def test_a_dropped_an_added_and_a_swapped_character_are_found_and_marked() -> None:
    listed = entry("123ABC", state="KS", make="TOYT", color="SIL")
    for text, name, words in (
        ("23ABC", "dropped", "1 of the plate was not read"),
        ("1123ABC", "added", "1 was read where the plate has nothing"),
        ("12A3BC", "swapped", "3A was read in turned order"),
    ):
        near = read(text, state="KS", vehicle=seen(make="Toyota", color="silver"))
        evidence = one(match([near], loose([listed]), NOW))
        assert evidence.tier == "fuzzy"
        assert feature(evidence, name).words == words


@pytest.mark.parametrize(
    ("text", "words", "at", "lost"),
    [
        ("3C4D5", "The first two characters, 7A, were not read", (0, 0), "7A"),
        ("7A3C4", "The last two characters, D5, were not read", (5, 5), "D5"),
    ],
)
def test_two_characters_cut_from_an_end_are_found_and_marked(
    text: str, words: str, at: tuple[int, int], lost: str
) -> None:
    listed = entry("7A3C4D5", state="KS", make="TOYT", color="SIL")
    near = read(text, state="KS", vehicle=seen(make="Toyota", color="silver"))
    evidence = one(match([near], loose([listed]), NOW))
    assert evidence.tier == "fuzzy"
    assert feature(evidence, "cut").words == words
    assert feature(evidence, "plate").words == "5 of 7 characters agree"
    assert all(f.name != "several mistakes" for f in evidence.features)
    places = [(d.read_at, d.entry_at, d.read, d.entry) for d in evidence.differences]
    assert places == [(at[0], at[1], "", lost[0]), (at[0], at[1] + 1, "", lost[1])]
    assert evidence == explain(near, listed, Scales.of(loose([listed])))
    dropped = one(match([read("7A3C4D", state="KS", vehicle=near.vehicle)], loose([listed]), NOW))
    assert evidence.score < dropped.score


@pytest.mark.parametrize("text", ["X3C4D5", "7A3C4X"])
def test_one_character_in_place_of_two_at_an_end_is_a_drop_beside_another(text: str) -> None:
    listed = entry("7A3C4D5", state="KS", make="TOYT", color="SIL")
    near = read(text, state="KS", vehicle=seen(make="Toyota", color="silver"))
    evidence = one(match([near], loose([listed]), NOW))
    names = [f.name for f in evidence.features]
    assert sorted(names[1:4]) == ["dropped", "look-alike", "several mistakes"]
    assert len(evidence.differences) == 2
    assert evidence == explain(near, listed, Scales.of(loose([listed])))


@pytest.mark.parametrize("text", ["C4D5", "7A3C", "A3C4D", "7AXC4D", "XY3C4D5", "7A3C4D578"])
def test_no_more_is_cut_and_nothing_from_both_ends(text: str) -> None:
    assert match([read(text)], loose([entry("7A3C4D5")]), NOW) == []


def test_several_mistakes_are_told_beside_each_of_them() -> None:
    listed = entry("8B21ABC", state="KS")
    first, second, third = (
        one(match([read(text, state="KS")], loose([listed]), NOW))
        for text in ("8B21A8C", "8B2IA8C", "882IA8C")
    )
    assert all(f.name != "several mistakes" for f in first.features)
    told = feature(second, "several mistakes")
    assert told.words == ("2 mistakes in one text: a picture that spoils one often spoils more")
    assert (told.weight, told.verdict) == (weights.SEVERAL[2], "no answer")
    assert feature(third, "several mistakes").weight == weights.SEVERAL[3]
    assert third.score == pytest.approx(sum(f.weight for f in third.features), abs=1e-3)


def loose(listed: Sequence[Entry]) -> Watch:
    """A watch that shows also what is unlikely."""
    return replace(watch(listed), thresholds=Thresholds(standard=-10))


def test_characters_that_the_camera_doubted_count_more_than_those_it_was_sure_of() -> None:
    listed = entry("123ABC", state="KS")
    sure = (0.99, 0.99, 0.99, 0.99, 0.99, 0.99)
    doubted = (0.99, 0.99, 0.99, 0.99, 0.4, 0.99)
    scores = [
        one(match([read("123A8C", state="KS", character_confidences=c)], loose([listed]), NOW))
        for c in (sure, doubted)
    ]
    assert scores[0].score < scores[1].score
    assert feature(scores[1], "look-alike").words == "Camera mixes 8 and B; it was 40% sure of it"


def test_a_longer_list_asks_for_more() -> None:
    near = read("A8C123", state="KS", vehicle=seen(make="Toyota"))
    listed = entry("ABC123", state="KS", make="TOYT")
    few = one(match([near], loose([listed]), NOW))
    others = [entry(f"{n:06}", n, state="KS") for n in range(2, 5000)]
    many = one(match([near], loose([listed, *others]), NOW))
    assert many.score < few.score - 1


def test_the_thresholds_are_by_priority() -> None:
    near = read("A8C123", state="KS", vehicle=seen(make="Toyota"))
    listed = [entry("ABC123", n, state="KS", make="TOYT", priority=n) for n in (1, 2)]
    score = one(match([near], loose(listed[:1]), NOW)).score
    limits = Thresholds(by_priority={1: score - 0.1, 2: score + 0.1})
    for wanted, hit in zip(listed, (True, False), strict=True):
        against = replace(watch([wanted]), thresholds=limits)
        assert bool(match([near], against, NOW)) is hit


def test_what_was_rejected_as_a_misread_does_not_ask_again_but_the_plate_itself_does() -> None:
    listed = entry("ABC123", state="KS")
    marked = Memory(
        misreads={(target_id(AGENCY, "ABC123", "KS"), "A8C123"): NOW + timedelta(days=1)}
    )
    against = replace(loose([listed]), memory=marked)
    assert match([read("A8C123", state="KS")], against, NOW) == []
    assert one(match([read("ABCI23", state="KS")], against, NOW)).tier == "fuzzy"
    assert one(match([read("ABC123", state="KS")], against, NOW)).tier == "exact"
    later = NOW + timedelta(days=2)
    assert one(match([read("A8C123", state="KS")], against, later)).tier == "fuzzy"


def test_another_candidate_of_the_camera_matches_but_is_never_a_clean_hit() -> None:
    offered = read("ABC128", candidates=(Guess("ABC123", 0.4), Guess("A8C123", 0.1)))
    evidence = one(match([offered], watch([entry()]), NOW))
    assert (evidence.reading, evidence.tier) == ("ABC123", "fuzzy")
    assert "the first was ABC128" in feature(evidence, "camera confidence").words


def test_one_read_and_one_entry_give_one_match_of_the_best_reading() -> None:
    several = read("A8C123", candidates=(Guess("ABC123", 0.2), Guess("ABCI23", None)))
    assert one(match([several], watch([entry()]), NOW)).reading == "ABC123"
    exact = read("ABC123", confidence=0.1, candidates=(Guess("A8C123", 0.9),))
    assert one(match([exact], watch([entry()]), NOW)).tier == "exact"


def test_expiry_is_a_day_of_the_agency_s_calendar() -> None:
    late_evening = read(seen_at=datetime(2026, 11, 21, 3, 0, tzinfo=UTC))  # 21:00 in Kansas
    listed = [entry(expires_on=date(2026, 11, 20))]
    assert match([late_evening], watch(listed), NOW) == []
    assert match([late_evening], watch(listed, timezone="America/Chicago"), NOW)


def test_several_lists_and_twins_are_one_match_that_names_all_who_want_the_vehicle() -> None:
    first = [entry(number=1), entry(number=2, priority=1)]
    second = [entry(number=3, source="s2")]
    found = match([read(number=1), read("XYZ", 2), read(number=3)], watch(first, second), NOW)
    ids = [(m.read.read_id.int, [h.entry.entry_id.int for h in m.holders]) for m in found]
    assert ids == [(1, [2, 1, 3]), (3, [2, 1, 3])]
    assert [h.generation for h in found[0].holders] == [8, 8, 9]
    assert found[0].target == found[1].target == target_id(AGENCY, "ABC123", "")


def test_the_same_plate_of_two_states_is_two_vehicles() -> None:
    listed = [entry(number=1, state="KS"), entry(number=2, state="MO"), entry(number=3)]
    found = match([read()], watch(listed), NOW)
    assert [[h.entry.entry_id.int for h in m.holders] for m in found] == [[1], [2], [3]]
    found = match([read()], watch([listed[0], listed[2]]), NOW)
    assert [[h.entry.entry_id.int for h in m.holders] for m in found] == [[1, 3]]
    assert found[0].target == target_id(AGENCY, "ABC123", "KS")


def test_what_is_withdrawn_does_not_match_and_what_is_added_does() -> None:
    below = watch([entry(number=1), entry("XYZ777", number=2)])
    more = [entry("NEW111", number=3)]
    layer = layer_of(more, 8, "s1", "List 1")
    changed = overlaid(below, {"s1": layer}, frozenset({UUID(int=1)}), 41)
    batch = [read("ABC123", 1), read("XYZ777", 2), read("NEW111", 3)]
    found = match(batch, changed, NOW)
    assert [(m.entry.plate, m.generation, m.change) for m in found] == [
        ("XYZ777", 8, 41), ("NEW111", 8, 41),
    ]  # fmt: skip


def test_an_entry_holds_from_its_beginning_to_its_moment() -> None:
    hour = timedelta(hours=1)
    listed = [
        entry("AAA111", 1, since=NOW + hour), entry("BBB111", 2, since=NOW, expires_at=NOW + hour),
        entry("CCC111", 3, expires_at=NOW),
    ]  # fmt: skip
    batch = [read(e.plate, n) for n, e in enumerate(listed)]
    assert [m.entry.plate for m in match(batch, watch(listed), NOW)] == ["BBB111"]


def overlaid(
    below: Watch, added: dict[str, Generation], withdrawn: frozenset[UUID], change: int
) -> Watch:
    return Watch(AGENCY, below.generations, added, withdrawn, change, below.timezone)


def test_the_plate_recognizer_sample_s_description_reads_as_words() -> None:
    porsche = VehicleSeen(
        make=(Guess("Porsche", 0.43), Guess("Porsche", 0.2), Guess("Porsche", 0.07)),
        color=(Guess("red", 0.699), Guess("black", 0.134), Guess("blue", 0.03)),
        body=(Guess("Sedan", 0.709),),
    )
    listed = entry("PL8REC", make="PORS", color="BLU", style="2D", state="KS")
    seen_it = read("PL8REC", state="CA", state_confidence=0.179, confidence=0.902, vehicle=porsche)
    evidence = one(match([seen_it], watch([listed]), NOW))
    assert feature(evidence, "make").words == "Porsche"
    assert feature(evidence, "color").words == "Red, not blue, but the camera was unsure (70%)"
    assert feature(evidence, "body").words == "Sedan, which fits two-door"
    assert evidence.tier == "exact"


@pytest.mark.parametrize(
    ("fields", "vehicle", "name", "verdict", "words"),
    [
        ({"color": "BLU"}, {"color": "silver"},
         "color", "conflict", "Silver, not blue"),
        ({"color": "SIL"}, {"color": "grey"},
         "color", "differs", "Gray; silver expected: often mixed up"),
        ({"color": "BLK/WHI"}, {"color": "white"},
         "color", "agrees", "White"),
        ({"color": "MUL/COL"}, {"color": "red"},
         "color", "no answer", "Red; multicolored expected: it says nothing"),
        ({"color": "BLU"}, {},
         "color", "no answer", "Camera did not say the color, blue expected"),
        ({}, {"color": "red"},
         "color", "no answer", "Red; the entry has no color"),
        ({"make": "CHEV"}, {"make": "GMC"},
         "make", "differs", "GMC; Chevrolet expected: often mixed up"),
        ({"make": "ZZZZ"}, {"make": "Ford"}, "make", "no answer",
         "Entry says ZZZZ, camera saw Ford: not comparable, a word is not in the table"),
        ({"style": "VN"}, {"body": "suv-standard"},
         "body", "differs", "SUV; van expected: often mixed up"),
        ({"style": "4D"}, {"body": "SUV"},
         "body", "agrees", "SUV, which fits four-door"),
        ({"plate_type": "PC"}, {"plate_type": "TK"},
         "plate type", "differs", "Truck; passenger expected: often mixed up"),
    ],
)  # fmt: skip
def test_the_description_speaks_in_words(
    fields: dict[str, str], vehicle: dict[str, str], name: str, verdict: str, words: str
) -> None:
    listed = entry(**fields)  # type: ignore[arg-type]
    evidence = one(match([read(vehicle=seen(**vehicle))], watch([listed]), NOW))
    assert feature(evidence, name).verdict == verdict
    assert feature(evidence, name).words == words


def test_no_words_say_nothing_beside_a_weight_nor_unsure_of_a_sure_camera() -> None:
    many = (Guess("multicolored", 0.6), Guess("teal", 0.3))
    color = VehicleSeen(color=many)
    found = feature(one(match([read(vehicle=color)], watch([entry(color="TEA")]), NOW)), "color")
    assert found.weight > 1
    assert found.words == "Multicolored; teal expected: its other guesses decide"
    cab = VehicleSeen(plate_type=(Guess("cab", 0.9), Guess("semitruck", 0.08)))
    listed = entry(plate_type="TR")
    found = feature(one(match([read(vehicle=cab)], watch([listed]), NOW)), "plate type")
    assert found.weight > 0
    assert found.words == "Entry says semitruck, camera saw cab, but its other guesses allow it"


def test_an_unsure_camera_does_not_contradict() -> None:
    guess = VehicleSeen(color=(Guess("red", 0.4), Guess("green", 0.05)))
    evidence = one(match([read(vehicle=guess)], watch([entry(color="BLU")]), NOW))
    assert evidence.tier == "exact"
    assert -1 < feature(evidence, "color").weight < 0


def test_the_score_is_the_sum_of_what_is_shown() -> None:
    listed = entry(state="KS", make="TOYT", color="SIL", style="LL")
    found = match([read("A8C123", state="KS", vehicle=seen(make="Toyota"))], watch([listed]), NOW)
    evidence = one(found)
    assert evidence.score == pytest.approx(sum(f.weight for f in evidence.features), abs=0.001)
    assert msgspec.json.decode(msgspec.json.encode(found[0]), type=Match) == found[0]


def test_a_read_of_another_agency_is_refused() -> None:
    with pytest.raises(ValueError, match="TX2270000"):
        match([read(agency="TX2270000")], watch([entry()]), NOW)


def test_nothing_in_gives_nothing_out() -> None:
    assert match([], watch([entry()]), NOW) == []
    assert match([read()], Watch(AGENCY, {}), NOW) == []


def test_a_clean_exact_reading_of_one_wanted_plate_is_no_misread_of_another() -> None:
    listed = [entry("8BC123", 1, state="KS", make="TOYT"), entry("BBC123", 2, state="KS")]
    seen_it = read("8BC123", state="KS", vehicle=seen(make="Toyota"))
    assert [m.entry.plate for m in match([seen_it], loose(listed), NOW)] == ["8BC123"]
    other = read("8BC123", state="KS", vehicle=seen(make="Ford"))
    found = {m.entry.plate: m.evidence.tier for m in match([other], loose(listed), NOW)}
    assert found == {"8BC123": "exact-conflict", "BBC123": "fuzzy"}
    urgent = [listed[0], entry("BBC123", 2, state="KS", priority=1)]
    assert len(match([seen_it], loose(urgent), NOW)) == 2


def test_several_unsure_contradictions_are_one_together() -> None:
    listed = entry("5SOW732", make="GMC", style="PK", color="GRY", state="CA")
    unsure = VehicleSeen(
        make=(Guess("Lexus", 0.55),), body=(Guess("Sedan", 0.5),), color=(Guess("burgundy", 0.6),)
    )
    evidence = one(match([read("5SOW732", vehicle=unsure)], watch([listed]), NOW))
    assert evidence.tier == "exact-conflict"
    assert len(evidence.conflicts) == 1
    alone = VehicleSeen(color=(Guess("burgundy", 0.5),))
    evidence = one(match([read("5SOW732", vehicle=alone)], watch([listed]), NOW))
    assert evidence.tier == "exact"
