"""Every damage of tests/list_damages.py, through a real refresh over a good list in force."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import psycopg
import pytest

from hotlists.refresh import Means, refresh
from storage.embedded import EmbeddedPostgres
from storage.postgres import Database
from tests.integration.list_world import (
    balanced,
    in_force,
    leftovers,
    new_source,
    original_of,
    rows_of,
    states,
)
from tests.list_damages import BEFORE, DAMAGES, IN_FORCE, NEXT, SIZE, Damage
from tests.lists import KEY, NOW


@pytest.fixture(scope="module")
def module_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """One database for all damages: each has a list of its own in it."""
    name = f"t_{uuid4().hex[:12]}"
    with psycopg.connect(postgres.url_of("postgres"), autocommit=True) as conn:
        conn.execute(f"create database {name} template template_bolo strategy file_copy".encode())
    yield postgres.url_of(name)
    with psycopg.connect(postgres.url_of("postgres"), autocommit=True) as conn:
        conn.execute(f"drop database if exists {name} with (force)".encode())


@pytest.fixture
async def shared(module_url: str) -> AsyncIterator[Database]:
    async with Database(module_url, size=4) as db:
        yield db


async def arriving(one: Damage) -> AsyncIterator[bytes]:
    made = one.make()
    for piece in [made] if isinstance(made, bytes) else made:
        for start in range(0, len(piece), 1 << 20):
            yield piece[start : start + (1 << 20)]


@pytest.mark.parametrize("one", DAMAGES, ids=lambda one: one.name)
async def test_no_damaged_list_replaces_the_good_one(shared: Database, one: Damage) -> None:
    source = await new_source(shared, one.name, one.settings)
    means = Means(key=KEY, secrets=one.secrets)
    for good in (BEFORE, IN_FORCE):
        if not one.settings:
            result = await refresh(shared, source, good, by="feed", now=NOW, means=means)
            assert (result.outcome, result.entries) == ("active", SIZE), result.sentences()
    number = await in_force(shared, source)
    result = await refresh(shared, source, arriving(one), by="feed", now=NOW, means=means)
    said = result.sentences()
    assert balanced(result), said
    assert one.rows in (None, result.rows), said
    assert result.prohibited == one.prohibited, said
    guards = [finding.guard for finding in result.findings]
    if one.guard:
        assert (result.outcome, one.guard in guards) == ("quarantined", True), said
        assert await in_force(shared, source) == number
        assert (await states(shared, source.id))[-1] == (result.generation, "quarantined")
    else:
        assert (result.outcome, guards) == ("active", []), said
        assert result.entries == SIZE - (one.rejected if result.rows == SIZE else 0), said
        assert sum(result.rejected.values()) == one.rejected
        assert await in_force(shared, source) == result.generation == number + 1
    assert await leftovers(shared) == {}


@pytest.mark.parametrize("name", ["all rows prohibited", "three rows prohibited"])
async def test_nothing_of_a_prohibited_row_is_stored_anywhere(db: Database, name: str) -> None:
    (one,) = [d for d in DAMAGES if d.name == name]
    source = await new_source(db)
    result = await refresh(db, source, arriving(one), by="feed", now=NOW, means=Means(key=KEY))
    original = await original_of(db, source, result.generation)
    rows = await rows_of(db, source.id, result.generation)
    if name.startswith("all"):
        assert (original.count(b"\n"), rows) == (1, b""), "the header alone"
        assert original.startswith(b"LIC,")
    else:
        assert original == NEXT
        assert rows.count(b"\n") == SIZE
    async with db.connection() as conn:
        for table in ("generations", "audit", "live_entries", "changes", "confirmations"):
            cursor = await conn.execute(f"select * from {table}".encode())
            assert "SECRET" not in repr(await cursor.fetchall())
    assert b"SECRET" not in original + rows
