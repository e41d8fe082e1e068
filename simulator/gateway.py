"""The fake gateway: phones and systems for demo, smoke and tests, on 127.0.0.1, over real HTTP.

    async with FakeGateway() as g: ...          # as a library; g.url, g.texts(), g.reply(...)
    python -m simulator.gateway --port 8088     # as a process; open http://127.0.0.1:8088/

It checks credentials and signatures as the real ones do and signs its callbacks, so nothing in
bolo knows that it is fake. Never bind it to another address: its control routes trust whoever asks.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit
from xml.etree import ElementTree

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from simulator.gateway_control import control
from simulator.gateway_model import Behaviour, Hook, Memory, Text, new_sid, now, sign
from simulator.gateway_wire import messages, webhook

ACCOUNT = "AC" + "0" * 32
TOKEN = "fake-gateway-token"
SENDER = "+16205550100"
SECRET = "whsec_Ym9sby1mYWtlLWdhdGV3YXktd2ViaG9vay1zZWNyZXQ="

_CALLBACK_TRIES = 6


class _Server(uvicorn.Server):
    """A server that leaves the process's signals to whoever started it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class FakeGateway:
    """One gateway. `message_url` is the console's address for inbound SMS.

    Left empty, it is found from the status callback of the last SMS.
    """

    def __init__(
        self,
        *,
        account: str = ACCOUNT,
        token: str = TOKEN,
        sender: str = SENDER,
        secret: str = SECRET,
        port: int = 0,
        message_url: str = "",
    ) -> None:
        self.account, self.token, self.sender, self.secret = account, token, sender, secret
        self.port = port
        self.behaviour = Behaviour()
        self.memory = Memory()
        self._message_url = message_url
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._http: httpx.AsyncClient | None = None

    @property
    def url(self) -> str:
        """Where it is: also the `api_url` for SMS."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def webhook_url(self) -> str:
        """The address of its webhook receiver; sign with `secret`."""
        return f"{self.url}/webhook"

    def texts(self, number: str | None = None) -> list[Text]:
        """SMS that were taken for phones, oldest first."""
        found = [t for t in self.memory.texts if t.way == "out"]
        return found if number is None else [t for t in found if t.number == number]

    def events(self) -> list[Hook]:
        """Webhooks that were verified, oldest first, each once."""
        return list(self.memory.hooks.values())

    async def start(self) -> None:
        """Listen; with port 0 on a free one, which stays the same over stop and start."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app(),
            log_level="critical",
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
        )
        self._http = httpx.AsyncClient(timeout=10, trust_env=False)
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        while not self._server.started:
            if self._serving.done():
                self._serving.result()
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Stop listening: callers find the connection refused. What was received stays."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        if self._http is not None:
            await self._http.aclose()
        self._server = self._serving = self._http = None

    async def __aenter__(self) -> FakeGateway:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def settle(self) -> None:
        """Return when every status callback that is due has been sent."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def reply(self, number: str, body: str) -> str:
        """The person with this phone answers: post it to the console, return what comes back.

        Raises ValueError when the console does not take it.
        """
        text = Text(sid=new_sid(), way="in", number=number, body=body, at=now(), status="received")
        self.memory.texts.append(text)
        if body.strip().upper() == "STOP":
            self.memory.stopped.add(number)
        fields = {
            "AccountSid": self.account,
            "ApiVersion": "2010-04-01",
            "Body": body,
            "From": number,
            "MessageSid": text.sid,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsMessageSid": text.sid,
            "SmsSid": text.sid,
            "SmsStatus": "received",
            "To": self.sender,
        }
        answer = await self._post(self._inbound_url(number), fields)
        if answer.status_code != 200:
            msg = f"the console answered {answer.status_code} to the inbound message"
            raise ValueError(msg)
        said = ["".join(m.itertext()) for m in ElementTree.fromstring(answer.text).iter("Message")]
        for words in said:
            self.memory.texts.append(
                Text(sid=new_sid(), way="out", number=number, body=words, at=now(), status="answer")
            )
        return "\n".join(said)

    def _inbound_url(self, number: str) -> str:
        if self._message_url:
            return self._message_url
        for text in reversed(self.texts(number) or self.texts()):
            if text.callback:
                to = urlsplit(text.callback)
                return f"{to.scheme}://{to.netloc}/callbacks/twilio/message"
        msg = "no SMS was sent yet, so the console's address is not known: give message_url"
        raise ValueError(msg)

    async def _post(self, url: str, fields: dict[str, str]) -> httpx.Response:
        assert self._http is not None, "start the gateway first"
        signature = sign(self.token, url, fields)
        return await self._http.post(url, data=fields, headers={"X-Twilio-Signature": signature})

    def _taken(self, text: Text) -> None:
        if text.callback and self.behaviour.callbacks:
            task = asyncio.create_task(self._call_back(text))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _call_back(self, text: Text) -> None:
        """Tell the console what becomes of a text, in order or not."""
        how = self.behaviour
        lost = how.lose.get(text.number)
        states = ["queued", "sent", "undelivered" if lost else "delivered"]
        if how.shuffle:
            random.shuffle(states)
        for state in states:
            fields = {
                "AccountSid": self.account,
                "ApiVersion": "2010-04-01",
                "From": self.sender,
                "MessageSid": text.sid,
                "MessageStatus": state,
                "SmsSid": text.sid,
                "SmsStatus": state,
                "To": text.number,
            }
            if state == "undelivered":
                fields["ErrorCode"] = str(lost)
            await asyncio.sleep(how.pause)
            await self._insist(text.callback, fields)
        text.status, text.error = ("undelivered", lost) if lost else ("delivered", None)

    async def _insist(self, url: str, fields: dict[str, str]) -> None:
        """Post until it is taken, a few times, as the phone network would."""
        for n in range(_CALLBACK_TRIES):
            with suppress(httpx.HTTPError):
                if (await self._post(url, fields)).status_code < 500:
                    return
            await asyncio.sleep(0.2 * 2**n)

    def _app(self) -> Starlette:
        twilio = messages(
            self.account, self.token, self.memory, lambda: self.behaviour, self._taken
        )
        hook = webhook(self.secret, self.memory, lambda: self.behaviour)
        return Starlette(
            routes=[
                Route("/2010-04-01/Accounts/{sid}/Messages.json", twilio, methods=["POST"]),
                Route("/webhook", hook, methods=["POST"]),
                *control(self),
            ]
        )


async def _serve(gateway: FakeGateway) -> None:
    async with gateway:
        sys.stdout.write(f"the fake gateway listens at {gateway.url}/\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """Run it as a process until it is interrupted."""
    words = argparse.ArgumentParser(description="A gateway that texts nobody real.")
    words.add_argument("--port", type=int, default=8088)
    words.add_argument("--account", default=ACCOUNT)
    words.add_argument("--token", default=TOKEN)
    words.add_argument("--secret", default=SECRET, help="webhook secret, whsec_...")
    words.add_argument("--message-url", default="", help="the console's address for inbound SMS")
    given = words.parse_args()
    gateway = FakeGateway(
        account=given.account,
        token=given.token,
        secret=given.secret,
        port=given.port,
        message_url=given.message_url,
    )
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(gateway))


if __name__ == "__main__":
    main()
