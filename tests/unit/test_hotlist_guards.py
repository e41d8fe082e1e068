"""What each guard objects to, and what it lets pass."""

from __future__ import annotations

from uuid import UUID

import pytest

from hotlists.guards import GUARDS, Last, Limits, inspect
from hotlists.model import HotlistSource
from tests.lists import taken

SOURCE = HotlistSource(UUID(int=5), "KS0190100", "NCIC", "table")


def line(n: int, plate: str = "", state: str = "KS", expires: str = "") -> str:
    return f"{plate or f'{n:03}KTB'},{state},V{n:09},EV,{expires}\n"


HEADER = "LIC,LIS,NIC,MKE,EXPIRES\n"
GOOD = HEADER + "".join(line(n) for n in range(100))


def objections(
    text: str | bytes, last: Last | None = None, limits: Limits | None = None
) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    found = taken(data, source=SOURCE).found
    return [finding.guard for finding in inspect(found, last, limits or Limits())]


def test_a_good_list_passes_every_guard() -> None:
    assert objections(GOOD) == []
    assert objections(GOOD, Last(4, 100)) == []


@pytest.mark.parametrize(
    ("guard", "text"),
    [
        ("unreadable", "PK\x03\x04 an archive"),
        ("not-text", GOOD.replace("100KTB", "") + "\0"),
        ("not-text", GOOD.encode("utf-16-le")),
        ("empty", ""),
        ("empty", HEADER),
        ("missing-columns", GOOD.split("\n", 1)[1]),
        ("missing-columns", GOOD.replace("MKE", "KEY")),
        ("truncated", GOOD[:-14]),
        ("parse-failures", GOOD + line(200, "UNK") * 10),
        ("columns-shifted", HEADER + "".join(line(n, "KS", f"{n}KTB") for n in range(100))),
        ("columns-shifted", HEADER + "".join(line(n, "", f"{n}KTB") for n in range(100))),
        ("duplicates", GOOD * 2),
        ("encoding", (GOOD.replace("KTB", "K\u00e9B")).encode().decode("cp1252")),
        ("encoding", GOOD.replace("KTB", "K\ufffdB")),
        ("expiry", HEADER + "".join(line(n, expires="20200101") for n in range(100))),
    ],
)
def test_each_kind_of_damage_is_seen_by_its_guard(guard: str, text: str | bytes) -> None:
    assert guard in objections(text)


@pytest.mark.parametrize(
    ("before", "suspicious"), [(100, False), (120, False), (80, False), (143, True), (60, True)]
)
def test_a_list_must_not_shrink_or_grow_beyond_its_limits(before: int, suspicious: bool) -> None:
    assert ("row-count" in objections(GOOD, Last(4, before))) is suspicious


def test_a_small_list_may_change_freely() -> None:
    assert objections(HEADER + line(1), Last(1, 12)) == []


def test_a_daily_turnover_of_a_national_list_passes() -> None:
    text = HEADER + "".join(line(n) for n in range(3572))
    assert objections(text, Last(8, 3600)) == []


def test_limits_are_the_source_s_own() -> None:
    assert objections(GOOD, Last(4, 143), Limits(drop=0.5)) == []


def test_every_guard_says_a_sentence() -> None:
    found = taken(HEADER.encode(), source=SOURCE).found
    (finding,) = inspect(found, None, Limits())
    assert finding.sentence == "The file has 0 rows and not one usable entry."
    assert all(guard.__doc__ for guard in GUARDS)
