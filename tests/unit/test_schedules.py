"""Cron fields in an agency's time zone. The clock is an argument."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from hotlists.cron import cron
from hotlists.settings import check_settings

CHICAGO = "America/Chicago"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(schedule: str, start: str, count: int, zone: str = CHICAGO) -> list[str]:
    """The next times in UTC, as texts."""
    one, moment, out = cron(schedule, zone), at(start), []
    for _ in range(count):
        moment = one.after(moment)
        out.append(f"{moment:%m-%d %H:%M}")
    return out


def test_hours_are_the_agencys_own() -> None:
    assert times("15 4,16 * * *", "2026-11-22T00:00", 3) == [
        "11-22 10:15", "11-22 22:15", "11-23 10:15",
    ]  # fmt: skip
    assert times("15 4 * * *", "2026-11-22T00:00", 1, "UTC") == ["11-22 04:15"]


def test_days_of_the_week_and_month_names_are_understood() -> None:
    assert times("0 6 * * mon-fri", "2026-11-20T18:00", 2) == ["11-23 12:00", "11-24 12:00"]
    assert times("0 6 1 jul *", "2026-01-01T00:00", 1) == ["07-01 11:00"]
    assert times("0 0 29 2 *", "2026-01-01T00:00", 1, "UTC") == ["02-29 00:00"]


def test_the_same_hour_on_the_wall_moves_in_utc_with_daylight_saving() -> None:
    assert times("0 4 * * *", "2026-03-07T00:00", 3) == [
        "03-07 10:00",
        "03-08 09:00",
        "03-09 09:00",
    ]
    assert times("0 4 * * *", "2026-10-31T00:00", 3) == [
        "10-31 09:00",
        "11-01 10:00",
        "11-02 10:00",
    ]


def test_a_time_that_does_not_exist_comes_right_after_the_gap() -> None:
    # On March 8, 2026 Chicago goes from 02:00 CST (08:00 UTC) to 03:00 CDT.
    assert times("30 2 * * *", "2026-03-07T12:00", 2) == ["03-08 08:30", "03-09 07:30"]


def test_an_hour_that_comes_twice_is_taken_once_when_it_is_named() -> None:
    # On November 1, 2026 Chicago has 01:00 to 02:00 twice, from 06:00 UTC.
    assert times("30 1 * * *", "2026-11-01T00:00", 2) == ["11-01 06:30", "11-02 07:30"]


def test_every_hour_means_every_hour_of_time_also_at_the_change() -> None:
    assert times("0 * * * *", "2026-11-01T04:30", 5) == [
        "11-01 05:00", "11-01 06:00", "11-01 07:00", "11-01 08:00", "11-01 09:00",
    ]  # fmt: skip
    assert times("0 * * * *", "2026-03-08T06:30", 4) == [
        "03-08 07:00", "03-08 08:00", "03-08 09:00", "03-08 10:00",
    ]  # fmt: skip


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)),
    st.sampled_from(["*/7 * * * *", "0 * * * *", "30 1 * * *", "15 2,16 * * *", "0 6 * * 1"]),
    st.sampled_from([CHICAGO, "UTC", "America/Phoenix", "Australia/Lord_Howe"]),
)
def test_the_next_time_is_later_and_nothing_lies_between(
    moment: datetime, schedule: str, zone: str
) -> None:
    start, one = moment.replace(tzinfo=UTC), cron(schedule, zone)
    found = one.after(start)
    assert start < found < start + timedelta(days=8)
    assert one.after(found - timedelta(seconds=1)) == found
    middle = start + (found - start) / 2
    assert one.after(middle) == found


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("", "needs five fields"),
        ("0 4 * *", "not 4"),
        ("0 0 4 * * *", "not 6"),
        ("@daily", "needs five fields"),
        ("60 4 * * *", r"minute \(field 1\) holds 0-59, not '60'"),
        ("0 24 * * *", r"hour \(field 2\) holds 0-23"),
        ("0 4 32 * *", "day of the month"),
        ("0 4 0 * *", "day of the month"),
        ("0 4 * 13 *", "month .field 4"),
        ("0 4 * * 8", "day of the week"),
        ("0 4 * * noday", "day of the week"),
        ("0 16-4 * * *", "hour"),
        ("*/0 * * * *", "minute"),
        ("0 4 l * *", "day of the month"),
        ("h 4 * * *", "minute"),
        ("0 4 30 2 *", "never comes"),
    ],
)
def test_a_wrong_schedule_is_explained(schedule: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        cron(schedule)


def test_it_is_checked_when_a_list_is_configured() -> None:
    check_settings("table", {"schedule": "15 4,16 * * *"})
    with pytest.raises(BadInput, match=r"settings.schedule: the hour"):
        check_settings("table", {"schedule": "15 25 * * *"})


def test_a_time_zone_that_nobody_knows_counts_as_utc() -> None:
    assert times("0 4 * * *", "2026-11-22T00:00", 1, "Nowhere/Else") == ["11-22 04:00"]
