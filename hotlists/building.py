"""Parsing a file off the event loop.

Parsing is Python and holds the interpreter lock; in a thread it would take turns with the event
loop every 5 ms. So above IN_THREAD bytes it is done by a process of its own, which also gives its
memory back. The file goes there and what comes of it comes back over pipes, piece by piece, never
over the disk: what is prohibited is nowhere before it is dropped. Leaving early ends the process.

    python -m hotlists.building     a request on stdin, then the file; frames on stdout
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import struct
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, BinaryIO, get_args
from uuid import UUID

import msgspec

from domain.errors import BadInput, BoloError, Prohibited
from hotlists.assembling import Assembler, Built, Emit, Tag
from hotlists.children import child_environment
from hotlists.containers import Unreadable, opened
from hotlists.model import HotlistSource, Parsed
from hotlists.sources import Context, kind, table
from hotlists.spreading import spread_table
from policy.model import Policy

IN_THREAD = 256 * 1024
"""Bytes up to which a thread is used."""

_LENGTH = struct.Struct("<BQ")
_TAGS: tuple[Tag, ...] = get_args(Tag)
_DATA, _END = 100, 101


class Job(msgspec.Struct, kw_only=True):
    """What the parsing of one file needs to know."""

    id: UUID
    agency: str
    name: str
    kind: str
    settings: dict[str, Any]
    policy: Policy
    now: datetime
    secrets: dict[str, str] = msgspec.field(default_factory=dict)
    state: str = ""
    key: bytes | None = None

    @property
    def source(self) -> HotlistSource:
        """The source, without its location."""
        return HotlistSource(self.id, self.agency, self.name, self.kind, "", self.settings)


Parse = Callable[[Iterable[bytes], Context, Assembler], None]


class _Answer(msgspec.Struct):
    """`refused` is (kind of error, field, problem)."""

    built: Built | None = None
    refused: tuple[str, str, str] | None = None


def build_here(job: Job, data: Iterable[bytes], emit: Emit, parse: Parse | None = None) -> Built:
    """Parse a file in this thread, or by `parse` in place of what its kind offers.

    Raises Prohibited and BadInput for the source's settings.
    """
    found = Parsed()
    source = job.source
    out = Assembler(source, found, emit, job.key)
    context = Context(source, job.policy, job.now, found, job.secrets, job.state)
    try:
        parse = parse or kind(job.kind).parse
        parse(opened(data, password=_password(job)), context, out)
    except Unreadable as closed:
        found.unreadable = closed.problem
        found.rows += 1
        found.rejected["the file cannot be opened"] = 1
    return out.finish()


def _password(job: Job) -> bytes | None:
    name = job.settings.get("template", {}).get("password_setting", "")
    for known in (name, name.upper()):  # secrets are named as in the environment
        if known in job.secrets:
            return job.secrets[known].encode()
    return None


async def build(
    job: Job, data: AsyncIterator[bytes], *, in_thread: int = IN_THREAD
) -> AsyncGenerator[tuple[Tag, bytes] | Built, None]:
    """What is in the file: (tag, frame) as it is found, and at the very end a `Built`.

    Raises Prohibited and BadInput for the source's own settings, BoloError when the parsing process
    died (out of memory, killed), and what `data` raises; never for what is in the file.
    """
    held: list[bytes] = []
    size = 0
    async for piece in data:
        held.append(piece)
        size += len(piece)
        if size > in_thread:
            break
    else:
        frames, built = await asyncio.to_thread(_collected, job, held)
        for one in frames:
            yield one
        yield built
        return
    async with _child() as child:
        assert child.stdin is not None
        assert child.stdout is not None
        feeding = asyncio.create_task(_feed(child.stdin, job, held, data))
        try:
            while True:
                tag, frame = await _frame(child.stdout, feeding, job.name)
                if tag != "answer":
                    yield tag, frame
                    continue
                answer = msgspec.msgpack.decode(frame, type=_Answer)
                break
        finally:
            feeding.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await feeding
    if answer.refused:
        _raise(answer.refused)
    assert answer.built is not None
    yield answer.built


def _collected(job: Job, data: Iterable[bytes]) -> tuple[list[tuple[Tag, bytes]], Built]:
    frames: list[tuple[Tag, bytes]] = []
    built = build_here(job, data, lambda tag, frame: frames.append((tag, frame)))
    return frames, built


@contextlib.asynccontextmanager
async def _child() -> AsyncIterator[asyncio.subprocess.Process]:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hotlists.building",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 20,
        env=child_environment(),
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
        await child.wait()


async def _feed(
    pipe: asyncio.StreamWriter, job: Job, held: list[bytes], data: AsyncIterator[bytes]
) -> None:
    """The request and the file. The child may have read enough before the end."""
    try:
        request = msgspec.msgpack.encode(job)
        pipe.write(_LENGTH.pack(_DATA, len(request)) + request)
        while held:
            piece = held.pop(0)
            pipe.write(_LENGTH.pack(_DATA, len(piece)) + piece)
            await pipe.drain()
        async for piece in data:
            pipe.write(_LENGTH.pack(_DATA, len(piece)) + piece)
            await pipe.drain()
        pipe.write(_LENGTH.pack(_END, 0))
        await pipe.drain()
    except (BrokenPipeError, ConnectionResetError):
        return


async def _frame(
    pipe: asyncio.StreamReader, feeding: asyncio.Task[None], name: str
) -> tuple[Tag, bytes]:
    """The next frame; or what went wrong with the file's own way here."""
    reading = asyncio.ensure_future(_read_frame(pipe))
    try:
        if not feeding.done():
            await asyncio.wait({reading, feeding}, return_when=asyncio.FIRST_COMPLETED)
        if feeding.done() and not feeding.cancelled() and (wrong := feeding.exception()):
            raise wrong
        return await reading
    except asyncio.IncompleteReadError as broken:
        msg = f"the process that parses {name} ended before it was done"
        raise BoloError(msg) from broken
    finally:
        if not reading.done():
            reading.cancel()


