"""`bolo check` where more than one thing is wrong: each is said, whatever another one raises."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.embedded


async def test_a_database_without_tables_is_said_with_what_to_do_and_ends_no_other_check(
    empty_database_url: str, tmp_path: Path
) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bolo", "check",
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("BOLO_")},
            "BOLO_DATABASE_URL": empty_database_url,
            "BOLO_KAFKA": "127.0.0.1:9",
            "BOLO_IMAGES_URL": (tmp_path / "images").as_uri(),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        },
        cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(child.communicate(), 90)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    assert (child.returncode, err.decode()) == (1, "")
    lines = [line for line in out.decode().splitlines() if not line.startswith(" ")]
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
