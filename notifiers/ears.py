"""PgQueuer over two connections: one asks, one listens.

psycopg holds a connection's lock while it waits for a NOTIFY, so on a single connection every
query of the job engine waits for the listener's turn to end: up to a second for each of a
message's steps. A second connection makes a new job's latency a few milliseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from pgqueuer import PsycopgDriver
from pgqueuer.ports.driver import NotifyCallback

from storage.postgres import Connection


class ListeningDriver(PsycopgDriver):
    """Queries on `asking`, LISTEN on `listening`; both autocommit, both the caller's to close.

    `lost` is called when the listening connection breaks: without it a new job would only be
    found at the next poll.
    """

    def __init__(self, asking: Connection, listening: Connection, lost: Callable[[], None]) -> None:
        super().__init__(asking)  # type: ignore[arg-type]  # any row factory will do
        self._ear = listening
        self._lost = lost
        self._heard: dict[str, list[NotifyCallback]] = {}
        self._listener: asyncio.Task[None] | None = None

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Hand the payload of each NOTIFY on `channel` to `callback`."""
        if channel not in self._heard:
            await self._quiet()
            name = channel.replace('"', '""')
            await self._ear.execute(f'listen "{name}"'.encode())
        self._heard.setdefault(channel, []).append(callback)
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen())

    async def remove_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Stop handing over; what still arrives on the channel is dropped."""
        with suppress(ValueError, KeyError):
            self._heard[channel].remove(callback)

    async def __aexit__(self, *exit: object) -> None:
        # PgQueuer's two managers share the driver; the last one out stops listening.
        if self._entered == 1:
            await self._quiet()
            self._heard.clear()
        await super().__aexit__(*exit)

    async def _quiet(self) -> None:
        """Stop listening, so that the connection is free."""
        task, self._listener = self._listener, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _listen(self) -> None:
        try:
            async for note in self._ear.notifies():
                for callback in tuple(self._heard.get(note.channel, ())):
                    callback(note.payload)
        except Exception:
            # Nobody awaits this task: the courier starts over and says why.
            self._lost()
