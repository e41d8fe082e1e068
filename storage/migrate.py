"""Bring a database to the newest schema, from empty or from any earlier revision. Forward only."""

from __future__ import annotations

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pgqueuer import PsycopgDriver, Queries
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from storage.postgres import Row

_ADVISORY_LOCK = 0x60_10  # one migration at a time, whoever starts first


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    return config


def _engine_url(url: str) -> str:
    scheme, rest = url.split("://", 1)
    return f"{scheme.split('+')[0]}+psycopg://{rest}"


def heads() -> str:
    """The newest revision this code knows."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None
    return newest


def current(url: str) -> str | None:
    """The revision the database is at; None when it is empty."""
    engine = create_engine(_engine_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrate(url: str, revision: str = "head") -> None:
    """Upgrade our tables to `revision` and the job engine's to its own newest.

    Two at once are safe: the second waits, then finds nothing to do.
    """
    engine = create_engine(_engine_url(url), poolclass=NullPool)
    with engine.connect() as lock:
        lock.execute(text("select pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
        lock.commit()
        try:
            config = _config()
            with engine.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, revision)
            _migrate_jobs(url)
        finally:
            lock.execute(text("select pg_advisory_unlock(:key)"), {"key": _ADVISORY_LOCK})
            lock.commit()


def _migrate_jobs(url: str) -> None:
    import asyncio

    async def install() -> None:
        async with await psycopg.AsyncConnection[Row].connect(url, autocommit=True) as conn:
            queries = Queries(PsycopgDriver(conn))  # type: ignore[arg-type]  # any row factory will do
            if await queries.has_table(queries.qbe.settings.queue_table):
                await queries.upgrade()
            else:
                await queries.install()

    asyncio.run(install())
