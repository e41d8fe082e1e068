"""The contract of every channel: an honest answer to whatever a gateway says, and no secret out."""

from __future__ import annotations

import asyncio
import base64
import logging
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jsonschema
import msgspec
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as Official
from standardwebhooks import Webhook

import notifiers.channels  # noqa: F401  (fills the registry)
from alerts.events import CloudEvent
from domain.errors import BadInput
from notifiers.channels.base import REGISTRY, Channel, Message, Permanent, Retryable, Sent
from notifiers.channels.sms import SmsChannel, SmsConfig
from notifiers.channels.webhook import NoAddress, NotPublic, WebhookChannel, WebhookConfig, resolve
from simulator.gateway import FakeGateway
from tests.integration.couriers import HOOK_SECRET, PLATE, TOKEN
from tests.serving import serve

ACCOUNT = "AC" + "7" * 32
NOW = datetime(2026, 11, 21, 21, 2, 9, tzinfo=UTC)
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def sms(base: str) -> Channel:
    return SmsChannel(
        SmsConfig(
            account=ACCOUNT,
            token=TOKEN,
            sender="+16205550100",
            public_url="https://b.example.org",
            api_url=base,
            timeout=0.6,
        )
    )


def webhook(_: str) -> Channel:
    return WebhookChannel(WebhookConfig(timeout=0.6, allow_private=True))


BUILT: dict[str, Callable[[str], Channel]] = {"sms": sms, "webhook": webhook}
SECRETS = (
    TOKEN,
    HOOK_SECRET,
    HOOK_SECRET.removeprefix("whsec_"),
    base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode(),
    "path-token",
    "+16205550142",
    PLATE,
)


def event() -> CloudEvent:
    return CloudEvent(
        id=str(uuid4()),
        source="/agencies/KS0190100",
        type="bolo.alert.verified",
        subject=str(uuid4()),
        time=NOW,
        data={"plate": PLATE},
    )


def message(name: str, base: str) -> Message:
    return Message(
        delivery=uuid4(),
        address="+16205550142" if name == "sms" else f"{base}/hook/path-token",
        text="bolo: verified alert 7K3QHTA.",
        body=msgspec.json.encode(event()),
        at=datetime.now(UTC),
        secret="" if name == "sms" else HOOK_SECRET,
    )


