"""Bytes in pieces of any size to blocks of whole lines: bounded memory, whatever arrives.

A line longer than LONGEST is no record. It is cut off where it passes the limit, the rest of it is
thrown away as it comes, and the block says how many such lines there were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

BLOCK = 1 << 18
"""Bytes a block aims at. The texts of its cells take ten times as much, and should stay in a core's
own cache: with blocks of 1 MB a row costs half as much again (AMD EPYC, 1 MB a core)."""
LONGEST = 10_000
"""Bytes of a line; the widest extract we know of has some 2,000."""


@dataclass(frozen=True)
class Block:
    """Whole lines, each ended by a line feed. `ended`: the last line of the file had its end.

    `overlong` lines were left out: they are rows that nobody can use.
    """

    data: bytes
    overlong: int = 0
    last: bool = False
    ended: bool = True


def blocks(pieces: Iterable[bytes], size: int = BLOCK) -> Iterator[Block]:
    """The blocks of a file; the last one says so. CR, LF and CR LF all end a line."""
    held: list[bytes] = []
    length = 0
    skipping = False  # inside a line that is too long already
    ended = True
    overlong = 0
    for piece in _at_most(size, pieces):
        held.append(piece)
        length += len(piece)
        if length < size:
            continue
        data = b"".join(held)
        data, rest = _cut(data)
        held, length = [rest], len(rest)
        if data:
            data, more, skipping = _short_lines(data, skipping)
            yield Block(data, overlong + more)
            overlong = 0
        if length > LONGEST and not skipping:  # no line end in sight
            overlong, skipping = overlong + 1, True
        if skipping:
            held = [b"\r"] if rest.endswith(b"\r") else []  # which may be that line's end
            length = len(held)
    data = _plain(b"".join(held))
    if data and not data.endswith(b"\n"):
        ended = False
        data += b"\n"
    elif skipping and not data:
        ended = False
    data, more, _ = _short_lines(data, skipping)
    yield Block(data, overlong + more, last=True, ended=ended)


def _at_most(size: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        for start in range(0, len(piece), size):
            yield piece[start : start + size]


def _cut(data: bytes) -> tuple[bytes, bytes]:
    """(whole lines, the rest). A CR at the very end may have its LF in the next piece."""
    end = max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1
    return _plain(data[:end]), data[end:]


def _plain(data: bytes) -> bytes:
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data


def _short_lines(data: bytes, skipping: bool) -> tuple[bytes, int, bool]:
    """The lines up to LONGEST, how many were longer, and whether one is still going on."""
    if skipping:
        end = data.find(b"\n") + 1
        if not end:
            return b"", 0, True
        data = data[end:]
    if len(data) <= LONGEST:
        return data, 0, False
    lines = data.split(b"\n")
    if max(map(len, lines)) <= LONGEST:
        return data, 0, False
    kept = [line for line in lines if len(line) <= LONGEST]
    return b"\n".join(kept), len(lines) - len(kept), False
