"""The audit trail: appended by many at once, and every way of tampering found."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.errors import BadInput
from records.audit import AuditReport, verify
from storage.audit import GENESIS, LANES, Act, append, row_hash
from storage.postgres import Database

NOW = datetime(2026, 11, 21, 21, 2, 9, 123456, tzinfo=UTC)


def act(n: int = 0, **more: str) -> Act:
    return Act("KS0190100", "m.ortiz", "alert.viewed", f"alert:{n}", detail={"n": n, **more})


async def write(db: Database, acts: Sequence[Act], at: datetime = NOW) -> None:
    async with db.transaction() as conn:
        await append(conn, at, acts)


async def five(db: Database) -> None:
    """Five rows in lane 0: alone, a transaction always finds the first lane free."""
    for n in range(5):
        await write(db, [act(n)])


async def run(db: Database, *statements: str) -> None:
    async with db.transaction() as conn:
        for statement in statements:
            await conn.execute(statement)


def said(report: AuditReport) -> list[tuple[int, int, str]]:
    return [(p.lane, p.seq, p.what.split(":")[0]) for p in report.problems]


async def test_an_empty_trail_is_whole(db: Database) -> None:
    report = await verify(db)
    assert report.ok
    assert (report.rows, report.heads, report.problems) == (0, {}, [])


async def test_many_writers_at_once_leave_whole_chains(database_url: str) -> None:
    async with Database(database_url, size=32) as db:

        async def writer(n: int) -> None:
            chance = random.Random(n)
            for k in range(6):
                try:
                    async with db.transaction() as conn:
                        await append(conn, NOW + timedelta(microseconds=k), [act(n)])
                        await asyncio.sleep(chance.random() / 200)
                        await append(conn, NOW, [act(n), act(k)])
                        if k % 3 == 2:
                            raise InterruptedError
                except InterruptedError:
                    pass

        await asyncio.gather(*(writer(n) for n in range(32)))
        report = await verify(db)
        assert report.problems == []
        assert report.rows == 32 * 4 * 3
        assert len(report.heads) > 1
        assert sum(head["seq"] for head in report.heads.values()) == report.rows


async def test_more_writers_than_lanes_wait_and_none_is_lost(database_url: str) -> None:
    async with Database(database_url, size=LANES + 8) as db:
        await db.wait()
        together = asyncio.Barrier(LANES)
        all_held = asyncio.Event()

        async def holder() -> None:
            async with db.transaction() as conn:
                await append(conn, NOW, [act()])
                await together.wait()
                all_held.set()
                await asyncio.sleep(0.3)
                await append(conn, NOW, [act()])  # finds its own lane, waits for nobody

        async def waiter() -> None:
            # Not earlier: with a lane taken here, a holder would wait for one that is never left.
            await all_held.wait()
            await write(db, [act()])

        await asyncio.gather(*(holder() for _ in range(LANES)), *(waiter() for _ in range(8)))
        report = await verify(db)
        assert report.problems == []
        assert report.rows == 2 * LANES + 8
        assert len(report.heads) == LANES


async def test_a_savepoint_that_rolls_back_takes_its_rows_along(db: Database) -> None:
    async with db.transaction() as conn:
        await append(conn, NOW, [act(1)])
        with contextlib.suppress(InterruptedError):
            async with conn.transaction():
                await append(conn, NOW, [act(2)])
                raise InterruptedError
        await append(conn, NOW, [act(3)])
    report = await verify(db)
    assert report.ok
    assert report.rows == 2


async def test_appending_outside_a_transaction_is_refused(db: Database) -> None:
    async with db.connection() as conn:
        with pytest.raises(RuntimeError, match="inside a transaction"):
            await append(conn, NOW, [act()])
    assert (await verify(db)).rows == 0


async def test_a_time_without_offset_is_refused(db: Database) -> None:
    with pytest.raises(ValueError, match="offset"):
        await write(db, [act()], NOW.replace(tzinfo=None))


@pytest.mark.parametrize(
    "at",
    [
        NOW,
        NOW.replace(microsecond=0),
        NOW.replace(microsecond=1),
        NOW.astimezone(timezone(timedelta(hours=-6))),
        datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/Chicago"), fold=1),
        datetime(1, 1, 2, tzinfo=UTC),
        datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
async def test_every_time_survives_the_round_trip(db: Database, at: datetime) -> None:
    await write(db, [act()], at)
    assert (await verify(db)).problems == []


async def test_a_reader_in_another_time_zone_verifies_the_same(
    db: Database, database_url: str
) -> None:
    await five(db)
    name = database_url.rsplit("/", 1)[1].split("?")[0]
    await run(db, f"alter database {name} set timezone to 'Asia/Kathmandu'")
    async with await db.connect_alone() as conn:
        await conn.execute("set timezone to 'Asia/Kathmandu'")
        row = await (await conn.execute("select * from audit where seq = 1")).fetchone()
        assert row is not None
        columns = [row[c] for c in ("agency", "actor", "action", "subject", "reason", "detail")]
        assert row_hash(GENESIS, row["lane"], row["seq"], row["at"], *columns) == row["hash"]
    assert (await verify(db)).ok


TEXTS = [
    "",
    "caf\u00e9 and cafe\u0301",
    "\u8f66\u724c \U0001f697 \u200f\u05d0",
    "quotes \" ' \\ \\u0000 %s {} --",
    "nul \0 inside",
    "lone \ud800 surrogate",
    "line\r\nfeeds\ttabs \u2028",
    "x" * 20_000,
]


@pytest.mark.parametrize("text", TEXTS)
async def test_every_text_survives_the_round_trip(db: Database, text: str) -> None:
    detail = {"text": text, text[:50]: [1, 2.5, None, True, text], "when": NOW}
    await write(db, [Act("KS0190100", text, text, text, text, detail)])
    assert (await verify(db)).problems == []


async def test_a_changed_row_is_named(db: Database) -> None:
    for column, value in (
        ("at", "at + interval '1 microsecond'"),
        ("agency", "agency || ' '"),
        ("actor", "'d.kim'"),
        ("action", "'alert.verified'"),
        ("subject", "'alert:9'"),
        ("reason", "'because'"),
        ("detail", "replace(detail, ':2', ': 2')"),
    ):
        await run(
            db,
            "delete from audit",
            "update audit_heads set seq = 0, hash = decode(repeat('00', 32), 'hex')",
        )
        await five(db)
        await run(db, f"update audit set {column} = {value} where seq = 3")
        assert said(await verify(db)) == [(0, 3, "was changed")], column


async def test_a_row_changed_together_with_its_hash_is_found(db: Database) -> None:
    await five(db)
    async with db.transaction() as conn:
        row = await (await conn.execute("select * from audit where seq = 3")).fetchone()
        assert row is not None
        forged = row_hash(
            row["previous"],
            0,
            3,
            row["at"],
            row["agency"],
            "d.kim",
            row["action"],
            row["subject"],
            row["reason"],
            row["detail"],
        )
        await conn.execute("update audit set actor = 'd.kim', hash = %s where seq = 3", (forged,))
    assert [(p.lane, p.seq) for p in (await verify(db)).problems] == [(0, 4)]


async def test_a_row_removed_from_the_middle_is_named(db: Database) -> None:
    await five(db)
    await run(db, "delete from audit where seq = 3")
    (problem,) = (await verify(db)).problems
    assert (problem.seq, problem.what) == (3, "row 3 is missing: removed from the chain")


async def test_a_removed_row_whose_gap_was_closed_is_found(db: Database) -> None:
    await five(db)
    await run(
        db,
        "delete from audit where seq = 3",
        "update audit set seq = seq - 1 where seq > 3",
        "update audit_heads set seq = 4 where lane = 0",
    )
    problems = said(await verify(db))
    assert (0, 3, "was changed") in problems
    assert (0, 3, "does not follow the row before it") in problems


async def test_rows_removed_from_the_end_are_named(db: Database) -> None:
    await five(db)
    await run(db, "delete from audit where seq > 3")
    (problem,) = (await verify(db)).problems
    assert problem.what == "rows 4 to 5 are missing: removed from the end of the chain"


async def test_a_whole_lane_that_was_emptied_is_found(db: Database) -> None:
    await five(db)
    await run(db, "delete from audit")
    (problem,) = (await verify(db)).problems
    assert problem.what == "rows 1 to 5 are missing: removed from the end of the chain"
    await run(db, "truncate audit_heads")
    assert not (await verify(db)).ok


async def test_a_row_inserted_at_the_end_is_named(db: Database) -> None:
    await five(db)
    await run(
        db,
        "insert into audit select 0, 6, at, agency, actor, action, subject, reason,"
        " detail, hash, hash from audit where seq = 5",
    )
    assert [(s, w) for _, s, w in said(await verify(db))] == [
        (6, "was changed"),
        (6, "inserted at the end"),
    ]


async def test_a_row_inserted_in_the_middle_is_found(db: Database) -> None:
    await five(db)
    await run(
        db,
        "update audit set seq = -seq where seq > 2",
        "update audit set seq = 1 - seq where seq < 0",
        "insert into audit select 0, 3, at, agency, 'd.kim', action, subject, reason,"
        " detail, previous, hash from audit where seq = 2",
        "update audit_heads set seq = 6 where lane = 0",
    )
    report = await verify(db)
    assert (0, 3, "was changed") in said(report)
    assert (0, 3, "does not follow the row before it") in said(report)


async def test_two_rows_swapped_are_found(db: Database) -> None:
    await five(db)
    await run(
        db,
        "update audit set seq = -seq where seq in (2, 3)",
        "update audit set seq = 5 + seq where seq < 0",
    )
    assert {s for _, s, _ in said(await verify(db))} == {2, 3, 4}


async def test_the_contents_of_two_rows_swapped_are_found(db: Database) -> None:
    await five(db)
    await run(
        db,
        "update audit a set subject = b.subject, detail = b.detail from audit b"
        " where a.seq in (2, 3) and b.seq = 5 - a.seq",
    )
    assert said(await verify(db)) == [(0, 2, "was changed"), (0, 3, "was changed")]


async def test_a_row_moved_to_another_lane_is_found(db: Database) -> None:
    await five(db)
    await run(
        db,
        "update audit set lane = 7, seq = 1 where seq = 5",
        "update audit_heads set seq = 4 where lane = 0",
        "update audit_heads set seq = 1 where lane = 7",
    )
    assert {p.lane for p in (await verify(db)).problems} == {0, 7}


async def rewrite(db: Database, rows: int) -> None:
    """What a thorough forger does: a chain of other rows, sound by itself, with its head."""
    async with db.transaction() as conn:
        await conn.execute("delete from audit")
        await conn.execute("update audit_heads set seq = 0, hash = %s", (GENESIS,))
        await append(conn, NOW, [act(100 + n) for n in range(rows)])


@pytest.mark.parametrize("rows", [5, 9])
async def test_a_chain_rewritten_whole_is_found_by_who_kept_the_heads(
    db: Database, rows: int
) -> None:
    await five(db)
    kept = (await verify(db)).heads
    await rewrite(db, rows)
    assert (await verify(db)).ok
    (problem,) = (await verify(db, kept)).problems
    assert (problem.lane, problem.seq) == (0, 5)
    assert "earlier report" in problem.what


async def test_a_chain_rewritten_shorter_is_found_by_who_kept_the_heads(db: Database) -> None:
    await five(db)
    kept = (await verify(db)).heads
    await rewrite(db, 3)
    (problem,) = (await verify(db, kept)).problems
    assert problem.what == "rows 4 to 5 are missing: the earlier report saw them"
    await run(
        db,
        "delete from audit",
        "update audit_heads set seq = 0, hash = decode(repeat('00', 32), 'hex')",
    )
    assert (await verify(db)).ok
    assert not (await verify(db, kept)).ok


async def test_the_heads_that_were_kept_stay_good_while_the_trail_grows(db: Database) -> None:
    await five(db)
    kept = json.loads(json.dumps((await verify(db)).as_json()))
    assert (kept["ok"], kept["rows"], kept["problems"]) == (True, 5, [])
    await five(db)
    assert (await verify(db, kept["heads"])).ok


@pytest.mark.parametrize(
    "heads",
    [
        [],
        "x",
        {"x": {"seq": 1, "hash": "00" * 32}},
        {"0": {"seq": 1, "hash": "zz" * 32}},
        {"0": {"seq": 1, "hash": "00"}},
        {"0": {"seq": 0, "hash": "00" * 32}},
        {"0": {"seq": "1", "hash": "00" * 32}},
        {"0": {"seq": 1}},
        {"\u00b2": {"seq": 1, "hash": "00" * 32}},
    ],
)
async def test_what_is_no_report_is_refused_in_words(db: Database, heads: Any) -> None:
    with pytest.raises(BadInput, match="against: give the report that an earlier"):
        await verify(db, heads)


async def test_verifying_while_others_append_finds_nothing_wrong(db: Database) -> None:
    stop = asyncio.Event()

    async def appending() -> None:
        while not stop.is_set():
            await write(db, [act(), act()])

    writers = [asyncio.create_task(appending()) for _ in range(4)]
    rows = []
    for _ in range(5):
        report = await verify(db)
        assert report.problems == []
        rows.append(report.rows)
        await asyncio.sleep(0.05)
    stop.set()
    await asyncio.gather(*writers)
    assert rows == sorted(rows)
    assert rows[-1] > rows[0]


async def test_a_trail_in_ruins_gives_a_bounded_report(db: Database) -> None:
    await write(db, [act(n) for n in range(1500)])
    await run(db, "update audit set actor = 'nobody'")
    report = await verify(db)
    assert report.problem_count == 1500
    assert len(report.problems) == 1000
