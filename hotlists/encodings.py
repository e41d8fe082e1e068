"""Bytes of unknown make to text, in pieces, with one encoding for the whole file.

A byte order mark says it for certain, and wins over everything: UTF-8, or UTF-16 of either order,
which many Windows exports are. Without one a file is UTF-8 or Windows-1252, which agree on ASCII;
so nothing needs deciding until the first byte beyond ASCII. The DECIDING bytes from there on
decide, for good: UTF-8 when at least as many sequences in them are UTF-8 as are not. So one damaged
character does not turn a UTF-8 file round, no file is read half one way and half another, and it
makes no difference how the bytes happened to be cut into pieces. What then does not fit is U+FFFD,
which the guards count as damage.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import Literal

Wanted = Literal["auto", "utf-8", "windows-1252"]

DECIDING = 65_536
"""Bytes, from the first one beyond ASCII on."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LONGEST_MARK = 3
_CODECS = {"utf-8": "utf-8", "windows-1252": "cp1252"}
_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|([\x80-\xff])"
)
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


class Decoder:
    """Pieces in, text out. `encoding` is "" until it is known: up to then all was ASCII."""

    def __init__(self, wanted: Wanted = "auto") -> None:
        self._wanted = wanted
        self._started = False
        self._held = b""
        self._codec: codecs.IncrementalDecoder | None = None
        self.encoding = ""

    def decode(self, data: bytes, final: bool = False) -> str:
        """What can be decoded so far; with `final`, all of it."""
        if self._codec is not None:
            return self._codec.decode(data, final)
        data = self._held + data
        self._held = b""
        if not self._started:
            if len(data) < _LONGEST_MARK and not final:
                self._held = data
                return ""
            self._started = True
            for mark, name in _MARKS:
                if data.startswith(mark):
                    return self._use(name).decode(data[len(mark) :], final)
            if self._wanted != "auto":
                return self._use(self._wanted).decode(data, final)
        if data.isascii():
            return data.decode("ascii")
        first = _BEYOND_ASCII.search(data)
        start = first.start() if first else 0
        if len(data) - start < DECIDING and not final:
            self._held = data[start:]
            return data[:start].decode("ascii")
        name = _decided(data[start : start + DECIDING])
        return self._use(name).decode(data, final)

    def passes(self, data: bytes) -> bool:
        """Whether `data` is its own UTF-8 at this point: ASCII, with nothing held back before it.

        Such a piece need not be decoded at all.
        """
        if not self._started or self._held or self.encoding.startswith("utf-16"):
            return False
        return data.isascii() and (self._codec is None or self._codec.getstate()[0] == b"")

    def _use(self, name: str) -> codecs.IncrementalDecoder:
        self.encoding = name
        self._codec = codecs.getincrementaldecoder(_CODECS.get(name, name))("replace")
        return self._codec


def _decided(data: bytes) -> str:
    """A sequence cut off at the very end counts for neither side, unless it is all there is."""
    sound = broken = 0
    for found in _SEQUENCE.finditer(data):
        cut = found[1] is not None and found.start() > len(data) - 4 and data[found.start()] >= 0xC2
        if not cut or len(data) < DECIDING:
            sound, broken = sound + (found[1] is None), broken + (found[1] is not None)
    return "utf-8" if sound >= broken else "windows-1252"


def decoder(first: bytes, wanted: Wanted = "auto") -> tuple[Decoder, str]:
    """A decoder that has seen the first bytes, and their text so far."""
    made = Decoder(wanted)
    return made, made.decode(first)


def decoded(data: bytes, wanted: Wanted = "auto") -> tuple[str, str]:
    """(text, encoding) of a whole file or of a sample; plain ASCII is called "utf-8"."""
    made = Decoder(wanted)
    text = made.decode(data, final=True)
    return text, made.encoding or "utf-8"


def as_utf8(pieces: Iterable[bytes], wanted: Wanted = "auto") -> Iterator[bytes]:
    """The same text as UTF-8 without a mark, in pieces, for what works on bytes.

    A piece may end inside a line, never inside a character. ASCII passes as it is.
    """
    made = Decoder(wanted)
    for piece in pieces:
        if made.passes(piece):
            yield piece
        elif text := made.decode(piece):
            yield text.encode()
    if text := made.decode(b"", final=True):
        yield text.encode()
