"""The console's pure rules: words, the character grid, the description, local paths."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from alerts.model import BlindLook
from console import compare, describe, second, words
from console.events import BACKLOG, Live, Subscriber
from console.reading import AGAIN, QUEUES, Looks
from console.security import local_path, same_origin
from domain.entry import Entry
from domain.place import Place
from domain.read import Read
from domain.vehicle import Guess, VehicleSeen
from matchers.evidence import Difference, Evidence, Feature
from matchers.watch import Match
from people.model import Person, Role

NOW = datetime(2026, 11, 21, 21, 4, 37, tzinfo=UTC)
PLATE = st.text("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", min_size=1, max_size=10)


def feature(name: str, verdict: str, weight: float, expected: str = "", seen: str = "") -> Feature:
    return Feature(
        name=name, words=f"{name}, {seen}", expected=expected, seen=seen, weight=weight,
        verdict=verdict,  # type: ignore[arg-type]
    )  # fmt: skip


def match(
    reading: str = "482KT8",
    plate: str = "482KTB",
    *,
    pattern: str = "",
    read_state: str = "KS",
    state: str = "KS",
    features: tuple[Feature, ...] = (),
    differences: tuple[Difference, ...] = (),
    vehicle: VehicleSeen | None = None,
) -> Match:
    return Match(
        read=Read(
            read_id=uuid4(), agency="KS0190100", camera="CF-07", seen_at=NOW, received_at=NOW,
            plate=reading, plate_raw=reading, state=read_state, vehicle=vehicle,
        ),
        entry=Entry(
            entry_id=uuid4(), agency="KS0190100", source="ncic", category="stolen-vehicle",
            priority=2, plate=plate, pattern=pattern, state=state, make="HYUN",
        ),
        evidence=Evidence(
            reading=reading, tier="fuzzy", score=sum(f.weight for f in features), threshold=6.0,
            features=features, differences=differences,
        ),
        generation=1, source_name="NCIC", list_refreshed_at=NOW, matched_at=NOW,
    )  # fmt: skip


@given(
    PLATE,
    PLATE,
    st.lists(
        st.builds(
            Difference,
            read_at=st.integers(-2, 12),
            entry_at=st.integers(-2, 12),
            read=st.sampled_from(["", "8", "VV", "I"]),
            entry=st.sampled_from(["", "B", "W", "1"]),
        ),
        max_size=4,
    ).map(tuple),
)
def test_the_grid_shows_every_character_once_and_hides_no_difference(
    read: str, entry: str, differences: tuple[Difference, ...]
) -> None:
    grid = compare.columns(read, entry, differences)
    assert "".join(c.read for c in grid) == read
    assert "".join(c.entry for c in grid) == entry
    assert all(c.differs == (c.read != c.entry) for c in grid)
    assert all(c.read or c.entry for c in grid)


def test_a_missing_character_is_a_column_and_said_in_words() -> None:
    shown = compare.compare(
        match(
            "RIVER8A",
            "R1VER8AT",
            read_state="",
            state="MO",
            differences=(
                Difference(read_at=1, entry_at=1, read="I", entry="1"),
                Difference(read_at=7, entry_at=7, read="", entry="T"),
            ),
        )
    )
    assert shown.notes == ("I read, 1 listed", "nothing read, T listed")
    assert shown.caption.endswith("Read and list differ in the second and eighth character.")
    assert not shown.state_differs


@pytest.mark.parametrize(
    ("read", "at", "places"),
    [("3C4D5", 0, "first and second"), ("7A3C4", 5, "sixth and seventh")],
)
def test_characters_cut_from_an_end_are_columns_of_their_own(
    read: str, at: int, places: str
) -> None:
    lost = ("7A", "D5")[at > 0]
    cut = tuple(
        Difference(read_at=at, entry_at=at + i, read="", entry=character)
        for i, character in enumerate(lost)
    )
    shown = compare.compare(match(read, "7A3C4D5", differences=cut))
    assert [(c.read, c.entry) for c in shown.columns if c.differs] == [("", c) for c in lost]
    assert "".join(c.read for c in shown.columns) == read
    assert shown.caption.endswith(f"Read and list differ in the {places} character.")


def test_an_inserted_character_does_not_shift_the_rest() -> None:
    extra = (Difference(read_at=3, entry_at=3, read="7", entry=""),)
    grid = compare.columns("4827KTB", "482KTB", extra)
    assert [(c.read, c.entry) for c in grid if c.differs] == [("7", "")]


def test_another_state_is_a_difference() -> None:
    shown = compare.compare(match("482KTB", read_state="MO"))
    assert shown.state_differs
    assert shown.notes == ("MO read, KS listed",)


def test_the_queue_shows_what_was_read_and_the_phone_what_was_wanted() -> None:
    found = match()
    assert [c.text for c in compare.plate_read(found).chars if c.differs] == ["8"]
    assert compare.plate_read(found).text == "482 KT8"
    assert compare.plate_wanted(found).text == "482 KTB"
    assert [i for i, c in enumerate(compare.plate_wanted(found).chars) if c.group] == [3]


def test_a_partial_plate_lies_beside_the_reading_and_what_nobody_knows_is_no_difference() -> None:
    found = match("7AX3B128", "", pattern="7A?8B12*", differences=(Difference(
        read_at=3, entry_at=3, read="3", entry="8"),))  # fmt: skip
    shown = compare.compare(found)
    assert "".join(c.entry for c in shown.columns) == "7A?8B12?"
    assert [(c.read, c.entry) for c in shown.columns if c.differs] == [("3", "8")]
    assert shown.notes == ("3 read, 8 listed",)
    assert shown.caption.endswith("Read and list differ in the fourth character.")
    assert [c.text for c in compare.plate_read(found).chars if c.differs] == ["3"]
    wanted = "".join(c.text for c in compare.plate_wanted(found).chars)
    assert wanted == "7AX8B128"  # the whole plate that was found to fit


def test_a_text_that_fits_a_partial_plate_differs_nowhere() -> None:
    shown = compare.compare(match("7AX8B12", "", pattern="7A*12"))
    assert "".join(c.entry for c in shown.columns) == "7A???12"
    assert shown.notes == ()
    assert shown.caption.endswith("Read and list have the same known characters.")


def test_no_answer_is_not_agrees_and_no_cell_is_empty_by_accident() -> None:
    found = match(
        features=(feature("color", "conflict", -1.5, "Blue", "Silver"),),
        vehicle=VehicleSeen(make=(Guess("Hyundai"),)),
    )
    facts = {f.field: f for f in describe.facts(found)}
    assert facts["Color"].verdict == "conflict"
    assert (facts["Make"].expected, facts["Make"].seen) == ("Hyundai", "Hyundai")
    assert facts["Make"].verdict == "no answer"
    assert facts["State"].seen == "Kansas"
    assert "Year" not in facts
    assert describe.conflict_words(found) == ("Listed blue. Camera saw silver.",)


@given(st.lists(st.floats(-8, 12), max_size=8))
def test_bars_stay_on_their_ground_and_share_one_scale(weights: list[float]) -> None:
    found = match(features=tuple(feature(f"f{i}", "agrees", w) for i, w in enumerate(weights)))
    drawn = describe.evidence(found.evidence, found.entry).weights
    assert len(drawn) == sum(abs(w) >= 0.05 for w in weights)
    for bar in drawn:
        assert bar.x >= -0.1
        assert bar.x + bar.width <= describe.GROUND + 0.1
        assert bar.axis == drawn[0].axis
    wide = [b for b in drawn if b.width > 1.05]
    ratios = [b.width / min(abs(b.weight), describe.LONGEST) for b in wide if abs(b.weight) > 0.5]
    assert not ratios or max(ratios) / min(ratios) < 1.3


def test_that_mistakes_are_several_is_among_the_numbers_and_no_bar() -> None:
    several = feature("several mistakes", "no answer", 0.87)
    found = match(features=(feature("make", "agrees", 1.0), several))
    drawn = describe.evidence(found.evidence, found.entry)
    assert [bar.name for bar in drawn.weights] == ["make"]
    assert [bar.name for bar in drawn.every] == ["make", "several mistakes"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0:00"), (9, "0:09"), (271, "4:31"), (3599, "59:59"), (18_720, "5 h 12"),
     (200_000, "2 d")],
)  # fmt: skip
def test_a_running_time_reads_like_the_design(seconds: int, text: str) -> None:
    assert words.span(timedelta(seconds=seconds)) == text


def test_words_for_ages_weights_places_and_clocks() -> None:
    assert [words.spoken(timedelta(minutes=m)) for m in (0, 6, 119, 840, 2880)] == [
        "just now", "6 min", "119 min", "14 h", "2 d",
    ]  # fmt: skip
    assert [words.weight_words(w) for w in (0, 0.5, 2, 4, -0.5, -2, -4)] == [
        "no weight", "slightly for", "for", "strongly for",
        "slightly against", "against", "strongly against",
    ]  # fmt: skip
    grades = [words.list_grade(timedelta(hours=h), 24) for h in (1, 12, 24, 24.1)]
    assert grades == ["ok", "soon", "soon", "now"]
    assert words.list_grade(timedelta(hours=24), 6) == "now"
    assert words.list_grade(timedelta(days=24), None) == "ok"
    assert words.where(Place(name="US-77", heading=2.0), "CF-07") == "US-77, northbound"
    assert words.where(Place(), "CF-07") == "Camera CF-07"
    assert [words.minutes(timedelta(seconds=s)) for s in (30, 60, 300)] == [
        "30 seconds", "1 minute", "5 minutes",
    ]  # fmt: skip
    central = words.zone("America/Chicago")
    assert words.clock(NOW, central) == "15:04:37"
    assert words.day_clock(NOW - timedelta(days=1), NOW, central) == "Nov 20, 15:04"
    assert words.zone("Nowhere/Nothing").key == "UTC"
    assert words.state_name("NB") == "Nebraska"


@given(st.text(max_size=40))
def test_only_our_own_paths_are_gone_back_to(path: str) -> None:
    back = local_path(path)
    assert back.startswith("/")
    assert not back.startswith(("//", "/\\"))
    assert back in ("/", path)


def test_origins() -> None:
    ours = "https://bolo.example"
    assert same_origin(Headers({"origin": ours}), ours)
    assert same_origin(Headers({"origin": "http://desk:8000", "host": "desk:8000"}), ours)
    assert same_origin(Headers({}), ours)
    assert not same_origin(Headers({"origin": "null", "host": "desk:8000"}), ours)
    assert not same_origin(Headers({"origin": "https://bolo.example.evil", "host": "x"}), ours)
    assert not same_origin(Headers({"sec-fetch-site": "cross-site"}), ours)


async def test_a_page_that_does_not_keep_up_is_cut_off() -> None:
    person = Person(
        id=uuid4(), agency="KS0190100", login="x", name="X", badge="", role=Role.DISPATCHER,
        phone="",
    )  # fmt: skip
    page = Subscriber(person)
    for _ in range(BACKLOG + 1):
        page.put(Live("changed", uuid4(), "raised"))
    assert page.dropped
    assert await page.waiting.get() is None
    assert page.waiting.empty()


def test_a_live_look_is_written_again_after_a_while_and_by_another_session() -> None:
    looks = Looks()
    assert not looks.lately("one", "alert:1", NOW)
    looks.written("one", "alert:1", NOW)
    assert looks.lately("one", "alert:1", NOW + AGAIN - timedelta(seconds=1))
    assert not looks.lately("one", "alert:1", NOW + AGAIN)
    assert not looks.lately("two", "alert:1", NOW)
    assert not looks.lately("one", "alert:2", NOW)


def test_a_queue_is_remembered_by_session_and_what_left_it_is_new_when_it_comes_back() -> None:
    looks, (one, two) = Looks(), (uuid4(), uuid4())
    assert looks.unseen("mine", [one, two]) == [one, two]
    looks.showed("mine", [one])
    assert looks.unseen("mine", [one, two]) == [two]
    assert looks.unseen("theirs", [one]) == [one]
    looks.showed("mine", [])
    assert looks.unseen("mine", [one]) == [one]
    looks.showed("mine", [one])
    for n in range(QUEUES):
        looks.showed(f"session {n}", [two])
    assert looks.unseen("mine", [one]) == [one]  # forgotten: one row more, never one less


@pytest.mark.parametrize(
    ("saw", "notes"),
    [
        ("7AX8B12", ()),
        ("7AX8B12XY", ()),
        ("7A?8?12", ()),
        ("7AX3B12", ("3 seen, 8 listed",)),
        ("7AX8B1", ("nothing seen, 2 listed",)),
    ],
)
def test_what_a_person_saw_lies_beside_a_partial_plate(saw: str, notes: tuple[str, ...]) -> None:
    look = BlindLook(by=uuid4(), at=NOW, state="KS", plate=saw)
    looked = second._looked(look, match("7AX8B12", "", pattern="7A?8B12*").entry, "Jane")
    assert looked.notes == notes
    assert looked.differs is bool(notes)
