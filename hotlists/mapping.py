"""Making the mapped file of a generation, beside the event loop.

A worker that needs a file asks for it here. Above IN_THREAD rows the work is done by a process of
its own, so that the worker's loop goes on as if nothing were happening; a lock on the file's name
makes one worker of the host do it and the others wait.

    python -m hotlists.mapping     a request on stdin; exit code 0 when the file is there
"""

from __future__ import annotations

import asyncio
import fcntl
import sys
import time
from contextlib import aclosing, suppress
from pathlib import Path
from typing import IO

import msgspec

from domain.errors import BoloError
from hotlists import store
from hotlists.children import child_environment
from hotlists.chunks import Chunk, DamagedChunk, unpack
from hotlists.mapped import Writer
from storage.postgres import Connection, Database

IN_THREAD = 20_000
"""Rows up to which the worker does it (some 50 ms of work, 10 of them on its loop)."""
ANSWER_WITHIN = 60.0
"""Seconds for one chunk."""
WAIT, PAUSE = 120.0, 0.1
"""Seconds to wait for another worker's file, and between two looks; then it is made here, too."""
DAMAGED = 3
"""Exit code that says that the stored chunks are damaged."""
SUFFIX, PARTIAL = ".bolo", ".part"
LEFT_OVER = 900.0
"""Seconds after which a file that is not yet whole and that nobody writes to was left by a process
that was killed. It holds plates, and nothing else would ever delete it."""


class _Request(msgspec.Struct):
    database: str
    generation: int
    rows: int
    path: str


def path_of(folder: Path, generation: int) -> Path:
    """Where a generation's file is; the id is the database's, which never gives one twice."""
    return folder / f"generation-{generation}{SUFFIX}"


async def ensure(db: Database, folder: Path, generation: int, rows: int) -> Path:
    """The generation's file, made if need be. Raises DamagedChunk, and what says "away"."""
    path = path_of(folder, generation)
    if path.exists():
        return path
    if rows <= IN_THREAD:
        await _make(db, path, generation, rows)
        return path
    request = msgspec.json.encode(_Request(db.url, generation, rows, str(path)))
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hotlists.mapping",
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=child_environment(),
    )
    try:
        _, said = await child.communicate(request)
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if child.returncode == DAMAGED:
        raise DamagedChunk(said.decode(errors="replace").strip()[-300:])
    if child.returncode != 0 or not path.exists():
        msg = f"the process that maps generation {generation} ended with {child.returncode}"
        raise BoloError(msg)
    return path


def forget(folder: Path, keep: set[int]) -> None:
    """Delete the files of generations that are not in force, and what a killed process left of one.
    Whoever has one mapped keeps it."""
    names = {path_of(folder, generation).name for generation in keep}
    for path in folder.glob(f"*{SUFFIX}"):
        if path.name not in names:
            path.unlink(missing_ok=True)
            path.with_suffix(".lock").unlink(missing_ok=True)
    for path in folder.glob(f"*{PARTIAL}"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > LEFT_OVER:
                path.unlink()


async def _make(db: Database, path: Path, generation: int, rows: int) -> None:
    with path.with_suffix(".lock").open("w") as lock:
        for _ in range(int(WAIT / PAUSE)):
            if _ours(lock):
                break
            await asyncio.sleep(PAUSE)  # another worker of this host is making it
        if path.exists():
            return
        with Writer(path) as writer:
            async with db.connection() as conn:
                count = await _filled(writer, conn, generation)
                dead = await store.dead_of(conn, generation)
            if count - len(dead) != rows:
                msg = f"a generation has {count - len(dead)} entries, not {rows}"
                raise DamagedChunk(msg)
            await asyncio.to_thread(writer.finish, dead)


async def _filled(writer: Writer, conn: Connection, generation: int) -> int:
    """Every row into `writer`; how many there are."""
    count = 0
    async with aclosing(store.chunks(conn, generation)) as chunks:
        while True:
            async with asyncio.timeout(ANSWER_WITHIN):
                data = await anext(chunks, None)
            if data is None:
                return count
            count += await asyncio.to_thread(_added, writer, data)


def _ours(lock: IO[str]) -> bool:
    """Hold the lock, if nobody does. It is free again when its process is gone."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _added(writer: Writer, data: bytes) -> int:
    """How many rows were in it."""
    chunk = _unpacked(data)
    try:
        writer.add(chunk)
    except (ValueError, IndexError) as bad:  # lines that are no text, more categories than a byte
        msg = f"a stored chunk of a hotlist cannot be mapped: {type(bad).__name__}"
        raise DamagedChunk(msg) from bad
    return len(chunk)


def _unpacked(data: bytes) -> Chunk:
    try:
        return unpack(data)
    except BoloError:
        raise
    except Exception as broken:  # zstd and msgspec each have errors of their own
        msg = f"a stored chunk of a hotlist cannot be read: {type(broken).__name__}"
        raise DamagedChunk(msg) from broken


async def _child(request: _Request) -> int:
    async with Database(request.database, size=1, name="bolo-mapping") as db:
        try:
            await _make(db, Path(request.path), request.generation, request.rows)
        except DamagedChunk as damaged:
            sys.stderr.write(f"{damaged}\n")
            return DAMAGED
    return 0


def main() -> None:
    """The process's whole life."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=_Request)
    raise SystemExit(asyncio.run(_child(request)))


if __name__ == "__main__":
    main()
