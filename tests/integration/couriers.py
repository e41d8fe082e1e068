"""What the courier's tests stand on: an agency with people, alerts in any state, a console for
Twilio's callbacks, and a topic that hands every event straight to fan_out."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

from fastapi import FastAPI

from alerts import store as alerts
from alerts.model import SecondSource
from alerts.raising import raise_alert
from alerts.transitions import Claim, Recall, Verify
from console.routes import callbacks
from domain.clock import system_clock as now
from domain.entry import Entry
from domain.errors import Unavailable
from domain.place import Place
from domain.read import Read
from matchers.evidence import Evidence
from matchers.watch import Match
from notifiers import recipients
from notifiers.backoff import Backoff
from notifiers.channels.base import Channel
from notifiers.channels.sms import SmsChannel, SmsConfig
from notifiers.channels.webhook import WebhookChannel, WebhookConfig
from notifiers.courier import Courier, CourierConfig
from notifiers.fanout import fan_out
from notifiers.model import Delivery
from notifiers.routing import Recipient
from notifiers.store import deliveries_of
from people.model import Person, Role
from people.store import create_agency, create_person
from simulator.gateway import FakeGateway
from storage.postgres import Connection, Database
from tests.seeding import alert_of
from tests.serving import serve

ORI = "KS0190100"
OFFICER_PHONE = "+16205550142"
DISPATCH_PHONE = "+16205550143"
TOKEN = "twilio-token-of-the-tests"
HOOK_SECRET = "whsec_" + base64.b64encode(b"webhook-secret-of-the-tests!!").decode()
PLATE = "482KTB"

SOON = Backoff(
    first=timedelta(milliseconds=50),
    longest={"sms": timedelta(milliseconds=400), "webhook": timedelta(milliseconds=400)},
    limits={"sms": timedelta(seconds=20), "webhook": timedelta(seconds=20)},
)


def quick(public_url: str, backoff: Backoff = SOON) -> CourierConfig:
    """A courier's settings with everything that is waited for made short."""
    return CourierConfig(
        public_url=public_url,
        backoff=backoff,
        heartbeat=timedelta(seconds=2),
        stale=timedelta(seconds=2.5),
        send_timeout=timedelta(seconds=2),
        repair_after=timedelta(0),
        poll=timedelta(milliseconds=300),
    )


@dataclass
class Topic:
    """Stands for Kafka and the agent behind it: every event goes to fan_out, as bytes."""

    db: Database
    values: list[bytes] = field(default_factory=list)
    away: bool = False
    hold: bool = False  # keep the events instead of handing them on

    async def publish(self, topic: str, value: bytes, *, key: bytes | None = None) -> None:
        assert topic == "bolo.alerts"
        assert key is not None
        if self.away:
            what = "Kafka"
            raise Unavailable(what, 0.1)
        self.values.append(value)
        if not self.hold:
            await fan_out(self.db, value, now())


@dataclass
class Town:
    """One agency: a dispatcher who verifies, an officer with a phone, and who is told."""

    db: Database
    ori: str
    dispatcher: Person
    officer: Person
    told: dict[str, Recipient]

    async def raised(self, *, late: bool = False, plate: str = PLATE) -> UUID:
        """A possible hit that nobody has judged."""
        async with self.db.transaction() as conn:
            made = match(self.ori, plate, late=late)
            return alert_of(await raise_alert(conn, made, now()))

    async def verified(self, *, late: bool = False) -> UUID:
        """An alert that the dispatcher has confirmed."""
        alert = await self.raised(late=late)
        async with self.db.transaction() as conn:
            await self.verify(conn, alert)
        return alert

    async def verify(self, conn: Connection, alert: UUID) -> None:
        by = self.dispatcher.id
        await alerts.transition(conn, self.ori, alert, Claim(by), now(), actor=str(by))
        event = Verify(by, SecondSource.NCIC_QUERY, "HIT 41-207")
        await alerts.transition(conn, self.ori, alert, event, now(), actor=str(by))

    async def recall(self, alert: UUID, reason: str = "the owner has it back") -> None:
        async with self.db.transaction() as conn:
            by = self.dispatcher.id
            await alerts.transition(conn, self.ori, alert, Recall(by, reason), now(), actor=str(by))

    async def code(self, alert: UUID) -> str:
        async with self.db.connection() as conn:
            return (await alerts.load(conn, self.ori, alert)).code

    async def state(self, alert: UUID) -> str:
        async with self.db.connection() as conn:
            return str((await alerts.load(conn, self.ori, alert)).alert.state)

    async def deliveries(self, alert: UUID) -> list[Delivery]:
        async with self.db.connection() as conn:
            return await deliveries_of(conn, self.ori, alert)

    async def states(self, alert: UUID) -> dict[str, str]:
        """Delivery states by who and which event: {"officer verified": "delivered"}."""
        return {
            f"{d.name} {d.event.rpartition('.')[2]}": str(d.state)
            for d in await self.deliveries(alert)
        }

    async def quiet(self) -> bool:
        """Whether every event was fanned out and every delivery has ended."""
        async with self.db.connection() as conn:
            cursor = await conn.execute(
                "select (select count(*) from events_out where fanned_out_at is null)"
                " + (select count(*) from deliveries where state in ('waiting', 'sent')) as n"
            )
            row = await cursor.fetchone()
        return row is not None and row["n"] == 0

    async def acts(self, action: str) -> list[dict[str, object]]:
        async with self.db.connection() as conn:
            cursor = await conn.execute(
                "select * from audit where action = %s order by at", (action,)
            )
            return list(await cursor.fetchall())


