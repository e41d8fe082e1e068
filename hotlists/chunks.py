"""A generation at rest: chunks of up to 10,000 entries, each compressed and with its checksum.

A chunk is SHA-256 (32 bytes) over what follows, then zlib over a MessagePack `_Chunk`: the plates
as one column (matchers.folding.column), the encoded entries in one run of bytes, and where each
ends. So a worker builds its index from the columns and never decodes an entry that nothing
matches; that is what keeps loading off the event loop and 1,000,000 entries in some 150 MB.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import overload

import msgspec
import numpy as np
import numpy.typing as npt

from domain.entry import Entry
from domain.errors import BoloError
from matchers.folding import Keys, column, keys_of

CHUNK = 10_000
"""Entries a chunk; the last one may have fewer."""

_FIELDS: tuple[str, ...] = Entry.__struct_fields__
_row = msgspec.msgpack.Encoder()
_unrow = msgspec.msgpack.Decoder(list[object])


class DamagedChunk(BoloError):
    """The stored bytes are not what was stored."""


class _Chunk(msgspec.Struct, array_like=True):
    fields: tuple[str, ...]
    plates: bytes
    ends: bytes  # uint32, little-endian, one an entry
    rows: bytes


@dataclass(frozen=True)
class LoadedChunk:
    """A chunk in memory: keys for the index, and the entries still encoded."""

    fields: tuple[str, ...]
    keys: Keys
    ends: npt.NDArray[np.uint32]
    rows: bytes

    def __len__(self) -> int:
        return len(self.ends)

    def entry(self, position: int) -> Entry:
        """Decode one entry."""
        start = int(self.ends[position - 1]) if position else 0
        values = _unrow.decode(memoryview(self.rows)[start : int(self.ends[position])])
        return msgspec.convert(dict(zip(self.fields, values, strict=True)), Entry)


def pack(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The chunks of a generation, in order."""
    flow = iter(entries)
    while group := list(islice(flow, CHUNK)):
        rows = [_row.encode(msgspec.structs.astuple(entry)) for entry in group]
        ends = np.cumsum([len(row) for row in rows]).astype("<u4")
        chunk = _Chunk(_FIELDS, column(e.plate for e in group), ends.tobytes(), b"".join(rows))
        body = zlib.compress(msgspec.msgpack.encode(chunk), 1)
        yield hashlib.sha256(body).digest() + body


def unpack(data: bytes) -> LoadedChunk:
    """A stored chunk in memory. Raises DamagedChunk when its checksum does not fit."""
    digest, body = data[:32], data[32:]
    if hashlib.sha256(body).digest() != digest:
        msg = "a stored chunk of a hotlist does not fit its checksum"
        raise DamagedChunk(msg)
    chunk = msgspec.msgpack.decode(zlib.decompress(body), type=_Chunk)
    ends = np.frombuffer(chunk.ends, dtype="<u4")
    return LoadedChunk(chunk.fields, keys_of(chunk.plates), ends, chunk.rows)


class PackedEntries(Sequence[Entry]):
    """The entries of a generation, each decoded when it is asked for."""

    __slots__ = ("_chunks", "_length")

    def __init__(self, chunks: Sequence[LoadedChunk]) -> None:
        """All chunks but the last must hold CHUNK entries, as `pack` makes them."""
        self._chunks = chunks
        self._length = sum(len(chunk) for chunk in chunks)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, at: int) -> Entry: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Entry]: ...
    def __getitem__(self, at: int | slice) -> Entry | Sequence[Entry]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(self._length))]
        if at < 0:
            at += self._length
        if not 0 <= at < self._length:
            raise IndexError(at)
        return self._chunks[at // CHUNK].entry(at % CHUNK)
