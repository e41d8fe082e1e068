"""What single cells of lists mean: plates and patterns, states, dates, actions, categories."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput, BadPlate, Prohibited
from domain.plate import normalise
from hotlists.category_cells import PROHIBITED, CategoryRules, row_prohibited
from hotlists.cells import NO_PLATE, PlateCell, action_of, date_of, is_state, plate_of, state_of
from hotlists.templates import Template
from policy.model import CategoryRule, Policy


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("482KTB", PlateCell("482KTB", "", "")),
        (" 482-ktb ", PlateCell("482KTB", "", "")),
        ("\uff21\uff22\uff23\uff11", PlateCell("ABC1", "", "")),
        ("ABCDEFGHIJKL", PlateCell("CDEFGHIJKL", "", "")),
        ("ab-12?", PlateCell("", "AB12?", "")),
        (
            "\uff21B1\uff1f",
            PlateCell("", "", "LIC is a pattern with fewer than 4 known characters"),
        ),
        ("AB12**?", PlateCell("", "AB12?*", "")),
        ("*AB12?*?", PlateCell("", "*AB12??*", "")),
        ("*7XYZ", PlateCell("", "*7XYZ", "")),
        ("?*?", PlateCell("", "", "LIC has no letter or digit beside its wildcards")),
        ("UNK?", PlateCell("", "", "LIC UNK says that there is no plate")),
        ("A?B?C", PlateCell("", "", "LIC is a pattern with fewer than 4 known characters")),
        ("ABCD?FGHIJKL", PlateCell("", "", "LIC is a pattern of more than 10 characters")),
        ("", PlateCell("", "", NO_PLATE)),
        ("  ", PlateCell("", "", NO_PLATE)),
        ("unk", PlateCell("", "", "LIC UNK says that there is no plate")),
        ("---", PlateCell("", "", "LIC has no letter or digit")),
    ],
)
def test_a_plate_cell_is_a_plate_or_a_pattern_or_a_problem(raw: str, expected: PlateCell) -> None:
    assert plate_of(raw, 4) == expected


def test_a_vendors_wildcards_count_only_when_the_template_says_so() -> None:
    assert plate_of("AB%1_2").plate == "AB12"
    assert plate_of("AB%1_2", wildcards={"%": "*", "_": "?"}).pattern == "AB*1?2"


@given(st.text(max_size=30), st.integers(0, 8))
def test_exactly_one_of_the_three_is_said_of_any_text(raw: str, known: int) -> None:
    cell = plate_of(raw, known)
    assert sum(map(bool, cell)) == 1
    if cell.pattern:
        assert sum(c.isalnum() for c in cell.pattern) >= max(known, 1)
        assert plate_of(cell.pattern, known) == cell
    if cell.plate:
        assert cell.plate == normalise(raw)
    elif not cell.pattern and not set("?*\uff1f\uff0a") & set(raw) and raw.strip():
        with pytest.raises(BadPlate):
            normalise(raw)


@pytest.mark.parametrize(
    ("raw", "ncic", "postal"),
    [
        ("KS", "KS", "KS"),
        ("kansas", "KS", "KS"),
        (" new  york ", "NY", "NY"),
        ("NE", "NB", "NB"),
        ("NB", "NB", "NK"),
        ("NL", "NL", "NF"),
        ("Qu\u00e9bec", "PQ", "PQ"),
        ("QC", "PQ", "PQ"),
        ("us-ne", "NB", "NB"),
        ("CA-NB", "NK", "NK"),
        ("D.C.", "DC", "DC"),
        ("GU", "GU", "GM"),
        ("Atlantis", "ATLANTIS", "ATLANTIS"),
        ("", "", ""),
    ],
)
def test_a_state_is_its_ncic_code_or_stays_as_it_is(raw: str, ncic: str, postal: str) -> None:
    assert state_of(raw) == ncic
    assert state_of(raw, postal=True) == postal
    assert is_state(ncic) == (ncic not in ("GU", "ATLANTIS", ""))


DAY = date(2026, 11, 9)


@pytest.mark.parametrize(
    "raw",
    [
        "2026-11-09", "20261109", "2026/11/9", "2026-11-09T10:00:00Z", "2026-11-09 10:00",
        "9-Nov-2026", "09NOV2026", "November 9, 2026", "9 November 2026",
    ],
)  # fmt: skip
@pytest.mark.parametrize("order", ["ymd", "mdy", "dmy"])
def test_a_date_that_says_its_year_or_month_needs_no_order(raw: str, order: str) -> None:
    cell = date_of(raw, order)
    assert (cell.day, cell.never, cell.problem) == (DAY, False, "")


def test_the_order_decides_the_others_and_is_never_turned_round() -> None:
    assert date_of("11/09/2026", "mdy").day == DAY
    assert date_of("09.11.2026", "dmy").day == DAY
    assert date_of("9/11/26", "dmy").day == DAY
    assert date_of("11/21/2026", "dmy").problem == (
        "is not a date (YYYY-MM-DD, YYYYMMDD or DD/MM/YYYY)"
    )
    assert date_of("11/09/2026", "ymd").problem == "is not a date (YYYY-MM-DD or YYYYMMDD)"


def test_a_time_with_an_offset_is_a_moment_too() -> None:
    late = date_of("2026-11-21T23:30:00-06:00")
    assert late.day == date(2026, 11, 21)
    assert late.moment == datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
    assert date_of("2026-11-21T23:30:00").moment is None
    afternoon = date_of("11/21/2026 3:45:00 PM +0000").moment
    assert afternoon == datetime(2026, 11, 21, 15, 45, tzinfo=UTC)


@pytest.mark.parametrize("raw", ["NONEXP", "nonexp", "9999-12-31", "12/31/9999", "00000000"])
def test_never_is_said_in_many_ways(raw: str) -> None:
    assert date_of(raw) == date_of("NONEXP")
    assert date_of(raw).never


@pytest.mark.parametrize(
    "raw", ["2026", "2026-02-30", "20261332", "soon", "45982", "1/2", "\u0661"]
)
def test_what_is_no_date_is_a_problem_that_does_not_repeat_it(raw: str) -> None:
    cell = date_of(raw)
    assert cell.day is None
    assert cell.problem.startswith("is not a date")
    assert raw not in cell.problem.replace("YYYY-MM-DD", "")


@given(st.text(max_size=40), st.sampled_from(["ymd", "mdy", "dmy"]))
def test_no_text_is_more_than_a_date_that_raises(raw: str, order: str) -> None:
    cell = date_of(raw, order)
    assert cell.day is None or not cell.problem
    assert cell.moment is None or cell.day is not None


@given(st.dates(min_value=date(1970, 1, 1), max_value=date(2069, 12, 31)))
def test_every_day_is_understood_in_every_form(day: date) -> None:
    assert date_of(f"{day:%Y-%m-%d}").day == date_of(f"{day:%Y%m%d}").day == day
    assert date_of(f"{day:%m/%d/%Y}").day == date_of(f"{day:%d/%m/%y}", "dmy").day == day


def test_an_action_adds_or_removes() -> None:
    assert [action_of(word) for word in ("Add", "", "R", "delete", "??")] == [
        "add", "add", "remove", "remove", "",
    ]  # fmt: skip
    assert action_of("weg", {"WEG": "remove"}) == "remove"


@pytest.mark.parametrize(
    ("mke", "words", "code"),
    [
        ("EV", "", "stolen-vehicle"),
        ("EW-P", "", "wanted-person"),
        ("EVADING", "", ""),
        ("EMBEZZLED", "", ""),
        ("STOLEN LICENSE PLATE", "", "stolen-plate"),
        ("XQ", "wanted person", "wanted-person"),
        ("", "Sex-Offender", "sex-offender"),
        ("", "SVS", "stolen-vehicle"),
        ("", "Hot  car", "felony-vehicle"),
        ("", "BOLO", ""),
        ("", "ICE hold", PROHIBITED),
        ("EDF", "stolen vehicle", PROHIBITED),
        ("EV", "Immigration violator", PROHIBITED),
    ],
)
def test_the_category_is_by_key_then_by_words_and_never_a_prohibited_one(
    mke: str, words: str, code: str
) -> None:
    rules = CategoryRules(Template(name="t", categories={"HOT CAR": "felony-vehicle"}))
    assert rules.code(mke, "", "", words) == code
    assert rules.code(mke, "", "", words) == code  # from the cache


def test_an_amber_code_and_an_origin_come_before_the_key() -> None:
    rules = CategoryRules()
    assert rules.code("EM", "AA") == "amber"
    assert rules.code("EV", "", "VTICE0900") == PROHIBITED
    assert rules.code("EDF", "AA") == PROHIBITED


def test_a_policys_own_keys_and_categories_are_known() -> None:
    rule = CategoryRule(name="Race", priority=3, purpose="safety")
    policy = Policy(name="p", categories={"race": rule}, message_keys={"XR": "race"})
    rules = CategoryRules(Template(name="t", categories={"RACING": "race"}), policy)
    assert rules.code("XR") == rules.code(words="racing") == "race"
    assert CategoryRules(more={"XY": "gang"}, dropped=["XZ"]).code("XZ") == PROHIBITED
    with pytest.raises(BadInput):
        CategoryRules(Template(name="t", categories={"RACING": "race"}))


@pytest.mark.parametrize("word", ["Immigration violator", "ice", "EDF", "Deported felon"])
def test_no_template_can_give_a_category_to_what_is_never_held(word: str) -> None:
    with pytest.raises(Prohibited):
        CategoryRules(Template(name="t", categories={word: "wanted-person"}))


def test_a_row_is_dropped_for_its_words_or_a_key_out_of_place() -> None:
    assert row_prohibited("A,ICE DETAINER", ["A", "ICE DETAINER"], [0], "wanted-person")
    assert row_prohibited("ABC,EDF", ["ABC", "EDF"], [0], "")
    assert not row_prohibited("EDF,X", ["EDF", "X"], [0], "")
    assert not row_prohibited("ABC,EDF", ["ABC", "EDF"], [0], "stolen-vehicle")
