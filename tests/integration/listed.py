"""A town with lists: what tests of withdrawals and of several sources stand on.

Matches are made by a worker's own keeper over the lists in force; the courier rechecks the alerts
of a list as it does in an installation.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from alerts import store as alerts
from alerts.episodes import Raised
from alerts.raising import raise_alert
from alerts.record import HistoryRow
from alerts.resting import recheck_source
from domain.clock import system_clock as now
from domain.entry import Entry
from domain.place import Place
from domain.read import Read
from hotlists import finding
from hotlists.configuring import ensure_source
from hotlists.keeper import WatchKeeper
from hotlists.model import HotlistSource, RefreshResult
from hotlists.rechecking import RECHECK
from hotlists.refresh import refresh
from matchers.engine import match
from matchers.watch import Match
from notifiers.courier import Courier
from policy.loading import standard
from simulator.gateway import FakeGateway
from storage.postgres import Database
from tests.integration.couriers import Topic, Town, channels, quick

WHY = "recovered by the owner, case 26-114"


@dataclass
class Listed:
    """A town, and the lists of its agency."""

    town: Town
    db: Database
    sources: dict[str, HotlistSource] = field(default_factory=dict)

    async def list_of(self, name: str, *rows: str) -> RefreshResult:
        """Make these the list's rows: "PLATE", "PLATE:STATE" or "PLATE:STATE:MKE:EXPIRES". A row
        that every list has keeps it from being empty."""
        async with self.db.transaction() as conn:
            source = await ensure_source(conn, self.town.ori, name)
        self.sources[name] = source
        lines = ["LIC,LIS,MKE,NIC,OCA,EXPIRES"]
        for row in ("KEEP77:KS", *rows):
            plate, state, mke, expires, *_ = (*row.split(":"), "", "", "", "")
            lines.append(f"{plate},{state},{mke or 'EV'},V{name[:4]}{plate},26-{plate},{expires}")
        data = "\n".join((*lines, "")).encode()
        return await refresh(
            self.db, source, data, by="test", now=now(), accept_anyway="a small list of a test"
        )

    async def matched(self, plate: str, state: str = "KS", at: timedelta = timedelta(0)) -> Match:
        """The one match of a read of that plate, by what is in force now."""
        (found,) = await self.matches(plate, state, at)
        return found

    async def matches(
        self, plate: str, state: str = "KS", at: timedelta = timedelta(0)
    ) -> list[Match]:
        keeper = WatchKeeper(self.db, now)
        await keeper.load_once()
        watch = keeper.watch(self.town.ori)
        assert watch is not None
        seen = now() + at - timedelta(seconds=1)
        read = Read(
            read_id=uuid4(), agency=self.town.ori, camera="bridge-north", seen_at=seen,
            received_at=now(), plate=plate, plate_raw=plate, state=state,
            place=Place(name="Main St at 4th"),
        )  # fmt: skip
        return match([read], watch, now())

    async def raised(self, made: Match) -> Raised:
        async with self.db.transaction() as conn:
            return await raise_alert(conn, made, now())

    async def alert(self, made: Match, *, verified: bool = False) -> UUID:
        """The alert of a match."""
        raised = (await self.raised(made)).alert
        assert raised is not None
        if verified:
            async with self.db.transaction() as conn:
                await self.town.verify(conn, raised)
        return raised

    async def withdraw(self, entry: Entry | UUID, reason: str = WHY) -> int:
        which = entry if isinstance(entry, UUID) else entry.entry_id
        async with self.db.transaction() as conn:
            return await finding.withdraw(
                conn,
                self.town.ori,
                which,
                standard(),
                by=self.town.dispatcher.id,
                reason=reason,
                now=now(),
            )

    async def lift(self, entry: Entry, reason: str = "stolen again, case 26-130") -> int:
        async with self.db.transaction() as conn:
            return await finding.lift(
                conn,
                self.town.ori,
                entry.entry_id,
                by=self.town.dispatcher.id,
                reason=reason,
                now=now(),
            )

    async def state(self, alert: UUID) -> str:
        return await self.town.state(alert)

    async def ended_because(self, alert: UUID) -> str:
        async with self.db.connection() as conn:
            return (await alerts.load(conn, self.town.ori, alert)).alert.ended_reason

    async def history(self, alert: UUID) -> list[HistoryRow]:
        async with self.db.connection() as conn:
            return await alerts.history(conn, self.town.ori, alert)


@asynccontextmanager
async def caring(
    db: Database, gateway: FakeGateway, public_url: str, topic: Topic | None = None
) -> AsyncIterator[Courier]:
    """A courier that also looks at the alerts of lists, cut short at the end."""

    async def recheck(source: UUID) -> timedelta | None:
        await recheck_source(db, source, now())
        return None

    by = channels(gateway, public_url)
    topic = topic or Topic(db)
    courier = Courier(db, topic, by, now, quick(public_url), jobs={RECHECK: recheck})
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
