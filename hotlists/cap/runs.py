"""Characters that may be one plate: up to three chunks apart by a blank or a hyphen."""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.plate import NOT_PLATES
from hotlists.cap.tokens import Text, Token
from hotlists.cap.vehicle_terms import is_vehicle_word
from hotlists.cap.words import STOP, UNITS, postal_state

LONGEST = 10
FULL = 6
"""So many characters with a letter and a digit are a whole plate: a blank ends it."""

NO_DIGIT = "it has no digit"

_BLANK = re.compile(r"[ \t]{1,2}")
_LINE = re.compile(r"[ \t]*\r?\n[ \t]*")
_HYPHEN = re.compile(r" ?[-–‐‑·] ?")
_MEASURE = re.compile(
    r"\d{1,4}(?:LBS?|FT|IN|YRS?|YOS?|AM|PM|HRS?|DR|D|MI|MPH|KM|KG|CM|TH|ST|ND|RD|X\d|WD|S)",
    re.ASCII,
)
_ROAD = re.compile(r"(?:I|US|SR|CR|FM|SH|HWY|RT|RTE|EXIT|IH|UNIT|APT|PO|NE|NW|SE|SW)\d{1,4}")
_LABEL_UNITS = UNITS - {"in", "mi"}
_INCHES = ("%", "'", '"', "’", "”")
_CLOSING = "\"'”’»"
_QUOTES = "\"'“‘«"


@dataclass(frozen=True)
class Run:
    """`plate` is what the characters say; `why` is a doubt about where they end, "" for none."""

    start: int
    end: int
    plate: str
    why: str = ""
    quoted: bool = False

    @property
    def has_digit(self) -> bool:
        return any(c.isdigit() for c in self.plate)


def is_measure(text: Text, number: int) -> bool:
    """Whether a token is a measure, an age, a time or a price rather than part of a plate."""
    token = text.tokens[number]
    if _MEASURE.fullmatch(token.plate):
        return True
    if token.start and text.text[token.start - 1] in "$€":
        return True
    after = text.text[token.end : token.end + 2]
    if token.is_digit and (re.match(r"[:/.,]\d", after) or after[:1] in _INCHES):
        return not _closes_a_quote(text, token)
    short = token.is_digit and len(token.plate) <= 3
    return short and text.word(number + 1) in _LABEL_UNITS and text.gap(number) in (" ", "-", "\n")


def _closes_a_quote(text: Text, token: Token) -> bool:
    return (
        text.text[max(0, token.start - 12) : token.start]
        .rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789- ")
        .endswith(tuple(_QUOTES))
    )


def run_at(text: Text, number: int) -> Run | None:
    """The run that starts at a token; None when that cannot start a plate."""
    if not 0 <= number < len(text.tokens):
        return None
    first = text.tokens[number]
    if not _can_start(text, number):
        return None
    plate, why, last = first.plate, "", number
    for _ in range(7):
        step = _step(text, last, plate)
        if step is None:
            break
        plate += text.tokens[last + 1].plate
        why = why or step
        last += 1
    end = text.tokens[last].end
    if plate in NOT_PLATES:
        return None
    if plate.isalpha() and not _quoted(text, first.start, end):
        return Run(first.start, end, plate, NO_DIGIT)
    if is_phone(text, first.start, end):
        return None
    if first.is_alpha and not first.is_upper and text.gap(number) == " " and last > number:
        why = why or "its letters are small and may be a word"
    if len(plate) == 8 and postal_state(plate[:2]):
        why = why or "its first two letters may be a state"
    if last == number and _MEASURE.fullmatch(first.plate):
        why = why or "it looks like a measure or a time"
    quoted = plate.isalpha()
    return Run(first.start, end, plate, why or (NO_DIGIT if quoted else ""), quoted)


def _can_start(text: Text, number: int) -> bool:
    token = text.tokens[number]
    if not token.plate or len(token.plate) > LONGEST or token.plate == "911":
        return False
    if token.word in STOP and not token.is_digit and not _starts_spelling(text, number):
        return False
    if token.is_digit:
        return not is_measure(text, number) and not (token.is_year and not _joined(text, number))
    if token.is_mixed:
        return not re.match(r"[@:]|\.[A-Za-z]", text.text[token.end : token.end + 2])
    if len(token.plate) > 8:
        return False
    following = text.tokens[number + 1] if number + 1 < len(text.tokens) else None
    digits = following is not None and bool(following.plate) and not following.is_alpha
    hyphen = bool(_HYPHEN.fullmatch(text.gap(number)))
    return token.is_upper or (
        digits and len(token.plate) <= 4 and (hyphen or token.word not in STOP)
    )


