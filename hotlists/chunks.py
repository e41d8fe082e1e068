"""A generation at rest: chunks of up to 10,000 rows, each compressed and with its checksum.

A chunk is MAGIC, SHA-256 over what follows, then zstd over a MessagePack `_Chunk`: the entry ids
and the plates as one column each, and the rows as lines of tab-separated texts. What is the same in
all rows of a chunk is kept once (`same`). No row is decoded until something comes near it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha1

import msgspec
import numpy as np
import numpy.typing as npt
import zstandard

from domain.errors import BoloError
from domain.ids import ENTRIES
from hotlists.columns import COLUMNS, Rows
from matchers.folding import WIDTH

CHUNK = 10_000
"""Rows a chunk; any may have fewer."""

MAGIC = b"BHL2"
LARGEST = 256 * 1024 * 1024
"""Bytes a chunk may have when it is unpacked; ours have some 2 MB."""

Ids = npt.NDArray[np.uint8]
"""(rows, 16): the bytes of an entry's uuid5."""

_NOT_IN_A_CELL = str.maketrans("\t\n\r", "   ", "\0")


class DamagedChunk(BoloError):
    """The stored bytes are not what was stored."""


class _Chunk(msgspec.Struct, array_like=True):
    columns: tuple[str, ...]
    same: dict[str, str]
    ids: bytes
    plates: bytes
    lines: bytes


@dataclass(frozen=True)
class Chunk:
    """A chunk in memory. `lines` has a line for each row, each ended by a line feed."""

    columns: tuple[str, ...]
    same: dict[str, str]
    ids: Ids
    plates: bytes
    lines: bytes

    def __len__(self) -> int:
        return len(self.ids)


def entry_ids(agency: str, source: str, keys: list[str]) -> Ids:
    """domain.ids.entry_id of every key, as bytes: uuid5 done for a whole column."""
    head = ENTRIES.bytes + f"{agency}|{source}|".encode()
    digests = b"".join([sha1(head + key.encode()).digest() for key in keys])
    ids = np.frombuffer(digests, dtype=np.uint8).reshape(-1, 20)[:, :16].copy()
    ids[:, 6] = (ids[:, 6] & 0x0F) | 0x50  # version 5
    ids[:, 8] = (ids[:, 8] & 0x3F) | 0x80  # the variant of RFC 9562
    return ids


def pack(rows: Rows, ids: Ids) -> Iterator[bytes]:
    """The rows as stored chunks, in order."""
    for start in range(0, len(rows.keys), CHUNK):
        end = start + CHUNK
        part = {name: cells[start:end] for name, cells in rows.columns.items()}
        yield _packed(part, ids[start:end], rows.plates[start * WIDTH : end * WIDTH])


def unpack(data: bytes) -> Chunk:
    """A stored chunk in memory. Raises DamagedChunk."""
    digest, body = data[4:36], data[36:]
    if not data.startswith(MAGIC) or hashlib.sha256(body).digest() != digest:
        msg = "a stored chunk of a hotlist does not fit its checksum"
        raise DamagedChunk(msg)
    whole = zstandard.ZstdDecompressor().decompress(body, max_output_size=LARGEST)
    chunk = msgspec.msgpack.decode(whole, type=_Chunk)
    ids = np.frombuffer(chunk.ids, dtype=np.uint8).reshape(-1, 16)
    if len(ids) * 10 != len(chunk.plates) or chunk.lines.count(b"\n") != len(ids):
        msg = "a stored chunk of a hotlist holds columns of different lengths"
        raise DamagedChunk(msg)
    return Chunk(chunk.columns, chunk.same, ids, chunk.plates, chunk.lines)


def cells_of(line: bytes, columns: tuple[str, ...], same: dict[str, str]) -> dict[str, str]:
    """A row's cells, by column."""
    texts = line.decode().split("\t") if columns else ()
    return {**same, **dict(zip(columns, texts, strict=True))}


def _packed(columns: dict[str, Sequence[str]], ids: Ids, plates: bytes) -> bytes:
    same: dict[str, str] = {}
    names: list[str] = []
    for name in COLUMNS:
        cells = columns.get(name)
        if cells is None:
            continue
        if cells[0] == cells[-1] and cells.count(cells[0]) == len(cells):
            if cells[0]:
                same[name] = cells[0].translate(_NOT_IN_A_CELL)
        else:
            names.append(name)
    text = _lines([columns[name] for name in names], len(ids))
    body = msgspec.msgpack.encode(_Chunk(tuple(names), same, ids.tobytes(), plates, text))
    packed = zstandard.ZstdCompressor(level=1).compress(body)
    return MAGIC + hashlib.sha256(packed).digest() + packed


def _lines(columns: list[Sequence[str]], count: int) -> bytes:
    """A line of tab-separated cells for each row, each ended by a line feed."""
    if not columns:
        return b"\n" * count
    lines = "\n".join(map("\t".join, zip(*columns, strict=True))) + "\n"
    if (
        lines.count("\t") != count * (len(columns) - 1)
        or lines.count("\n") != count
        or "\0" in lines
    ):
        clean = [[cell.translate(_NOT_IN_A_CELL) for cell in cells] for cells in columns]
        lines = "\n".join(map("\t".join, zip(*clean, strict=True))) + "\n"
    return lines.encode(errors="replace")
