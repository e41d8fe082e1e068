"""How old a list may be, and what is said of one that is older."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from bolo.stale_lists import StaleLists
from hotlists.arrival_store import Arrival
from hotlists.cron import cron
from hotlists.model import HotlistSource
from hotlists.staleness import Staleness, limit_of
from hotlists.standing_store import Standing
from policy.loading import standard

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(hours=24)


def old(hours: float, limit: timedelta = DAY) -> Staleness:
    return Staleness(timedelta(hours=hours), limit)


def test_the_limit_is_the_lists_own_or_else_the_policys() -> None:
    assert limit_of({"max_age_hours": 6}, standard()) == timedelta(hours=6)
    assert limit_of({}, standard()) == timedelta(hours=standard().lists.max_age_hours)


@pytest.mark.parametrize(
    ("hours", "grade", "words"),
    [
        (1, "ok", "list 60 min old, the limit is 24 h"),
        (11.9, "ok", "list 11.5 h old, the limit is 24 h"),
        (12, "soon", "list 12 h old, the limit is 24 h"),
        (24, "soon", "list 24 h old, the limit is 24 h"),
        (24.2, "now", "list more than 24 h old, which is the limit"),
        (26, "now", "list 26 h old, the limit is 24 h"),
        (24 * 9, "now", "list 9 d old, the limit is 24 h"),
        (-1, "ok", "list 0 min old, the limit is 24 h"),
    ],
)
def test_an_age_has_a_grade_and_words(hours: float, grade: str, words: str) -> None:
    assert (old(hours).grade, old(hours).words) == (grade, words)
    assert old(hours).stale == (grade == "now")


def test_a_list_that_never_came_is_stale() -> None:
    never = Staleness(None, DAY)
    assert (never.stale, never.grade, never.words) == (True, "now", "never loaded")


def standing(
    which: UUID,
    hours: float | None,
    name: str = "NCIC",
    schedule: str = "",
    checked: datetime | None = None,
    location: str = "/in/ncic.csv",
) -> Standing:
    age = None if hours is None else timedelta(hours=hours)
    return Standing(
        source=HotlistSource(which, "KS0190100", name, "table", location),
        timezone="America/Chicago",
        generation=None if hours is None else 4,
        entries=100,
        refreshed_at=None if age is None else NOW - age,
        staleness=Staleness(age, DAY),
        quarantined=(),
        arrival=Arrival(which, checked_at=checked),
        schedule=cron(schedule, "America/Chicago") if schedule else None,
    )


def test_it_is_said_once_when_a_list_is_stale_and_once_when_it_is_fresh_again() -> None:
    said: list[str] = []
    lists, one, other = StaleLists(said.append), uuid4(), uuid4()
    for hours in (23, 25, 26, 27):
        lists.look([standing(one, hours), standing(other, 1, "County")])
    assert said == ["KS0190100 NCIC is stale: list 25 h old, the limit is 24 h"]
    lists.look([standing(one, 0.1), standing(other, None, "County")])
    assert said[1:] == [
        "KS0190100 County is stale: never loaded",
        "KS0190100 NCIC is fresh again",
    ]


def test_a_list_is_due_when_a_time_has_passed_since_the_last_look() -> None:
    def due(checked: datetime | None, now: datetime = NOW, location: str = "/in") -> bool:
        return standing(uuid4(), 1, schedule="0 4 * * *", checked=checked, location=location).due(
            now
        )

    assert due(None)
    assert due(NOW - timedelta(hours=3))  # it is 06:00 in Chicago, and that was at 03:00
    assert not due(NOW - timedelta(hours=1))
    assert due(NOW - timedelta(hours=1), NOW + timedelta(days=1))
    assert not due(None, location="")
    assert not standing(uuid4(), 1).due(NOW)
