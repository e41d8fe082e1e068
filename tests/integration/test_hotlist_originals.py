"""Original files: kept encrypted without what is prohibited, or not at all, and not for ever."""

from __future__ import annotations

import gzip
from datetime import timedelta

import pytest

from hotlists import store
from hotlists.model import HotlistSource
from hotlists.refresh import Means, refresh
from hotlists.sealing import Unsealable, key_of, new_key, seal, unseal
from storage.postgres import Database
from tests.integration.list_world import new_source, original_of
from tests.lists import KEY, NOW, records, table

FILE = table(records(0, 3600))
SECRETS = table(
    [{**r, "LIC": f"SECRET{n}", "MKE": "EDF"} for n, r in enumerate(records(3600, 3610))],
    header=False,
)


async def kept(db: Database, source: HotlistSource) -> list[int]:
    """Of which generations there are originals."""
    async with db.connection() as conn:
        cursor = await conn.execute(
            "select distinct g.number from generation_originals o join generations g"
            " on g.id = o.generation where g.source = %s order by 1",
            (source.id,),
        )
        return [row["number"] for row in await cursor.fetchall()]


@pytest.mark.parametrize("data", [FILE + SECRETS, gzip.compress(FILE + SECRETS)], ids=["", "gz"])
async def test_an_original_is_the_file_without_what_is_prohibited(
    db: Database, data: bytes
) -> None:
    source = await new_source(db)
    result = await refresh(db, source, data, by="op", now=NOW, means=Means(key=KEY))
    assert (result.outcome, result.prohibited) == ("active", 10)
    assert await original_of(db, source, 1) == FILE
    async with db.connection() as conn:
        stored = await store.number_of(conn, source.id, 1)
        cursor = await conn.execute("select data from generation_originals")
        sealed = b"".join(row["data"] for row in await cursor.fetchall())
    assert stored.original_bytes == len(FILE)
    for secret in (b"SECRET", b"LIC,LIS", records(7, 8)[0]["LIC"].encode()):
        assert secret not in sealed


async def test_another_key_or_another_list_opens_nothing(db: Database) -> None:
    source = await new_source(db)
    await refresh(db, source, FILE, by="op", now=NOW, means=Means(key=KEY))
    with pytest.raises(Unsealable):
        await original_of(db, source, 1, key_of(new_key()))
    sealed = seal(FILE, KEY, source.id.bytes)
    assert unseal(sealed, KEY, source.id.bytes) == FILE
    other = await new_source(db, "County")
    for spoiled, about in (
        (sealed, other.id.bytes),
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), source.id.bytes),
        (sealed[:20], source.id.bytes),
        (b"", source.id.bytes),
    ):
        with pytest.raises(Unsealable):
            unseal(spoiled, KEY, about)


async def test_without_a_key_nothing_is_kept(db: Database) -> None:
    source = await new_source(db)
    for data in (FILE, b"", FILE[:200_000]):
        await refresh(db, source, data, by="op", now=NOW)
    assert await kept(db, source) == []


async def test_a_quarantined_file_is_kept_too_and_an_unreadable_one_is_not(db: Database) -> None:
    source = await new_source(db)
    for data in (FILE, table(records(0, 900)), b"%PDF-1.7\nSECRET", bytes(5000)):
        await refresh(db, source, data, by="op", now=NOW, means=Means(key=KEY))
    assert await kept(db, source) == [1, 2]


async def test_originals_are_forgotten_after_their_time_and_the_lists_stay(db: Database) -> None:
    source = await new_source(db)
    for days in range(4):
        data = table(records(days, 3600 + days))
        moment = NOW + timedelta(days=days)
        await refresh(db, source, data, by="op", now=moment, means=Means(key=KEY))
    async with db.transaction() as conn:
        assert await store.forget_originals(conn, NOW + timedelta(days=2)) == 2
        assert await store.forget_originals(conn, NOW + timedelta(days=2)) == 0
    assert await kept(db, source) == [3, 4]
    assert await original_of(db, source, 1) == b""
    async with db.connection() as conn:
        numbers = [(g.number, g.entries) for g in await store.generations(conn, source.id)]
    assert numbers == [(n, 3600) for n in (4, 3, 2, 1)]
