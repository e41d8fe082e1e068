"""What PostgreSQL needs of the system: a user that is not root, a socket, nothing left over."""

from __future__ import annotations

import hashlib
import os
import pwd
import signal
import stat
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from domain.errors import CannotStart
from storage.child import alive, command_of, end_stranger

USER = "pgserver"
"""PostgreSQL refuses to run as root; under root it runs as this system user, made when missing."""

SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_BYTES = 103
"""The longest path of a unix socket: 107 bytes on Linux, 103 on macOS; this holds on both."""


def server_user() -> tuple[int, int] | None:
    """The uid and gid PostgreSQL must run as when we are root; None when we are not."""
    if os.geteuid() != 0:
        return None
    try:
        known = pwd.getpwnam(USER)
    except KeyError:
        try:
            subprocess.run(
                ["useradd", "--system", "--no-create-home", "--user-group", USER],
                check=True,
                capture_output=True,
            )
        except (OSError, subprocess.CalledProcessError) as problem:
            msg = (
                f"PostgreSQL cannot run as root, and the user {USER} could not be made."
                f" Make it (useradd --system {USER}), or run bolo as an ordinary user."
            )
            raise CannotStart(msg) from problem
        known = pwd.getpwnam(USER)
    return known.pw_uid, known.pw_gid


def prepare(folder: Path, user: tuple[int, int] | None, installed: Path) -> None:
    """Under root: let the server's user pass through to its data and its programs.

    Adds only the right to pass (o+x) to folders above, and o+rX to the installed programs.
    """
    if user is None:
        return
    for path in (folder, *folder.parents, *installed.parents):
        _grant(path, stat.S_IXOTH)
    if not installed.stat().st_mode & stat.S_IROTH:
        for path in (installed, *installed.rglob("*")):
            passable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            _grant(path, stat.S_IROTH | (stat.S_IXOTH if passable else 0))


def _grant(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(stat.S_IMODE(mode) | bits)


def socket_folder(data: Path, user: tuple[int, int] | None) -> Path:
    """Where the socket goes: beside the data, or a private folder in /tmp when that is too long."""
    if len(os.fsencode(data / SOCKET_NAME)) <= SOCKET_BYTES:
        return data
    name = "bolo-" + hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    for base in (Path(tempfile.gettempdir()), Path("/tmp")):
        folder = base / name
        if len(os.fsencode(folder / SOCKET_NAME)) <= SOCKET_BYTES:
            _private(folder, user or (os.geteuid(), os.getegid()))
            return folder
    msg = f"no folder with a path short enough for a socket: set TMPDIR to one ({data} is too long)"
    raise CannotStart(msg)


def _private(folder: Path, owner: tuple[int, int]) -> None:
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, *owner)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner[0] or found.st_mode & 0o077:
        msg = f"{folder} belongs to somebody else: remove it, or choose a shorter data folder"
        raise CannotStart(msg)


def end_left_over(data: Path, sockets: Path) -> None:
    """After a bolo that was killed: stop its server if it still runs, forget its pid if not.

    Only call it while holding the folder's lock. Raises CannotStart when the server will not go.
    """
    recorded = _recorded_pid(data)
    left = _servers_in(data)
    if recorded in left or (recorded and not left and _is_server_of(recorded, data)):
        steps = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
        if not end_stranger(recorded, steps):
            msg = f"a PostgreSQL left over in {data} (process {recorded}) does not stop: end it"
            raise CannotStart(msg)
    end = time.monotonic() + 10
    while left := [pid for pid in _servers_in(data) if alive(pid)]:
        if time.monotonic() > end:  # its helpers follow the server, but not always at once
            msg = f"PostgreSQL processes left over in {data} do not stop: end {left}"
            raise CannotStart(msg)
        time.sleep(0.02)
    # A pid may belong to another program by now, or to a zombie that nobody reaps (pid 1 of many
    # containers does not); PostgreSQL would refuse to start. The folder's lock is the better proof.
    for stale in (data / "postmaster.pid", sockets / SOCKET_NAME, sockets / f"{SOCKET_NAME}.lock"):
        stale.unlink(missing_ok=True)


def _recorded_pid(data: Path) -> int:
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def _is_server_of(pid: int, data: Path) -> bool:
    shown = command_of(pid)
    return "postgres" in shown and str(data) in shown


def _servers_in(data: Path) -> list[int]:
    """The pids working in `data`: the server and its helpers (on Linux; elsewhere none)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "cwd").readlink() == data and "postgres" in command_of(int(entry.name)):
                found.append(int(entry.name))
    return found
