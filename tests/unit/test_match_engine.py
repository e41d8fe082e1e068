"""The matcher: documented facts, the five known false stops, and a slow reference beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.entry import Entry
from domain.ids import target_id
from domain.read import Read
from domain.vehicle import Guess, VehicleSeen
from matchers import weights
from matchers.engine import match
from matchers.evidence import Evidence, Feature
from matchers.folding import CLASSES
from matchers.index import Index
from matchers.judging import better, judge, readings_of
from matchers.watch import Generation, Match, Watch
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
    evidence = one(match([read("ABC123")], watch([entry(plate)]), NOW))
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


# --- the five known false stops: never a clean hit ---


def test_san_francisco_2009_a_lexus_read_as_a_gmc_truck_is_a_conflict() -> None:
    listed = entry("5SOW732", make="GMC", style="PK", color="GRY", state="CA")
    misread = read("5SOW732", vehicle=seen(make="Lexus", body="Sedan", color="burgundy"))
    evidence = one(match([misread], watch([listed]), NOW))
    assert evidence.tier == "exact-conflict"
    assert "Entry says GMC, camera saw Lexus" in [f.words for f in evidence.conflicts]
    right = read("5SOW332", vehicle=misread.vehicle)
    assert match([right], watch([listed]), NOW) == []  # 3 and 7 are no equivalents


def test_aurora_2020_the_same_number_on_a_motorcycle_of_another_state_is_a_conflict() -> None:
    listed = entry("BAE482", state="MT", style="MC", plate_type="MC")
    family = read("BAE482", state="CO", state_confidence=0.95, vehicle=seen(body="SUV"))
    evidence = one(match([family], watch([listed]), NOW))
    assert evidence.tier == "exact-conflict"
    words = [f.words for f in evidence.conflicts]
    assert "Entry says motorcycle, camera saw SUV" in words
    assert "Colorado, read clearly; the entry says Montana" in words


def test_espanola_2023_a_2_read_as_7_is_a_conflict_and_the_true_text_is_nothing() -> None:
    listed = entry("BDT719", state="NM", make="CHEV", color="WHI")
    misread = read("BDT719", state="NM", vehicle=seen(make="Dodge", color="maroon"))
    assert one(match([misread], watch([listed]), NOW)).tier == "exact-conflict"
    assert match([read("BDT219", state="NM")], watch([listed]), NOW) == []


def test_toledo_2024_a_7_read_as_2_is_a_conflict_and_the_true_text_is_nothing() -> None:
    listed = entry("JKL2024", state="OH", make="FORD", color="BLK")
    misread = read("JKL2024", state="OH", vehicle=seen(make="Nissan", color="silver"))
    assert one(match([misread], watch([listed]), NOW)).tier == "exact-conflict"
    assert match([read("JKL7024", state="OH")], watch([listed]), NOW) == []


def test_an_entry_cleared_earlier_is_nothing() -> None:
    cleared = entry("HFR118", expires_on=date(2026, 11, 20))
    assert match([read("HFR118")], watch([cleared]), NOW) == []
    assert match([read("HFR118")], watch([]), NOW) == []


# --- the rules ---


def test_an_exact_text_is_never_lost_whatever_contradicts_it() -> None:
    against = entry("A1", state="MT", style="MC", make="HD", color="BLK", plate_type="MC")
    other = read(
        "A1", state="CO", state_confidence=1.0, confidence=0.01,
        vehicle=seen(make="Toyota", color="white", body="van", plate_type="passenger"),
    )  # fmt: skip
    evidence = one(match([other], watch([against]), NOW))
    assert evidence.tier == "exact-conflict"
    assert evidence.score >= evidence.threshold


def test_everything_against_together_weighs_less_than_the_exact_threshold() -> None:
    worst = (
        weights.CONFIDENCE_WEIGHT[0] + weights.OTHER_READING + weights.STATE_CONFLICT
        + sum(w[2] for w in (weights.MAKE, weights.COLOR, weights.BODY, weights.PLATE_TYPE))
    )  # fmt: skip
    assert worst > weights.EXACT_THRESHOLD


@pytest.mark.parametrize(
    ("confidence", "kept"), [(0.9, False), (0.5, False), (0.179, True), (None, True)]
)
def test_one_apart_in_another_state_is_dropped_when_the_state_was_read_clearly(
    confidence: float | None, kept: bool
) -> None:
    other = read("A8C123", state="CO", state_confidence=confidence)
    assert bool(match([other], watch([entry(state="KS")]), NOW)) is kept


def test_a_state_read_with_little_confidence_is_no_contradiction() -> None:
    unsure = read(state="CA", state_confidence=0.179)
    evidence = one(match([unsure], watch([entry(state="KS")]), NOW))
    assert evidence.tier == "exact"
    assert feature(evidence, "state").verdict == "differs"
    assert feature(evidence, "state").weight > weights.STATE_CONFLICT / 2


def test_one_apart_needs_more_than_two_clear_contradictions() -> None:
    listed = entry(make="TOYT", style="4D", color="SIL")
    van = read("A8C123", vehicle=seen(make="Ford", body="Van"))
    assert one(match([read("A8C123", vehicle=seen(make="Ford"))], watch([listed]), NOW))
    assert match([van], watch([entry(make="TOYT", style="MC")]), NOW) == []


def test_short_plates_must_be_exact() -> None:
    assert match([read("A8C1")], watch([entry("ABC1")]), NOW) == []
    assert match([read("ABC1")], watch([entry("ABC1")]), NOW)


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
    assert feature(evidence, "color").words == "Red, not blue"
    assert feature(evidence, "body").words == "Sedan, which fits two-door"
    assert evidence.tier == "exact-conflict"


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


def test_an_unsure_camera_does_not_contradict() -> None:
    guess = VehicleSeen(color=(Guess("red", 0.4), Guess("green", 0.05)))
    evidence = one(match([read(vehicle=guess)], watch([entry(color="BLU")]), NOW))
    assert evidence.tier == "exact"
    assert feature(evidence, "color").weight == pytest.approx(weights.COLOR[2] * weights.UNSURE)


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


# --- beside a slow and obvious reference ---

plates = st.text(alphabet="AB8O0DQI1S5", min_size=1, max_size=10)
states = st.sampled_from(["", "KS", "MO"])
chances = st.sampled_from([None, 0.1, 0.5, 0.95])
makes = st.sampled_from(["", "TOYT", "FORD"])
entries = st.lists(
    st.builds(
        lambda plate, pattern, state, make, day, priority: entry(
            "" if pattern else plate,
            pattern=pattern,
            state=state,
            make=make,
            expires_on=day,
            priority=priority,
        ),
        plates,
        st.one_of(st.just(""), st.just(""), st.text(alphabet="AB0?*", min_size=1, max_size=5)),
        states,
        makes,
        st.sampled_from([None, date(2026, 11, 20), date(2026, 11, 21)]),
        st.sampled_from([1, 2]),
    ),
    max_size=12,
)
reads = st.lists(
    st.builds(
        lambda plate, state, sure, confidence, others, make: read(
            plate,
            state=state,
            state_confidence=sure,
            confidence=confidence,
            candidates=tuple(Guess(text, chance) for text, chance in others),
            vehicle=seen(make=make) if make else None,
        ),
        plates,
        states,
        chances,
        chances,
        st.lists(st.tuples(plates, chances), max_size=3),
        makes,
    ),
    max_size=5,
)


def obvious(batch: Sequence[Read], against: Watch) -> list[Match]:
    """Every read beside every entry, in plain Python, with the folding spelled out."""
    found = []
    for one_read in batch:
        hits = []
        for source in sorted({*against.generations, *against.added}):
            for layers in (against.generations, against.added):
                if source in layers:
                    hits += _hits(one_read, layers[source], against)
        found += _one_a_vehicle(hits)
    return found


def _hits(one_read: Read, layer: Generation, against: Watch) -> list[Match]:
    hits = []
    for listed in layer.entries:
        if listed.entry_id in against.withdrawn:
            continue
        if listed.expires_on and listed.expires_on < one_read.seen_at.date():
            continue
        best: Evidence | None = None
        for choice, text in enumerate(readings_of(one_read)):
            if listed.pattern:
                near = _fits(text, listed.pattern)
            else:
                near = [_class(c) for c in text] == [_class(c) for c in listed.plate]
            evidence = judge(one_read, choice, listed) if near else None
            if evidence and (best is None or better(evidence, best)):
                best = evidence
        if best:
            hits.append(
                Match(
                    read=one_read, entry=listed, evidence=best, generation=layer.number,
                    source_name=layer.source_name, list_refreshed_at=NOW, matched_at=NOW,
                    change=against.change,
                )
            )  # fmt: skip
    return hits


def _fits(text: str, pattern: str) -> bool:
    if not pattern or not text:
        return not text and not pattern.strip("*")
    if pattern[0] == "*":
        return _fits(text, pattern[1:]) or _fits(text[1:], pattern)
    return pattern[0] in ("?", text[0]) and _fits(text[1:], pattern[1:])


def _one_a_vehicle(hits: list[Match]) -> list[Match]:
    """The hits of one read, put together by plate and state; no state is the only one named."""
    together: dict[tuple[str, str], list[Match]] = {}
    for hit in hits:
        plate, state = hit.entry.plate, hit.entry.state
        named = {h.entry.state for h in hits if h.entry.plate == plate and h.entry.state}
        if not plate:
            plate = hit.entry.entry_id.hex
        elif not state and len(named) == 1:
            (state,) = named
        together.setdefault((plate, state), []).append(hit)
    found = []
    for (plate, state), group in together.items():
        first, *others = sorted(
            group,
            key=lambda m: (
                m.entry.priority,
                "exact" not in m.evidence.tier,
                bool(m.evidence.conflicts),
                -m.evidence.score,
                m.source_name,
                m.entry.entry_id,
            ),
        )
        wanted = target_id(AGENCY, plate, state) if first.entry.plate else first.entry.entry_id
        also = tuple(other.holders[0] for other in others)
        found.append(msgspec.structs.replace(first, target=wanted, also=also))
    return found


def _class(character: str) -> str:
    return next((c for c in CLASSES if character in c), character)


@settings(deadline=None)
@given(reads, entries, entries, entries, st.sets(st.integers(0, 40), max_size=4))
def test_the_fast_matcher_is_the_slow_one(
    batch: list[Read], some: list[Entry], more: list[Entry], added: list[Entry], gone: set[int]
) -> None:
    below = watch(numbered(some, 0), numbered(more, 20))
    listed = numbered(added, 40)
    layer = layer_of(listed, 3, "s2", "List 2")
    against = overlaid(below, {"s2": layer}, frozenset(UUID(int=n) for n in gone), 9)
    found = match(batch, against, NOW)
    assert found == obvious(batch, against)
    assert found == match(batch, against, NOW)
    assert found == [m for one_read in batch for m in match([one_read], against, NOW)]


def numbered(listed: list[Entry], first: int) -> list[Entry]:
    return [
        msgspec.structs.replace(e, entry_id=UUID(int=n)) for n, e in enumerate(listed, start=first)
    ]


@given(plates, states, states, chances)
def test_an_exact_text_always_comes_out(
    plate: str, state: str, other: str, confidence: float | None
) -> None:
    found = match(
        [read(plate, state=state, state_confidence=confidence)],
        watch([entry(plate, state=other)]),
        NOW,
    )
    assert one(found).tier in {"exact", "exact-conflict"}
