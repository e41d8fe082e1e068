"""The one door to PostgreSQL: pool, connections, the words other packages use for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from domain.errors import Unavailable

Row = dict[str, Any]
Connection = psycopg.AsyncConnection[Row]

AWAY: tuple[type[Exception], ...] = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    PoolTimeout,
    Unavailable,
)
"""What says that the database is away for now, not that the statement is wrong."""

FAILED: tuple[type[Exception], ...] = (psycopg.Error, PoolTimeout, Unavailable)
"""Whatever the database may answer or not answer."""

FAULTS: tuple[type[Exception], ...] = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.ProgramLimitExceeded,
    psycopg.errors.StatementTooComplex,
)
"""Of these, what the row itself is guilty of: the same statement can never succeed. The rest passes
when somebody has mended the server (read-only after a failover, a table that a migration
is about to make, a right that is missing), so it is waited for."""

CLASH: tuple[type[Exception], ...] = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.LockNotAvailable,
)
"""What says that another transaction was in the way: the same one goes through when tried again."""


async def server_now(conn: Connection) -> datetime:
    """The database's clock: the one that all processes share. What is deleted for good, and which
    day it is for all of them, goes by it and not by a process's own."""
    cursor = await conn.execute("select clock_timestamp() as now")
    row = await cursor.fetchone()
    assert row is not None
    now: datetime = row["now"]
    return now


async def not_ahead(conn: Connection, now: datetime) -> datetime:
    """The caller's time, but none that the database's clock has not reached: what a process learned
    whose clock is a year ahead would hold, and count, for a year longer."""
    return min(now, await server_now(conn))


class Database:
    """A pool of autocommit connections with dict rows; transactions are always explicit."""

    def __init__(self, url: str, *, size: int = 8, name: str = "bolo") -> None:
        self.url = url
        self._size = size
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            connection_class=psycopg.AsyncConnection[Row],
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "application_name": name,
                "options": "-c timezone=UTC",
                "connect_timeout": 5,
                # A server that lost its power says nothing: do not wait a quarter of an hour.
                "keepalives_idle": 5,
                "keepalives_interval": 2,
                "keepalives_count": 3,
                "tcp_user_timeout": 10_000,
            },
            min_size=1,
            max_size=size,
            timeout=5,
            open=False,
            # Short, or the pool pauses between its attempts for as long as the server was away.
            reconnect_timeout=2,
        )

    @property
    def size(self) -> int:
        """How many connections it holds at most."""
        return self._size

    async def open(self) -> None:
        """Start the pool; connections come when the server is there."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Give every connection back and stop the pool's workers."""
        await self._pool.close()

    async def __aenter__(self) -> Database:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection in autocommit. Raises Unavailable when none is to be had in 5 s."""
        conn = await self._living()
        try:
            yield conn
        finally:
            await self._pool.putconn(conn)

    async def _living(self) -> Connection:
        """A connection that answers. After a restart of the server every idle one is dead.

        Not the pool's own `check`: that pauses 1, 2, 4 s between dead connections.
        """
        what = "the database"
        for _ in range(self._size + 1):
            try:
                conn = await self._pool.getconn()
            except PoolTimeout as away:
                raise Unavailable(what) from away
            try:
                async with asyncio.timeout(2):
                    await conn.execute("")
            except (psycopg.OperationalError, TimeoutError):
                await conn.close()
                await self._pool.putconn(conn)
            except BaseException:
                await self._pool.putconn(conn)
                raise
            else:
                return conn
        raise Unavailable(what)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside one transaction: commit at the end, roll back on any exception."""
        async with self.connection() as conn, conn.transaction():
            yield conn

    async def connect_alone(self) -> Connection:
        """A connection of one's own, for LISTEN and for the job engine. The caller closes it."""
        try:
            return await psycopg.AsyncConnection.connect(
                self.url,
                autocommit=True,
                row_factory=dict_row,
                connect_timeout=5,
                options="-c timezone=UTC",
            )
        except psycopg.OperationalError as away:
            what = "the database"
            raise Unavailable(what) from away

    async def answers(self) -> bool:
        """Whether the server answers. Raises what says that it does not."""
        async with self.connection() as conn:
            await conn.execute("select 1")
        return True

    async def wait(self, seconds: float = 30.0) -> None:
        """Return once the server answers. Raises Unavailable after `seconds`."""
        end = asyncio.get_running_loop().time() + seconds
        while True:
            try:
                async with self.connection() as conn:
                    await conn.execute("select 1")
                return
            except AWAY as away:
                if asyncio.get_running_loop().time() > end:
                    what = "the database"
                    raise Unavailable(what) from away
                await asyncio.sleep(0.2)
