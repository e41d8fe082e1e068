"""aiomqtt with what it does not offer: acknowledging a message when we are done with it.

paho-mqtt can wait for the application's word (``manual_ack``, with which a PUBACK is sent by
``ack``); aiomqtt 2.5 does not pass it on (its issue 345), so the class below reaches the paho
client that aiomqtt holds. A test breaks when a version moves it.

MQTT 5, because its session outlives the connection for a time that we say, and its Receive
Maximum keeps the broker from sending more than so many messages that we have not acknowledged: the
broker's queue is the buffer, not our memory.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiomqtt
import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from prometheus_client import Counter

from cameras.mqtt_address import Address
from domain.errors import CannotStart

KEEPALIVE = 30
"""Seconds: a broker that lost its power is noticed within one and a half of it."""
TIMEOUT = 10.0
SESSION = 72 * 3600
"""Seconds that the broker keeps what was sent while we were away; as Kafka's log in deploy."""
IN_FLIGHT = 200
"""Messages we may have unacknowledged. The broker has a limit of its own, too (mosquitto: 20)."""
PACKET_MAX = 1024 * 1024
"""Bytes; the broker drops what is larger. A plate's message has some three hundred."""
UNASKED = 10_000
"""Messages of QoS 0 held at most: these come however many we have not worked off."""

LOST = Counter(
    "bolo_mqtt_messages_lost",
    "Messages of QoS 0 dropped because too many waited; the sender should use QoS 1",
)


@dataclass(frozen=True)
class Broker:
    """Whom to subscribe to, and as whom. `client_id` names the session that the broker keeps."""

    address: Address
    client_id: str
    topic: str
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None


def tls_of(address: Address, ca: str) -> ssl.SSLContext | None:
    """The context for TLS: certificate and name are always checked, against the file `ca` or, with
    "", what this machine trusts. None for an address without TLS. Raises CannotStart.
    """
    if not address.tls:
        return None
    if ca and not Path(ca).is_file():
        msg = f"BOLO_MQTT_CA: there is no file {ca}"
        raise CannotStart(msg)
    try:
        context = ssl.create_default_context(cafile=ca or None)
    except (ssl.SSLError, OSError) as bad:
        msg = f"BOLO_MQTT_CA: {ca} holds no usable certificate in PEM form"
        raise CannotStart(msg) from bad
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _Closing
    return context


class _Closing(ssl.SSLSocket):
    """Closes itself when the other end is not who it should be; paho forgets to."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


class _Waiting(asyncio.Queue[aiomqtt.Message]):
    """What came and is not worked off. QoS 1 is never turned away: IN_FLIGHT bounds it."""

    def put_nowait(self, item: aiomqtt.Message) -> None:
        if item.qos == 0 and self.qsize() >= UNASKED:
            LOST.inc()
            return
        super().put_nowait(item)


class AckingClient(aiomqtt.Client):
    """One connection to `broker`, with the session it had before. Not to be used a second time."""

    def __init__(self, broker: Broker) -> None:
        wanted = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        wanted.SessionExpiryInterval = SESSION
        wanted.ReceiveMaximum = IN_FLIGHT
        wanted.MaximumPacketSize = PACKET_MAX
        super().__init__(
            broker.address.host,
            broker.address.port,
            username=broker.address.user or None,
            password=broker.password or None,
            identifier=broker.client_id,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=False,
            keepalive=KEEPALIVE,
            timeout=TIMEOUT,
            properties=wanted,
            tls_context=broker.tls,
            queue_type=_Waiting,
        )
        self._client.manual_ack_set(True)  # before connecting: a session's messages come at once
        self.session_known = False
        """Whether the broker had our session, so that it kept what came while we were away."""

    async def __aenter__(self) -> Self:
        try:
            return await super().__aenter__()
        except BaseException:
            # aiomqtt leaves the socket of an attempt that failed to the garbage collector.
            self._client._sock_close()
            raise

    def _on_connect(
        self,
        client: paho.Client,
        userdata: Any,
        flags: paho.ConnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        self.session_known = flags.session_present
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def ack(self, message: aiomqtt.Message) -> None:
        """We are done with it: the broker may forget it. Nothing happens when the connection is
        gone: then it comes again with the next one.
        """
        if message.qos > 0:
            self._client.ack(message.mid, message.qos)

    def connected(self) -> bool:
        """Whether the broker was there a moment ago."""
        return bool(self._client.is_connected()) and not self._disconnected.done()


def why_not(wrong: Exception) -> str:
    """What went wrong with a connection in a person's words; "certificate ..." for TLS."""
    seen: BaseException | None = wrong
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return f"certificate not trusted: {seen.verify_message}"
        if isinstance(seen, ssl.SSLError):
            return f"TLS failed: {seen.reason or 'no common protocol'}"
        if isinstance(seen, aiomqtt.MqttCodeError) and isinstance(seen.rc, ReasonCode):
            return str(seen.rc)
        if isinstance(seen, OSError):
            return seen.strerror or str(seen) or type(seen).__name__
        seen = seen.__cause__ or seen.__context__
    return str(wrong) or type(wrong).__name__
