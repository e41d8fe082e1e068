"""The same file again, after what is made of it has changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from hotlists import store
from hotlists.assembling import Built
from hotlists.building import Job, build
from hotlists.configuring import ensure_source
from hotlists.model import HotlistSource
from hotlists.refresh import refresh
from policy.loading import standard
from storage.postgres import Database

NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
AGENCY = "KS0190100"
ROWS = "".join(f"{n:03}KTB,KS,EV,V{n:09}\n" for n in range(100))
FILE = ("LIC,LIS,MKE,NIC\n" + ROWS + "LAST1,KS,QX,V1\n").encode()


async def new_source(db: Database) -> HotlistSource:
    async with db.transaction() as conn:
        await conn.execute("insert into agencies (ori, name) values (%s, 'Test')", (AGENCY,))
        return await ensure_source(conn, AGENCY, "NCIC")


async def test_a_key_that_is_dropped_now_is_dropped_from_the_same_file(db: Database) -> None:
    source = await new_source(db)
    first = await refresh(db, source, FILE, by="operator", now=NOW)
    assert (first.outcome, first.entries, first.prohibited) == ("active", 101, 0)
    stricter = replace(source, settings={"drop": ["QX"]})
    second = await refresh(db, stricter, FILE, by="operator", now=NOW)
    assert (second.outcome, second.entries, second.prohibited) == ("active", 100, 1)
    third = await refresh(db, stricter, FILE, by="operator", now=NOW)
    assert (third.outcome, third.generation) == ("unchanged", second.generation)


async def test_a_template_set_right_takes_the_same_file_out_of_quarantine(db: Database) -> None:
    source = await new_source(db)
    wrong = replace(source, settings={"template": {"name": "t", "columns": ["LIC", "LIS"]}})
    first = await refresh(db, wrong, FILE, by="operator", now=NOW)
    assert first.outcome == "quarantined"
    assert (await refresh(db, source, FILE, by="operator", now=NOW)).outcome == "active"
    async with db.connection() as conn:
        states = [g.state for g in await store.generations(conn, source.id)]
    assert states == ["active", "quarantined"]


async def test_a_file_that_is_given_up_early_is_still_read_to_its_end() -> None:
    """Else its checksum would be that of some part of it, another one each time."""
    data = b"\0\n" * 3_000_000
    digest = sha256()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 1 << 20):
            piece = data[start : start + (1 << 20)]
            digest.update(piece)
            yield piece

    job = Job(
        id=UUID(int=1), agency=AGENCY, name="x", kind="table", settings={},
        policy=standard(), now=NOW,
    )  # fmt: skip
    answers = [one async for one in build(job, pieces()) if isinstance(one, Built)]
    assert [one.found.not_text for one in answers] == [True]
    assert digest.digest() == sha256(data).digest()
