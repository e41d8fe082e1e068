"""Ids that replays must agree on, today and in every later version."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.ids import alert_id, delivery_id, entry_id, event_id, read_id

SEEN = datetime(2026, 11, 21, 21, 2, 9, 123456, tzinfo=UTC)
ENTRY = UUID("11111111-2222-5333-8444-555555555555")
READ = UUID("66666666-7777-5888-9999-aaaaaaaaaaaa")


def test_the_ids_are_what_they_were_when_the_first_database_was_filled() -> None:
    assert (
        str(read_id("KS0190100", "cam-1", SEEN, "482KTB")) == "0c24af55-5985-540c-a3ad-a9d4e490ba48"
    )
    assert str(entry_id("KS0190100", "ncic", "NIC-7")) == "ea61f444-3f98-5fc5-a4dd-18e6c6971bdd"
    assert str(alert_id(ENTRY, READ)) == "75f17180-a1fd-5e1f-b7c1-2d8687891490"
    assert str(event_id(ENTRY, 3)) == "21debd99-d066-574d-878c-9151b860a382"
    assert str(delivery_id(ENTRY, READ)) == "6a69426d-bca4-5b2c-8d79-f7231ae38585"


def test_the_same_read_posted_twice_is_one_read_and_any_difference_makes_two() -> None:
    same = read_id("KS0190100", "cam-1", SEEN, "482KTB")
    assert same == read_id("KS0190100", "cam-1", SEEN, "482KTB")
    others = {
        read_id("KS0190200", "cam-1", SEEN, "482KTB"),
        read_id("KS0190100", "cam-2", SEEN, "482KTB"),
        read_id("KS0190100", "cam-1", SEEN + timedelta(microseconds=1), "482KTB"),
        read_id("KS0190100", "cam-1", SEEN, "482KT8"),
    }
    assert len(others) == 4
    assert same not in others


@given(st.integers(-720, 720))
def test_the_offset_a_camera_tells_its_time_in_does_not_make_another_read(minutes: int) -> None:
    elsewhere = SEEN.astimezone(timezone(timedelta(minutes=minutes)))
    assert read_id("A", "c", elsewhere, "X1") == read_id("A", "c", SEEN, "X1")


@given(st.uuids(), st.uuids(), st.integers(1, 50))
def test_ids_of_different_kinds_do_not_meet(one: UUID, two: UUID, version: int) -> None:
    ids = {alert_id(one, two), event_id(one, version), delivery_id(one, two)}
    assert len(ids) == 3
