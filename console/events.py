"""Live events: one LISTEN connection a process, and every open page hangs on it.

An event only says that something changed; the page then fetches what it may see. So an event that
is lost costs nothing once the page fetches again, and every page does so when it connects, when
it reconnects, and when this process has lost PostgreSQL and found it again.

Who hears what: nobody hears of another agency's alerts; who does not verify hears only of alerts
that were verified, and never of a sighting, which nobody has judged. A page that reads too slowly
is cut off; its browser connects again and fetches.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal
from uuid import UUID

import structlog

from alerts.changes import CHANGED
from console.store import alive, was_verified
from console.verified import judges
from people.model import Person
from people.roles import may_see_alert
from storage.postgres import AWAY, Connection, Database

log = structlog.get_logger(__name__)

BACKLOG: Final = 200
"""Events that may wait for one page before it is cut off."""

CHECK: Final = 5.0
"""Seconds of silence after which the LISTEN connection is asked whether it is alive."""

RETRY: Final = 1.0
"""Seconds between attempts to get the LISTEN connection back."""


@dataclass(frozen=True)
class Live:
    """One event for a page. `reload`: fetch all. `lost`: changes do not arrive for now."""

    kind: Literal["changed", "reload", "lost"]
    alert: UUID | None = None
    state: str = ""


@dataclass(eq=False)
class Subscriber:
    """One open page."""

    person: Person
    waiting: asyncio.Queue[Live | None] = field(
        default_factory=lambda: asyncio.Queue(maxsize=BACKLOG)
    )
    dropped: bool = False

    def put(self, event: Live | None) -> None:
        """Hand over an event, or cut the page off when it does not keep up."""
        if self.dropped:
            return
        try:
            self.waiting.put_nowait(event)
        except asyncio.QueueFull:
            self.dropped = True
            while not self.waiting.empty():
                self.waiting.get_nowait()
            self.waiting.put_nowait(None)


class Hub:
    """Listens to PostgreSQL and hands changes to the open pages that may know of them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._pages: set[Subscriber] = set()
        self._task: asyncio.Task[None] | None = None
        self.listening = False

    async def start(self) -> None:
        """Begin to listen, in the background; a database that is away is waited for."""
        self._task = asyncio.create_task(self._run(), name="live events")

    async def stop(self) -> None:
        """Stop listening and end every stream."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._tell_all(None)

    @contextlib.contextmanager
    def subscribe(self, person: Person) -> Iterator[Subscriber]:
        """An open page of `person` for as long as the block runs."""
        page = Subscriber(person)
        self._pages.add(page)
        try:
            yield page
        finally:
            self._pages.discard(page)

    async def _run(self) -> None:
        while True:
            try:
                conn = await self._db.connect_alone()
                try:
                    await conn.execute(f"listen {CHANGED}")
                    self.listening = True
                    self._tell_all(Live("reload"))
                    await self._listen(conn)
                finally:
                    await conn.close()
            except AWAY as away:
                if self.listening:
                    log.warning("live events lost", kind=type(away).__name__)
                    self._tell_all(Live("lost"))
                self.listening = False
            except Exception as defect:
                # A defect must not leave pages that look live and are not.
                log.error("live events failed", kind=type(defect).__name__)
                self.listening = False
                self._tell_all(Live("lost"))
            await asyncio.sleep(RETRY)

    async def _listen(self, conn: Connection) -> None:
        while True:
            async for note in conn.notifies(timeout=CHECK, stop_after=BACKLOG):
                await self._changed(note.payload)
            async with asyncio.timeout(CHECK):
                await alive(conn)

    async def _changed(self, payload: str) -> None:
        agency, alert, state = payload.split(" ", 2)
        which = UUID(alert)
        here = [p for p in self._pages if p.person.agency == agency]
        if not here:
            return
        event = Live("changed", which, state)
        verified: bool | None = None
        for page in here:
            if not judges(page.person):
                if state == "sighting":
                    continue
                if verified is None:
                    async with self._db.connection() as conn:
                        verified = await was_verified(conn, which)
                if not verified or not may_see_alert(page.person, state, was_verified=verified):
                    continue
            page.put(event)

    def _tell_all(self, event: Live | None) -> None:
        for page in self._pages:
            page.put(event)
