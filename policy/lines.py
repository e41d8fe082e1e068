"""On which line of a TOML text each key stands: tomllib tells what, this tells where.

Only for text that tomllib has taken, or to find the earlier line when it refused a key as written
twice: the grammar is not checked again. Positions in an array are part of the path, so
`states = ["KS", "NB"]` has ("states",), ("states", 0) and ("states", 1). Lines count from 1.
"""

from __future__ import annotations

import re
import string
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_BARE = frozenset(string.ascii_letters + string.digits + "-_")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
_ESCAPED = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[btnfr\"\\])")


@dataclass
class Lines:
    """`first` line of each path; `again`: paths that were set a second time, with that line."""

    first: dict[Path, int] = field(default_factory=dict)
    again: list[tuple[Path, int]] = field(default_factory=list)


def lines_of(text: str) -> Lines:
    """The line of every key, table and array element of `text`."""
    scanner = _Scanner(text.replace("\r\n", "\n"))
    scanner.document()
    return scanner.found


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found = Lines()
        self._ends = [n for n, c in enumerate(text) if c == "\n"]
        self._said: set[Path] = set()  # written out, not only on the way to something else
        self._counts: dict[Path, int] = {}  # arrays of tables: the number of the last element

    def document(self) -> None:
        table: Path = ()
        while self._skip(newlines=True):
            here = self.at
            if self._take("[["):
                *outer, last = self._key()
                path = (*self._resolved(outer), last)
                self._counts[path] = self._counts.get(path, -1) + 1
                table = (*path, self._counts[path])
                self._note(table, here)
            elif self._take("["):
                table = self._resolved(self._key())
                self._note(table, here)
            else:
                self._pair(table)
                continue
            while self._take("]"):
                pass

    def _pair(self, table: Path) -> None:
        here = self.at
        path = (*table, *self._key())
        self._note(path, here)
        self._skip()
        self._take("=")
        self._value(path)
        if self.at == here:  # nothing that a key begins with: text that tomllib refused
            self.at += 1

    def _value(self, path: Path) -> None:
        self._skip()
        if self._take("["):
            for number in self._until("]"):
                self._note((*path, number), self.at)
                self._value((*path, number))
        elif self._take("{"):
            for _ in self._until("}"):
                self._pair(path)
        elif self.text[self.at : self.at + 1] in ('"', "'"):
            self._string()
        else:
            while self.at < len(self.text) and self.text[self.at] not in ",]}#\n":
                self.at += 1

    def _until(self, end: str) -> Iterator[int]:
        """Once for each element, with its number, standing at its first character."""
        number = 0
        while self._skip(newlines=True) and not self._take(end):
            here = self.at
            if not self._take(","):
                yield number
                number += 1
            if self.at == here:  # text that tomllib refused
                self.at += 1

    def _key(self) -> list[str]:
        """A key in its parts, standing behind it: `a."b c".d`."""
        parts = []
        while self._skip():
            if self.text[self.at] in "\"'":
                parts.append(self._string())
            else:
                start = self.at
                while self.at < len(self.text) and self.text[self.at] in _BARE:
                    self.at += 1
                parts.append(self.text[start : self.at])
            self._skip()
            if not self._take("."):
                break
        return parts or [""]

    def _string(self) -> str:
        """The string that begins here, without its escapes where it is of one line."""
        quote = self.text[self.at]
        if self._take(quote * 3):
            end = self._end_of(quote * 3)
            while self.text[end : end + 1] == quote:  # a quote more at the end is of the string
                end += 1
            self.at = end
            return ""
        self.at += 1
        start = self.at
        self.at = self._end_of(quote)
        inside = self.text[start : self.at - 1]
        return inside if quote == "'" else _ESCAPED.sub(_plain, inside)

    def _end_of(self, quotes: str) -> int:
        """The position behind the closing quotes."""
        at = self.at
        while at < len(self.text) and not self.text.startswith(quotes, at):
            at += 2 if self.text[at] == "\\" and quotes[0] == '"' else 1
        return at + len(quotes)

    def _skip(self, *, newlines: bool = False) -> bool:
        """Past blanks and comments; whether anything is left."""
        blanks = " \t\n" if newlines else " \t"
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif self.text[self.at] in blanks:
                self.at += 1
            else:
                break
            if not newlines and self.text[self.at : self.at + 1] == "\n":
                break
        return self.at < len(self.text)

    def _take(self, word: str) -> bool:
        if not self.text.startswith(word, self.at):
            return False
        self.at += len(word)
        return True

    def _resolved(self, keys: list[str]) -> Path:
        """A table's path; an array of tables on the way is meant by its last element."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self._counts:
                path = (*path, self._counts[path])
        return path

    def _note(self, path: Path, at: int) -> None:
        line = bisect_left(self._ends, at) + 1
        for end in range(1, len(path)):
            self.found.first.setdefault(path[:end], line)
        if path in self._said:
            self.found.again.append((path, line))
        else:
            self._said.add(path)
            self.found.first[path] = line


def _plain(escape: re.Match[str]) -> str:
    code = escape[1]
    return chr(int(code[1:], 16)) if code[0] in "uU" else _ESCAPES[code]
