"""From a source's rows to what is stored of a generation: frames, in the order in which they come.

The rows of a file are handed on as they are found; what must wait for the end (which of several
equal records is the last, the sorted keys by which two generations are compared) is kept as
numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from hotlists.chunks import Ids, entry_ids, pack
from hotlists.columns import Rows
from hotlists.guards import DUPLICATE
from hotlists.model import HotlistSource, Parsed, add
from hotlists.sealing import seal
from hotlists.twinning import Plates

Tag = Literal["chunk", "original", "progress", "answer"]
Emit = Callable[[Tag, bytes], None]
Halves = npt.NDArray[np.uint64]

SEALED = 4 << 20
"""Bytes of an original that are sealed together."""
PROGRESS = 50_000
"""Rows between two words of progress."""


class Removed(msgspec.Struct, frozen=True):
    """What a row of an incremental list takes off it: a plate or a pattern, of a state ("": of
    every one). `after` is how many accepted rows of the file come before it."""

    plate: str
    state: str = ""
    after: int = 0


class Built(msgspec.Struct, kw_only=True):
    """What is known of a file once it was read whole.

    `keys`: the first half of each entry's id, sorted (little-endian uint64): by it two generations
    are compared, and it is asked whether an entry is still there. `dead`: positions (uint32) of
    rows that a later row replaced. `unclear`: records that a person must read first (JSON objects,
    each with its "key"). `removed` and `ids` (16 bytes an entry) are of an incremental list only.
    `plates` are the plates of the entries, for their twins (hotlists.twinning.Marked).
    `laid_over` is the generation (its row's id) that such a list was laid over, 0 for none.
    `content` is the SHA-256 of the rows, of a source that remembers: its file alone does not say
    what is in force.
    """

    found: Parsed
    keys: bytes = b""
    dead: bytes = b""
    state: str = ""
    original_bytes: int = 0
    unclear: list[bytes] = msgspec.field(default_factory=list)
    content: bytes = b""
    removed: list[Removed] = msgspec.field(default_factory=list)
    ids: bytes = b""
    plates: bytes = b""
    laid_over: int = 0


class Part(msgspec.Struct, kw_only=True):
    """What came of one part of a file, made in another process."""

    found: Parsed
    frames: list[tuple[Tag, bytes]]
    ids: list[Ids]
    removed: list[Removed]
    plates: Plates
    original_bytes: int


class Assembler:
    """The `Out` of a parser (hotlists.sources). `key` None: originals are not kept."""

    def __init__(
        self, source: HotlistSource, found: Parsed, emit: Emit, key: bytes | None = None
    ) -> None:
        self._source = source
        self._found = found
        self._emit = emit
        self._key = key
        self._ids: list[Ids] = []
        self._plates = Plates()
        self._pieces: list[bytes] = []
        self._held = 0
        self._originals = 0
        self._said = 0
        self._state = ""
        self._content = hashlib.sha256()
        self._unclear: list[bytes] = []
        self._removed: list[Removed] = []
        self._incremental = bool(source.settings.get("incremental"))

    def rows(self, rows: Rows) -> None:
        """Accepted rows, in the order of the file."""
        if not rows.keys:
            return
        ids = entry_ids(self._source.agency, str(self._source.id), list(rows.keys))
        for chunk in pack(rows, ids):
            self._content.update(chunk)
            self._emit("chunk", chunk)
        self._ids.append(ids)
        self._plates.rows(rows)
        self._progress()

    def _progress(self) -> None:
        if self._found.rows - self._said >= PROGRESS:
            self._said = self._found.rows
            self._emit("progress", str(self._said).encode())

    def original(self, data: bytes) -> None:
        """The file as it came, without what is prohibited."""
        if self._key is None:
            return
        self._pieces.append(data)
        self._held += len(data)
        if self._held >= SEALED:
            self._seal()

    def remember(self, state: str) -> None:
        """What the source wants to know next time."""
        self._state = state

    def remove(self, plate: str, state: str, after: int) -> None:
        """A row takes a plate off the list; `after` so many rows that are handed over next."""
        self._removed.append(Removed(plate, state, self._count() + after))

    def _count(self) -> int:
        return sum(map(len, self._ids))

    def unclear(self, record: Mapping[str, object]) -> None:
        """A record that a person must read first; its "key" makes it the same next time."""
        self._unclear.append(msgspec.json.encode(record))

    def part(self, frames: list[tuple[Tag, bytes]]) -> Part:
        """What there is so far, for another assembler to `take`; `frames` is what was emitted."""
        if self._held:
            self._seal()
        return Part(
            found=self._found,
            frames=frames,
            ids=self._ids,
            removed=self._removed,
            plates=self._plates,
            original_bytes=self._originals,
        )

    def take(self, part: Part) -> None:
        """The next part of the file."""
        if self._held:
            self._seal()  # what came before it, such as the header
        for tag, frame in part.frames:
            if tag != "progress":
                self._emit(tag, frame)
        before = self._count() if part.removed else 0
        self._removed += [Removed(r.plate, r.state, before + r.after) for r in part.removed]
        self._ids += part.ids
        self._plates.take(part.plates)
        self._originals += part.original_bytes
        add(self._found, part.found)
        self._progress()

    def finish(self) -> Built:
        """The end of the file."""
        if self._held:
            self._seal()
        first, dead = _live(self._ids)
        found = self._found
        found.accepted -= len(dead)
        found.duplicates = len(dead)
        if len(dead):
            found.rejected[DUPLICATE] = found.rejected.get(DUPLICATE, 0) + len(dead)
        return Built(
            found=found,
            keys=first.astype("<u8").tobytes(),
            dead=dead.astype("<u4").tobytes(),
            state=self._state,
            unclear=self._unclear,
            content=self._content.digest() if self._state else b"",
            removed=self._removed,
            ids=b"".join(part.tobytes() for part in self._ids) if self._incremental else b"",
            plates=self._plates.marked(dead).astype("<u8").tobytes(),
            original_bytes=self._originals,
        )

    def _seal(self) -> None:
        assert self._key is not None
        data = b"".join(self._pieces)
        self._originals += len(data)
        self._pieces, self._held = [], 0
        self._emit("original", seal(data, self._key, self._source.id.bytes))


def _live(ids: list[Ids]) -> tuple[Halves, npt.NDArray[np.uint32]]:
    """(first halves of the live ids, sorted; positions of the rows that a later one replaced)."""
    if not ids:
        return np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.uint32)
    first = np.concatenate([np.ascontiguousarray(part[:, :8]).view(">u8").ravel() for part in ids])
    first = first.astype(np.uint64)
    order = np.argsort(first, kind="stable").astype(np.uint32)
    sorted_ = first[order]
    again = np.flatnonzero(sorted_[1:] == sorted_[:-1])  # followed by one with the same first half
    if not len(again):
        return sorted_, np.empty(0, dtype=np.uint32)
    whole = np.concatenate(ids)
    # The sort is stable, so of equal ids the last in order is the last of the file.
    same = (whole[order[again]] == whole[order[again + 1]]).all(axis=1)
    dead = again[same]
    alive = np.ones(len(first), dtype=bool)
    alive[dead] = False
    return sorted_[alive], np.sort(order[dead])
