"""What a demo starts with: lists with NCIC columns, people, nothing prohibited."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from domain.plate import is_normal
from policy.categories import category_of
from simulator.lists import COLUMNS, hotlist_csv
from simulator.seeds import AGENCIES, PEOPLE, people
from simulator.town import CAMERAS, CITY, COUNTY
from simulator.wanted import WANTED

BOTH = pytest.mark.parametrize("agency", [CITY, COUNTY])
_VIN_VALUES = dict(
    zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", "012345678912345678123457923456789", strict=True)
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def entries(agency: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(hotlist_csv(agency))))


@BOTH
def test_a_list_has_tens_of_whole_rows_under_ncic_columns(agency: str) -> None:
    rows = entries(agency)
    assert 25 <= len(rows) <= 60
    assert hotlist_csv(agency).splitlines()[0] == ",".join(COLUMNS)
    for row in rows:
        assert set(row) == set(COLUMNS)
        assert None not in row.values()
        assert is_normal(row["LIC"])
        assert row["LIS"] != "NE", "Nebraska is NB"
        assert row["ORI"]
        assert row["MKE"]


@BOTH
def test_no_two_records_share_a_number_and_every_vin_has_its_check_digit(agency: str) -> None:
    rows = entries(agency)
    assert len({row["NIC"] for row in rows}) == len(rows)
    for vin in filter(None, (row["VIN"] for row in rows)):
        weighed = zip(vin, _VIN_WEIGHTS, strict=True)
        left = sum(int(_VIN_VALUES[char]) * weight for char, weight in weighed) % 11
        assert vin[8] == ("X" if left == 10 else str(left)), vin


@BOTH
def test_no_record_is_of_a_prohibited_file(agency: str) -> None:
    for row in entries(agency):
        category_of(row["MKE"], row["MNP"])  # raises Prohibited for such a record


def test_the_lists_hold_each_kind_and_one_amber_alert() -> None:
    rows = entries(CITY) + entries(COUNTY)
    found = [category_of(row["MKE"], row["MNP"]).code for row in rows]
    assert {"stolen-vehicle", "stolen-plate", "wanted-person", "missing-person"} <= set(found)
    assert found.count("amber") == 1
    assert "local" not in found, "a message key that policy does not know"


def test_every_wanted_car_is_on_its_agencys_list_and_passes_that_agencys_camera() -> None:
    for one in WANTED:
        matches = [r for r in entries(one.agency) if r["LIC"] == one.vehicle.plate]
        assert len(matches) == 1
        assert (matches[0]["LIS"] != one.vehicle.state) == one.innocent
        assert any(CAMERAS[c].agency == one.agency for c in one.route)


def test_some_entries_contradict_the_car_that_passes() -> None:
    white_but_listed_blue = next(w for w in WANTED if w.vehicle.plate == "205JGM")
    assert (white_but_listed_blue.vehicle.color, white_but_listed_blue.entry.vco) == (
        "white",
        "BLU",
    )
    motorcycle = next(w for w in WANTED if w.innocent)
    assert (motorcycle.vehicle.body, motorcycle.entry.vst) == ("suv", "MC")


def test_each_agency_has_people_for_every_step_and_no_two_share_a_login_or_phone() -> None:
    for agency in AGENCIES:
        for role in ("dispatcher", "officer", "supervisor", "admin"):
            assert any(p.role == role for p in people(agency.ori))
        assert agency.cameras
        assert agency.hotlist
        assert len(people(agency.ori, "officer")) >= 2
    assert len({p.login for p in PEOPLE}) == len(PEOPLE)
    assert len({p.phone for p in PEOPLE}) == len(PEOPLE)
    assert all(p.phone.startswith("+131655501") and len(p.phone) == 12 for p in PEOPLE)
    assert all(len(a.ori) == 9 for a in AGENCIES)
