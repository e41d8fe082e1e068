"""Metrics and health over HTTP tell the truth, in bounded time."""

from __future__ import annotations

import asyncio
import socket
import time

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from bolo.ops import ANY, OFF, OpsServer, missing
from domain.errors import CannotStart
from storage.postgres import Database


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def never() -> bool:
    await asyncio.sleep(60)
    return True


async def broken() -> bool:
    msg = "plate 8ABC123"
    raise ValueError(msg)


async def test_ready_when_every_check_says_so(db: Database) -> None:
    async def database() -> bool:
        async with db.connection() as conn:
            await conn.execute("select 1")
        return True

    async with OpsServer(ANY, {"database": database, "broker": yes}) as ops, client(ops) as http:
        answer = await http.get("/readyz")
        assert answer.status_code == 200
        assert answer.json()["ready"] is True
        assert set(answer.json()["checks"]) == {"database", "broker"}


async def test_not_ready_names_each_dependency_and_its_truth() -> None:
    checks = {"good": yes, "bad": no, "stuck": never, "broken": broken}
    async with OpsServer(ANY, checks, timeout=0.2) as ops, client(ops) as http:
        start = time.monotonic()
        answer = await http.get("/readyz")
        assert time.monotonic() - start < 2
        assert answer.status_code == 503
        told = answer.json()["checks"]
        assert {name: check["ok"] for name, check in told.items()} == {
            "good": True,
            "bad": False,
            "stuck": False,
            "broken": False,
        }
        assert told["stuck"]["problem"] == "no answer within 0.2 s"
        assert told["broken"]["problem"] == "ValueError"
        assert "8ABC123" not in answer.text
    assert await missing(checks, timeout=0.1) == "bad, stuck, broken"
    assert await missing({"good": yes}) == ""


async def test_alive_is_not_ready_and_ready_is_asked_anew_each_time() -> None:
    up = False

    async def server() -> bool:
        return up

    async with OpsServer(ANY, {"server": server}) as ops, client(ops) as http:
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/readyz")).status_code == 503
        up = True
        assert (await http.get("/readyz")).status_code == 200


async def test_metrics_are_in_the_format_of_prometheus() -> None:
    registry = CollectorRegistry()
    Counter("bolo_things", "Things", registry=registry).inc(3)
    async with OpsServer(ANY, registry=registry) as ops, client(ops) as http:
        answer = await http.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain")
        assert "bolo_things_total 3.0" in answer.text
        assert (await http.get("/")).status_code == 404
        assert (await http.post("/metrics")).status_code == 405


async def test_it_listens_on_this_machine_alone_and_not_at_all_when_off() -> None:
    async with OpsServer(ANY) as ops:
        assert ops.host == "127.0.0.1"
        assert ops.port > 0
    async with OpsServer(OFF) as ops:
        assert ops.port == 0


async def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"127.0.0.1:{port}"):
            await OpsServer(port).start()


def client(ops: OpsServer) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=ops.url, timeout=10)