async def _read_frame(pipe: asyncio.StreamReader) -> tuple[Tag, bytes]:
    tag, length = _LENGTH.unpack(await pipe.readexactly(_LENGTH.size))
    return _TAGS[tag], await pipe.readexactly(length)


def _raise(refused: tuple[str, str, str]) -> None:
    what, where, problem = refused
    if what == "Prohibited":
        raise Prohibited(problem)
    raise BadInput(where, problem)


class _File:
    """The frames of the parent, until it says that the file is whole."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._ended = False

    def pieces(self) -> Iterator[bytes]:
        """The next frames; may be left and asked for again."""
        while not self._ended:
            tag, length = _LENGTH.unpack(_read(self._pipe, _LENGTH.size))
            if tag == _END:
                self._ended = True
            else:
                yield _read(self._pipe, length)

    def drain(self) -> None:
        """Read what nobody wanted."""
        for _ in self.pieces():
            pass


def _read(pipe: BinaryIO, length: int) -> bytes:
    data = pipe.read(length)
    if len(data) != length:
        raise SystemExit(1)  # whoever asked has gone
    return data


def main() -> None:
    """The process's whole life."""
    gc.disable()  # a million short-lived lists and no cycle: the collector would only look at them
    out = sys.stdout.buffer

    def emit(tag: Tag, frame: bytes) -> None:
        out.write(_LENGTH.pack(_TAGS.index(tag), len(frame)) + frame)
        if tag == "progress":
            out.flush()

    file = _File(sys.stdin.buffer)
    pieces = file.pieces()
    job = msgspec.msgpack.decode(next(pieces), type=Job)
    try:
        spread = partial(spread_table, key=job.key) if job.kind == table.KIND else None
        answer = _Answer(build_here(job, pieces, emit, spread))
    except (Prohibited, BadInput) as refused:
        where = getattr(refused, "field", "")
        problem = getattr(refused, "problem", str(refused))
        answer = _Answer(refused=(type(refused).__name__, where, problem))
    file.drain()  # a parser may stop early; whoever feeds it must not be cut off in a read
    emit("answer", msgspec.msgpack.encode(answer))
    out.flush()


if __name__ == "__main__":
    main()
