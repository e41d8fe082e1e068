"""`bolo check` where more than one thing is wrong: each is said, whatever another one raises."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import bolo

pytestmark = pytest.mark.embedded


async def test_a_database_without_tables_is_said_with_what_to_do_and_ends_no_other_check(
    empty_database_url: str, tmp_path: Path
) -> None:
    code, out, err = await bolo(
        "check", url=empty_database_url, folder=tmp_path,
        BOLO_IMAGES_URL=(tmp_path / "images").as_uri(),
    )  # fmt: skip
    assert (code, err) == (1, "")
    lines = [line for line in out.splitlines() if not line.startswith(" ")]
    assert [line.partition(":")[0].split(maxsplit=1) for line in lines] == [
        ["ok", "configuration"],
        ["ok", "policy"],
        ["ok", "list files"],
        ["FAILED", "database"],
        ["FAILED", "Kafka"],
        ["ok", "image store"],
        ["ok", "SMS gateway"],
        ["FAILED", "lists"],
    ]
    assert "is at revision none" in lines[3]
    assert lines[3].endswith("bolo migrate")
