"""A list that comes as changes: what a file does not speak of stays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from domain.errors import BadInput, Unavailable
from hotlists.configuring import ensure_source
from hotlists.keeper import WatchKeeper
from hotlists.layouts import layout
from hotlists.model import HotlistSource, RefreshResult
from hotlists.refresh import refresh, rollback
from storage.postgres import Database

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
AGENCY = "KS0999900"


@pytest.fixture
async def source(db: Database) -> HotlistSource:
    async with db.transaction() as conn:
        await conn.execute("insert into agencies (ori, name) values (%s, 'Test')", (AGENCY,))
        template = msgspec.to_builtins(layout("vigilant-incremental").template)
        settings = {"template": template, "incremental": True}
        return await ensure_source(conn, AGENCY, "Vigilant", settings=settings)


async def send(db: Database, source: HotlistSource, rows: str, minutes: int) -> RefreshResult:
    return await refresh(db, source, rows.encode(), by="test", now=NOW + timedelta(minutes=minutes))


async def plates(db: Database, folder: Path) -> set[tuple[str, str]]:
    """What a worker would match against."""
    keeper = WatchKeeper(db, lambda: NOW, folder)
    await keeper.load_once()
    watch = keeper.watch(AGENCY)
    assert watch is not None
    (generation,) = watch.generations.values()
    entries, index = list(generation.entries), generation.index
    rows = index.candidates(index.codes)[1].tolist()
    found = {(entries[row].plate, entries[row].state) for row in rows}
    assert len(found) == len(generation)
    return found


HEADER = "Hot Plate,State,Alert,Priority,Notes,Expires,Action\n"


def row(plate: str, state: str = "KS", action: str = "add", note: str = "") -> str:
    return f"{plate},{state},Stolen vehicle,High,{note},,{action}\n"


FIRST = HEADER + "".join(row(f"{n:03}KTB") for n in range(40))


async def test_what_a_file_does_not_speak_of_stays(
    db: Database, source: HotlistSource, tmp_path: Path
) -> None:
    assert (await send(db, source, FIRST, 0)).entries == 40
    changes = HEADER + row("777NEW") + row("005KTB", action="remove") + row("006KTB", note="seen")
    result = await send(db, source, changes, 1)
    assert (result.outcome, result.generation, result.entries, result.rows) == ("active", 2, 40, 3)
    held = await plates(db, tmp_path)
    assert held == {(f"{n:03}KTB", "KS") for n in range(40) if n != 5} | {("777NEW", "KS")}


async def test_a_removal_without_a_state_means_every_state(
    db: Database, source: HotlistSource, tmp_path: Path
) -> None:
    await send(db, source, FIRST + row("005KTB", "MO"), 0)
    await send(db, source, HEADER + row("005KTB", "", "remove") + row("1NEW", "OK"), 1)
    assert not {(p, s) for p, s in await plates(db, tmp_path) if p == "005KTB"}


async def test_ten_files_of_changes_come_to_what_they_say(
    db: Database, source: HotlistSource, tmp_path: Path
) -> None:
    expected = {(f"{n:03}KTB", "KS") for n in range(40)}
    await send(db, source, FIRST, 0)
    for n in range(1, 11):
        gone, new = (f"{n:03}KTB", "KS"), (f"{n:03}NEW", "MO")
        changes = HEADER + row(*gone, action="delete") + row(*new)
        await send(db, source, changes, n)
        expected = expected - {gone} | {new}
        assert await plates(db, tmp_path) == expected


async def test_a_removal_of_most_of_the_list_waits_for_a_person(
    db: Database, source: HotlistSource, tmp_path: Path
) -> None:
    await send(db, source, FIRST, 0)
    changes = HEADER + "".join(row(f"{n:03}KTB", action="remove") for n in range(35))
    result = await send(db, source, changes, 1)
    assert (result.outcome, [f.guard for f in result.findings]) == ("quarantined", ["row-count"])
    assert len(await plates(db, tmp_path)) == 40


async def test_changes_for_a_list_that_was_exchanged_meanwhile_must_come_again(
    db: Database, source: HotlistSource, tmp_path: Path
) -> None:
    await send(db, source, FIRST, 0)
    await send(db, source, HEADER + row("777NEW"), 1)

    async def pieces() -> AsyncIterator[bytes]:
        yield (HEADER + row("888NEW")).encode()
        await rollback(db, source, 1, by="dana", reason="the wrong changes", now=NOW)
        yield row("999NEW").encode()

    with pytest.raises(Unavailable, match="put in force meanwhile"):
        await refresh(db, source, pieces(), by="test", now=NOW + timedelta(minutes=2))
    assert len(await plates(db, tmp_path)) == 40


async def test_the_last_word_on_a_plate_counts_within_a_file_too(
    db: Database, source: HotlistSource, tmp_path: Path
) -> None:
    rows = row("1AAA") + row("1AAA", action="remove") + row("2BBB", action="remove") + row("2BBB")
    await send(db, source, HEADER + row("9ZZZ") + rows, 0)  # the very first file
    assert await plates(db, tmp_path) == {("9ZZZ", "KS"), ("2BBB", "KS")}
    await send(db, source, HEADER + row("1AAA") + row("9ZZZ", action="remove") + row("9ZZZ"), 1)
    assert await plates(db, tmp_path) == {("1AAA", "KS"), ("9ZZZ", "KS"), ("2BBB", "KS")}


async def test_an_entry_without_a_state_is_meant_by_the_removal_of_any(
    db: Database, source: HotlistSource, tmp_path: Path
) -> None:
    await send(db, source, HEADER + row("1AAA", "") + row("9ZZZ"), 0)
    await send(db, source, HEADER + row("1AAA", "KS", "remove"), 1)
    assert await plates(db, tmp_path) == {("9ZZZ", "KS")}


async def test_changes_are_not_laid_over_a_list_that_was_made_by_other_rules(
    db: Database, source: HotlistSource
) -> None:
    await send(db, source, FIRST, 0)
    stricter = {**source.settings, "drop": ["XQ"]}
    async with db.transaction() as conn:
        changed = await ensure_source(conn, AGENCY, "Vigilant", settings=stricter)
    with pytest.raises(BadInput, match="send the whole list once"):
        await send(db, changed, HEADER + row("777NEW"), 1)
