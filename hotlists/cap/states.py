"""The state of a plate, in words or as a code, before or after it."""

from __future__ import annotations

import re

from hotlists.cap.tokens import Text, word_set
from hotlists.cap.words import LONGEST_STATE, NOT_A_PLATES_STATE, STATE_NAMES, WORDY, postal_state

_BLANKS = re.compile(r"[ \t\n]{1,3}|\.[ \t]{0,2}")
_BEFORE_A_STATE = re.compile(r"\s{0,2}[,(\[/\-–]?\s{0,2}(?:\.{2,4}\s?)?")
_CONNECTORS = word_set(
    """
    out of from de del estado state lis st registered issued plate plates
    """
)
_STRONG = re.compile(r"[(\[/]\s?|-|–")


def named_at(text: Text, number: int) -> tuple[str, int]:
    """(code, tokens taken) of a state's name that starts at a token; ("", 0) for none."""
    for length in range(LONGEST_STATE, 0, -1):
        words = tuple(text.word(number + k) for k in range(length))
        code = STATE_NAMES.get(words, "")
        if not code or (length == 1 and len(words[0]) < 4 and not _is_short_name(text, number)):
            continue
        if any(not _BLANKS.fullmatch(text.gap(number + k)) for k in range(length - 1)):
            continue
        if (
            text.word(number + length) in NOT_A_PLATES_STATE
            and text.gap(number + length - 1) == " "
        ):
            continue
        return code, length
    return "", 0


def _is_short_name(text: Text, number: int) -> bool:
    """Whether a short name ("Tex.", "Ill.") has its capital and its period."""
    return text.tokens[number].raw[:1].isupper() and text.gap(number).startswith(".")


def code_at(text: Text, number: int) -> str:
    """The state of a two-letter code in capitals at a token; "" for none.

    In a text all in capitals, codes that are words as well (IN, OR, ME) are not taken.
    """
    if not 0 <= number < len(text.tokens):
        return ""
    code = postal_state(text.tokens[number].raw)
    return "" if code and text.is_shouted and text.tokens[number].raw in WORDY else code


def before(text: Text, number: int) -> tuple[str, int]:
    """(code, first token) of a state that ends right before a token; ("", number) for none."""
    for length in range(LONGEST_STATE, 0, -1):
        first = number - length
        if first < 0 or (
            not _BLANKS.fullmatch(text.gap(number - 1)) and text.gap(number - 1) not in "/-)"
        ):
            continue
        code, taken = named_at(text, first)
        if code and taken == length:
            longer, more = named_at(text, first - 1) if first else ("", 0)
            if more == length + 1:
                return longer, first - 1
            return code, first
    code = code_at(text, number - 1)
    return (code, number - 1) if code else ("", number)


def after(text: Text, last: int) -> tuple[str, int]:
    """(code, last token) of a state that follows a token; ("", last) for none."""
    number, gap = last + 1, text.gap(last)
    if number >= len(text.tokens) or not _BEFORE_A_STATE.fullmatch(gap):
        return "", last
    strong = bool(_STRONG.search(gap))
    for _ in range(4):
        if text.word(number) not in _CONNECTORS or number + 1 >= len(text.tokens):
            break
        if not re.fullmatch(r"[ \t\n]{1,2}|[/:]\s?|\.\s?", text.gap(number)):
            return "", last
        strong = strong or text.word(number) in ("lis", "state", "st", "estado")
        number += 1
    code, taken = named_at(text, number)
    if code:
        return code, number + taken - 1
    raw = text.tokens[number].raw
    code = postal_state(raw)
    if not code or text.word(number + 1) in NOT_A_PLATES_STATE:
        return "", last
    if raw in WORDY and not strong:
        return "", last
    return code, number