async def settle_town(db: Database, gateway: FakeGateway | None, ori: str = ORI) -> Town:
    """An agency, its people, and its three recipients (with a gateway to reach them by)."""
    suffix = "" if ori == ORI else ori.lower()
    shift = 0 if ori == ORI else 100
    phones = {"officer": f"+1620555{142 + shift:04d}", "dispatch": f"+1620555{143 + shift:04d}"}
    async with db.transaction() as conn:
        await create_agency(conn, ori, f"Agency {ori}", "America/Chicago", by="test", now=now())
        dispatcher = await create_person(
            conn, ori, "kelly" + suffix, "Kelly", Role.DISPATCHER, "x", by="test", now=now()
        )
        officer = await create_person(
            conn,
            ori,
            "ortiz" + suffix,
            "Ortiz",
            Role.OFFICER,
            "x",
            phone=phones["officer"],
            by="test",
            now=now(),
        )
        told = {
            "officer": await recipients.add(
                conn, ori, "officer", "officer", "sms", phones["officer"], now(), by="test"
            ),
            "dispatch": await recipients.add(
                conn, ori, "dispatch", "dispatch", "sms", phones["dispatch"], now(), by="test"
            ),
        }
        if gateway is not None:
            told["system"] = await recipients.add(
                conn,
                ori,
                "system",
                "system",
                "webhook",
                gateway.webhook_url,
                now(),
                by="test",
                secret=gateway.secret,
                allow_private=True,
            )
    return Town(db, ori, dispatcher, officer, told)


def match(ori: str, plate: str = PLATE, *, late: bool = False) -> Match:
    """A camera's read that matches an entry of its own."""
    seen = now() - (timedelta(minutes=30) if late else timedelta(seconds=1))
    return Match(
        read=Read(
            read_id=uuid4(),
            agency=ori,
            camera="bridge-north",
            seen_at=seen,
            received_at=now(),
            plate=plate,
            plate_raw=plate.lower(),
            state="KS",
            place=Place(name="Main St at 4th"),
        ),
        entry=Entry(
            entry_id=uuid4(),
            agency=ori,
            source="state",
            category="stolen-vehicle",
            priority=2,
            plate=plate,
            state="KS",
        ),
        evidence=Evidence(reading=plate, tier="exact", score=9.0, threshold=4.0, features=()),
        generation=1,
        source_name="State list",
        list_refreshed_at=now(),
        matched_at=now(),
    )


def channels(gateway: FakeGateway, public_url: str, timeout: float = 1.0) -> dict[str, Channel]:
    """Both channels, talking to the fake gateway."""
    sms = SmsConfig(
        account=gateway.account,
        token=gateway.token,
        sender=gateway.sender,
        public_url=public_url,
        api_url=gateway.url,
        timeout=timeout,
    )
    hooks = WebhookConfig(timeout=timeout, allow_private=True)
    return {"sms": SmsChannel(sms), "webhook": WebhookChannel(hooks)}


@asynccontextmanager
async def working(
    db: Database, topic: Topic, by: Mapping[str, Channel], config: CourierConfig
) -> AsyncIterator[Courier]:
    """A courier at work, cut short at the end: a clean stop waits two seconds for PgQueuer."""
    courier = Courier(db, topic, by, now, config)
    running = asyncio.create_task(courier.run())
    try:
        yield courier
    finally:
        courier.stop()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        for channel in by.values():
            await channel.aclose()


@asynccontextmanager
async def console_for(db: Database, gateway: FakeGateway) -> AsyncIterator[str]:
    """The console's callback routes over real HTTP; its public address."""
    app = FastAPI()
    app.include_router(callbacks.router)
    async with serve(app) as url:
        by = channels(gateway, url)
        app.state.services = SimpleNamespace(db=db, clock=now, public_url=url, sms=by["sms"])
        try:
            yield url
        finally:
            for channel in by.values():
                await channel.aclose()


async def until(
    what: Callable[[], Awaitable[bool]] | Callable[[], bool], seconds: float = 30.0
) -> None:
    """Return once it is so; fail the test when it takes longer."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        with suppress(StopIteration):
            so = what()
            if so if isinstance(so, bool) else await so:
                return
        assert asyncio.get_running_loop().time() < end, "it never came"
        await asyncio.sleep(0.03)
