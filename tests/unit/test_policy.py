"""Categories by message key, and what no configuration can undo."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput, Prohibited
from policy.categories import CATEGORIES, STANDARD, category_of, known_category
from policy.mke import STANDARD as TABLE
from policy.mke import cautions_of
from policy.prohibited import KEYS


@pytest.mark.parametrize(
    ("mke", "category"),
    [
        ("EV", "stolen-vehicle"),
        ("ev-p", "stolen-vehicle"),
        ("EVP", "violent-person"),
        ("EF", "felony-vehicle"),
        ("EL", "stolen-plate"),
        ("EW", "wanted-person"),
        ("EWJ", "wanted-person"),
        ("ET", "wanted-person"),
        ("ETO", "protection-order"),
        ("EPO", "protection-order"),
        ("EPI", "protective-interest"),
        ("EMJ", "missing-person"),
        ("EME", "missing-person"),
        ("EXS", "sex-offender"),
        ("STOLEN VEHICLE", "stolen-vehicle"),
        ("Missing Person - Endangered", "missing-person"),
    ],
)
def test_a_message_key_names_its_category(mke: str, category: str) -> None:
    assert category_of(mke).code == category


@pytest.mark.parametrize("mke", ["EP", "EG", "ES", "EB", "", "ZZ"])
def test_what_is_no_vehicle_or_person_on_the_road_is_an_unknown_key(mke: str) -> None:
    assert known_category(mke) is None
    assert category_of(mke, default="gang").code == "gang"


def test_every_row_of_the_table_names_a_category_that_exists_and_its_source() -> None:
    assert {category for _, category, _ in TABLE} <= set(CATEGORIES)
    assert all(source for *_, source in TABLE)


def test_a_missing_child_is_amber_whatever_the_message_key() -> None:
    assert category_of("EMJ", mnp="AA").code == "amber"
    assert category_of("EV", mnp="ca").priority == 1


@pytest.mark.parametrize(
    "mke",
    [
        "EDF", "edf", " EIV-P ", "EAF", "ENF", "IMMIGRATION VIOLATOR", "Immigration Violation",
        "DEPORTED FELON", "NSEERS", "PERSON - ADMINISTRATIVE WARRANT OF REMOVAL", "E.D.F",
        "IMMIGRATION_VIOLATOR",
    ],
)  # fmt: skip
def test_the_immigration_violator_file_is_prohibited(mke: str) -> None:
    with pytest.raises(Prohibited):
        category_of(mke)
    with pytest.raises(Prohibited):
        category_of(mke, mnp="AA", default="amber")


def test_a_record_of_the_immigration_support_center_is_prohibited_under_any_key() -> None:
    with pytest.raises(Prohibited):
        known_category("EW", ori="VTICE0900")


@given(
    key=st.sampled_from(KEYS), suffix=st.text(max_size=4), category=st.sampled_from([*CATEGORIES])
)
def test_no_configuration_gives_a_prohibited_key_a_category(
    key: str, suffix: str, category: str
) -> None:
    with pytest.raises(Prohibited):
        STANDARD.extended({key: category})
    wide = STANDARD.extended({key[:1]: category, key[:2]: category})
    with pytest.raises(Prohibited):
        known_category(key + suffix.strip(), table=wide)


def test_a_source_may_add_keys_and_drop_more() -> None:
    table = STANDARD.extended({"XQ": "gang", "EV1": "local"}, dropped=["EG"])
    assert known_category("xq-p", table=table) == CATEGORIES["gang"]
    assert known_category("EV1", table=table) == CATEGORIES["local"]
    assert known_category("EV", table=table) == CATEGORIES["stolen-vehicle"]
    with pytest.raises(Prohibited):
        known_category("EGG", table=table)


def test_a_wrong_table_says_what_is_wrong() -> None:
    with pytest.raises(BadInput, match="no category 'stolen'"):
        STANDARD.extended({"XQ": "stolen"})
    with pytest.raises(BadInput, match="must not be empty"):
        STANDARD.extended({" ": "gang"})


def test_a_suffix_is_a_caution() -> None:
    assert "Caution" in cautions_of("EV-P")
    assert cautions_of("EV") == ""
    assert cautions_of("MISSING PERSON - ENDANGERED") == ""
