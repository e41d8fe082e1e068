"""Which alert budgets the couriers that live now have, by a lock that each holds in PostgreSQL.

The lock belongs to a courier's session: it is gone when the courier is, however it ended, and
nothing that is stored can be out of date. Two policy files must not turn the thresholds to and fro.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Never
from zlib import crc32

import msgspec

from policy.model import AlertBudget
from storage.postgres import FAILED, Connection, Database

_HELD = 0x62_75_64_68
"""Of the advisory locks of PostgreSQL: "budh"."""
EVERY = 10.0
"""Seconds between two looks at whether the session lives, and before a lost one is begun anew."""


async def hold(db: Database, budget: AlertBudget, every: float = EVERY) -> Never:
    """Say that a courier with this budget lives, until cancelled, over restarts of the server."""
    while True:
        with suppress(*FAILED):
            conn = await db.connect_alone()
            try:
                # Or a server would keep the lock of a courier that lost its power for hours.
                await conn.execute(
                    "set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5;"
                    " set tcp_keepalives_count = 3"
                )
                await conn.execute(
                    "select pg_advisory_lock_shared(%s, %s)", (_HELD, _number(budget))
                )
                while True:
                    await asyncio.sleep(every)
                    await conn.execute("select 1")
            finally:
                with suppress(*FAILED):
                    await conn.close()
        await asyncio.sleep(every)


async def others(conn: Connection, budget: AlertBudget) -> int:
    """How many couriers live whose budget is another one."""
    cursor = await conn.execute(
        "select count(*) as number from pg_locks where locktype = 'advisory' and granted"
        " and database = (select oid from pg_database where datname = current_database())"
        " and classid = %s and objsubid = 2 and objid <> %s",
        (_HELD, _number(budget)),
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row["number"])


def _number(budget: AlertBudget) -> int:
    """The same for the same budget, in every process; 31 bits."""
    return crc32(msgspec.json.encode(budget)) & 0x7FFF_FFFF
