"""Vehicles as a text describes them: make, model, color, body, year, each where it was said.

A description stands on a make, or on a color or year with a body beside it ("white van"). Words of
persons and places ("black male", "Lincoln Street", "red shirt") do not make one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from hotlists.cap.tokens import Text, word_set
from hotlists.cap.vehicle_terms import (
    CONNECTORS,
    DRIVING,
    LONG_MODELS,
    MODEL_STARTS,
    NOT_MODELS,
    PERSONS,
    PLACES,
    STATE_MODELS,
    WEAK_MAKES,
    body_in,
    color_in,
    make_in,
)  # fmt: skip
from hotlists.cap.words import STATE_NAMES, STOP, postal_state

MAX_DESCRIPTIONS = 30
REACH = 9
"""Tokens around a make that may still belong to it."""

_BREAK = re.compile(r"(?<!\.)[.!?]\s|;|\n\s*\n")
_SHADES = word_set("dark light oscuro oscura claro clara bright")
_MODEL = re.compile(r"[A-Z0-9][A-Z0-9&]{0,14}", re.IGNORECASE)
_PLATE_WORDS = word_set(
    """
    license licence lic plate plates tag tags registration temporary temp
    """
)
Spans = Iterable[tuple[int, int]]


@dataclass(frozen=True)
class Description:
    """What one place of a text says of a vehicle, in words the matcher knows. "": not said."""

    start: int
    end: int
    year: str = ""
    make: str = ""
    model: str = ""
    color: str = ""
    style: str = ""

    @property
    def says(self) -> int:
        """How many things it says."""
        return sum(map(bool, (self.year, self.make, self.model, self.color, self.style)))


def describe(text: Text, taken: Spans) -> list[Description]:
    """Every description in the text, in order. `taken` are the places of plates."""
    reader = _Reader(text, tuple(taken))
    return reader.all()


class _Reader:
    def __init__(self, text: Text, taken: tuple[tuple[int, int], ...]) -> None:
        self.text = text
        self._taken = taken
        self._used: set[int] = set()

    def all(self) -> list[Description]:
        found: list[Description] = []
        tokens = range(len(self.text.tokens))
        for anchors in (self._make, self._body):
            for number in tokens:
                if len(found) >= MAX_DESCRIPTIONS:
                    break
                if number not in self._used and not self._in_plate(number):
                    one = anchors(number)
                    if one:
                        found.append(one)
        return sorted(found, key=lambda d: d.start)

    def _in_plate(self, number: int) -> bool:
        token = self.text.tokens[number]
        return any(start < token.end and token.start < end for start, end in self._taken)

    def _near(self, number: int) -> bool:
        """Whether a token and the next one stand in one clause."""
        return not _BREAK.search(self.text.gap(number))

    def _make(self, number: int) -> Description | None:
        text = self.text
        token = text.tokens[number]
        length, make = 2, ""
        if number + 1 < len(text.tokens) and text.gap(number) in (" ", "-"):
            make = make_in(f"{token.word} {text.word(number + 1)}")
        if not make:
            length, make = 1, make_in(token.word)
        after = number + length
        if not make or (token.raw.islower() and token.word in WEAK_MAKES):
            return None
        if text.word(after) in PLACES and text.gap(after - 1) in (" ", ", "):
            return None
        said = text.text[token.start : text.tokens[after - 1].end]
        one = Description(token.start, text.tokens[after - 1].end, make=said)
        numbers = set(range(number, after))
        one = self._model(one, after, numbers)
        last = max(numbers)
        one = self._back(one, number, numbers)
        one = self._forward(one, last + 1, numbers)
        if token.word in WEAK_MAKES and not (one.year or one.color or one.style or one.model):
            return None
        driven = any(text.word(number - k) in DRIVING for k in (1, 2))
        if token.word in WEAK_MAKES and not (one.year or one.color or one.style or driven):
            return None
        self._used |= numbers
        return one

    def _model(self, one: Description, number: int, numbers: set[int]) -> Description:
        text = self.text
        first = number
        labels = [k for k in (0, 1) if text.word(number + k) in ("model", "modelo")]
        plain = text.word(number) in ("model", "modelo", "vehicle")
        if labels and plain and self._near(number - 1):
            first = number + labels[0] + 1
        elif text.gap(number - 1) not in (" ", "-", "/", "\n"):
            return one
        if not self._is_model(first):
            return one
        last = first
        for _ in range(2):
            following, gap = last + 1, text.gap(last)
            word = text.word(following)
            joined = gap == "-" and (len(text.word(last)) <= 3 or len(word) <= 2)
            second = gap == " " and text.word(last) in MODEL_STARTS and self._is_model(following)
            ampersand = gap == " & " and text.word(last) == "town"
            size = gap == " " and word in ("1500", "2500", "3500")
            fits = (joined or second or ampersand or size) and not self._in_plate(following)
            if not fits:
                break
            last = following
        numbers |= set(range(number, last + 1))
        end = text.tokens[last].end
        return replace(one, model=text.text[text.tokens[first].start : end], end=end)

    def _is_model(self, number: int) -> bool:
        text = self.text
        if number >= len(text.tokens) or self._in_plate(number):
            return False
        token = text.tokens[number]
        word = token.word
        if not _MODEL.fullmatch(token.raw) or word in NOT_MODELS or token.is_year:
            return False
        if (word in STOP and word not in MODEL_STARTS) or color_in(token.raw, word):
            return False
        if self._body_at(number)[1] or (make_in(word) and word not in ("genesis", "ram")):
            return False
        if word in STATE_MODELS:
            return text.word(number + 1) not in _PLATE_WORDS and not self._in_plate(number + 1)
        if ((word,) in STATE_NAMES and len(word) > 4) or postal_state(token.raw):
            return False
        if token.is_digit:
            return len(word) <= 4
        if token.is_mixed:
            return len(word) <= 5 or word in LONG_MODELS
        return token.raw[0].isupper()

    def _body_at(self, number: int) -> tuple[str, int]:
        """(body, tokens taken) at a token; the body may be "" with tokens taken."""
        text = self.text
        for length in (3, 2, 1):
            if number < 0 or number + length > len(text.tokens):
                continue
            if any(text.gap(number + k) not in (" ", "-", "\n") for k in range(length - 1)):
                continue
            words = " ".join(text.word(number + k) for k in range(length))
            body = body_in(words)
            if body:
                return body, length
        return "", 0

    def _color_at(self, number: int) -> tuple[str, int]:
        """(color as the matcher knows it, tokens taken) at a token."""
        text = self.text
        if not 0 <= number < len(text.tokens):
            return "", 0
        token = text.tokens[number]
        if token.word in ("dark", "light") and text.gap(number) in (" ", "-"):
            color, _ = self._color_at(number + 1)
            if color:
                pair = f"{token.raw} {color}"
                return (pair if color_in(pair, pair.lower()) else color), 2
        color = color_in(token.raw, token.word)
        if not color:
            return "", 0
        taken = 1
        other = text.tokens[number + 1] if number + 1 < len(text.tokens) else None
        if other and text.gap(number) in ("/", " / ", "-"):
            second = color_in(other.raw, other.word)
            if second and second != color:
                color, taken = f"{color}/{second}", 2
        if text.word(number + taken) in _SHADES:
            taken += 1
        if text.word(number + taken) in PERSONS and text.gap(number + taken - 1) in (
            " ",
            "-",
            "\n",
        ):
            return "", 0
        return color, taken

    def _back(self, one: Description, number: int, numbers: set[int]) -> Description:
        place = number - 1
        for _ in range(REACH):
            if place < 0 or not self._near(place) or place in self._used or self._in_plate(place):
                break
            if make_in(self.text.word(place)):
                break
            longer = next((k for k in (2, 1) if self._body_at(place - k)[1] == k + 1), 0)
            numbers |= set(range(place - longer, place)) if longer else set()
            place -= longer
            took = self._said(one, place, back=True)
            if took is None and self.text.word(place) not in CONNECTORS | _SHADES:
                break
            if took is not None:
                one = replace(took[0], start=min(one.start, self.text.tokens[place].start))
                numbers.add(place)
            place -= 1
        return one

    def _forward(self, one: Description, number: int, numbers: set[int]) -> Description:
        place, steps = number, 0
        text = self.text
        while place < len(text.tokens) and steps < 2 * REACH and place not in self._used:
            steps += 1
            if not self._near(place - 1) or ("\n" in text.gap(place - 1) and steps > REACH):
                break
            word = text.word(place)
            if self._in_plate(place) or word in CONNECTORS | {"model", "license", "plate", "lic"}:
                place += 1
                continue
            if postal_state(text.tokens[place].raw) and text.gap(place - 1)[-1:] == "(":
                place += 1
                continue
            if make_in(word):
                break
            took = self._said(one, place, back=False)
            if took is None or self._make_follows(place + took[1]):
                break
            one, length = took
            one = replace(one, end=text.tokens[place + length - 1].end)
            numbers |= set(range(place, place + length))
            place += length
        return one

    def _make_follows(self, number: int) -> bool:
        """Whether what stands before a token describes the next make, not the last one."""
        for place in range(number, min(number + 4, len(self.text.tokens))):
            if not self._near(place - 1):
                return False
            word, raw = self.text.word(place), self.text.tokens[place].raw
            if make_in(word):
                return True
            if not (color_in(raw, word) or self.text.tokens[place].is_year or word in CONNECTORS):
                return False
        return False

    def _said(self, one: Description, number: int, *, back: bool) -> tuple[Description, int] | None:
        """The description with what a token says, and the tokens taken; None for nothing."""
        token = self.text.tokens[number]
        body, length = self._body_at(number)
        if body:
            # A class says more than a number of doors.
            better = not one.style or (one.style in ("4D", "2D") and body not in ("4D", "2D"))
            return (replace(one, style=body) if better and body else one), length
        if token.is_year:
            follows = self.text.text[token.end : token.end + 1] in ":/"
            return (
                None
                if follows and token.end < len(self.text.text)
                else ((one if one.year else replace(one, year=token.plate)), 1)
            )
        color, length = self._color_at(number)
        if color and back and length == 1 and self.text.word(number - 1) in ("dark", "light"):
            color, length = self._color_at(number - 1)
        elif color and back and self.text.word(number - 1) == "and":
            first, _ = self._color_at(number - 2)
            color = f"{first}/{color}" if first else color
        elif color and back and self.text.gap(number - 1) == "/":
            first, _ = self._color_at(number - 1)
            color = first or color
        if color:
            return (one if one.color else replace(one, color=color)), length
        return None

    def _body(self, number: int) -> Description | None:
        text = self.text
        body, length = self._body_at(number)
        if not body:
            return None
        numbers = set(range(number, number + length))
        one = Description(
            text.tokens[number].start, text.tokens[number + length - 1].end, style=body
        )
        one = self._back(one, number, numbers)
        one = self._forward(one, number + length, numbers)
        towed = body == "trailer" and any(
            text.word(number - k) in ("towing", "pulling", "hauling", "remolcando")
            for k in range(1, 5)
        )
        if not (one.color or towed or (one.year and one.style not in ("4D", "2D"))):
            return None
        self._used |= numbers
        return one
