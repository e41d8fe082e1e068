"""Files in folders: the newest that matches, at rest, moved nowhere."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from hotlists.arrivals import Arrived, NotArrived, NotChanged, Wanted, files


def written(path: Path, text: str, time: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (time, time))
    return path


async def read(location: str, etag: str = "", largest: int = 1000) -> tuple[str, str]:
    """(what arrived, what it is called)."""
    async with files.opened(Wanted(location, etag, largest=largest), settle=0.01) as found:
        assert isinstance(found, Arrived)
        return b"".join([piece async for piece in found.pieces]).decode(), found.etag


async def test_of_a_folder_the_newest_file_counts_and_stays_where_it_is(tmp_path: Path) -> None:
    written(tmp_path / "a.csv", "old", 1_000_000)
    newest = written(tmp_path / "b.csv", "new", 2_000_000)
    written(tmp_path / ".c.csv.part", "half", 3_000_000)
    (tmp_path / "deeper").mkdir()
    for location in (str(tmp_path), f"{tmp_path}/", f"file://{tmp_path}", f"{tmp_path}/*.csv"):
        text, etag = await read(location)
        assert (text, etag.split()[0]) == ("new", "b.csv")
    assert newest.read_text() == "new"
    assert (await read(f"{tmp_path}/a*"))[0] == "old"


async def test_a_file_that_came_before_is_not_read_again_and_confirms_nothing(
    tmp_path: Path,
) -> None:
    file = written(tmp_path / "a.csv", "one", 1_000_000)
    _, etag = await read(str(file))
    async with files.opened(Wanted(str(file), etag)) as found:
        assert found == NotChanged(confirms=False)
    written(file, "two", 1_000_001)
    assert (await read(str(file), etag))[0] == "two"


async def test_a_file_that_is_still_written_is_not_taken(tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", "one", 1_000_000)

    async def more() -> None:
        await asyncio.sleep(0.05)
        file.write_text("one and more")

    writing = asyncio.create_task(more())
    with pytest.raises(NotArrived, match="still being written"):
        async with files.opened(Wanted(str(file)), settle=0.3):
            pytest.fail("it was not at rest")
    await writing


async def test_a_file_that_changes_while_it_is_read_does_not_count(tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", "one", 1_000_000)
    async with files.opened(Wanted(str(file)), settle=0.01) as found:
        assert isinstance(found, Arrived)
        file.write_text("another")
        with pytest.raises(NotArrived, match="changed while it was read"):
            async for _ in found.pieces:
                pass


async def test_what_is_not_there_or_too_large_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotArrived, match="there is no file"):
        await read(f"{tmp_path}/*.csv")
    written(tmp_path / "a.csv", "x" * 2000, 1_000_000)
    with pytest.raises(NotArrived, match="larger than 1,000 bytes") as refused:
        await read(str(tmp_path))
    assert not refused.value.passing


def test_the_folder_that_is_watched_is_the_one_before_the_first_pattern(tmp_path: Path) -> None:
    assert files.folder_of(f"{tmp_path}/ncic.csv") == tmp_path
    assert files.folder_of(str(tmp_path)) == tmp_path
    assert files.folder_of(f"{tmp_path}/*/a?.csv") == tmp_path