def _joined(text: Text, number: int) -> bool:
    """Whether a number that could be a year is joined to letters after it by a hyphen."""
    return bool(_HYPHEN.fullmatch(text.gap(number))) and number + 1 < len(text.tokens)


def _step(text: Text, last: int, plate: str) -> str | None:
    """Whether the next token belongs to the run: None, or the doubt about it ("" for none)."""
    if last + 1 >= len(text.tokens):
        return None
    gap, token = text.gap(last), text.tokens[last + 1]
    hyphen = bool(_HYPHEN.fullmatch(gap))
    if not (hyphen or _BLANK.fullmatch(gap) or _LINE.fullmatch(gap)):
        return None
    length = len(plate) + len(token.plate)
    mixed = not plate.isdigit() and not plate.isalpha()
    if not token.plate or length > 8 or len(token.plate) > 6:
        return None
    if token.is_mixed and _MEASURE.fullmatch(token.plate):
        return None
    if token.is_digit and is_measure(text, last + 1):
        return None
    tight = hyphen and " " not in gap
    if tight and postal_state(token.raw) and mixed and len(plate) >= 5:
        return None
    if tight and (len(token.plate) == 1 or not (token.word in STOP and len(plate) > 4)):
        return ""
    if _spelled(text, last, token):
        return ""
    if mixed and len(plate) >= FULL:
        return None
    doubt = "the line ends within it" if _LINE.fullmatch(gap) else ""
    if token.is_alpha:
        return _step_letters(text, last, plate, doubt)
    if token.is_year and is_vehicle_word(text.word(last + 2)):
        return "a year may follow it" if plate.isalpha() else None
    if token.is_year and not plate.isalpha() and len(plate) >= 3:
        return None if mixed and len(plate) >= 5 else "a year may follow it"
    if mixed and len(plate) == FULL - 1:
        return doubt or "it is not clear where it ends"
    if plate.isdigit() and token.is_digit and len(plate) >= 4:
        return doubt or "it is not clear where it ends"
    return doubt


def _step_letters(text: Text, last: int, plate: str, doubt: str) -> str | None:
    token = text.tokens[last + 1]
    if token.word in STOP or not token.is_upper or len(token.plate) > 4 or plate.isalpha():
        return None
    if postal_state(token.raw):
        if len(plate) >= 5:
            return None
        return doubt or "its last two letters may be a state"
    if len(token.plate) == 4 or (text.is_shouted and plate.isdigit() and len(plate) >= 5):
        return doubt or "its last letters may be a word"
    if len(plate) >= FULL - 1:
        return None
    return doubt


def _spelled(text: Text, last: int, token: Token) -> bool:
    """Whether single characters are spelled out one by one: A B C 1 2 3 4."""
    return len(token.plate) == 1 and len(text.tokens[last].plate) == 1 and token.is_upper


def _starts_spelling(text: Text, number: int) -> bool:
    following = text.tokens[number + 1 : number + 2]
    return bool(following) and text.tokens[number].is_upper and _spelled(text, number, following[0])


def _quoted(text: Text, start: int, end: int) -> bool:
    return start > 0 and text.text[start - 1] in _QUOTES and text.text[end : end + 1] in _CLOSING


def is_phone(text: Text, start: int, end: int) -> bool:
    """Whether the place is a part of a telephone number."""
    around = text.text[max(0, start - 8) : end + 10]
    return any(
        max(0, start - 8) + m.start() < end and max(0, start - 8) + m.end() > start
        for m in re.finditer(r"(?<!\d)(?:\(\d{3}\)\s?|\d{3}[-. ])\d{3}[-. ]\d{4}(?!\d)", around)
    )


def is_road(plate: str) -> bool:
    """Whether characters name a road, a direction or an address."""
    return bool(_ROAD.fullmatch(plate))
