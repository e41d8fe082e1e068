"""A witness' partial plate, a character of which the camera misread: what people see of the hit."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.postgres import Database
from tests.browser.world import World, world_of

PATTERN = "48?KTB*"
MISREAD: dict[str, Any] = {
    "read": "482KT8",
    "entry": "",
    "pattern": PATTERN,
    "color": "SIL",
    "pictures": False,
}
RIGHT: dict[str, Any] = {**MISREAD, "read": "482KTB"}


@pytest.fixture
async def world(db: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(db, tmp_path / "images") as made:
        yield made


async def page_of(world: World, hit: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The alert as JSON, and the words of its page."""
    which = await world.raise_(await world.possible_hit(**hit))
    async with world.logged_in("m.alvarez") as client:
        shown = (await client.get(f"/api/alerts/{which}")).json()
        page = await client.get(f"/alerts/{which}")
    assert page.status_code == 200
    words = re.sub(r"<[^>]*>", " ", page.text)
    return shown, re.sub(r"\s+", " ", words)


async def test_the_alert_marks_the_misread_character_and_says_that_it_may_be_a_misread(
    world: World,
) -> None:
    shown, words = await page_of(world, MISREAD)
    grid = shown["comparison"]["columns"]
    assert "".join(c["entry"] for c in grid) == "48?KTB"
    assert [(c["read"], c["entry"]) for c in grid if c["differs"]] == [("8", "B")]
    assert shown["differs"] == 1
    assert "8 read, B listed" in words
    assert "Camera mixes 8 and B" in words
    assert f"The rest fits the partial plate {PATTERN}: 4 of its 5 known characters agree" in words
    assert "Why you are asked perhaps a misread" in words
    assert "always asks" not in words


async def test_a_text_that_fits_is_told_as_one_and_no_character_differs(world: World) -> None:
    shown, words = await page_of(world, RIGHT)
    assert shown["differs"] == 0
    assert "Every known character is the same." in words
    assert "Why you are asked fits a partial plate" in words
    assert "a plate that fits a partial plate always asks, if nothing contradicts" in words


async def test_what_was_verified_is_the_whole_plate_that_was_found(world: World) -> None:
    which = await world.raise_(await world.possible_hit(**MISREAD))
    async with world.logged_in("m.alvarez") as client:
        for step, body in (
            ("claim", None), ("verify", {"source": "NCIC, live query", "reference": "N-1"}),
        ):  # fmt: skip
            answer = await client.post(f"/api/alerts/{which}/{step}", json=body)
            assert answer.status_code == 200, answer.text
        shown = (await client.get(f"/api/alerts/{which}")).json()
    assert (shown["verified"], shown["plate"]["text"]) == (True, "482 KTB")
