"""What a person may enter: enough to find a vehicle by, for a reason, for a while, and nothing
that is prohibited."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput, Prohibited
from domain.ids import entry_id
from domain.place import Place
from domain.read import Read
from domain.vehicle import Guess, VehicleSeen
from hotlists.local import (
    Asked,
    Checked,
    categories_for_people,
    check_allowed,
    checked,
    entry_of,
    proposed_end,
)
from matchers.judging import judge
from matchers.scales import Scales
from policy.loading import parse, preset, presets, standard

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
WEEK = NOW + timedelta(days=7)
PLATE = {
    "plate": "482 ktb",
    "state": "Kansas",
    "reason": "Armed robbery at the bank on Main",
    "case_number": "26-114",
    "category": "felony-vehicle",
    "expires_at": WEEK,
}
VEHICLE = {
    **PLATE,
    "plate": "",
    "state": "",
    "make": "Chevy",
    "color": "silver",
    "style": "pickup",
    "since": NOW - timedelta(hours=1),
    "latitude": 37.41,
    "longitude": -94.7,
    "radius": 5000.0,
    "place": "Pittsburg",
}


def asked(base: dict[str, Any], **changes: Any) -> Asked:
    return Asked(**{**base, **changes})


def taken(base: dict[str, Any] = PLATE, **changes: Any) -> Checked:
    return checked(asked(base, **changes), standard(), NOW)


def refused(base: dict[str, Any] = PLATE, **changes: Any) -> BadInput:
    with pytest.raises(BadInput) as wrong:
        taken(base, **changes)
    return wrong.value


def test_a_plate_is_normalised_and_kept_as_it_was_written() -> None:
    made = taken()
    assert (made.plate, made.pattern, made.plate_raw, made.state) == ("482KTB", "", "482 ktb", "KS")
    assert made.expires_at == WEEK
    assert not made.described


def test_a_partial_plate_needs_as_many_known_characters_as_the_policy_asks() -> None:
    assert taken(plate="48?-K*").pattern == "48?K*"
    assert refused(plate="4?K*").field == "plate"
    asks_more = parse('name = "A"\n[lists]\nknown_characters = 5\n')
    with pytest.raises(BadInput, match="fewer than 5 known"):
        checked(asked(PLATE, plate="48?-K*"), asks_more, NOW)


def test_the_priority_is_the_policy_s_and_nobody_chooses_it() -> None:
    assert "priority" not in Asked.__struct_fields__
    urgent = parse('name = "A"\n[categories.felony-vehicle]\npriority = 1\n')
    source = uuid4()
    for policy, priority in ((standard(), 2), (urgent, 1)):
        made = checked(asked(PLATE), policy, NOW)
        assert entry_of(made, uuid4(), "KS0190100", source, policy).priority == priority


def test_a_changed_entry_keeps_its_id() -> None:
    local, source = uuid4(), uuid4()
    one = entry_of(taken(), local, "KS0190100", source, standard())
    other = entry_of(taken(expires_at=NOW + timedelta(1)), local, "KS0190100", source, standard())
    assert one.entry_id == other.entry_id == entry_id("KS0190100", str(source), str(local))
    assert (one.ori, one.oca, one.source) == ("KS0190100", "26-114", str(source))
    assert one.expires_at != other.expires_at


def test_an_entry_is_never_open_ended_and_never_longer_than_its_category_allows() -> None:
    assert "never open-ended" in refused(expires_at=None).problem
    assert refused(expires_at=NOW).field == "expires_at"
    assert refused(expires_at=NOW + timedelta(days=30, seconds=1)).field == "expires_at"
    assert taken(expires_at=NOW + timedelta(days=30)).expires_at == NOW + timedelta(days=30)
    assert refused(expires_at=WEEK.replace(tzinfo=None)).field == "expires_at"
    assert refused(expires_at=datetime.max.replace(tzinfo=UTC)).field == "expires_at"
    short = parse('name = "A"\n[categories.felony-vehicle]\nmax_days = 1\n')
    assert proposed_end(short, "felony-vehicle", NOW) == NOW + timedelta(days=1)
    assert proposed_end(standard(), "felony-vehicle", NOW) == WEEK


@pytest.mark.parametrize("preset_name", presets())
def test_what_the_form_proposes_is_always_taken(preset_name: str) -> None:
    policy = preset(preset_name)
    offered = categories_for_people(policy)
    assert offered
    for code in offered:
        ends = proposed_end(policy, code, NOW)
        made = checked(asked(PLATE, category=code, expires_at=ends), policy, NOW)
        assert made.category == code


@pytest.mark.parametrize("code", ["gang", "sex-offender", "threat", "supervised-release"])
def test_what_only_a_file_can_say_is_not_for_a_person_to_enter(code: str) -> None:
    assert code not in categories_for_people(standard())
    assert "criminal-justice file" in refused(category=code).problem


def test_an_unknown_category_is_answered_with_the_nearest() -> None:
    assert "stolen-vehicle" in refused(category="stolen-vehicel").problem
    assert refused(category="").field == "category"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reason", ""), ("reason", "robbery"), ("reason", "a " * 300), ("case_number", ""),
        ("case_number", "-"), ("state", "ZZ"), ("plate", "UNKNOWN"), ("plate", "12345678901*?2"),
        ("since", WEEK + timedelta(seconds=1)), ("make", "x" * 61), ("caution", "x" * 301),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_field(field: str, value: Any) -> None:
    assert refused(**{field: value}).field == field


@pytest.mark.parametrize(
    "reason",
    [
        "ICE detainer, deported felon",
        "wanted for an immigration warrant",
        "i m m i g r a t i o n violator file",
        "my ex wife and her new boyfriend",
        "parking tickets never paid at all",
        "because he is Muslim and drives by",
    ],
)
def test_a_prohibited_use_is_refused_whatever_the_category(reason: str) -> None:
    for base in (PLATE, VEHICLE):
        with pytest.raises(Prohibited):
            taken(base, reason=reason)
        with pytest.raises(Prohibited):
            taken(base, caution=reason)
        with pytest.raises(Prohibited):
            taken(base, case_number="26", place=reason)


def test_the_crime_of_stalking_is_no_prohibited_use() -> None:
    assert taken(reason="Stalking of a witness, court order 26-77").reason.startswith("Stalking")


def test_what_a_newer_policy_no_longer_allows_is_found_again() -> None:
    made = taken(plate="48?K*")
    check_allowed(made, standard())
    stricter = parse('name = "A"\n[lists]\nknown_characters = 6\n')
    with pytest.raises(BadInput):
        check_allowed(made, stricter)
    smaller = parse('name = "A"\nwithout_categories = ["felony-vehicle"]\n')
    with pytest.raises(BadInput):
        check_allowed(made, smaller)
    with pytest.raises(Prohibited):
        check_allowed(msgspec.structs.replace(made, reason="an ICE detainer for him"), standard())


def test_a_vehicle_without_a_plate_needs_a_description_an_area_and_a_time_window() -> None:
    made = taken(VEHICLE)
    assert made.described
    assert made.area is not None
    assert (made.make, made.style, made.area.name) == ("Chevrolet", "Pickup", "Pittsburg")
    for gone in ({"latitude": None, "longitude": None, "radius": None}, {"radius": None},
                 {"since": None}, {"make": "", "color": ""}):  # fmt: skip
        refused(VEHICLE, **gone)
    # The model is shown to people; no camera's model is compared, so it does not count.
    assert refused(VEHICLE, make="", color="", model="Silverado").field == "plate"
    assert refused(VEHICLE, color="squirrel").field == "color"
    assert refused(VEHICLE, state="KS").field == "state"
    assert refused({**VEHICLE, "plate": "482KTB"}).field == "latitude"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("radius", 49.0), ("radius", 200_001.0), ("radius", float("nan")),
        ("radius", float("inf")), ("latitude", 90.1), ("longitude", -181.0),
    ],
)  # fmt: skip
def test_an_area_must_lie_on_the_ground(field: str, value: float) -> None:
    assert refused(VEHICLE, **{field: value}).field == field


def test_a_described_vehicle_that_is_taken_can_be_matched_by_a_camera() -> None:
    entry = entry_of(taken(VEHICLE), uuid4(), "KS0190100", uuid4(), standard())
    seen = VehicleSeen(
        make=(Guess(value="chevrolet", confidence=0.9),),
        color=(Guess(value="silver-gray", confidence=0.9), Guess(value="silver", confidence=0.8)),
        body=(Guess(value="truck-standard", confidence=0.9),),
    )
    read = Read(
        read_id=uuid4(), agency="KS0190100", camera="c", seen_at=NOW, received_at=NOW,
        plate="ABC123", plate_raw="ABC123", vehicle=seen,
        place=Place(name="4th", latitude=37.42, longitude=-94.71),
    )  # fmt: skip
    assert judge(read, entry, Scales()) is not None
    far = msgspec.structs.replace(read, place=Place(name="KC", latitude=39.1, longitude=-94.6))
    assert judge(far, entry, Scales()) is None


_TEXT = st.text(max_size=80)
_MOMENTS = st.one_of(st.none(), st.datetimes(), st.datetimes(timezones=st.just(UTC)))
_NUMBERS = st.one_of(st.none(), st.floats())


@given(
    st.fixed_dictionaries(
        {},
        optional={
            **{f: _TEXT for f, t in Asked.__annotations__.items() if t == "str"},
            "expires_at": _MOMENTS, "since": _MOMENTS,
            "latitude": _NUMBERS, "longitude": _NUMBERS, "radius": _NUMBERS,
        },
    )
)  # fmt: skip
def test_whatever_is_filled_in_is_taken_or_refused_in_words(given_: dict[str, Any]) -> None:
    wrong: BadInput | Prohibited | None = None
    try:
        made = taken(PLATE, **given_)
    except (BadInput, Prohibited) as refusal:
        wrong = refusal
    if isinstance(wrong, BadInput):
        assert wrong.field in Asked.__struct_fields__
    if wrong is not None:
        assert str(wrong)
    else:
        again = msgspec.json.decode(msgspec.json.encode(made), type=Checked)
        assert again == made
        entry = entry_of(made, UUID(int=1), "KS0190100", UUID(int=2), standard())
        assert entry.expires_at is not None
        assert NOW < entry.expires_at <= NOW + timedelta(days=30)
        assert bool(entry.plate) + bool(entry.pattern) + (entry.area is not None) == 1
