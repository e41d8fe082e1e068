"""What a list's file comes in: plain, gzip, or a ZIP with or without a password.

Bytes in, the bytes of the one table out, in pieces of at most PIECE; nothing is ever written to
disk. Plain files and gzip stream in bounded memory. A ZIP has its contents at its end, so a ZIP is
held in memory, up to `Limits.archive`; what comes out of it streams. Limits count what really
came out, never what a header says: so a ZIP bomb stops where it passes them.

Archives in archives are refused, and so are workbooks and the archives bolo does not open; each
refusal says what to do. ZipCrypto is taken apart in Python at a few MB a second: AES is faster, and
safer.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import pyzipper

from domain.errors import BadInput
from hotlists.magic import ZIP, other_archive
from hotlists.zip_directory import bounded_directory, the_table

PIECE = 1 << 20
_HEAD = 512
"""Bytes that tell what a file is (a tar archive says so at 257)."""

_READABLE_METHODS = (0, 8)
"""Stored and deflated. Others ask for memory by what their header says."""


class Unreadable(BadInput):
    """A container that cannot be opened, or not to its end. `problem` says what to do."""

    def __init__(self, problem: str) -> None:
        super().__init__("file", problem)


@dataclass(frozen=True)
class Limits:
    """Bytes. `ratio` is what comes out for each byte that went in, looked at beyond `unlooked`.

    Tables shrink to a tenth by deflate, fixed-width ones with wide blanks to a fiftieth; deflate
    cannot exceed 1,032. 5,000,000 entries have some 600 MB.
    """

    output: int = 2 * 1024**3
    archive: int = 256 * 1024**2
    ratio: int = 200
    unlooked: int = 16 * 1024**2


@dataclass(frozen=True)
class Opened:
    """What came. `name` is the table's name inside a ZIP. `pieces` may be gone through once, and
    raises Unreadable when the file turns out damaged or too large on the way."""

    kind: Literal["plain", "gzip", "zip"]
    pieces: Iterator[bytes]
    name: str = ""
    encrypted: bool = False

    def __iter__(self) -> Iterator[bytes]:
        return self.pieces


class _File(Protocol):
    def read(self, n: int) -> bytes: ...


def opened(
    data: Iterable[bytes] | bytes, *, password: bytes | None = None, limits: Limits | None = None
) -> Opened:
    """What `data` holds. Raises Unreadable, here for a ZIP, from `pieces` for what shows later.

    A password that is not needed is not used.
    """
    limits = limits or Limits()
    source = iter([data]) if isinstance(data, bytes) else iter(data)
    head = b""
    for piece in source:
        head += piece
        if len(head) >= _HEAD:
            break
    pieces = _and(head, source)
    if head.startswith(ZIP):
        return _zip(pieces, password, limits)
    if head.startswith(b"\x1f\x8b"):
        return Opened("gzip", _table(_bounded(_gunzipped(pieces, limits), limits)))
    return Opened("plain", _table(_bounded(_cut(pieces), limits)))


def _and(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from rest


def _cut(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        for start in range(0, len(piece), PIECE):
            yield piece[start : start + PIECE]


def _bounded(pieces: Iterable[bytes], limits: Limits) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limits.output:
            gigabytes = limits.output / 1024**3
            problem = f"holds more than {gigabytes:.3g} GB; no hotlist does"
            raise Unreadable(problem)
        yield piece


def _table(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces, unless they begin like another archive or a workbook."""
    head: bytes | None = b""
    for piece in pieces:
        if head is not None:
            head += piece
            if len(head) < _HEAD:
                continue
            yield _not_nested(head)
            head = None
        else:
            yield piece
    if head:
        yield _not_nested(head)


def _not_nested(head: bytes) -> bytes:
    if what := other_archive(head):
        raise Unreadable(what)
    return head


def _gunzipped(pieces: Iterable[bytes], limits: Limits) -> Iterator[bytes]:
    """All members of a gzip file; zeros after the last one are padding."""
    inner = zlib.decompressobj(wbits=31)
    came_in = came_out = 0
    begun = False  # inside a member
    for piece in _cut(pieces):
        came_in += len(piece)
        rest = piece
        while rest:
            if not begun and not rest.strip(b"\0"):
                break
            begun = True
            try:
                text = inner.decompress(rest, PIECE)
            except zlib.error as bad:
                raise Unreadable("the gzip file is damaged: transfer it again") from bad
            came_out += len(text)
            _check_ratio(came_in, came_out, limits)
            if text:
                yield text
            rest = inner.unconsumed_tail
            if inner.eof:
                rest, begun = inner.unused_data, False
                inner = zlib.decompressobj(wbits=31)
    if begun:
        raise Unreadable("the gzip file breaks off: it did not arrive whole")


def _check_ratio(came_in: int, came_out: int, limits: Limits) -> None:
    if came_out > limits.unlooked and came_out > limits.ratio * came_in:
        problem = f"unpacks to more than {limits.ratio} times its size, as only a trap does"
        raise Unreadable(problem)


def _zip(pieces: Iterable[bytes], password: bytes | None, limits: Limits) -> Opened:
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) > limits.archive:
            megabytes = limits.archive // 1024**2
            problem = f"is a ZIP of more than {megabytes} MB: send it as gzip, or unpacked"
            raise Unreadable(problem)
    if problem := bounded_directory(held):
        raise Unreadable(problem)
    size = len(held)
    try:
        archive = pyzipper.AESZipFile(io.BytesIO(held))
        members = archive.infolist()
    except Exception as bad:
        raise Unreadable("the ZIP is damaged or breaks off: transfer it again") from bad
    name, problem = the_table([m.filename for m in members if not m.is_dir()])
    if problem:
        raise Unreadable(problem)
    member = next(m for m in members if m.filename == name)
    encrypted = bool(member.flag_bits & 1)
    if encrypted and not password:
        raise Unreadable("the ZIP needs a password: name the setting that holds it")
    if member.compress_type not in _READABLE_METHODS:
        raise Unreadable("is compressed in a way bolo does not open: use the ordinary ZIP method")
    try:
        inner = archive.open(member, pwd=password if encrypted else None)
    except Exception as bad:
        raise Unreadable(_why(bad, encrypted)) from bad
    unzipped = _unzipped(inner, size, encrypted, limits)
    return Opened("zip", _table(_bounded(unzipped, limits)), name, encrypted)


def _unzipped(inner: _File, came_in: int, encrypted: bool, limits: Limits) -> Iterator[bytes]:
    came_out = 0
    while True:
        try:
            piece = inner.read(PIECE)
        except Exception as bad:
            raise Unreadable(_why(bad, encrypted)) from bad
        if not piece:
            return
        came_out += len(piece)
        _check_ratio(came_in, came_out, limits)
        yield piece


def _why(bad: Exception, encrypted: bool) -> str:
    """What an error of the ZIP library means to a person. One wrong password in 256 passes the old
    encryption's own check, and shows as damage."""
    if "Bad password" in str(bad):
        return "the ZIP's password is wrong"
    if isinstance(bad, NotImplementedError):
        return "is compressed or encrypted in a way bolo does not open: use the ordinary ZIP method"
    if encrypted:
        return "the ZIP's password is wrong, or the file is damaged"
    return "the ZIP is damaged: transfer it again"
