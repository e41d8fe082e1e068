"""The five known false stops of innocent people: a CONFLICT or nothing, never a clean hit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from domain.vehicle import Guess, VehicleSeen
from matchers.engine import match
from tests.unit.test_match_engine import NOW, entry, one, read, seen, watch


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
    right = read("BDT219", state="NM", vehicle=misread.vehicle)
    assert match([right], watch([listed]), NOW) == []


def test_toledo_2024_a_7_read_as_2_is_a_conflict_and_the_true_text_is_nothing() -> None:
    listed = entry("JKL2024", state="OH", make="FORD", color="BLK")
    misread = read("JKL2024", state="OH", vehicle=seen(make="Nissan", color="silver"))
    assert one(match([misread], watch([listed]), NOW)).tier == "exact-conflict"
    right = read("JKL7024", state="OH", vehicle=misread.vehicle)
    assert match([right], watch([listed]), NOW) == []


def test_an_entry_cleared_earlier_is_nothing() -> None:
    cleared = entry("HFR118", expires_on=date(2026, 11, 20))
    assert match([read("HFR118")], watch([cleared]), NOW) == []
    # The daily list still has it; it was withdrawn two hours before.
    stale = watch([entry("HFR118")])
    assert one(match([read("HFR118")], stale, NOW)).tier == "exact"
    assert match([read("HFR118")], replace(stale, withdrawn=frozenset({UUID(int=1)})), NOW) == []


@pytest.mark.parametrize(
    ("fields", "looks"),
    [
        ({"plate": "5SOW732", "state": "CA", "make": "GMC"}, {"make": "Lexus"}),
        ({"plate": "5SOW732", "state": "CA", "style": "PK"}, {"body": "Sedan"}),
        ({"plate": "BAE482", "state": "MT", "style": "MC"}, {"body": "SUV"}),
        ({"plate": "BAE482", "state": "MT", "plate_type": "MC"}, {"body": "SUV"}),
        ({"plate": "BAE482", "state": "MT", "plate_type": "MC"}, {"plate_type": "passenger"}),
        ({"plate": "BDT719", "state": "NM", "make": "CHEV"}, {"make": "Dodge"}),
        ({"plate": "JKL2024", "state": "OH", "color": "BLK"}, {"color": "silver"}),
    ],
)
@pytest.mark.parametrize("sure", [None, 0.75, 1.0])
def test_one_contradiction_alone_makes_a_known_false_stop_a_conflict(
    fields: dict[str, str], looks: dict[str, str], sure: float | None
) -> None:
    listed = entry(**fields)  # type: ignore[arg-type]
    vehicle = VehicleSeen(**{k: (Guess(v, sure),) for k, v in looks.items()})  # type: ignore[arg-type]
    evidence = one(match([read(listed.plate, vehicle=vehicle)], watch([listed]), NOW))
    assert evidence.tier == "exact-conflict"
    another = read(listed.plate, state="CO", state_confidence=sure)
    assert one(match([another], watch([listed]), NOW)).tier == "exact-conflict"
