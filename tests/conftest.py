"""Real servers for tests: the embedded PostgreSQL and broker and Apache Kafka, once a session."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings

from storage.embedded import EmbeddedBroker, EmbeddedPostgres
from storage.migrate import migrate
from storage.postgres import Database
from tests.kafka.apache import ApacheKafka, available

# The first example may wait for the compiler (matchers.compiled).
settings.register_profile("bolo", deadline=None)
settings.load_profile("bolo")


_MEMORY = Path("/dev/shm")
_ENOUGH = 4 << 30  # bytes


def _folder(of: Path | None) -> Iterator[Path]:
    """Not pytest's tmp_path: under root PostgreSQL runs as another user, and each start of a pytest
    anywhere on the machine closes the folder above tmp_path to other users.
    """
    with TemporaryDirectory(prefix="bolo-test-", dir=of, ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture
def data_folder() -> Iterator[Path]:
    """An empty data folder for embedded servers of this test's own."""
    yield from _folder(None)


@pytest.fixture(scope="session")
def _session_folder() -> Iterator[Path]:
    """In memory where there is much of it: each test's database is 500 new files, 0.02 s there and
    up to 0.3 s on a disk.
    """
    large = os.access(_MEMORY, os.W_OK | os.X_OK) and disk_usage(_MEMORY).free > _ENOUGH
    yield from _folder(_MEMORY if large else None)


@pytest.fixture(scope="session")
def postgres(_session_folder: Path) -> Iterator[EmbeddedPostgres]:
    """The session's PostgreSQL, without durability, with a migrated database ``template_bolo``."""
    with EmbeddedPostgres(_session_folder, fast=True) as server:
        with psycopg.connect(server.url_of("postgres"), autocommit=True) as conn:
            conn.execute("create database template_bolo")
        migrate(server.url_of("template_bolo"))
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: EmbeddedPostgres) -> str:
    """The address of the session's PostgreSQL, at its database ``postgres``."""
    return postgres.url_of("postgres")


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The URL of a fresh database of this test's own without any table."""
    yield from _database(postgres, "")


@pytest.fixture
def database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The URL of a fresh, migrated, empty database of this test's own."""
    yield from _database(postgres, "template template_bolo strategy file_copy")


def _database(postgres: EmbeddedPostgres, how: str) -> Iterator[str]:
    name = f"t_{uuid4().hex[:12]}"
    with psycopg.connect(postgres.url_of("postgres"), autocommit=True) as conn:
        conn.execute(f"create database {name} {how}".encode())
    yield postgres.url_of(name)
    with psycopg.connect(postgres.url_of("postgres"), autocommit=True) as conn:
        conn.execute(f"drop database if exists {name} with (force)".encode())


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """A pool over `database_url`."""
    async with Database(database_url, size=8) as database:
        yield database


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """The bootstrap address of the session's embedded broker. Its topics are shared by name."""
    with EmbeddedBroker() as server:
        yield server.bootstrap


@pytest.fixture
def own_broker() -> Iterator[EmbeddedBroker]:
    """An embedded broker of this test's own: empty, and free to be killed and started again."""
    with EmbeddedBroker() as server:
        yield server


@pytest.fixture(scope="session")
def apache_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """Apache Kafka on Java; skipped where there is none, except in CI, where it must be there."""
    missing = available()
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"CI must test on Apache Kafka: {missing}")
    if missing:
        pytest.skip(f"no Apache Kafka here: {missing}")
    folder: Path = tmp_path_factory.mktemp("kafka")
    with ApacheKafka(folder) as kafka:
        yield kafka
