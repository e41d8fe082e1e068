"""Parsing a file into the chunks of a generation, off the event loop.

Parsing is plain Python and holds the interpreter lock; in a thread it would take turns with the
event loop every 5 ms. So above IN_THREAD bytes (about 25 ms of parsing) it is done by a process
of its own, which also gives its memory back afterwards. The file goes there and the chunks
come back over pipes, piece by piece, never over the disk. Leaving early ends the process.

    python -m hotlists.building     a request on stdin, frames on stdout
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any, BinaryIO
from uuid import UUID

import msgspec

from domain.errors import BadInput, BoloError, Prohibited
from hotlists.chunks import pack
from hotlists.model import HotlistSource, Parsed
from hotlists.sources import kind

IN_THREAD = 256 * 1024
"""Bytes up to which a thread is used."""

_LENGTH = struct.Struct("<Q")
_PIECE = 1 << 20


class _Request(msgspec.Struct):
    id: UUID
    agency: str
    name: str
    kind: str
    location: str
    settings: dict[str, Any]
    today: date
    size: int


class _Answer(msgspec.Struct):
    """What comes after the chunks. `refused` is (kind of error, field, problem)."""

    found: Parsed | None = None
    refused: tuple[str, str, str] | None = None


async def build(
    source: HotlistSource, data: bytes, today: date, *, in_thread: int = IN_THREAD
) -> tuple[Parsed, list[bytes]]:
    """What the file holds: counts for the guards, and the chunks to store.

    Raises Prohibited and BadInput for the source's own settings, BoloError when the parsing process
    died (out of memory, killed); never for what is in the file.
    """
    if len(data) <= in_thread:
        return await asyncio.to_thread(build_here, source, data, today)
    request = msgspec.msgpack.encode(_request(source, today, len(data)))
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hotlists.building",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    assert child.stdin is not None
    assert child.stdout is not None
    feeding = asyncio.create_task(_feed(child.stdin, request, data))
    try:
        chunks = []
        while frame := await _frame(child.stdout):
            chunks.append(frame)
        answer = msgspec.msgpack.decode(await _frame(child.stdout), type=_Answer)
    except (asyncio.IncompleteReadError, msgspec.DecodeError) as broken:
        msg = f"the process that parses {source.name} ended before it was done"
        raise BoloError(msg) from broken
    finally:
        feeding.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await feeding
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
        await child.wait()
    if answer.refused:
        _raise(answer.refused)
    assert answer.found is not None
    return answer.found, chunks


def build_here(source: HotlistSource, data: bytes, today: date) -> tuple[Parsed, list[bytes]]:
    """`build` in this thread."""
    batch = kind(source.kind).parse(data, source, today)
    return batch.found, list(pack(batch.entries))


async def _feed(pipe: asyncio.StreamWriter, request: bytes, data: bytes) -> None:
    pipe.write(_LENGTH.pack(len(request)) + request)
    for start in range(0, len(data), _PIECE):
        pipe.write(data[start : start + _PIECE])
        await pipe.drain()
    pipe.close()
    await pipe.wait_closed()


async def _frame(pipe: asyncio.StreamReader) -> bytes:
    (length,) = _LENGTH.unpack(await pipe.readexactly(_LENGTH.size))
    return await pipe.readexactly(length)


def _request(source: HotlistSource, today: date, size: int) -> _Request:
    return _Request(
        source.id,
        source.agency,
        source.name,
        source.kind,
        source.location,
        dict(source.settings),
        today,
        size,
    )


def _raise(refused: tuple[str, str, str]) -> None:
    what, where, problem = refused
    if what == "Prohibited":
        raise Prohibited(problem)
    raise BadInput(where, problem)


def _read(pipe: BinaryIO, length: int) -> bytes:
    data = pipe.read(length)
    if len(data) != length:
        raise SystemExit(1)  # whoever asked has gone
    return data


def _answers(pipe: BinaryIO) -> Iterator[bytes]:
    """Every chunk, an empty frame, and the answer."""
    (length,) = _LENGTH.unpack(_read(pipe, _LENGTH.size))
    request = msgspec.msgpack.decode(_read(pipe, length), type=_Request)
    data = _read(pipe, request.size)
    source = HotlistSource(
        request.id,
        request.agency,
        request.name,
        request.kind,
        request.location,
        request.settings,
    )
    try:
        batch = kind(source.kind).parse(data, source, request.today)
    except (Prohibited, BadInput) as refused:
        where = getattr(refused, "field", "")
        problem = getattr(refused, "problem", str(refused))
        answer = _Answer(refused=(type(refused).__name__, where, problem))
    else:
        del data
        yield from pack(batch.entries)
        answer = _Answer(found=batch.found)
    yield b""
    yield msgspec.msgpack.encode(answer)


def main() -> None:
    """The process's whole life."""
    out = sys.stdout.buffer
    for frame in _answers(sys.stdin.buffer):
        out.write(_LENGTH.pack(len(frame)) + frame)
    out.flush()


if __name__ == "__main__":
    main()
