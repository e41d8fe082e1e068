"""A text as words with their places. Everything said of a text keeps to these places."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from functools import cached_property

MAX_TOKENS = 6_000

_TOKEN = re.compile(r"[^\W_]+")
_PLATE_CHARACTERS = re.compile(r"[A-Z0-9]+")


def word_set(text: str) -> frozenset[str]:
    """The words of a list that is written as one text."""
    return frozenset(text.split())


def folded(text: str) -> str:
    """Lower case without accents, and as long as `text`: places in one are places in the other."""
    if text.isascii():
        return text.lower()
    return "".join(_plain(c) for c in text)


def _plain(character: str) -> str:
    if character.isascii():
        return character.lower()
    base = unicodedata.normalize("NFKD", character)[:1].lower()
    return base if len(base) == 1 else character


class Token:
    """One word: its place, the text, its folded word, and its plate characters ("" if others)."""

    __slots__ = ("end", "plate", "raw", "start", "word")

    def __init__(self, start: int, end: int, raw: str) -> None:
        self.start, self.end, self.raw = start, end, raw
        self.word = folded(raw)
        plain = raw.upper() if raw.isascii() else unicodedata.normalize("NFKC", raw).upper()
        self.plate = plain if _PLATE_CHARACTERS.fullmatch(plain) else ""

    @property
    def is_alpha(self) -> bool:
        return self.plate.isalpha()

    @property
    def is_digit(self) -> bool:
        return self.plate.isdigit()

    @property
    def is_mixed(self) -> bool:
        return bool(self.plate) and not self.is_alpha and not self.is_digit

    @property
    def is_upper(self) -> bool:
        return self.raw == self.raw.upper()

    @property
    def is_year(self) -> bool:
        return len(self.plate) == 4 and self.is_digit and "1950" <= self.plate <= "2049"


class Text:
    """A text, its folded twin of the same length, and its tokens."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = folded(text)
        self.tokens: list[Token] = []
        for found in _TOKEN.finditer(text):
            if len(self.tokens) >= MAX_TOKENS:
                break
            self.tokens.append(Token(found.start(), found.end(), found.group()))

    @cached_property
    def is_shouted(self) -> bool:
        """Whether it is written in capitals throughout, so that capitals say nothing."""
        letters = [c for c in self.text if c.isalpha()]
        return sum(c.islower() for c in letters) * 10 < len(letters)

    @cached_property
    def _starts(self) -> list[int]:
        return [token.start for token in self.tokens]

    def at(self, place: int) -> int:
        """The number of the first token that starts at or after a place."""
        return bisect_left(self._starts, place)

    def gap(self, number: int) -> str:
        """What stands between a token and the next one; "\0" where there is none."""
        if 0 <= number < len(self.tokens) - 1:
            return self.text[self.tokens[number].end : self.tokens[number + 1].start]
        return "\0"

    def word(self, number: int) -> str:
        """A token's folded word; "" outside the text."""
        return self.tokens[number].word if 0 <= number < len(self.tokens) else ""
