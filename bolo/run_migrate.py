"""`bolo migrate`: schema, jobs and topics."""

from __future__ import annotations

import asyncio

from bolo.wiring import begin
from storage import migrate as migrations
from storage.kafka import ensure_topics


async def migrate() -> None:
    """`bolo migrate`: schema, jobs and topics."""
    settings = begin("migrate")
    await asyncio.to_thread(migrations.migrate, settings.database_url)
    await ensure_topics(settings.kafka, settings.partitions, replication=settings.replication)
    print(f"database at revision {migrations.heads()}, topics are there")
