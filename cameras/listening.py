"""Frigate over MQTT: a message is acknowledged to the broker when Kafka has its read, not before.

The broker is the queue. While Kafka is away nothing is acknowledged, so the broker keeps the rest;
when this process dies, what it had not acknowledged comes again, and the same message gives the
same read id. This covers what the broker keeps: what was published with QoS 0 while we were away
it does not, and a broker without persistence forgets everything when it stops.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import aiomqtt
import msgspec
from paho.mqtt.reasoncodes import ReasonCode
from prometheus_client import Counter, Gauge

from cameras.formats import Format
from cameras.incoming import BadBody, Parsed
from cameras.intake import Intake
from cameras.metrics import REFUSED, WITHOUT_PLATE
from cameras.mqtt_client import IN_FLIGHT, AckingClient, Broker, why_not
from cameras.registry import IntakeToken
from domain.errors import BadInput, BoloError, Unavailable

log = logging.getLogger(__name__)

MESSAGES = Counter("bolo_mqtt_messages", "Messages done with, by what became of them", ["outcome"])
FAILED = Counter("bolo_mqtt_connections_failed", "Connections to the broker that failed or broke")
SUBSCRIBED = Gauge("bolo_mqtt_subscribed", "1 while the broker sends us messages")
WAITING = Gauge("bolo_mqtt_waiting", "Messages that wait in place because Kafka is away")

TAKEN, IGNORED, REJECTED = "taken", "ignored", "rejected"

MESSAGE_MAX = 64 * 1024
"""Bytes. A plate's message has some three hundred; no reject may carry more."""
FIRST, LONGEST = 1.0, 30.0
"""Seconds before another connection: doubling from the first, for ever."""
SAY_AGAIN = 10.0
"""Seconds between two lines about messages that are rejected, however many there are."""

Reject = Callable[[bytes, str, str], Awaitable[None]]
"""Keeps a message that cannot be understood, as far as it will: its bytes, its topic, the reason.
An Unavailable that it raises is waited out in place."""


async def no_reject(_data: bytes, _topic: str, _reason: str) -> None:
    """Counts and a line in the log are all that is left of it."""


class Listener:
    """Hands what `broker` sends to `intake`, for the agency of `token`, until cancelled."""

    def __init__(
        self,
        broker: Broker,
        form: Format,
        intake: Intake,
        token: IntakeToken,
        *,
        reject: Reject = no_reject,
        first: float = FIRST,
        longest: float = LONGEST,
    ) -> None:
        self._broker = broker
        self._form = form
        self._intake = intake
        self._token = token
        self._reject_to = reject
        self._first = first
        self._longest = longest
        self._client: AckingClient | None = None
        self._unsaid = 0
        self._said_at = float("-inf")
        self.problem = "not connected yet"
        """Why it is not subscribed, in a person's words; "" while it is."""

    async def ready(self) -> bool:
        """Whether it is subscribed, over a connection that lives."""
        return self._client is not None and self._client.connected()

    async def run(self) -> None:
        """Connect, subscribe and listen; whenever that ends, begin again, for ever."""
        failures = 0
        while True:
            began = time.monotonic()
            try:
                await self._once()
            except (aiomqtt.MqttError, OSError, ValueError) as wrong:
                self.problem = why_not(wrong)
            finally:
                self._client = None
                SUBSCRIBED.set(0)
            FAILED.inc()
            failures = 1 if time.monotonic() - began > self._longest else failures + 1
            pause = min(self._longest, self._first * 2.0 ** min(failures - 1, 30))
            log.warning("not subscribed (%s); trying again in %g s", self.problem, pause)
            await asyncio.sleep(pause)

    async def _once(self) -> None:
        """One connection, to its end, which is always an error."""
        async with AckingClient(self._broker) as client:
            (granted,) = await client.subscribe(self._broker.topic, qos=1)
            assert isinstance(granted, ReasonCode)  # MQTT 5
            if granted.is_failure:
                msg = f"the broker refuses the topic: {granted}"
                raise aiomqtt.MqttError(msg)
            if granted.value == 0:
                log.warning("the broker grants QoS 0 only: it keeps nothing while we are away")
            self._client, self.problem = client, ""
            SUBSCRIBED.set(1)
            log.info("subscribed; the broker %s our session", _knew(client.session_known))
            await self._listen(client)

    async def _listen(self, client: AckingClient) -> None:
        messages = client.messages
        async for first in messages:
            # Together, so that their reads share records and the wait for Kafka; acknowledged in
            # the order they came, as MQTT 5 (4.6) asks.
            batch = [first]
            while len(messages) and len(batch) < IN_FLIGHT:
                batch.append(await anext(messages))
            async with asyncio.TaskGroup() as group:
                for message in batch:
                    group.create_task(self._done_with(message))
            for message in batch:
                client.ack(message)

    async def _done_with(self, message: aiomqtt.Message) -> None:
        """Return when the broker may forget the message: Kafka has it, or it is no read."""
        data = bytes(message.payload or b"")
        topic = str(message.topic)
        pause, waits = 0.2, False
        try:
            while True:
                try:
                    outcome = await self._try(data, topic)
                    break
                except Unavailable:
                    if not waits:
                        waits = True
                        WAITING.inc()
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, 5.0)
        finally:
            if waits:
                WAITING.dec()
        MESSAGES.labels(outcome).inc()

    async def _try(self, data: bytes, topic: str) -> str:
        """What became of it. Raises Unavailable when nobody can say yet."""
        try:
            parsed = understood(data, self._form)
            if parsed is None:
                return IGNORED
            WITHOUT_PLATE.labels(self._form.NAME).inc(parsed.without_plate)
            await self._intake.heard(self._token, parsed.health)
            await self._intake.accept(self._token, parsed.reads)
        except Unavailable:
            raise
        except Exception as wrong:  # whatever it is, it must not stop the messages behind it
            known = isinstance(wrong, BoloError)
            await self._reject_to(data, topic, str(wrong) if known else type(wrong).__name__)
            REFUSED.labels(self._form.NAME, "read" if known else "fault").inc()
            self._say(wrong)
            return REJECTED
        return TAKEN if parsed.reads else IGNORED

    def _say(self, wrong: Exception) -> None:
        """A line in the log, without what the message said, and not one for each message."""
        self._unsaid += 1
        now = time.monotonic()
        if now - self._said_at < SAY_AGAIN:
            return
        where = wrong.field if isinstance(wrong, BadInput) else ""
        kind = type(wrong).__name__
        log.warning("%d messages rejected, the last: %s %s", self._unsaid, kind, where)
        self._unsaid, self._said_at = 0, now


def understood(data: bytes, form: Format) -> Parsed | None:
    """What a message says; None for what is no plate: Frigate sends faces and descriptions on the
    same topic, and those are neither read nor kept. Raises BadInput.
    """
    if len(data) > MESSAGE_MAX:
        raise BadBody("message", f"is larger than {MESSAGE_MAX} bytes")
    try:
        payload = msgspec.json.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as bad:
        raise BadBody("message", "is not JSON") from bad
    if isinstance(payload, dict):
        kind = payload.get("type")
        if isinstance(kind, str) and kind != "lpr":
            return None
    if not form.recognizes(payload):
        hint = form.resembles(payload)
        raise BadBody("message", f"is not of the format {form.NAME}" + (hint and f": {hint}"))
    return form.parse(payload)


def _knew(known: bool) -> str:
    return "knew" if known else "did not know"
