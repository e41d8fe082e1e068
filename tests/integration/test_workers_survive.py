"""What would have lost a read or stopped a worker: records and servers that misbehave."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec
import psutil
import pytest
from aiokafka import AIOKafkaProducer

from alerts.model import State
from bench.load import read_of
from bolo.run_worker import BEHIND_ALERTS
from domain import topics
from storage.postgres import Database
from tests.integration.town import AGENCY, PHONE, Town, read_of_plate, until

pytestmark = pytest.mark.embedded


def _record(plate: str) -> bytes:
    return msgspec.json.encode(read_of(1, plate, "KS", AGENCY, datetime.now(UTC)))


async def _produce(kafka: str, *records: tuple[bytes, int | None]) -> None:
    """Records with their timestamps in ms (None: now), one after the other on one partition."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    await producer.start()
    try:
        for value, at in records:
            await producer.send_and_wait(topics.READS, value, partition=0, timestamp_ms=at)
    finally:
        await producer.stop()


async def test_a_record_with_an_absurd_timestamp_takes_no_neighbour_along(town: Town) -> None:
    plates = ("TIME001", "TIME002", "TIME003")
    await town.list_of(*((p, "KS") for p in plates))
    microseconds = int(datetime.now(UTC).timestamp() * 1_000_000)
    await _produce(
        town.stack.kafka,
        (_record(plates[0]), None),
        (_record(plates[1]), microseconds),
        (_record(plates[2]), None),
    )
    for plate in plates:
        await until(lambda plate=plate: town.raised(plate))  # type: ignore[misc]

    async def archived() -> bool:
        rows = await town.query("select 1 from reads where plate = any(%s)", list(plates))
        return len(rows) == 3

    await until(archived)


async def test_a_database_that_is_read_only_for_a_while_loses_nothing(town: Town) -> None:
    await town.list_of(("RONLY01", "KS"))

    async def read_only(on: bool) -> None:
        async with Database(town.stack.database_url, size=1) as db, db.connection() as conn:
            await conn.execute("set default_transaction_read_only = off")
            value = b"on" if on else b"off"
            await conn.execute(b"alter system set default_transaction_read_only = " + value)
            await conn.execute("select pg_reload_conf()")

    async def is_read_only() -> bool:
        (row,) = await town.query("show default_transaction_read_only")
        return bool(row["default_transaction_read_only"] == "on")

    await read_only(True)
    try:
        await until(is_read_only)
        await asyncio.sleep(1)  # in the sessions that were there, too
        await _produce(town.stack.kafka, (_record("RONLY01"), None))
        await asyncio.sleep(2)
        assert not await town.raised("RONLY01")
    finally:
        await read_only(False)
    await until(lambda: town.raised("RONLY01"))

    async def archived() -> list[dict[str, Any]]:
        return await town.query("select 1 from reads where plate = 'RONLY01'")

    await until(archived)


async def test_a_match_of_two_agencies_is_rejected(town: Town) -> None:
    await town.list_of(("FORGED1", "KS"))
    await town.post(read_of_plate("FORGED1"))
    row = (await until(lambda: town.raised("FORGED1")))[0]
    match = row["match"]
    match["read"]["read_id"] = "00000000-0000-5000-8000-000000000001"
    match["entry"]["agency"] = "KS0999800"
    producer = AIOKafkaProducer(bootstrap_servers=town.stack.kafka, acks="all")
    await producer.start()
    try:
        await producer.send_and_wait(topics.MATCHES, msgspec.json.encode(match))
    finally:
        await producer.stop()
    await town.list_of(("FORGED2", "KS"))
    await town.post(read_of_plate("FORGED2"))
    await until(lambda: town.raised("FORGED2"))
    assert (await town.raised("FORGED1"))[0]["sightings"] == 1


async def test_the_smoke_test_passes_on_a_running_stack(town: Town) -> None:
    await town.gateway.stop()  # the check answers at the gateway's address itself
    try:
        check = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bolo", "smoke", "--json", "--url", town.stack.console_url),
            env={**os.environ, **town.stack.env},
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await asyncio.wait_for(check.communicate(), 120)
    finally:
        await town.gateway.start()
    report = msgspec.json.decode(said.strip().splitlines()[-1])
    assert check.returncode == 0, report
    assert report["ok"], report
    names = [step["step"] for step in report["steps"]]
    assert "SMS received" in names
    assert "webhook received, signature checked" in names
    assert all(step["ms"] >= 0 and not step["problem"] for step in report["steps"])
    left = await town.query(
        "select (select count(*) from people where agency = 'SMOKE0000' and active)"
        " + (select count(*) from intake_tokens where agency = 'SMOKE0000'"
        " and revoked_at is null) as n"
    )
    assert left[0]["n"] == 0, "nothing of the check stays usable"


async def test_the_archive_gives_way_to_the_alerts(town: Town) -> None:
    alerts, archive = (town.stack.supervisor.pid(name) for name in ("worker", "archive"))
    assert alerts
    assert archive
    assert psutil.Process(archive).nice() == psutil.Process(alerts).nice() + BEHIND_ALERTS


async def test_a_changed_list_file_is_in_force_without_anybody_asking(town: Town) -> None:
    from hotlists.configuring import ensure_source

    path = town.stack.folder / "followed.csv"
    header = "LIC,LIS,LIY,LIT,VIN,VYR,VMA,VMO,VST,VCO,ORI,NIC,OCA,MKE\n"
    row = "{},KS,2027,PC,,,,,,,KS0999900,{},C-1,EV\n"
    path.write_text(header + row.format("FOLLOW1", "V1"))
    async with Database(town.stack.database_url, size=1) as db, db.transaction() as conn:
        await ensure_source(conn, AGENCY, "followed", "table", str(path))

    async def in_force() -> list[dict[str, Any]]:
        return await town.query(
            "select 1 from generations g join hotlist_sources s on s.id = g.source"
            " where s.name = 'followed' and g.state = 'active' and g.number = %s",
            number,
        )

    number = 1
    await until(in_force)
    path.write_text(header + row.format("FOLLOW1", "V1") + row.format("FOLLOW2", "V2"))
    number = 2
    await until(in_force)

    async def hit() -> object:  # a worker takes a moment to load it; what passed before is no hit
        await town.post(read_of_plate("FOLLOW2"))
        return await town.raised("FOLLOW2")

    await until(hit)


async def test_before_verification_no_phone_and_no_system_hears_a_word(town: Town) -> None:
    await town.list_of(("QUIET01", "KS"))
    await town.post(read_of_plate("QUIET01"))
    row = (await until(lambda: town.raised("QUIET01")))[0]
    assert row["state"] == State.RAISED
    await asyncio.sleep(2)
    assert not await town.query("select 1 from events_out where alert = %s", row["id"])
    assert not await town.query("select 1 from deliveries where alert = %s", row["id"])
    assert not [t for t in town.gateway.texts(PHONE) if row["code"] in t.body]
    assert not [h for h in town.gateway.events() if h.event["subject"] == str(row["id"])]
