"""A generation as a file of arrays that every worker of a host maps read-only.

One worker makes it from the stored chunks, in a process of its own; the others wait for it and map
it, so that N workers share one copy and a swap costs an event loop no more than opening a file.

Layout: sections at multiples of 64 bytes, then the header as JSON, its length (uint64,
little-endian) and MAGIC: a file that breaks off has no end. Sections: lines; codes, facts, starts
and slots (matchers.index); ids; ends (where each row's line ends); wild (positions of rows with a
pattern) and described (of rows without a plate). Positions are of rows in file order; a row that a
later one replaced is in no index. Opening reads the header and nothing else. The header names the
tables by which facts and keys were made (matchers.facts.tables): by others they mean something
else, and the file is refused.
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
from hotlists.fact_columns import FactColumns
from matchers.characters import WIDTH, codes_of
from matchers.facts import FACTS, tables
from matchers.index import Index

MAGIC = b"BOLO-LIST-5\n"
_ALIGNED = 64
_INDEX = {"codes": np.uint8, "facts": np.uint8, "starts": np.uint32, "slots": np.uint64}
"""Sections of the index, and what they are made of."""


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
        if header["tables"] != tables():
            problem = "its facts and keys are by other tables"
            raise ValueError(problem)
        self.rows: int = header["rows"]
        self.live: int = header["live"]
        places = header["sections"]
        arrays = {name: self._section(places[name], kind) for name, kind in _INDEX.items()}
        self.index = Index.of_arrays(arrays, header["categories"])
        ids = self._section(places["ids"], np.uint8).reshape(-1, 16)
        ends = self._section(places["ends"], np.uint64)
        if not len(self.index) == len(ids) == len(ends) == self.rows:
            problem = "its sections are not of as many rows"
            raise ValueError(problem)
        self.wild = tuple(self._section(places["wild"], np.uint32).tolist())
        self.described = tuple(self._section(places["described"], np.uint32).tolist())
        start, length = places["lines"]
        self.entries = MappedEntries(
            ids,
            ends,
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
    (some 45 bytes a row) until `finish`, which holds 100 more. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_suffix(f".{os.getpid()}.part")
        self._file = self._partial.open("wb")
        os.fchmod(self._file.fileno(), 0o600)
        self._file.write(b"\0" * _ALIGNED)
        self._ids: list[npt.NDArray[np.uint8]] = []
        self._codes: list[npt.NDArray[np.uint8]] = []
        self._facts: list[npt.NDArray[np.uint8]] = []
        self._fact_columns = FactColumns()
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
        codes = codes_of(chunk.plates)
        self._codes.append(codes)
        self._facts.append(self._fact_columns.of(chunk))
        ends = np.flatnonzero(np.frombuffer(chunk.lines, dtype=np.uint8) == ord("\n"))
        self._ends.append((ends + 1 + self._bytes).astype(np.uint64))
        without_plate = np.flatnonzero(codes[:, 0] == 0).tolist()
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
        ids, ends = _joined(self._ids, np.uint8), _joined(self._ends, np.uint64)
        codes = _joined(self._codes, np.uint8).reshape(-1, WIDTH)
        facts = _joined(self._facts, np.uint8).reshape(-1, len(FACTS))
        categories = self._fact_columns.categories
        sections = {
            "ids": ids,
            "ends": ends,
            "wild": np.array([at for at in self._wild if alive[at]], dtype=np.uint32),
            "described": np.array([at for at in self._described if alive[at]], dtype=np.uint32),
            **Index.of_codes(codes, alive, facts, categories).arrays(),
        }
        places = {"lines": (_ALIGNED, self._bytes)}
        for name, array in sections.items():
            start = -(-self._file.tell() // _ALIGNED) * _ALIGNED
            self._file.seek(start)
            self._file.write(np.ascontiguousarray(array).data)
            places[name] = (start, array.nbytes)
        about = {
            "rows": self._rows,
            "live": int(alive.sum()),
            "categories": categories,
            "tables": tables(),
            "sections": places,
        }
        header = json.dumps({**about, "chunks": self._chunks}).encode()
        self._file.write(header + len(header).to_bytes(8, "little") + MAGIC)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._partial.replace(self._path)


def _joined(parts: list[Any], kind: Any) -> npt.NDArray[Any]:
    """The parts as one array; they are given up."""
    whole = np.concatenate(parts) if parts else np.empty(0, dtype=kind)
    parts.clear()
    return whole