@asynccontextmanager
async def raw(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server that says whatever it likes on the socket."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0, ssl=tls)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


def says(answer: bytes) -> Serve:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return serve


async def hangs(_: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(1.0)


async def drips(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    for _n in range(40):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def floods(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 500 Oh\r\nContent-Length: 1000000000\r\n\r\n")
    for _n in range(1000):
        writer.write(b"x" * 65536)
        await writer.drain()


def http(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


HTML = b"<html><body><h1>Welcome to the hotel's network</h1></body></html>"
HOSTILE: dict[str, Serve] = {
    "500 with HTML": says(http("500 Oh", HTML, "Content-Type: text/html")),
    "503 in an hour": says(http("503 Later", b"", "Retry-After: 3600000")),
    "404": says(http("404 Not Found", HTML)),
    "400 with JSON that is no object": says(http("400 Bad", b"[1,2]")),
    "400 with odd types": says(http("400 Bad", b'{"code":{"a":1},"message":[],"status":"x"}')),
    "400 as RFC 9457": says(
        http("400 Bad", b'{"type":"t","title":"x","status":"y","code":"z","errors":[3]}')
    ),
    "400 that quotes the message": says(
        http("400 Bad", b'{"code":21211,"message":"+16205550142 482KTB","status":400}')
    ),
    "redirect": says(http("302 Found", b"", "Location: http://169.254.169.254/")),
    "garbage": says(b"\x00\x01\x02 not http at all\r\n\r\n"),
    "nothing": says(b""),
    "half an answer": says(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"),
    "packed nonsense": says(http("500 Oh", b"\x1f\x8b\x08xx", "Content-Encoding: gzip")),
    "timeout": hangs,
    "flood": floods,
}


def test_every_channel_in_the_folder_is_under_this_contract() -> None:
    assert set(REGISTRY) == set(BUILT)
    for name, kind in REGISTRY.items():
        assert kind.name == name


@pytest.mark.parametrize("name", sorted(BUILT))
@pytest.mark.parametrize("how", sorted(HOSTILE))
async def test_a_hostile_gateway_gets_an_honest_outcome_and_no_secret_leaks(
    name: str, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("asyncio").setLevel(logging.INFO)
    async with raw(HOSTILE[how]) as base:
        channel, sent = BUILT[name](base), message(name, base)
        outcome = await channel.send(sent)
        await channel.aclose()
    assert isinstance(outcome, Retryable | Permanent)
    if isinstance(outcome, Retryable) and outcome.after is not None:
        assert outcome.after <= timedelta(hours=1)
    assert outcome.reason
    said = "\n".join([repr(outcome), repr(sent), repr(channel), caplog.text])
    assert not [s for s in SECRETS if s in said]
    assert "hotel" not in said


@pytest.mark.parametrize("name", sorted(BUILT))
async def test_a_refused_connection_is_tried_again(name: str) -> None:
    async with raw(says(b"")) as base:
        pass
    channel = BUILT[name](base)
    outcome = await channel.send(message(name, base))
    await channel.aclose()
    assert isinstance(outcome, Retryable)
    assert "cannot be reached" in outcome.reason


async def test_an_sms_answered_with_a_web_page_was_not_sent() -> None:
    for answer in (http("200 OK", HTML), http("201 Created"), http("201 Created", b'{"sid":7}')):
        async with raw(says(answer)) as base:
            channel = sms(base)
            assert isinstance(await channel.send(message("sms", base)), Retryable)
            await channel.aclose()


async def test_an_endless_answer_ends_in_time() -> None:
    async with raw(drips) as base:
        for name in BUILT:
            channel = BUILT[name](base)
            assert isinstance(await channel.send(message(name, base)), Retryable)
            await channel.aclose()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("200 OK", Sent()),
        ("204 No Content", Sent()),
        ("410 Gone", Permanent("the webhook answered HTTP 410: it wants no more", gone=True)),
        ("401 No", Permanent("the webhook answered HTTP 401")),
        ("429 Slow", Retryable(timedelta(seconds=17), "the webhook answered HTTP 429")),
        ("500 Oh", Retryable(timedelta(seconds=17), "the webhook answered HTTP 500")),
        ("301 Moved", Retryable(timedelta(seconds=17), "the webhook answered HTTP 301")),
    ],
)
async def test_a_webhooks_status_decides(status: str, outcome: object) -> None:
    async with raw(says(http(status, b"", "Retry-After: 17"))) as base:
        channel = webhook(base)
        assert await channel.send(message("webhook", base)) == outcome
        await channel.aclose()


async def test_twilios_own_pause_is_honored() -> None:
    body = b'{"code":20429,"message":"Too Many Requests","more_info":"x","status":429}'
    async with raw(says(http("429 Slow", body, "Retry-After: 23"))) as base:
        channel = sms(base)
        assert await channel.send(message("sms", base)) == Retryable(
            timedelta(seconds=23), "too many requests (20429)"
        )
        await channel.aclose()


@pytest.mark.parametrize(
    "address",
    ["https://localhost/x", "http://example.org/", "https://169.254.169.254/", "nonsense", ""],
)
async def test_a_webhook_to_the_inside_is_refused_for_good(address: str) -> None:
    channel = WebhookChannel()
    sent = to_address(message("webhook", "http://127.0.0.1"), address)
    outcome = await channel.send(sent)
    await channel.aclose()
    assert isinstance(outcome, Permanent)
    assert not outcome.gone


async def test_a_name_that_resolves_to_the_inside_is_refused() -> None:
    with pytest.raises(NotPublic):
        await resolve("localhost", 443)
    assert "127.0.0.1" in await resolve("localhost", 443, allow_private=True)
    with pytest.raises(NoAddress):
        await resolve("no-such-name.invalid", 443)


async def test_the_certificate_is_checked_for_the_name_though_the_address_is_pinned(
    tmp_path: Path,
) -> None:
    """The request goes to the checked address, yet TLS still asks for the name's certificate."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command to make a certificate")
    for name, expected in (("localhost", Sent), ("another.example.org", Retryable)):
        key, cert = certificate(tmp_path, name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        async with raw(says(http("204 Fine")), context) as base:
            channel = WebhookChannel(
                WebhookConfig(timeout=2, allow_private=True, ca_file=str(cert))
            )
            url = base.replace("http://127.0.0.1", "https://localhost") + "/x"
            outcome = await channel.send(to_address(message("webhook", base), url))
            await channel.aclose()
        assert isinstance(outcome, expected), (name, outcome)


async def test_a_connection_made_for_one_name_carries_no_message_for_another(
    tmp_path: Path,
) -> None:
    """Two names at one address: the second is checked by itself, and nothing reaches it before."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command to make a certificate")
    key, cert = certificate(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers as many requests on a connection as come, like a server with keep-alive."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                await reader.readexactly(int(head.partition("content-length: ")[2].split()[0]))
                asked.append(head.partition("host: ")[2].split(":")[0])
                writer.write(b"HTTP/1.1 204 Fine\r\n\r\n")
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    channel = WebhookChannel(WebhookConfig(timeout=2, allow_private=True, ca_file=str(cert)))
    try:
        for name, expected in (("localhost", Sent), ("127.0.0.1", Retryable), ("localhost", Sent)):
            sent = to_address(message("webhook", ""), f"https://{name}:{port}/x")
            outcome = await channel.send(sent)
            assert isinstance(outcome, expected), (name, outcome)
    finally:
        await channel.aclose()
        server.close()
        await server.wait_closed()
    assert asked == ["localhost", "localhost"]


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A key and a certificate for that name only."""
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    subprocess.run(
        ["openssl", *words.split(), "-subj", f"/CN={name}", "-addext",
         f"subjectAltName=DNS:{name}", "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, cert


def test_a_certificate_file_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    for bad in (tmp_path / "absent.pem", tmp_path):
        with pytest.raises(BadInput, match="ca_file"):
            WebhookChannel(WebhookConfig(ca_file=str(bad)))


def to_address(sent: Message, address: str) -> Message:
    return Message(sent.delivery, address, sent.text, sent.body, sent.at, sent.secret)


async def test_a_webhook_is_what_the_official_libraries_expect() -> None:
    """Signed as Standard Webhooks says, its body a CloudEvent by the official library."""
    seen: list[tuple[dict[str, str], bytes]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        seen.append(({k.decode(): v.decode() for k, v in scope["headers"]}, body))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with serve(app) as base:
        channel, sent = webhook(base), message("webhook", base)
        assert await channel.send(sent) == Sent()
        assert await channel.send(sent) == Sent()
        await channel.aclose()
    (headers, body), (again, _) = seen
    checker: Any = Webhook(HOOK_SECRET)
    assert checker.verify(body, headers)["data"] == {"plate": PLATE}
    assert headers["webhook-id"] == again["webhook-id"] == str(sent.delivery)
    assert headers["content-type"].startswith("application/cloudevents+json")
    assert headers["host"] == base.removeprefix("http://")
    read = JSONFormat().read(Official, body)
    assert read.get_type() == "bolo.alert.verified"
    jsonschema.validate(msgspec.json.decode(body), SCHEMA)


SCHEMA = {
    "type": "object",
    "required": ["id", "source", "specversion", "type"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "format": "uri-reference", "minLength": 1},
        "specversion": {"const": "1.0"},
        "type": {"type": "string", "minLength": 1},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
    },
}
"""The required part of the CloudEvents 1.0 JSON schema, re-typed."""


async def test_a_webhook_without_a_secret_fails_for_good() -> None:
    channel = webhook("")
    sent = message("webhook", "http://127.0.0.1:9")
    outcome = await channel.send(
        Message(sent.delivery, sent.address, sent.text, sent.body, sent.at, "")
    )
    await channel.aclose()
    assert isinstance(outcome, Permanent)
    assert "secret" in outcome.reason


async def test_the_sms_form_is_what_twilio_documents() -> None:
    async with FakeGateway(account=ACCOUNT, token=TOKEN) as gateway:
        channel = sms(gateway.url)
        sent = message("sms", gateway.url)
        outcome = await channel.send(sent)
        await channel.aclose()
    assert isinstance(outcome, Sent)
    assert gateway.texts()[0].sid == outcome.provider_id
    assert gateway.texts()[0].callback == (
        f"https://b.example.org/callbacks/twilio/status?delivery={sent.delivery}"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"account": "SK1"},
        {"token": ""},
        {"sender": "5550100"},
        {"api_url": "twilio"},
        {"public_url": "b"},
    ],
)
def test_sms_settings_that_cannot_work_are_refused_by_name(wrong: dict[str, str]) -> None:
    good = {
        "account": ACCOUNT,
        "token": TOKEN,
        "sender": "+16205550100",
        "public_url": "https://b.example.org/",
    }
    assert SmsConfig(**good).public_url == "https://b.example.org"  # type: ignore[arg-type]
    assert TOKEN not in repr(SmsConfig(**good))  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=next(iter(wrong))):
        SmsConfig(**{**good, **wrong})  # type: ignore[arg-type]


def test_a_delivery_id_is_a_uuid_that_repr_may_show() -> None:
    sent = message("sms", "")
    assert isinstance(sent.delivery, UUID)
    assert str(sent.delivery) in repr(sent)
