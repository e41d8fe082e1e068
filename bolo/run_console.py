"""`bolo console`: wires the web app with what it works on."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import uvicorn

from bolo.wiring import begin, database, ended, means, ops, sms_channel
from cameras.directory import Directory
from cameras.health import Tally
from cameras.health_store import keep
from cameras.intake import Intake
from cameras.rejected import Rejected
from console.app import create_app
from console.services import Services
from domain.clock import system_clock
from storage.images import ImageStore
from storage.kafka import Producer


async def console() -> None:
    """`bolo console`: pages, API, live events, and the cameras' door."""
    settings = begin("console")
    producer = Producer(settings.kafka, client_id="bolo-console")
    sms = sms_channel(settings)
    async with database(settings, "console") as db, AsyncExitStack() as stack:
        await producer.start()
        stack.push_async_callback(producer.stop)
        if sms is not None:
            stack.push_async_callback(sms.aclose)
        images = ImageStore(settings.images_url)
        tally = Tally()
        health = asyncio.create_task(keep(db, tally, system_clock))
        stack.push_async_callback(ended, health)
        intake = Intake(producer, images, Directory(db), system_clock, tally=tally)
        stack.push_async_callback(intake.close)
        services = Services(
            db=db,
            clock=system_clock,
            public_url=settings.public_url,
            images=images,
            intake=intake,
            sms=sms,
            broker_ready=producer.ready,
            lease=timedelta(minutes=settings.lease_minutes),
            late_after=timedelta(minutes=settings.late_after_minutes),
            intake_body_bytes=settings.intake_body_bytes,
            rejected=Rejected(producer),
            verkada_secret=settings.verkada_secret.get_secret_value(),
            means=means(settings),
        )
        await ops(stack, settings, {"database": db.answers, "broker": producer.ready})
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(services),
                host=settings.console_host,
                port=settings.console_port,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=settings.trusted_proxies,
                timeout_graceful_shutdown=3,
            )
        )
        await server.serve()
