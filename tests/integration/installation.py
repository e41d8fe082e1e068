"""Whole installations beside each other: a database, a console on 127.0.0.1, people, a policy."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx

from alerts import store as alerts
from alerts.raising import raise_alert
from alerts.resting import recheck_source
from console.app import create_app
from domain.clock import system_clock as now
from domain.read import Read
from hotlists import local_store
from hotlists.configuring import ensure_source
from hotlists.fetching import fetch
from hotlists.keeper import WatchKeeper
from hotlists.local import Asked as AskedEntry
from hotlists.local_store import LocalEntry
from hotlists.model import HotlistSource, RefreshResult
from hotlists.refresh import Means
from hotlists.standing_store import Standing, standings
from matchers.engine import match
from matchers.watch import Match
from neighbours import store as agreements
from neighbours.agreement import Agreement, Asked
from people.model import Role
from people.store import create_agency, create_person
from policy.loading import parse
from policy.model import Policy
from storage.images import ImageStore
from storage.postgres import Connection, Database
from tests.browser.world import World, services
from tests.serving import serve

T = TypeVar("T")
SECRET = "NEIGHBOR"

SHARES = parse(
    'name = "Ours"\nstate = "KS"\n'
    "[categories.stolen-vehicle]\nshare = true\n[categories.felony-vehicle]\nshare = true\n"
)


class Installation:
    """One agency's own bolo. `ori` is the agency; two people of it, ann and sgt."""

    def __init__(self, db: Database, folder: Path, ori: str, policy: Policy = SHARES) -> None:
        self.db = db
        self.ori = ori
        self.folder = folder
        self.policy = policy
        self.url = ""
        self.secrets: dict[str, str] = {}
        self.people: dict[str, UUID] = {}
        self._running = AsyncExitStack()

    async def do(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        async with self.db.transaction() as conn:
            return await work(conn)

    async def rows(self, text: str, *values: object) -> list[dict[str, Any]]:
        async with self.db.connection() as conn:
            return list(await (await conn.execute(text.encode(), values)).fetchall())

    async def settle(self, *others: str) -> None:
        """The agency and its people; `others` are further agencies of the same installation."""
        async with self.db.transaction() as conn:
            for ori in (self.ori, *others):
                await create_agency(conn, ori, ori, "America/Chicago", by="test", now=now())
            for login, role in (("ann", Role.OFFICER), ("sgt", Role.SUPERVISOR)):
                made = await create_person(
                    conn, self.ori, login, login, role, "x", by="test", now=now()
                )
                self.people[login] = made.id

    async def start(self) -> None:
        """Run the console, on the port that it had before."""
        wired = services(World(self.db, ImageStore(self.folder.as_uri())))
        wired = dataclasses.replace(wired, means=Means(policy=self.policy))
        if wired.sms is not None:
            self._running.push_async_callback(wired.sms.aclose)
        port = urlsplit(self.url).port or 0
        self.url = await self._running.enter_async_context(serve(create_app(wired), port))

    async def stop(self) -> None:
        await self._running.aclose()
        self._running = AsyncExitStack()

    # --- giving ------------------------------------------------------------------------------

    async def enter(self, plate: str, category: str = "stolen-vehicle") -> LocalEntry:
        """An entry by ann that sgt approves."""
        asked = AskedEntry(
            plate=plate, state="KS", category=category, case_number=f"26-{plate}",
            reason="Taken from a driveway on Elm", expires_at=now() + timedelta(days=7),
        )  # fmt: skip
        ann, sgt = self.people["ann"], self.people["sgt"]
        one = await self.do(
            lambda c: local_store.make(c, self.ori, asked, self.policy, by=ann, now=now())
        )
        return await self.do(
            lambda c: local_store.approve(c, self.ori, one.id, self.policy, by=sgt, now=now())
        )

    async def withdraw(self, one: LocalEntry) -> None:
        sgt = self.people["sgt"]
        await self.do(
            lambda c: local_store.withdraw(
                c, self.ori, one.id, by=sgt, reason="Recovered by the owner", now=now()
            )
        )

    async def agree(
        self, ori: str, *categories: str, agency: str = "", **changes: Any
    ) -> tuple[Agreement, str]:
        asked: dict[str, Any] = {
            "neighbour": f"The agency {ori}",
            "ori": ori,
            "state": "KS",
            "categories": categories or ("stolen-vehicle",),
            "purposes": ("stolen-vehicles", "crimes"),
            "valid_until": now() + timedelta(days=90),
            "reason": "MOU 26-014",
            **changes,
        }
        return await self.do(
            lambda c: agreements.agree(
                c, agency or self.ori, Asked(**asked), self.policy, approved_by="sgt",
                by="cli:test", now=now(),
            )
        )  # fmt: skip

    async def get(self, token: str, **params: Any) -> httpx.Response:
        """One page, asked for by hand."""
        async with httpx.AsyncClient(timeout=20) as http:
            return await http.get(
                self.url + "/api/neighbours/entries",
                params=params,
                headers={"Authorization": f"Bearer {token}"} if token else {},
            )

    # --- taking ------------------------------------------------------------------------------

    async def take(self, url: str, token: str, name: str = "Neighbor") -> HotlistSource:
        """A list of ours that is pulled from there."""
        self.secrets[SECRET] = token
        settings = {"secret": SECRET, "schedule": "* * * * *", "max_age_hours": 1}
        return await self.do(
            lambda c: ensure_source(
                c, self.ori, name, "neighbour", f"bolo+{url}", settings, by="test", now=now()
            )
        )

    async def pull(
        self, source: HotlistSource, at: timedelta = timedelta(0)
    ) -> RefreshResult | None:
        """One look, as the courier does it, and the job that it leaves."""
        means = Means(policy=self.policy, secrets=self.secrets)
        result = await fetch(self.db, source, by="schedule", now=now() + at, means=means)
        await recheck_source(self.db, source.id, now())
        return result

    async def standing(self, source: HotlistSource, at: timedelta = timedelta(0)) -> Standing:
        async with self.db.connection() as conn:
            found = await standings(conn, now() + at, self.policy)
        return next(one for one in found if one.source.id == source.id)

    async def matches(self, plate: str, agency: str = "") -> list[Match]:
        """What a worker that starts now finds for a read of that plate."""
        agency = agency or self.ori
        keeper = WatchKeeper(self.db, now, policy=self.policy)
        await keeper.load_once()
        watch = keeper.watch(agency)
        if watch is None:
            return []
        read = Read(
            read_id=uuid4(), agency=agency, camera="bridge", seen_at=now(), received_at=now(),
            plate=plate, plate_raw=plate, state="KS", state_confidence=0.9, confidence=0.95,
        )  # fmt: skip
        return await asyncio.to_thread(match, [read], watch, now())

    async def seen(self, plate: str) -> UUID:
        """A camera sees the plate; the alert that comes of it."""
        (found,) = await self.matches(plate)
        raised = await self.do(lambda c: raise_alert(c, found, now()))
        assert raised.alert is not None
        return raised.alert

    async def state_of(self, alert: UUID) -> tuple[str, str]:
        async with self.db.connection() as conn:
            one = (await alerts.load(conn, self.ori, alert)).alert
        return one.state, one.ended_reason


@asynccontextmanager
async def installation(
    url: str, folder: Path, ori: str, *others: str, policy: Policy = SHARES
) -> AsyncIterator[Installation]:
    """One that runs, over a migrated database."""
    async with Database(url, size=6) as db:
        one = Installation(db, folder, ori, policy)
        await one.settle(*others)
        await one.start()
        try:
            yield one
        finally:
            await one.stop()
