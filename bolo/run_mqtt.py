"""`bolo mqtt`: wires the listener for Frigate's broker with the intake."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, suppress

import structlog

from bolo.ops import Check
from bolo.settings import Settings
from bolo.wiring import begin, database, ended, ops
from cameras import store
from cameras.directory import Directory
from cameras.formats import frigate
from cameras.health import Tally
from cameras.health_store import keep
from cameras.intake import Intake
from cameras.listening import Listener
from cameras.mqtt_address import address_of
from cameras.mqtt_client import Broker, tls_of
from cameras.registry import IntakeToken
from cameras.rejected import Rejected
from domain.clock import system_clock
from domain.errors import BadInput
from storage.images import ImageStore
from storage.kafka import Producer
from storage.postgres import AWAY, Database

log = structlog.get_logger(__name__)

ASK_AGAIN = 2.0
"""Seconds until a database that is away is asked again."""


async def mqtt() -> None:
    """`bolo mqtt`: listen to the broker until SIGTERM. Raises BadInput or CannotStart at once when
    the settings cannot work: no broker, no such agency, no such CA.
    """
    settings = begin("mqtt")
    broker = broker_of(settings)
    producer = Producer(settings.kafka, client_id="bolo-mqtt")
    async with database(settings, "mqtt") as db, AsyncExitStack() as stack:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await producer.start()
        stack.push_async_callback(producer.stop)
        tally = Tally()
        intake = Intake(
            producer, ImageStore(settings.images_url), Directory(db), system_clock, tally=tally
        )
        stack.push_async_callback(intake.close)
        # There is no token to present over MQTT: who may publish is for the broker to say, and
        # which agency its cameras belong to for whoever set this process up.
        token = IntakeToken(settings.mqtt_agency, None, "mqtt")
        rejected = Rejected(producer)

        async def reject(data: bytes, topic: str, reason: str) -> None:
            await rejected.keep(token, data, "application/json", f"MQTT {topic}: {reason}", "")

        listener = Listener(broker, frigate, intake, token, reject=reject)
        checks: dict[str, Check] = {
            "database": db.answers,
            "broker": producer.ready,
            "subscribed": listener.ready,
        }
        await ops(stack, settings, checks)
        await _known_agency(db, settings.mqtt_agency, stop)
        stack.push_async_callback(ended, asyncio.create_task(keep(db, tally, system_clock)))
        listening = asyncio.create_task(listener.run())
        stopping = asyncio.create_task(stop.wait())
        stack.push_async_callback(ended, listening)
        await asyncio.wait({listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if listening.done():  # it never ends but by a fault: the process must not live on without
            listening.result()


def broker_of(settings: Settings) -> Broker:
    """Whom to subscribe to. Raises BadInput without a broker, CannotStart without its CA."""
    if not settings.mqtt_url:
        problem = "set it to Frigate's broker, for example mqtts://bolo@mqtt.example.gov:8883"
        raise BadInput("BOLO_MQTT_URL", problem)
    address = address_of(settings.mqtt_url)
    return Broker(
        address,
        # The broker keeps one session for each name, and ends the older of two connections.
        client_id=f"bolo-{settings.mqtt_agency}",
        topic=settings.mqtt_topic,
        password=settings.mqtt_password.get_secret_value(),
        tls=tls_of(address, settings.mqtt_ca),
    )


async def _known_agency(db: Database, agency: str, stop: asyncio.Event) -> None:
    """Return once the database says that the agency is there. Raises BadInput when it is not."""
    while not stop.is_set():
        try:
            async with db.connection() as conn:
                if await store.agency_timezone(conn, agency):
                    return
        except AWAY as away:
            log.warning("the database is away", why=type(away).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), ASK_AGAIN)
        else:
            problem = f"{agency[:20]} is not an agency of this installation: bolo agencies add"
            raise BadInput("BOLO_MQTT_AGENCY", problem)
