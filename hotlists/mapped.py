"""A generation as a file of arrays that every worker of a host maps read-only.

One worker makes it from the stored chunks, in a process of its own; the others wait for it and map
it, so that N workers share one copy and a swap costs an event loop no more than opening a file.

Layout: sections at multiples of 64 bytes, then the header as JSON, its length (uint64,
little-endian) and MAGIC: a file that breaks off has no end. Sections: lines; keys and positions
(the index, sorted); ids; ends (where each row's line ends); wild (positions of rows with a pattern)
and described (of rows without a plate). Positions are of rows in file order; a row that a later one
replaced is in no index.
"""

from __future__ import annotations

import json
import mmap
import os
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, overload
from uuid import UUID

import numpy as np
import numpy.typing as npt

from domain.entry import Entry
from hotlists.chunks import Chunk, DamagedChunk, cells_of
from hotlists.columns import entry_from
from matchers.folding import keys_of
from matchers.index import Index

MAGIC = b"BOLO-LIST-3\n"
_ALIGNED = 64


class MappedEntries(Sequence[Entry]):
    """The rows of a generation as entries, each made when it is asked for."""

    __slots__ = ("_about", "_chunks", "_ends", "_ids", "_length", "_lines", "_starts")

    def __init__(
        self,
        ids: npt.NDArray[np.uint8],
        ends: npt.NDArray[np.uint64],
        lines: mmap.mmap | bytes | memoryview,
        chunks: Sequence[tuple[int, tuple[str, ...], dict[str, str]]],
        about: tuple[str, str, Mapping[str, int]],
    ) -> None:
        """`chunks` are (first row, columns, what is the same); `about` is agency, source id and
        the policy's priorities."""
        self._ids, self._ends, self._lines = ids, ends, memoryview(lines)
        self._chunks, self._starts = chunks, [start for start, *_ in chunks]
        self._about = about
        self._length = len(ids)

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
        start = int(self._ends[at - 1]) if at else 0
        line = bytes(self._lines[start : int(self._ends[at]) - 1])
        _, columns, same = self._chunks[bisect_right(self._starts, at) - 1]
        entry_id = UUID(bytes=self._ids[at].tobytes())
        agency, source, priorities = self._about
        return entry_from(cells_of(line, columns, same), entry_id, agency, source, priorities)


class Opened:
    """A mapped file. Keep it as long as what it gave is used: the arrays lie in it."""

    def __init__(self, path: Path, agency: str, source: str, priorities: Mapping[str, int]) -> None:
        """Raises DamagedChunk for what is no such file, or not whole; OSError."""
        try:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._open(self._header(), (agency, source, priorities))
        except (ValueError, KeyError, IndexError, TypeError) as bad:
            msg = f"{path.name} is not a whole file of a list"
            raise DamagedChunk(msg) from bad

    def _open(self, header: dict[str, Any], about: tuple[str, str, Mapping[str, int]]) -> None:
        self.rows: int = header["rows"]
        self.live: int = header["live"]
        places = header["sections"]
        keys = self._section(places["keys"], np.uint64)
        self.index = Index(keys, self._section(places["positions"], np.uint32))
        self.wild = tuple(self._section(places["wild"], np.uint32).tolist())
        self.described = tuple(self._section(places["described"], np.uint32).tolist())
        start, length = places["lines"]
        self.entries = MappedEntries(
            self._section(places["ids"], np.uint8).reshape(-1, 16),
            self._section(places["ends"], np.uint64),
            memoryview(self._map)[start : start + length],
            [(first, tuple(columns), same) for first, columns, same in header["chunks"]],
            about,
        )

    def _header(self) -> dict[str, Any]:
        end = len(self._map) - len(MAGIC)
        if end < 8 or self._map[end:] != MAGIC:
            problem = "it has no end"
            raise ValueError(problem)
        length = int.from_bytes(self._map[end - 8 : end], "little")
        header: dict[str, Any] = json.loads(self._map[end - 8 - length : end - 8])
        return header

    def _section(self, place: tuple[int, int], kind: Any) -> npt.NDArray[Any]:
        start, length = place
        return np.frombuffer(self._map, dtype=kind, count=length // kind().nbytes, offset=start)


class Writer:
    """Makes the file, whole or not at all: rows pass through to it, the arrays are held in memory
    (some 40 bytes a row) until `finish`. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_suffix(f".{os.getpid()}.part")
        self._file = self._partial.open("wb")
        os.fchmod(self._file.fileno(), 0o600)
        self._file.write(b"\0" * _ALIGNED)
        self._ids: list[npt.NDArray[np.uint8]] = []
        self._keys: list[npt.NDArray[np.uint64]] = []
        self._ends: list[npt.NDArray[np.uint64]] = []
        self._wild: list[int] = []
        self._described: list[int] = []
        self._chunks: list[tuple[int, tuple[str, ...], dict[str, str]]] = []
        self._rows = self._bytes = 0

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._partial.unlink(missing_ok=True)

    def add(self, chunk: Chunk) -> None:
        """The next rows."""
        self._chunks.append((self._rows, chunk.columns, chunk.same))
        self._ids.append(chunk.ids)
        keys = keys_of(chunk.plates)
        self._keys.append(keys)
        ends = np.flatnonzero(np.frombuffer(chunk.lines, dtype=np.uint8) == ord("\n"))
        self._ends.append((ends + 1 + self._bytes).astype(np.uint64))
        without_plate = np.flatnonzero(keys == 0).tolist()
        if without_plate:
            lines = chunk.lines.split(b"\n")
            for at in without_plate:
                cells = cells_of(lines[at], chunk.columns, chunk.same)
                (self._wild if cells.get("pattern") else self._described).append(self._rows + at)
        self._file.write(chunk.lines)
        self._rows += len(chunk)
        self._bytes += len(chunk.lines)

    def finish(self, dead: npt.NDArray[np.uint32]) -> None:
        """The index, the rest of the arrays, and the name by which the file is found."""
        alive = np.ones(self._rows, dtype=bool)
        alive[dead[dead < self._rows]] = False
        keys = _joined(self._keys, np.uint64)
        indexed = np.flatnonzero(alive & (keys != 0)).astype(np.uint32)
        found = keys[indexed]
        order = np.argsort(found, kind="stable")
        sections = {
            "keys": found[order],
            "positions": indexed[order],
            "ids": _joined(self._ids, np.uint8),
            "ends": _joined(self._ends, np.uint64),
            "wild": np.array([at for at in self._wild if alive[at]], dtype=np.uint32),
            "described": np.array([at for at in self._described if alive[at]], dtype=np.uint32),
        }
        places = {"lines": (_ALIGNED, self._bytes)}
        for name, array in sections.items():
            start = -(-self._file.tell() // _ALIGNED) * _ALIGNED
            self._file.seek(start)
            self._file.write(np.ascontiguousarray(array).data)
            places[name] = (start, array.nbytes)
        about = {"rows": self._rows, "live": int(alive.sum()), "sections": places}
        header = json.dumps({**about, "chunks": self._chunks}).encode()
        self._file.write(header + len(header).to_bytes(8, "little") + MAGIC)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._partial.replace(self._path)


def _joined(parts: list[Any], kind: Any) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=kind)
