"""The embedded PostgreSQL survives what happens to a program on somebody's laptop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from domain.errors import CannotStart
from storage.child import alive
from storage.embedded import EmbeddedPostgres
from storage.leash import command

pytestmark = pytest.mark.embedded

HOLDER = """
import sys, time
from pathlib import Path
from storage.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), fast=True)
server.start()
print(server.pid, flush=True)
time.sleep(300)
"""


def write(server: EmbeddedPostgres, word: str) -> None:
    with psycopg.connect(server.url, autocommit=True) as conn:
        conn.execute("create table if not exists words (word text)")
        conn.execute("insert into words values (%s)", (word,))


def words(server: EmbeddedPostgres) -> list[str]:
    with psycopg.connect(server.url) as conn:
        return [row[0] for row in conn.execute("select word from words order by word")]


def until(true: object, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    assert callable(true)
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def other_bolo(data_folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Another process that runs PostgreSQL in `data_folder`; with the pid of that server."""
    code = [sys.executable, "-c", HOLDER, str(data_folder)]
    with subprocess.Popen(code, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        server = int(process.stdout.readline())
        try:
            yield process, server
        finally:
            process.kill()
            until(lambda: not alive(server))


def test_the_data_is_there_after_a_stop_and_a_start(data_folder: Path) -> None:
    with EmbeddedPostgres(data_folder, fast=True) as server:
        write(server, "kept")
        address = server.url
    assert not server.running()
    with EmbeddedPostgres(data_folder, fast=True) as server:
        assert words(server) == ["kept"]
        assert server.url == address


def test_real_data_is_written_safely_and_the_log_holds_no_rows(data_folder: Path) -> None:
    with EmbeddedPostgres(data_folder) as server:
        with psycopg.connect(server.url, autocommit=True) as conn:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                shown = conn.execute(f"show {setting}".encode()).fetchone()
                assert shown == ("on",), setting
            conn.execute("create table plates (plate text primary key)")
            conn.execute("insert into plates values ('8ABC123')")
            with pytest.raises(psycopg.errors.UniqueViolation):
                conn.execute("insert into plates values ('8ABC123')")
        assert "duplicate key" in server.log.read_text()
        assert "8ABC123" not in server.log.read_text()


def test_what_was_committed_survives_a_kill_of_the_server(data_folder: Path) -> None:
    with EmbeddedPostgres(data_folder) as server:
        write(server, "committed")
        server.kill()
        assert not server.running()
        server.start()
        assert words(server) == ["committed"]


def test_a_second_bolo_on_the_same_folder_is_refused_and_told_who_has_it(
    data_folder: Path, other_bolo: tuple[subprocess.Popen[str], int]
) -> None:
    process, server = other_bolo
    with pytest.raises(CannotStart, match=f"in use by another bolo \\(process {process.pid}\\)"):
        EmbeddedPostgres(data_folder, fast=True).start()
    assert alive(server), "the refused one must not touch the server of the first"


def test_the_server_stops_by_itself_when_its_bolo_is_killed(
    data_folder: Path, other_bolo: tuple[subprocess.Popen[str], int]
) -> None:
    process, server = other_bolo
    process.kill()
    process.wait()
    until(lambda: not alive(server))
    with EmbeddedPostgres(data_folder, fast=True) as again:
        write(again, "usable")


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(
    data_folder: Path, other_bolo: tuple[subprocess.Popen[str], int]
) -> None:
    process, server = other_bolo
    assert os.getpgid(server) != os.getpgid(process.pid)
    assert os.getsid(server) == server
    assert data_folder.exists()


def test_a_server_left_running_by_a_killed_bolo_is_stopped_first(data_folder: Path) -> None:
    """As on a system without a death signal: the lock's owner is gone, the server lives."""
    first = EmbeddedPostgres(data_folder, fast=True)
    first.start()
    write(first, "left over")
    left = first.pid
    first._lock.release()  # what the kernel does when the owner is killed
    with EmbeddedPostgres(data_folder, fast=True) as second:
        assert second.pid != left
        assert not alive(left)
        assert words(second) == ["left over"]
    first.stop()


def test_everything_killed_at_once_leaves_a_stale_pid_that_does_no_harm(
    data_folder: Path, other_bolo: tuple[subprocess.Popen[str], int]
) -> None:
    process, server = other_bolo
    os.kill(server, signal.SIGKILL)
    process.kill()
    process.wait()
    assert (data_folder / "postgres" / "postmaster.pid").exists()
    with EmbeddedPostgres(data_folder, fast=True) as again:
        write(again, "usable")


def test_a_stale_pid_that_now_belongs_to_another_program_harms_neither(data_folder: Path) -> None:
    with EmbeddedPostgres(data_folder, fast=True) as server:
        record = (data_folder / "postgres" / "postmaster.pid").read_text()
        server.kill()
    stranger = subprocess.Popen(["sleep", "300"])
    try:
        lines = [str(stranger.pid), *record.splitlines()[1:]]
        (data_folder / "postgres" / "postmaster.pid").write_text("\n".join(lines) + "\n")
        with EmbeddedPostgres(data_folder, fast=True) as again:
            write(again, "usable")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("text", ["", "12", "not a pid\n"])
def test_a_half_written_pid_file_is_no_obstacle(data_folder: Path, text: str) -> None:
    with EmbeddedPostgres(data_folder, fast=True) as server:
        server.kill()
    (data_folder / "postgres" / "postmaster.pid").write_text(text)
    with EmbeddedPostgres(data_folder, fast=True) as again:
        write(again, "usable")


def test_data_that_was_being_made_when_the_power_went_is_made_again(data_folder: Path) -> None:
    (data_folder / "postgres.new" / "base").mkdir(parents=True)
    (data_folder / "postgres.new" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(data_folder, fast=True) as server:
        write(server, "whole")
    assert not (data_folder / "postgres.new").exists()


def test_a_folder_of_something_else_is_never_overwritten(data_folder: Path) -> None:
    (data_folder / "postgres").mkdir()
    (data_folder / "postgres" / "letters.txt").write_text("dear all")
    with pytest.raises(CannotStart, match="is no PostgreSQL data"):
        EmbeddedPostgres(data_folder, fast=True).start()
    assert (data_folder / "postgres" / "letters.txt").read_text() == "dear all"


def test_data_of_another_version_is_refused_and_named(data_folder: Path) -> None:
    (data_folder / "postgres").mkdir()
    (data_folder / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(CannotStart, match="of PostgreSQL 16, and this bolo brings 18"):
        EmbeddedPostgres(data_folder, fast=True).start()


def test_a_path_too_long_for_a_socket_works_and_stays_private(data_folder: Path) -> None:
    folder = data_folder / ("a long name of a folder " * 3) / "%41 & what?=else" / ("b" * 40)
    with EmbeddedPostgres(folder, fast=True) as server:
        write(server, "far away")
        address = server.url
        sockets = server._sockets
        assert len(os.fsencode(sockets)) < 90
        assert sockets.stat().st_mode & 0o077 == 0
    with EmbeddedPostgres(folder, fast=True) as server:
        assert server.url == address
        assert words(server) == ["far away"]
    sockets.rmdir()


def test_a_socket_folder_laid_out_by_somebody_else_is_refused(data_folder: Path) -> None:
    folder = data_folder / ("c" * 110)
    with EmbeddedPostgres(folder, fast=True) as server:
        sockets = server._sockets
    sockets.rmdir()
    trap = data_folder / "trap"
    trap.mkdir()
    sockets.symlink_to(trap)
    try:
        with pytest.raises(CannotStart, match="belongs to somebody else"):
            EmbeddedPostgres(folder, fast=True).start()
    finally:
        sockets.unlink()


def test_a_path_with_spaces_and_signs_works(data_folder: Path) -> None:
    with EmbeddedPostgres(data_folder / "my data & 100%", fast=True) as server:
        write(server, "spaced")
        assert words(server) == ["spaced"]


def test_a_folder_that_cannot_be_written_says_so(data_folder: Path) -> None:
    (data_folder / "file").write_text("")
    with pytest.raises(CannotStart, match=r"cannot be written.*Choose another folder"):
        EmbeddedPostgres(data_folder / "file" / "data", fast=True).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_folder_that_belongs_to_another_user_says_so(data_folder: Path) -> None:
    """The same as an ordinary user: nobody (65534) may pass to the folder but not write there."""
    for path in (data_folder, *data_folder.parents):
        if not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o011)
    code = (
        "import os, pathlib\n"
        "from storage.embedded import EmbeddedPostgres\n"
        "os.setuid(65534)\n"
        f"EmbeddedPostgres(pathlib.Path({str(data_folder)!r}) / 'data').start()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "cannot be written: Permission denied" in done.stderr


def test_a_server_that_does_not_come_up_shows_the_end_of_its_log(data_folder: Path) -> None:
    with EmbeddedPostgres(data_folder, fast=True):
        pass
    (data_folder / "postgres" / "postgresql.auto.conf").write_text("no_such_setting = on\n")
    with pytest.raises(CannotStart, match="no_such_setting"):
        EmbeddedPostgres(data_folder, fast=True).start()
    (data_folder / "postgres" / "postgresql.auto.conf").write_text("")
    with EmbeddedPostgres(data_folder, fast=True) as server:
        assert server.running(), "after a failed start the folder is free again"


def test_a_leash_ends_the_program_with_its_parent() -> None:
    code = (
        "import subprocess, sys, time\n"
        "from storage.leash import command\n"
        "child = subprocess.Popen(command(['/bin/sleep', '300']))\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(300)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    try:
        until(lambda: not alive(child))
    finally:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def test_a_leash_says_what_it_cannot_run() -> None:
    done = subprocess.run(
        command(["/no/such/program"]), capture_output=True, text=True, check=False
    )
    assert done.returncode == 127
    assert "cannot run /no/such/program" in done.stderr
