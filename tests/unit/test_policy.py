"""Categories by message key, and what no configuration can undo."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput, Prohibited
from policy.categories import CATEGORIES, STANDARD, category_of, known_category
from policy.mke import STANDARD as TABLE
from policy.mke import cautions_of
from policy.prohibited import KEYS, said_in, why_prohibited


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
        "IMMIGRATION_VIOLATOR", "IMMIG VIOLATOR", "IMMI GRATION VIOLATOR FILE",
        "IMMI\u00adGRATION VIOLATOR", "I.M.M.I.G. VIOL", "\uff25\uff24\uff26",
        "\uff29\uff2d\uff2d\uff29\uff27\uff32\uff21\uff34\uff29\uff2f\uff2e", "E\u200bDF",
        "IMMIGRATI\u00d3N", "DEPORTATION ORDER", "ICE DETAINER", "CIVIL IMM WARRANT",
        "ADMIN WARRANT - DHS", "DHS CIVIL WARRANT", "ICE", "ICE-HOLD", "WARRANT (ICE)",
    ],
)  # fmt: skip
def test_the_immigration_violator_file_is_prohibited(mke: str) -> None:
    with pytest.raises(Prohibited):
        category_of(mke)
    with pytest.raises(Prohibited):
        category_of(mke, mnp="AA", default="amber")


@pytest.mark.parametrize(
    "ori", ["VTICE0900", "VT ICE0900", "vt-ice-0900", "\uff36\uff34ICE0900", "VTICE0912"]
)
def test_a_record_of_the_immigration_support_center_is_prohibited_under_any_key(ori: str) -> None:
    with pytest.raises(Prohibited):
        known_category("EW", ori=ori)


@pytest.mark.parametrize(
    "mke",
    [
        "ICE CREAM TRUCK", "OFFICE", "REMOVAL VAN", "VENICE PD WARRANT", "POLICE HOLD",
        "WANTED PERSON", "CIVIL WARRANT", "SUPERVISED RELEASE", "EXTREME RISK PROTECTION ORDER",
        "FIREARM REMOVAL ORDER", "THREAT SCREENING CENTER", "MISSING PERSON - INVOLUNTARY",
    ],
)  # fmt: skip
def test_an_ordinary_message_key_is_never_taken_for_one_of_that_file(mke: str) -> None:
    assert why_prohibited(mke) == ""


def test_no_key_of_our_own_table_is_prohibited() -> None:
    assert [prefix for prefix, *_ in TABLE if why_prohibited(prefix)] == []


@pytest.mark.parametrize(
    "cell",
    [
        "IMMIGRATION VIOLATOR FILE DEPORTED FELON", "contact re: immigration violator",
        "DEPORTED FELON", "deported\u00a0felon", "SUBJ HAS ICE DETAINER", "IMMIGRATION DETAINER",
        "ICE ADMINISTRATIVE WARRANT", "ADMIN WARRANT - DHS", "CIVIL IMM WARRANT",
        "ADMINISTRATIVE IMMIGRATION WARRANT", "WARRANT OF REMOVAL/DEPORTATION", "IMMIG VIOLATOR",
        "DEPORTATION ORDER", "IMMI GRATION VIO\u00adLATOR", "NSEERS", "ALIEN ABSCONDER",
        "CONFIRM WITH VT ICE0900", "\uff29\uff23\uff25 DETAINER",
    ],
)  # fmt: skip
def test_any_field_may_say_that_a_row_is_of_that_file(cell: str) -> None:
    cells = ["482KTB", "KS", "EW", cell]
    assert said_in(",".join(cells), cells)


@pytest.mark.parametrize(
    "cell",
    [
        "ICE CREAM TRUCK", "OFFICE", "REMOVAL VAN", "DEPORT TX", "DEPORT POLICE DETAINER", "VENICE",
        "POLICE WARRANT", "POLICE ADMINISTRATIVE WARRANT", "PAROLE ABSCONDER", "NICE DETAINER",
        "IMMEDIATE WARRANT CHECK", "JOHN SEERS", "IMMIGRANT STREET", "ALIEN TRUCKS LLC",
        "TIMM VIOLATED PROTECTION ORDER", "DHS CUSTODY, MISSING CHILD", "ICE ON WINDSHIELD",
        "NO WARRANT, OFFICER SAFETY", "BELVOIR VT, ICE RINK", "TRADE PORT FELONY STOP",
    ],
)  # fmt: skip
def test_an_ordinary_row_is_never_taken_for_one_of_that_file(cell: str) -> None:
    cells = ["ICE482", "VT", "EW", cell, "POLICE"]
    assert not said_in(",".join(cells), cells)


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
