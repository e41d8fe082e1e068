"""A real worker over a real broker counts scores, and hands them over when it is stopped; and
`bolo match budget` says what came of counts."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from alerts.budgeting import LEAST, odds
from domain import topics
from domain.clock import system_clock
from domain.read import Read
from hotlists.refresh import refresh
from matchers.tally import BINS
from matchers.thresholds import STANDARD
from storage.embedded import EmbeddedBroker
from storage.kafka import Producer, ensure_topics
from storage.postgres import Database
from tests.commands import ROOT, bolo
from tests.integration.test_alert_budget import put, tally
from tests.integration.test_hotlist_keeper import AGENCY, OTHER, csv, new_source


def env_of(url: str, kafka: str, folder: Path) -> dict[str, str]:
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("BOLO_")},
        "BOLO_DATABASE_URL": url,
        "BOLO_KAFKA": kafka,
        "BOLO_DATA_DIR": str(folder),
        "BOLO_OPS_PORT": "0",
        "PYTHONPATH": str(ROOT),
    }


def read(plate: str, agency: str = AGENCY) -> Read:
    now = datetime.now(UTC)
    return Read(
        read_id=uuid4(), agency=agency, camera="c", seen_at=now, received_at=now,
        plate=plate, plate_raw=plate, state="KS",
    )  # fmt: skip


async def test_a_stopped_worker_hands_over_what_it_counted(
    db: Database, database_url: str, own_broker: EmbeddedBroker, tmp_path: Path
) -> None:
    await ensure_topics(own_broker.bootstrap, 2)
    for agency in (AGENCY, OTHER):
        source = await new_source(db, agency)
        await refresh(db, source, csv("482KTB", "ABC123"), by="op", now=system_clock())
    reads = [read("QQQ111"), read("482KTB"), read("4B2KTB"), read("482KT8"), read("ZZZ999", OTHER)]
    producer = Producer(own_broker.bootstrap)
    await producer.start()
    try:
        await producer.publish(topics.READS, msgspec.json.encode(reads))
    finally:
        await producer.stop()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bolo", "worker",
        env=env_of(database_url, own_broker.bootstrap, tmp_path), cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said = asyncio.create_task(child.communicate())
    try:
        await alerts(db, child)
        child.send_signal(signal.SIGTERM)
        out, _ = await asyncio.wait_for(said, 90)
    finally:
        if child.returncode is None:
            child.kill()
        with suppress(TimeoutError):
            await asyncio.wait_for(said, 10)
    assert child.returncode == 0, out.decode()
    async with db.connection() as conn:
        cursor = await conn.execute("select agency, reads from score_reads order by agency")
        assert await cursor.fetchall() == [
            {"agency": AGENCY, "reads": 4},
            {"agency": OTHER, "reads": 1},
        ]
        cursor = await conn.execute(
            "select agency, state, reads from traffic_counts order by agency"
        )
        assert await cursor.fetchall() == [
            {"agency": AGENCY, "state": "KS", "reads": 4},
            {"agency": OTHER, "state": "KS", "reads": 1},
        ]
        cursor = await conn.execute(
            "select agency, priority, sum(count)::int as n, max(bin) as bin from score_counts"
            " group by 1, 2"
        )
        rows = await cursor.fetchall()
    assert [(row["agency"], row["priority"], row["n"]) for row in rows] == [(AGENCY, 2, 2)]
    assert 0 <= rows[0]["bin"] < BINS


async def alerts(db: Database, child: asyncio.subprocess.Process) -> None:
    """Wait for the exact reading's alert: then the batch it was in was counted."""
    for _ in range(1200):
        assert child.returncode is None, "the worker ended"
        async with db.connection() as conn:
            cursor = await conn.execute("select count(*) as n from alerts")
            row = await cursor.fetchone()
        if row and row["n"]:
            return
        await asyncio.sleep(0.05)
    pytest.fail("no alert came")


async def budget(url: str, folder: Path, *args: str) -> tuple[int, str, str]:
    return await bolo("match", "budget", *args, url=url, folder=folder, BOLO_DATA_DIR=str(folder))


@pytest.fixture
async def counted(db: Database) -> Database:
    """Two agencies; the first has counts of three whole days."""
    await new_source(db)
    await new_source(db, OTHER)
    today = system_clock().date()
    for back in range(1, 6):
        await put(db, tally(40_000, p2_200=30, p2_800=1), today - timedelta(back))
    return db


@pytest.mark.usefixtures("counted")
async def test_the_command_says_what_is_in_force_and_what_to_expect(
    database_url: str, tmp_path: Path
) -> None:
    code, out, err = await budget(database_url, tmp_path)
    assert (code, err) == (0, "")
    assert f"{AGENCY}: " in out
    assert f"{OTHER}: no read was counted yet; the standard threshold holds" in out
    (high, *_) = [line for line in out.splitlines() if line.startswith("High")]
    assert f"{STANDARD:+.2f}, on its way to +2.25" in high
    assert odds(STANDARD) in high
    assert "about 31 (" in high
    assert "counted, over budget" in high
    assert "[alert_budget]" in out


@pytest.mark.usefixtures("counted")
async def test_what_another_budget_would_give_as_json(database_url: str, tmp_path: Path) -> None:
    code, out, err = await budget(
        database_url, tmp_path, "--agency", AGENCY.lower(), "--what-if", "31", "--json"
    )
    assert (code, err) == (0, "")
    reports: list[Any] = json.loads(out)
    (report,) = reports
    high = report["lines"][1]
    assert (high["budget"], high["threshold"], high["how"]) == (31, LEAST, "counted")
    assert high["expected"] == 31
    assert report["enough"]
    code, _, err = await budget(database_url, tmp_path, "--agency", "XX0000000")
    assert code == 1
    assert "XX0000000" in err
    assert "Traceback" not in err
