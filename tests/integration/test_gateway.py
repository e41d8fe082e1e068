"""The fake gateway is as strict as the real ones, and shows what it received."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from standardwebhooks import Webhook
from twilio.request_validator import RequestValidator

from simulator.gateway import ACCOUNT, SECRET, SENDER, TOKEN, FakeGateway
from simulator.gateway_model import Behaviour, sign

TO = "+16205550142"


@pytest.fixture
async def gateway() -> AsyncIterator[FakeGateway]:
    async with FakeGateway() as one:
        yield one


@pytest.fixture
async def http(gateway: FakeGateway) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=gateway.url, trust_env=False) as client:
        yield client


async def text(http: httpx.AsyncClient, auth: object = (ACCOUNT, TOKEN), **form: str) -> Any:
    fields = {"To": TO, "From": SENDER, "Body": "hello", **form}
    return await http.post(
        f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        data={k: v for k, v in fields.items() if v},
        auth=auth,  # type: ignore[arg-type]
    )


async def test_a_message_is_answered_as_twilio_does(http: httpx.AsyncClient) -> None:
    answer = await text(http)
    assert answer.status_code == 201
    made = answer.json()
    assert made["status"] == "queued"
    assert made["sid"].startswith("SM")
    assert len(made["sid"]) == 34
    assert (made["to"], made["from"], made["num_segments"]) == (TO, SENDER, "1")
    assert (await http.get("/messages")).json()[0]["sid"] == made["sid"]


@pytest.mark.parametrize(
    ("auth", "form", "code", "status"),
    [
        ((ACCOUNT, "wrong"), {}, 20003, 401),
        (None, {}, 20003, 401),
        ((ACCOUNT, TOKEN), {"To": ""}, 21604, 400),
        ((ACCOUNT, TOKEN), {"To": "5550142"}, 21211, 400),
        ((ACCOUNT, TOKEN), {"From": ""}, 21603, 400),
        ((ACCOUNT, TOKEN), {"Body": ""}, 21602, 400),
        ((ACCOUNT, TOKEN), {"Body": "x" * 1601}, 21617, 400),
    ],
)
async def test_a_wrong_message_gets_twilios_error(
    http: httpx.AsyncClient, auth: object, form: dict[str, str], code: int, status: int
) -> None:
    answer = await text(http, auth, **form)
    assert answer.status_code == status
    said = answer.json()
    assert (said["code"], said["status"]) == (code, status)
    assert set(said) == {"code", "message", "more_info", "status"}


def test_its_signature_is_the_one_that_twilios_library_expects() -> None:
    url = "https://b.example.org/callbacks/twilio/status?delivery=1"
    fields = {"MessageSid": "SM1", "Body": "ACK é 7K3QHTA", "From": TO}
    assert RequestValidator(TOKEN).validate(url, fields, sign(TOKEN, url, fields))


async def hook(http: httpx.AsyncClient, which: str, at: datetime, secret: str = SECRET) -> int:
    body = '{"specversion":"1.0","id":"1","type":"t","source":"s"}'
    signer: Any = Webhook(secret)
    headers = {
        "webhook-id": which,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signer.sign(which, at, body),
    }
    return (await http.post("/webhook", content=body, headers=headers)).status_code


async def test_a_webhook_is_taken_once_and_a_forged_or_old_one_never(
    gateway: FakeGateway, http: httpx.AsyncClient
) -> None:
    now, which = datetime.now(UTC), str(uuid4())
    assert await hook(http, which, now) == 200
    assert await hook(http, which, now + timedelta(seconds=2)) == 200  # the sender tries again
    assert await hook(http, "2", now - timedelta(minutes=6)) == 401
    assert await hook(http, "3", now + timedelta(minutes=6)) == 401
    assert await hook(http, "4", now, "whsec_" + "QUJD" * 8) == 401
    assert (await http.post("/webhook", content=b"{}")).status_code == 401
    assert (await http.post("/webhook", content=b"\xff")).status_code == 401
    assert [(e.id, e.times) for e in gateway.events()] == [(which, 2)]
    assert gateway.memory.refused == 5
    assert len((await http.get("/events")).json()) == 1


async def test_it_can_be_told_over_http_how_to_behave(
    gateway: FakeGateway, http: httpx.AsyncClient
) -> None:
    assert (await http.put("/behaviour", json={"fail": 500})).status_code == 200
    assert (await text(http)).status_code == 500
    assert (await http.put("/behaviour", json={"down": True})).status_code == 200
    assert (await text(http)).headers["content-type"].startswith("text/html")
    assert (await http.put("/behaviour", json={"refuse": {TO: 21610}})).status_code == 200
    assert (await text(http)).json()["code"] == 21610
    assert (await http.put("/behaviour", json={"fial": 1})).status_code == 422
    foreign = {"Origin": "https://evil.example"}
    assert (await http.put("/behaviour", json={}, headers=foreign)).status_code == 403
    assert (await http.put("/behaviour", json={}, headers={"Host": "evil"})).status_code == 403
    assert (await http.put("/behaviour", json={})).status_code == 200
    assert gateway.behaviour == Behaviour()
    assert gateway.texts() == []


async def test_down_means_refused_and_up_again_is_at_the_same_address(
    gateway: FakeGateway, http: httpx.AsyncClient
) -> None:
    await text(http)
    await gateway.stop()
    with pytest.raises(httpx.ConnectError):
        await text(http)
    await gateway.start()
    assert (await text(http)).status_code == 201
    assert len(gateway.texts()) == 2


async def test_the_page_shows_threads_and_escapes_what_came(
    gateway: FakeGateway, http: httpx.AsyncClient
) -> None:
    await text(http, Body="<script>alert(1)</script> https://b.example.org/a/7K3QHTA")
    await hook(http, str(uuid4()), datetime.now(UTC))
    page = await http.get("/")
    assert "<script>" not in page.text
    assert '<a href="https://b.example.org/a/7K3QHTA"' in page.text
    assert TO in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert (await http.get("/style.css")).status_code == 200
    assert gateway.texts()


async def test_an_answer_needs_a_console(gateway: FakeGateway, http: httpx.AsyncClient) -> None:
    answer = await http.post("/replies", json={"from": TO, "body": "ACK"})
    assert answer.status_code == 422
    assert "message_url" in answer.json()["error"]
    assert gateway.events() == []


async def test_a_number_that_sent_stop_is_refused_from_then_on(
    gateway: FakeGateway, http: httpx.AsyncClient
) -> None:
    with pytest.raises(ValueError, match="message_url"):
        await gateway.reply(TO, "stop")
    assert (await text(http)).json()["code"] == 21610


async def test_it_runs_as_a_process() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator.gateway", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        said = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        url = said.split()[-1]
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"{url}healthz")).text == "ok\n"
        os.kill(process.pid, signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 10) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
